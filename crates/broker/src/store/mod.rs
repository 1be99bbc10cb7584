//! The SQLite file. It knows no HTTP and asks nobody; one verb is one transaction.
//!
//! Writes go through one thread that groups what arrives while it is busy into one commit, so that under load many
//! answers share one `fsync`; each is told only after the commit that covers it. A verb that fails is rolled back alone
//! (a savepoint), and its neighbours are not touched.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, PoisonError, mpsc},
};

use doorward_oauth::{id::ServerName, time::UnixTime};
use doorward_words::{Said, Says};
use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior, ffi::ErrorCode};
use rusqlite_migration::{M, Migrations};
use tokio::sync::oneshot;

use checkpoint::Checkpoints;

pub mod apps;
pub mod asked;
pub mod calls;
mod checkpoint;
pub mod clients;
pub mod codes;
pub mod events;
pub mod grants;
pub mod programs;
pub mod rules;
pub mod search;
pub mod servers;
pub mod sessions;
pub mod settings;
pub mod tokens;
pub mod tools;
pub mod unfinished;

/// Schema versions, oldest first. Only ever added to.
static MIGRATIONS: LazyLock<Migrations<'static>> = LazyLock::new(|| {
    Migrations::new(vec![
        M::up(include_str!("migrations/0001_clients_grants_tokens.sql")),
        M::up(include_str!("migrations/0002_managed_clients_and_resource_servers.sql")),
        M::up(include_str!("migrations/0003_sessions.sql")),
        M::up(include_str!("migrations/0004_tools.sql")),
        M::up(include_str!("migrations/0005_rules.sql")),
        M::up(include_str!("migrations/0006_calls.sql")),
        M::up(include_str!("migrations/0007_commands.sql")),
        M::up(include_str!("migrations/0008_programs.sql")),
        M::up(include_str!("migrations/0009_blocked_and_paused.sql")),
        M::up(include_str!("migrations/0010_asked.sql")),
        M::up(include_str!("migrations/0011_rules_made_beforehand.sql")),
        M::up(include_str!("migrations/0012_what_happened_as_sentences.sql")),
        M::up(include_str!("migrations/0013_who_happened.sql")),
        M::up(include_str!("migrations/0014_open_questions.sql")),
        M::up_with_hook(include_str!("migrations/0015_names_of_apps.sql"), |tx| Ok(apps::make_allowed_known(tx)?)),
    ])
});
/// The version this binary writes.
const VERSION: i32 = 15;

/// Why the data could not be used. Nothing that was acknowledged is lost by any of them.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.said())]
pub enum StoreError {
    /// The file was written by a newer Doorward.
    Newer {
        /// The file.
        path: PathBuf,
        /// The version found.
        found: i32,
        /// The newest version known.
        known: i32,
    },
    /// The disk is full.
    Full,
    /// The file or its folder cannot be written.
    ReadOnly {
        /// What SQLite said.
        detail: String,
    },
    /// The file is no database, or is damaged.
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Anything else.
    Other {
        /// Why, as far as it is known.
        detail: Said,
    },
    /// The store is closed.
    Closed,
}

impl Says for StoreError {
    fn said(&self) -> Said {
        match self {
            Self::Newer { path, found, known } => Said::plain("store-newer")
                .with("path", path.display().to_string())
                .with("found", found.to_string())
                .with("known", known.to_string()),
            Self::Full => Said::plain("store-full"),
            Self::ReadOnly { detail } => Said::plain("store-read-only").with("why", detail.clone()),
            Self::Damaged { path } => Said::plain("store-damaged").with("path", path.display().to_string()),
            Self::Other { detail } => Said::plain("store-other").with_said("why", detail.said()),
            Self::Closed => Said::plain("store-closed"),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy) => Self::Other { detail: Said::plain("store-busy") },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::ReadOnly { detail: error.to_string() },
            // SQLite reports a full disk as an IO error where the write-ahead log cannot grow.
            Some(ErrorCode::SystemIoFailure) if error.to_string().contains("disk I/O error") => {
                Self::Other { detail: Said::plain("store-disk") }
            }
            _ => Self::Other { detail: Said::verbatim(error.to_string()) },
        }
    }
}

