//! Which program is at the other end of a connection, and which one listens on a port.
//!
//! The answer is a help for a person, not a proof: process ids are reused, sockets are passed on, containers and ssh
//! forward. Where it cannot be known, that is the answer. The one thing that is enforced is the *user*: a connection
//! of another user of this computer is refused.

use std::net::SocketAddr;

use doorward_oauth::{
    program::{Sighting, Signature},
    tool::Process,
};
use doorward_words::{Said, Says};

mod address;
mod facts;
mod family;
mod relay;
mod script;

#[cfg(any(not(target_os = "linux"), test))]
mod signatures;

pub use family::{may_redeem, would_answer_itself};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::OsPeers;

#[cfg(any(target_os = "macos", test))]
mod macos;
#[cfg(target_os = "macos")]
pub use macos::OsPeers;

#[cfg(any(windows, test))]
mod windows;
#[cfg(windows)]
pub use windows::OsPeers;
#[cfg(windows)]
pub(crate) use windows::client_of;

/// Asks the operating system about sockets. Everything but [`PeerLookup::user_behind`] and
/// [`PeerLookup::remembered_behind`] may take tens of milliseconds: call it from a blocking thread.
pub trait PeerLookup: Send + Sync + 'static {
    /// Who owns the socket at the other end of a connection that we accepted.
    fn user_behind(&self, peer: SocketAddr, ours: SocketAddr) -> User;
    /// The program at the other end of a connection that is still open.
    fn behind(&self, peer: SocketAddr, ours: SocketAddr) -> Sighting;
    /// The same if it is known from a moment ago, and only then: that much can be said in microseconds, on any thread.
    fn remembered_behind(&self, _peer: SocketAddr, _ours: SocketAddr) -> Option<Sighting> {
        None
    }
    /// The program that listens on `port` of the loopback interface, for an answer addressed to `host`.
    fn listening_on(&self, host: &str, port: u16) -> Result<Sighting, OtherUser>;
    /// The program with that process id, for the control socket, where the system names the id.
    fn process(&self, pid: u32) -> Sighting;
    /// Whether a process still runs: that one, and not a later one with its id. This much can be said at once, on any thread.
    fn runs(&self, process: Process) -> bool;
    /// Whether that process has a terminal a person can type at.
    fn has_terminal(&self, pid: u32) -> bool;
}

/// The signature of a program while the system looks at it, which takes seconds where the program is large.
fn still_looking() -> Signature {
    Signature::CannotTell { why: Said::plain("why-late") }
}

/// Whether the system still looks at the signature of a program.
pub(crate) fn lacks_signature(seen: &Sighting) -> bool {
    seen.program().is_some_and(|program| program.signature == still_looking())
}

/// A program that was seen without its signature, with what is known of that by now. May take tens of milliseconds.
pub(crate) fn with_signature(peers: &dyn PeerLookup, seen: Sighting) -> Sighting {
    let Sighting::Seen(mut program) = seen else { return seen };
    if let Sighting::Seen(now) = peers.process(program.pid)
        && (now.started, &now.executable) == (program.started, &program.executable)
    {
        program.signature = now.signature;
    }
    Sighting::Seen(program)
}

/// Whose socket it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// The user Doorward runs as.
    Same,
    /// Somebody else.
    Other(Account),
    /// The system was asked and does not say: refused, like somebody else.
    CannotTell,
}

/// A user of this computer, and not the one Doorward runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// The system itself: root, or SYSTEM on Windows. What comes out of containers may be its.
    System,
    /// Another one, as the system names users: a user id, or a security identifier on Windows.
    Named(Said),
    /// One that the system does not name to us, as it does on Windows.
    Hidden,
}

impl Says for Account {
    fn said(&self) -> Said {
        match self {
            Self::System => Said::plain("account-system"),
            Self::Named(name) => name.clone(),
            Self::Hidden => Said::plain("account-hidden"),
        }
    }
}

impl Account {
    /// The user with that id, on systems where users have numbers.
    #[cfg_attr(windows, expect(dead_code, reason = "users have no numbers there"))]
    fn of_id(id: u32) -> Self {
        if id == 0 { Self::System } else { Self::Named(Said::plain("account-id").with("id", id.to_string())) }
    }
}

/// A program of another user holds the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherUser {
    /// Whose it is.
    pub account: Account,
}

/// One sentence that names who holds a port that Doorward wants.
pub fn holder_of(peers: &dyn PeerLookup, host: &str, port: u16) -> Said {
    match peers.listening_on(host, port) {
        Ok(Sighting::Seen(program)) => {
            let named = Said::plain("holder-program").with("name", program.name).with("pid", program.pid.to_string());
            named.with("path", program.executable)
        }
        Ok(Sighting::Nobody | Sighting::CannotTell { .. }) => Said::plain("holder-unknown"),
        Err(OtherUser { account }) => Said::plain("holder-other-user").with_said("account", account.said()),
    }
}

/// What is said when these hold a port, each once.
fn only_one(mut holders: Vec<Sighting>, port: u16) -> Sighting {
    match holders.len() {
        0 => Sighting::Nobody,
        1 => holders.remove(0),
        _ => Sighting::cannot_tell(Said::plain("why-several").with("port", port.to_string())),
    }
}
