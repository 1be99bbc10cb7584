//! Real clients, unmodified, at a real server, with a person at the real window in between.

use std::process::Stdio;

use doorward_tests::{
    programs::{Process, clients, everything},
    rust_client,
    screen::OnScreen,
};
use rmcp::transport::auth::{AuthError, AuthorizationManager};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::driven::Driven;

/// The reference server, behind a Doorward with a person.
struct Everything {
    desktop: Driven,
    _server: Process,
}

impl Everything {
    async fn guarded() -> Self {
        let desktop = Driven::first_start().await;
        let (server, url) = everything().await;
        desktop.desk.guard("everything", &url);
        Self { desktop, _server: server }
    }

    fn url(&self) -> String {
        self.desktop.desk.url("/mcp/everything")
    }

    /// The person reads who asks and answers.
    async fn person_presses(&self, button: &str, name: &str) -> OnScreen {
        let window = self.desktop.look_at_consent().await;
        assert_eq!(self.desktop.text("#sentence").await, Some(format!("\u{201c}{name}\u{201d} wants to use everything")));
        window.focus();
        self.desktop.press(button).await;
        window
    }
}

/// tests/clients/ts-client.mjs
struct TypeScriptClient {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl TypeScriptClient {
    fn start(url: &str) -> Self {
        let mut command = Command::new("node");
        command.arg(clients().join("ts-client.mjs")).arg(url).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().expect("node");
        let input = process.stdin.take().expect("piped");
        let output = BufReader::new(process.stdout.take().expect("piped")).lines();
        Self { process, input, output }
    }

    /// What it prints next.
    async fn says(&mut self) -> Value {
        let line = tokio::time::timeout(std::time::Duration::from_secs(20), self.output.next_line()).await;
        let line = line.expect("in time").expect("reads").expect("it said something before it ended");
        serde_json::from_str(&line).expect("JSON")
    }

    async fn once_more(&mut self) -> Value {
        self.input.write_all(b"\n").await.expect("typed");
        self.says().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_client_is_allowed_and_works() {
    let everything = Everything::guarded().await;
    let mut client = TypeScriptClient::start(&everything.url());
    let pid = client.process.id().expect("running");

    everything.desktop.look_at_consent().await;
    let listener = everything.desktop.text("#listener").await.expect("a text");
    assert!(listener.contains(&format!("ts-client.mjs ({pid})")), "{listener}");
    everything.person_presses("#allow", "TypeScript client").await;

    let said = client.says().await;
    assert_eq!(said["echo"], "Echo: through the door", "{said}");
    assert!(said["tools"].as_array().expect("a list").contains(&json!("echo")), "{said}");
    assert_eq!((&said["issuer"], &said["state"]), (&json!(everything.desktop.desk.url("")), &json!("ts-state")));
    assert_eq!(said["asked"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_client_is_denied() {
    let everything = Everything::guarded().await;
    let mut client = TypeScriptClient::start(&everything.url());
    everything.person_presses("#deny", "TypeScript client").await;
    assert_eq!(client.says().await, json!({ "error": "access_denied" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_killed_takes_its_question_with_it() {
    let everything = Everything::guarded().await;
    let mut client = TypeScriptClient::start(&everything.url());
    everything.desktop.look_at_consent().await;
    client.process.kill().await.expect("killed");
    everything.desktop.desk.off_screen(doorward_tests::screen::CONSENT).await;
    assert_eq!(everything.desktop.desk.requests(), []);
}

/// Runs the SDK's own way to a token; the person presses `button`, and the browser follows where it is sent.
async fn authorize(everything: &Everything, button: &str) -> Result<AuthorizationManager, AuthError> {
    let url = everything.url();
    let browse = async |address: String| drop(reqwest::get(address).await.expect("arrives"));
    let authorized = rust_client::authorize(&url, "Rust client", browse);
    tokio::join!(authorized, everything.person_presses(button, "Rust client")).0
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_client_is_allowed_and_works() {
    let everything = Everything::guarded().await;
    let authorized = authorize(&everything, "#allow").await.expect("authorized");
    let (tools, echo) = rust_client::list_and_echo(&everything.url(), authorized).await;
    assert!(tools.contains(&"echo".to_owned()), "{tools:?}");
    assert_eq!(echo, "Echo: through the door");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_client_is_denied() {
    let everything = Everything::guarded().await;
    assert!(authorize(&everything, "#deny").await.is_err());
    assert_eq!(everything.desktop.desk.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_goes_on_after_doorward_was_killed_and_started_again() {
    let mut everything = Everything::guarded().await;
    let mut client = TypeScriptClient::start(&everything.url());
    everything.person_presses("#allow", "TypeScript client").await;
    let before = client.says().await;

    let desk = &mut everything.desktop.desk;
    desk.kill().await;
    assert!(desk.status().is_none(), "it is gone");
    desk.start_hidden().await;

    assert_eq!(client.once_more().await, before, "the same answers, and nobody was asked again");
    assert_eq!(desk.requests(), []);
}