/// What a verb returns inside its transaction.
pub type Sql<T> = rusqlite::Result<T>;

/// Runs a verb, or takes note of why there is no transaction to run it in; also says why it failed, if it did.
type Job = Box<dyn FnOnce(Result<&Transaction<'_>, StoreError>) -> (Reply, Option<StoreError>) + Send>;
/// Tells the caller how its verb ended, once the commit is known to have worked or not.
type Reply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// How many verbs share one commit at the most.
const GROUP: usize = 128;
/// How many connections serve reads.
const READERS: usize = 4;

/// The data. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    readers: Mutex<Vec<Connection>>,
}

impl Store {
    /// Opens the file, creating it or bringing it up to date; a copy is kept before an older file is changed.
    ///
    /// # Errors
    /// [`StoreError`] when the file is newer, damaged, or cannot be written. Nothing was changed then.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut writer = Connection::open(path)?;
        let found: i32 = writer.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|error| damaged_or(path, error))?;
        if found > VERSION {
            return Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION });
        }
        configure(&writer).map_err(|error| damaged_or(path, error))?;
        if found != 0 && found < VERSION {
            keep_copy(&writer, &path.with_extension(format!("before-v{VERSION}.db")))?;
        }
        MIGRATIONS.to_latest(&mut writer).map_err(|error| match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => damaged_or(path, err),
            other => StoreError::Other { detail: Said::verbatim(other.to_string()) },
        })?;
        let (jobs, queue) = mpsc::channel();
        let no_thread = |error: std::io::Error| StoreError::Other { detail: Said::verbatim(error.to_string()) };
        let beside = Connection::open(path)?;
        configure(&beside)?;
        let checkpoints = Checkpoints::start(beside).map_err(no_thread)?;
        let thread = std::thread::Builder::new()
            .name("doorward-store".to_owned())
            .spawn(move || write_in_groups(writer, &queue, checkpoints))
            .map_err(no_thread)?;
        let inner =
            Inner { path: path.to_owned(), jobs: Mutex::new(Some(jobs)), writer: Mutex::new(Some(thread)), readers: Mutex::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Looks at a file that nobody has open, whether it is sound, and reads from it. Nothing is changed.
    ///
    /// # Errors
    /// [`StoreError`] when the file is newer, damaged, or cannot be read.
    pub fn inspect<T>(path: &Path, read: impl FnOnce(&Connection) -> Sql<T>) -> Result<T, StoreError> {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let damaged = |error| damaged_or(path, error);
        let found: i32 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(damaged)?;
        if found > VERSION {
            return Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION });
        }
        let sound: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(damaged)?;
        if sound != "ok" {
            return Err(StoreError::Damaged { path: path.to_owned() });
        }
        read(&db).map_err(damaged)
    }

    /// Runs one verb as one transaction. When this returns, its outcome is on disk.
    ///
    /// # Errors
    /// [`StoreError`] when the verb or its commit failed; nothing of it is kept then.
    pub async fn run<T: Send + 'static>(&self, verb: impl FnOnce(&Transaction<'_>) -> Sql<T> + Send + 'static) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            let outcome = transaction.and_then(|transaction| in_savepoint(transaction, verb));
            let failure = outcome.as_ref().err().cloned();
            let reply: Reply = Box::new(move |commit| {
                // The caller may be gone; the work is done all the same.
                let _ = tell.send(commit.and(outcome));
            });
            (reply, failure)
        });
        self.inner
            .jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .ok_or(StoreError::Closed)?
            .send(job)
            .map_err(|_| StoreError::Closed)?;
        told.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Reads lists of what was committed, on a thread where that may take its time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read<T: Send + 'static>(&self, query: impl FnOnce(&Connection) -> Sql<T> + Send + 'static) -> Result<T, StoreError> {
        let this = self.clone();
        let reading = tokio::task::spawn_blocking(move || this.look_up(query));
        reading.await.unwrap_or_else(|error| Err(StoreError::Other { detail: Said::verbatim(error.to_string()) }))
    }

    /// Reads a few rows by their keys, here and now: microseconds, less than the way to another thread.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn look_up<T>(&self, query: impl FnOnce(&Connection) -> Sql<T>) -> Result<T, StoreError> {
        let idle = || self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = idle().pop();
        let reader = known.map_or_else(|| open_reader(&self.inner.path), Ok)?;
        let outcome = query(&reader).map_err(StoreError::from);
        let mut readers = idle();
        if readers.len() < READERS {
            readers.push(reader);
        }
        outcome
    }

    /// Finishes what was begun and closes the file. Later calls get [`StoreError::Closed`].
    pub fn close(&self) {
        self.inner.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = writer.join();
        }
        self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn in_savepoint<T>(transaction: &Transaction<'_>, verb: impl FnOnce(&Transaction<'_>) -> Sql<T>) -> Result<T, StoreError> {
    transaction.prepare_cached("SAVEPOINT verb")?.execute([])?;
    match verb(transaction) {
        Ok(value) => {
            transaction.prepare_cached("RELEASE verb")?.execute([])?;
            Ok(value)
        }
        Err(error) => {
            // After a full disk the whole transaction is gone already, savepoint and all.
            let _ = transaction.execute_batch("ROLLBACK TO verb; RELEASE verb");
            Err(error.into())
        }
    }
}

