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

/// How many are kept: a program that asks again and again must not fill the disk.
const MOST: i64 = 10_000;

/// Writes an event down; the oldest make room.
pub fn add(db: &Connection, event: &Event) -> Sql<()> {
    db.prepare_cached("INSERT INTO events (at, outcome, client_name, server, detail) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute((
        event.at.as_secs(),
        &event.outcome,
        &event.client_name,
        event.server.as_str(),
        &event.detail,
    ))?;
    db.prepare_cached("DELETE FROM events WHERE id <= ?1")?.execute([db.last_insert_rowid() - MOST])?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn the_oldest_events_make_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("d.db")).expect("opens");
        let event = |n: i64| Event {
            at: UnixTime::from_secs(n),
            outcome: "allowed".to_owned(),
            client_name: None,
            server: ServerName::parse("files").expect("a name"),
            detail: String::new(),
        };
        store.run(move |tx| (1..=MOST + 5).try_for_each(|n| add(tx, &event(n)))).await.expect("written");
        let (count, oldest): (i64, i64) = store
            .read(|db| db.query_row("SELECT count(*), min(at) FROM events", [], |row| Ok((row.get(0)?, row.get(1)?))))
            .await
            .expect("reads");
        assert_eq!((count, oldest), (MOST, 6));
    }
}
