//! Processes with a keyring of their own, and processes of another user.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::programs::{Process, bin, isolated};

/// Which keyring a session has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// gnome-keyring, unlocked.
    Unlocked,
    /// gnome-keyring with a locked collection and nobody to unlock it.
    Locked,
}

/// A private D-Bus session with a private home folder.
pub struct Session {
    bus: String,
    home: TempDir,
    daemon: Process,
}

impl Drop for Session {
    /// Ends in order: the bus takes the keyring with it. Killing it would leave both behind.
    fn drop(&mut self) {
        drop(self.daemon.0.stdin.take());
        let begun = Instant::now();
        while matches!(self.daemon.0.try_wait(), Ok(None)) && begun.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Session {
    /// Starts one.
    pub fn with(keyring: Keyring) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        // `read` waits for the pipe that this test holds: everything ends when the test does.
        let lock = if keyring == Keyring::Locked { "secret-tool lock --collection=login;" } else { "" };
        let script = format!(
            "printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; {lock} \
             printf '%s' \"$DBUS_SESSION_BUS_ADDRESS\" > \"$HOME/bus.new\"; mv \"$HOME/bus.new\" \"$HOME/bus\"; read -r _"
        );
        let mut command = isolated(Path::new("dbus-run-session"), home.path());
        command
            .args(["--", "bash", "-c", &script])
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::piped())
            .stderr(Stdio::null());
        let daemon = Process::start(&mut command);
        let begun = Instant::now();
        let bus = loop {
            if let Ok(bus) = std::fs::read_to_string(home.path().join("bus")) {
                break bus;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "no D-Bus session: are dbus and gnome-keyring installed?");
            std::thread::sleep(Duration::from_millis(20));
        };
        Self { bus, home, daemon }
    }

    /// A program in this session.
    pub fn program(&self, name: &str) -> Command {
        let mut command = isolated(&bin(name), self.home.path());
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.bus).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        command
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs `doorward` with these arguments to its end.
    pub fn doorward(&self, arguments: &[&str]) -> Output {
        self.program("doorward").args(arguments).output().expect("runs")
    }

    /// Starts a scripted broker and waits until it serves.
    pub fn serve_scripted(&self, port: u16) -> Process {
        let mut command = self.program("doorward");
        command.args(["--profile", "ci", "serve", "--no-gui", "--scripted-approval", "--port", &port.to_string()]);
        let broker = Process::start(command.stderr(Stdio::null()));
        let begun = Instant::now();
        while !self.doorward(&["--profile", "ci", "status"]).status.success() {
            assert!(begun.elapsed() < Duration::from_secs(10), "the broker does not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
        broker
    }

    /// The database of the scripted profile.
    pub fn data(&self) -> PathBuf {
        self.home.path().join(".local/share/doorward/profile-ci")
    }
}

/// A command as another user of this computer (uid 65534). Needs root, or sudo without a password.
pub fn as_another_user(arguments: &[&str]) -> Command {
    let setpriv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let root = std::fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0).unwrap_or(false);
    let mut command = if root {
        Command::new(setpriv[0])
    } else {
        let mut command = Command::new("sudo");
        command.args(["-n", setpriv[0]]);
        command
    };
    command.args(&setpriv[1..]).args(arguments).current_dir("/");
    let check = Command::new(command.get_program()).args(command.get_args().take_while(|arg| *arg != arguments[0])).arg("true").output();
    assert!(check.is_ok_and(|output| output.status.success()), "this test becomes another user: run it as root, or allow sudo -n setpriv");
    command
}
