//! The way of somebody who has never seen Doorward, from an empty profile: Claude Code in a terminal, a browser, and a program that
//! pretends. `make walkthrough` goes it and takes the pictures of docs/walkthrough.md.

use std::{
    cell::Cell,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use axum::{
    Router,
    http::{StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::any,
};
use doorward_tests::{
    desk::Desk,
    eventually,
    model::{self, Idea},
    programs::Process,
    screen::{CONSENT, OnScreen},
    without_isolation,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{driven::Driven, panel::Panel};

/// The port that everybody has, since the pictures show it.
const PORT: u16 = 8765;

/// Waits on a port under the name of another program.
const HELPER: &str = r#"#!/usr/bin/python3
import http.server, json, subprocess, urllib.parse
broker = "http://127.0.0.1:8765"
redirect = "http://localhost:9999/callback"
body = json.dumps({"client_name": "Claude Code (files)", "redirect_uris": [redirect]})
registered = subprocess.run(["curl", "-s", "--json", body, broker + "/oauth/register"], capture_output=True, check=True)
query = {"response_type": "code", "client_id": json.loads(registered.stdout)["client_id"], "redirect_uri": redirect, "state": "s",
         "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256", "resource": broker + "/mcp/files"}
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_):
        print("The answer:", urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("error"))
listener = http.server.HTTPServer(("127.0.0.1", 9999), Answer)
subprocess.run(["xdg-open", broker + "/oauth/authorize?" + urllib.parse.urlencode(query)])
listener.handle_request()
"#;

/// A terminal window in which a person types.
struct Terminal {
    window: OnScreen,
    log: PathBuf,
    /// How long the log was when the last line was typed.
    typed_at: Cell<usize>,
    _process: Process,
}

impl Terminal {
    async fn open(desk: &Desk) -> Self {
        let log = desk.home().join("terminal.log");
        let mut xterm = desk.command("xterm");
        xterm.args([
            "-title",
            "Terminal",
            "-geometry",
            "92x24+24+24",
            "-fa",
            "DejaVu Sans Mono",
            "-fs",
            "10",
            "-bg",
            "#1b1d21",
            "-fg",
            "#e6e7ea",
        ]);
        xterm.args(["-l", "-lf"]).arg(&log).args(["-e", "bash", "--norc", "--noprofile"]).current_dir(desk.home());
        let process = Process::start(&mut xterm);
        let pid = process.0.id();
        let window = eventually("a terminal", async || OnScreen::find(pid, "Terminal")).await;
        let this = Self { window, log, typed_at: Cell::new(0), _process: process };
        this.until("$ ").await;
        this
    }

    fn types(&self, line: &str) {
        self.typed_at.set(self.written().len());
        self.window.focus();
        self.window.type_text(line);
        self.window.key("Return");
    }

    /// Types it where nothing else is in view.
    async fn types_anew(&self, line: &str) {
        self.types("clear");
        tokio::time::sleep(Duration::from_millis(400)).await;
        self.types(line);
    }

    /// Waits until this was written there since the last line was typed.
    async fn until(&self, text: &str) {
        eventually(&format!("{text:?} in the terminal"), async || {
            let written = self.written();
            without_isolation(&String::from_utf8_lossy(&written[self.typed_at.get()..])).contains(text).then_some(())
        })
        .await;
    }

    fn written(&self) -> Vec<u8> {
        fs::read(&self.log).unwrap_or_default()
    }
}

/// Waits until an element shows this text, and gives all that it shows.
async fn shows(desktop: &Driven, css: &str, text: &str) -> String {
    eventually(&format!("{css} shows {text:?}"), async || desktop.text(css).await.filter(|shown| shown.contains(text))).await
}

/// The names of the servers behind Doorward.
fn servers(desktop: &Driven) -> Vec<String> {
    let listed: Value = serde_json::from_slice(&desktop.desk.terminal(&["servers", "--json"]).stdout).expect("JSON");
    listed.as_array().expect("a list").iter().filter_map(|server| server["name"].as_str().map(str::to_owned)).collect()
}

/// The Apps that may use something, as the command line tells them.
fn apps(desktop: &Driven) -> String {
    String::from_utf8_lossy(&desktop.desk.terminal(&["apps", "--json"]).stdout).into_owned()
}

/// Takes a picture of the screen as it is.
async fn picture(name: &str) {
    // Windows fade, and carets blink.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/walkthrough");
    fs::create_dir_all(&folder).expect("a folder");
    let options = ["-window", "root", "+dither", "-colors", "256", "-strip", "-define", "png:compression-level=9"];
    let taken = Command::new("import").args(options).arg(format!("PNG8:{}", folder.join(format!("{name}.png")).display())).status();
    assert!(taken.expect("import").success());
}

/// A model that does what it is told, as far as it is offered a tool for it.
async fn a_model(folder: &Path) -> String {
    let notes = folder.join("notes.md");
    let answer = async move |uri: Uri, request: String| -> Response {
        if !uri.path().ends_with("/messages") {
            return StatusCode::NOT_FOUND.into_response();
        }
        let request: Value = serde_json::from_str(&request).expect("JSON");
        ([(CONTENT_TYPE, "text/event-stream")], model::stream(&model::anthropic(think(&request, &notes)))).into_response()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async { axum::serve(listener, Router::new().fallback(any(answer))).await });
    url
}

fn think(request: &Value, notes: &Path) -> Idea {
    let said = request["messages"].to_string();
    let last = request["messages"].as_array().and_then(|messages| messages.last()).map(|last| last["content"].clone()).unwrap_or_default();
    let result = last.as_array().into_iter().flatten().find(|block| block["type"] == "tool_result");
    if let Some(result) = result {
        let text = result["content"].as_str().or_else(|| result["content"][0]["text"].as_str()).unwrap_or_default();
        let structured = serde_json::from_str::<Value>(text).ok().and_then(|answer| answer["content"].as_str().map(str::to_owned));
        let text = structured.as_deref().unwrap_or(text);
        return Idea::Say(if result["is_error"] == true { format!("That did not work. {text}") } else { format!("Done. It says: {text}") });
    }
    let (tool, arguments) = if said.contains("Read my notes") {
        ("mcp__files__read_text_file", json!({ "path": notes }))
    } else if said.contains("List my notes") {
        ("mcp__files__list_directory", json!({ "path": notes.parent() }))
    } else if said.contains("Correct my notes") {
        ("mcp__files__edit_file", json!({ "path": notes, "edits": [{ "oldText": "teh", "newText": "the" }] }))
    } else {
        return Idea::Say("Notes".to_owned());
    };
    // Claude Code may name tools before it describes them.
    let offered = request.to_string().contains(tool);
    if offered { Idea::Call { tool: tool.to_owned(), arguments } } else { Idea::Say("I have no tool that may do that.".to_owned()) }
}

/// Folders as a developer has them: Claude Code and Doorward in the PATH, a browser, and some notes.
async fn a_desk() -> Desk {
    // With a name that reads well in pictures.
    let home = tempfile::Builder::new().prefix("ada").rand_bytes(0).tempdir().expect("nobody else uses it");
    let mut desk = Desk::at_home(home);
    desk.port = PORT;
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (bins, work) = (desk.home().join(".local/bin"), desk.home().join("work"));
    fs::create_dir_all(&bins).expect("a folder");
    fs::create_dir_all(&work).expect("a folder");
    fs::write(work.join("notes.md"), "teh notes\n").expect("written");
    let run = |name: &str, script: &str| {
        fs::write(bins.join(name), script).expect("written");
        fs::set_permissions(bins.join(name), fs::Permissions::from_mode(0o755)).expect("set");
    };
    // Its folder goes with the screen: it writes until it is ended.
    let browser = "chromium --no-sandbox --no-first-run --disable-gpu --user-data-dir=$DOORWARD_HEADLESS/chromium --window-position=760,300 --window-size=660,560";
    run("xdg-open", &format!("#!/bin/sh\n{browser} \"$1\" >/dev/null 2>&1 &\n"));
    run("helper", HELPER);
    let doorward = desk.program("doorward");
    run("doorward", &format!("#!/bin/sh\nexec {} --profile {} \"$@\"\n", doorward.display(), desk.profile));
    let path = std::env::var("PATH").expect("a PATH");
    // Where its own installer puts it: the pictures show the path.
    let claude = tests.join("interop/node_modules/@anthropic-ai/claude-code/bin/claude.exe");
    fs::hard_link(&claude, bins.join("claude")).or_else(|_| fs::copy(&claude, bins.join("claude")).map(drop)).expect("Claude Code");
    desk.with_variable("PATH", &format!("{}:{path}", bins.display()));
    desk.with_variable("PS1", "~ $ ");
    desk.with_variable("npm_config_cache", "/tmp/doorward-walkthrough-npm");
    desk.with_variable("ANTHROPIC_BASE_URL", &a_model(&work).await);
    desk.with_variable("ANTHROPIC_API_KEY", "none");
    desk
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Claude Code, chromium and xterm, and port 8765: make walkthrough"]
async fn somebody_who_has_never_seen_doorward() {
    // A desktop with a tray.
    let (desk, mut started) = (a_desk().await, None);
    let _panel = Panel::showing(async || started = Some(Driven::first_start_at(desk).await)).await;
    let desktop = started.expect("started");
    let main = desktop.look_at_main().await;
    for choice in ["Import from Claude Code", "Add a server", "Look around"] {
        shows(&desktop, "#welcome", choice).await;
    }
    picture("1-first-start").await;

    desktop.press("#welcome-add").await;
    desktop.fill("#add-name", "files").await;
    desktop.fill("#add-line", "npx -y @modelcontextprotocol/server-filesystem ~/work").await;
    picture("2-a-server").await;
    desktop.press("#add-submit").await;
    desktop.look_at_consent().await.focus();
    for part in ["-y @modelcontextprotocol/server-filesystem", "/work"] {
        shows(&desktop, "#dialog", part).await;
    }
    assert_eq!(servers(&desktop), [""; 0], "nothing is guarded before a yes");
    picture("3-what-will-run").await;
    desktop.press("#allow").await;
    desktop.desk.off_screen(CONSENT).await;
    desktop.look_at_main().await;
    desktop.until_text("#added", "files was added.").await;
    assert_eq!(servers(&desktop), ["files"]);
    shows(&desktop, "#added-next", &format!("claude mcp add --transport http files http://127.0.0.1:{PORT}/mcp/files")).await;
    picture("4-guarded").await;

    let terminal = Terminal::open(&desktop.desk).await;
    terminal.types(&format!("claude mcp add --transport http files http://127.0.0.1:{PORT}/mcp/files"));
    terminal.until("Added").await;
    terminal.types("claude mcp login files");
    desktop.look_at_consent().await.focus();
    let number = eventually("the number", async || desktop.text("#number").await.filter(|text| !text.is_empty())).await;
    shows(&desktop, "#sentence", "Claude Code").await;
    shows(&desktop, "#listener", "claude").await;
    assert!(desktop.text("#mismatch").await.is_none_or(|text| text.is_empty()), "the program that waits is the one that registered");
    picture("5-claude-code-asks").await;
    // What deletes or runs is asked about each time, and wants the number.
    desktop.press("#group-run").await;
    desktop.fill("#typed", &number).await;
    desktop.script("document.getElementById('content').scrollTop = 150").await;
    picture("6-what-it-may-use").await;
    desktop.press("#allow").await;
    desktop.desk.off_screen(CONSENT).await;
    // What the terminal says before the login contains the same word, so this is what counts: its token was redeemed.
    eventually("Claude Code has what it was given", async || apps(&desktop).contains("redeemed").then_some(())).await;

    terminal.types_anew("claude -p --allowedTools 'mcp__files__*' -- 'Read my notes'").await;
    terminal.until("It says: teh notes").await;
    terminal.until("~ $ ").await;
    terminal.types("claude -p --allowedTools 'mcp__files__*' -- 'Correct my notes'");
    desktop.look_at_consent().await.focus();
    desktop.script("const box = document.getElementById('content'); box.scrollTop = box.scrollHeight").await;
    desktop.until_enabled("#allow").await;
    picture("7-it-wants-to-change-a-file").await;
    desktop.press("#allow").await;
    terminal.until("+the notes").await;
    assert_eq!(fs::read_to_string(desktop.desk.home().join("work/notes.md")).expect("reads"), "the notes\n");
    picture("8-it-did").await;

    // Another program calls itself Claude Code.
    terminal.types_anew("helper").await;
    desktop.look_at_consent().await.focus();
    let warning = shows(&desktop, "#mismatch", "helper").await;
    assert!(
        warning.contains("curl") && warning.contains(".local/bin/claude"),
        "who waits, who registered, and whose name it is: {warning}"
    );
    assert!(desktop.text("#typed-label").await.is_some_and(|text| !text.is_empty()), "the number is to be typed");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(!desktop.is_enabled("#allow").await, "not without the number");
    picture("9-another-program").await;
    desktop.press("#deny").await;
    terminal.until("The answer: ['access_denied']").await;
    desktop.desk.off_screen(CONSENT).await;

    main.focus();
    desktop.look_at_main().await;
    desktop.press("#nav-apps").await;
    desktop.press("#app-list [data-key^='tools ']").await;
    eventually("its tools", async || desktop.text(".tool-rules").await.filter(|text| text.contains("read_text_file"))).await;
    desktop
        .script(
            "const row = [...document.querySelectorAll('.tool-rules li')].find((row) => row.textContent.startsWith('read_text_file'));
             const select = row.querySelector('select');
             select.value = 'hide';
             select.dispatchEvent(new Event('change'));",
        )
        .await;
    picture("10-a-tool-is-taken-away").await;
    terminal.types_anew("claude -p --allowedTools 'mcp__files__*' -- 'Read my notes'").await;
    terminal.until("I have no tool that may do that.").await;
    picture("11-and-it-stops").await;
    // The other tools go on, without a new login.
    terminal.types_anew("claude -p --allowedTools 'mcp__files__*' -- 'List my notes'").await;
    terminal.until("[FILE] notes.md").await;

    main.focus();
    desktop.press("#app-list [data-key^='app ']").await;
    desktop.until_enabled("#confirm-yes").await;
    picture("12-disconnect").await;
    desktop.press("#confirm-yes").await;
    eventually("nothing is allowed any more", async || (apps(&desktop).trim() == "[]").then_some(())).await;
    terminal.types_anew("claude mcp list").await;
    // Claude Code moves the cursor between the words "Needs" and "authentication".
    terminal.until("authentication").await;
    picture("13-disconnected").await;
}
