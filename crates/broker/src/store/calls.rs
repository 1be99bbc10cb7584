//! What Apps did, call by call.

use std::collections::HashMap;

use doorward_oauth::{
    id::{AppId, ServerName},
    time::UnixTime,
};
use doorward_words::{Language, Said, Words};
use rusqlite::{Connection, Row};

use super::{Sql, name, opt_time, search::Search, time};

/// One call, once it has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCall {
    /// When it came.
    pub at: UnixTime,
    /// The App that called.
    pub app: AppId,
    /// The name it gave itself, made safe to show.
    pub app_name: Option<String>,
    /// The program that called, where it could be told.
    pub program: Option<String>,
    /// The server.
    pub server: ServerName,
    /// What was to be done.
    pub method: String,
    /// The tool, the prompt, or the address of the resource.
    pub name: Option<String>,
    /// Whether it passed.
    pub passed: bool,
    /// What decided: the name of a sentence, or the words of before.
    pub why: String,
    /// How it ended, in the same way.
    pub ended: String,
    /// How long it took, with the time that a person took.
    pub milliseconds: u64,
    /// How large the message was, in bytes.
    pub sent: u64,
    /// How large the answer was, in bytes.
    pub received: u64,
    /// What kind of values it was called with.
    pub shape: String,
    /// The values, where a person wants them.
    pub arguments: Option<String>,
}

/// How many are kept.
const MOST: i64 = 100_000;

/// Writes calls down; the oldest make room.
pub fn add(db: &Connection, calls: &[StoredCall]) -> Sql<()> {
    let mut add = db.prepare_cached(
        "INSERT INTO calls (at, app, app_name, program, server, method, name, passed, why, ended, milliseconds, sent, received, shape, arguments)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?;
    for call in calls {
        add.execute(rusqlite::params![
            call.at.as_secs(),
            call.app.as_str(),
            call.app_name,
            call.program,
            call.server.as_str(),
            call.method,
            call.name,
            call.passed,
            call.why,
            call.ended,
            call.milliseconds.cast_signed(),
            call.sent.cast_signed(),
            call.received.cast_signed(),
            call.shape,
            call.arguments,
        ])?;
    }
    db.prepare_cached("DELETE FROM calls WHERE id <= ?1")?.execute([db.last_insert_rowid() - MOST])?;
    Ok(())
}

/// Which calls to show.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Of this App only.
    pub app: Option<AppId>,
    /// At this server only.
    pub server: Option<ServerName>,
    /// Before the one with this number: the next page.
    pub before: Option<i64>,
    /// Not earlier than this.
    pub since: Option<UnixTime>,
    /// What a person looks for in App, program, server, method, name and decision.
    pub search: Search,
    /// How many at the most.
    pub most: u32,
}

/// Walked from the newest on, for as long as somebody reads: nothing is sorted.
const NEWEST: &str =
    "SELECT id, at, app, app_name, program, server, method, name, passed, why, ended, milliseconds, sent, received, shape, arguments
     FROM calls WHERE id < ?1 AND (?2 IS NULL OR app = ?2) AND (?3 IS NULL OR server = ?3) AND (?4 IS NULL OR at >= ?4) ORDER BY id DESC";

/// Calls with their numbers, newest first.
pub fn newest(db: &Connection, which: &Which) -> Sql<Vec<(i64, StoredCall)>> {
    let mut walked = db.prepare_cached(NEWEST)?;
    let rows = walked.query_map(
        (
            which.before.unwrap_or(i64::MAX),
            which.app.as_ref().map(AppId::as_str),
            which.server.as_ref().map(ServerName::as_str),
            which.since.map(|since| since.as_secs()),
        ),
        |row| Ok((row.get(0)?, read(row)?)),
    )?;
    let mut seen = Seen { search: &which.search, texts: HashMap::new() };
    rows.filter(|row| row.as_ref().map_or(true, |(_, call)| seen.finds(call))).take(which.most as usize).collect()
}

/// What decided or how it ended, as a sentence.
pub fn in_words(kept: &str) -> Said {
    let is_name = (kept.starts_with("decided-") || kept.starts_with("ended-")) && Words::of(Language::English).has(kept);
    if is_name { Said::named(kept.to_owned()) } else { Said::verbatim(kept) }
}

/// Looks through calls. There are few sentences for many calls: each is put into words once.
struct Seen<'s> {
    search: &'s Search,
    texts: HashMap<String, String>,
}

impl Seen<'_> {
    fn finds(&mut self, call: &StoredCall) -> bool {
        let decision = if call.passed { "passed" } else { "refused" };
        for kept in [&call.why, &call.ended] {
            if !self.texts.contains_key(kept) {
                let said = in_words(kept);
                let text = format!("{said}\n{}", self.search.shown(|| said.clone()).unwrap_or_default());
                self.texts.insert(kept.clone(), text);
            }
        }
        let text = |kept: &String| self.texts.get(kept).map(String::as_str);
        self.search.finds(&[
            call.app_name.as_deref(),
            call.program.as_deref(),
            Some(call.server.as_str()),
            Some(&call.method),
            call.name.as_deref(),
            Some(decision),
            text(&call.why),
            text(&call.ended),
        ])
    }
}

