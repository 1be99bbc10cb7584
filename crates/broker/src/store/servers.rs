//! The guarded servers.

use doorward_oauth::{
    id::ServerName,
    resource::Resource,
    time::UnixTime,
    token::{Digest, Secret},
};
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
    /// Whether it validates tokens itself, at its own address, instead of being guarded.
    pub validates: bool,
}

impl Server {
    /// What tokens for it are about.
    pub fn resource(&self) -> Resource {
        Resource { name: self.name.clone(), own_address: self.validates.then(|| self.url.clone()) }
    }
}

fn read(row: &Row<'_>) -> Sql<Server> {
    Ok(Server { name: super::name(row, 0)?, url: row.get(1)?, added_at: time(row, 2)?, validates: row.get(3)? })
}

/// All servers, by name.
pub fn all(db: &Connection) -> Sql<Vec<Server>> {
    db.prepare_cached("SELECT name, url, added_at, validates FROM servers ORDER BY name")?.query_map([], read)?.collect()
}

/// One server.
pub fn find(db: &Connection, name: &ServerName) -> Sql<Option<Server>> {
    db.prepare_cached("SELECT name, url, added_at, validates FROM servers WHERE name = ?1")?.query_row([name.as_str()], read).optional()
}

/// Adds a server; `false` when the name is taken.
pub fn add(db: &Connection, server: &Server) -> Sql<bool> {
    let added = db
        .prepare_cached("INSERT INTO servers (name, url, added_at, validates) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?
        .execute((server.name.as_str(), &server.url, server.added_at.as_secs(), server.validates))?;
    Ok(added == 1)
}

/// Removes a server and everything that was allowed at it; `false` when there is none.
pub fn remove(db: &Connection, name: &ServerName) -> Sql<bool> {
    Ok(db.prepare_cached("DELETE FROM servers WHERE name = ?1")?.execute([name.as_str()])? == 1)
}

/// What a server said about itself when it was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Whether its tools are known.
    pub known: bool,
    /// Whether it has prompts.
    pub prompts: bool,
    /// Whether it has resources.
    pub resources: bool,
}

/// What a server said about itself.
pub fn listed(db: &Connection, name: &ServerName) -> Sql<Option<Listed>> {
    db.prepare_cached("SELECT listed_at IS NOT NULL, has_prompts, has_resources FROM servers WHERE name = ?1")?
        .query_row([name.as_str()], |row| Ok(Listed { known: row.get(0)?, prompts: row.get(1)?, resources: row.get(2)? }))
        .optional()
}

/// Notes that a server was asked, and what it has besides tools.
pub fn set_listed(db: &Connection, name: &ServerName, prompts: bool, resources: bool, now: UnixTime) -> Sql<()> {
    db.prepare_cached("UPDATE servers SET listed_at = ?2, has_prompts = ?3, has_resources = ?4 WHERE name = ?1")?.execute((
        name.as_str(),
        now.as_secs(),
        prompts,
        resources,
    ))?;
    Ok(())
}

/// Whether the values of calls at a server are written down.
pub fn keeps_arguments(db: &Connection, name: &ServerName) -> Sql<bool> {
    let keeps = db
        .prepare_cached("SELECT keeps_arguments FROM servers WHERE name = ?1")?
        .query_row([name.as_str()], |row| row.get(0))
        .optional()?;
    Ok(keeps.unwrap_or(false))
}

/// Says whether they are; `false` when there is no such server.
pub fn set_keeps_arguments(db: &Connection, name: &ServerName, keeps: bool) -> Sql<bool> {
    Ok(db.prepare_cached("UPDATE servers SET keeps_arguments = ?2 WHERE name = ?1")?.execute((name.as_str(), keeps))? == 1)
}

/// Replaces what a server shows when it asks about tokens; `false` when there is no such server.
pub fn set_credential(db: &Connection, name: &ServerName, credential: &Digest<Secret>) -> Sql<bool> {
    let set = db.prepare_cached("UPDATE servers SET credential = ?2 WHERE name = ?1")?.execute((name.as_str(), credential.as_bytes()))?;
    Ok(set == 1)
}

/// What a server shows when it asks about tokens.
pub fn credential(db: &Connection, name: &ServerName) -> Sql<Option<Digest<Secret>>> {
    let found = db
        .prepare_cached("SELECT credential FROM servers WHERE name = ?1")?
        .query_row([name.as_str()], |row| row.get::<_, Option<[u8; 32]>>(0))
        .optional()?;
    Ok(found.flatten().map(Digest::from_bytes))
}
