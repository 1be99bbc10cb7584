//! Puts files back as they were before an import.

use std::path::{Path, PathBuf};

use doorward_words::{Said, Says};

use crate::{
    backup::{Backups, Import, Stopped, WriteError, entry_checksum, node_at},
    client::Client,
    document::{Document, Format, Patch, Source, patched},
    file::{Checksum, ReadError, Snapshot},
    moved::Moved,
    record::{BackupError, Record, Shelf},
    replace::Staged,
};

/// What is put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The file, byte for byte. Only if it is as import left it.
    Whole,
    /// Only the entries that import changed and nobody else did since; the rest of the file stays as it is now. For clients that
    /// write into their configuration all the time, as Claude Code does.
    Entries,
}

/// Why nothing was put back.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum NothingUndone {
    /// There is no import of this client's that was not undone.
    NoImport(Client),
    /// The file is not as import left it.
    Changed(PathBuf),
    /// The file is gone.
    Gone(PathBuf),
    /// None of the entries is as import left it.
    NoEntry(PathBuf),
    /// The file cannot be read.
    Unreadable(#[from] ReadError),
    /// It cannot be written.
    Unwritable(#[from] WriteError),
    /// What is needed cannot be read.
    Backup(#[from] BackupError),
}

impl Says for NothingUndone {
    fn said(&self) -> Said {
        let of = |id, path: &Path| Said::plain(id).with("path", path.display().to_string());
        match self {
            Self::NoImport(client) => Said::plain("undo-no-import").with("client", client.title()),
            Self::Changed(path) => of("undo-changed", path),
            Self::Gone(path) => of("undo-gone", path),
            Self::NoEntry(path) => of("undo-no-entry", path),
            Self::Unreadable(error) => error.said(),
            Self::Unwritable(error) => error.said(),
            Self::Backup(error) => error.said(),
        }
    }
}

/// What was put back.
#[derive(Debug)]
pub struct Undone {
    /// These imports of a file are undone.
    pub imports: Vec<Import>,
    /// Entries that stay as they are, because somebody else changed them: by file and name.
    pub kept: Vec<(PathBuf, String)>,
    /// What ended it before all files were.
    pub stopped: Option<Stopped>,
    /// How many imports of this client's can still be undone.
    pub remaining: usize,
}

/// What becomes of one file.
struct Restoring {
    record: Record,
    /// `None` when the file is already as it was.
    staged: Option<Staged>,
    kept: Vec<String>,
}

impl Backups {
    /// Undoes the last import of a client's files that was not undone. One before it is undone by calling this again.
    ///
    /// # Errors
    /// [`NothingUndone`]: all files are as they were.
    pub fn undo(&self, client: Client, how: How) -> Result<Undone, NothingUndone> {
        let shelf = self.shelf()?;
        let records: Vec<Record> = shelf.records()?.into_iter().filter(|record| record.client == client).collect();
        let last = records.first().map(|record| record.number.run).ok_or(NothingUndone::NoImport(client))?;
        let (last, earlier): (Vec<Record>, Vec<Record>) = records.into_iter().partition(|record| record.number.run == last);
        let restoring = last.into_iter().map(|record| restore(&shelf, record, how)).collect::<Result<Vec<_>, _>>()?;

        let mut undone = Undone { imports: Vec::new(), kept: Vec::new(), stopped: None, remaining: earlier.len() };
        for Restoring { record, staged, kept } in restoring {
            if let Some(stopped) = &mut undone.stopped {
                stopped.unwritten.push(record.path.clone());
                undone.remaining += 1;
                continue;
            }
            if let Err(why) = staged.map_or(Ok(()), Staged::commit) {
                undone.stopped = Some(Stopped { why, unwritten: vec![record.path.clone()] });
                undone.remaining += 1;
                continue;
            }
            // Should this fail, the next undo finds the file as it was and forgets it then.
            let _ = shelf.forget(record.number);
            undone.kept.extend(kept.into_iter().map(|name| (record.path.clone(), name)));
            undone.imports.push(Import::from(&record));
        }
        Ok(undone)
    }
}

fn restore(shelf: &Shelf<'_>, record: Record, how: How) -> Result<Restoring, NothingUndone> {
    let now = Snapshot::read(&record.path)?.ok_or_else(|| NothingUndone::Gone(record.path.clone()))?;
    let same_place = now.target == record.target;
    if same_place && record.before_checksum() == Some(now.checksum) {
        return Ok(Restoring { record, staged: None, kept: Vec::new() });
    }
    let mut before = shelf.before(&record)?;
    let mut left = now.checksum;
    // Doorward may have moved to another port since: that changed the file, and what was there before is put back as it would be
    // by now.
    let moved = Moved::since(&record, &now);
    if let Some(moved) = &moved {
        left = Checksum::of(&now.bytes_with(&moved.back(record.client, now.text())));
        before = moved.forth(record.client, before);
    }
    if same_place && record.after_checksum() == Some(left) {
        let staged = Some(Staged::beside(&now, &before)?);
        return Ok(Restoring { record, staged, kept: Vec::new() });
    }
    match how {
        How::Whole => Err(NothingUndone::Changed(record.path)),
        How::Entries => {
            let (text, kept) =
                with_entries_of(&record, &now, &before, moved.as_ref()).ok_or_else(|| NothingUndone::NoEntry(record.path.clone()))?;
            let staged = Some(Staged::beside(&now, &now.bytes_with(&text))?);
            Ok(Restoring { record, staged, kept })
        }
    }
}

/// The text as it is now, with the entries of before in it, and the names of those that were left. `None` when that is all.
fn with_entries_of(record: &Record, now: &Snapshot, before: &[u8], moved: Option<&Moved>) -> Option<(String, Vec<String>)> {
    let format = record.client.format();
    let before = std::str::from_utf8(before).ok()?;
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    let (was, is) = (Source::new(format, before), now.source(format));
    let (was, is) = (was.parse().ok()?, is.parse().ok()?);
    let mut patches = Vec::new();
    let (mut restored, mut kept) = (Vec::new(), Vec::new());
    for entry in &record.entries {
        let left = node_at(&is, &entry.keys).map(|node| moved.map_or_else(|| node.checksum(), |moved| moved.node_back(&node).checksum()));
        let untouched = left.is_some_and(|checksum| checksum.to_hex() == entry.written);
        match entry_patches((before, &was), (now.text(), &is), &entry.keys).filter(|_| untouched) {
            Some(found) => {
                patches.extend(found);
                restored.push(&entry.keys);
            }
            None => kept.extend(entry.keys.last().cloned()),
        }
    }
    let text = patched(now.text(), patches)?;
    let sound = !restored.is_empty() && restored.into_iter().all(|keys| same(format, &text, &was, keys));
    sound.then_some((text, kept))
}

/// What puts an entry back: all of its text comes where its first part is now.
fn entry_patches(before: (&str, &Document<'_>), now: (&str, &Document<'_>), keys: &[String]) -> Option<Vec<Patch>> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let old = before.1.pieces(&keys)?.into_iter().map(|piece| before.0.get(piece)).collect::<Option<Vec<_>>>()?;
    let pieces = now.1.pieces(&keys)?;
    let mut with = old.concat();
    // The last line of a file may have had no end, and need not be the last one any more.
    let ended = pieces.last().and_then(|last| now.0.get(last.clone())).is_some_and(|last| last.ends_with('\n'));
    if ended && !with.ends_with('\n') {
        with.push('\n');
    }
    let mut pieces = pieces.into_iter();
    let first = Patch { range: pieces.next()?, with };
    Some(std::iter::once(first).chain(pieces.map(|range| Patch { range, with: String::new() })).collect())
}

/// Whether an entry says in a text what it said before.
fn same(format: Format, text: &str, was: &Document<'_>, keys: &[String]) -> bool {
    let source = Source::new(format, text);
    let now: Option<Checksum> = source.parse().ok().and_then(|document| entry_checksum(&document, keys));
    now.is_some() && now == entry_checksum(was, keys)
}
