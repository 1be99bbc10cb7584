//! What a person recognises: Apps, with what each may use.

use std::collections::BTreeSet;

use doorward_oauth::{
    grant::AppKey,
    id::{AppId, ServerName},
    name::DisplayName,
    policy::Named,
    time::UnixTime,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Sql, name as server_name, opt_time, time};

/// An App.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// The name it gave itself, made safe to show.
    pub name: Option<String>,
    /// The program that registered it, as shown; `None`: could not be told.
    pub program: Option<String>,
    /// When it was first seen.
    pub first_seen_at: UnixTime,
    /// Since when nothing is asked about it; `None`: it may ask.
    pub blocked_at: Option<UnixTime>,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether a rule made it: then nothing is asked about it.
    pub made_by_rule: bool,
}

/// One server an App may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The App.
    pub app: AppId,
    /// The server.
    pub server: ServerName,
    /// When a person last allowed it.
    pub allowed_at: UnixTime,
    /// When it last called.
    pub last_used_at: Option<UnixTime>,
    /// When it ends unless used before.
    pub ends_at: UnixTime,
    /// How many tools it was allowed, asked about each time or not.
    pub tools: u32,
}

/// The App with that key.
pub fn by_key(db: &Connection, key: &AppKey) -> Sql<Option<AppId>> {
    db.prepare_cached("SELECT id FROM apps WHERE key = ?1")?
        .query_row([key.as_str()], |row| row.get::<_, String>(0).map(AppId::from_text))
        .optional()
}

