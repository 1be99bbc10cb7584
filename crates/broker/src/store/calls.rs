//! What Apps did, call by call.

use doorward_oauth::{
    id::{AppId, ServerName},
    time::UnixTime,
};
use rusqlite::{Connection, Row};

use super::{Sql, name, opt_time, time};

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
    /// What decided, in a word.
    pub why: String,
    /// How it ended, in a word.
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
    /// How many at the most.
    pub most: u32,
}

/// Calls with their numbers, newest first.
pub fn newest(db: &Connection, which: &Which) -> Sql<Vec<(i64, StoredCall)>> {
    db.prepare_cached(
        "SELECT id, at, app, app_name, program, server, method, name, passed, why, ended, milliseconds, sent, received, shape, arguments
         FROM calls WHERE (?1 IS NULL OR app = ?1) AND (?2 IS NULL OR server = ?2) AND (?3 IS NULL OR id < ?3) AND (?4 IS NULL OR at >= ?4)
         ORDER BY id DESC LIMIT ?5",
    )?
    .query_map(
        (
            which.app.as_ref().map(AppId::as_str),
            which.server.as_ref().map(ServerName::as_str),
            which.before,
            which.since.map(|since| since.as_secs()),
            which.most,
        ),
        |row| Ok((row.get(0)?, read(row)?)),
    )?
    .collect()
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

/// Forgets calls before `before`.
pub fn forget(db: &Connection, before: UnixTime) -> Sql<usize> {
    db.prepare_cached("DELETE FROM calls WHERE at < ?1")?.execute([before.as_secs()])
}
