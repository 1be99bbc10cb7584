//! Writes a plan, and keeps what is needed to undo it.

use std::path::{Path, PathBuf};

use doorward_words::{Said, Says};

use crate::{
    client::Client,
    document::{Document, Source},
    file::Checksum,
    moved::MovedFile,
    node::Node,
    plan::FileChange,
    record::{NewRecord, Number, Record, RecordedEntry, Shelf},
    replace::Staged,
    seal::Seal,
};

pub use crate::{record::BackupError, replace::WriteError};

/// The folder in which imports are remembered, private to the user (0700, files 0600).
///
/// One program at a time uses it; another one is told so. It is made when it is first needed.
#[derive(Debug)]
pub struct Backups {
    folder: PathBuf,
    seal: Seal,
}

/// Why nothing was written at all.
#[derive(Debug, thiserror::Error)]
pub enum NothingWritten {
    /// What is needed to undo it cannot be kept.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] WriteError),
}

impl Says for NothingWritten {
    fn said(&self) -> Said {
        match self {
            Self::Backup(error) => error.said(),
            Self::File(error) => error.said(),
        }
    }
}

/// What was written. Each file is the old one or the new one, never a part of either.
#[derive(Debug)]
pub struct Written {
    /// These files are new.
    pub files: Vec<PathBuf>,
    /// What ended it before all were.
    pub stopped: Option<Stopped>,
}

impl Written {
    /// The last step for one file, unless an earlier one ended it. `false` when the file is as it was.
    fn commit(&mut self, path: &Path, staged: Staged, before: &mut impl FnMut(&Path)) -> bool {
        if let Some(stopped) = &mut self.stopped {
            stopped.unwritten.push(path.to_owned());
            return false;
        }
        before(path);
        match staged.commit() {
            Ok(()) => {
                self.files.push(path.to_owned());
                true
            }
            Err(why) => {
                self.stopped = Some(Stopped { why, unwritten: vec![path.to_owned()] });
                false
            }
        }
    }
}

/// Writing ended early.
#[derive(Debug)]
pub struct Stopped {
    /// Why.
    pub why: WriteError,
    /// These files are as they were.
    pub unwritten: Vec<PathBuf>,
}

/// An import of a file that can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Whose file it is.
    pub client: Client,
    /// The file.
    pub path: PathBuf,
    /// When it was written, in seconds since 1970.
    pub when: u64,
    /// Files with the same number were written together. A higher number is a later import.
    pub run: u64,
    /// The servers behind Doorward that its entries lead to.
    pub servers: Vec<String>,
}

impl From<&Record> for Import {
    fn from(record: &Record) -> Self {
        let servers = record.entries.iter().map(|entry| entry.server.clone()).collect();
        Self { client: record.client, path: record.path.clone(), when: record.when, run: record.number.run, servers }
    }
}

impl Backups {
    /// Backups in a folder of the caller's.
    pub const fn new(folder: PathBuf, seal: Seal) -> Self {
        Self { folder, seal }
    }