fn write_in_groups(mut connection: Connection, queue: &mpsc::Receiver<Job>, mut checkpoints: Checkpoints) {
    while let Ok(first) = queue.recv() {
        let mut replies = Vec::new();
        let outcome = write_group(&mut connection, first, queue, &mut replies);
        if let Err(error) = &outcome {
            tracing::error!(%error, verbs = replies.len(), "a group of verbs was not stored");
        }
        for reply in replies {
            reply(outcome.clone());
        }
        checkpoints.committed();
    }
    drop(checkpoints);
    // A last checkpoint leaves one file behind, complete.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

/// Runs `first` and what has queued up behind it in one transaction. The outcome is that of all of them.
fn write_group(connection: &mut Connection, first: Job, queue: &mpsc::Receiver<Job>, replies: &mut Vec<Reply>) -> Result<(), StoreError> {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            let error = StoreError::from(error);
            replies.push(first(Err(error.clone())).0);
            return Err(error);
        }
    };
    let mut next = Some(first);
    while let Some(job) = next {
        let (reply, failure) = job(Ok(&transaction));
        replies.push(reply);
        // SQLite takes back the whole transaction when the disk is full: nothing of this group is stored, and what still
        // waits gets a transaction of its own.
        if let (true, Some(failure)) = (transaction.is_autocommit(), failure) {
            return Err(failure);
        }
        next = if replies.len() < GROUP { queue.try_recv().ok() } else { None };
    }
    Ok(transaction.commit()?)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // FULL: what is acknowledged survives a power cut. secure_delete: digests do not linger in free pages. wal_autocheckpoint:
    // pages of 4 KiB; under load one page is written many times, and the fewer checkpoints the more of that is saved.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;
         PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = 2000;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(path, flags)?;
    reader.execute_batch("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;")?;
    reader.set_prepared_statement_cache_capacity(32);
    Ok(reader)
}

/// Copies the whole database. A copy that was cut short, and one of an upgrade that was, give way: SQLite copies into no file that
/// is there, and the data would never open again.
fn keep_copy(db: &Connection, copy: &Path) -> Result<(), StoreError> {
    let begun = copy.with_extension("db.new");
    let not_kept = |error: std::io::Error| StoreError::Other { detail: Said::verbatim(error.to_string()) };
    match std::fs::remove_file(&begun) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(not_kept(error)),
        _ => {}
    }
    db.execute("VACUUM INTO ?1", [begun.to_string_lossy()])?;
    std::fs::rename(&begun, copy).map_err(not_kept)
}

fn damaged_or(path: &Path, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::Damaged { path: path.to_owned() },
        _ => error.into(),
    }
}

/// A column that holds a moment.
fn time(row: &Row<'_>, column: usize) -> Sql<UnixTime> {
    row.get(column).map(UnixTime::from_secs)
}

/// A column that may hold a moment.
fn opt_time(row: &Row<'_>, column: usize) -> Sql<Option<UnixTime>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(UnixTime::from_secs))
}

/// A column that holds a server's name.
fn name(row: &Row<'_>, column: usize) -> Sql<ServerName> {
    ServerName::parse(&row.get::<_, String>(column)?).map_err(|error| broken(column, error))
}

