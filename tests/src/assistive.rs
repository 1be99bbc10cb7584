//! A person who uses assistive technology: sees and presses through the accessibility interface (AT-SPI), which any
//! window has, also one that WebDriver cannot drive.

use std::{path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::without_isolation;

/// What a screen reader is told by the windows of a process, from top to bottom; `None` when it is told nothing.
pub async fn read(pid: u32) -> Option<Vec<String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("window/read.py");
    let output = Command::new("/usr/bin/python3").arg(script).arg(pid.to_string()).stderr(Stdio::null()).output().await.expect("python3");
    let lines = String::from_utf8_lossy(&output.stdout);
    Some(lines.lines().map(without_isolation).collect()).filter(|lines: &Vec<String>| !lines.is_empty())
}

/// Presses the button with this name in the windows of a process, once it can be pressed.
pub async fn press(pid: u32, name: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("window/press.py");
    let output = Command::new("/usr/bin/python3").arg(script).arg(pid.to_string()).arg(name).output().await.expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// tests/package/allow.py, at work.
pub struct Person {
    _process: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Person {
    /// Begins to look for Allow in the windows of a process.
    pub fn who_wants_to_allow(pid: u32) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("package/allow.py");
        // Debian's own Python: it has the bindings.
        let mut command = Command::new("/usr/bin/python3");
        let mut process = command.arg(script).arg(pid.to_string()).stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("python3");
        let says = BufReader::new(process.stdout.take().expect("piped")).lines();
        Self { _process: process, says }
    }

    /// Allow is there, and cannot be pressed.
    pub async fn sees_it_disabled(&mut self) {
        assert_eq!(self.next().await, "disabled");
    }

    /// Allow could be pressed, and was.
    pub async fn presses(&mut self) {
        assert_eq!(self.next().await, "pressed");
    }

    async fn next(&mut self) -> String {
        self.says.next_line().await.expect("reads").unwrap_or_default()
    }
}
