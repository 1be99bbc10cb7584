//! What each client meets: a Doorward with a keyring of its own, a person who answers at another terminal, and a server behind
//! it, mostly the reference server.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use doorward_broker::{broker::AppView, consent::view::QuestionView};
use doorward_tests::{
    eventually, free_port,
    programs::{Process, isolated},
    session::{Keyring, Session},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStdin, ChildStdout, Command},
    task::JoinHandle,
};

/// A folder or file in `tests`.
pub fn tests(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A guarded server, with one client before it.
pub struct Door {
    port: u16,
    home: TempDir,
    answer: &'static [&'static str],
    answered: Arc<Mutex<Vec<QuestionView>>>,
    person: JoinHandle<()>,
    session: Arc<Session>,
    _broker: Process,
    _server: Option<Process>,
}

impl Door {
    /// One with a person who says yes to everything.
    pub async fn allowing() -> Self {
        Self::with_a_person_who_types(&["approve", "--all"]).await
    }

    /// One with a person who says no.
    pub async fn denying() -> Self {
        Self::with_a_person_who_types(&["deny"]).await
    }

    /// One with a person who says yes to everything, these settings (`config.toml`), and the server at `url`, which the caller keeps.
    pub async fn allowing_to(url: &str, settings: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        Self::open(&["approve", "--all"], settings, url, home, None).await
    }

    async fn with_a_person_who_types(answer: &'static [&'static str]) -> Self {
        let (behind, home) = (free_port(), tempfile::tempdir().expect("a folder"));
        let program = tests("clients/node_modules/@modelcontextprotocol/server-everything/dist/index.js");
        assert!(program.exists(), "{} is missing: run these tests with `make interop`", program.display());
        let mut server = isolated(Path::new("node"), home.path());
        server.arg(program).arg("streamableHttp").env("PORT", behind.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Process::start(&mut server);
        eventually("the server listens", async || TcpStream::connect(("127.0.0.1", behind)).await.ok()).await;
        Self::open(answer, "", &format!("http://127.0.0.1:{behind}/mcp"), home, Some(server)).await
    }

    async fn open(answer: &'static [&'static str], settings: &str, url: &str, home: TempDir, server: Option<Process>) -> Self {
        let (session, port) = (Arc::new(Session::with(Keyring::Unlocked)), free_port());
        let folder = session.home().join(".config/doorward/profile-ci");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("config.toml"), settings).expect("written");
        let broker = session.serve_scripted(port);
        doorward(&session, &["add", "everything", url, "--yes"]).await;
        let answered = Arc::default();
        let person = tokio::spawn(answer_everything(session.clone(), answer, Arc::clone(&answered)));
        Self { port, home, answer, answered, person, session, _broker: broker, _server: server }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where clients find the server.
    pub fn url(&self) -> String {
        format!("{}/mcp/everything", self.issuer())
    }

    /// Doorward itself.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The client's home folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Fails unless this program asked so many times, and prints what was seen of it.
    pub async fn was_asked_by(&self, name: &str, times: u64) {
        // What comes late counts.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let answered = self.answered.lock().expect("lock").clone();
        let registrations = self.log().matches("a client registered").count();
        println!("{name}: {registrations} registration(s), {} question(s), {}", answered.len(), self.answer.join(" "));
        // Doorward counts its questions from 1.
        assert_eq!(answered.iter().map(|question| question.id).collect::<Vec<_>>(), Vec::from_iter(1..=times), "{answered:#?}");
        assert!(answered.iter().all(|question| question.client_name.as_deref() == Some(name)), "{answered:#?}");
        assert!(registrations > 0);
    }

    /// Fails unless exactly this program may use the server, and has used it.
    pub async fn is_used_by(&self, name: &str) {
        let apps = self.apps().await;
        assert!(matches!(apps.as_slice(), [app] if app.name.as_deref() == Some(name)), "{apps:#?}");
        assert!(apps[0].grants.iter().any(|grant| grant.server == "everything" && grant.last_used_at.is_some()), "{apps:#?}");
        self.was_asked_by(name, 1).await;
    }

    /// Fails unless this program asked so many times in vain.
    pub async fn stayed_shut_for(&self, name: &str, asked: u64) {
        assert!(self.apps().await.is_empty());
        self.was_asked_by(name, asked).await;
    }

    async fn apps(&self) -> Vec<AppView> {
        serde_json::from_str(&doorward(&self.session, &["apps", "--json"]).await).expect("apps")
    }

    /// Runs `doorward` to its end and gives what it printed.
    pub async fn doorward(&self, arguments: &[&str]) -> String {
        doorward(&self.session, arguments).await
    }

    /// From now on nobody answers.
    pub fn stops_answering(&self) {
        self.person.abort();
    }

    /// What Doorward wrote down.
    fn log(&self) -> String {
        fs::read_to_string(self.session.home().join(".local/state/doorward/profile-ci/doorward.log")).expect("a log")
    }

    /// What programs that were talked to wrote to their standard error.
    fn complaints(&self) -> PathBuf {
        self.home().join("complaints")
    }

    /// A program in a home of its own. It sees nothing of this user's environment but where programs are.
    pub fn command(&self, program: &str) -> Command {
        // opencode by its folder: the package around it wants packages for systems that not every registry has.
        let opencode = "interop/node_modules/opencode-linux-x64-baseline/bin";
        let clients = ["interop/bin", "interop/node_modules/.bin", opencode, "../target/interop-venv/bin"].map(tests);
        let path = std::env::var_os("PATH").expect("a PATH");
        let path = std::env::join_paths(clients.into_iter().chain(std::env::split_paths(&path))).expect("a PATH");
        let folders = isolated(Path::new(program), self.home());
        let mut command = Command::new(program);
        command.env_clear().envs(folders.get_envs().map(|(name, value)| (name, value.expect("set"))));
        command.env("PATH", path).env("BROWSER", tests("interop/bin/xdg-open")).env("NO_COLOR", "1").current_dir(self.home());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Types a line at a terminal, and waits for it to end.
    pub async fn types(&self, line: &str) -> Typed {
        self.types_and_answers(line, "", "").await
    }

    /// The same; when the terminal shows this question, types this answer.
    pub async fn types_and_answers(&self, line: &str, question: &str, answer: &str) -> Typed {
        let mut script = self.command("script");
        let mut script = script.args(["--quiet", "--return", "--command", line, "/dev/null"]).spawn().expect("script (util-linux)");
        // The terminal stays open until the line ends.
        let mut keyboard = script.stdin.take().expect("piped");
        let (mut screen, mut shown) = (script.stdout.take().expect("piped"), Vec::new());
        let to_the_end = async {
            let mut answer = answer.as_bytes();
            while screen.read_buf(&mut shown).await.expect("reads") > 0 {
                if String::from_utf8_lossy(&shown).contains(question) {
                    keyboard.write_all(std::mem::take(&mut answer)).await.expect("typed");
                }
            }
            script.wait().await.expect("ends")
        };
        let status = tokio::time::timeout(Duration::from_secs(60), to_the_end).await;
        let shown = String::from_utf8_lossy(&shown).into_owned();
        let status = status.unwrap_or_else(|_| panic!("{line} does not end:\n{shown}"));
        Typed { line: line.to_owned(), ok: status.success(), shown }
    }

    /// Starts a program that speaks JSON-RPC on its standard streams.
    pub fn talks_to(&self, program: &str, arguments: &[&str]) -> Talk {
        let complaints = File::create(self.complaints()).expect("a file");
        let mut process = self.command(program).args(arguments).stderr(complaints).spawn().expect("starts");
        let input = process.stdin.take().expect("piped");
        let output = BufReader::new(process.stdout.take().expect("piped")).lines();
        Talk { _process: process, input, output, last: 0 }
    }
}

