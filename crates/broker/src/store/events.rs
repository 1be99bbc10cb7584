//! What happened, for people. Never a secret, never a value a tool was called with.

use doorward_oauth::{id::ServerName, time::UnixTime};
use rusqlite::Connection;

use super::{Sql, name, time};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: UnixTime,
    /// How it ended: `allowed`, `denied`, `lapsed`, `withdrawn`, `refused`, `disconnected`.
    pub outcome: String,
    /// The name the program gave itself, made safe to show.
    pub client_name: Option<String>,
    /// The server.
    pub server: ServerName,
    /// One sentence.
    pub detail: String,
}

/// Writes an event down.
pub fn add(db: &Connection, event: &Event) -> Sql<()> {
    db.prepare_cached("INSERT INTO events (at, outcome, client_name, server, detail) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute((
        event.at.as_secs(),
        &event.outcome,
        &event.client_name,
        event.server.as_str(),
        &event.detail,
    ))?;
    Ok(())
}

/// The newest events, newest first.
pub fn newest(db: &Connection, count: u32) -> Sql<Vec<Event>> {
    db.prepare_cached("SELECT at, outcome, client_name, server, detail FROM events ORDER BY id DESC LIMIT ?1")?
        .query_map([count], |row| {
            Ok(Event { at: time(row, 0)?, outcome: row.get(1)?, client_name: row.get(2)?, server: name(row, 3)?, detail: row.get(4)? })
        })?
        .collect()
}

/// Forgets events before `before`.
pub fn forget(db: &Connection, before: UnixTime) -> Sql<usize> {
    db.prepare_cached("DELETE FROM events WHERE at < ?1")?.execute([before.as_secs()])
}
