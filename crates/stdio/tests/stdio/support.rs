//! A server of the tests and its clients.

use std::{
    future::Future,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, Response, StatusCode},
};
use doorward_stdio::{CallerKey, Command, Commanding, Launch, NoCommand, Server, Settings, State, Value as Variable};
use http_body_util::BodyExt;
use serde_json::{Value, json};

/// How long anything may take that takes no time.
pub(crate) const SOON: Duration = Duration::from_secs(20);
pub(crate) const MODERN: &str = "2026-07-28";

/// Waits, and fails rather than for ever.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what).await.expect("it takes too long")
}

/// A command that is always the same, and counts how often it was asked for.
pub(crate) struct Fixed {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) folder: PathBuf,
    pub(crate) environment: Vec<(String, Variable)>,
    pub(crate) asked: AtomicU32,
    pub(crate) refuses: Option<String>,
}

impl Fixed {
    /// The fake server with these arguments.
    pub(crate) fn fake(arguments: &[&str]) -> Self {
        Self::new(env!("CARGO_BIN_EXE_fake-mcp-server"), arguments)
    }

    pub(crate) fn new(program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            folder: std::env::temp_dir(),
            environment: vec![("PATH".to_owned(), Variable::Plain(std::env::var("PATH").expect("there is one")))],
            asked: AtomicU32::new(0),
            refuses: None,
        }
    }

    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Launch for Fixed {
    fn command(&self) -> Commanding<'_> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let command = Command {
            program: self.program.clone(),
            arguments: self.arguments.clone(),
            folder: self.folder.clone(),
            environment: self.environment.clone(),
        };
        let answer = self.refuses.clone().map_or(Ok(command), |why| Err(NoCommand(doorward_words::Said::verbatim(why))));
        Box::pin(async move { answer })
    }
}

/// Times in which a test can wait.
pub(crate) fn settings() -> Settings {
    Settings {
        probe: Duration::from_millis(500),
        first_wait: Duration::from_millis(100),
        farewell: Duration::from_secs(5),
        keep_alive: Duration::from_secs(10),
        ..Settings::default()
    }
}

/// A fake server.
pub(crate) fn fake(arguments: &[&str]) -> Server {
    Server::new("files", Arc::new(Fixed::fake(arguments)), settings())
}

/// An answer, or the beginning of one.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Body,
    read: String,
}

impl Answer {
    fn of(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status, headers: head.headers, body, read: String::new() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.header("content-type") == "text/event-stream"
    }

    /// The next event, or `None` at the end. Comments are passed over.
    ///
    /// # Panics
    /// When the stream breaks off.
    pub(crate) async fn event(&mut self) -> Option<Value> {
        self.try_event().await.expect("it does not break off")
    }

    /// The same, with an error where the stream breaks off.
    pub(crate) async fn try_event(&mut self) -> Result<Option<Value>, String> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: ")).map(str::to_owned);
                self.read = rest.to_owned();
                match data {
                    Some(data) => return Ok(Some(serde_json::from_str(&data).expect("JSON"))),
                    None => continue,
                }
            }
            match soon(self.body.frame()).await {
                None => return Ok(None),
                Some(Err(why)) => return Err(why.to_string()),
                Some(Ok(frame)) => self.read.push_str(std::str::from_utf8(&frame.into_data().expect("data")).expect("text")),
            }
        }
    }

    /// The one message that the answer is, or the last event of it.
    pub(crate) async fn message(&mut self) -> Value {
        if self.is_stream() {
            let mut last = Value::Null;
            while let Some(event) = self.event().await {
                last = event;
            }
            return last;
        }
        let body = soon(std::mem::take(&mut self.body).collect()).await.expect("reads").to_bytes();
        if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).expect("JSON") }
    }

    /// The text of a tool's answer.
    pub(crate) async fn text(&mut self) -> String {
        let message = self.message().await;
        message["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {message}")).to_owned()
    }

    /// The code and the sentence of an error.
    pub(crate) async fn error(&mut self) -> (i64, String) {
        let message = self.message().await;
        let error = &message["error"];
        (error["code"].as_i64().unwrap_or_else(|| panic!("no error: {message}")), error["message"].as_str().unwrap_or_default().to_owned())
    }
}