impl Drop for Door {
    /// A failed test says what both sides wrote down.
    fn drop(&mut self) {
        self.person.abort();
        if std::thread::panicking() {
            eprintln!("{}\n{}", self.log(), fs::read_to_string(self.complaints()).unwrap_or_default());
        }
    }
}

/// Runs `doorward` to its end and gives what it printed.
async fn doorward(session: &Session, arguments: &[&str]) -> String {
    let mut command = Command::from(session.program("doorward"));
    let output = command.args(["--profile", "ci"]).args(arguments).output().await.expect("runs");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The person: looks again and again, and answers what waits.
async fn answer_everything(session: Arc<Session>, answer: &'static [&'static str], answered: Arc<Mutex<Vec<QuestionView>>>) {
    loop {
        let waiting = doorward(&session, &["requests", "--json"]).await;
        for question in serde_json::from_str::<Vec<QuestionView>>(&waiting).expect("requests") {
            doorward(&session, &[answer, &[question.id.to_string().as_str()]].concat()).await;
            answered.lock().expect("lock").push(question);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What came of a line that was typed.
pub struct Typed {
    line: String,
    ok: bool,
    shown: String,
}

impl Typed {
    /// Fails unless it ended well. Gives what it showed.
    pub fn succeeded(self) -> String {
        assert!(self.ok, "{} failed:\n{}", self.line, self.shown);
        self.shown
    }

    /// What it showed, however it ended.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Fails unless it ended badly. Gives what it showed.
    pub fn failed(self) -> String {
        assert!(!self.ok, "{} succeeded:\n{}", self.line, self.shown);
        self.shown
    }
}

/// A talk in JSON-RPC, a message a line.
pub struct Talk {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    last: u64,
}

impl Talk {
    /// Asks, and gives the result.
    pub async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        self.send(json!({ "jsonrpc": "2.0", "id": self.last, "method": method, "params": params })).await;
        let answer = tokio::time::timeout(Duration::from_secs(60), self.answer()).await;
        let mut answer = answer.unwrap_or_else(|_| panic!("no answer to {method}"));
        assert!(answer["result"].is_object(), "{method}: {answer}");
        answer["result"].take()
    }

    /// Tells.
    pub async fn tell(&mut self, method: &str) {
        self.send(json!({ "jsonrpc": "2.0", "method": method })).await;
    }

    async fn send(&mut self, message: Value) {
        self.input.write_all(format!("{message}\n").as_bytes()).await.expect("listens");
    }

    async fn answer(&mut self) -> Value {
        loop {
            let line = self.output.next_line().await.expect("reads").expect("it answers before it ends");
            let message: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if message["id"] == self.last && message["method"].is_null() {
                return message;
            }
        }
    }
}