/// Adds an App.
pub fn add(db: &Connection, app: &App, key: &AppKey) -> Sql<()> {
    db.prepare_cached("INSERT INTO apps (id, key, name, program, first_seen_at, made_by_rule) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute((app.id.as_str(), key.as_str(), &app.name, &app.program, app.first_seen_at.as_secs(), app.made_by_rule))?;
    Ok(())
}

/// Lists Apps, with how many registrations each has.
pub type Listing = fn(&Connection) -> Sql<Vec<(App, u32)>>;

/// The Apps that were ever allowed something that still holds, with how many registrations each has.
pub fn approved(db: &Connection) -> Sql<Vec<(App, u32)>> {
    list(db, "EXISTS (SELECT 1 FROM grants g WHERE g.app = a.id)")
}

/// The Apps that nothing is asked about, in the same way.
pub fn blocked(db: &Connection) -> Sql<Vec<(App, u32)>> {
    list(db, "a.blocked_at IS NOT NULL")
}

fn list(db: &Connection, which: &str) -> Sql<Vec<(App, u32)>> {
    db.prepare_cached(&format!(
        "SELECT a.id, a.name, a.program, a.first_seen_at, a.blocked_at, a.paused, a.made_by_rule, (SELECT count(*) FROM clients c WHERE c.app = a.id)
         FROM apps a WHERE {which} ORDER BY a.name, a.first_seen_at"
    ))?
    .query_map([], |row| {
        let app = App {
            id: AppId::from_text(row.get::<_, String>(0)?),
            name: row.get(1)?,
            program: row.get(2)?,
            first_seen_at: time(row, 3)?,
            blocked_at: opt_time(row, 4)?,
            paused: row.get(5)?,
            made_by_rule: row.get(6)?,
        };
        Ok((app, row.get(7)?))
    })?
    .collect()
}

/// Whether nothing is asked about an App.
pub fn is_blocked(db: &Connection, id: &AppId) -> Sql<bool> {
    let blocked = db
        .prepare_cached("SELECT blocked_at IS NOT NULL OR made_by_rule FROM apps WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(blocked.unwrap_or(false))
}

/// Whether an App is paused.
pub fn is_paused(db: &Connection, id: &AppId) -> Sql<bool> {
    let paused = db.prepare_cached("SELECT paused FROM apps WHERE id = ?1")?.query_row([id.as_str()], |row| row.get(0)).optional()?;
    Ok(paused.unwrap_or(false))
}

/// Pauses an App, or lets it go on; `false` when it may not use anything.
pub fn set_paused(db: &Connection, id: &AppId, paused: bool) -> Sql<bool> {
    let set = db
        .prepare_cached("UPDATE apps SET paused = ?2 WHERE id = ?1 AND EXISTS (SELECT 1 FROM grants WHERE app = ?1)")?
        .execute((id.as_str(), paused))?;
    Ok(set == 1)
}

/// Says that nothing is asked about an App from now on; `false` when there is none.
pub fn block(db: &Connection, id: &AppId, now: UnixTime) -> Sql<bool> {
    let blocked =
        db.prepare_cached("UPDATE apps SET blocked_at = coalesce(blocked_at, ?2) WHERE id = ?1")?.execute((id.as_str(), now.as_secs()))?;
    Ok(blocked == 1)
}

/// Says that it may ask again; `false` when it may.
pub fn unblock(db: &Connection, id: &AppId) -> Sql<bool> {
    let unblocked =
        db.prepare_cached("UPDATE apps SET blocked_at = NULL WHERE id = ?1 AND blocked_at IS NOT NULL")?.execute([id.as_str()])?;
    Ok(unblocked == 1)
}

/// What each App may use now: one row for each App and server, however often it signed in.
pub fn access(db: &Connection, now: UnixTime) -> Sql<Vec<Access>> {
    db.prepare_cached(
        "SELECT app, server, max(created_at), max(last_used_at), max(ends_at),
                (SELECT count(*) FROM rules r WHERE r.app = g.app AND r.server = g.server AND r.kind = 'tool' AND r.mode <> 'hide'
                 AND (r.ends_at IS NULL OR r.ends_at > ?1))
         FROM grants g WHERE ends_at > ?1 GROUP BY app, server ORDER BY app, server",
    )?
    .query_map([now.as_secs()], |row| {
        Ok(Access {
            app: AppId::from_text(row.get::<_, String>(0)?),
            server: server_name(row, 1)?,
            allowed_at: time(row, 2)?,
            last_used_at: opt_time(row, 3)?,
            ends_at: time(row, 4)?,
            tools: row.get(5)?,
        })
    })?
    .collect()
}

/// An App's name and program, if it gave itself a name.
pub fn named(db: &Connection, id: &AppId) -> Sql<Option<Named>> {
    db.prepare_cached("SELECT id, name, program FROM apps WHERE id = ?1 AND name IS NOT NULL")?
        .query_row([id.as_str()], read_named)
        .optional()
}

/// Notes by what an App's name is found, from the first on that it is allowed.
pub fn make_known(db: &Connection, id: &AppId) -> Sql<()> {
    let is_known: bool =
        db.prepare_cached("SELECT EXISTS (SELECT 1 FROM known_names WHERE app = ?1)")?.query_row([id.as_str()], |row| row.get(0))?;
    let Some(named) = named(db, id)?.filter(|_| !is_known) else { return Ok(()) };
    for key in keys(&named.name) {
        db.prepare_cached(
            "INSERT INTO known_names (key, name, program, first_seen_at, app)
             SELECT ?2, name, coalesce(program, ''), first_seen_at, id FROM apps WHERE id = ?1",
        )?
        .execute((id.as_str(), key))?;
    }
    Ok(())
}

/// The same for all that were allowed something.
pub(super) fn make_allowed_known(db: &Connection) -> Sql<()> {
    let mut apps = db.prepare("SELECT DISTINCT app FROM grants")?;
    let allowed: Vec<String> = apps.query_map([], |row| row.get(0))?.collect::<Sql<_>>()?;
    allowed.into_iter().try_for_each(|app| make_known(db, &AppId::from_text(app)))
}

/// The Apps that were allowed something that still holds and whose name is `name`, or may look like it: one for each of their names and
/// programs, the newest first. Each of these is stepped to, since thousands of Apps may share one.
pub fn known_like(db: &Connection, name: &str) -> Sql<Vec<Named>> {
    let mut next = db.prepare_cached(
        "SELECT app, name, nullif(program, ''), first_seen_at FROM known_names WHERE key = ?1 AND (name, program) > (?2, ?3)
         ORDER BY name, program, first_seen_at DESC LIMIT 1",
    )?;
    let mut found: Vec<(i64, Named)> = Vec::new();
    for key in keys(name) {
        let (mut name, mut program) = (String::new(), String::new());
        while let Some((named, seen)) =
            next.query_row((&key, &name, &program), |row| Ok((read_named(row)?, row.get::<_, i64>(3)?))).optional()?
        {
            (name, program) = (named.name.clone(), named.program.clone().unwrap_or_default());
            if !found.iter().any(|(_, other)| *other == named) {
                found.push((seen, named));
            }
        }
    }
    found.sort_by_key(|(seen, _)| std::cmp::Reverse(*seen));
    Ok(found.into_iter().map(|(_, named)| named).collect())
}

fn keys(name: &str) -> BTreeSet<String> {
    DisplayName::tame(name).map(|name| name.keys()).unwrap_or_default()
}

/// Whether an App was allowed something that still holds.
pub fn is_allowed(db: &Connection, id: &AppId) -> Sql<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM grants WHERE app = ?1)")?.query_row([id.as_str()], |row| row.get(0))
}

