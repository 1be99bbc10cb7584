//! A person's desk: the desktop app as a process in folders of its own, and the terminal beside it.

use std::{
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use doorward_broker::{
    consent::view::QuestionView,
    control::{Front, Status},
};
use tempfile::TempDir;

use crate::{
    eventually, free_port,
    programs::{self, Process, bin},
    screen::OnScreen,
};

/// Where everything of one test lies. The keyring is the session's, so each desk has a profile of its own.
pub struct Desk {
    pub profile: String,
    pub port: u16,
    /// The desktop app, when this desk started it.
    pub app: Option<Process>,
    /// The process of the desktop app, however it was started. It ends with the desk.
    pub pid: u32,
    home: TempDir,
    /// What its programs find in their environment besides.
    variables: Vec<(String, String)>,
    /// Where the programs lie; a package's are elsewhere.
    bins: Option<PathBuf>,
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

impl Desk {
    /// A desk with the programs that were just built.
    pub fn new() -> Self {
        Self::with_programs_in(None)
    }

    /// A desk with the programs in this folder.
    pub fn with_programs_in(bins: Option<PathBuf>) -> Self {
        Self::at(TempDir::new().expect("a folder"), bins)
    }

    /// A desk whose programs are at home in this folder.
    pub fn at_home(home: TempDir) -> Self {
        Self::at(home, None)
    }

    fn at(home: TempDir, bins: Option<PathBuf>) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        for name in ["DISPLAY", "DBUS_SESSION_BUS_ADDRESS"] {
            assert!(std::env::var_os(name).is_some(), "{name} is not set: run these tests through scripts/headless.sh");
        }
        let profile = format!("t{}-{}", std::process::id(), LAST.fetch_add(1, Ordering::Relaxed));
        Self { profile, port: free_port(), app: None, pid: 0, home, variables: Vec::new(), bins }
    }

    /// The folder in which its programs are at home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Has programs that start from now on find a variable in their environment.
    pub fn with_variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Where `doorward` or `doorward-desktop` lies.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bins.as_ref().map_or_else(|| bin(name), |folder| folder.join(name))
    }

    /// A command that sees this desk's folders, and the screen and the keyring that are shared.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = programs::isolated(Path::new(program.as_ref()), self.home.path());
        command.env("DOORWARD_LOG", "info,doorward_broker=debug,doorward_desktop=debug");
        command.envs(self.variables.iter().cloned());
        command
    }

    /// The same for a program with windows; see [`Desk::complaints`].
    pub fn graphical(&self, program: impl AsRef<OsStr>) -> Command {
        let complaints = File::options().append(true).create(true).open(self.home.path().join("complaints")).expect("a file");
        let mut command = self.command(program);
        command.stderr(complaints);
        command
    }

    /// The arguments of the desktop app here.
    pub fn arguments(&self) -> [String; 4] {
        ["--profile".to_owned(), self.profile.clone(), "--port".to_owned(), self.port.to_string()]
    }

    /// Starts the desktop app without a window, and waits until it serves.
    pub async fn start_hidden(&mut self) {
        let app = Process::start(self.graphical(self.program("doorward-desktop")).args(self.arguments()).arg("--hidden"));
        let pid = app.0.id();
        self.app = Some(app);
        self.serving().await;
        assert_eq!(self.pid, pid);
    }

    /// Waits until the desktop app serves.
    pub async fn serving(&mut self) {
        let status = eventually("the desktop app serves", async || self.status()).await;
        assert_eq!(status.front, Front::Desktop);
        self.pid = status.pid;
    }

    /// Ends the desktop app as a crash would, and waits until it is gone.
    pub async fn kill(&mut self) {
        let running = PathBuf::from(format!("/proc/{}/exe", self.pid));
        assert!(signal(self.pid, "KILL"));
        drop(self.app.take());
        eventually("the process is gone", async || fs::read_link(&running).is_err().then_some(())).await;
    }

    /// Waits until the desktop app has ended, and says how.
    pub async fn ended(&mut self) -> ExitStatus {
        let app = &mut self.app.as_mut().expect("running").0;
        eventually("the desktop app ends", async || app.try_wait().expect("a child")).await
    }

    /// How the running Doorward is, if one runs.
    pub fn status(&self) -> Option<Status> {
        let output = self.terminal(&["status", "--json"]);
        output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("a status"))
    }

    /// What waits.
    pub fn requests(&self) -> Vec<QuestionView> {
        let output = self.terminal(&["requests", "--json"]);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).expect("requests")
    }

    /// Types `doorward …` where no person is.
    pub fn terminal(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(self.program("doorward"));
        command.args(["--profile", &self.profile]).args(arguments).output().expect("runs")
    }

    /// Types `doorward …` at a terminal, and answers what it asks with yes.
    pub fn person_types(&self, arguments: &str) {
        let line = format!("{} --profile {} {arguments}", self.program("doorward").display(), self.profile);
        let mut command = self.command("script");
        let mut child = command
            .args(["--quiet", "--return", "--command", &line, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script (util-linux) gives a terminal");
        std::io::Write::write_all(child.stdin.as_mut().expect("piped"), b"y\n").expect("typed");
        let output = child.wait_with_output().expect("ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    /// The window with this title, once it can be seen.
    pub async fn on_screen(&self, title: &str) -> OnScreen {
        eventually(&format!("the window {title:?}"), async || OnScreen::find(self.pid, title)).await
    }

    /// Waits until no window with this title can be seen.
    pub async fn off_screen(&self, title: &str) {
        eventually(&format!("{title:?} is gone"), async || OnScreen::find(self.pid, title).is_none().then_some(())).await;
    }

    /// The processes of the web views that the desktop app keeps.
    pub fn web_views(&self) -> Vec<u32> {
        let processes = fs::read_dir("/proc").expect("readable").flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        // `PID (NAME) STATE PARENT …`, with names of at most 15 characters.
        let web_view_of_ours = |pid: &u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let after_name = stat.split_once("(WebKitWebProces) ").map(|(_, rest)| rest);
            after_name.and_then(|rest| rest.split(' ').nth(1)) == Some(&self.pid.to_string())
        };
        processes.filter(web_view_of_ours).collect()
    }

    /// Puts a server behind Doorward.
    pub fn guard(&self, name: &str, url: &str) {
        self.person_types(&format!("add {name} {url}"));
    }

    /// An absolute address.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What programs with windows wrote to the standard error so far: GTK complains there about what the app does wrong.
    pub fn complaints(&self) -> String {
        fs::read_to_string(self.home.path().join("complaints")).unwrap_or_default()
    }

    /// What was logged so far.
    pub fn log(&self) -> String {
        let state = self.home.path().join(".local/state/doorward").join(format!("profile-{}", self.profile));
        fs::read_to_string(state.join("doorward.log")).unwrap_or_default()
    }
}

impl Drop for Desk {
    /// A failed test leaves behind what the screen showed, and the log.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/test-artifacts");
            let name = std::thread::current().name().unwrap_or("test").replace("::", "-");
            let picture = folder.join(format!("{name}.png"));
            let _ = fs::create_dir_all(&folder);
            let _ = fs::write(folder.join(format!("{name}.log")), self.log() + &self.complaints());
            let _ = Command::new("import").args(["-window", "root"]).arg(&picture).status();
            eprintln!("what the screen showed: {}", picture.display());
        }
        if self.app.is_none() && self.pid != 0 {
            signal(self.pid, "KILL");
        }
    }
}

/// Sends a process a signal; `false` when there is no such process.
pub fn signal(pid: u32, name: &str) -> bool {
    // The shell's own `kill`: there need not be another.
    let sent = Command::new("sh").arg("-c").arg(format!("kill -s {name} {pid}")).stderr(Stdio::null()).status();
    sent.expect("sh").success()
}
