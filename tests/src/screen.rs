//! The screen as a person uses it: windows are found, raised, clicked and closed through the window manager.

use std::process::{Command, Output};

/// The title of the window that asks.
pub const CONSENT: &str = "Doorward: request";
/// The title of the main window.
pub const MAIN: &str = "Doorward";

/// A window that can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnScreen(String);

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"))
}

fn must(program: &str, arguments: &[&str]) {
    let output = run(program, arguments);
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
}

impl OnScreen {
    /// The window of a process with exactly this title, if it can be seen.
    pub fn find(pid: u32, title: &str) -> Option<Self> {
        Self::all(pid, title).pop()
    }

    /// All windows of a process with exactly this title that can be seen.
    pub fn all(pid: u32, title: &str) -> Vec<Self> {
        let found = run("xdotool", &["search", "--all", "--onlyvisible", "--pid", &pid.to_string(), "--name", &format!("^{title}$")]);
        String::from_utf8_lossy(&found.stdout).lines().map(|id| Self(id.to_owned())).collect()
    }

    /// Gives it the keyboard, and waits until it has it.
    pub fn focus(&self) {
        must("xdotool", &["windowactivate", "--sync", &self.0]);
    }

    /// Whether it has the keyboard.
    pub fn has_focus(&self) -> bool {
        let active = run("xdotool", &["getactivewindow"]);
        String::from_utf8_lossy(&active.stdout).trim() == self.0
    }

    /// Presses the mouse at a place in the window.
    pub fn click(&self, (x, y): (i64, i64)) {
        must("xdotool", &["mousemove", "--window", &self.0, &x.to_string(), &y.to_string(), "click", "1"]);
    }

    /// Does several things at one place, one right after the other: `click 1`, `key Return`.
    pub fn hurry(&self, (x, y): (i64, i64), steps: &[&str]) {
        let (x, y) = (x.to_string(), y.to_string());
        let mut arguments = vec!["mousemove", "--window", &self.0, &x, &y];
        for step in steps {
            arguments.extend(step.split(' '));
            arguments.extend(["sleep", "0.05"]);
        }
        must("xdotool", &arguments);
    }

    /// Presses a key while the window has the keyboard.
    pub fn key(&self, key: &str) {
        assert!(self.has_focus(), "keys would go elsewhere");
        must("xdotool", &["key", key]);
    }

    /// Types a text while the window has the keyboard.
    pub fn type_text(&self, text: &str) {
        assert!(self.has_focus(), "keys would go elsewhere");
        must("xdotool", &["type", "--delay", "20", text]);
    }

    /// Closes it as its close button does.
    pub fn close(&self) {
        must("wmctrl", &["-i", "-c", &self.0]);
    }
}
