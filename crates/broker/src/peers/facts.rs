//! What is found out about a process in the same way on every system.

use std::path::{Path, PathBuf};

use doorward_oauth::{
    arguments::visible_line,
    program::{Parent, Program, ProgramFile, Signature},
};

use super::script;

/// How many words of a command line are kept.
const WORDS: usize = 256;

/// What the system says about a process.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) pid: u32,
    /// The path of its executable.
    pub(super) executable: String,
    /// What it is called when its path has no name.
    pub(super) otherwise: String,
    pub(super) arguments: Vec<String>,
    /// Where it runs, if that can be told.
    pub(super) folder: Option<PathBuf>,
    pub(super) parents: Vec<Parent>,
    /// In Unix seconds.
    pub(super) started: u64,
    pub(super) signature: Signature,
    pub(super) file: ProgramFile,
}

impl Facts {
    /// The program as it is shown.
    pub(super) fn program(mut self) -> Program {
        let path = Path::new(&self.executable);
        let script = script::of(path, &self.arguments, self.folder.as_deref());
        self.arguments.truncate(WORDS);
        let file_name = path.file_name().map_or(self.otherwise, |name| name.to_string_lossy().into_owned());
        let (name, script) = script.map_or((file_name, None), |script| (script.name, Some(script.full)));
        Program {
            pid: self.pid,
            // A file may be called anything, and this is said in sentences.
            name: visible_line(&name),
            executable: self.executable,
            script,
            arguments: self.arguments,
            parents: self.parents,
            started: self.started,
            signature: self.signature,
            file: self.file,
        }
    }
}

/// What became of the file at a path since `started` (in Unix seconds), by the times that the file has. Who wants to deceive can set
/// those: this is for updates.
#[cfg(any(not(target_os = "linux"), test))]
pub(super) fn file_since(path: &Path, started: u64) -> ProgramFile {
    let Ok(file) = std::fs::metadata(path) else {
        return if path.try_exists().is_ok_and(|there| !there) { ProgramFile::ChangedOrGone } else { ProgramFile::AsStarted };
    };
    let seconds = |at: std::io::Result<std::time::SystemTime>| at.ok()?.duration_since(std::time::UNIX_EPOCH).ok().map(|at| at.as_secs());
    let changed = [seconds(file.modified()), seconds(file.created())].into_iter().flatten().any(|at| at > started);
    if changed { ProgramFile::ChangedOrGone } else { ProgramFile::AsStarted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_newer_than_the_process_or_gone_is_another_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("agent");
        std::fs::write(&path, "program").expect("writes");
        assert_eq!(file_since(&path, u64::MAX), ProgramFile::AsStarted);
        assert_eq!(file_since(&path, 1_000_000), ProgramFile::ChangedOrGone, "it was written after that");
        std::fs::remove_file(&path).expect("removes");
        assert_eq!(file_since(&path, u64::MAX), ProgramFile::ChangedOrGone);
    }
}
