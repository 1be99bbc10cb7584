//! Which program is at the other end of a connection, and which one listens on a port.
//!
//! The answer is a help for a person, not a proof: process ids are reused, sockets are passed on, containers and ssh
//! forward. Where it cannot be known, that is the answer. The one thing that is enforced is the *user*: a connection
//! of another user of this computer is refused.

use std::net::SocketAddr;

use doorward_oauth::program::Sighting;

mod script;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::OsPeers;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::OsPeers;

/// Asks the operating system about sockets. Everything but [`PeerLookup::user_behind`] may take tens of milliseconds:
/// call it from a blocking thread.
pub trait PeerLookup: Send + Sync + 'static {
    /// Who owns the socket at the other end of a connection that we accepted.
    fn user_behind(&self, peer: SocketAddr, ours: SocketAddr) -> User;
    /// The program at the other end of a connection that is still open.
    fn behind(&self, peer: SocketAddr, ours: SocketAddr) -> Sighting;
    /// The program that listens on `port` of the loopback interface, for an answer addressed to `host`.
    fn listening_on(&self, host: &str, port: u16) -> Result<Sighting, OtherUser>;
    /// The program with that process id, for the control socket, where the system names the id.
    fn process(&self, pid: u32) -> Sighting;
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
    /// The system does not say.
    CannotTell,
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
    "sh", "bash", "dash", "zsh", "fish", "ksh", "tcsh", "csh", "nu", "pwsh", "elvish", "xonsh",
    // what runs shells
    "tmux: server", "tmux", "screen", "sshd", "login", "su", "sudo", "doas", "script", "zellij",
    // terminals
    "gnome-terminal-", "gnome-terminal-server", "konsole", "xterm", "kitty", "alacritty", "ghostty", "wezterm-gui", "foot",
    "xfce4-terminal", "tilix", "terminator", "ptyxis", "ptyxis-agent", "urxvt", "st",
    // the session and what starts it
    "systemd", "init", "gnome-shell", "gnome-session-b", "gnome-session-binary", "plasmashell", "kwin_wayland", "kwin_x11",
    "startplasma-way", "startplasma-x11", "xfce4-session", "sway", "hyprland", "openbox", "gdm-session-wor", "sddm-helper",
    "lightdm", "dbus-daemon", "dbus-broker", "dbus-run-session", "launchd", "explorer.exe",
];

/// Whether a process of that name belongs to the shell, terminal or session level.
pub fn is_session_level(name: &str) -> bool {
    SESSION_LEVEL.contains(&name)
}

/// Whether `one` and `other` are the same program run, or one started the other without a shell, terminal or session in
/// between: the relation in which a program would answer its own question.
pub fn are_related(one: &Sighting, other: &Sighting) -> bool {
    let (Some(one), Some(other)) = (one.program(), other.program()) else { return false };
    let above = |child: &doorward_oauth::program::Program, pid: u32| {
        child.parents.iter().take_while(|parent| !is_session_level(&parent.name)).any(|parent| parent.pid == pid)
    };
    one.pid == other.pid || above(one, other.pid) || above(other, one.pid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_oauth::program::{Parent, Program};

    fn program(pid: u32, parents: &[(u32, &str)]) -> Sighting {
        Sighting::Seen(Program {
            pid,
            name: "x".into(),
            executable: "/x".into(),
            script: None,
            arguments: vec![],
            parents: parents.iter().map(|(pid, name)| Parent { pid: *pid, name: (*name).into() }).collect(),
            started: 0,
        })
    }

    #[test]
    fn a_program_and_what_it_starts_are_related_and_two_commands_of_one_shell_are_not() {
        let agent = program(10, &[(5, "bash"), (2, "xterm")]);
        let its_child = program(11, &[(10, "agent"), (5, "bash")]);
        let through_a_shell = program(12, &[(9, "bash"), (10, "agent")]);
        let same_shell = program(13, &[(5, "bash"), (2, "xterm")]);
        assert!(are_related(&agent, &its_child) && are_related(&its_child, &agent));
        assert!(!are_related(&agent, &through_a_shell), "a shell is the level where a person types");
        assert!(!are_related(&agent, &same_shell));
        assert!(!are_related(&agent, &Sighting::Nobody));
    }
}
