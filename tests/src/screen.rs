//! The screen as a person uses it: windows are found, raised, clicked and closed through the window manager.

use std::{
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// The title of the window that asks.
pub const CONSENT: &str = "Doorward: request";
/// The title of the main window.
pub const MAIN: &str = "Doorward";

/// A part of the screen, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
}

impl Part {
    /// Whether all of another part is in this one.
    pub const fn holds(&self, other: &Self) -> bool {
        let right = other.x + other.width <= self.x + self.width;
        let bottom = other.y + other.height <= self.y + self.height;
        self.x <= other.x && self.y <= other.y && right && bottom
    }
}

/// The only monitor, which shows a part of the screen until this is dropped. Xvfb has one output, and toolkits see no monitor without.
pub struct Monitor(());

impl Monitor {
    /// A monitor that shows this part.
    pub async fn shows(part: Part) -> Self {
        let this = Self(());
        this.moves_to(part).await;
        this
    }

    /// It is unplugged, and there is another one instead.
    pub async fn moves_to(&self, Part { x, y, width, height }: Part) {
        let _ = run("xrandr", &["--delmonitor", Self::NAME]);
        must("xrandr", &["--setmonitor", Self::NAME, &format!("{width}/{width}x{height}/{height}+{x}+{y}"), "screen"]);
        Self::tell();
        // Programs hear of it beside everything else that they do.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }

    /// Programs look at their monitors when the screen is another one, and not before.
    fn tell() {
        static MILLIMETRES: AtomicU32 = AtomicU32::new(300);
        let _ = run("xrandr", &["--fbmm", &format!("{}x200", MILLIMETRES.fetch_add(1, Ordering::Relaxed))]);
    }

    const NAME: &str = "doorward";
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = run("xrandr", &["--delmonitor", Self::NAME]);
        Self::tell();
    }
}

/// Moves the pointer to a place on the screen.
pub fn point_at(x: i64, y: i64) {
    must("xdotool", &["mousemove", &x.to_string(), &y.to_string()]);
}

/// A window that can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnScreen(String);

/// A key that is held down.
pub struct Held(String);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = run("xdotool", &["keyup", &self.0]);
    }
}

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

    /// Where it is, with its frame.
    pub fn part(&self) -> Part {
        let found = run("xdotool", &["getwindowgeometry", "--shell", &self.0]);
        let text = String::from_utf8_lossy(&found.stdout).into_owned();
        let number =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.parse().ok()).unwrap_or_else(|| panic!("{found:?}"));
        let (x, y, width, height): (i64, i64, i64, i64) = (number("X="), number("Y="), number("WIDTH="), number("HEIGHT="));
        let frame = self.property("_NET_FRAME_EXTENTS");
        let frame: Vec<i64> = frame.split(", ").filter_map(|number| number.parse().ok()).collect();
        let [left, right, top, bottom] = frame[..] else { panic!("{frame:?}") };
        Part { x: x - left, y: y - top, width: left + width + right, height: top + height + bottom }
    }

    /// What stands in one of its properties.
    pub fn property(&self, name: &str) -> String {
        let found = run("xprop", &["-id", &self.0, "-notype", name]);
        let text = String::from_utf8_lossy(&found.stdout).into_owned();
        text.split_once(['=', ':']).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    }

    /// The windows of the whole screen from the lowest to the highest.
    pub fn stacked() -> Vec<Self> {
        let found = run("xprop", &["-root", "-notype", "_NET_CLIENT_LIST_STACKING"]);
        let text = String::from_utf8_lossy(&found.stdout).into_owned();
        let ids = text.split_once('#').map(|(_, ids)| ids.trim().to_owned()).unwrap_or_default();
        let decimal = |id: &str| u64::from_str_radix(id.trim().trim_start_matches("0x"), 16).ok().map(|id| Self(id.to_string()));
        ids.split(',').filter_map(decimal).collect()
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

    /// Holds a key down while the window has the keyboard, until what this gives is dropped.
    pub fn hold(&self, key: &str) -> Held {
        assert!(self.has_focus(), "keys would go elsewhere");
        must("xdotool", &["keydown", key]);
        Held(key.to_owned())
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