    /// What can be undone, the newest first.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn imports(&self) -> Result<Vec<Import>, BackupError> {
        Ok(self.shelf()?.records()?.iter().map(Import::from).collect())
    }

    /// Forgets all that is kept of a client's files, which stay as they are. Returns how many imports of a file that were.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn forget(&self, client: Client) -> Result<usize, BackupError> {
        let shelf = self.shelf()?;
        let records: Vec<Record> = shelf.records()?.into_iter().filter(|record| record.client == client).collect();
        records.iter().try_for_each(|record| shelf.forget(record.number))?;
        Ok(records.len())
    }

    /// Writes the files of a plan, at `when` (seconds since 1970).
    ///
    /// Everything that can fail is done beforehand for all of them: then nothing is written. Only if the last step fails for one
    /// (it is a rename), those before it are written and the others are not, which [`Written`] says.
    ///
    /// # Errors
    /// [`NothingWritten`]: all files are as they were.
    pub fn write(&self, files: &[FileChange], when: u64) -> Result<Written, NothingWritten> {
        self.write_with(files, when, |_| {})
    }

    /// `before_each` is called before each rename: tests make things go wrong there.
    pub(crate) fn write_with(
        &self,
        files: &[FileChange],
        when: u64,
        mut before_each: impl FnMut(&Path),
    ) -> Result<Written, NothingWritten> {
        let shelf = self.shelf()?;
        shelf.sweep()?;
        let run = shelf.records()?.iter().map(|record| record.number.run).max().unwrap_or_default() + 1;
        let mut prepared: Vec<(Number, &FileChange, Staged)> = Vec::new();
        for (change, file) in files.iter().zip(1..) {
            let number = Number { run, file };
            match prepare(&shelf, number, change, when) {
                Ok(staged) => prepared.push((number, change, staged)),
                Err(why) => {
                    // Records of what did not happen would do no harm, since undo compares; but they would be listed.
                    prepared.iter().map(|(number, ..)| *number).chain([number]).for_each(|number| _ = shelf.forget(number));
                    return Err(why);
                }
            }
        }
        let mut written = Written { files: Vec::new(), stopped: None };
        for (number, change, staged) in prepared {
            if !written.commit(&change.path, staged, &mut before_each) {
                let _ = shelf.forget(number);
            }
        }
        Ok(written)
    }

    /// Has the addresses in these files lead to the other port, all or nothing as in [`Backups::write`]. No copy is kept: to move
    /// back is the way back. What an import changed can be undone as before.
    ///
    /// # Errors
    /// [`NothingWritten`]: all files are as they were.
    pub fn move_to(&self, files: &[MovedFile]) -> Result<Written, NothingWritten> {
        // Nobody else writes meanwhile.
        let _shelf = self.shelf()?;
        let staged: Vec<Staged> =
            files.iter().map(|file| Staged::beside(&file.before, &file.before.bytes_with(&file.after.0))).collect::<Result<_, _>>()?;
        let mut written = Written { files: Vec::new(), stopped: None };
        for (file, staged) in files.iter().zip(staged) {
            written.commit(&file.path, staged, &mut |_| {});
        }
        Ok(written)
    }

    pub(crate) fn shelf(&self) -> Result<Shelf<'_>, BackupError> {
        Shelf::open(&self.folder, &self.seal)
    }
}

/// All of the work for a file but the last step.
fn prepare(shelf: &Shelf<'_>, number: Number, change: &FileChange, when: u64) -> Result<Staged, NothingWritten> {
    let (before, after) = (change.before.bytes_with(change.before.text()), change.before.bytes_with(&change.after.0));
    let staged = Staged::beside(&change.before, &after)?;
    let source = Source::new(change.format, &change.after.0);
    let document = source.parse().ok();
    let entries = change.entries.iter().map(|entry| {
        let keys: Vec<String> = entry.keys.iter().chain([&entry.name]).cloned().collect();
        let written = document.as_ref().and_then(|document| entry_checksum(document, &keys)).map(Checksum::to_hex).unwrap_or_default();
        RecordedEntry { written, server: entry.server.to_string(), keys }
    });
    let record = NewRecord {
        client: change.client,
        path: &change.path,
        target: &change.before.target,
        when,
        before: change.before.checksum,
        after: Checksum::of(&after),
        port: change.port,
        entries: entries.collect(),
    };
    shelf.keep(number, record, &before)?;
    Ok(staged)
}

/// What an entry says, as one number.
pub(crate) fn entry_checksum(document: &Document<'_>, keys: &[String]) -> Option<Checksum> {
    node_at(document, keys).map(|entry| entry.checksum())
}

