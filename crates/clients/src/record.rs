//! What is kept of an import, so that it can be undone: a record of what was changed, and the file as it was.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    file::{Checksum, LARGEST, read_bounded},
    replace::{create_private, make_private_folder, sync_folder},
    seal::Seal,
};

/// The version of records that this program writes, and the only one it reads.
const VERSION: u8 = 1;

/// Backups cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum BackupError {
    /// The system does not let them.
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Another program writes or undoes an import at this moment.
    Busy,
    /// A record is not what was written.
    Damaged(PathBuf),
    /// It was closed with another key.
    Sealed(PathBuf),
    /// The system gives no random bits.
    NoChance,
}

impl Says for BackupError {
    fn said(&self) -> Said {
        let of = |id, path: &Path| Said::plain(id).with("path", path.display().to_string());
        match self {
            Self::Folder { path, cause } => of("backup-folder", path).with("cause", cause.to_string()),
            Self::Busy => Said::plain("backup-busy"),
            Self::Damaged(path) => of("backup-damaged", path),
            Self::Sealed(path) => of("backup-sealed", path),
            Self::NoChance => Said::plain("backup-no-chance"),
        }
    }
}

/// One file that an import changed. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u8,
    pub(crate) client: Client,
    /// Where the file is configured to be.
    pub(crate) path: PathBuf,
    /// Where it was, if that was a link.
    pub(crate) target: PathBuf,
    /// When it was written, in seconds since 1970.
    pub(crate) when: u64,
    before: String,
    after: String,
    /// Whether the backup is closed with a key.
    sealed: bool,
    /// The port at which Doorward was; `None` in records of before this was written down.
    #[serde(default)]
    pub(crate) port: Option<u16>,
    pub(crate) entries: Vec<RecordedEntry>,
    #[serde(skip)]
    pub(crate) number: Number,
}

/// One entry that an import changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedEntry {
    /// The keys that lead to it in the file.
    pub(crate) keys: Vec<String>,
    /// The server behind Doorward that it leads to.
    pub(crate) server: String,
    /// Checksum of what was written.
    pub(crate) written: String,
}

/// Which import, and which of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Number {
    pub(crate) run: u64,
    pub(crate) file: u64,
}

impl Number {
    fn of(name: &str) -> Option<Self> {
        let (run, file) = name.strip_suffix(".json")?.split_once('-')?;
        Some(Self { run: run.parse().ok()?, file: file.parse().ok()? })
    }

    fn name(self, kind: &str) -> String {
        format!("{:06}-{}.{kind}", self.run, self.file)
    }
}

/// What a new record says.
pub(crate) struct NewRecord<'a> {
    pub(crate) client: Client,
    pub(crate) path: &'a Path,
    pub(crate) target: &'a Path,
    pub(crate) when: u64,
    pub(crate) before: Checksum,
    pub(crate) after: Checksum,
    pub(crate) port: u16,
    pub(crate) entries: Vec<RecordedEntry>,
}

/// The folder of the records, for one program at a time.
#[derive(Debug)]
pub(crate) struct Shelf<'a> {
    folder: &'a Path,
    seal: &'a Seal,
    /// Held as long as this is.
    _lock: File,
}

