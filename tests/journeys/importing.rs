//! `doorward import` and `doorward undo`, as a person types them: files of several programs, a real keyring, real processes.

use std::fs;

use doorward_tests::{
    doorward::any_file_contains,
    free_port,
    programs::bin,
    session::{Keyring, Session},
};
use serde_json::Value;

const SECRET: &str = "ghp_0123456789abcdefghijABCDEFGHIJ456789";

/// What a person had before, with comments and three servers of other kinds.
fn cursor(program: &str) -> String {
    format!(
        r#"{{
  // mine, do not touch
  "mcpServers": {{
    "fake": {{ "command": "{program}", "args": ["--mark-import"], "env": {{ "GITHUB_TOKEN": "{SECRET}", "MODE": "x" }} }},
    "elsewhere": {{ "url": "https://mcp.example.com/mcp", "headers": {{ "Authorization": "Bearer {SECRET}" }} }},
    "odd":   {{ "command": "${{input:what}}" }},   // stays
  }},
  "other": [1,   2],
}}
"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn import_moves_servers_and_their_secrets_and_undo_puts_every_byte_back() {
    let (session, port) = (Session::with(Keyring::Unlocked), free_port());
    let _broker = session.serve_scripted(port);
    let doorward = |arguments: &[&str]| session.doorward(&[&["--profile", "ci"], arguments].concat());
    let file = |path: &str| session.home().join(path);
    let before = cursor(bin("fake-mcp-server").to_str().expect("text"));
    let codex = "# mine\r\n[mcp_servers.there]\r\nurl = \"http://127.0.0.1:9/mcp\"  # a port\r\n\r\n[tui]\r\nx = 1\r\n";
    for (path, text) in [(".cursor/mcp.json", before.as_str()), (".codex/config.toml", codex)] {
        fs::create_dir_all(file(path).parent().expect("a folder")).expect("made");
        fs::write(file(path), text).expect("written");
    }
    let read = |path: &str| fs::read_to_string(file(path)).expect("reads");

    let dry = doorward(&["import", "--dry-run"]);
    let shown = String::from_utf8(dry.stdout).expect("text") + &String::from_utf8(dry.stderr).expect("text");
    assert!(dry.status.success() && shown.contains("Cursor") && shown.contains("GITHUB_TOKEN") && shown.contains("elsewhere"), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert_eq!((read(".cursor/mcp.json"), read(".codex/config.toml")), (before.clone(), codex.to_owned()), "nothing was changed");

    let refused = doorward(&["import"]);
    assert_eq!(refused.status.code(), Some(4), "a person is needed: {refused:?}");
    let done = doorward(&["import", "--yes"]);
    let said = String::from_utf8(done.stdout).expect("text") + &String::from_utf8(done.stderr).expect("text");
    assert!(done.status.success() && said.contains("Changed "), "{said}");
    let after = read(".cursor/mcp.json");
    for kept in ["// mine, do not touch", "\"odd\":   { \"command\": \"${input:what}\" },   // stays", "\"other\": [1,   2],"] {
        assert!(after.contains(kept), "{kept}: {after}");
    }
    for name in ["fake", "elsewhere"] {
        assert!(after.contains(&format!("http://127.0.0.1:{port}/mcp/{name}")), "{after}");
    }
    assert!(!after.contains(SECRET) && !read(".codex/config.toml").contains(":9/mcp"), "{after}");
    assert!(read(".codex/config.toml").starts_with("# mine\r\n") && read(".codex/config.toml").ends_with("[tui]\r\nx = 1\r\n"));
    assert!(!any_file_contains(session.home(), SECRET.as_bytes()), "the secrets are in the keyring, and backups are closed");
    let servers: Value = serde_json::from_slice(&doorward(&["servers", "--json"]).stdout).expect("JSON");
    let names: Vec<&str> = servers.as_array().expect("a list").iter().filter_map(|server| server["name"].as_str()).collect();
    assert_eq!(names, ["elsewhere", "fake", "there"]);
    let tools: Value = serde_json::from_slice(&doorward(&["tools", "fake", "--json"]).stdout).expect("JSON");
    assert!(tools["tools"].as_array().is_some_and(|tools| tools.iter().any(|tool| tool["name"] == "echo")), "it runs: {tools}");

    assert_eq!(doorward(&["undo", "zed"]).status.code(), Some(5), "there is nothing to undo");
    fs::write(file(".codex/config.toml"), read(".codex/config.toml") + "# later\r\n").expect("written");
    let drifted = doorward(&["undo", "codex"]);
    let why = String::from_utf8(drifted.stderr).expect("text");
    assert!(!drifted.status.success() && why.contains("was changed since") && why.contains("--entries"), "{why}");
    assert!(doorward(&["undo", "codex", "--entries"]).status.success());
    assert_eq!(read(".codex/config.toml"), format!("{codex}# later\r\n"));
    assert!(doorward(&["undo", "cursor"]).status.success());
    assert_eq!(read(".cursor/mcp.json"), before, "byte for byte");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_variable_of_the_environment_has_is_kept_in_the_keyring_or_not_taken_over() {
    const VALUE: &str = "quiet-horse-7";
    let (session, port) = (Session::with(Keyring::Unlocked), free_port());
    let _broker = session.serve_scripted(port);
    let program = bin("fake-mcp-server").display().to_string();
    let before = format!(
        r#"{{"mcpServers": {{
  "kept": {{ "command": "{program}", "args": ["--mark-variable"], "env": {{ "GITHUB_TOKEN": "${{env:DESK_CODE}}" }} }},
  "shown": {{ "command": "{program}", "args": ["--token", "${{env:DESK_CODE}}"] }},
  "led": {{ "url": "https://mcp.example.com/mcp?key=${{env:DESK_CODE}}" }}
}}}}"#
    );
    let file = session.home().join(".cursor/mcp.json");
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(&file, &before).expect("written");
    let import = ["--profile", "ci", "import", "--yes"];
    let done = session.program("doorward").args(import).env("DESK_CODE", VALUE).output().expect("runs");
    let said = String::from_utf8(done.stdout).expect("text") + &String::from_utf8(done.stderr).expect("text");
    for words in ["shown was not added: A secret is in its command line", "led was not added: A secret is in its address", "Changed "] {
        assert!(done.status.success() && said.contains(words), "{words}: {said}");
    }
    let after = fs::read_to_string(&file).expect("reads");
    assert!(after.contains("/mcp/kept") && !after.contains("/mcp/shown") && !after.contains("/mcp/led"), "{after}");
    assert!(!said.contains(VALUE) && !any_file_contains(session.home(), VALUE.as_bytes()), "{said}");
    let servers: Value = serde_json::from_slice(&session.doorward(&["--profile", "ci", "servers", "--json"]).stdout).expect("JSON");
    assert!(servers.to_string().contains("kept") && !servers.to_string().contains(VALUE), "{servers}");
}
