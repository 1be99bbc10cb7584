//! What is said about one process.

use std::{ffi::OsString, os::unix::ffi::OsStringExt, path::PathBuf};

use doorward_oauth::program::Parent;

use super::{arguments, kernel};
use crate::peers::family::is_graphical;

/// A process of this user.
pub(super) struct Process {
    pub(super) pid: u32,
    /// The process that started it.
    parent: u32,
    /// In Unix seconds.
    pub(super) started: u64,
    /// What the kernel calls it, shortened.
    pub(super) name: String,
    has_terminal: bool,
}

impl Process {
    /// The process with that id, unless there is none, it ended, or it is another user's.
    pub(super) fn read(pid: u32) -> Option<Self> {
        /// `SZOMB`: it ended, and nobody asked how.
        const ENDED: u32 = 5;
        /// `PROC_FLAG_CONTROLT`.
        const HAS_TERMINAL: u32 = 0x80;
        let info = kernel::info(pid).filter(|info| info.pbi_status != ENDED)?;
        Some(Self {
            pid,
            parent: info.pbi_ppid,
            started: info.pbi_start_tvsec,
            name: text(&info.pbi_comm.map(|byte| byte.cast_unsigned())),
            has_terminal: info.pbi_flags & HAS_TERMINAL != 0,
        })
    }

    /// Whether a person can type at it.
    pub(super) const fn has_terminal(&self) -> bool {
        self.has_terminal
    }

    /// The path of its executable and the words of its command line. The kernel does not name a file that is gone; then it is where it
    /// was when it was started.
    pub(super) fn command(&self) -> Option<(String, Vec<String>)> {
        let (started_as, words) = kernel::command_line(self.pid).and_then(|bytes| arguments::read(&bytes)).unzip();
        Some((kernel::path(self.pid).or(started_as)?, words.unwrap_or_default()))
    }

    /// Where it runs.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        kernel::folder(self.pid).filter(|path| !path.is_empty()).map(|path| PathBuf::from(OsString::from_vec(path)))
    }

    /// The processes above, nearest first, up to the one that starts the session. Of those that are another user's, as `login` is
    /// root's, the kernel does not say when they started.
    pub(super) fn parents(&self) -> Vec<Parent> {
        let mut above = Vec::new();
        let mut next = self.parent;
        while next > 1 && above.len() < 12 {
            let Some(short) = kernel::short_info(next) else { break };
            let executable = kernel::path(next).unwrap_or_default();
            let name = executable
                .rsplit('/')
                .next()
                .filter(|name| !name.is_empty())
                .map_or_else(|| text(&short.pbsi_comm.map(|byte| byte.cast_unsigned())), str::to_owned);
            let started = kernel::info(next).map_or(0, |info| info.pbi_start_tvsec);
            if name == "launchd" {
                break;
            }
            above.push(Parent { pid: next, graphical: is_graphical(&name, &executable), name, started });
            next = short.pbsi_ppid;
        }
        above
    }
}

/// A text that ends with a zero.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}