/// Sends anything.
pub(crate) async fn send(server: &Server, caller: &str, method: Method, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let mut request = Request::new(body.into());
    *request.method_mut() = method;
    for (name, value) in headers {
        let name: axum::http::HeaderName = name.parse().expect("a name");
        request.headers_mut().append(name, axum::http::HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
    }
    Answer::of(soon(server.call(CallerKey::new(caller), request)).await)
}

pub(crate) const ACCEPT: (&str, &str) = ("accept", "application/json, text/event-stream");

/// A client of today.
#[derive(Clone)]
pub(crate) struct Modern {
    pub(crate) server: Server,
    pub(crate) caller: &'static str,
}

impl Modern {
    pub(crate) fn new(server: &Server) -> Self {
        Self { server: server.clone(), caller: "grant-1" }
    }

    pub(crate) fn body(id: &Value, method: &str, params: &Value) -> Value {
        let mut params = params.clone();
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        });
        for (name, value) in meta.as_object().expect("an object") {
            if params["_meta"][name].is_null() {
                params["_meta"][name] = value.clone();
            }
        }
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
    }

    pub(crate) async fn ask_as(&self, id: Value, method: &str, params: Value) -> Answer {
        let name = params["name"].as_str().or(params["uri"].as_str()).unwrap_or_default().to_owned();
        let mut headers = vec![ACCEPT, ("mcp-protocol-version", MODERN), ("mcp-method", method)];
        if matches!(method, "tools/call" | "prompts/get" | "resources/read") {
            headers.push(("mcp-name", &name));
        }
        send(&self.server, self.caller, Method::POST, &headers, Self::body(&id, method, &params).to_string()).await
    }

    pub(crate) async fn ask(&self, method: &str, params: Value) -> Answer {
        self.ask_as(json!(1), method, params).await
    }

    pub(crate) async fn tool(&self, name: &str, arguments: Value) -> Answer {
        self.ask("tools/call", json!({ "name": name, "arguments": arguments })).await
    }
}

/// A client of before, in a session.
#[derive(Clone)]
pub(crate) struct Legacy {
    pub(crate) server: Server,
    pub(crate) caller: &'static str,
    pub(crate) session: String,
    pub(crate) begun: Value,
}

impl Legacy {
    pub(crate) async fn open(server: &Server) -> Self {
        Self::open_as(server, "grant-1", "2025-11-25").await
    }

    pub(crate) async fn open_as(server: &Server, caller: &'static str, version: &str) -> Self {
        let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "old", "version": "1" } });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string();
        let mut answer = send(server, caller, Method::POST, &[ACCEPT], body).await;
        assert_eq!(answer.status, StatusCode::OK);
        let session = answer.header("mcp-session-id").to_owned();
        let begun = answer.message().await["result"].take();
        let client = Self { server: server.clone(), caller, session, begun };
        assert_eq!(client.tell("notifications/initialized", json!({})).await, StatusCode::ACCEPTED);
        client
    }

    pub(crate) async fn send(&self, method: Method, body: impl Into<Bytes>) -> Answer {
        let version = self.begun["protocolVersion"].as_str().expect("a version").to_owned();
        let headers = [ACCEPT, ("mcp-session-id", &self.session), ("mcp-protocol-version", &version)];
        send(&self.server, self.caller, method, &headers, body).await
    }

    pub(crate) async fn ask_as(&self, id: Value, method: &str, params: Value) -> Answer {
        self.send(Method::POST, json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()).await
    }

    pub(crate) async fn ask(&self, method: &str, params: Value) -> Answer {
        self.ask_as(json!(1), method, params).await
    }

    pub(crate) async fn tool(&self, name: &str, arguments: Value) -> Answer {
        self.ask("tools/call", json!({ "name": name, "arguments": arguments })).await
    }

    pub(crate) async fn tell(&self, method: &str, params: Value) -> StatusCode {
        self.send(Method::POST, json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()).await.status
    }

    pub(crate) async fn listen(&self) -> Answer {
        let answer = self.send(Method::GET, "").await;
        assert!(answer.status == StatusCode::OK && answer.is_stream());
        answer
    }
}

/// Waits until the log has a line like that, and returns how many there are then.
pub(crate) async fn logged(server: &Server, part: &str) -> usize {
    let mut changes = server.log_changes();
    soon(async {
        loop {
            changes.mark_unchanged();
            let found = server.log().iter().filter(|line| line.text.contains(part)).count();
            if found > 0 {
                return found;
            }
            changes.changed().await.expect("the server is there");
        }
    })
    .await
}

/// Waits until the server is in a state like that.
pub(crate) async fn becomes(server: &Server, like: impl FnMut(&State) -> bool) -> State {
    soon(server.changes().wait_for(like)).await.expect("the server is there").clone()
}

pub(crate) fn pid(server: &Server) -> u32 {
    match server.state() {
        State::Running { pid, .. } => pid,
        other => panic!("it does not run: {other:?}"),
    }
}

/// Whether a process is there, and no zombie.
pub(crate) fn lives(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Waits until a process is gone.
pub(crate) async fn gone(pid: u32) {
    soon(async {
        while lives(pid) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// Runs a test in a process of its own, and sees to it that this never takes more memory than that, in MiB.
pub(crate) fn within(most: u64, name: &str, test: impl Future<Output = ()>) {
    const ALONE: &str = "DOORWARD_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let program = std::env::current_exe().expect("this program");
        let run = std::process::Command::new(program).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().expect("runs");
        let said = [run.stdout, run.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(run.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime").block_on(test);
    let status = std::fs::read_to_string("/proc/self/status").expect("reads");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("there is one");
    let peak: u64 = peak.trim().trim_end_matches(" kB").trim().parse().expect("a number");
    assert!(peak / 1024 < most, "it took {} MiB", peak / 1024);
}
