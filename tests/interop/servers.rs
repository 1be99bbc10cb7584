//! A session of a real client with three real servers: one over HTTP, and two that Doorward starts, from npm and from PyPI. A person
//! watches it, and takes a tool away while it runs.

use doorward_broker::broker::{CallView, RulesView, ServerView, ToolsView};
use doorward_oauth::tool::Looked;
use doorward_tests::eventually;

use crate::door::{Door, tests};

#[tokio::test]
async fn a_session_with_three_servers_is_watched_and_changed_while_it_runs() {
    let door = Door::allowing().await;
    let work = door.home().join("work");
    std::fs::create_dir(&work).expect("a folder");
    std::fs::write(work.join("note.txt"), "through the door").expect("written");
    let filesystem = tests("interop/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js");
    let time = tests("../target/interop-venv/bin/mcp-server-time");
    let text = |path: &std::path::Path| path.to_str().expect("text").to_owned();
    door.doorward(&["add", "files", "--yes", "--", "node", &text(&filesystem), &text(&work)]).await;
    door.doorward(&["add", "time", "--yes", "--", &text(&time), "--local-timezone", "Europe/Berlin"]).await;
    for server in ["everything", "files", "time"] {
        let tools: ToolsView = serde_json::from_str(&door.doorward(&["tools", server, "--json"]).await).expect("tools");
        assert!(tools.tools.len() > 1 && tools.tools.iter().all(|tool| tool.looked == Looked::Known), "who adds it looks: {tools:?}");
        door.types(&format!("mcporter config add {server} {}/mcp/{server}", door.issuer())).await.succeeded();
        door.types(&format!("mcporter auth {server}")).await.succeeded();
    }
    let call = async |line: &str| door.types(&format!("mcporter call {line}")).await;
    assert!(call("everything.echo message=hello").await.succeeded().contains("Echo: hello"));
    let note = work.join("note.txt");
    assert!(call(&format!("files.read_text_file path={}", note.display())).await.succeeded().contains("through the door"));
    assert!(call("time.get_current_time timezone=Europe/Paris").await.succeeded().contains("Europe/Paris"));

    // Watched.
    let calls = eventually("three calls", async || {
        let calls: Vec<CallView> = serde_json::from_str(&door.doorward(&["log", "--json"]).await).expect("calls");
        (calls.len() == 3).then_some(calls)
    })
    .await;
    let seen: Vec<_> =
        calls.iter().rev().map(|call| (call.server.as_str(), call.name.as_deref().unwrap_or_default(), call.passed)).collect();
    assert_eq!(seen, [("everything", "echo", true), ("files", "read_text_file", true), ("time", "get_current_time", true)]);
    assert!(!format!("{calls:?}").contains("through the door"), "what was done, and not what was said");
    let servers: Vec<ServerView> = serde_json::from_str(&door.doorward(&["servers", "--json"]).await).expect("servers");
    for server in servers.iter().filter(|server| server.name != "everything") {
        let condition = server.condition.as_ref().expect("a condition");
        assert!(condition.words.starts_with("Running as process "), "{server:?}");
    }

    // Changed while it runs.
    let rules: Vec<RulesView> = serde_json::from_str(&door.doorward(&["rules", "--json"]).await).expect("rules");
    let files = rules.iter().find(|rules| rules.server == "files").expect("its rules");
    door.doorward(&["rules", &files.app, "files", "read_text_file", "hide"]).await;
    let listed = door.types("mcporter list files").await.succeeded();
    assert!(!listed.contains("function read_text_file(") && listed.contains("function list_directory("), "{listed}");
    door.stops_answering();
    let refused = call(&format!("files.read_text_file path={} --timeout 3000", note.display())).await;
    assert!(!refused.shown().contains("through the door"), "{}", refused.shown());
    assert!(call(&format!("files.list_directory path={}", work.display())).await.succeeded().contains("note.txt"), "the others go on");
}
