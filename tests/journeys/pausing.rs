//! One app or one server is paused, and everything else goes on.

use std::time::{Duration, Instant};

use doorward_oauth::tool::Mode;
use doorward_tests::{
    doorward::Doorward,
    eventually,
    flow::{PING, param, tokens_of},
    http::Answer,
    person::Habit,
    session::{Keyring, Session},
    upstream::Upstream,
};
use serde_json::json;
use tokio::io::AsyncReadExt;

use crate::{
    guard::streaming,
    rules::{allowed, call_of, ticked},
};

/// What a client that asks anew is told.
async fn asks(doorward: &Doorward, name: &str) -> String {
    let client = doorward.register(name).await;
    let to = doorward.get(&doorward.ask_target(&client)).await.header("location").expect("a redirect").to_owned();
    param(&to, "error").unwrap_or_default()
}

fn refused(answer: &Answer) -> String {
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("60")), "{answer:?}");
    answer.json()["error"]["message"].as_str().expect("a sentence").to_owned()
}

async fn id_of(doorward: &Doorward, name: &str) -> String {
    let apps = doorward.broker.apps().await.expect("apps");
    apps.into_iter().find(|app| app.name.as_deref() == Some(name)).expect("there").id
}

#[tokio::test]
async fn a_paused_app_is_refused_from_the_next_call_on_and_others_are_not() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("read", Mode::Allow)]), "").await;
    let other = doorward.tokens("Another").await;
    let read = call_of("read", &json!({}));
    assert!(doorward.call(&tokens.access, &read).await.body.contains("done"));
    let app = id_of(&doorward, "Agent").await;
    doorward.broker.set_app_paused(&app, true).await.expect("paused");
    assert_eq!(refused(&doorward.call(&tokens.access, &read).await), "The user has paused this app in Doorward.");
    // A refresh gives a token that is refused as well.
    let fresh = tokens_of(&tokens.client, &doorward.refresh(&tokens).await);
    refused(&doorward.call(&fresh.access, PING).await);
    let asked = doorward.person.shown().len();
    assert_eq!((asks(&doorward, "Agent").await.as_str(), asks(&doorward, "Third").await.as_str()), ("temporarily_unavailable", ""));
    assert_eq!(doorward.person.shown().len(), asked);
    assert!(doorward.call(&other.access, &read).await.body.contains("done"), "another app goes on");
    let paused: Vec<_> = doorward.broker.apps().await.expect("apps").into_iter().map(|app| (app.name, app.paused)).collect();
    assert_eq!(paused, [(Some("Agent".to_owned()), true), (Some("Another".to_owned()), false)]);
    doorward.broker.set_app_paused(&app, false).await.expect("resumed");
    assert!(doorward.call(&fresh.access, &read).await.body.contains("done"), "the same token goes on");
    assert_eq!(upstream.ran().len(), 3);
    assert!(doorward.broker.set_app_paused("nobody", true).await.is_err());
}

#[tokio::test]
async fn a_paused_server_is_refused_to_everybody_and_the_other_servers_are_not() {
    let upstream = Upstream::start().await;
    let doorward = Doorward::guarding(&format!("{}/mcp", upstream.url)).await;
    let (tokens, other) = (doorward.tokens("Agent").await, doorward.tokens("Another").await);
    doorward.broker.add_server("spare", &format!("{}/mcp", upstream.url)).await.expect("added");
    doorward.broker.set_server_paused("everything", true).await.expect("paused");
    for tokens in [&tokens, &other] {
        let sentence = refused(&doorward.call(&tokens.access, PING).await);
        assert_eq!(sentence, "The user has paused the server \u{201c}everything\u{201d} in Doorward.");
    }
    assert_eq!(asks(&doorward, "Third").await, "temporarily_unavailable");
    let client = doorward.register("Fourth").await;
    let spare = doorward.ask_target(&client).replace("everything", "spare");
    assert!(doorward.get(&spare).await.header("location").is_some_and(|to| to.contains("/wait/")), "another server is asked about");
    assert_eq!(doorward.call("wrong", PING).await.status, 401, "a pause says nothing about dead tokens");
    let paused: Vec<_> = doorward.broker.servers().await.expect("servers").into_iter().map(|server| (server.name, server.paused)).collect();
    assert_eq!(paused, [("everything".to_owned(), true), ("spare".to_owned(), false)]);
    doorward.broker.set_server_paused("everything", false).await.expect("resumed");
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 200);
    assert!(doorward.broker.set_server_paused("nothing", true).await.is_err());
}

