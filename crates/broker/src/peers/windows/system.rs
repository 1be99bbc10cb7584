//! The answers, put together.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::SystemTime,
};

use doorward_oauth::{
    program::{Program, ProgramFile, Sighting, Signature},
    tool::Process as Run,
};
use doorward_words::Said;

use super::{
    process::{Process, user_of},
    signature, sockets,
};
use crate::peers::{
    OtherUser, PeerLookup, User,
    address::gets_answers_for,
    facts::{Facts, file_since},
    only_one,
    relay::{self, End},
    signatures::Signatures,
};

/// The operating system's own answer.
#[derive(Debug, Default)]
pub struct OsPeers {
    signatures: Signatures<SignedFile>,
}

/// A file as it was when its signature was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SignedFile {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

impl PeerLookup for OsPeers {
    fn user_behind(&self, peer: SocketAddr, ours: SocketAddr) -> User {
        sockets::client(peer, ours).map_or(User::CannotTell, user_of)
    }

    fn behind(&self, peer: SocketAddr, ours: SocketAddr) -> Sighting {
        match sockets::client(peer, ours) {
            Some(pid) => self.sighting(pid, End::Sends),
            None => Sighting::cannot_tell(Said::plain("why-closed")),
        }
    }

    fn listening_on(&self, host: &str, port: u16) -> Result<Sighting, OtherUser> {
        let mut pids: Vec<u32> =
            sockets::listeners(port).into_iter().filter(|(on, _)| gets_answers_for(host, *on)).map(|(_, pid)| pid).collect();
        pids.sort_unstable();
        pids.dedup();
        for pid in &pids {
            if let User::Other(account) = user_of(*pid) {
                return Err(OtherUser { account });
            }
        }
        Ok(only_one(pids.into_iter().map(|pid| self.sighting(pid, End::Waits)).collect(), port))
    }

    fn process(&self, pid: u32) -> Sighting {
        match self.describe(pid) {
            Some(program) => Sighting::Seen(program),
            None => Sighting::cannot_tell(Said::plain("why-gone")),
        }
    }

    fn runs(&self, run: Run) -> bool {
        Process::open(run.pid).is_some_and(|process| process.runs() && process.started() == Some(run.started))
    }

    fn has_terminal(&self, pid: u32) -> bool {
        Process::open(pid).is_some_and(|process| process.runs() && process.has_console())
    }
}

impl OsPeers {
    fn sighting(&self, pid: u32, end: End) -> Sighting {
        let Some(program) = self.describe(pid) else {
            return Sighting::cannot_tell(Said::plain("why-hidden"));
        };
        match relay::of(&program) {
            Some(relay) => relay.sighting(&program.name, end),
            None => Sighting::Seen(program),
        }
    }

    fn describe(&self, pid: u32) -> Option<Program> {
        let process = Process::open(pid).filter(Process::runs)?;
        let (executable, started) = (process.executable()?, process.started()?);
        let file = file_since(Path::new(&executable), started);
        let facts = Facts {
            pid,
            otherwise: String::new(),
            arguments: process.arguments(),
            folder: process.folder(),
            parents: process.parents(),
            started,
            signature: self.signature_of(&executable, file),
            file,
            executable,
        };
        Some(facts.program())
    }

    /// Who signed the file. Where it is no longer the file that runs, nothing is said by it.
    fn signature_of(&self, executable: &str, file: ProgramFile) -> Signature {
        let Ok(metadata) = std::fs::metadata(executable) else {
            return Signature::CannotTell { why: Said::plain("why-file-unreadable") };
        };
        if file == ProgramFile::ChangedOrGone {
            return Signature::CannotTell { why: Said::plain("why-file-another") };
        }
        let signed = SignedFile { path: executable.into(), length: metadata.len(), modified: metadata.modified().ok() };
        self.signatures.of(signed, |signed| signature::of(&signed.path))
    }
}
