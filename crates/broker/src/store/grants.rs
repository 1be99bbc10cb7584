//! Grants: one row for each "Allow".

use doorward_oauth::{
    grant::Grant,
    id::{AppId, ClientId, GrantId, ServerName},
    scope::Scopes,
    time::UnixTime,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Sql, apps, broken, name, opt_time, time};

/// The columns of a grant, to be read by [`read`].
pub(super) const COLUMNS: &str = "g.id, g.app, g.client, g.server, g.scopes, g.created_at, g.ends_at, g.last_used_at";
/// How many they are.
pub(super) const COUNT: usize = 8;

/// Reads [`COLUMNS`], the first of which is column `at`.
pub(super) fn read(row: &Row<'_>, at: usize) -> Sql<Grant> {
    let scopes: String = row.get(at + 4)?;
    Ok(Grant {
        id: GrantId::from_text(row.get::<_, String>(at)?),
        app: AppId::from_text(row.get::<_, String>(at + 1)?),
        client: ClientId::from_text(row.get::<_, String>(at + 2)?),
        server: name(row, at + 3)?,
        scopes: Scopes::parse(&scopes).map_err(|error| broken(at + 4, error))?,
        created_at: time(row, at + 5)?,
        ends_at: time(row, at + 6)?,
        last_used_at: opt_time(row, at + 7)?,
    })
}

/// Adds a grant; `program` is the identity of the program that waited for the answer.
pub fn add(db: &Connection, grant: &Grant, program: Option<&str>) -> Sql<()> {
    db.prepare_cached(
        "INSERT INTO grants (id, app, client, server, scopes, program, created_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        grant.id.as_str(),
        grant.app.as_str(),
        grant.client.as_str(),
        grant.server.as_str(),
        grant.scopes.to_string(),
        program,
        grant.created_at.as_secs(),
        grant.ends_at.as_secs(),
    ))?;
    apps::make_known(db, &grant.app)
}

/// Keeps `newest` and the `most - 1` others of its App at its server that were used last: each login leaves one, and a program that logs in again and again
/// must not fill the disk. Returns the ones that ended.
pub fn keep_newest(db: &Connection, newest: &Grant, most: u32) -> Sql<Vec<GrantId>> {
    db.prepare_cached(
        "DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE app = ?1 AND server = ?2 AND id <> ?3
         ORDER BY coalesce(last_used_at, created_at) DESC LIMIT -1 OFFSET ?4) RETURNING id",
    )?
    .query_map((newest.app.as_str(), newest.server.as_str(), newest.id.as_str(), most.saturating_sub(1)), |row| {
        row.get::<_, String>(0).map(GrantId::from_text)
    })?
    .collect()
}

/// The newest grant of an App at a server.
pub fn newest(db: &Connection, app: &AppId, server: &ServerName) -> Sql<Option<Grant>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM grants g WHERE g.app = ?1 AND g.server = ?2 ORDER BY g.ends_at DESC LIMIT 1"))?
        .query_row([app.as_str(), server.as_str()], |row| read(row, 0))
        .optional()
}

/// One grant.
pub fn find(db: &Connection, id: &GrantId) -> Sql<Option<Grant>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM grants g WHERE g.id = ?1"))?.query_row([id.as_str()], |row| read(row, 0)).optional()
}

/// Remembers that a grant was used, which lets it live on unless its end is fixed. Gives its end; `None`: it is gone.
pub fn used(db: &Connection, grant: &GrantId, now: UnixTime, ends_at: UnixTime) -> Sql<Option<UnixTime>> {
    db.prepare_cached(
        "UPDATE grants SET last_used_at = ?2, ends_at = CASE WHEN fixed_end THEN ends_at ELSE ?3 END WHERE id = ?1 RETURNING ends_at",
    )?
    .query_row((grant.as_str(), now.as_secs(), ends_at.as_secs()), |row| time(row, 0))
    .optional()
}

/// Says that use does not let a grant live on.
pub fn fix_end(db: &Connection, grant: &GrantId) -> Sql<()> {
    db.prepare_cached("UPDATE grants SET fixed_end = 1 WHERE id = ?1")?.execute([grant.as_str()])?;
    Ok(())
}

/// Ends one grant with all its tokens.
pub fn revoke(db: &Connection, grant: &GrantId) -> Sql<()> {
    db.prepare_cached("DELETE FROM grants WHERE id = ?1")?.execute([grant.as_str()])?;
    Ok(())
}

/// Ends the grants of an App, at one server or at all; returns which, each with its server.
pub fn revoke_app(db: &Connection, app: &AppId, server: Option<&ServerName>) -> Sql<Vec<(GrantId, ServerName)>> {
    db.prepare_cached("DELETE FROM grants WHERE app = ?1 AND (?2 IS NULL OR server = ?2) RETURNING id, server")?
        .query_map((app.as_str(), server.map(ServerName::as_str)), |row| Ok((GrantId::from_text(row.get::<_, String>(0)?), name(row, 1)?)))?
        .collect()
}

/// The grants of one registration.
pub fn of_client(db: &Connection, client: &ClientId) -> Sql<Vec<GrantId>> {
    db.prepare_cached("SELECT id FROM grants WHERE client = ?1")?
        .query_map([client.as_str()], |row| row.get::<_, String>(0).map(GrantId::from_text))?
        .collect()
}

/// The grants of an App.
pub fn of_app(db: &Connection, app: &AppId) -> Sql<Vec<GrantId>> {
    db.prepare_cached("SELECT id FROM grants WHERE app = ?1")?
        .query_map([app.as_str()], |row| row.get::<_, String>(0).map(GrantId::from_text))?
        .collect()
}

/// The grants at a server.
pub fn at_server(db: &Connection, server: &ServerName) -> Sql<Vec<GrantId>> {
    db.prepare_cached("SELECT id FROM grants WHERE server = ?1")?
        .query_map([server.as_str()], |row| row.get::<_, String>(0).map(GrantId::from_text))?
        .collect()
}

/// Forgets grants that ended.
pub fn forget_ended(db: &Connection, now: UnixTime) -> Sql<usize> {
    db.prepare_cached("DELETE FROM grants WHERE ends_at <= ?1")?.execute([now.as_secs()])
}