pub(crate) fn node_at(document: &Document<'_>, keys: &[String]) -> Option<Node> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    document.at(&keys).ok()?
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::*;
    use crate::{
        door::Door,
        places::{Home, System},
        plan::{Plan, plan},
        read::survey,
        undo::How,
    };

    const BEFORE: &str = r#"{"mcpServers": {"a": {"command": "x", "env": {"API_KEY": "hunter2"}}}}"#;
    const CURSOR: &str = ".cursor/mcp.json";
    const ZED: &str = ".config/zed/settings.json";

    /// A home with two files, of Cursor and of Zed.
    fn home(root: &Path) {
        for (path, text) in [(CURSOR, BEFORE.to_owned()), (ZED, BEFORE.replace("mcpServers", "context_servers"))] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
            fs::write(path, text).expect("writes");
        }
    }

    fn planned(root: &Path) -> Plan {
        let door = Door::at(8765);
        let configs: Vec<_> =
            survey(&Home::new(System::Linux, root), None, &door).into_iter().filter_map(|found| found.config.ok()).collect();
        plan(&configs, &door, &[], |_| true)
    }

    fn backups(root: &Path) -> Backups {
        Backups::new(root.join("backups"), Seal::Open)
    }

    fn is_new(root: &Path, path: &str) -> bool {
        let text = fs::read_to_string(root.join(path)).expect("reads");
        let (old, new) = (text.contains("\"API_KEY\": \"hunter2\""), text.contains("http://127.0.0.1:8765/mcp/a"));
        assert!(old != new, "neither the old one nor the new one: {text}");
        new
    }

    #[test]
    fn a_failure_between_two_files_leaves_each_the_old_one_or_the_new_one_and_says_which() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        home(root);
        let plan = planned(root);
        let written = backups(root).write_with(&plan.files, 1, |path| {
            if path.ends_with(ZED) {
                fs::write(path, "{\"theirs\": 1}").expect("writes");
            }
        });
        let written = written.expect("begins");
        assert_eq!(written.files, [root.join(CURSOR)]);
        let stopped = written.stopped.expect("stopped");
        assert!(matches!(stopped.why, WriteError::Changed(_)));
        assert_eq!(stopped.unwritten, [root.join(ZED)]);
        assert!(is_new(root, CURSOR));
        assert_eq!(fs::read_to_string(root.join(ZED)).expect("reads"), "{\"theirs\": 1}");
        let imports = backups(root).imports().expect("lists");
        assert_eq!(imports.iter().map(|import| import.client).collect::<Vec<_>>(), [Client::Cursor]);
        backups(root).undo(Client::Cursor, How::Whole).expect("undoes");
        assert!(!is_new(root, CURSOR));
    }

    /// The same program once more, which ends in the middle of it as a crash would.
    #[test]
    fn a_crash_between_two_files_leaves_each_the_old_one_or_the_new_one() {
        if let Some(root) = std::env::var_os("DOORWARD_CRASHES_IN").map(PathBuf::from) {
            let plan = planned(&root);
            let _ = backups(&root).write_with(&plan.files, 1, |path| {
                if path.ends_with(ZED) {
                    std::process::abort()
                }
            });
            unreachable!("the second file was written");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        home(root);
        let ended = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "backup::tests::a_crash_between_two_files_leaves_each_the_old_one_or_the_new_one"])
            .env("DOORWARD_CRASHES_IN", root)
            .output()
            .expect("runs");
        assert!(!ended.status.success());
        assert!(is_new(root, CURSOR) && !is_new(root, ZED));

        // Both are remembered, because nobody could say any more what was done. Undo looks.
        assert_eq!(backups(root).imports().expect("lists").len(), 2);
        for client in [Client::Cursor, Client::Zed] {
            backups(root).undo(client, How::Whole).expect("undoes");
        }
        assert!(!is_new(root, CURSOR) && !is_new(root, ZED));
        // What lay beside the second file goes with the next import.
        backups(root).write(&planned(root).files, 2).expect("writes");
        assert!(is_new(root, CURSOR) && is_new(root, ZED));
        let beside: Vec<_> = fs::read_dir(root.join(".config/zed")).expect("lists").flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(beside, ["settings.json"]);
    }
}
