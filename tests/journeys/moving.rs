//! `doorward port`: Doorward moves to another port, and the configuration of the programs with it.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
};

use doorward_tests::{
    eventually, free_port,
    programs::{Process, bin},
    session::{Keyring, Session, as_another_user},
};
use serde_json::Value;

use crate::cli::{at_a_terminal, terminal};

/// Files of three programs that lead to Doorward at a port, beside servers of others.
fn files(port: u16) -> [(&'static str, String); 4] {
    [
        (
            ".claude.json",
            format!(
                "{{\"numStartups\":3,\"mcpServers\":{{\"files\":{{\"type\":\"http\",\"url\":\"http://127.0.0.1:9\\/mcp\\/files\"}},\"mine\":{{\"type\":\"http\",\"url\":\"http://localhost:{port}/mcp/files\"}}}},\"projects\":{{\"/home/me/shop\":{{\"history\":[\"http://127.0.0.1:8765/mcp/files\"],\"mcpServers\":{{\"db\":{{\"url\":\"http://127.0.0.1:{port}/mcp/db\"}}}}}}}}}}"
            ),
        ),
        (
            ".config/Claude/claude_desktop_config.json",
            format!(
                "{{\n\t\"mcpServers\": {{\n\t\t\"files\": {{ \"command\": \"npx\", \"args\": [\"-y\", \"mcp-remote\", \"http://[::1]:{port}/mcp/files\"] }}\n\t}}\n}}"
            ),
        ),
        (
            ".codex/config.toml",
            format!(
                "# mine\r\n[mcp_servers.files]   # of Doorward\r\nurl = 'http://127.0.0.1:{port}/mcp/files' # here\r\n\r\n[mcp_servers.other]\r\ncommand = \"x\"\r\n"
            ),
        ),
        (
            ".config/zed/settings.json",
            "{ \"theme\": \"One\", // mine\n \"context_servers\": { \"x\": { \"command\": \"y\" } } }".to_owned(),
        ),
    ]
}

fn put(session: &Session, files: &[(&str, String)]) {
    for (path, text) in files {
        let file = session.home().join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, text).expect("written");
    }
}

fn assert_are(session: &Session, files: &[(&str, String)]) {
    for (path, text) in files {
        assert_eq!(&fs::read_to_string(session.home().join(path)).expect("reads"), text, "{path}");
    }
}

fn config(session: &Session, text: &str) -> std::path::PathBuf {
    let file = session.home().join(".config/doorward/config.toml");
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(&file, text).expect("written");
    file
}

#[test]
fn the_command_moves_doorward_and_the_programs_files_and_nothing_else_changes() {
    let (session, old, new) = (Session::with(Keyring::Unlocked), free_port(), free_port());
    let file = config(&session, &format!("# mine\nport = {old} # here\n"));
    put(&session, &files(old));
    let port = new.to_string();

    let dry = session.doorward(&["port", &port, "--dry-run"]);
    let shown = String::from_utf8(dry.stdout).expect("text");
    assert!(dry.status.success() && shown.contains(".codex/config.toml") && shown.contains(&format!(":{new}/mcp/files")), "{shown}");
    assert!(!shown.contains("zed"), "{shown}");
    let as_json: Value = serde_json::from_slice(&session.doorward(&["port", &port, "--dry-run", "--json"]).stdout).expect("JSON");
    assert_eq!(as_json["files"].as_array().map(Vec::len), Some(3), "{as_json}");
    assert_eq!(session.doorward(&["port", &port]).status.code(), Some(4), "a person is needed");
    assert!(at_a_terminal(&session, &["port", &port], "n\n").contains("Nothing was changed"));
    assert_are(&session, &files(old));

    let said = at_a_terminal(&session, &["port", &port], "y\n");
    assert!(said.contains("write these 3 files?") && said.contains(&format!("Doorward is at port {new}.")), "{said}");
    assert_are(&session, &files(new));
    assert_eq!(fs::read_to_string(&file).expect("reads"), format!("# mine\nport = {new} # here\n"));
    assert_eq!(session.doorward(&["port", &port]).status.code(), Some(2), "it is there");
    let back = at_a_terminal(&session, &["port", &old.to_string()], "y\n");
    assert!(back.contains("Changed "), "{back}");
    assert_are(&session, &files(old));
}

