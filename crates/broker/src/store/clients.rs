//! Client registrations.

use doorward_oauth::{
    client::Client,
    id::{AppId, ClientId},
    program::Sighting,
    time::UnixTime,
};
use rusqlite::{Connection, OptionalExtension};

use super::{Sql, from_json, to_json};

/// A registration with what is known about it.
#[derive(Debug, Clone)]
pub struct StoredClient {
    /// The client as understood.
    pub client: Client,
    /// The App it belongs to.
    pub app: AppId,
    /// The program that registered it.
    pub registrant: Sighting,
}

/// Adds a registration.
pub fn add(db: &Connection, client: &Client, app: &AppId, registrant: &Sighting) -> Sql<()> {
    db.prepare_cached("INSERT INTO clients (id, app, issued_at, registration, registrant) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute((
        client.id.as_str(),
        app.as_str(),
        client.issued_at.as_secs(),
        to_json(client)?,
        to_json(registrant)?,
    ))?;
    Ok(())
}

/// One registration.
pub fn find(db: &Connection, id: &ClientId) -> Sql<Option<StoredClient>> {
    db.prepare_cached("SELECT registration, app, registrant FROM clients WHERE id = ?1")?
        .query_row([id.as_str()], |row| {
            Ok(StoredClient { client: from_json(row, 0)?, app: AppId::from_text(row.get::<_, String>(1)?), registrant: from_json(row, 2)? })
        })
        .optional()
}

/// How many registrations nobody approved.
pub fn unapproved(db: &Connection) -> Sql<u32> {
    db.prepare_cached("SELECT count(*) FROM clients c WHERE NOT EXISTS (SELECT 1 FROM grants g WHERE g.client = c.id)")?
        .query_row([], |row| row.get(0))
}

/// Forgets registrations older than `before` that have no grant, and Apps that have no registration left.
pub fn forget_unapproved(db: &Connection, before: UnixTime) -> Sql<usize> {
    let forgotten = db
        .prepare_cached("DELETE FROM clients WHERE issued_at < ?1 AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.client = clients.id)")?
        .execute([before.as_secs()])?;
    db.prepare_cached("DELETE FROM apps WHERE NOT EXISTS (SELECT 1 FROM clients c WHERE c.app = apps.id)")?.execute([])?;
    Ok(forgotten)
}