impl<'a> Shelf<'a> {
    /// Opens the folder, and makes it if need be.
    pub(crate) fn open(folder: &'a Path, seal: &'a Seal) -> Result<Self, BackupError> {
        let failed = |cause| BackupError::Folder { path: folder.to_owned(), cause };
        make_private_folder(folder).map_err(failed)?;
        let path = folder.join("lock");
        let lock = match create_private(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => File::options().write(true).open(&path),
            made => made,
        };
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, seal, _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(BackupError::Busy),
            Err(fs::TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    fn failed(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
        let path = path.to_owned();
        move |cause| BackupError::Folder { path, cause }
    }

    /// All records, the newest first.
    pub(crate) fn records(&self) -> Result<Vec<Record>, BackupError> {
        let mut records = Vec::new();
        for entry in fs::read_dir(self.folder).map_err(Self::failed(self.folder))? {
            let entry = entry.map_err(Self::failed(self.folder))?;
            if let Some(number) = entry.file_name().to_str().and_then(Number::of) {
                records.push(Self::record(&entry.path(), number)?);
            }
        }
        records.sort_by_key(|record| std::cmp::Reverse(record.number));
        Ok(records)
    }

    fn record(path: &Path, number: Number) -> Result<Record, BackupError> {
        let damaged = || BackupError::Damaged(path.to_owned());
        let bytes = read_bounded(path).map_err(Self::failed(path))?.ok_or_else(damaged)?;
        let record: Record = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        if record.version == VERSION { Ok(Record { number, ..record }) } else { Err(damaged()) }
    }

    /// Takes away what a crash left: a backup without a record, and what was not finished.
    pub(crate) fn sweep(&self) -> Result<(), BackupError> {
        for entry in fs::read_dir(self.folder).map_err(Self::failed(self.folder))? {
            let path = entry.map_err(Self::failed(self.folder))?.path();
            let unfinished = path.extension().is_some_and(|kind| kind == "new");
            let orphaned = path.extension().is_some_and(|kind| kind == "before") && !path.with_extension("json").exists();
            if unfinished || orphaned {
                fs::remove_file(&path).map_err(Self::failed(&path))?;
            }
        }
        Ok(())
    }

    /// Keeps a file as it was, and then the record of it: what has a record can be undone.
    pub(crate) fn keep(&self, number: Number, new: NewRecord<'_>, bytes: &[u8]) -> Result<(), BackupError> {
        let before = new.before.to_hex();
        let kept = self.seal.close(bytes, &before).ok_or(BackupError::NoChance)?;
        let record = Record {
            version: VERSION,
            client: new.client,
            path: new.path.to_owned(),
            target: new.target.to_owned(),
            when: new.when,
            before,
            after: new.after.to_hex(),
            sealed: self.seal.closes(),
            port: Some(new.port),
            entries: new.entries,
            number,
        };
        let json = serde_json::to_vec_pretty(&record).map_err(|_| BackupError::Folder {
            path: new.path.to_owned(),
            cause: io::Error::new(io::ErrorKind::InvalidInput, "its path is no text"),
        })?;
        self.write(&self.folder.join(number.name("before")), &kept)?;
        self.write(&self.folder.join(number.name("json")), &json)?;
        sync_folder(self.folder).map_err(Self::failed(self.folder))
    }

    /// A record is there whole or not at all.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
        let new = path.with_extension("new");
        let write = || -> io::Result<()> {
            match fs::remove_file(&new) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = create_private(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&new, path)
        };
        write().map_err(Self::failed(path))
    }

    /// The bytes of the file before the import.
    pub(crate) fn before(&self, record: &Record) -> Result<Vec<u8>, BackupError> {
        let path = self.folder.join(record.number.name("before"));
        let damaged = || BackupError::Damaged(path.clone());
        let bytes = fs::read(&path).map_err(Self::failed(&path))?;
        if bytes.len() as u64 > LARGEST + 1024 {
            return Err(damaged());
        }
        let bytes = self.seal.open(bytes, &record.before, record.sealed).ok_or_else(|| BackupError::Sealed(path.clone()))?;
        if Some(Checksum::of(&bytes)) == record.before_checksum() { Ok(bytes) } else { Err(damaged()) }
    }

    /// Forgets a file of an import; the record goes first, so that none is left without its backup.
    pub(crate) fn forget(&self, number: Number) -> Result<(), BackupError> {
        for kind in ["json", "before"] {
            let path = self.folder.join(number.name(kind));
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Self::failed(&path)(error)),
                _ => {}
            }
        }
        sync_folder(self.folder).map_err(Self::failed(self.folder))
    }
}

impl Record {
    pub(crate) fn before_checksum(&self) -> Option<Checksum> {
        Checksum::from_hex(&self.before)
    }

    pub(crate) fn after_checksum(&self) -> Option<Checksum> {
        Checksum::from_hex(&self.after)
    }
}
