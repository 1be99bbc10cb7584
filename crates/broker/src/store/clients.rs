//! Client registrations.

use doorward_oauth::{
    client::Client,
    credentials::StoredSecret,
    id::{AppId, ClientId},
    program::Sighting,
    time::UnixTime,
    token::{Digest, Management, Secret},
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Sql, from_json, opt_time, time, to_json};

/// A registration with what is known about it.
#[derive(Debug, Clone)]
pub struct StoredClient {
    /// The client as understood.
    pub client: Client,
    /// The App it belongs to.
    pub app: AppId,
    /// Whether it was registered again with another port, so that a request must name its redirect.
    pub shared: bool,
    /// Its secret, if it has one.
    pub secret: Option<StoredSecret>,
}

/// What rests of the secrets of a registration.
#[derive(Debug, Default)]
pub struct Digests {
    /// The client secret, and when it ends.
    pub secret: Option<(Digest<Secret>, Option<UnixTime>)>,
    /// The registration access token (RFC 7592 §3).
    pub management: Option<Digest<Management>>,
}

/// The registration access token of a client, and the one before while the current one was not used yet.
pub type StoredManagement = (Digest<Management>, Option<Digest<Management>>);

/// Adds a registration.
pub fn add(db: &Connection, client: &Client, app: &AppId, registrant: &Sighting, digests: &Digests) -> Sql<()> {
    db.prepare_cached(
        "INSERT INTO clients (id, app, issued_at, idle_since, registration, registrant, likeness, secret, secret_ends_at, management)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute((
        client.id.as_str(),
        app.as_str(),
        client.issued_at.as_secs(),
        to_json(client)?,
        to_json(registrant)?,
        client.likeness(),
        digests.secret.as_ref().map(|(digest, _)| digest.as_bytes()),
        digests.secret.as_ref().and_then(|(_, ends_at)| *ends_at).map(UnixTime::as_secs),
        digests.management.as_ref().map(Digest::as_bytes),
    ))?;
    Ok(())
}

/// One registration.
pub fn find(db: &Connection, id: &ClientId) -> Sql<Option<StoredClient>> {
    db.prepare_cached("SELECT registration, app, shared, secret, secret_before, secret_ends_at FROM clients WHERE id = ?1")?
        .query_row([id.as_str()], |row| {
            Ok(StoredClient {
                client: from_json(row, 0)?,
                app: AppId::from_text(row.get::<_, String>(1)?),
                shared: row.get(2)?,
                secret: secret(row, 3)?,
            })
        })
        .optional()
}

fn secret(row: &Row<'_>, at: usize) -> Sql<Option<StoredSecret>> {
    let Some(current) = digest(row, at)? else { return Ok(None) };
    Ok(Some(StoredSecret { current, before: digest(row, at + 1)?, ends_at: opt_time(row, at + 2)? }))
}

fn digest<K>(row: &Row<'_>, column: usize) -> Sql<Option<Digest<K>>> {
    Ok(row.get::<_, Option<[u8; 32]>>(column)?.map(Digest::from_bytes))
}

/// The registrations of an App.
pub fn of_app(db: &Connection, app: &AppId) -> Sql<Vec<ClientId>> {
    db.prepare_cached("SELECT id FROM clients WHERE app = ?1")?
        .query_map([app.as_str()], |row| row.get::<_, String>(0).map(ClientId::from_text))?
        .collect()
}

/// The registrations of an App with when they were made, the newest first.
pub fn issued(db: &Connection, app: &AppId) -> Sql<Vec<(ClientId, UnixTime)>> {
    db.prepare_cached("SELECT id, issued_at FROM clients WHERE app = ?1 ORDER BY issued_at DESC, id DESC")?
        .query_map([app.as_str()], |row| Ok((ClientId::from_text(row.get::<_, String>(0)?), time(row, 1)?)))?
        .collect()
}

/// The program that registered a client last.
pub fn registrant(db: &Connection, id: &ClientId) -> Sql<Option<Sighting>> {
    db.prepare_cached("SELECT registrant FROM clients WHERE id = ?1")?.query_row([id.as_str()], |row| from_json(row, 0)).optional()
}

