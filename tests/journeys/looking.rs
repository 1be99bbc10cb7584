//! Looking for something in what apps did and in what happened.

use doorward_broker::broker::{CallView, WhichCalls, WhichEvents};
use doorward_oauth::tool::Mode;
use doorward_tests::{
    doorward::Doorward,
    eventually,
    flow::param,
    person::Habit,
    session::{Keyring, Session},
};
use serde_json::{Value, json};

use crate::rules::{allowed, call_of, ticked};

async fn found(doorward: &Doorward, text: &str) -> Vec<CallView> {
    let which = WhichCalls { text: Some(text.to_owned()), most: 10, ..WhichCalls::default() };
    doorward.broker.calls(which).await.expect("reads")
}

#[tokio::test]
async fn calls_are_found_by_app_program_server_tool_and_decision() {
    let (doorward, _upstream, tokens) = allowed("/tools", ticked(&[("read", Mode::Allow)]), "").await;
    let other = doorward.tokens("\u{c4}nderer 100%").await;
    doorward.person.from_now_on(Habit::Denies);
    doorward.call(&tokens.access, &call_of("read", &json!({}))).await;
    doorward.call(&tokens.access, &call_of("rm", &json!({}))).await;
    doorward.call(&other.access, &call_of("read", &json!({ "path": "findme" }))).await;
    let calls = eventually("three calls", async || {
        let calls = found(&doorward, "").await;
        (calls.len() == 3).then_some(calls)
    })
    .await;
    let program = calls[0].program.clone().expect("it can be told");
    for (text, count) in [
        ("agent", 2),
        ("AGENT rm", 1),
        ("denied", 1),
        ("refused", 1),
        ("passed", 2),
        ("everything tools/call", 3),
        ("\u{e4}nderer 100%", 1),
        ("agent \u{e4}nderer", 0),
        ("findme", 0),
        ("%", 1),
        ("_", 0),
        (program.as_str(), 3),
    ] {
        assert_eq!(found(&doorward, text).await.len(), count, "{text}");
    }
    let second = WhichCalls { text: Some("agent".into()), before: Some(calls[1].number), most: 10, ..WhichCalls::default() };
    let second = doorward.broker.calls(second).await.expect("reads");
    assert_eq!(second.iter().map(|call| call.name.as_deref()).collect::<Vec<_>>(), [Some("read")]);
}

#[tokio::test]
async fn what_happened_is_found_and_comes_in_pages() {
    let (doorward, _upstream, _tokens) = allowed("/tools", ticked(&[("read", Mode::Allow)]), "").await;
    for name in ["One", "Two", "Three"] {
        doorward.tokens(name).await;
    }
    let apps = doorward.broker.apps().await.expect("apps");
    let two = apps.iter().find(|app| app.name.as_deref() == Some("Two")).expect("there");
    doorward.broker.disconnect(&two.id, None).await.expect("disconnected");
    let all = doorward.broker.history(100).await.expect("reads");
    assert_eq!(all.len(), 5);
    assert!(all.windows(2).all(|two| two[0].number > two[1].number), "newest first");
    let mut paged = Vec::new();
    loop {
        let which =
            WhichEvents { before: paged.last().map(|event: &doorward_broker::broker::HistoryView| event.number), most: 2, text: None };
        let page = doorward.broker.history(which).await.expect("reads");
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let found = async |text: &str| {
        let which = WhichEvents { text: Some(text.to_owned()), most: 10, ..WhichEvents::default() };
        let found = doorward.broker.history(which).await.expect("reads");
        found.into_iter().map(|event| event.outcome).collect::<Vec<_>>()
    };
    assert_eq!(found("TWO").await, ["disconnected", "allowed"]);
    assert_eq!(found("two you disconnected").await, ["disconnected"]);
    assert_eq!(found("three everything").await, ["allowed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_looks_for_requests_and_pages_them() {
    let session = Session::with(Keyring::Unlocked);
    let port = doorward_tests::free_port();
    let _broker = crate::cli::serve(&session, port);
    crate::cli::at_a_terminal(&session, &["add", "everything", "http://127.0.0.1:1/mcp"], "y\n");
    let asked = crate::cli::ask(port).await;
    let id = crate::cli::waiting_request(&session).await["id"].to_string();
    crate::cli::at_a_terminal(&session, &["approve", &id], "Claude Code\n");
    assert!(param(&asked.await.expect("joined"), "code").is_some());
    let revoked: Value = serde_json::from_slice(&session.doorward(&["revoke", "Claude Code", "--json"]).stdout).expect("JSON");
    assert_eq!((&revoked["done"], &revoked["grants"], &revoked["calls_ended"]), (&json!(true), &json!(1), &json!(0)));
    let events = |arguments: &[&str]| -> Vec<Value> {
        let all = [&["log", "--requests", "--json"], arguments].concat();
        serde_json::from_slice(&session.doorward(&all).stdout).expect("JSON")
    };
    let outcomes = |events: &[Value]| events.iter().map(|event| event["outcome"].as_str().expect("a word").to_owned()).collect::<Vec<_>>();
    let all = events(&[]);
    assert_eq!(outcomes(&all), ["disconnected", "allowed"]);
    assert_eq!(outcomes(&events(&["--search", "CLAUDE disconnected"])), ["disconnected"]);
    assert_eq!(outcomes(&events(&["--before", &all[0]["number"].to_string()])), ["allowed"]);
    assert_eq!(outcomes(&events(&["-n", "1"])), ["disconnected"]);
    let text = String::from_utf8(session.doorward(&["log", "--requests"]).stdout).expect("text");
    assert!(text.starts_with("NO") && text.lines().nth(1).is_some_and(|line| line.contains("You allowed it.")), "{text}");
    let exported = String::from_utf8(session.doorward(&["log", "--requests", "--export"]).stdout).expect("text");
    assert_eq!(exported.lines().count(), 2);
    assert_eq!(session.doorward(&["log", "--search", "nothing"]).status.code(), Some(0));
}
