//! An app that a person never wants to be asked about again.

use std::time::Duration;

use doorward_oauth::{
    consent::{After, ConsentDecision, Denial},
    tool::Mode,
};
use doorward_tests::{
    doorward::{Doorward, GENEROUS},
    eventually,
    flow::{form, param},
    http::Answer,
    person::Habit,
    session::{Keyring, Session},
};
use serde_json::{Value, json};

use crate::rules::{allowed, call_of, error_text, ticked};

fn never() -> Habit {
    Habit::Says(ConsentDecision::Deny(Denial { reason: None, after: After::Never }))
}

async fn denying() -> Doorward {
    let doorward = Doorward::with(never(), GENEROUS).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:9/").await.expect("added");
    doorward
}

/// Whether an app of that name is refused without a ticket.
async fn is_turned_away(doorward: &Doorward, name: &str) -> bool {
    let client = doorward.register(name).await;
    let answer = doorward.get(&doorward.ask_target(&client)).await;
    let to = answer.header("location").expect("a redirect").to_owned();
    if param(&to, "error").is_none() {
        return false;
    }
    assert_eq!((param(&to, "error").as_deref(), param(&to, "state").as_deref()), (Some("access_denied"), Some("state-1")), "{to}");
    assert!(param(&to, "iss").is_some() && to.contains("does%20not%20want%20to%20be%20asked"), "{to}");
    true
}

async fn device(doorward: &Doorward, client: &str) -> Answer {
    let body = form(&[("client_id", client), ("resource", &doorward.url("/mcp/everything"))]);
    doorward.post_form("/oauth/device_authorization", &body).await
}

#[tokio::test]
async fn an_app_that_may_never_ask_again_is_refused_at_once_and_others_still_ask() {
    let doorward = denying().await;
    let client = doorward.register("Pest").await;
    assert_eq!(param(&doorward.ask(&client).await, "error").as_deref(), Some("access_denied"));
    doorward.person.from_now_on(Habit::Allows);
    // Later than a no is remembered, by a new registration and by the old one.
    doorward.clock.advance(Duration::from_secs(60));
    assert!(is_turned_away(&doorward, "Pest").await && is_turned_away(&doorward, "Pest").await);
    assert_eq!(doorward.person.shown().len(), 1, "nobody was asked again");
    let blocked = doorward.broker.blocked().await.expect("reads");
    assert_eq!((blocked.len(), blocked[0].name.as_deref(), blocked[0].grants.len()), (1, Some("Pest"), 0));
    assert!(blocked[0].blocked_at.is_some() && doorward.broker.apps().await.expect("reads").is_empty());
    let history = doorward.broker.history(9).await.expect("reads");
    let told: Vec<_> = history.iter().map(|line| (line.outcome.as_str(), line.detail.to_string())).collect();
    assert_eq!(
        told,
        [
            ("refused", "It asked, and you said never to be asked about it again.".to_owned()),
            ("denied", "You said no, and never to be asked about it again.".to_owned())
        ],
        "once for several attempts"
    );
    // Another name from the same program is another app.
    assert!(!is_turned_away(&doorward, "Somebody").await);
}

#[tokio::test]
async fn that_an_app_may_not_ask_outlives_its_registrations_and_a_restart() {
    let doorward = denying().await;
    let client = doorward.register("Pest").await;
    doorward.ask(&client).await;
    let (folder, keyring, port) = doorward.stop().await;
    let doorward = Doorward::open(folder, keyring, port, Habit::Allows).await.expect("starts");
    doorward.clock.advance(Duration::from_secs(2 * 60 * 60));
    doorward.broker.sweep().await.expect("swept");
    assert_eq!(doorward.get(&doorward.ask_target(&client)).await.status, 400, "its registration is forgotten");
    assert!(is_turned_away(&doorward, "Pest").await, "it is the same app when it registers anew");
    let app = doorward.broker.blocked().await.expect("reads").remove(0).id;
    doorward.broker.unblock(&app).await.expect("it was");
    assert!(doorward.broker.blocked().await.expect("reads").is_empty() && doorward.broker.unblock(&app).await.is_err());
    doorward.tokens("Pest").await;
}

