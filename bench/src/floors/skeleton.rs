//! A server that does nothing but write: axum, one thread that writes in groups, `synchronous = FULL`. It checks nothing,
//! asks nobody and keeps no history; it answers after the commit, as Doorward does.

use std::{path::Path, sync::mpsc};

use anyhow::{Context, Result};
use axum::{Router, extract::State, http::StatusCode, routing::post};
use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;

use super::sqlite;

/// What a request writes.
#[derive(Debug, Clone, Copy)]
enum Work {
    /// One row: the least that registering or allowing can cost.
    Insert,
    /// One secret for two others: found, spent, and two rows for what it gave. The least that an exchange can cost.
    Exchange,
}

struct Job {
    work: Work,
    done: oneshot::Sender<()>,
}

/// How many requests share one commit at the most.
const GROUP: usize = 128;
/// How many secrets there are to exchange.
const SECRETS: i64 = 20_000;

/// The skeleton, with its data in `folder`.
pub(crate) fn skeleton(folder: &Path) -> Result<Router> {
    let mut db = sqlite::open(&folder.join("skeleton.db"))?;
    seed(&mut db)?;
    let (jobs, queue) = mpsc::channel();
    std::thread::Builder::new().name("skeleton-store".to_owned()).spawn(move || {
        if let Err(error) = write_in_groups(db, &queue) {
            // Its clients see closed connections; the reason is said here.
            eprintln!("the skeleton's store gave up: {error}");
        }
    })?;
    let to_do = |work: Work| post(move |State(jobs): State<mpsc::Sender<Job>>| write(jobs, work));
    Ok(Router::new().route("/insert", to_do(Work::Insert)).route("/exchange", to_do(Work::Exchange)).with_state(jobs))
}

fn seed(db: &mut Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS secrets (number INTEGER PRIMARY KEY, owner TEXT NOT NULL, spent INTEGER NOT NULL DEFAULT 0) STRICT;",
    )?;
    let transaction = db.transaction()?;
    for number in 0..SECRETS {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO secrets (number, owner) VALUES (?1, '6f1c2a34-0d5e-4b7a-9c8d-1e2f3a4b5c6d')")?
            .execute([number])?;
    }
    transaction.commit()
}

async fn write(jobs: mpsc::Sender<Job>, work: Work) -> StatusCode {
    let (done, told) = oneshot::channel();
    match jobs.send(Job { work, done }) {
        Ok(()) if told.await.is_ok() => StatusCode::CREATED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn write_in_groups(mut db: Connection, queue: &mpsc::Receiver<Job>) -> Result<()> {
    let mut turn = 0_i64;
    while let Ok(first) = queue.recv() {
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut done = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            match job.work {
                Work::Insert => sqlite::insert(&transaction)?,
                Work::Exchange => {
                    turn += 1;
                    // Here and there in the table, as secrets are.
                    exchange(&transaction, turn * 7_919 % SECRETS)?;
                }
            }
            done.push(job.done);
            next = if done.len() < GROUP { queue.try_recv().ok() } else { None };
        }
        transaction.commit()?;
        for done in done {
            let _ = done.send(());
        }
    }
    Ok(())
}

fn exchange(db: &Transaction<'_>, number: i64) -> Result<()> {
    let owner: String =
        db.prepare_cached("SELECT owner FROM secrets WHERE number = ?1")?.query_row([number], |row| row.get(0)).context("no secret")?;
    db.prepare_cached("UPDATE secrets SET spent = spent + 1 WHERE number = ?1")?.execute([number])?;
    for _ in 0..2 {
        db.prepare_cached("INSERT INTO rows (digest, text, at) VALUES (randomblob(32), ?1, unixepoch())")?.execute([&owner])?;
    }
    Ok(())
}