#[test]
fn a_running_doorward_moves_with_its_next_start_and_a_port_that_is_taken_is_refused() {
    let (session, old, new) = (Session::with(Keyring::Unlocked), free_port(), free_port());
    config(&session, &format!("port = {old}\n"));
    put(&session, &files(old));
    let held = TcpListener::bind(("::1", new)).expect("free");
    let port = new.to_string();
    let refused = at_a_terminal(&session, &["port", &port], "y\n");
    assert!(refused.contains(&format!("Port {new} is held by")), "{refused}");
    assert_are(&session, &files(old));
    drop(held);

    let broker = crate::cli::serve(&session, old);
    let shown = String::from_utf8(session.doorward(&["port", &port, "--dry-run"]).stdout).expect("text");
    assert!(shown.contains("leads to port"), "no server, so no address is Doorward's: {shown}");
    for server in ["files", "db"] {
        at_a_terminal(&session, &["add", server, "http://127.0.0.1:1/mcp"], "y\n");
    }
    let said = at_a_terminal(&session, &["port", &port], "y\n");
    assert!(said.contains(&format!("Doorward stays at port {old} until it is started anew.")), "{said}");
    assert_are(&session, &files(new));
    drop(broker);
    let _broker = Process::start(session.program("doorward").args(["serve", "--no-gui"]).stderr(std::process::Stdio::null()));
    let begun = std::time::Instant::now();
    let status = loop {
        let output = session.doorward(&["status", "--json"]);
        if output.status.success() {
            break String::from_utf8(output.stdout).expect("text");
        }
        assert!(begun.elapsed().as_secs() < 10, "it does not come up");
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert!(status.contains(&format!("127.0.0.1:{new}")), "{status}");
    // Somebody set the port alone, some time ago.
    put(&session, &files(old));
    let said = at_a_terminal(&session, &["port", &port, "--from", &old.to_string()], "y\n");
    assert!(said.contains("Changed ") && said.contains(&format!("Doorward is at port {new}.")), "{said}");
    assert_are(&session, &files(new));
}

#[test]
fn a_port_that_is_taken_while_the_question_is_open_changes_nothing() {
    let (session, old, new) = (Session::with(Keyring::Unlocked), free_port(), free_port());
    let text = format!("port = {old}\n");
    let file = config(&session, &text);
    put(&session, &files(old));
    let mut child = terminal(&session, &format!("port {new}"));
    let mut shown = Vec::new();
    let mut out = child.stdout.take().expect("piped");
    while !shown.ends_with(b"[y/N] ") {
        let mut byte = [0];
        assert_eq!(out.read(&mut byte).expect("reads"), 1, "{}", String::from_utf8_lossy(&shown));
        shown.extend(byte);
    }
    let _quicker = TcpListener::bind(("127.0.0.1", new)).expect("it is not held while a person thinks");
    child.stdin.take().expect("piped").write_all(b"y\n").expect("typed");
    let mut said = String::new();
    out.read_to_string(&mut said).expect("text");
    child.wait().expect("ends");
    assert!(said.contains(&format!("Port {new} is held by")) && said.contains("Nothing was changed."), "{said}");
    assert_are(&session, &files(old));
    assert_eq!(fs::read_to_string(file).expect("reads"), text);
}

#[test]
fn as_json_the_answer_is_one_value_and_what_changes_is_shown_beside_it() {
    let (session, old, new) = (Session::with(Keyring::Unlocked), free_port(), free_port());
    config(&session, &format!("port = {old}\n"));
    put(&session, &files(old));
    let answer = session.home().join("answer.json");
    let mut child = terminal(&session, &format!("port {new} --json > '{}'", answer.display()));
    child.stdin.take().expect("piped").write_all(b"y\n").expect("typed");
    let shown = child.wait_with_output().expect("ends").stdout;
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains(".codex/config.toml") && shown.contains("write these 3 files?"), "{shown}");
    let answer: Value = serde_json::from_str(&fs::read_to_string(answer).expect("reads")).expect("one value");
    assert_eq!(answer["done"], true, "{answer}");
    assert_are(&session, &files(new));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_imported_is_undone_byte_for_byte_after_doorward_moved() {
    let (session, old, new) = (Session::with(Keyring::Unlocked), free_port(), free_port());
    let _broker = session.serve_scripted(old);
    let doorward = |arguments: &[&str]| session.doorward(&[&["--profile", "ci"], arguments].concat());
    let before =
        format!("{{\n  // mine\n  \"mcpServers\": {{ \"fake\": {{ \"command\": \"{}\" }} }},\n}}\n", bin("fake-mcp-server").display());
    put(&session, &[(".cursor/mcp.json", before.clone())]);
    assert!(doorward(&["import", "--yes"]).status.success());
    let moved = at_a_terminal(&session, &["--profile", "ci", "port", &new.to_string()], "y\n");
    assert!(moved.contains("Changed "), "{moved}");
    let after = fs::read_to_string(session.home().join(".cursor/mcp.json")).expect("reads");
    assert!(after.contains(&format!("http://127.0.0.1:{new}/mcp/fake")) && after.contains("// mine"), "{after}");
    let undone = doorward(&["undo", "cursor"]);
    assert!(undone.status.success(), "{undone:?}");
    assert_are(&session, &[(".cursor/mcp.json", before)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_another_user_of_this_computer_holds_is_said_to_be_theirs() {
    let (session, port) = (Session::with(Keyring::Unlocked), free_port());
    config(&session, &format!("port = {port}\n"));
    let listen =
        format!("import socket, sys\ns = socket.create_server(('127.0.0.1', {port}))\nprint('ready', flush=True)\nsys.stdin.read()");
    let mut command = as_another_user(&["/usr/bin/python3", "-c", &listen]);
    let _theirs = Process::start(command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null()));
    eventually("the other user listens", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
    let refused = session.doorward(&["serve", "--no-gui"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{said}");
    assert!(said.contains(&format!("Port {port} is held by a program of another user (user id 65534).")), "{said}");
    assert!(said.contains("doorward port NUMBER"), "{said}");
}
