//! The real program, killed, squeezed and misled.

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use doorward_tests::{
    eventually,
    flow::{PING, REDIRECT, VERIFIER, challenge, form, param},
    free_port,
    http::{Answer, raw, request},
    programs::{Process, bin},
    upstream::Upstream,
};
use serde_json::json;

use crate::session::{Keyring, Session};

/// A client of a broker in another process.
struct Client {
    port: u16,
}

impl Client {
    async fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let to = SocketAddr::from(([127, 0, 0, 1], self.port));
        raw(to, request(method, path, &format!("127.0.0.1:{}", self.port), headers, body).as_bytes()).await
    }

    async fn register(&self) -> Answer {
        self.register_as("agent").await
    }

    async fn register_as(&self, name: &str) -> Answer {
        let body = json!({ "client_name": name, "redirect_uris": [REDIRECT] }).to_string();
        self.send("POST", "/oauth/register", &["Content-Type: application/json"], &body).await
    }

    async fn ticket(&self, client: &str) -> String {
        let resource = format!("http://127.0.0.1:{}/mcp/everything", self.port);
        let challenge = challenge(VERIFIER);
        let query = form(&[
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("state", "s"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &resource),
        ]);
        self.send("GET", &format!("/oauth/authorize?{query}"), &[], "").await.header("location").expect("a ticket").to_owned()
    }

    /// The whole path, with a script that approves. Gives the access token.
    async fn connect(&self, session: &Session) -> String {
        self.connect_as(session).await.1
    }

    /// The same with the id of the client.
    async fn connect_as(&self, session: &Session) -> (String, String) {
        let client = self.register().await.json()["client_id"].as_str().expect("an id").to_owned();
        let ticket = self.ticket(&client).await;
        let waiting = tokio::spawn({
            let this = Self { port: self.port };
            async move { this.send("GET", &ticket, &[], "").await }
        });
        let id = eventually("the request", async || {
            let listed = session.doorward(&["--profile", "ci", "requests", "--json"]).stdout;
            let requests: serde_json::Value = serde_json::from_slice(&listed).ok()?;
            requests[0]["id"].as_u64()
        })
        .await;
        let approved = session.doorward(&["--profile", "ci", "approve", &id.to_string()]);
        assert!(approved.status.success(), "{approved:?}");
        let to = waiting.await.expect("joined").header("location").expect("a redirect").to_owned();
        let code = param(&to, "code").expect("a code");
        let redeem = form(&[("grant_type", "authorization_code"), ("client_id", &client), ("code", &code), ("code_verifier", VERIFIER)]);
        let answer = self.send("POST", "/oauth/token", &["Content-Type: application/x-www-form-urlencoded"], &redeem).await;
        let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
        (client, token)
    }

    async fn call(&self, token: &str) -> u16 {
        self.send("POST", "/mcp/everything", &[&format!("Authorization: Bearer {token}")], PING).await.status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_f4_after_kill_9_a_client_with_a_token_goes_on() {
    let (session, upstream, client) = (Session::with(Keyring::Unlocked), Upstream::start().await, Client { port: free_port() });
    let mut broker = session.serve_scripted(client.port);
    session.doorward(&["--profile", "ci", "add", "everything", &upstream.url, "--yes"]);
    let token = client.connect(&session).await;
    assert_eq!(client.call(&token).await, 200);
    broker.kill();
    let _again = session.serve_scripted(client.port);
    assert_eq!(client.call(&token).await, 200);
}

/// Runs the broker with its data on a file system of its own, of that size or read-only.
fn on_a_small_disk(session: &Session, port: u16, mount: &str) -> Process {
    let data = session.data();
    std::fs::create_dir_all(&data).expect("a folder");
    let serve = format!("{mount} && exec '{}' --profile ci serve --no-gui --scripted-approval --port {port}", bin("doorward").display());
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", &serve]);
    for (name, value) in session.program("doorward").get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Process::start(command.env("DATA", &data).stdin(Stdio::null()).stderr(Stdio::piped()))
}

async fn fills(kibibytes: u32) {
    let (session, client) = (Session::with(Keyring::Unlocked), Client { port: free_port() });
    let config = session.home().join(".config/doorward/profile-ci");
    std::fs::create_dir_all(&config).expect("a folder");
    std::fs::write(
        config.join("config.toml"),
        "[limits]\nregistrations = 1000000\nregistrations_per_program = 1000000\nunapproved_clients = 1000000\n",
    )
    .expect("written");
    let mut broker = on_a_small_disk(&session, client.port, &format!("mount -t tmpfs -o size={kibibytes}k,mode=700 none \"$DATA\""));
    eventually("the broker", async || session.doorward(&["--profile", "ci", "status"]).status.success().then_some(())).await;
    let upstream = Upstream::start().await;
    session.doorward(&["--profile", "ci", "add", "everything", &upstream.url, "--yes"]);
    let (connected, token) = client.connect_as(&session).await;
    let mut acknowledged = 1;
    let refused = loop {
        let answer = client.register_as(&format!("agent {acknowledged}")).await;
        if answer.status != 201 {
            break answer;
        }
        acknowledged += 1;
        assert!(acknowledged < 5_000, "the disk does not fill");
    };
    assert!(matches!(refused.status, 500 | 503), "{refused:?}");
    assert!(matches!(refused.error().as_str(), "temporarily_unavailable" | "server_error"));
    // To take something back is a change as well: it is said that it was not done, and when to come back.
    let gives_back = async || {
        let body = form(&[("client_id", &connected), ("token", &token)]);
        client.send("POST", "/oauth/revoke", &["Content-Type: application/x-www-form-urlencoded"], &body).await
    };
    // A checkpoint may have made room for it meanwhile; then it counts.
    let answer = gives_back().await;
    let is_gone = answer.status == 200;
    assert!(is_gone || (answer.status, answer.header("retry-after")) == (503, Some("60")), "{answer:?}");
    let called = client.call(&token).await;
    assert!(if is_gone { called == 401 } else { matches!(called, 200 | 503) }, "a client does not take a full disk for a no: {called}");
    assert!(broker.0.try_wait().expect("asked").is_none(), "it lives on");
    assert_eq!(client.send("GET", "/.well-known/oauth-authorization-server", &[], "").await.status, 200);
    // What was acknowledged is there: seen through the process that has the disk.
    let disk = format!("/proc/{}/root{}", broker.0.id(), session.data().display());
    for file in ["doorward.db", "doorward.db-wal"] {
        std::fs::copy(format!("{disk}/{file}"), session.home().join(file)).expect("copied");
    }
    let db = rusqlite::Connection::open(session.home().join("doorward.db")).expect("opens");
    let stored: i64 = db.query_row("SELECT count(*) FROM clients", [], |row| row.get(0)).expect("counts");
    assert_eq!(stored, acknowledged);
    let kept: i64 = db.query_row("SELECT count(*) FROM access_tokens", [], |row| row.get(0)).expect("counts");
    assert_eq!(kept, i64::from(!is_gone), "what was said to be taken back is, and nothing else");
    broker.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_f3_a_full_disk_is_said_and_nothing_acknowledged_is_lost() {
    fills(600).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two hundred disks: make soak"]
async fn sec_f3_disks_that_fill_at_two_hundred_points_lose_nothing_that_was_acknowledged() {
    for kibibytes in 0..200 {
        fills(600 + 4 * kibibytes).await;
    }
}

#[test]
fn a_read_only_data_folder_is_a_sentence() {
    let session = Session::with(Keyring::Unlocked);
    let broker = on_a_small_disk(&session, free_port(), "mount -t tmpfs -o ro none \"$DATA\"");
    let mut broker = std::mem::ManuallyDrop::new(broker);
    let output = std::io::read_to_string(broker.0.stderr.take().expect("piped")).expect("reads");
    assert_eq!(broker.0.wait().expect("ends").code(), Some(1));
    assert!(output.contains("cannot write to") && output.contains("profile-ci"), "{output}");
}

#[test]
fn a_taken_port_ends_serve_with_one_sentence_that_names_the_holder() {
    let session = Session::with(Keyring::Unlocked);
    let squatter = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = squatter.local_addr().expect("bound").port().to_string();
    let output = session.doorward(&["serve", "--no-gui", "--port", &port]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains(&format!("Port {port} is held by")) && said.contains(&format!("pid {}", std::process::id())), "{said}");
}

#[test]
fn a_broken_configuration_is_named_with_its_line() {
    let session = Session::with(Keyring::Unlocked);
    let config = session.home().join(".config/doorward");
    std::fs::create_dir_all(&config).expect("a folder");
    std::fs::write(config.join("config.toml"), "port = \"many\"\n").expect("written");
    let output = session.doorward(&["serve", "--no-gui"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(1) && said.contains("config.toml is not a valid configuration") && said.contains("line 1"),
        "{said}"
    );
}

#[test]
fn terminating_ends_in_order_within_seconds() {
    let session = Session::with(Keyring::Unlocked);
    let mut broker = session.serve_scripted(free_port());
    let begun = Instant::now();
    Command::new("kill").arg(broker.0.id().to_string()).status().expect("kill");
    assert_eq!(broker.0.wait().expect("ends").code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert!(!session.data().join("doorward.db-wal").metadata().is_ok_and(|wal| wal.len() > 0), "the data is one complete file");
}
