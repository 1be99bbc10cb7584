//! Programs that only pass on: the one that matters is behind them, on another computer or in a container, and cannot be told.

use std::path::Path;

use doorward_oauth::{
    arguments::visible_line,
    program::{Program, Sighting},
};
use doorward_words::Said;

/// What a program that passes on leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relay {
    /// Another computer.
    Ssh,
    /// A container.
    Container,
    /// Linux inside Windows.
    Wsl,
}

/// Which end of a connection is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The one that sends.
    Sends,
    /// The one that waits for an answer.
    Waits,
}

const SSH: &[&str] = &["ssh", "sshd", "sshd-session", "autossh", "mosh-server", "tailscaled"];
const CONTAINER: &[&str] = &[
    "docker-proxy",
    "rootlesskit",
    "rootlessport",
    "slirp4netns",
    "pasta",
    "passt",
    "conmon",
    "gvproxy",
    "win-sshproxy",
    "vpnkit",
    "vpnkit-bridge",
    "com.docker.backend",
    "com.docker.vpnkit",
    "limactl",
    "orbstack helper",
];
const WSL: &[&str] = &["wslrelay", "wslhost", "wslservice"];

/// What the program leads to, if it is one that only passes on. A program may call itself so; then less is believed of it.
pub(super) fn of(program: &Program) -> Option<Relay> {
    // Windows' paths too, wherever this runs.
    let file = program.executable.rsplit(['/', '\\']).next().unwrap_or_default();
    let file = Path::new(file).file_name()?.to_str()?.to_ascii_lowercase();
    let name = file.strip_suffix(".exe").unwrap_or(&file);
    let kinds = [(SSH, Relay::Ssh), (CONTAINER, Relay::Container), (WSL, Relay::Wsl)];
    kinds.into_iter().find(|(names, _)| names.contains(&name)).map(|(_, relay)| relay)
}

impl Relay {
    /// What is said about it. The name is of the program that passes on.
    pub(super) fn sighting(self, name: &str, end: End) -> Sighting {
        let why = match (self, end) {
            (Self::Ssh, End::Waits) => "why-to-ssh",
            (Self::Ssh, End::Sends) => "why-from-ssh",
            (Self::Container, End::Waits) => "why-to-container",
            (Self::Container, End::Sends) => "why-from-container",
            (Self::Wsl, End::Waits) => "why-to-wsl",
            (Self::Wsl, End::Sends) => "why-from-wsl",
        };
        Sighting::cannot_tell(Said::plain(why).with("relay", visible_line(name)))
    }
}

#[cfg(test)]
mod tests {
    use doorward_oauth::program::{ProgramFile, Signature};

    use super::*;

    fn program(executable: &str) -> Program {
        Program {
            pid: 1,
            name: "x".into(),
            executable: executable.into(),
            script: None,
            arguments: vec![],
            parents: vec![],
            started: 0,
            signature: Signature::default(),
            file: ProgramFile::default(),
        }
    }

    #[test]
    fn what_passes_on_is_known_by_its_file() {
        for (executable, relay) in [
            ("/usr/bin/ssh", Some(Relay::Ssh)),
            ("/usr/sbin/sshd", Some(Relay::Ssh)),
            ("/usr/lib/openssh/sshd-session", Some(Relay::Ssh)),
            ("/usr/bin/docker-proxy", Some(Relay::Container)),
            (r"C:\Windows\System32\wslrelay.exe", Some(Relay::Wsl)),
            (r"C:\Windows\System32\OpenSSH\SSH.EXE", Some(Relay::Ssh)),
            (r"C:\Program Files\Docker\Docker\resources\com.docker.backend.exe", Some(Relay::Container)),
            ("/Applications/OrbStack.app/Contents/Frameworks/OrbStack Helper.app/Contents/MacOS/OrbStack Helper", Some(Relay::Container)),
            ("/usr/bin/ssh-agent", None),
            ("/usr/bin/python3", None),
        ] {
            assert_eq!(of(&program(executable)), relay, "{executable}");
        }
    }

    #[test]
    fn it_is_said_where_it_leads() {
        let says = |end| match Relay::Ssh.sighting("ssh", end) {
            Sighting::CannotTell { why } => why.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(says(End::Waits), "this answer goes to another computer through ssh");
        assert_eq!(says(End::Sends), "this comes from another computer through ssh");
    }
}
