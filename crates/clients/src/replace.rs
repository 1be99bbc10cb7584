//! Puts new bytes in the place of a file, all or nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use doorward_words::{Said, Says};

use crate::file::{Checksum, ReadError, Snapshot};

/// A file could not be written. It is as it was.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum WriteError {
    /// It is no longer as it was when it was read.
    Changed(PathBuf),
    /// It may not be changed.
    Protected(PathBuf),
    /// It has more than one name in the file system.
    SeveralNames(PathBuf),
    /// It can no longer be read.
    Unreadable(#[from] ReadError),
    /// The system does not let it be written.
    Failed {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl Says for WriteError {
    fn said(&self) -> Said {
        let of = |id, path: &Path| Said::plain(id).with("path", path.display().to_string());
        match self {
            Self::Changed(path) => of("write-changed", path),
            Self::Protected(path) => of("write-protected", path),
            Self::SeveralNames(path) => of("write-several-names", path),
            Self::Unreadable(error) => error.said(),
            Self::Failed { path, cause } => of("write-failed", path).with("cause", cause.to_string()),
        }
    }
}

impl WriteError {
    pub(crate) fn failed(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Failed { path, cause }
    }
}

/// New bytes for a file, on the disk beside it. They are gone when this is dropped without [`Staged::commit`].
#[derive(Debug)]
pub(crate) struct Staged {
    path: PathBuf,
    target: PathBuf,
    new: PathBuf,
    expected: Checksum,
}

impl Staged {
    /// Writes `bytes` beside the file, which must still be as it was read. Only one program at a time may do this to a file.
    pub(crate) fn beside(read: &Snapshot, bytes: &[u8]) -> Result<Self, WriteError> {
        let Snapshot { path, target, checksum, .. } = read;
        still_as_read(path, target, *checksum)?;
        let failed = || WriteError::failed(path);
        let old = fs::metadata(target).map_err(failed())?;
        if old.permissions().readonly() {
            return Err(WriteError::Protected(path.clone()));
        }
        if has_several_names(&old) {
            return Err(WriteError::SeveralNames(path.clone()));
        }
        let mut name = std::ffi::OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(".doorward-new");
        let staged = Self { path: path.clone(), target: target.clone(), new: target.with_file_name(name), expected: *checksum };
        // Left over by a crash.
        match fs::remove_file(&staged.new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed()(error)),
            _ => {}
        }
        let mut file = create_private(&staged.new).map_err(failed())?;
        file.write_all(bytes).map_err(failed())?;
        keep_owner(&file, &old).map_err(failed())?;
        file.set_permissions(old.permissions()).map_err(failed())?;
        file.sync_all().map_err(failed())?;
        Ok(staged)
    }

    /// Renames the new bytes over the file, if that is still as it was read.
    pub(crate) fn commit(self) -> Result<(), WriteError> {
        still_as_read(&self.path, &self.target, self.expected)?;
        fs::rename(&self.new, &self.target).map_err(WriteError::failed(&self.path))?;
        // The file is the new one by now; a folder that cannot be synced is no reason to say otherwise.
        let _ = self.target.parent().map(sync_folder);
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Not there after a rename.
        let _ = fs::remove_file(&self.new);
    }
}

fn still_as_read(path: &Path, target: &Path, checksum: Checksum) -> Result<(), WriteError> {
    let now = Snapshot::read(path)?;
    let same = now.is_some_and(|now| now.target == target && now.checksum == checksum);
    if same { Ok(()) } else { Err(WriteError::Changed(path.to_owned())) }
}

/// A new file that only this user can read.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder that only this user can look into.
pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
    }
    #[cfg(not(unix))]
    fs::create_dir_all(path)
}

/// After this a rename in the folder survives a crash of the computer.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

#[cfg(unix)]
fn has_several_names(file: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(file) > 1
}

#[cfg(not(unix))]
const fn has_several_names(_: &fs::Metadata) -> bool {
    false
}

