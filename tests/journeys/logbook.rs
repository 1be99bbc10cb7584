//! The log of a full run: each refusal has a line with a trace id, and no secret is in any line, however much is logged.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use doorward_broker::control::{Choice, Command, Reply, client};
use doorward_oauth::consent::After;
use doorward_tests::{
    caller::BROWSER,
    eventually,
    flow::{INITIALIZE, PING, REDIRECT, challenge, form, param},
    free_port,
    http::{Answer, raw, request},
    programs::Process,
    upstream::Upstream,
};
use rusqlite::{Connection, TransactionBehavior};
use serde_json::{Value, json};

use crate::{
    keyring::secret_tool,
    session::{Keyring, Session, as_another_user},
};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const JSON: &str = "Content-Type: application/json";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const CONFIG: &str = "client_id_metadata_documents = true\n[limits]\nbody_seconds = 1\nregistrations = 1000\nregistrations_per_program = 1000\n\
                      questions_per_program = 50\n";

fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("no {name}: {json}")).to_owned()
}

fn basic(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// A broker in a process of its own that logs all there is, and everything secret that passed so far.
struct Run {
    session: Session,
    to: SocketAddr,
    broker: Option<Process>,
    secrets: Vec<(&'static str, String)>,
    numbers: Vec<u8>,
}

/// One login: who asks, for what, and what only it knows.
struct Login {
    client: String,
    verifier: String,
    state: String,
    server: &'static str,
}

impl Run {
    async fn start() -> Self {
        let (session, port) = (Session::with(Keyring::Unlocked), free_port());
        let config = session.home().join(".config/doorward/profile-ci");
        std::fs::create_dir_all(&config).expect("a folder");
        std::fs::write(config.join("config.toml"), CONFIG).expect("written");
        let to = SocketAddr::from(([127, 0, 0, 1], port));
        let mut this = Self { session, to, broker: None, secrets: Vec::new(), numbers: Vec::new() };
        this.serve().await;
        this
    }

    /// Starts the broker, anew if there was one.
    async fn serve(&mut self) {
        self.broker = None;
        let mut command = self.session.program("doorward");
        let port = self.to.port().to_string();
        command.args(["--profile", "ci", "serve", "--no-gui", "--scripted-approval", "--port", &port]).env("DOORWARD_LOG", "trace");
        self.broker = Some(Process::start(command.stderr(Stdio::null())));
        eventually("it serves", async || client::call(&self.socket(), &Command::Status).await.ok()).await;
    }

    fn socket(&self) -> PathBuf {
        self.session.home().join("run/doorward/profile-ci/control.sock")
    }

    async fn command(&self, command: Command) -> Reply {
        client::call(&self.socket(), &command).await.expect("answered")
    }

    /// All files of the log.
    fn log(&self) -> String {
        let folder = self.session.home().join(".local/state/doorward/profile-ci");
        let files = std::fs::read_dir(folder).expect("a log").flatten().filter(|entry| entry.path().is_file());
        files.map(|entry| String::from_utf8_lossy(&std::fs::read(entry.path()).expect("reads")).into_owned()).collect()
    }

    fn traces(&self) -> usize {
        self.log().matches("trace=").count()
    }

    fn secret(&mut self, what: &'static str, text: impl Into<String>) {
        self.secrets.push((what, text.into()));
    }

    async fn send(&self, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
        raw(self.to, request(method, target, &self.to.to_string(), headers, body).as_bytes()).await
    }

    async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.send("POST", path, &[FORM], &form(pairs)).await
    }

    /// A request that is refused with this status, and leaves a line.
    async fn refused(&self, status: u16, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
        let before = self.traces();
        let answer = self.send(method, target, headers, body).await;
        assert_eq!(answer.status, status, "{method} {target} {headers:?} {body:.200}: {answer:?}");
        let log = self.log();
        assert_eq!(log.matches("trace=").count(), before + 1, "one line for {method} {target} {headers:?} {body:.200}");
        if let Some(trace) =
            answer.headers.iter().any(|(_, value)| value.contains("problem+json")).then(|| text(&answer.json(), "trace_id"))
        {
            assert!(log.contains(&format!("trace=\"{trace}\"")), "the answer names the line: {trace}");
        }
        answer
    }

    async fn refused_form(&self, status: u16, path: &str, pairs: &[(&str, &str)]) -> Answer {
        self.refused(status, "POST", path, &[FORM], &form(pairs)).await
    }

    /// An authorization request that is refused by redirect, and leaves a line.
    async fn sent_back(&self, error: &str, query: &str) {
        let answer = self.refused(303, "GET", &format!("/oauth/authorize?{query}"), &[], "").await;
        let to = answer.header("location").expect("a redirect");
        assert_eq!(param(to, "error").as_deref(), Some(error), "{to}");
    }

    async fn register(&mut self, method: &str) -> Value {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let name = format!("agent {}", LAST.fetch_add(1, Ordering::Relaxed));
        let grants = ["authorization_code", "refresh_token", DEVICE];
        let body = json!({ "client_name": name, "redirect_uris": [REDIRECT], "grant_types": grants, "token_endpoint_auth_method": method });
        let answer = self.send("POST", "/oauth/register", &[JSON], &body.to_string()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let client = answer.json();
        for name in ["client_secret", "registration_access_token"] {
            if let Some(secret) = client[name].as_str() {
                self.secret(name, secret);
            }
        }
        client
    }

    fn login(&mut self, client: &str, server: &'static str) -> Login {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let n = LAST.fetch_add(1, Ordering::Relaxed);
        let login = Login {
            client: client.to_owned(),
            verifier: format!("verifier-{n}-{}", "~".repeat(43)),
            state: format!("state-of-{n}-that-nobody-knows"),
            server,
        };
        self.secret("verifier", &login.verifier);
        self.secret("state", &login.state);
        login
    }

    fn query(&self, login: &Login, more: &[(&str, &str)]) -> String {
        let challenge = challenge(&login.verifier);
        let resource = match login.server {
            "signed" => "http://127.0.0.1:9/mcp".to_owned(),
            name => format!("http://{}/mcp/{name}", self.to),
        };
        let usual = [
            ("response_type", "code"),
            ("client_id", login.client.as_str()),
            ("redirect_uri", REDIRECT),
            ("state", login.state.as_str()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &resource),
        ];
        let kept = usual.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        form(&kept.chain(more.iter().copied()).collect::<Vec<_>>())
    }

    async fn ticket(&mut self, login: &Login) -> String {
        let answer = self.send("GET", &format!("/oauth/authorize?{}", self.query(login, &[])), &[], "").await;
        let ticket = answer.header("location").expect("a ticket").to_owned();
        self.secret("ticket", ticket.rsplit('/').next().expect("its text"));
        ticket
    }

    /// Answers the next question.
    async fn answer(&mut self, command: impl Fn(u64) -> Command) {
        let question = eventually("a question", async || match self.command(Command::Requests).await {
            Reply::Requests(mut open) if !open.is_empty() => Some(open.remove(0)),
            _ => None,
        })
        .await;
        if let Some(code) = &question.user_code {
            self.secret("user code", code.as_str());
        }
        self.numbers.extend(question.number);
        assert_eq!(self.command(command(question.id)).await, Reply::Done);
    }

    /// Waits for the answer to a ticket and gives where it leads.
    async fn decided(&mut self, ticket: &str, command: impl Fn(u64) -> Command) -> String {
        let (to, held) = (self.to, request("GET", ticket, &self.to.to_string(), &[], ""));
        let waiting = tokio::spawn(async move { raw(to, held.as_bytes()).await });
        self.answer(command).await;
        waiting.await.expect("joined").header("location").expect("a redirect").to_owned()
    }

    async fn code(&mut self, login: &Login) -> String {
        let ticket = self.ticket(login).await;
        let to = self.decided(&ticket, |id| Command::Approve { id, typed: None, choice: Choice::default() }).await;
        let code = param(&to, "code").unwrap_or_else(|| panic!("no code: {to}"));
        self.secret("code", &code);
        code
    }

    fn tokens(&mut self, answer: &Answer) -> (String, String) {
        assert_eq!(answer.status, 200, "{answer:?}");
        let (access, refresh) = (text(&answer.json(), "access_token"), text(&answer.json(), "refresh_token"));
        self.secret("access token", &access);
        self.secret("refresh token", &refresh);
        (access, refresh)
    }

    async fn redeem(&mut self, login: &Login, code: &str) -> (String, String) {
        let answer = self.post("/oauth/token", &redemption(login, code)).await;
        self.tokens(&answer)
    }

    /// What lies in the keyring, in each way it could be written down.
    fn keyring_items(&mut self) {
        let found = secret_tool(&self.session, &["search", "--all", "service", "doorward-ci"]);
        let items: Vec<String> = found.lines().filter_map(|line| line.strip_prefix("secret = ").map(str::to_owned)).collect();
        assert_eq!(items.len(), 2, "the verifier key and the signing keys: {}", found.lines().count());
        for item in items {
            let bytes = STANDARD.decode(&item).expect("base64");
            self.secret("hexadecimal", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            self.secret("as Rust prints bytes", bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", "));
            self.secret("base64url", URL_SAFE_NO_PAD.encode(&bytes));
            if let Ok(keys) = serde_json::from_slice::<Value>(&bytes) {
                self.secret("a signing key", text(&keys[0], "pkcs8"));
            }
            self.secret("as it rests", item);
        }
    }

    fn no_secret_is_in_the_log(&self) {
        let log = self.log();
        assert!(log.contains("TRACE") && log.contains("a client registered"), "the log has everything");
        for (what, secret) in &self.secrets {
            // Tokens without their prefix, too: the 43 characters are the secret.
            let body = if secret.starts_with("dw") { &secret[4..] } else { secret };
            if let Some(at) = log.find(body) {
                let line = log[..at].rsplit('\n').next().unwrap_or_default();
                panic!("{what} is in the log: {line}…");
            }
        }
        for (at, _) in log.match_indices("number") {
            let after: String = log[at..].chars().take(24).collect();
            assert!(!self.numbers.iter().any(|number| after.contains(&number.to_string())), "{after}");
        }
    }
}

fn redemption<'a>(login: &'a Login, code: &'a str) -> [(&'static str, &'a str); 4] {
    [("grant_type", "authorization_code"), ("client_id", &login.client), ("code", code), ("code_verifier", &login.verifier)]
}

async fn the_door(run: &Run) {
    let host = run.to.to_string();
    for head in [format!("Host: {host}\r\nHost: {host}"), "Host: evil.test".to_owned()] {
        let before = run.traces();
        let answer = raw(run.to, format!("GET /oauth/jwks HTTP/1.1\r\n{head}\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert!(matches!(answer.status, 400 | 403), "{answer:?}");
        assert_eq!(run.traces(), before + 1, "{head}");
    }
    run.refused(403, "POST", "/oauth/register", &[JSON, "Origin: https://evil.test"], "{}").await;
    run.refused(403, "GET", "/oauth/authorize", &["Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image", "Sec-Fetch-Site: cross-site"], "")
        .await;
    run.refused(404, "GET", "/nothing", &[], "").await;
    run.refused(404, "GET", "/nothing", &["Accept: application/problem+json"], "").await;
    run.refused(405, "GET", "/oauth/token", &[], "").await;
    run.refused(400, "POST", "/oauth/token", &["Content-Type: text/plain"], "x").await;
    run.refused(413, "POST", "/oauth/token", &[FORM], &"x".repeat(70_000)).await;
    let before = run.traces();
    let half = format!("POST /oauth/token HTTP/1.1\r\nHost: {host}\r\n{FORM}\r\nContent-Length: 100\r\n\r\ngrant_type=");
    assert_eq!(tokio::time::timeout(Duration::from_secs(10), raw(run.to, half.as_bytes())).await.expect("in time").status, 400);
    assert_eq!(run.traces(), before + 1, "a body that does not come");
    let url = format!("http://{host}/oauth/jwks");
    let before = run.traces();
    let output = as_another_user(&["curl", "--silent", &url]).output().expect("curl");
    assert!(String::from_utf8_lossy(&output.stdout).contains("only the user who started it"), "{output:?}");
    assert_eq!(run.traces(), before + 1, "another user");
}

async fn registrations(run: &mut Run) {
    for body in
        ["{", "[]", "{}", "{\"redirect_uris\":[\"javascript:alert(1)\"]}", "{\"redirect_uris\":[\"http://127.0.0.1/\"],\"scope\":\"\\\"\"}"]
    {
        run.refused(400, "POST", "/oauth/register", &[JSON], body).await;
    }
    let client = run.register("client_secret_post").await;
    let (path, management) = (format!("/oauth/register/{}", text(&client, "client_id")), text(&client, "registration_access_token"));
    let bearer = format!("Authorization: Bearer {management}");
    assert_eq!(run.send("GET", &path, &[&bearer], "").await.status, 200);
    run.refused(400, "PUT", &path, &[&bearer, JSON], "{\"redirect_uris\":[\"http://127.0.0.1/\"]}").await;
    let body = json!({ "client_id": client["client_id"], "client_name": "anew", "redirect_uris": [REDIRECT], "client_secret": client["client_secret"],
        "token_endpoint_auth_method": "client_secret_post" });
    let replaced = run.send("PUT", &path, &[&bearer, JSON], &body.to_string()).await;
    assert_eq!(replaced.status, 200, "{replaced:?}");
    let (management, secret) = (text(&replaced.json(), "registration_access_token"), text(&replaced.json(), "client_secret"));
    let bearer = format!("Authorization: Bearer {management}");
    run.secret("management token", management);
    run.secret("client secret", secret);
    run.refused(401, "GET", &path, &["Authorization: Bearer dwm_x"], "").await;
    assert_eq!(run.send("DELETE", &path, &[&bearer], "").await.status, 204);
    run.refused(401, "DELETE", &path, &[&bearer], "").await;
}

async fn authorizations(run: &mut Run) {
    let client = text(&run.register("none").await, "client_id");
    let login = run.login(&client, "everything");
    for query in [
        "%ff=1".to_owned(),
        "response_type=code".to_owned(),
        run.query(&login, &[("client_id", "unknown")]),
        run.query(&login, &[("client_id", "https://localhost/client.json")]),
        run.query(&login, &[("redirect_uri", "https://evil.test/")]),
        run.query(&login, &[("request_uri", &format!("urn:ietf:params:oauth:request_uri:dwp_{}", "x".repeat(43)))]),
    ] {
        run.refused(400, "GET", &format!("/oauth/authorize?{query}"), &[], "").await;
    }
    for (error, more) in [
        ("invalid_request", [("code_challenge_method", "plain")]),
        ("invalid_request", [("code_challenge", "short")]),
        ("unsupported_response_type", [("response_type", "token")]),
        ("invalid_target", [("resource", "http://127.0.0.1:1/mcp/other")]),
        ("invalid_scope", [("scope", "\"")]),
        ("request_not_supported", [("request", "ey")]),
        ("interaction_required", [("prompt", "none")]),
    ] {
        run.sent_back(error, &run.query(&login, &more)).await;
    }
    // A no of the person.
    let ticket = run.ticket(&login).await;
    let before = run.traces();
    let to = run.decided(&ticket, |id| Command::Deny { id, reason: None, after: After::Nothing, all: false }).await;
    assert_eq!((param(&to, "error").as_deref(), run.traces()), (Some("access_denied"), before + 1));
    run.refused(410, "GET", &ticket, &[], "").await;
    run.refused(410, "GET", "/oauth/authorize/wait/dwt_x", &[], "").await;
    // In a browser, with a number. Another program: this one was denied a moment ago.
    let client = text(&run.register("none").await, "client_id");
    let login = run.login(&client, "everything");
    let ticket = run.ticket(&login).await;
    let page = run.send("GET", &ticket, &BROWSER, "").await;
    assert!(page.status == 200 && page.body.contains("<strong>"), "{page:?}");
    run.answer(|id| Command::Approve { id, typed: None, choice: Choice::default() }).await;
    let answer = run.send("GET", &format!("{ticket}/hold/1"), &BROWSER, "").await;
    let code = param(answer.header("location").expect("a redirect"), "code").expect("a code");
    run.secret("code", code);
    // Pushed, and asked for by a program that fetches the answer itself.
    let login = run.login(&client, "everything");
    let pushed = run.send("POST", "/oauth/par", &[FORM], &run.query(&login, &[])).await.json();
    let name = text(&pushed, "request_uri");
    run.secret("pushed", name.rsplit(':').next().expect("a name"));
    let query = form(&[("client_id", &client), ("request_uri", &name)]);
    let ticket = run.send("GET", &format!("/oauth/authorize?{query}"), &[], "").await.header("location").expect("a ticket").to_owned();
    run.secret("ticket", ticket.rsplit('/').next().expect("its text"));
    let to = run.decided(&ticket, |id| Command::Approve { id, typed: None, choice: Choice::default() }).await;
    run.secret("code", param(&to, "code").expect("a code"));
    run.refused(400, "POST", "/oauth/par", &[FORM], &run.query(&login, &[("redirect_uri", "https://evil.test/")])).await;
    run.refused(400, "POST", "/oauth/par", &[FORM], &run.query(&login, &[("request_uri", &name)])).await;
    devices(run, &client).await;
}

async fn devices(run: &mut Run, client: &str) {
    let resource = format!("http://{}/mcp/everything", run.to);
    for allowed in [true, false] {
        let asked = run.post("/oauth/device_authorization", &[("client_id", client), ("resource", &resource)]).await.json();
        let code = text(&asked, "device_code");
        run.secret("device code", &code);
        run.secret("user code", text(&asked, "user_code"));
        let poll = [("grant_type", DEVICE), ("client_id", client), ("device_code", &code)];
        assert_eq!(run.refused_form(400, "/oauth/token", &poll).await.error(), "authorization_pending");
        assert_eq!(run.refused_form(400, "/oauth/token", &poll).await.error(), "slow_down");
        if allowed {
            run.answer(|id| Command::Approve { id, typed: None, choice: Choice::default() }).await;
            let answer = eventually("the tokens", async || {
                let answer = run.post("/oauth/token", &poll).await;
                (answer.status == 200).then_some(answer)
            })
            .await;
            run.tokens(&answer);
        } else {
            run.answer(|id| Command::Deny { id, reason: None, after: After::Nothing, all: false }).await;
            eventually("the no", async || {
                let answer = run.post("/oauth/token", &poll).await;
                (answer.error() == "access_denied").then_some(())
            })
            .await;
        }
        assert_eq!(run.refused_form(400, "/oauth/token", &poll).await.error(), "invalid_grant");
    }
    run.refused_form(400, "/oauth/device_authorization", &[("client_id", client), ("scope", "\"")]).await;
    run.refused_form(401, "/oauth/device_authorization", &[("client_id", "unknown")]).await;
}

async fn exchanges(run: &mut Run) {
    let confidential = run.register("client_secret_basic").await;
    let (id, secret) = (text(&confidential, "client_id"), text(&confidential, "client_secret"));
    let login = run.login(&id, "everything");
    let code = run.code(&login).await;
    let own = basic(&id, &secret);
    run.secret("Basic header", own.rsplit(' ').next().expect("its text"));
    run.refused_form(401, "/oauth/token", &redemption(&login, &code)).await;
    let wrong = "w".repeat(50);
    for (name, value) in
        [("code_verifier", wrong.as_str()), ("code", "dwc_x"), ("grant_type", "password"), ("resource", "http://127.0.0.1:1/mcp/x")]
    {
        let pairs = redemption(&login, &code).into_iter().filter(|(other, _)| *other != name).chain([(name, value)]);
        run.refused(400, "POST", "/oauth/token", &[FORM, &own], &form(&pairs.collect::<Vec<_>>())).await;
    }
    let answer = run.send("POST", "/oauth/token", &[FORM, &own], &form(&redemption(&login, &code))).await;
    let (access, refresh) = run.tokens(&answer);
    let refreshing = form(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)]);
    let answer = run.send("POST", "/oauth/token", &[FORM, &own], &refreshing).await;
    run.tokens(&answer);
    run.refused(
        400,
        "POST",
        "/oauth/token",
        &[FORM, &own],
        &form(&[("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", "more")]),
    )
    .await;
    // A code that is used again takes everything back.
    run.refused(400, "POST", "/oauth/token", &[FORM, &own], &form(&redemption(&login, &code))).await;
    run.refused(401, "POST", "/mcp/everything", &[JSON, &format!("Authorization: Bearer {access}")], PING).await;
    // Guessing a secret.
    let guess = basic(&id, &format!("dws_{}", "g".repeat(43)));
    for _ in 0..10 {
        run.refused(401, "POST", "/oauth/token", &[FORM, &guess], &refreshing).await;
    }
    run.refused(429, "POST", "/oauth/token", &[FORM, &guess], &refreshing).await;
    run.refused(401, "POST", "/oauth/revoke", &[FORM], "client_id=unknown&token=x").await;
    run.refused(400, "POST", "/oauth/revoke", &[FORM], "client_id=unknown").await;
}

async fn calls(run: &mut Run) {
    let client = text(&run.register("none").await, "client_id");
    for (server, status) in [("everything", 200), ("down", 502), ("login", 502), ("moved", 502)] {
        let login = run.login(&client, server);
        let code = run.code(&login).await;
        let (access, refresh) = run.redeem(&login, &code).await;
        let (path, bearer) = (format!("/mcp/{server}"), format!("Authorization: Bearer {access}"));
        let body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"logging/setLevel\",\"params\":{\"key\":\"what-a-tool-is-told\"}}";
        let headers = [JSON, bearer.as_str()];
        if status == 200 {
            let begun = run.send("POST", &path, &headers, INITIALIZE).await;
            let session = begun.header("mcp-session-id").expect("a session").to_owned();
            let in_session = format!("Mcp-Session-Id: {session}");
            assert_eq!(run.send("POST", &path, &[JSON, &bearer, &in_session], body).await.status, 200);
            run.secret("session of the server", &session);
            run.refused(404, "POST", &path, &[JSON, &bearer, "Mcp-Session-Id: a-session-nobody-knows"], body).await;
            run.refused(400, "POST", &path, &[JSON, &bearer, &bearer], body).await;
            run.refused(401, "POST", &path, &[JSON, "Authorization: Bearer nothing"], body).await;
            run.refused(401, "POST", &format!("{path}?access_token={access}"), &[JSON], body).await;
            run.refused(404, "GET", &format!("/mcp/other?access_token={access}"), &[&bearer], "").await;
            let credential = match run.command(Command::Credential { name: "everything".to_owned() }).await {
                Reply::Credential { secret, .. } => secret.0,
                other => panic!("{other:?}"),
            };
            run.secret("credential", &credential);
            let own = basic("everything", &credential);
            run.secret("Basic header", own.rsplit(' ').next().expect("its text"));
            let asked = run.send("POST", "/oauth/introspect", &[FORM, &own], &form(&[("token", &access)])).await;
            assert_eq!(asked.json()["active"], true);
            run.refused(401, "POST", "/oauth/introspect", &[FORM], &form(&[("token", &access), ("client_id", "everything")])).await;
            run.refused(400, "POST", "/oauth/introspect", &[FORM, &own], "").await;
        } else {
            run.refused(status, "POST", &path, &headers, body).await;
        }
        assert_eq!(run.post("/oauth/revoke", &[("client_id", &client), ("token", &refresh)]).await.status, 200);
        run.refused_form(400, "/oauth/token", &[("grant_type", "refresh_token"), ("client_id", &client), ("refresh_token", &refresh)])
            .await;
    }
    run.secret("body", "what-a-tool-is-told");
    run.secret("session of nobody", "a-session-nobody-knows");
}

/// Another program waited for the same answer; the disk does not answer at all.
async fn slow_troubles(run: &mut Run) {
    let client = text(&run.register("none").await, "client_id");
    let login = run.login(&client, "everything");
    let (first, second) = (run.ticket(&login).await, run.ticket(&login).await);
    let (to, held) = (run.to, request("GET", &second, &run.to.to_string(), &[], ""));
    let to_redirect = run.decided(&first, |id| Command::Approve { id, typed: None, choice: Choice::default() }).await;
    run.secret("code", param(&to_redirect, "code").expect("a code"));
    // An equal request shares its question, and the answer was taken.
    let before = run.traces();
    assert_eq!(raw(to, held.as_bytes()).await.status, 410);
    assert_eq!(run.traces(), before + 1);
    let mut db = Connection::open(run.session.data().join("doorward.db")).expect("opens");
    let lock = db.transaction_with_behavior(TransactionBehavior::Immediate).expect("locked");
    let body = json!({ "client_name": "while the disk is away", "redirect_uris": [REDIRECT] }).to_string();
    let answer = run.refused(500, "POST", "/oauth/register", &[JSON], &body).await;
    assert!(answer.header("content-type").is_some_and(|media| media.contains("problem+json")), "{answer:?}");
    drop(lock);
}

/// The keys for signed tokens: in the keyring, and then out of reach.
async fn keys(run: &mut Run) {
    let client = text(&run.register("none").await, "client_id");
    let login = run.login(&client, "signed");
    let code = run.code(&login).await;
    let (access, _) = run.redeem(&login, &code).await;
    let parts: Vec<&str> = access.split('.').collect();
    assert_eq!(parts.len(), 3, "a signed token");
    run.secret("signature", parts[2]);
    assert_eq!(run.send("GET", "/oauth/jwks", &[], "").await.status, 200);
    let login = run.login(&client, "signed");
    let code = run.code(&login).await;
    run.keyring_items();
    run.serve().await;
    secret_tool(&run.session, &["lock", "--collection=login"]);
    let answer = run.refused_form(500, "/oauth/token", &redemption(&login, &code)).await;
    assert_eq!(text(&answer.json(), "error"), "server_error");
    run.refused(500, "GET", "/oauth/jwks", &[], "").await;
    // And it does not start without the keyring.
    run.broker = None;
    let port = run.to.port().to_string();
    let output = run.session.doorward(&["--profile", "ci", "serve", "--no-gui", "--scripted-approval", "--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    assert!(run.log().lines().any(|line| line.contains("did not start") && line.contains("Your keyring is locked")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_full_run_has_a_line_for_each_refusal_and_no_secret() {
    let upstream = Upstream::start().await;
    let mut run = Run::start().await;
    let servers = [
        ("everything", upstream.url.clone(), false),
        ("down", "http://127.0.0.1:1/mcp?key=the-key-of-a-server".to_owned(), false),
        ("login", format!("{}/401", upstream.url), false),
        ("moved", format!("{}/redirect", upstream.url), false),
        ("signed", "http://127.0.0.1:9/mcp".to_owned(), true),
    ];
    for (name, url, validates) in servers {
        let reply =
            run.command(Command::AddServer { name: name.to_owned(), url, validates, headers: std::collections::BTreeMap::new() }).await;
        assert!(matches!(reply, Reply::Added(_)), "{reply:?}");
    }
    run.secret("key of a server", "the-key-of-a-server");
    the_door(&run).await;
    registrations(&mut run).await;
    authorizations(&mut run).await;
    exchanges(&mut run).await;
    calls(&mut run).await;
    slow_troubles(&mut run).await;
    keys(&mut run).await;
    assert!(run.secrets.len() > 60 && !run.numbers.is_empty(), "{} secrets", run.secrets.len());
    run.no_secret_is_in_the_log();
}
