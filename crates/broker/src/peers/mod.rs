//! Which program is at the other end of a connection, and which one listens on a port.
//!
//! The answer is a help for a person, not a proof: process ids are reused, sockets are passed on, containers and ssh
//! forward. Where it cannot be known, that is the answer. The one thing that is enforced is the *user*: a connection
//! of another user of this computer is refused.

use std::net::SocketAddr;

use doorward_oauth::{
    program::{Parent, Program, Sighting},
    tool::Process,
};

mod relay;
mod script;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::OsPeers;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::OsPeers;

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

/// Whose socket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    /// The user Doorward runs as.
    Same,
    /// Somebody else.
    Other(u32),
    /// The system was asked and does not say: refused, like somebody else.
    CannotTell,
    /// This system is not asked yet.
    NotAsked,
}

/// A program of another user holds the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherUser {
    /// Their user id.
    pub uid: u32,
}

/// One sentence that names who holds a port that Doorward wants.
pub fn holder_of(peers: &dyn PeerLookup, host: &str, port: u16) -> String {
    match peers.listening_on(host, port) {
        Ok(Sighting::Seen(program)) => format!("{} (pid {}, {})", program.name, program.pid, program.executable),
        Ok(Sighting::Nobody | Sighting::CannotTell { .. }) => "a program that cannot be told".to_owned(),
        Err(OtherUser { uid }) => format!("a program of another user (user id {uid})"),
    }
}

/// Programs that stand between a person and what they start: walking up from a process ends below them.
const SESSION_LEVEL: &[&str] = &[
    // shells
    "sh",
    "bash",
    "dash",
    "zsh",
    "fish",
    "ksh",
    "tcsh",
    "csh",
    "nu",
    "pwsh",
    "elvish",
    "xonsh",
    // what runs shells
    "tmux: server",
    "tmux",
    "screen",
    "sshd",
    "login",
    "su",
    "sudo",
    "doas",
    "script",
    "zellij",
    // terminals
    "gnome-terminal-",
    "gnome-terminal-server",
    "konsole",
    "xterm",
    "kitty",
    "alacritty",
    "ghostty",
    "wezterm-gui",
    "foot",
    "xfce4-terminal",
    "tilix",
    "terminator",
    "ptyxis",
    "ptyxis-agent",
    "urxvt",
    "st",
    // the session and what starts it
    "systemd",
    "init",
    "gnome-shell",
    "gnome-session-b",
    "gnome-session-binary",
    "plasmashell",
    "kwin_wayland",
    "kwin_x11",
    "startplasma-way",
    "startplasma-x11",
    "xfce4-session",
    "sway",
    "hyprland",
    "openbox",
    "gdm-session-wor",
    "sddm-helper",
    "lightdm",
    "dbus-daemon",
    "dbus-broker",
    "dbus-run-session",
    "launchd",
    "explorer.exe",
];

/// Whether a process of that name belongs to the shell, terminal or session level.
pub fn is_session_level(name: &str) -> bool {
    SESSION_LEVEL.contains(&name)
}

/// Whether `caller` is the program that asks, was started by it (through however many shells), or started it itself. A
/// shell, a terminal or the session that started the asking program is where a person types, so that does not count.
pub fn would_answer_itself(caller: &Sighting, asking: &Sighting) -> bool {
    let (Some(caller), Some(asking)) = (caller.program(), asking.program()) else { return false };
    let descends = caller.parents.iter().any(|parent| parent.pid == asking.pid);
    let started_it = asking.parents.iter().take_while(|parent| !is_session_level(&parent.name)).any(|parent| parent.pid == caller.pid);
    caller.pid == asking.pid || descends || started_it
}

/// Whether what was given to the program that listened may be redeemed by another process: by itself, by what it started, by what
/// started it below the level at which a person starts things, and by the same program beneath one of those, since some applications
/// have one process to listen and another one to send.
pub fn may_redeem(sender: &Program, listener: &Program) -> bool {
    let is = |parent: &Parent, program: &Program| parent.pid == program.pid && parent.started == program.started;
    let above = |program: &Program| -> Vec<Parent> {
        program.parents.iter().take_while(|parent| !is_session_level(&parent.name)).cloned().collect()
    };
    let above_listener = above(listener);
    let is_it = sender.pid == listener.pid && sender.started == listener.started;
    let descends = sender.parents.iter().any(|parent| is(parent, listener));
    let started_it = above_listener.iter().any(|parent| is(parent, sender));
    let beside_it = sender.identity() == listener.identity() && above(sender).iter().any(|parent| above_listener.contains(parent));
    is_it || descends || started_it || beside_it
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(pid: u32, parents: &[(u32, &str)]) -> Sighting {
        Sighting::Seen(Program {
            pid,
            name: "x".into(),
            executable: "/x".into(),
            script: None,
            arguments: vec![],
            parents: parents.iter().map(|(pid, name)| Parent { pid: *pid, name: (*name).into(), started: 0 }).collect(),
            started: 0,
        })
    }

    #[test]
    fn only_the_family_of_who_listened_redeems() {
        let one = |sighting: Sighting| sighting.program().expect("seen").clone();
        let listener = one(program(10, &[(8, "node"), (5, "bash"), (2, "xterm")]));
        let family = [
            (10, vec![]),
            (11, vec![(10, "agent"), (8, "node"), (5, "bash")]),
            (12, vec![(9, "sh"), (10, "agent")]),
            (8, vec![(5, "bash")]),
            (14, vec![(8, "node"), (5, "bash")]),
        ];
        for (pid, parents) in family {
            assert!(may_redeem(&one(program(pid, &parents)), &listener), "{pid}");
        }
        for (pid, parents) in [(13, vec![(5, "bash"), (2, "xterm")]), (5, vec![(2, "xterm")]), (2, vec![])] {
            assert!(!may_redeem(&one(program(pid, &parents)), &listener), "{pid}");
        }
        let later = Program { started: 1, parents: Vec::new(), ..listener.clone() };
        assert!(!may_redeem(&later, &listener), "another run with the same process id");
        let beside = Program { executable: "/y".into(), ..one(program(14, &[(8, "node"), (5, "bash")])) };
        assert!(!may_redeem(&beside, &listener), "another program that the same one started");
    }

    #[test]
    fn no_program_answers_itself_and_two_commands_of_one_shell_are_two_programs() {
        let agent = program(10, &[(5, "bash"), (2, "xterm")]);
        let its_child = program(11, &[(10, "agent"), (5, "bash")]);
        let through_a_shell = program(12, &[(9, "bash"), (10, "agent"), (5, "bash")]);
        let same_shell = program(13, &[(5, "bash"), (2, "xterm")]);
        let shell = program(5, &[(2, "xterm")]);
        for caller in [&agent, &its_child, &through_a_shell] {
            assert!(would_answer_itself(caller, &agent));
        }
        assert!(would_answer_itself(&agent, &its_child), "what it started asks for it");
        assert!(!would_answer_itself(&same_shell, &agent));
        assert!(!would_answer_itself(&shell, &agent), "a shell is where a person types");
        assert!(!would_answer_itself(&agent, &Sighting::Nobody));
    }
}