/// The registration of an App that is like this one.
pub fn alike(db: &Connection, app: &AppId, client: &Client) -> Sql<Option<Client>> {
    let Some(likeness) = client.likeness() else { return Ok(None) };
    db.prepare_cached("SELECT registration FROM clients WHERE app = ?1 AND likeness = ?2")?
        .query_row((app.as_str(), likeness), |row| from_json(row, 0))
        .optional()
}

/// Remembers that a client was registered once more, by this program. `elsewhere`: for another port than before.
pub fn seen_again(db: &Connection, id: &ClientId, registrant: &Sighting, elsewhere: bool, now: UnixTime) -> Sql<()> {
    db.prepare_cached(
        "UPDATE clients SET registrant = ?2, shared = shared OR ?3, idle_since = CASE WHEN idle_since IS NULL THEN NULL ELSE ?4 END WHERE id = ?1",
    )?
    .execute((id.as_str(), to_json(registrant)?, elsewhere, now.as_secs()))?;
    Ok(())
}

/// Replaces what a client registered (RFC 7592 §2.2), with new secrets. The ones it used last are good until it uses the new
/// ones, since any number of answers may have been lost, unless they ended or were given up.
pub fn replace(db: &Connection, client: &Client, app: &AppId, digests: &Digests, now: UnixTime) -> Sql<()> {
    // Without a likeness: who manages a registration has it alone from now on.
    db.prepare_cached(
        "UPDATE clients SET app = ?2, likeness = NULL, registration = ?3,
         secret_before = CASE WHEN ?4 IS NOT NULL AND (secret_ends_at IS NULL OR secret_ends_at > ?7)
             THEN coalesce(secret_before, secret) END,
         secret = ?4, secret_ends_at = ?5,
         management_before = coalesce(management_before, management), management = ?6 WHERE id = ?1",
    )?
    .execute((
        client.id.as_str(),
        app.as_str(),
        to_json(client)?,
        digests.secret.as_ref().map(|(digest, _)| digest.as_bytes()),
        digests.secret.as_ref().and_then(|(_, ends_at)| *ends_at).map(UnixTime::as_secs),
        digests.management.as_ref().map(Digest::as_bytes),
        now.as_secs(),
    ))?;
    Ok(())
}

/// The registration access tokens of a client.
pub fn management(db: &Connection, id: &ClientId) -> Sql<Option<StoredManagement>> {
    let found = db
        .prepare_cached("SELECT management, management_before FROM clients WHERE id = ?1")?
        .query_row([id.as_str()], |row| Ok((digest(row, 0)?, digest(row, 1)?)))
        .optional()?;
    Ok(found.and_then(|(current, before)| Some((current?, before))))
}

/// The current secret was used: the one before is not needed any longer.
pub fn forget_secret_before(db: &Connection, id: &ClientId) -> Sql<()> {
    db.prepare_cached("UPDATE clients SET secret_before = NULL WHERE id = ?1")?.execute([id.as_str()])?;
    Ok(())
}

/// The same for the registration access token.
pub fn forget_management_before(db: &Connection, id: &ClientId) -> Sql<()> {
    db.prepare_cached("UPDATE clients SET management_before = NULL WHERE id = ?1")?.execute([id.as_str()])?;
    Ok(())
}

/// Removes a registration with all it has.
pub fn remove(db: &Connection, id: &ClientId) -> Sql<()> {
    db.prepare_cached("DELETE FROM clients WHERE id = ?1")?.execute([id.as_str()])?;
    Ok(())
}

/// Makes room for one more registration that nobody approved: at most `most` of them stay, the youngest. A client with a
/// grant is none of them.
pub fn make_room(db: &Connection, most: u32) -> Sql<()> {
    let idle: u32 = db.prepare_cached("SELECT count(*) FROM clients WHERE idle_since IS NOT NULL")?.query_row([], |row| row.get(0))?;
    let too_many = (idle + 1).saturating_sub(most.max(1));
    if too_many > 0 {
        db.prepare_cached(
            "DELETE FROM clients WHERE id IN (SELECT id FROM clients WHERE idle_since IS NOT NULL ORDER BY idle_since LIMIT ?1)",
        )?
        .execute([too_many])?;
    }
    Ok(())
}

/// Forgets registrations that have been without a grant since before `before`.
pub fn forget_idle(db: &Connection, before: UnixTime) -> Sql<usize> {
    db.prepare_cached("DELETE FROM clients WHERE idle_since < ?1")?.execute([before.as_secs()])
}