/// The new file belongs to whom the old one does. A group that cannot be given is not worth failing for.
#[cfg(unix)]
fn keep_owner(file: &File, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    if new.uid() != old.uid() {
        fchown(file, Some(old.uid()), Some(old.gid()))?;
    } else if new.gid() != old.gid() {
        let _ = fchown(file, None, Some(old.gid()));
    }
    Ok(())
}

#[cfg(not(unix))]
const fn keep_owner(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mcp.json");
        fs::write(&path, text).expect("writes");
        (folder, path)
    }

    fn read(path: &Path) -> Snapshot {
        Snapshot::read(path).expect("reads").expect("is there")
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).expect("lists").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn new_bytes_are_there_after_the_commit_and_not_before() {
        let (folder, path) = file("old");
        let staged = Staged::beside(&read(&path), b"new").expect("stages");
        assert_eq!(fs::read(&path).expect("reads"), b"old");
        staged.commit().expect("commits");
        assert_eq!(fs::read(&path).expect("reads"), b"new");
        assert_eq!(names(folder.path()), ["mcp.json"]);
    }

    #[test]
    fn what_is_not_committed_leaves_nothing_behind() {
        let (folder, path) = file("old");
        drop(Staged::beside(&read(&path), b"new").expect("stages"));
        fs::write(folder.path().join(".mcp.json.doorward-new"), "left over by a crash").expect("writes");
        drop(Staged::beside(&read(&path), b"new").expect("stages"));
        assert_eq!(names(folder.path()), ["mcp.json"]);
        assert_eq!(fs::read(&path).expect("reads"), b"old");
    }

    #[test]
    fn a_file_that_changed_in_the_meantime_is_left_alone() {
        let (folder, path) = file("old");
        let before = read(&path);
        let staged = Staged::beside(&before, b"new").expect("stages");
        fs::write(&path, "theirs").expect("writes");
        assert!(matches!(staged.commit(), Err(WriteError::Changed(_))));
        assert!(matches!(Staged::beside(&before, b"new"), Err(WriteError::Changed(_))));
        assert_eq!(fs::read(&path).expect("reads"), b"theirs");
        fs::remove_file(&path).expect("removes");
        assert!(matches!(Staged::beside(&before, b"new"), Err(WriteError::Changed(_))), "no file is made");
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[cfg(unix)]
    #[test]
    fn mode_and_link_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (folder, path) = file("old");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("sets");
        let link = folder.path().join("link.json");
        symlink("mcp.json", &link).expect("links");
        Staged::beside(&read(&link), b"new").expect("stages").commit().expect("commits");
        assert!(fs::symlink_metadata(&link).expect("is there").is_symlink());
        assert_eq!(fs::read(&path).expect("reads"), b"new");
        assert_eq!(fs::metadata(&path).expect("is there").permissions().mode() & 0o777, 0o640);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_elsewhere_by_now_is_a_change() {
        use std::os::unix::fs::symlink;
        let (folder, path) = file("old");
        let (other, link) = (folder.path().join("other.json"), folder.path().join("link.json"));
        fs::write(&other, "old").expect("writes");
        symlink("mcp.json", &link).expect("links");
        let staged = Staged::beside(&read(&link), b"new").expect("stages");
        fs::remove_file(&link).expect("removes");
        symlink("other.json", &link).expect("links");
        assert!(matches!(staged.commit(), Err(WriteError::Changed(_))));
        assert_eq!((fs::read(&path).expect("reads"), fs::read(&other).expect("reads")), (b"old".to_vec(), b"old".to_vec()));
    }

    #[cfg(unix)]
    #[test]
    fn protected_files_and_files_with_several_names_are_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, path) = file("old");
        fs::hard_link(&path, folder.path().join("second.json")).expect("links");
        assert!(matches!(Staged::beside(&read(&path), b"new"), Err(WriteError::SeveralNames(_))));
        fs::remove_file(folder.path().join("second.json")).expect("removes");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("sets");
        assert!(matches!(Staged::beside(&read(&path), b"new"), Err(WriteError::Protected(_))));
        assert_eq!(names(folder.path()), ["mcp.json"]);
    }
}