fn read_named(row: &Row<'_>) -> Sql<Named> {
    Ok(Named { app: AppId::from_text(row.get::<_, String>(0)?), name: row.get(1)?, program: row.get(2)? })
}

/// The name an App gave itself.
pub fn name(db: &Connection, id: &AppId) -> Sql<Option<String>> {
    db.prepare_cached("SELECT name FROM apps WHERE id = ?1")?.query_row([id.as_str()], |row| row.get(0)).optional().map(Option::flatten)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_allowed_apps_is_read_once_for_each_program_however_many_have_it() {
        let mut db = Connection::open_in_memory().expect("opens");
        super::super::MIGRATIONS.to_latest(&mut db).expect("they apply");
        db.execute_batch(
            "INSERT INTO servers (name, url, added_at) VALUES ('files', 'http://127.0.0.1:1/', 1);
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 1000)
             INSERT INTO apps (id, key, name, program, first_seen_at) SELECT 'many-' || n, 'k' || n, 'Agent', '/opt/agent', n FROM n;
             INSERT INTO apps (id, key, name, program, first_seen_at) VALUES
                ('other', 'o', 'Agent', '/opt/other', 9999), ('unknown', 'u', 'Agent', NULL, 5), ('nameless', 'x', NULL, '/opt/x', 6),
                ('never', 'w', 'Agent', '/opt/never', 7), ('script', 's', 'Script', '/x.py', 8), ('alike', 'a', 'AGENT', '/opt/agent', 4);
             INSERT INTO clients (id, app, issued_at, registration, registrant) SELECT id, id, 1, '{}', '{}' FROM apps;
             INSERT INTO grants (id, app, client, server, scopes, program, created_at, last_used_at, ends_at)
                SELECT id, id, id, 'files', 'files', NULL, 1, NULL, 9 FROM apps WHERE id NOT IN ('never', 'many-1000');",
        )
        .expect("filled");
        let ids = |of: &str| -> Vec<String> { known_like(&db, of).expect("reads").iter().map(|named| named.app.to_string()).collect() };
        assert_eq!(ids("Agent"), [""; 0]);
        let allowed = |id: &str| is_allowed(&db, &AppId::from_text(id.to_owned())).expect("reads");
        assert!(allowed("many-7") && !allowed("never"));
        make_allowed_known(&db).expect("noted");
        make_allowed_known(&db).expect("noted once");
        assert_eq!(ids("Agent"), ["other", "many-999", "unknown", "alike"]);
        assert_eq!((ids("Agеnt"), ids("Scrıpt")), (ids("Agent"), vec!["script".to_owned()]), "with letters that look like others");
        assert_eq!((ids("Nobody"), ids("")), (vec![], vec![]));
        db.execute("DELETE FROM grants WHERE app IN ('other', 'many-999')", []).expect("ended");
        assert_eq!(ids("agent"), ["many-998", "unknown", "alike"]);
    }
}