#[tokio::test]
async fn a_call_that_is_held_ends_with_a_pause_that_is_named() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), "").await;
    doorward.person.from_now_on(Habit::Waits);
    let bearer = format!("Authorization: Bearer {}", tokens.access);
    let body = call_of("write", &json!({}));
    let request =
        doorward_tests::http::request("POST", "/mcp/everything", &doorward.host(), &["Content-Type: application/json", &bearer], &body);
    let address = doorward.address();
    let held = tokio::spawn(async move { doorward_tests::http::raw(address, request.as_bytes()).await });
    eventually("the question", async || (doorward.broker.requests().len() == 1).then_some(())).await;
    doorward.broker.set_server_paused("everything", true).await.expect("paused");
    assert!(refused(&held.await.expect("joined")).contains("paused the server"));
    assert!(upstream.ran().is_empty());
}

#[tokio::test]
async fn every_pause_ends_open_streams_within_a_second() {
    for what in ["app", "server", "everything"] {
        let upstream = Upstream::start().await;
        let doorward = Doorward::guarding(&format!("{}/stream", upstream.url)).await;
        let tokens = doorward.tokens("Agent").await;
        let mut stream = streaming(&doorward, &tokens.access).await;
        let begun = Instant::now();
        match what {
            "app" => doorward.broker.set_app_paused(&id_of(&doorward, "Agent").await, true).await.expect("paused"),
            "server" => doorward.broker.set_server_paused("everything", true).await.expect("paused"),
            _ => doorward.broker.set_paused(true).await.expect("paused"),
        }
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{what}: {:?}", begun.elapsed());
        assert!(!String::from_utf8_lossy(&rest).ends_with("0\r\n\r\n"), "a stream that was cut must not look complete");
        eventually("the server notices", async || upstream.hung_up().then_some(())).await;
        refused(&doorward.call(&tokens.access, PING).await);
    }
}

#[tokio::test]
async fn pauses_outlive_a_restart_and_that_of_an_app_ends_with_its_access() {
    let (doorward, _upstream, tokens) = allowed("/tools", ticked(&[("read", Mode::Allow)]), "").await;
    let app = id_of(&doorward, "Agent").await;
    doorward.broker.set_app_paused(&app, true).await.expect("paused");
    doorward.broker.set_server_paused("everything", true).await.expect("paused");
    let (folder, keyring, port) = doorward.stop().await;
    let doorward = Doorward::open(folder, keyring, port, Habit::Allows).await.expect("starts");
    assert!(refused(&doorward.call(&tokens.access, PING).await).contains("this app"));
    doorward.broker.disconnect(&app, None).await.expect("disconnected");
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 401);
    doorward.broker.set_server_paused("everything", false).await.expect("resumed");
    let again = doorward.tokens("Agent").await;
    assert_eq!(id_of(&doorward, "Agent").await, app, "it is the same app");
    assert_ne!(doorward.call(&again.access, PING).await.status, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_pauses_one_app_or_server_and_resumes_at_a_terminal() {
    let session = Session::with(Keyring::Unlocked);
    let port = doorward_tests::free_port();
    let _broker = crate::cli::serve(&session, port);
    let at_a_terminal = |arguments: &[&str], input: &str| crate::cli::at_a_terminal(&session, arguments, input);
    at_a_terminal(&["add", "everything", "http://127.0.0.1:1/mcp"], "y\n");
    let asked = crate::cli::ask(port).await;
    let id = crate::cli::waiting_request(&session).await["id"].to_string();
    at_a_terminal(&["approve", &id], "Claude Code\n");
    assert!(param(&asked.await.expect("joined"), "code").is_some());
    let shows = |arguments: &[&str]| String::from_utf8_lossy(&session.doorward(arguments).stdout).into_owned();
    for (what, list) in [(&["--app", "Claude Code"], "apps"), (&["--server", "everything"], "servers")] {
        let with = |verb: &'static str| [&[verb][..], what].concat();
        assert!(shows(&with("pause")).contains("nothing of"), "{what:?}");
        assert!(shows(&[list]).contains("(paused)"), "{what:?}");
        assert_eq!(session.doorward(&with("resume")).status.code(), Some(4), "no terminal");
        assert!(at_a_terminal(&with("resume"), "").contains("goes on"), "{what:?}");
        assert!(!shows(&[list]).contains("(paused)"), "{what:?}");
    }
    assert_eq!(session.doorward(&["pause", "--server", "nothing"]).status.code(), Some(5));
    assert_eq!(session.doorward(&["pause", "--server", "everything", "--for", "1h"]).status.code(), Some(2));
}
