//! macOS and Windows: the `listeners` crate names the process behind a local port.

use std::{net::SocketAddr, path::Path};

use doorward_oauth::{
    program::{Program, Sighting},
    tool::Process,
};

use super::{OtherUser, PeerLookup, User, script};

/// The operating system's own answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsPeers;

impl PeerLookup for OsPeers {
    fn user_behind(&self, _: SocketAddr, _: SocketAddr) -> User {
        User::NotAsked
    }

    fn behind(&self, peer: SocketAddr, _: SocketAddr) -> Sighting {
        by_port(peer.port(), "the system does not say which process holds the connection")
    }

    fn listening_on(&self, _: &str, port: u16) -> Result<Sighting, OtherUser> {
        Ok(match listeners::get_process_by_port(port, listeners::Protocol::TCP) {
            Ok(process) => describe(process),
            Err(_) => Sighting::Nobody,
        })
    }

    fn process(&self, _: u32) -> Sighting {
        Sighting::cannot_tell("this system is not asked for it yet")
    }

    fn runs(&self, _: Process) -> bool {
        // Not known, so what hangs on it ends.
        false
    }

    fn has_terminal(&self, _: u32) -> bool {
        false
    }
}

fn by_port(port: u16, otherwise: &str) -> Sighting {
    listeners::get_process_by_port(port, listeners::Protocol::TCP).map_or_else(|_| Sighting::cannot_tell(otherwise), describe)
}

fn describe(process: listeners::Process) -> Sighting {
    let script = script::of(Path::new(&process.path), &[], None);
    let (name, script) = script.map_or((process.name, None), |script| (script.name, Some(script.full)));
    Sighting::Seen(Program { pid: process.pid, name, executable: process.path, script, arguments: vec![], parents: vec![], started: 0 })
}
