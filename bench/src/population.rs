//! A database with many registered clients, each of which a person allowed something.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use doorward_broker::config::Places;
use rusqlite::Connection;

/// Copies one client, its App, its grant and its rules until there are `clients` of them. Gives the database.
pub(crate) fn fill(folder: &Path, clients: u32) -> Result<PathBuf> {
    let path = Places::below(folder).database();
    let db = Connection::open(&path)?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;")?;
    let there: u32 = db.query_row("SELECT count(*) FROM clients", [], |row| row.get(0))?;
    let model: String = db.query_row("SELECT client FROM grants LIMIT 1", [], |row| row.get(0)).context("nobody signed in")?;
    // The same shape as drawn ids, in no order, as they are.
    let id = |kind: char| format!("lower(hex(randomblob(4))) || '-{kind}' || i");
    let more = clients.saturating_sub(there);
    db.execute_batch(&format!(
        "BEGIN;
         CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {more}) SELECT i, {app} AS app, {client} AS client, {grant} AS grant_id FROM n;
         INSERT INTO apps (id, key, name, program, first_seen_at) SELECT n.app, 'key-' || n.i, a.name, a.program, a.first_seen_at FROM n, apps a WHERE a.id = (SELECT app FROM clients WHERE id = '{model}');
         INSERT INTO clients (id, app, issued_at, registration, registrant, likeness) SELECT n.client, n.app, c.issued_at, c.registration, c.registrant, randomblob(32) FROM n, clients c WHERE c.id = '{model}';
         INSERT INTO grants (id, app, client, server, scopes, program, created_at, last_used_at, ends_at) SELECT n.grant_id, n.app, n.client, g.server, g.scopes, g.program, g.created_at, g.last_used_at, g.ends_at FROM n, grants g WHERE g.client = '{model}';
         INSERT INTO rules (app, server, kind, name, mode, ends_at, pid, pid_started, after, made_at) SELECT n.app, r.server, r.kind, r.name, r.mode, r.ends_at, r.pid, r.pid_started, r.after, r.made_at FROM n, rules r WHERE r.app = (SELECT app FROM clients WHERE id = '{model}');
         INSERT INTO known_names (key, name, program, first_seen_at, app) SELECT k.key, k.name, k.program, k.first_seen_at, n.app FROM n, known_names k WHERE k.app = (SELECT app FROM clients WHERE id = '{model}');
         COMMIT; DROP TABLE n; PRAGMA wal_checkpoint(TRUNCATE);",
        app = id('a'),
        client = id('c'),
        grant = id('g'),
    ))?;
    drop(db);
    // What is written here is not what is measured.
    File::open(&path)?.sync_all()?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use tempfile::TempDir;

    use super::*;
    use crate::{floors, load::Load, rounds::newcomers, subject};

    #[test]
    fn doorward_serves_from_a_database_that_was_filled() -> Result<()> {
        let (folder, load) = (TempDir::new()?, Load::new()?);
        let callback = TcpListener::bind("127.0.0.1:0")?;
        let upstream = format!("http://{}/", load.wait_for(floors::serve(floors::mcp()))?);
        let once = |programs| {
            let (running, address) = load.wait_for(subject::start(folder.path(), &upstream, true))?;
            newcomers(&load, address, callback.local_addr()?.port(), programs)?;
            let apps = load.wait_for(running.broker.apps())?.len();
            load.wait_for(running.stop());
            anyhow::Ok(apps)
        };
        let before = once(2)?;
        fill(folder.path(), 300)?;
        assert!(once(1)? >= before + 290);
        Ok(())
    }
}