#[tokio::test]
async fn its_open_questions_end_and_its_device_requests_are_refused() {
    let doorward = denying().await;
    doorward.person.from_now_on(Habit::Waits);
    let body = json!({
        "client_name": "Pest",
        "redirect_uris": [doorward_tests::flow::REDIRECT],
        "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
    });
    let registered = doorward.post_json("/oauth/register", &body.to_string()).await;
    let client = registered.json()["client_id"].as_str().expect("an id").to_owned();
    let polling = device(&doorward, &client).await.json()["device_code"].as_str().expect("a code").to_owned();
    let ticket = doorward.ticket(&client).await;
    let (address, host) = (doorward.address(), doorward.host());
    let waiting = tokio::spawn(async move {
        doorward_tests::http::raw(address, doorward_tests::http::request("GET", &ticket, &host, &[], "").as_bytes()).await
    });
    let other = doorward.register("Somebody").await;
    let others_ticket = doorward.ticket(&other).await;
    let (address, host) = (doorward.address(), doorward.host());
    let others = tokio::spawn(async move {
        doorward_tests::http::raw(address, doorward_tests::http::request("GET", &others_ticket, &host, &[], "").as_bytes()).await
    });
    eventually("three questions", async || (doorward.broker.requests().len() == 3).then_some(())).await;
    let connecting = doorward.broker.requests().into_iter().find(|request| request.kind == "connect").expect("one");
    let id = doorward_broker::consent::PromptId::from_number(connecting.id);
    let no = ConsentDecision::Deny(Denial { reason: None, after: After::Never });
    doorward.broker.queue().answer(id, no).expect("open");
    let to = waiting.await.expect("joined").header("location").expect("a redirect").to_owned();
    assert_eq!(param(&to, "error").as_deref(), Some("access_denied"));
    let left = eventually("the other app's question", async || {
        let left = doorward.broker.requests();
        (left.len() == 1).then_some(left)
    })
    .await;
    assert_eq!(left[0].client_name.as_deref(), Some("Somebody"));
    let poll = form(&[("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("client_id", &client), ("device_code", &polling)]);
    let polled = doorward.post_form("/oauth/token", &poll).await;
    assert_eq!((polled.status, &polled.json()["error"]), (400, &json!("access_denied")), "{polled:?}");
    let again = device(&doorward, &client).await;
    assert_eq!((again.status, &again.json()["error"]), (400, &json!("access_denied")), "{again:?}");
    doorward.person.allow();
    assert!(param(others.await.expect("joined").header("location").expect("a redirect"), "code").is_some());
}

#[tokio::test]
async fn what_it_was_allowed_stays_until_it_is_disconnected_and_nothing_more_is_asked() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("read", Mode::Allow), ("write", Mode::Ask)]), "").await;
    doorward.person.from_now_on(never());
    let run = async |tool: &str| doorward.call(&tokens.access, &call_of(tool, &json!({}))).await;
    assert!(error_text(&run("write").await).contains("did not allow"));
    let asked = doorward.person.shown().len();
    doorward.person.from_now_on(Habit::Allows);
    for tool in ["write", "rm"] {
        assert!(error_text(&run(tool).await).contains("does not want to be asked about this app"), "{tool}");
    }
    assert!(run("read").await.body.contains("done"), "what is allowed goes on");
    assert!(is_turned_away(&doorward, "Agent").await, "and signing in again is refused");
    assert_eq!((doorward.person.shown().len(), upstream.ran()), (asked, vec!["read".to_owned()]));
    let app = doorward.broker.apps().await.expect("reads").remove(0);
    assert!(app.blocked_at.is_some() && app.grants.len() == 1, "{app:?}");
    doorward.broker.disconnect(&app.id, None).await.expect("disconnected");
    assert_eq!(run("read").await.status, 401);
    assert_eq!(doorward.broker.blocked().await.expect("reads").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_says_never_lists_it_and_takes_it_back_at_a_terminal() {
    let session = Session::with(Keyring::Unlocked);
    let port = doorward_tests::free_port();
    let _broker = crate::cli::serve(&session, port);
    let at_a_terminal = |arguments: &[&str], input: &str| crate::cli::at_a_terminal(&session, arguments, input);
    at_a_terminal(&["add", "everything", "http://127.0.0.1:1/mcp"], "y\n");
    let asked = crate::cli::ask(port).await;
    let id = crate::cli::waiting_request(&session).await["id"].to_string();
    assert!(at_a_terminal(&["deny", &id, "--never"], "").contains("Denied"));
    assert_eq!(param(&asked.await.expect("joined"), "error").as_deref(), Some("access_denied"));
    let apps = |arguments: &[&str]| String::from_utf8_lossy(&session.doorward(arguments).stdout).into_owned();
    let json: Value = serde_json::from_str(&apps(&["apps", "--json"])).expect("JSON");
    assert!(json[0]["name"] == "Claude Code" && json[0]["blocked_at"].is_i64() && json[0]["grants"] == json!([]), "{json}");
    let shown = apps(&["apps"]);
    assert!(
        shown.contains("No app may use anything.") && shown.contains("doorward unblock APP") && shown.contains("Claude Code"),
        "{shown}"
    );
    assert_eq!(session.doorward(&["unblock", "Claude Code"]).status.code(), Some(4), "no terminal");
    assert!(at_a_terminal(&["unblock", "Claude Code"], "").contains("Claude Code may ask again"));
    assert_eq!(session.doorward(&["unblock", "Claude Code"]).status.code(), Some(5));
    assert_eq!(session.doorward(&["deny", "1", "--never", "--mute"]).status.code(), Some(2));
}
