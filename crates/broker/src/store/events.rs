//! What happened, for people. Never a secret, never a value a tool was called with.

use doorward_oauth::{id::ServerName, time::UnixTime};
use doorward_words::Said;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{Sql, broken, name, search::Search, time, to_json};

/// Whom an event is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An App.
    #[default]
    App,
    /// The server itself, which changed its tools or is to be added.
    Server,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: UnixTime,
    /// How it ended: `allowed`, `denied`, `lapsed`, `withdrawn`, `superseded`, `refused`, `disconnected`.
    pub outcome: String,
    /// Whom it is about.
    pub subject: Subject,
    /// The name the program gave itself, made safe to show.
    pub client_name: Option<String>,
    /// The file of the program behind it: its script, or else its executable.
    pub program: Option<String>,
    /// The server.
    pub server: ServerName,
    /// One sentence.
    pub detail: Said,
}

impl Event {
    /// About an App of which neither name nor program is told.
    pub fn new(at: UnixTime, outcome: &str, server: ServerName, detail: Said) -> Self {
        Self { at, outcome: outcome.to_owned(), subject: Subject::App, client_name: None, program: None, server, detail }
    }
}

impl Subject {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Server => "server",
        }
    }

    pub(super) fn named(word: &str) -> Self {
        if word == Self::Server.as_str() { Self::Server } else { Self::App }
    }
}

/// How many are kept: a program that asks again and again must not fill the disk.
const MOST: i64 = 10_000;

/// Writes an event down; the oldest make room.
pub fn add(db: &Connection, event: &Event) -> Sql<()> {
    db.prepare_cached(
        "INSERT INTO events (at, outcome, client_name, server, detail, said, subject, program) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        event.at.as_secs(),
        &event.outcome,
        &event.client_name,
        event.server.as_str(),
        event.detail.to_string(),
        to_json(&event.detail)?,
        event.subject.as_str(),
        &event.program,
    ))?;
    db.prepare_cached("DELETE FROM events WHERE id <= ?1")?.execute([db.last_insert_rowid() - MOST])?;
    Ok(())
}

/// Walked from the newest on, for as long as somebody reads: nothing is sorted.
const NEWEST: &str =
    "SELECT id, at, outcome, client_name, server, detail, said, subject, program FROM events WHERE id < ?1 ORDER BY id DESC";

/// Events with their numbers, newest first: at most `most` of those that are found, before the one with that number.
pub fn newest(db: &Connection, search: &Search, before: Option<i64>, most: u32) -> Sql<Vec<(i64, Event)>> {
    let mut walked = db.prepare_cached(NEWEST)?;
    let rows = walked.query_map([before.unwrap_or(i64::MAX)], |row| {
        let (english, said): (String, Option<String>) = (row.get(5)?, row.get(6)?);
        let event = Event {
            at: time(row, 1)?,
            outcome: row.get(2)?,
            subject: Subject::named(&row.get::<_, String>(7)?),
            client_name: row.get(3)?,
            program: row.get(8)?,
            server: name(row, 4)?,
            detail: match said {
                Some(said) => serde_json::from_str(&said).map_err(|error| broken(6, error))?,
                None => Said::verbatim(english.clone()),
            },
        };
        Ok((row.get(0)?, english, event))
    })?;
    let is_found = |english: &str, event: &Event| {
        let shown = search.shown(|| event.detail.clone());
        let server = Some(event.server.as_str());
        let (name, program) = (event.client_name.as_deref(), event.program.as_deref());
        search.finds(&[Some(&event.outcome), name, program, server, Some(english), shown.as_deref()])
    };
    let found = rows.filter(|row| row.as_ref().map_or(true, |(_, english, event)| is_found(english, event)));
    found.take(most as usize).map(|row| row.map(|(number, _, event)| (number, event))).collect()
}