fn read(row: &Row<'_>) -> Sql<StoredCall> {
    Ok(StoredCall {
        at: time(row, 1)?,
        app: AppId::from_text(row.get::<_, String>(2)?),
        app_name: row.get(3)?,
        program: row.get(4)?,
        server: name(row, 5)?,
        method: row.get(6)?,
        name: row.get(7)?,
        passed: row.get(8)?,
        why: row.get(9)?,
        ended: row.get(10)?,
        milliseconds: row.get::<_, i64>(11)?.cast_unsigned(),
        sent: row.get::<_, i64>(12)?.cast_unsigned(),
        received: row.get::<_, i64>(13)?.cast_unsigned(),
        shape: row.get(14)?,
        arguments: row.get(15)?,
    })
}

/// How often calls of a tool passed, and when the last one did.
pub fn passed(db: &Connection, app: &AppId, server: &ServerName, tool: &str) -> Sql<(u32, Option<UnixTime>)> {
    db.prepare_cached(
        "SELECT count(*), max(at) FROM calls WHERE app = ?1 AND server = ?2 AND name = ?3 AND passed = 1 AND method = 'tools/call'",
    )?
    .query_row((app.as_str(), server.as_str(), tool), |row| Ok((row.get(0)?, opt_time(row, 1)?)))
}

/// How many calls each App made at each server since then, passed or not.
pub fn since(db: &Connection, since: UnixTime) -> Sql<HashMap<(AppId, ServerName), u32>> {
    db.prepare_cached("SELECT app, server, count(*) FROM calls WHERE at >= ?1 GROUP BY app, server")?
        .query_map([since.as_secs()], |row| Ok(((AppId::from_text(row.get::<_, String>(0)?), name(row, 1)?), row.get(2)?)))?
        .collect()
}

/// Forgets calls before `before`.
pub fn forget(db: &Connection, before: UnixTime) -> Sql<usize> {
    db.prepare_cached("DELETE FROM calls WHERE at < ?1")?.execute([before.as_secs()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn call(n: i64) -> StoredCall {
        StoredCall {
            at: UnixTime::from_secs(n),
            app: AppId::from_text(["a", "b"][usize::from(n % 2 == 0)]),
            app_name: Some(["Claude Code", "Cursor"][usize::from(n % 2 == 0)].to_owned()),
            program: Some("node".to_owned()),
            server: ServerName::parse(["files", "git"][usize::from(n % 3 == 0)]).expect("a name"),
            method: "tools/call".to_owned(),
            name: Some(format!("tool_{}", n % 10)),
            passed: n % 4 != 0,
            why: ["denied when asked", "decided-allowed", "decided-hidden"][if n % 4 == 0 { 0 } else { 1 + usize::from(n % 5 == 0) }]
                .to_owned(),
            ended: "ended-answered".to_owned(),
            milliseconds: 1,
            sent: 1,
            received: 1,
            shape: String::new(),
            arguments: Some("the value".to_owned()),
        }
    }

    /// All numbers that pages of a hundred give.
    async fn pages(store: &Store, which: Which) -> Vec<i64> {
        let mut all: Vec<i64> = Vec::new();
        loop {
            let page = Which { before: all.last().copied(), most: 100, ..which.clone() };
            let page = store.read(move |db| newest(db, &page)).await.expect("reads");
            assert!(page.len() <= 100);
            if page.is_empty() {
                return all;
            }
            all.extend(page.iter().map(|(number, _)| number));
        }
    }

    #[tokio::test]
    async fn pages_of_ten_thousand_calls_are_complete_and_in_order_with_and_without_a_search() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("d.db")).expect("opens");
        let calls: Vec<StoredCall> = (1..=10_000).map(call).collect();
        store.run(move |tx| add(tx, &calls)).await.expect("written");
        let newest_first = |wanted: &dyn Fn(i64) -> bool| (1..=10_000).rev().filter(|n| wanted(*n)).collect::<Vec<i64>>();
        assert_eq!(pages(&store, Which::default()).await, newest_first(&|_| true));
        let search = |typed: &str| Which { search: Search::of(Some(typed)), ..Which::default() };
        assert_eq!(pages(&store, search("cursor")).await, newest_first(&|n| n % 2 == 0));
        assert_eq!(pages(&store, search("CLAUDE git tool_3")).await, newest_first(&|n| n % 2 == 1 && n % 3 == 0 && n % 10 == 3));
        assert_eq!(pages(&store, search("denied")).await, newest_first(&|n| n % 4 == 0));
        assert_eq!(pages(&store, search("hidden ANSWERED")).await, newest_first(&|n| n % 4 != 0 && n % 5 == 0), "what is shown is found");
        assert!(pages(&store, search("decided-")).await.is_empty(), "and what is kept is not");
        assert_eq!(pages(&store, search("node refused tool_8")).await, newest_first(&|n| n % 4 == 0 && n % 10 == 8));
        let of_one = Which { app: Some(AppId::from_text("a")), since: Some(UnixTime::from_secs(9_000)), ..search("tool_1") };
        assert_eq!(pages(&store, of_one).await, newest_first(&|n| n >= 9_000 && n % 10 == 1));
        assert!(pages(&store, search("value")).await.is_empty(), "what a tool was called with is not looked through");
        assert!(pages(&store, search("%")).await.is_empty());
    }

    #[tokio::test]
    async fn a_page_of_calls_is_walked_from_where_the_last_ended_and_nothing_is_sorted() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("d.db")).expect("opens");
        let plan = crate::store::search::plan(&store, NEWEST, 4).await;
        assert_eq!(plan, ["SEARCH calls USING INTEGER PRIMARY KEY (rowid<?)"]);
    }
}