/// A column that holds JSON of ours.
fn from_json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Sql<T> {
    serde_json::from_str(&row.get::<_, String>(column)?).map_err(|error| broken(column, error))
}

fn to_json(value: &impl serde::Serialize) -> Sql<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// A value in the file that this program did not write.
fn broken(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn the_migrations_are_sound_and_counted() {
        MIGRATIONS.validate().expect("they apply");
        let mut db = Connection::open_in_memory().expect("opens");
        MIGRATIONS.to_latest(&mut db).expect("they apply");
        let version: i32 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("reads");
        assert_eq!(version, VERSION);
        assert_eq!(MIGRATIONS.pending_migrations(&Connection::open_in_memory().expect("memory")).expect("counted"), VERSION);
    }

    #[tokio::test]
    async fn a_file_of_the_first_version_is_brought_up_to_date_and_kept_beside() {
        let folder = folder();
        let path = folder.path().join("d.db");
        let old = Connection::open(&path).expect("opens");
        old.execute_batch(include_str!("migrations/0001_clients_grants_tokens.sql")).expect("made");
        old.execute_batch(
            "INSERT INTO servers VALUES ('files', 'http://127.0.0.1:1/', 1);
             INSERT INTO apps VALUES ('a', 'k', 'App', NULL, 1);
             INSERT INTO clients VALUES ('used', 'a', 5, '{}', '{}'), ('idle', 'a', 6, '{}', '{}');
             INSERT INTO grants VALUES ('g', 'a', 'used', 'files', 'files', NULL, 7, 8, 9);
             PRAGMA user_version = 1;",
        )
        .expect("filled");
        drop(old);
        let store = Store::open(&path).expect("opens");
        let idle_since = async |id: &'static str| -> Option<i64> {
            store.read(move |db| db.query_row("SELECT idle_since FROM clients WHERE id = ?1", [id], |row| row.get(0))).await.expect("reads")
        };
        assert_eq!((idle_since("used").await, idle_since("idle").await), (None, Some(6)));
        store.run(|tx| tx.execute("DELETE FROM grants", [])).await.expect("ended");
        assert_eq!(idle_since("used").await, Some(8), "idle from its last use on");
        store.run(|tx| tx.execute("DELETE FROM clients", [])).await.expect("gone");
        let apps: i64 = store.read(|db| db.query_row("SELECT count(*) FROM apps", [], |row| row.get(0))).await.expect("reads");
        assert_eq!(apps, 0, "an App without anything goes");
        let copy = Connection::open(path.with_extension(format!("before-v{VERSION}.db"))).expect("opens");
        let version: i32 = copy.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("reads");
        assert_eq!(version, 1);
    }

    #[test]
    fn sec_f6_an_upgrade_that_was_cut_short_is_begun_anew() {
        let folder = folder();
        let path = folder.path().join("d.db");
        let old = Connection::open(&path).expect("opens");
        old.execute_batch(include_str!("migrations/0001_clients_grants_tokens.sql")).expect("made");
        old.execute_batch("INSERT INTO servers VALUES ('files', 'http://127.0.0.1:1/', 1); PRAGMA user_version = 1;").expect("filled");
        drop(old);
        let copy = path.with_extension(format!("before-v{VERSION}.db"));
        for left_behind in [copy.clone(), copy.with_extension("db.new")] {
            std::fs::write(left_behind, "half a copy").expect("written");
        }
        Store::open(&path).expect("opens").close();
        let version: i32 = Connection::open(&path).and_then(|db| db.query_row("PRAGMA user_version", [], |row| row.get(0))).expect("reads");
        assert_eq!(version, VERSION);
        let kept = Connection::open(&copy).expect("opens");
        let servers: i64 = kept.query_row("SELECT count(*) FROM servers", [], |row| row.get(0)).expect("a whole copy");
        assert_eq!((servers, copy.with_extension("db.new").exists()), (1, false));
    }

    #[tokio::test]
    async fn a_verb_that_fails_takes_nothing_else_with_it() {
        let folder = folder();
        let store = Store::open(&folder.path().join("d.db")).expect("opens");
        let set = |name: &'static str, fail: bool| {
            store.run(move |tx| {
                tx.execute("INSERT INTO settings VALUES (?1, 'x')", [name])?;
                if fail { Err(rusqlite::Error::InvalidQuery) } else { Ok(()) }
            })
        };
        let (a, b, c) = tokio::join!(set("a", false), set("b", true), set("c", false));
        assert!(a.is_ok() && b.is_err() && c.is_ok());
        let names: Vec<String> = store
            .read(|db| db.prepare("SELECT name FROM settings ORDER BY name")?.query_map([], |row| row.get(0))?.collect())
            .await
            .expect("reads");
        assert_eq!(names, ["a", "c"]);
    }

    #[tokio::test]
    async fn a_verb_without_a_transaction_says_why() {
        let folder = folder();
        let path = folder.path().join("d.db");
        let store = Store::open(&path).expect("opens");
        store.run(|tx| tx.query_row("PRAGMA busy_timeout = 0", [], |_| Ok(()))).await.expect("set");
        let mut other = Connection::open(&path).expect("opens");
        let lock = other.transaction_with_behavior(TransactionBehavior::Immediate).expect("locked");
        let refused = store.run(|tx| tx.execute("INSERT INTO settings VALUES ('k', 'v')", [])).await.expect_err("locked");
        assert_eq!(refused.to_string(), "Doorward's data could not be used: another program is using the file.");
        drop(lock);
        store.run(|tx| tx.execute("INSERT INTO settings VALUES ('k', 'v')", [])).await.expect("free again");
    }

    #[tokio::test]
    async fn what_was_acknowledged_is_there_after_reopening() {
        let folder = folder();
        let path = folder.path().join("d.db");
        let store = Store::open(&path).expect("opens");
        store.run(|tx| tx.execute("INSERT INTO settings VALUES ('k', 'v')", [])).await.expect("written");
        store.close();
        assert!(matches!(store.run(|_| Ok(())).await, Err(StoreError::Closed)));
        let again = Store::open(&path).expect("opens again");
        let value: String = again.read(|db| db.query_row("SELECT value FROM settings", [], |row| row.get(0))).await.expect("reads");
        assert_eq!(value, "v");
    }

    #[test]
    fn sec_f6_a_newer_file_is_refused_with_a_sentence_and_left_alone() {
        let folder = folder();
        let path = folder.path().join("d.db");
        Connection::open(&path).expect("opens").execute_batch("PRAGMA user_version = 99").expect("set");
        let before = std::fs::read(&path).expect("reads");
        let refused = Store::open(&path).err().expect("refused");
        assert!(matches!(refused, StoreError::Newer { found: 99, .. }), "{refused}");
        assert_eq!(std::fs::read(&path).expect("reads"), before);
    }

    #[test]
    fn a_file_that_is_no_database_is_left_alone() {
        let folder = folder();
        let path = folder.path().join("d.db");
        std::fs::write(&path, "this is not a database, but somebody's notes ".repeat(50)).expect("written");
        let before = std::fs::read(&path).expect("reads");
        assert!(matches!(Store::open(&path).err().expect("refused"), StoreError::Damaged { .. }));
        assert_eq!(std::fs::read(&path).expect("reads"), before);
    }

    #[tokio::test]
    async fn a_full_disk_is_said_and_nothing_acknowledged_is_lost() {
        let folder = folder();
        let store = Store::open(&folder.path().join("d.db")).expect("opens");
        store.run(|tx| tx.execute("INSERT INTO settings VALUES ('kept', 'v')", [])).await.expect("written");
        store.run(|tx| tx.query_row("PRAGMA max_page_count = 40", [], |_| Ok(()))).await.expect("limited");
        let mut refused = None;
        for n in 0..200 {
            let filler = "x".repeat(2_000);
            if let Err(error) = store.run(move |tx| tx.execute("INSERT INTO settings VALUES (?1, ?2)", (format!("n{n}"), filler))).await {
                refused = Some(error);
                break;
            }
        }
        assert!(matches!(refused, Some(StoreError::Full)), "{refused:?}");
        let kept: i64 =
            store.read(|db| db.query_row("SELECT count(*) FROM settings WHERE name = 'kept'", [], |row| row.get(0))).await.expect("reads");
        assert_eq!(kept, 1);
    }
}
