//! What a person said about tools, for each App.

use doorward_oauth::{
    id::{AppId, ServerName},
    time::UnixTime,
    tool::{Ends, Mode, Process, Rule, Subject},
};
use rusqlite::{Connection, Row};

use super::{Sql, opt_time};

/// The rules of an App at a server.
pub fn of(db: &Connection, app: &AppId, server: &ServerName) -> Sql<Vec<(Subject, Rule)>> {
    let rows: Vec<Option<(Subject, Rule)>> = db
        .prepare_cached("SELECT kind, name, mode, ends_at, pid, pid_started, after FROM rules WHERE app = ?1 AND server = ?2")?
        .query_map([app.as_str(), server.as_str()], read)?
        .collect::<Sql<_>>()?;
    // A row that cannot be read is none: hidden.
    Ok(rows.into_iter().flatten().collect())
}

fn read(row: &Row<'_>) -> Sql<Option<(Subject, Rule)>> {
    let (kind, mode): (String, String) = (row.get(0)?, row.get(2)?);
    let (Some(subject), Some(mode)) = (Subject::of(&kind, row.get(1)?), Mode::named(&mode)) else { return Ok(None) };
    let ends = match (opt_time(row, 3)?, row.get(4)?, row.get::<_, Option<i64>>(5)?) {
        (Some(at), ..) => Ends::At { at },
        (None, Some(pid), Some(started)) => Ends::With { process: Process { pid, started: started.cast_unsigned() } },
        (None, Some(_), None) => return Ok(None),
        (None, None, _) => Ends::WithAccess,
    };
    let after = Mode::named(&row.get::<_, String>(6)?).unwrap_or(Mode::Hide);
    Ok(Some((subject, Rule { mode, ends, after })))
}

/// Sets one rule in place of what was said before.
pub fn set(db: &Connection, app: &AppId, server: &ServerName, subject: &Subject, rule: Rule, now: UnixTime) -> Sql<()> {
    let (ends_at, process) = match rule.ends {
        Ends::WithAccess => (None, None),
        Ends::At { at } => (Some(at.as_secs()), None),
        Ends::With { process } => (None, Some(process)),
    };
    db.prepare_cached(
        "INSERT OR REPLACE INTO rules (app, server, kind, name, mode, ends_at, pid, pid_started, made_at, after)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        app.as_str(),
        server.as_str(),
        subject.kind(),
        subject.name(),
        rule.mode.as_str(),
        ends_at,
        process.map(|process| process.pid),
        process.map(|process| process.started.cast_signed()),
        now.as_secs(),
        rule.after.as_str(),
    ))?;
    Ok(())
}

/// Forgets what was said for an App, at one server or at all.
pub fn forget(db: &Connection, app: &AppId, server: Option<&ServerName>) -> Sql<()> {
    db.prepare_cached("DELETE FROM rules WHERE app = ?1 AND (?2 IS NULL OR server = ?2)")?
        .execute((app.as_str(), server.map(ServerName::as_str)))?;
    Ok(())
}

/// Forgets rules that ended and leave nothing behind, and those of Apps that have no access any more.
pub fn forget_ended(db: &Connection, now: UnixTime) -> Sql<usize> {
    db.prepare_cached(
        "DELETE FROM rules WHERE (ends_at <= ?1 AND after = 'hide') OR NOT EXISTS (SELECT 1 FROM grants g WHERE g.app = rules.app AND g.server = rules.server)",
    )?
    .execute([now.as_secs()])
}
