//! Access that a person gives before anybody asks, for a program that runs where nobody can be asked.

use std::time::Duration;

use doorward_broker::broker::NewRule;
use doorward_oauth::tool::Mode;
use doorward_tests::{
    doorward::Doorward,
    person::Habit,
    session::{Keyring, Session},
};
use serde_json::{Value, json};

use crate::rules::{allowed, call_of, error_text, ticked};

const LIST: &str = r#"{"jsonrpc":"2.0","id":"l","method":"tools/list"}"#;

fn rule(tools: &[&str], seconds: u64) -> NewRule {
    NewRule { app: "ci".into(), server: "everything".into(), tools: tools.iter().map(|&tool| tool.into()).collect(), seconds }
}

async fn given(doorward: &Doorward, tools: &[&str]) -> String {
    // REVEAL: it is used.
    doorward.broker.make_rule(rule(tools, 3_600)).await.expect("given").token.reveal().to_owned()
}

#[tokio::test]
async fn a_token_made_by_a_rule_opens_exactly_these_tools_asks_nothing_and_ends_when_it_was_said() {
    let (doorward, upstream, agent) = allowed("/tools", ticked(&[("rm", Mode::Allow)]), "").await;
    let token = given(&doorward, &["read", "write"]).await;
    let asked = doorward.person.shown().len();
    let run = async |tool: &str| doorward.call(&token, &call_of(tool, &json!({}))).await;
    let listed = doorward.call(&token, LIST).await.json();
    let names: Vec<_> = listed["result"]["tools"].as_array().expect("a list").iter().map(|tool| tool["name"].clone()).collect();
    assert_eq!(names, ["write", "read"]);
    assert!(run("read").await.body.contains("done") && run("write").await.body.contains("done"));
    assert!(error_text(&run("rm").await).contains("does not want to be asked"), "another tool");
    assert_eq!(doorward.person.shown().len(), asked, "nobody was asked");
    let other = format!("Authorization: Bearer {token}");
    doorward.broker.add_server("spare", &upstream.url).await.expect("added");
    assert_eq!(doorward.send("POST", "/mcp/spare", &[&other], LIST).await.status, 401, "another server");
    let ci = doorward.broker.apps().await.expect("apps").into_iter().find(|app| app.name.as_deref() == Some("ci")).expect("listed");
    assert!(ci.made_by_rule && ci.grants.len() == 1 && ci.blocked_at.is_none(), "{ci:?}");
    let ends_at = ci.grants[0].ends_at;
    // Use does not let it live on, in memory or on the disk.
    doorward.clock.advance(Duration::from_secs(1_800));
    assert!(run("read").await.body.contains("done"));
    let ci = doorward.broker.apps().await.expect("apps").into_iter().find(|app| app.made_by_rule).expect("listed");
    assert!(ci.grants[0].last_used_at.is_some() && ci.grants[0].ends_at == ends_at, "{ci:?}");
    doorward.clock.advance(Duration::from_secs(1_801));
    assert_eq!(run("read").await.status, 401);
    assert!(doorward.broker.apps().await.expect("apps").iter().all(|app| !app.made_by_rule));
    doorward.broker.sweep().await.expect("swept");
    doorward.clock.advance(Duration::from_secs(2 * 60 * 60));
    doorward.broker.sweep().await.expect("swept");
    assert!(doorward.broker.blocked().await.expect("reads").is_empty(), "nothing of it is left");
    assert_eq!(doorward.call(&agent.access, LIST).await.status, 401, "an ordinary token ends, too");
    assert_eq!(upstream.ran(), ["read", "write", "read"]);
}

