//! The disk: one insert for each transaction, on one thread, without HTTP.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use rusqlite::Connection;

use crate::results::Tally;

/// Opens a database as durable as Doorward's: what is acknowledged survives a power cut.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;
         CREATE TABLE IF NOT EXISTS rows (digest BLOB PRIMARY KEY, text TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
    )?;
    Ok(db)
}

/// Inserts a row of the size and with the random key that rows in a store of clients and digests have.
pub(super) fn insert(db: &Connection) -> rusqlite::Result<()> {
    let text = "a registration as it is understood, in JSON, with a name, redirects and what is known of the program ".repeat(3);
    db.prepare_cached("INSERT INTO rows (digest, text, at) VALUES (randomblob(32), ?1, unixepoch())")?.execute([text])?;
    Ok(())
}

/// How long one insert takes when it is alone in its transaction.
pub(crate) fn insert_alone(path: &Path, time: Duration) -> Result<Tally> {
    let mut db = open(path)?;
    let (begin, mut times) = (Instant::now(), Vec::new());
    let mut now = begin;
    while now < begin + time {
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        insert(&transaction)?;
        transaction.commit()?;
        let after = Instant::now();
        times.push(after - now);
        now = after;
    }
    Ok(Tally { times, all: now - begin })
}
