//! Servers that Doorward starts: shown in full first, started by a call that is allowed, shared, and ended.

use std::{collections::BTreeMap, time::Duration};

use doorward_broker::broker::{AddServerError, Showing, TypedCommand, WhichCalls};
use doorward_oauth::{
    consent::{ConsentDecision, Permission, Unanswered},
    offer::Ticks,
    program::Sighting,
    tool::{Mode, Subject},
};
use doorward_tests::{
    doorward::Doorward,
    eventually,
    flow::{Tokens, form, param, tokens_of},
    person::Habit,
    programs::{bin, fake_servers},
};
use serde_json::{Value, json};

/// The server of these tests, which does what its arguments say.
fn fake(arguments: &[&str]) -> TypedCommand {
    TypedCommand {
        program: bin("fake-mcp-server").to_str().expect("text").to_owned(),
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        folder: "/".to_owned(),
        ..TypedCommand::default()
    }
}

async fn add(doorward: &Doorward, command: TypedCommand, secrets: &[(&str, &str)]) -> Result<(), AddServerError> {
    let command = doorward.broker.resolve(command).await?;
    let secrets = secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect::<BTreeMap<_, _>>();
    doorward.broker.add_command("everything", command, secrets, Sighting::Nobody, Showing::Asked).await.map(drop)
}

/// Says yes to all that is offered.
async fn everything(doorward: &Doorward) -> Tokens {
    everything_as(doorward, "Agent").await
}

/// The same as an App of that name.
async fn everything_as(doorward: &Doorward, name: &str) -> Tokens {
    let all = ["echo", "query", "environment", "die", "silent", "wait"].map(|name| (name.to_owned(), Mode::Allow));
    let ticks = Ticks { tools: all.into(), prompts: Some(Mode::Allow), resources: Some(Mode::Allow) };
    doorward.person.from_now_on(Habit::Says(ConsentDecision::Allow(Permission { ticks: Some(ticks), until: None })));
    let client = doorward.register(name).await;
    let (resource, challenge) = (doorward.url("/mcp/everything"), doorward_tests::flow::challenge(doorward_tests::flow::VERIFIER));
    let pairs = doorward.ask_pairs(&client, &resource, "s", &challenge);
    let ticket = doorward.get(&format!("/oauth/authorize?{}", form(&pairs))).await.header("location").expect("a ticket").to_owned();
    let to = doorward.get(&ticket).await.header("location").expect("a redirect").to_owned();
    tokens_of(&client, &doorward.redeem(&client, &param(&to, "code").expect("a code")).await)
}

const TODAY: &str = "MCP-Protocol-Version: 2026-07-28";