#[tokio::test]
async fn taking_back_a_rule_made_beforehand_stops_its_token_and_two_of_one_name_are_two_apps() {
    let (doorward, _upstream, _) = allowed("/tools", ticked(&[("read", Mode::Allow)]), "").await;
    let made = doorward.broker.make_rule(rule(&["read"], 3_600)).await.expect("given");
    // REVEAL: it is used.
    let (first, second) = (made.token.reveal().to_owned(), given(&doorward, &["write"]).await);
    let apps = doorward.broker.apps().await.expect("apps");
    assert_eq!(apps.iter().filter(|app| app.made_by_rule).count(), 2);
    let call = call_of("read", &json!({}));
    assert!(doorward.call(&first, &call).await.body.contains("done"));
    let (folder, keyring, port) = doorward.stop().await;
    let doorward = Doorward::open(folder, keyring, port, Habit::Denies).await.expect("starts");
    doorward.broker.disconnect(made.app.as_str(), None).await.expect("disconnected");
    assert_eq!(doorward.call(&first, &call).await.status, 401);
    assert_eq!(doorward.call(&second, LIST).await.status, 200, "the other one goes on, after a restart, too");
}

#[tokio::test]
async fn a_rule_that_makes_no_sense_gives_nothing() {
    let (doorward, _upstream, _) = allowed("/tools", ticked(&[("read", Mode::Allow)]), "").await;
    for (new, says) in [
        (rule(&["read", "format_disk"], 60), "no tool called format_disk"),
        (rule(&[], 60), "at least one tool"),
        (rule(&["read"], 0), "7 days"),
        (rule(&["read"], 8 * 24 * 60 * 60), "7 days"),
        (NewRule { app: " \u{200b} ".into(), ..rule(&["read"], 60) }, "needs a name"),
        (NewRule { server: "nothing".into(), ..rule(&["read"], 60) }, "no server called nothing"),
    ] {
        let refused = doorward.broker.make_rule(new).await.expect_err(says).to_string();
        assert!(refused.contains(says), "{refused}");
    }
    assert_eq!(doorward.broker.apps().await.expect("apps").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn moment_9_a_person_at_a_terminal_makes_a_rule_for_a_program_that_cannot_ask() {
    let session = Session::with(Keyring::Unlocked);
    let port = doorward_tests::free_port();
    let _broker = crate::cli::serve(&session, port);
    let at_a_terminal = |arguments: &[&str], input: &str| crate::cli::at_a_terminal(&session, arguments, input);
    let server = doorward_test_upstream::Upstream::start().await.expect("starts");
    at_a_terminal(&["add", "files", server.url()], "y\n");
    let tools: Value = serde_json::from_slice(&session.doorward(&["tools", "files", "--json"]).stdout).expect("JSON");
    let tool = tools["tools"][0]["name"].as_str().expect("a tool").to_owned();
    let add = ["rule", "add", "--app", "ci", "--server", "files", "--tool", &tool, "--for", "1h", "--print-token"];
    assert_eq!(session.doorward(&add).status.code(), Some(4), "no terminal");
    for wrong in ["y\n", "\n", "files\n"] {
        let shown = at_a_terminal(&add, wrong);
        assert!(shown.contains("That is not its name") && !shown.contains("dwa_"), "{shown}");
    }
    let shown = at_a_terminal(&add, "ci\n");
    assert!(shown.contains("\u{201c}ci\u{201d} may run these tools of files for 60 minute(s)") && shown.contains(&tool), "{shown}");
    let token = shown.split_whitespace().find(|word| word.starts_with("dwa_")).unwrap_or_else(|| panic!("no token: {shown}")).to_owned();
    let call = async || {
        let (to, host) = (std::net::SocketAddr::from(([127, 0, 0, 1], port)), format!("127.0.0.1:{port}"));
        let bearer = format!("Authorization: Bearer {token}");
        let request = doorward_tests::http::request("POST", "/mcp/files", &host, &["Content-Type: application/json", &bearer], LIST);
        doorward_tests::http::raw(to, request.as_bytes()).await.status
    };
    assert_ne!(call().await, 401);
    let apps = String::from_utf8(session.doorward(&["apps"]).stdout).expect("text");
    assert!(apps.contains("ci (by rule)"), "{apps}");
    assert!(session.doorward(&["revoke", "ci"]).status.success());
    assert_eq!(call().await, 401);
    assert_eq!(session.doorward(&add[..10]).status.code(), Some(2), "a token is only made to be printed");
}
