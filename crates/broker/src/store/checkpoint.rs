//! Brings what was committed from the write-ahead log into the file, beside the writer: what is left for the writer itself when
//! the log is full takes no noticeable time then.

use std::{
    io,
    sync::mpsc::{self, Receiver, SyncSender},
    thread::JoinHandle,
};

use rusqlite::Connection;

/// After how many commits it is time.
const EACH: u32 = 64;

/// Checkpoints on a thread of their own, until this is dropped.
pub(super) struct Checkpoints {
    due: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    commits: u32,
}

impl Checkpoints {
    /// Begins, on a connection that is used for nothing else.
    pub(super) fn start(connection: Connection) -> io::Result<Self> {
        let (due, told) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new().name("doorward-checkpoint".to_owned()).spawn(move || work(&connection, &told))?;
        Ok(Self { due: Some(due), thread: Some(thread), commits: 0 })
    }

    /// Something was committed.
    pub(super) fn committed(&mut self) {
        self.commits = self.commits.wrapping_add(1);
        if self.commits.is_multiple_of(EACH)
            && let Some(due) = &self.due
        {
            // One that is due already is enough.
            let _ = due.try_send(());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.due.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(connection: &Connection, due: &Receiver<()>) {
    while due.recv().is_ok() {
        // PASSIVE: it waits for nobody, and nobody for it.
        if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)") {
            tracing::debug!(%error, "a checkpoint has to wait");
        }
    }
}
