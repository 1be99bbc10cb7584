//! Servers of other makers, as people install them. They are fetched, so they run when they are asked for:
//! `cargo test -p doorward-stdio --test stdio real -- --ignored`.

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use doorward_stdio::{Server, Settings, State, Value as Variable, environment};
use serde_json::{Value, json};

use crate::support::{Fixed, Legacy, Modern, lives, pid};

/// A program of the search path of the person who runs this, with what programs look for in their environment.
async fn server(program: &str, arguments: &[&str], folder: &Path) -> Server {
    let path = environment::login_path().await;
    let program = environment::resolve(program, &path.text, folder).unwrap_or_else(|missing| panic!("{missing}"));
    let mut launch = Fixed::new(program, arguments);
    launch.folder = folder.to_owned();
    let home = std::env::var("HOME").expect("somebody runs this");
    launch.environment = vec![("PATH".to_owned(), Variable::Plain(path.text)), ("HOME".to_owned(), Variable::Plain(home))];
    // Fetching takes longer than starting.
    Server::new("real", Arc::new(launch), Settings { start: Duration::from_secs(240), ..Settings::default() })
}

/// The names of all tools, as clients of both eras see them.
async fn tools(server: &Server) -> Vec<String> {
    let names = |message: Value| -> Vec<String> {
        let tools = message["result"]["tools"].as_array().unwrap_or_else(|| panic!("no list: {message}"));
        tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
    };
    // The first request waits for what is fetched.
    let started = server.clone();
    tokio::time::timeout(Duration::from_secs(240), async move {
        started.restart().await;
        let mut changes = started.changes();
        let state = changes.wait_for(|state| matches!(state, State::Running { .. } | State::Failed { .. })).await.expect("there").clone();
        assert!(matches!(state, State::Running { .. }), "{state:?} {:?}", started.log());
    })
    .await
    .expect("it starts");
    let modern = names(Modern::new(server).ask("tools/list", json!({})).await.message().await);
    let legacy = names(Legacy::open(server).await.ask("tools/list", json!({})).await.message().await);
    assert_eq!(modern, legacy);
    modern
}

#[tokio::test]
#[ignore = "fetches @modelcontextprotocol/server-filesystem from npm"]
async fn the_filesystem_server_of_npm_reads_a_file_and_ends_with_its_launcher() {
    let folder = tempfile::tempdir().expect("a folder");
    // Names of temporary folders are links on some systems, which this server does not follow.
    let folder = folder.path().canonicalize().expect("it is there");
    std::fs::write(folder.join("note.txt"), "hello").expect("writes");
    let path = folder.display().to_string();
    let server = server("npx", &["-y", "@modelcontextprotocol/server-filesystem@2026.8.31", &path], &folder).await;
    assert!(tools(&server).await.contains(&"read_text_file".to_owned()));
    let file = json!({ "path": folder.join("note.txt") });
    assert_eq!(Modern::new(&server).tool("read_text_file", file.clone()).await.text().await, "hello");
    assert_eq!(Legacy::open(&server).await.tool("read_text_file", file).await.text().await, "hello");
    let outside = Modern::new(&server).tool("read_text_file", json!({ "path": "/etc/passwd" })).await.message().await;
    assert_eq!(outside["result"]["isError"], true);
    let leader = pid(&server);
    server.stop().await;
    assert!(!lives(leader));
}

#[tokio::test]
#[ignore = "fetches @modelcontextprotocol/server-everything from npm"]
async fn the_everything_server_of_npm_shows_progress_and_its_resources() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = server("npx", &["-y", "@modelcontextprotocol/server-everything@2026.8.31", "stdio"], folder.path()).await;
    let names = tools(&server).await;
    assert!(names.contains(&"echo".to_owned()), "{names:?}");
    let client = Modern::new(&server);
    assert_eq!(client.tool("echo", json!({ "message": "hé" })).await.text().await, "Echo: hé");
    let long = json!({
        "name": "trigger-long-running-operation", "arguments": { "duration": 1, "steps": 3 }, "_meta": { "progressToken": "mine" },
    });
    for mut answer in [client.ask("tools/call", long.clone()).await, Legacy::open(&server).await.ask("tools/call", long).await] {
        for step in 1..=3 {
            let event = answer.event().await.expect("a step");
            assert_eq!((&event["params"]["progress"], &event["params"]["progressToken"]), (&json!(step), &json!("mine")));
        }
        assert!(answer.text().await.starts_with("Long running operation completed"));
    }
    let resources = client.ask("resources/list", json!({})).await.message().await;
    let uri = resources["result"]["resources"][0]["uri"].clone();
    let read = client.ask("resources/read", json!({ "uri": uri })).await.message().await;
    assert_eq!((&read["result"]["contents"][0]["uri"], &read["result"]["cacheScope"]), (&uri, &json!("private")));
    server.stop().await;
}

#[tokio::test]
#[ignore = "fetches mcp-server-time from PyPI"]
async fn the_time_server_of_pypi_tells_the_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |program: &str, arguments: &[&str]| {
        let status = Command::new(program).args(arguments).current_dir(folder.path()).status().expect("it runs");
        assert!(status.success(), "{program} {arguments:?}");
    };
    run("python3", &["-m", "venv", "venv"]);
    run("venv/bin/pip", &["install", "--quiet", "mcp-server-time==2026.10.19"]);
    let server = server("./venv/bin/mcp-server-time", &["--local-timezone", "Europe/Berlin"], folder.path()).await;
    assert_eq!(tools(&server).await, ["get_current_time", "convert_time"]);
    let asked = json!({ "timezone": "UTC" });
    for mut answer in [
        Modern::new(&server).tool("get_current_time", asked.clone()).await,
        Legacy::open(&server).await.tool("get_current_time", asked).await,
    ] {
        let told: Value = serde_json::from_str(&answer.text().await).expect("JSON");
        assert_eq!(told["timezone"], "UTC");
    }
    assert_eq!(Modern::new(&server).ask("no/such", json!({})).await.error().await.0, -32601);
    server.stop().await;
}
