//! The guarded servers.

use doorward_oauth::{id::ServerName, time::UnixTime};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Sql, time};

/// A server behind Doorward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name.
    pub name: ServerName,
    /// Where it really is.
    pub url: String,
    /// When a person added it.
    pub added_at: UnixTime,
}

fn read(row: &Row<'_>) -> Sql<Server> {
    Ok(Server { name: super::name(row, 0)?, url: row.get(1)?, added_at: time(row, 2)? })
}

/// All servers, by name.
pub fn all(db: &Connection) -> Sql<Vec<Server>> {
    db.prepare_cached("SELECT name, url, added_at FROM servers ORDER BY name")?.query_map([], read)?.collect()
}

/// One server.
pub fn find(db: &Connection, name: &ServerName) -> Sql<Option<Server>> {
    db.prepare_cached("SELECT name, url, added_at FROM servers WHERE name = ?1")?.query_row([name.as_str()], read).optional()
}

/// Adds a server; `false` when the name is taken.
pub fn add(db: &Connection, server: &Server) -> Sql<bool> {
    let added = db.prepare_cached("INSERT INTO servers (name, url, added_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?.execute((
        server.name.as_str(),
        &server.url,
        server.added_at.as_secs(),
    ))?;
    Ok(added == 1)
}

/// Removes a server and everything that was allowed at it; `false` when there is none.
pub fn remove(db: &Connection, name: &ServerName) -> Sql<bool> {
    Ok(db.prepare_cached("DELETE FROM servers WHERE name = ?1")?.execute([name.as_str()])? == 1)
}
