//! What a person said about tools, for each App.

use doorward_oauth::{
    id::{AppId, ServerName},
    time::UnixTime,
    tool::{Ends, Mode, Process, Rule, Subject},
};
use rusqlite::{Connection, Row};

use super::{Sql, name, opt_time, time};

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

/// The rules of an App at all servers.
pub fn of_app(db: &Connection, app: &AppId) -> Sql<Vec<(ServerName, Subject, Rule)>> {
    let rows: Vec<Option<(ServerName, Subject, Rule)>> = db
        .prepare_cached("SELECT kind, name, mode, ends_at, pid, pid_started, after, server FROM rules WHERE app = ?1")?
        .query_map([app.as_str()], |row| {
            let server = name(row, 7)?;
            Ok(read(row)?.map(|(subject, rule)| (server, subject, rule)))
        })?
        .collect::<Sql<_>>()?;
    Ok(rows.into_iter().flatten().collect())
}

/// A rule with whom it is about.
#[derive(Debug, Clone)]
pub struct ListedRule {
    /// The App.
    pub app: AppId,
    /// The name it gave itself.
    pub app_name: Option<String>,
    /// The server.
    pub server: ServerName,
    /// What of it.
    pub subject: Subject,
    /// What holds.
    pub rule: Rule,
    /// When it was made.
    pub made_at: UnixTime,
}

/// In the order of their key, so that nothing is sorted.
const ALL: &str = "SELECT r.kind, r.name, r.mode, r.ends_at, r.pid, r.pid_started, r.after, r.app, a.name, r.server, r.made_at
     FROM rules r JOIN apps a ON a.id = r.app WHERE (r.app, r.server, r.kind, r.name) > (?1, ?2, ?3, ?4)
     AND EXISTS (SELECT 1 FROM grants g WHERE g.app = r.app AND g.server = r.server AND g.ends_at > ?5)
     ORDER BY r.app, r.server, r.kind, r.name";

/// The rules of Apps that have access, after the one with that App, server, kind and name, for as long as `each` wants more.
pub fn walk(db: &Connection, after: [&str; 4], now: UnixTime, mut each: impl FnMut(ListedRule) -> bool) -> Sql<()> {
    let [app, server, kind, tool] = after;
    let mut walked = db.prepare_cached(ALL)?;
    let mut rows = walked.query((app, server, kind, tool, now.as_secs()))?;
    while let Some(row) = rows.next()? {
        let Some((subject, rule)) = read(row)? else { continue };
        let app = AppId::from_text(row.get::<_, String>(7)?);
        let listed = ListedRule { app, app_name: row.get(8)?, server: name(row, 9)?, subject, rule, made_at: time(row, 10)? };
        if !each(listed) {
            break;
        }
    }
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
