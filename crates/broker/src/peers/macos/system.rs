//! The answers, put together.

use std::{net::SocketAddr, path::Path};

use doorward_oauth::{
    program::{Program, Sighting, Signature},
    tool::Process as Run,
};
use doorward_words::Said;

use super::{
    kernel,
    process::Process,
    signature,
    sockets::{DESCRIPTOR, Socket, descriptor, table},
};
use crate::peers::{
    Account, OtherUser, PeerLookup, User,
    address::{gets_answers_for, is_same_end},
    facts::{Facts, file_since},
    only_one,
    relay::{self, End},
    signatures::Signatures,
};

/// The operating system's own answer.
#[derive(Debug, Default)]
pub struct OsPeers {
    signatures: Signatures<Run>,
}

impl PeerLookup for OsPeers {
    fn user_behind(&self, peer: SocketAddr, ours: SocketAddr) -> User {
        match client(peer, ours) {
            Some(socket) if socket.uid == own_uid() => User::Same,
            Some(socket) => User::Other(Account::of_id(socket.uid)),
            None => User::CannotTell,
        }
    }

    fn behind(&self, peer: SocketAddr, ours: SocketAddr) -> Sighting {
        match client(peer, ours) {
            Some(socket) => self.holder(&socket, End::Sends),
            None => Sighting::cannot_tell(Said::plain("why-closed")),
        }
    }

    fn listening_on(&self, host: &str, port: u16) -> Result<Sighting, OtherUser> {
        let mut sockets = sockets();
        sockets.retain(|socket| socket.listens && socket.local.port() == port && gets_answers_for(host, socket.local.ip()));
        if let Some(foreign) = sockets.iter().find(|socket| socket.uid != own_uid()) {
            return Err(OtherUser { account: Account::of_id(foreign.uid) });
        }
        let mut holders: Vec<Sighting> = sockets.iter().map(|socket| self.holder(socket, End::Waits)).collect();
        holders.dedup_by_key(|seen| seen.program().map(|program| program.pid));
        Ok(only_one(holders, port))
    }

    fn process(&self, pid: u32) -> Sighting {
        match self.describe(pid) {
            Some(program) => Sighting::Seen(program),
            None => Sighting::cannot_tell(Said::plain("why-gone")),
        }
    }

    fn runs(&self, run: Run) -> bool {
        Process::read(run.pid).is_some_and(|process| process.started == run.started)
    }

    fn has_terminal(&self, pid: u32) -> bool {
        Process::read(pid).is_some_and(|process| process.has_terminal())
    }
}

impl OsPeers {
    /// The process that holds the socket. Several can, when it was inherited: the oldest opened it.
    fn holder(&self, socket: &Socket, end: End) -> Sighting {
        let Some(program) = holder(socket).and_then(|pid| self.describe(pid)) else {
            return Sighting::cannot_tell(Said::plain("why-hidden"));
        };
        match relay::of(&program) {
            Some(relay) => relay.sighting(&program.name, end),
            None => Sighting::Seen(program),
        }
    }

    fn describe(&self, pid: u32) -> Option<Program> {
        let process = Process::read(pid)?;
        let (executable, arguments) = process.command()?;
        let facts = Facts {
            pid,
            arguments,
            folder: process.folder(),
            parents: process.parents(),
            started: process.started,
            signature: self.signature_of(&process),
            file: file_since(Path::new(&executable), process.started),
            executable,
            otherwise: process.name,
        };
        Some(facts.program())
    }

    fn signature_of(&self, process: &Process) -> Signature {
        let run = Run { pid: process.pid, started: process.started };
        self.signatures.of(run, |run| {
            let signature = signature::of(run.pid);
            let is_it = Process::read(run.pid).is_some_and(|process| process.started == run.started);
            if is_it { signature } else { Signature::CannotTell { why: Said::plain("why-gone") } }
        })
    }
}

fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn sockets() -> Vec<Socket> {
    kernel::variable(c"net.inet.tcp.pcblist_n").map(|bytes| table(&bytes)).unwrap_or_default()
}

/// The client's end of a connection that we accepted: its local address is our peer's.
fn client(peer: SocketAddr, ours: SocketAddr) -> Option<Socket> {
    sockets().into_iter().find(|socket| is_same_end(socket.local, peer) && is_same_end(socket.remote, ours))
}

/// The oldest process that holds a socket: above the one that used it last, or anywhere.
fn holder(socket: &Socket) -> Option<u32> {
    let holds = |pid: &u32| {
        let is_it = |(local, remote)| is_same_end(local, socket.local) && is_same_end(remote, socket.remote);
        let mut ends = kernel::sockets_of(*pid).into_iter().filter_map(|at| descriptor(&kernel::socket::<DESCRIPTOR>(*pid, at)?));
        ends.any(is_it)
    };
    let last = Process::read(socket.last_used_by).filter(|process| holds(&process.pid));
    if let Some(last) = last {
        // Who inherited a socket has it from one above, and each is older than the one below.
        let above: Vec<u32> = last.parents().into_iter().map(|parent| parent.pid).collect();
        return above.into_iter().rfind(holds).or(Some(last.pid));
    }
    let holders = kernel::processes_of(own_uid()).into_iter().filter(holds).filter_map(Process::read);
    holders.min_by_key(|process| process.started).map(|process| process.pid)
}