/// Since then: what nobody answered in time. The name of a server that is not there yet is a program's choice.
const LAPSED: &str = "SELECT server FROM events WHERE at >= ?1 AND outcome = 'lapsed' \
                      AND coalesce(json_extract(said, '$.id'), '') NOT LIKE 'event-server-%' ORDER BY at";

/// The server of each question that lapsed since then, the oldest first, but for those about new servers.
pub fn lapsed_since(db: &Connection, since: UnixTime) -> Sql<Vec<ServerName>> {
    db.prepare_cached(LAPSED)?.query_map([since.as_secs()], |row| name(row, 0))?.collect()
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
            subject: Subject::App,
            client_name: None,
            program: None,
            server: ServerName::parse("files").expect("a name"),
            detail: Said::plain("event-allowed"),
        };
        store.run(move |tx| (1..=MOST + 5).try_for_each(|n| add(tx, &event(n)))).await.expect("written");
        let (count, oldest): (i64, i64) = store
            .read(|db| db.query_row("SELECT count(*), min(at) FROM events", [], |row| Ok((row.get(0)?, row.get(1)?))))
            .await
            .expect("reads");
        assert_eq!((count, oldest), (MOST, 6));
    }

    #[tokio::test]
    async fn what_lapsed_is_found_by_its_moment() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("d.db")).expect("opens");
        let event = |at: i64, outcome: &str, server: &str| Event {
            at: UnixTime::from_secs(at),
            outcome: outcome.to_owned(),
            subject: Subject::App,
            client_name: None,
            program: None,
            server: ServerName::parse(server).expect("a name"),
            detail: Said::plain("unanswered-timed-out"),
        };
        let events =
            [event(9, "lapsed", "before"), event(10, "lapsed", "files"), event(11, "denied", "other"), event(12, "lapsed", "notes")];
        let new = Event { detail: Said::plain("event-server-unanswered"), ..event(13, "lapsed", "chosen-by-a-program") };
        store.run(move |tx| events.iter().chain([&new]).try_for_each(|event| add(tx, event))).await.expect("written");
        let lapsed = store.read(|db| lapsed_since(db, UnixTime::from_secs(10))).await.expect("reads");
        assert_eq!(lapsed.iter().map(ServerName::as_str).collect::<Vec<_>>(), ["files", "notes"]);
        assert_eq!(crate::store::search::plan(&store, LAPSED, 1).await, ["SEARCH events USING INDEX events_by_time (at>?)"]);
    }

    #[tokio::test]
    async fn what_happened_before_it_was_kept_as_a_sentence_is_read_in_its_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("d.db")).expect("opens");
        let event = Event {
            at: UnixTime::from_secs(1),
            outcome: "allowed".to_owned(),
            subject: Subject::App,
            client_name: None,
            program: None,
            server: ServerName::parse("files").expect("a name"),
            detail: Said::plain("event-said-no-to").with("tool", "rm"),
        };
        let (kept, before) = (event.clone(), Event { detail: Said::verbatim("You said no to rm."), ..event });
        store.run(move |tx| add(tx, &kept)).await.expect("written");
        store
            .run(|tx| tx.execute("INSERT INTO events (at, outcome, server, detail) SELECT at, outcome, server, detail FROM events", []))
            .await
            .expect("written");
        let found = store.read(|db| newest(db, &Search::of(Some("no to rm")), None, 9)).await.expect("reads");
        assert_eq!(found.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 1], "both are found by what is seen");
        assert_eq!(found[0].1, before);
        assert_eq!(found[1].1.detail.id(), "event-said-no-to");
    }

    #[tokio::test]
    async fn pages_of_what_happened_are_complete_in_order_and_not_sorted() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("d.db")).expect("opens");
        let event = |n: i64| Event {
            at: UnixTime::from_secs(n),
            outcome: ["allowed", "denied"][usize::from(n % 3 == 0)].to_owned(),
            subject: Subject::App,
            client_name: Some(format!("App {}", n % 7)),
            program: None,
            server: ServerName::parse("files").expect("a name"),
            detail: Said::plain("event-allowed"),
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