async fn call(doorward: &Doorward, tokens: &Tokens, tool: &str, arguments: Value) -> doorward_tests::http::Answer {
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} });
    let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    let headers = [
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        TODAY,
        "Mcp-Method: tools/call",
        &format!("Mcp-Name: {tool}"),
        &format!("Authorization: Bearer {}", tokens.access),
    ];
    doorward.send("POST", "/mcp/everything", &headers, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn gw_stdio_m_rs_20_a_command_is_shown_in_full_and_runs_only_after_a_yes() {
    let doorward = Doorward::with_servers(Habit::Denies).await;
    let mark = "--mark-shown";
    let mut command = fake(&[mark, "it's \u{202e}odd"]);
    command.environment = BTreeMap::from([("MODE".to_owned(), "plain".to_owned())]);
    command.secrets = vec!["TOKEN".to_owned()];
    let missing = add(&doorward, command.clone(), &[]).await.expect_err("its secret is missing");
    assert_eq!(missing.to_string(), "The value of TOKEN is missing.");
    assert!(matches!(add(&doorward, command.clone(), &[("TOKEN", "s3cret-value")]).await, Err(AddServerError::Denied)));
    let shown = doorward.person.shown().remove(0);
    let new = shown.new_server.clone().expect("a command");
    let program = bin("fake-mcp-server");
    assert_eq!(new.command, format!("{} {mark} 'it'\\''s \u{27e6}U+202E\u{27e7}odd'", program.display()));
    assert_eq!((shown.kind.as_str(), new.folder.as_str()), ("add_server", "/"));
    assert_eq!(new.environment, [("MODE".to_owned(), Some("plain".to_owned())), ("TOKEN".to_owned(), None)]);
    assert!(!format!("{shown:?}{}", shown.text()).contains("s3cret-value"));
    let history = async || doorward.broker.history(1).await.expect("reads").remove(0);
    let denied = history().await;
    assert_eq!((denied.outcome.as_str(), denied.server.as_str()), ("denied", "everything"));
    let words = "You said no to adding it: fake-mcp-server (asked by a program that cannot be told)";
    assert_eq!(denied.detail.to_string(), words, "without what follows the program, which may hold anything");
    assert!(fake_servers(mark).is_empty() && doorward.broker.servers().await.expect("reads").is_empty(), "nothing ran");
    doorward.person.from_now_on(Habit::Allows);
    add(&doorward, command, &[("TOKEN", "s3cret-value")]).await.expect("added");
    let allowed = history().await;
    assert_eq!((allowed.outcome.as_str(), allowed.detail.id()), ("allowed", "event-server-added"));
    assert_eq!(fake_servers(mark).len(), 1, "started once, to be asked for its tools");
    let tools = doorward.broker.tools("everything").await.expect("known");
    assert!(tools.tools.iter().any(|tool| tool.name == "echo"), "{tools:?}");
    assert!(!doorward_tests::doorward::any_file_contains(doorward.folder.path(), b"s3cret-value"), "the secret is in the keyring only");
    doorward.broker.remove_server("everything").await.expect("removed");
    eventually("its process ends", async || fake_servers(mark).is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gw_stdio_a_program_that_is_not_there_is_said_with_where_it_was_looked_for() {
    let doorward = Doorward::with_servers(Habit::Allows).await;
    let nothing = TypedCommand { program: "no-such-program".into(), folder: "/".into(), ..TypedCommand::default() };
    let why = add(&doorward, nothing, &[]).await.expect_err("not there").to_string();
    assert!(why.starts_with("There is no program no-such-program. It was looked for in: ") && why.contains("/bin"), "{why}");
    let nowhere = TypedCommand { program: "sh".into(), folder: "/no/such/folder".into(), ..TypedCommand::default() };
    assert_eq!(add(&doorward, nowhere, &[]).await.expect_err("nowhere").to_string(), "There is no folder /no/such/folder.");
    assert!(doorward.person.shown().is_empty(), "there is nothing to ask about");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_would_add_many_servers_is_turned_away() {
    let doorward = Doorward::with(Habit::Waits, "[limits]\nquestions_per_program = 2\n").await;
    let third = async {
        eventually("two questions", async || (doorward.person.shown().len() == 2).then_some(())).await;
        add(&doorward, fake(&[]), &[]).await
    };
    let why = tokio::select! {
        first = add(&doorward, fake(&[]), &[]) => panic!("nobody answered: {first:?}"),
        second = add(&doorward, fake(&[]), &[]) => panic!("nobody answered: {second:?}"),
        third = third => third.expect_err("one too many"),
    };
    assert!(matches!(why, AddServerError::Unanswered(Unanswered::Full)), "{why}");
    assert_eq!(doorward.person.shown().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn gw_stdio_m_rs_21_one_process_serves_all_apps_and_nothing_starts_it_but_an_allowed_call() {
    let doorward = Doorward::with_servers(Habit::Allows).await;
    let mark = "--mark-shared";
    let mut command = fake(&[mark]);
    command.secrets = vec!["TOKEN".to_owned()];
    add(&doorward, command, &[("TOKEN", "s3cret-value")]).await.expect("added");
    let (folder, keyring, port) = doorward.stop().await;
    assert!(fake_servers(mark).is_empty(), "it ends with Doorward");
    let doorward = Doorward::reopen_with_servers(folder, keyring, port, Habit::Allows).await;
    assert_eq!(doorward.send("POST", "/mcp/everything", &[], "{}").await.status, 401);
    let (one, other) = (everything(&doorward).await, everything(&doorward).await);
    assert!(fake_servers(mark).is_empty(), "connecting starts nothing");
    for tokens in [&one, &other] {
        let answer = call(&doorward, tokens, "echo", json!({ "text": "hello" })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.contains("hello"), "{answer:?}");
    }
    assert_eq!(fake_servers(mark).len(), 1);
    let condition = doorward.broker.servers().await.expect("reads").remove(0).condition.expect("a condition");
    assert!(condition.words.starts_with("Running as process "), "{condition:?}");
    let calls = eventually("both calls", async || {
        let calls = doorward.broker.calls(WhichCalls { most: 9, ..WhichCalls::default() }).await.expect("reads");
        (calls.len() == 2).then_some(calls)
    })
    .await;
    assert!(calls.iter().all(|call| call.passed && call.ended.to_string() == "answered"), "{calls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gw_stdio_each_app_has_a_process_of_its_own_where_a_person_wants_that() {
    let doorward = Doorward::with_servers(Habit::Allows).await;
    let mark = "--mark-per-app";
    add(&doorward, TypedCommand { per_app: true, ..fake(&[mark]) }, &[]).await.expect("added");
    // Doorward's own, which asked for the tools.
    assert_eq!(fake_servers(mark).len(), 1);
    for (name, expected) in [("One", 2), ("Two", 3), ("One", 3)] {
        let tokens = everything_as(&doorward, name).await;
        assert_eq!(call(&doorward, &tokens, "echo", json!({ "text": "hello" })).await.status, 200);
        assert_eq!(fake_servers(mark).len(), expected, "{name}");
    }
    let condition = doorward.broker.servers().await.expect("reads").remove(0).condition.expect("a condition");
    assert!(condition.words.starts_with("Running as 3 processes, one for each app"), "{condition:?}");
    doorward.broker.remove_server("everything").await.expect("removed");
    eventually("all of them end", async || fake_servers(mark).is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gw_stdio_a_server_that_fails_is_a_sentence_and_not_a_hang() {
    let doorward = Doorward::with_servers(Habit::Allows).await;
    add(&doorward, fake(&["--mark-fails", "--exit", "3"]), &[]).await.expect("added, though it does not run");
    let offer = {
        let tokens = everything(&doorward).await;
        let began = std::time::Instant::now();
        let answer = call(&doorward, &tokens, "echo", json!({})).await;
        assert!(began.elapsed() < Duration::from_secs(20));
        assert!(answer.status == 200 && answer.body.contains("Unknown tool"), "what is not known is not called: {answer:?}");
        doorward.person.shown().pop().expect("shown").offer.expect("an offer")
    };
    assert!(offer.not_known.is_some() && offer.tools.is_empty(), "{offer:?}");
    let condition = doorward.broker.servers().await.expect("reads").remove(0).condition.expect("a condition");
    assert!(condition.words.starts_with("Failed. "), "{condition:?}");
    assert!(condition.log.iter().any(|line| line.contains("no configuration, so no server")), "{condition:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_doorward_keeps_for_servers_is_covered_where_people_see_calls() {
    let doorward = Doorward::with_servers(Habit::Allows).await;
    let mut command = fake(&["--mark-covered"]);
    command.secrets = vec!["TOKEN".to_owned()];
    add(&doorward, command, &[("TOKEN", "s3cret-value")]).await.expect("added");
    doorward.broker.keep_arguments("everything", true).await.expect("kept");
    let tokens = everything(&doorward).await;
    let app = doorward.broker.apps().await.expect("apps").remove(0).id;
    doorward.broker.set_rule(&app, "everything", Subject::Tool("echo".into()), Mode::Ask, true).await.expect("set");
    doorward.person.from_now_on(Habit::Allows);
    let answer = call(&doorward, &tokens, "echo", json!({ "text": "Bearer s3cret-value" })).await;
    assert!(answer.body.contains("s3cret-value"), "the call itself is not changed: {answer:?}");
    let shown = doorward.person.shown().pop().expect("shown");
    assert!(!format!("{shown:?}").contains("s3cret-value") && shown.call.expect("a call").arguments[0].value.contains("Bearer"));
    let kept = eventually("the call", async || {
        let calls = doorward.broker.calls(WhichCalls { most: 1, ..WhichCalls::default() }).await.expect("reads");
        calls.into_iter().next().and_then(|call| call.arguments)
    })
    .await;
    assert!(kept.contains("Bearer") && !kept.contains("s3cret-value"), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_path_really_leads_is_shown_with_the_call_and_relative_ones_from_the_servers_folder() {
    let doorward = Doorward::with_servers(Habit::Allows).await;
    let kept = tempfile::tempdir().expect("a folder");
    let at = std::fs::canonicalize(kept.path()).expect("there");
    for folder in ["work", "outside"] {
        std::fs::create_dir(at.join(folder)).expect("made");
    }
    std::os::unix::fs::symlink("../outside", at.join("work/link")).expect("linked");
    let mut command = fake(&["--mark-leads"]);
    command.folder = at.join("work").to_str().expect("text").to_owned();
    add(&doorward, command, &[]).await.expect("added");
    let tokens = everything(&doorward).await;
    let app = doorward.broker.apps().await.expect("apps").remove(0).id;
    doorward.broker.set_rule(&app, "everything", Subject::Tool("echo".into()), Mode::Ask, true).await.expect("set");
    doorward.person.from_now_on(Habit::Allows);
    let place = |path: &str| at.join(path).to_str().expect("text").to_owned();
    let arguments = json!({ "text": place("work/link/new"), "several": [place("work"), "./link", "../x"], "same": place("work/new") });
    assert_eq!(call(&doorward, &tokens, "echo", arguments).await.status, 200);
    let shown = doorward.person.shown().pop().expect("shown");
    let rows = serde_json::to_value(&shown.call.as_ref().expect("a call").arguments).expect("JSON");
    let leads = |name: &str| rows.as_array().expect("rows").iter().find(|row| row["name"] == name).map(|row| row["leads"].clone());
    assert_eq!(leads("text"), Some(json!([{ "path": null, "to": place("outside/new") }])));
    let several = json!([{ "path": "./link", "to": place("outside") }, { "path": "../x", "to": place("x") }]);
    assert_eq!((leads("several"), leads("same")), (Some(several), Some(json!([]))));
    let text = shown.text();
    assert!(
        text.contains(&format!("leads to {}\n", place("outside/new"))) && text.contains(&format!("./link leads to {}", place("outside"))),
        "{text}"
    );
}
