//! What happened, for people. Never a secret, never a value a tool was called with.

use doorward_oauth::{id::ServerName, time::UnixTime};
use rusqlite::Connection;

use super::{Sql, name, search::Search, time};

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

/// Walked from the newest on, for as long as somebody reads: nothing is sorted.
const NEWEST: &str = "SELECT id, at, outcome, client_name, server, detail FROM events WHERE id < ?1 ORDER BY id DESC";

/// Events with their numbers, newest first: at most `most` of those that are found, before the one with that number.
pub fn newest(db: &Connection, search: &Search, before: Option<i64>, most: u32) -> Sql<Vec<(i64, Event)>> {
    let mut walked = db.prepare_cached(NEWEST)?;
    let rows = walked.query_map([before.unwrap_or(i64::MAX)], |row| {
        let event = Event { at: time(row, 1)?, outcome: row.get(2)?, client_name: row.get(3)?, server: name(row, 4)?, detail: row.get(5)? };
        Ok((row.get(0)?, event))
    })?;
    let is_found = |event: &Event| {
        search.finds(&[Some(&event.outcome), event.client_name.as_deref(), Some(event.server.as_str()), Some(&event.detail)])
    };
    rows.filter(|row| row.as_ref().map_or(true, |(_, event)| is_found(event))).take(most as usize).collect()
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

    #[tokio::test]
    async fn pages_of_what_happened_are_complete_in_order_and_not_sorted() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("d.db")).expect("opens");
        let event = |n: i64| Event {
            at: UnixTime::from_secs(n),
            outcome: ["allowed", "denied"][usize::from(n % 3 == 0)].to_owned(),
            client_name: Some(format!("App {}", n % 7)),
            server: ServerName::parse("files").expect("a name"),
            detail: "You said so.".to_owned(),
        };
        store.run(move |tx| (1..=MOST).try_for_each(|n| add(tx, &event(n)))).await.expect("written");
        let (mut all, search) = (Vec::new(), Search::of(Some("DENIED 5")));
        loop {
            let (search, before) = (search.clone(), all.last().copied());
            let page = store.read(move |db| newest(db, &search, before, 100)).await.expect("reads");
            if page.is_empty() {
                break;
            }
            all.extend(page.iter().map(|(number, _)| *number));
        }
        assert_eq!(all, (1..=MOST).rev().filter(|n| n % 3 == 0 && n % 7 == 5).collect::<Vec<_>>());
        assert_eq!(crate::store::search::plan(&store, NEWEST, 1).await, ["SEARCH events USING INTEGER PRIMARY KEY (rowid<?)"]);
    }
}
