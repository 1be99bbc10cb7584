//! The command line, as a newcomer and as an attacker would use it.

use std::{
    io::Write,
    process::{Child, Command, Output, Stdio},
};

use doorward_tests::{
    eventually,
    flow::{REDIRECT, VERIFIER, challenge, form, param},
    free_port,
    http::{raw, request},
    programs::{Process, bin},
};
use serde_json::{Value, json};

use crate::session::{Keyring, Session};

/// Runs `doorward` at a terminal of its own and types `input`. Gives what the terminal showed.
pub fn at_a_terminal(session: &Session, arguments: &[&str], input: &str) -> String {
    let quoted: Vec<String> = arguments.iter().map(|argument| format!("'{argument}'")).collect();
    let mut child = terminal(session, &quoted.join(" "));
    child.stdin.as_mut().expect("piped").write_all(input.as_bytes()).expect("typed");
    let output = child.wait_with_output().expect("ends");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Starts `doorward` at a terminal of its own; the arguments are written as in a shell.
pub fn terminal(session: &Session, arguments: &str) -> Child {
    let command = format!("'{}' {arguments}", bin("doorward").display());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    for (name, value) in session.program("doorward").get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    script.spawn().expect("script is installed")
}

fn json_of(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// A broker with a person at another terminal: nothing here is scripted.
pub fn serve(session: &Session, port: u16) -> Process {
    let mut command = session.program("doorward");
    let broker = Process::start(command.args(["serve", "--no-gui", "--port", &port.to_string()]).stderr(Stdio::null()));
    let begun = std::time::Instant::now();
    while !session.doorward(&["status"]).status.success() {
        assert!(begun.elapsed().as_secs() < 10, "the broker does not come up");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    broker
}

/// Registers and asks with curl: a program that neither started this test's terminals nor was started by them.
pub async fn ask(port: u16) -> tokio::task::JoinHandle<String> {
    let url = authorize_url(port).await;
    tokio::spawn(async move { curl(&["-s", "-L", "--max-redirs", "1", "-o", "/dev/null", "-w", "%{redirect_url}", &url]).await })
}

/// Registers, and gives the address that a browser is sent to.
async fn authorize_url(port: u16) -> String {
    let host = format!("127.0.0.1:{port}");
    let body = json!({ "client_name": "Claude Code", "redirect_uris": [REDIRECT] }).to_string();
    let registered = curl(&["-s", "-H", "Content-Type: application/json", "-d", &body, &format!("http://{host}/register")]).await;
    let registered: Value = serde_json::from_str(&registered).unwrap_or_else(|error| panic!("{error}: {registered}"));
    let client = registered["client_id"].as_str().expect("an id").to_owned();
    let challenge = challenge(VERIFIER);
    let query = form(&[
        ("response_type", "code"),
        ("client_id", &client),
        ("redirect_uri", REDIRECT),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    format!("http://{host}/oauth/authorize?{query}")
}

async fn curl(arguments: &[&str]) -> String {
    let output = tokio::process::Command::new("curl").args(arguments).output().await.expect("curl is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub async fn waiting_request(session: &Session) -> Value {
    eventually("a request", async || json_of(&session.doorward(&["requests", "--json"])).get(0).cloned()).await
}

#[test]
fn without_a_running_doorward_every_command_says_so_with_code_3() {
    let session = Session::with(Keyring::Unlocked);
    for arguments in [&["status"][..], &["servers"], &["apps"], &["requests"], &["approve", "1"], &["deny", "1"], &["revoke", "x"]] {
        let output = session.doorward(arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("Doorward is not running"), "{output:?}");
    }
    assert_eq!(session.doorward(&["frobnicate"]).status.code(), Some(2));
}

#[test]
fn the_policy_is_shown_as_a_configuration_that_fits_the_terminal() {
    let session = Session::with(Keyring::Unlocked);
    let configure = |folder: &str, text: &str| {
        let config = session.home().join(".config/doorward").join(folder);
        std::fs::create_dir_all(&config).expect("a folder");
        std::fs::write(config.join("config.toml"), text).expect("written");
    };
    configure("", "policy = \"finradar\"\n[registration]\ndaily = 7\nprivate_schemes = [\"cursor\"]\n");
    let show = |arguments: &[&str]| {
        let output = session.doorward(&[arguments, &["policy", "show"]].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let shown = show(&[]);
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    for told in [
        "policy = \"finradar\"   # or: doorward, provider, storyden, bifrost\n",
        "# How many redirect URIs one client may register.\nmax_redirect_uris = 5\n#   doorward, provider, storyden, bifrost: 10\n",
        "daily = 7\n#   doorward, provider, bifrost: 0\n#   finradar: 500\n#   storyden: 1000\n",
        "private_schemes = [\"cursor\"]\n",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let json = json_of(&session.doorward(&["policy", "show", "--json"]));
    assert_eq!((json["preset"].as_str(), json["in_force"]["registration"]["daily"].as_u64()), (Some("finradar"), Some(7)));
    assert_eq!(json["presets"].as_object().map(serde_json::Map::len), Some(5));
    // What is shown can be taken as it is, and means the same.
    configure("profile-copy", &shown);
    let copy = json_of(&session.doorward(&["--profile", "copy", "policy", "show", "--json"]));
    assert_eq!((&copy["preset"], &copy["in_force"]), (&json["preset"], &json["in_force"]));
    assert_eq!(show(&["--profile", "copy"]), shown);
    // The one that runs is asked what is in force, whatever the file says by now.
    let _broker = serve(&session, free_port());
    configure("", "policy = \"bifrost\"\n");
    assert_eq!(show(&[]), shown);
}

#[test]
fn adding_a_server_asks_on_the_terminal_and_refuses_without_one() {
    let session = Session::with(Keyring::Unlocked);
    let _broker = serve(&session, free_port());
    let url = "http://127.0.0.1:3001/mcp";
    assert_eq!(session.doorward(&["add", "everything", url]).status.code(), Some(4));
    assert_eq!(session.doorward(&["add", "everything", url, "--yes"]).status.code(), Some(4), "--yes is for scripted approval only");
    assert!(at_a_terminal(&session, &["add", "everything", url], "n\n").contains("Nothing was added"));
    let added = at_a_terminal(&session, &["add", "everything", url], "y\n");
    assert!(added.contains("is guarded at http://127.0.0.1:") && added.contains("claude mcp add --transport http everything"), "{added}");
    let servers = json_of(&session.doorward(&["servers", "--json"]));
    assert_eq!((servers[0]["name"].as_str(), servers[0]["url"].as_str()), (Some("everything"), Some(url)));
    assert!(at_a_terminal(&session, &["add", "Bad Name", url], "y\n").contains("A server's name is"));
    assert!(at_a_terminal(&session, &["add", "x", "http://example.com/mcp"], "y\n").contains("needs https"));
    assert_eq!(json_of(&session.doorward(&["server", "remove", "everything", "--json"]))["done"], true);
    assert_eq!(session.doorward(&["server", "remove", "everything"]).status.code(), Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn approving_needs_a_terminal_and_what_is_shown_typed() {
    let session = Session::with(Keyring::Unlocked);
    let port = free_port();
    let _broker = serve(&session, port);
    at_a_terminal(&session, &["add", "everything", "http://127.0.0.1:1/mcp"], "y\n");
    let asked = ask(port).await;
    let waiting = waiting_request(&session).await;
    for member in ["id", "kind", "client_name", "server", "scopes", "redirect_uri", "requester", "listener", "number", "expires_at"] {
        assert!(waiting.get(member).is_some(), "{member}: {waiting}");
    }
    assert_eq!(waiting["number"], Value::Null, "whoever lists the requests does not learn a number");
    let id = waiting["id"].to_string();
    let text = String::from_utf8_lossy(&session.doorward(&["requests"]).stdout).into_owned();
    assert!(text.contains("\u{201c}Claude Code\u{201d} wants to use everything") && text.contains("127.0.0.1:51000"), "{text}");

    assert!(text.contains("First request from this program.") && text.contains("Refused at"), "{text}");

    assert_eq!(session.doorward(&["more-time", &id]).status.code(), Some(4), "no terminal");
    assert_eq!(session.doorward(&["more-time", "999"]).status.code(), Some(4), "no terminal");
    let longer = at_a_terminal(&session, &["more-time", &id], "");
    assert!(longer.contains(&format!("Request {id} now waits until ")), "{longer}");
    let later = waiting_request(&session).await;
    assert_eq!(later["expires_at"].as_i64(), waiting["expires_at"].as_i64().map(|at| at + 300));
    assert_eq!(session.doorward(&["approve", &id]).status.code(), Some(4), "no terminal");
    assert_eq!(session.doorward(&["deny", &id]).status.code(), Some(4), "no terminal");
    for wrong in ["y\n", "yes\n", "\n", "claude code\n"] {
        let shown = at_a_terminal(&session, &["approve", &id], wrong);
        assert!(shown.contains("That is not what is shown"), "{wrong:?}: {shown}");
    }
    assert_eq!(session.doorward(&["approve", "999"]).status.code(), Some(5));
    assert!(at_a_terminal(&session, &["approve", &id], "Claude Code\n").contains("Allowed."));
    assert!(param(&asked.await.expect("joined"), "code").is_some());
    assert!(at_a_terminal(&session, &["approve", &id], "Claude Code\n").contains("No request"), "once");
    let apps = json_of(&session.doorward(&["apps", "--json"]));
    assert_eq!((apps[0]["name"].as_str(), apps[0]["grants"][0]["server"].as_str()), (Some("Claude Code"), Some("everything")));
}

#[tokio::test(flavor = "multi_thread")]
async fn denying_at_a_terminal_is_access_denied() {
    let session = Session::with(Keyring::Unlocked);
    let port = free_port();
    let _broker = serve(&session, port);
    at_a_terminal(&session, &["add", "everything", "http://127.0.0.1:1/mcp"], "y\n");
    let asked = ask(port).await;
    let id = waiting_request(&session).await["id"].to_string();
    assert!(at_a_terminal(&session, &["deny", &id], "").contains("Denied"));
    assert_eq!(param(&asked.await.expect("joined"), "error").as_deref(), Some("access_denied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_self_approval_a_program_cannot_answer_its_own_request_through_a_terminal_it_made() {
    let session = Session::with(Keyring::Unlocked);
    let port = free_port();
    let _broker = serve(&session, port);
    at_a_terminal(&session, &["add", "everything", "http://127.0.0.1:1/mcp"], "y\n");
    // This very process registers and waits, and then opens a terminal for itself, as an agent could.
    let (to, host) = (std::net::SocketAddr::from(([127, 0, 0, 1], port)), format!("127.0.0.1:{port}"));
    let body = json!({ "client_name": "agent", "redirect_uris": [REDIRECT] }).to_string();
    let registered = raw(to, request("POST", "/register", &host, &["Content-Type: application/json"], &body).as_bytes()).await;
    let client = registered.json()["client_id"].as_str().expect("an id").to_owned();
    let challenge = challenge(VERIFIER);
    let query = form(&[
        ("response_type", "code"),
        ("client_id", &client),
        ("redirect_uri", REDIRECT),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let ticket = raw(to, request("GET", &format!("/authorize?{query}"), &host, &[], "").as_bytes())
        .await
        .header("location")
        .expect("a ticket")
        .to_owned();
    let waiting = tokio::spawn(async move { raw(to, request("GET", &ticket, &host, &[], "").as_bytes()).await });
    let id = waiting_request(&session).await["id"].to_string();
    let direct = bin("doorward");
    // python's pty module gives its child a terminal without any shell in between.
    let code = format!("import pty,sys; sys.exit(pty.spawn(['{}','approve','{id}'])>>8)", direct.display());
    let mut python = Command::new("python3");
    python.args(["-c", &code]).stdin(Stdio::piped()).stdout(Stdio::piped());
    for (name, value) in session.program("doorward").get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    let mut child = python.spawn().expect("python3 is installed");
    child.stdin.as_mut().expect("piped").write_all(b"agent\n").expect("typed");
    let output = child.wait_with_output().expect("ends");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("A program cannot answer its own request"), "{shown}");
    assert_eq!(json_of(&session.doorward(&["requests", "--json"])).as_array().map(Vec::len), Some(1), "it still waits");
    waiting.abort();
}

#[test]
fn scripted_approval_is_loud_and_never_with_the_desktops_data() {
    let session = Session::with(Keyring::Unlocked);
    let port = free_port().to_string();
    let with = |arguments: &[&str]| {
        let output = session.doorward(arguments);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = with(&["serve", "--no-gui", "--scripted-approval", "--port", &port]);
    assert!(code == Some(1) && said.contains("never works with the desktop's data"), "{said}");
    let (code, _) = with(&["--profile", "ci", "serve", "--no-gui", "--scripted-approval"]);
    assert_eq!(code, Some(2), "it needs a port");
    let (code, said) = with(&["--profile", "ci", "serve", "--no-gui", "--scripted-approval", "--port", "8765"]);
    assert!(code == Some(1) && said.contains("another port than 8765"), "{said}");
    assert_eq!(with(&["--profile", "ci", "serve", "--scripted-approval", "--port", &port]).0, Some(2), "it needs --no-gui");

    let mut broker = session.serve_scripted(port.parse().expect("a port"));
    let status = session.doorward(&["--profile", "ci", "status"]);
    assert!(String::from_utf8_lossy(&status.stdout).contains("SCRIPTED APPROVAL IS ON"));
    assert_eq!(json_of(&session.doorward(&["--profile", "ci", "status", "--json"]))["front"], "scripted");
    broker.kill();
    let (code, said) = with(&["--profile", "ci", "serve", "--no-gui", "--port", &port]);
    assert!(code == Some(1) && said.contains("belongs to scripted approval"), "a person's Doorward does not open that data: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn scripted_answers_are_named_in_the_log() {
    let session = Session::with(Keyring::Unlocked);
    let port = free_port();
    let _broker = session.serve_scripted(port);
    session.doorward(&["--profile", "ci", "add", "everything", "http://127.0.0.1:1/mcp", "--yes"]);
    let asked = ask(port).await;
    let requests =
        eventually("a request", async || json_of(&session.doorward(&["--profile", "ci", "requests", "--json"])).get(0).cloned()).await;
    assert!(session.doorward(&["--profile", "ci", "approve", &requests["id"].to_string()]).status.success());
    assert!(param(&asked.await.expect("joined"), "code").is_some());
    let log = std::fs::read_to_string(session.home().join(".local/state/doorward/profile-ci/doorward.log")).expect("a log");
    assert!(log.contains("SCRIPTED APPROVAL: a script answered"), "{log}");
}

/// `serve --no-gui` on a terminal of its own: what it shows, and what is typed into it.
#[tokio::test(flavor = "multi_thread")]
async fn serve_asks_on_its_own_terminal_and_takes_the_answer_there() {
    let session = Session::with(Keyring::Unlocked);
    let port = free_port();
    let command = format!("'{}' serve --no-gui --port {port}", bin("doorward").display());
    let mut script = Command::new("script");
    let shown = session.home().join("shown");
    script.args(["--quiet", "--return", "--flush", "--command", &command]).arg(&shown).stdin(Stdio::piped()).stdout(Stdio::null());
    for (name, value) in session.program("doorward").get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    let mut terminal = Process::start(&mut script);
    let mut keyboard = terminal.0.stdin.take().expect("piped");
    eventually("it serves", async || session.doorward(&["status"]).status.success().then_some(())).await;
    at_a_terminal(&session, &["add", "everything", "http://127.0.0.1:1/mcp"], "y\n");
    let screen = async |text: &str| {
        eventually(text, async || std::fs::read_to_string(&shown).ok().filter(|screen| screen.contains(text))).await;
    };
    let asked = ask(port).await;
    screen("\u{201c}Claude Code\u{201d} wants to use everything").await;
    screen("To allow request 1, type: Claude Code").await;
    keyboard.write_all(b"more\n").expect("typed");
    screen("Request 1 now waits until").await;
    keyboard.write_all(b"yes\n").expect("typed");
    assert_eq!(json_of(&session.doorward(&["requests", "--json"])).as_array().map(Vec::len), Some(1), "a reflex allows nothing");
    keyboard.write_all(b"Claude Code\n").expect("typed");
    screen("Allowed: “Claude Code” may use everything.").await;
    assert!(param(&asked.await.expect("joined"), "code").is_some());
    // What a browser shows is typed, and so it is not printed.
    let url = authorize_url(port).await;
    let [mode, document, user] = doorward_tests::caller::BROWSER;
    let page = curl(&["-s", "-L", "-H", mode, "-H", document, "-H", user, &url]).await;
    let number = page.split("<strong>").nth(1).and_then(|rest| rest.split('<').next()).expect("a number").to_owned();
    screen("To allow request 2, type: the number that the browser tab shows").await;
    screen("shows a number, which is typed").await;
    assert!(!std::fs::read_to_string(&shown).expect("readable").contains(&format!("shows {number}")));
    keyboard.write_all(b"the number that the browser tab shows\n").expect("typed");
    assert_eq!(json_of(&session.doorward(&["requests", "--json"])).as_array().map(Vec::len), Some(1), "those are no words to type");
    keyboard.write_all(format!("{number}\n").as_bytes()).expect("typed");
    eventually("it is allowed", async || (json_of(&session.doorward(&["requests", "--json"])) == json!([])).then_some(())).await;
    let ended = json_of(&session.doorward(&["log", "--requests", "--json"]));
    assert_eq!(ended[0]["outcome"], "allowed", "{ended}");
    let again = ask(port).await.await.expect("joined");
    assert!(param(&again, "code").is_some(), "the same request once more gets the answer that was not fetched yet: {again}");
    let denied = ask(port).await;
    screen("Request 3: \u{201c}Claude Code\u{201d} is signing in again to everything").await;
    keyboard.write_all(b"no\n").expect("typed");
    screen("Denied. Nothing was given.").await;
    assert_eq!(param(&denied.await.expect("joined"), "error").as_deref(), Some("access_denied"));
}
