//! Calls that wait for a person: what is shown, what an answer is good for, and what a client hears meanwhile.

use std::time::Duration;

use doorward_broker::consent::view::QuestionView;
use doorward_oauth::{
    consent::{ConsentDecision, Denial, Permission, Unanswered, Until, WhyAsked},
    tool::{Mode, Subject},
};
use doorward_tests::{doorward::Doorward, eventually, flow::Tokens, http::Answer, person::Habit};
use serde_json::{Value, json};

use crate::rules::{allowed, call_of, error_text, ticked};

const SHORT: &str = "call_seconds = 1\ncall_with_progress_seconds = 2\n";

fn yes(until: Until) -> ConsentDecision {
    ConsentDecision::Allow(Permission { ticks: None, until: Some(until) })
}

/// Calls in a task of its own.
fn calling(doorward: &Doorward, tokens: &Tokens, body: String) -> tokio::task::JoinHandle<Answer> {
    let (to, host, token) = (doorward.address(), doorward.host(), tokens.access.clone());
    tokio::spawn(async move {
        let headers = ["Content-Type: application/json", &format!("Authorization: Bearer {token}")];
        doorward_tests::http::raw(to, doorward_tests::http::request("POST", "/mcp/everything", &host, &headers, &body).as_bytes()).await
    })
}

async fn question(doorward: &Doorward) -> QuestionView {
    eventually("a question", async || doorward.broker.requests().into_iter().next()).await
}

async fn no_question(doorward: &Doorward) {
    eventually("no question", async || doorward.broker.requests().is_empty().then_some(())).await;
}

fn ran(answer: &Answer) -> bool {
    answer.body.contains("\"done\"")
}

#[tokio::test]
async fn a_call_under_ask_is_held_and_shown_with_all_that_it_does() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), "").await;
    doorward.person.from_now_on(Habit::Waits);
    let call = calling(&doorward, &tokens, call_of("write", &json!({ "path": "/tmp/\u{202e}x", "text": "y".repeat(5_000) })));
    let asked = question(&doorward).await;
    let shown = asked.call.clone().expect("a call");
    assert_eq!((asked.kind.as_str(), asked.client_name.as_deref(), shown.tool.as_str()), ("call", Some("Agent"), "write"));
    assert_eq!((shown.why, shown.passed, shown.description.as_deref()), (WhyAsked::EachTime, 0, Some("Writes.")));
    assert_eq!((shown.arguments[0].name.as_str(), shown.arguments[0].value.as_str()), ("path", "\"/tmp/\u{27e6}U+202E\u{27e7}x\""));
    assert_eq!((shown.arguments[1].length, shown.arguments[1].cut), (5_002, false));
    assert_eq!(asked.requester.program().map(|program| program.pid), Some(std::process::id()), "which program calls");
    assert!(asked.text().contains("wants to run write on everything"), "{}", asked.text());
    assert!(upstream.ran().is_empty(), "it is held");
    doorward.person.allow();
    assert!(ran(&call.await.expect("joined")));
    assert_eq!(upstream.ran(), ["write"]);
    no_question(&doorward).await;
}

#[tokio::test]
async fn once_is_once_and_a_no_has_the_persons_words() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), "").await;
    doorward.person.from_now_on(Habit::Says(yes(Until::Once)));
    assert!(ran(&doorward.call(&tokens.access, &call_of("write", &json!({}))).await));
    doorward
        .person
        .from_now_on(Habit::Says(ConsentDecision::Deny(Denial { reason: Some("Use the other folder.".into()), ..Denial::default() })));
    let text = error_text(&doorward.call(&tokens.access, &call_of("write", &json!({}))).await);
    assert_eq!(text, "The user did not allow this call of write. They say: Use the other folder.");
    assert_eq!(upstream.ran(), ["write"]);
}

#[tokio::test]
async fn an_answer_that_comes_late_serves_the_next_equal_call_once() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), SHORT).await;
    doorward.person.from_now_on(Habit::Waits);
    let call = async |arguments: Value| doorward.call(&tokens.access, &call_of("write", &arguments)).await;
    let text = error_text(&call(json!({ "path": "a", "text": "b" })).await);
    assert!(text.contains("not answered yet") && text.contains("Call it again with the same arguments"), "{text}");
    assert_eq!(doorward.broker.requests().len(), 1, "the question stays");
    let shared = calling(&doorward, &tokens, call_of("write", &json!({ "text": "b", "path": "a" })));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(doorward.broker.requests().len(), 1, "equal calls are one question, in whatever order");
    assert!(error_text(&shared.await.expect("joined")).contains("not answered yet"));
    doorward.person.allow();
    no_question(&doorward).await;
    assert!(upstream.ran().is_empty(), "an answer runs nothing by itself");
    let changed = calling(&doorward, &tokens, call_of("write", &json!({ "path": "a", "text": "c" })));
    assert_eq!(question(&doorward).await.call.expect("a call").arguments[1].value, "\"c\"", "changed arguments ask again");
    assert!(ran(&call(json!({ "path": "a", "text": "b" })).await), "the retry");
    assert_eq!(upstream.ran(), ["write"]);
    doorward.person.says(ConsentDecision::deny());
    assert!(error_text(&changed.await.expect("joined")).contains("did not allow"));
    assert!(error_text(&call(json!({ "path": "a", "text": "b" })).await).contains("not answered yet"), "once");
}

#[tokio::test]
async fn an_answer_that_came_late_is_good_for_ten_minutes() {
    let (doorward, _upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), SHORT).await;
    doorward.person.from_now_on(Habit::Waits);
    let call = async || doorward.call(&tokens.access, &call_of("write", &json!({}))).await;
    error_text(&call().await);
    doorward.person.allow();
    no_question(&doorward).await;
    doorward.clock.advance(Duration::from_secs(20 * 60 + 1));
    assert_eq!(call().await.status, 401, "the token has ended by then anyway");
    let tokens = {
        doorward.person.from_now_on(ticked(&[("write", Mode::Ask)]));
        doorward.tokens("Agent").await
    };
    doorward.person.from_now_on(Habit::Waits);
    assert!(error_text(&doorward.call(&tokens.access, &call_of("write", &json!({}))).await).contains("not answered yet"), "asked anew");
}

#[tokio::test]
async fn of_two_equal_calls_one_yes_serves_one() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), "").await;
    doorward.person.from_now_on(Habit::Waits);
    let calls = [0, 1].map(|_| calling(&doorward, &tokens, call_of("write", &json!({}))));
    question(&doorward).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    doorward.person.allow();
    eventually("the second question", async || {
        (doorward.person.shown().iter().filter(|asked| asked.kind == "call").count() == 2).then_some(())
    })
    .await;
    doorward.person.says(ConsentDecision::deny());
    let mut answers = Vec::new();
    for call in calls {
        answers.push(ran(&call.await.expect("joined")));
    }
    answers.sort_unstable();
    assert_eq!(answers, [false, true]);
    assert_eq!(upstream.ran(), ["write"]);
}

#[tokio::test]
async fn what_is_allowed_for_a_while_is_a_rule_that_is_on_the_disk_before_the_call_passes() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), "").await;
    for (until, kept) in [(Until::TenMinutes, "time"), (Until::ProgramEnds, "process"), (Until::TakenBack, "access")] {
        doorward.person.from_now_on(Habit::Says(yes(until)));
        let before = upstream.ran().len();
        assert!(ran(&doorward.call(&tokens.access, &call_of("write", &json!({ "n": kept }))).await), "{kept}");
        let app = doorward.broker.apps().await.expect("apps").remove(0).id;
        let rules = doorward.broker.rules(Some(&app), None).await.expect("rules").remove(0);
        let rule = rules.tools.into_iter().find(|tool| tool.tool == "write").expect("a rule");
        assert_eq!((rule.mode, rule.ends_at.is_some(), rule.ends_with.is_some()), (Mode::Allow, kept == "time", kept == "process"));
        doorward.person.from_now_on(Habit::Denies);
        assert!(ran(&doorward.call(&tokens.access, &call_of("write", &json!({ "n": "other" }))).await), "nobody is asked: {kept}");
        assert_eq!(upstream.ran().len(), before + 2);
        let set = |mode| doorward.broker.set_rule(&app, "everything", Subject::Tool("write".into()), mode, true);
        set(Mode::Ask).await.expect("asks again");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_written_down_does_not_count() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), "").await;
    doorward.person.from_now_on(Habit::Waits);
    let call = calling(&doorward, &tokens, call_of("write", &json!({})));
    question(&doorward).await;
    rusqlite::Connection::open(doorward.database()).expect("opens").execute_batch("ALTER TABLE events RENAME TO gone").expect("renamed");
    doorward.person.says(yes(Until::TakenBack));
    assert!(error_text(&call.await.expect("joined")).contains("could not get an answer"));
    assert!(upstream.ran().is_empty());
}

#[tokio::test]
async fn m_rs_11_a_hidden_tool_is_asked_for_in_place_and_the_call_goes_on() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("read", Mode::Allow)]), "").await;
    doorward.person.from_now_on(Habit::Waits);
    let call = calling(&doorward, &tokens, call_of("rm", &json!({ "path": "/tmp/x" })));
    let asked = question(&doorward).await.call.expect("a call");
    assert_eq!((asked.why, asked.group.as_str(), asked.arguments.len()), (WhyAsked::NotAllowedYet, "run", 1));
    doorward.person.says(yes(Until::TakenBack));
    assert!(ran(&call.await.expect("joined")), "without a new login");
    assert!(ran(&doorward.call(&tokens.access, &call_of("rm", &json!({ "path": "/tmp/y" }))).await));
    let list = doorward.call(&tokens.access, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await.json();
    assert_eq!(list["result"]["tools"].as_array().expect("a list").len(), 2);
    assert_eq!(upstream.ran(), ["rm", "rm"]);
}

#[tokio::test]
async fn res03_m_rs_11_m_rs_12_later_is_403_for_a_client_that_can_ask_for_more() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("read", Mode::Allow)]), "").await;
    doorward.person.from_now_on(Habit::Waits);
    let call = calling(&doorward, &tokens, call_of("rm", &json!({})));
    let asked = question(&doorward).await;
    doorward.broker.queue().put_off(doorward_broker::consent::PromptId::from_number(asked.id));
    let answer = call.await.expect("joined");
    assert_eq!(answer.status, 403);
    let challenge = answer.header("www-authenticate").expect("a challenge");
    let metadata = doorward.url("/.well-known/oauth-protected-resource/mcp/everything");
    assert_eq!(challenge, format!("Bearer error=\"insufficient_scope\", resource_metadata=\"{metadata}\", scope=\"everything:run\""));
    assert_eq!(doorward.broker.requests().len(), 1, "later is not no");
    // A client that has the scope already gains nothing by asking for it.
    let client = doorward.register("Wide").await;
    doorward.person.from_now_on(ticked(&[("rm", Mode::Ask), ("write", Mode::Ask), ("read", Mode::Allow)]));
    let code = doorward.code(&client).await;
    let wide = doorward_tests::flow::tokens_of(&client, &doorward.redeem(&client, &code).await);
    doorward.person.from_now_on(Habit::Waits);
    let call = calling(&doorward, &wide, call_of("rm", &json!({ "other": 1 })));
    let asked = eventually("its question", async || doorward.broker.requests().into_iter().find(|question| question.id != asked.id)).await;
    doorward.broker.queue().put_off(doorward_broker::consent::PromptId::from_number(asked.id));
    assert!(error_text(&call.await.expect("joined")).contains("decide about this call of rm later"));
    assert!(upstream.ran().is_empty());
}

#[tokio::test]
async fn a_client_that_wants_to_hear_is_told_every_few_seconds_and_gets_the_answer_in_the_stream() {
    for path in ["/tools", "/tools-sse"] {
        let (doorward, upstream, tokens) = allowed(path, ticked(&[("write", Mode::Ask)]), "").await;
        doorward.person.from_now_on(Habit::Waits);
        let call = json!({ "jsonrpc": "2.0", "id": "c", "method": "tools/call",
            "params": { "name": "write", "arguments": {}, "_meta": { "progressToken": "p" } } });
        let (address, host, token) = (doorward.address(), doorward.host(), tokens.access.clone());
        let answer = tokio::spawn(async move {
            let bearer = format!("Authorization: Bearer {token}");
            let headers = ["Content-Type: application/json", "Accept: application/json, text/event-stream", &bearer];
            let request = doorward_tests::http::request("POST", "/mcp/everything", &host, &headers, &call.to_string());
            doorward_tests::http::raw(address, request.as_bytes()).await
        });
        question(&doorward).await;
        tokio::time::sleep(Duration::from_millis(5_200)).await;
        doorward.person.allow();
        let answer = answer.await.expect("joined");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream")));
        let data = answer.body.lines().filter_map(|line| line.strip_prefix("data:"));
        let events: Vec<Value> = data.map(|data| serde_json::from_str(data.trim()).expect("JSON")).collect();
        let (result, progress) = events.split_last().expect("events");
        assert_eq!(progress.len(), 2, "at once, and after five seconds: {events:?}");
        let counted: Vec<f64> = progress.iter().map(|event| event["params"]["progress"].as_f64().expect("a number")).collect();
        assert!(progress.iter().all(|event| event["method"] == "notifications/progress" && event["params"]["progressToken"] == "p"));
        assert!(counted[0] < counted[1] && counted[1] < 0.0, "it counts up, below what the server counts");
        assert_eq!((&result["id"], &result["result"]["content"][0]["text"]), (&json!("c"), &json!("done")));
        assert_eq!(upstream.ran(), ["write"]);
    }
}

#[tokio::test]
async fn a_client_of_today_that_goes_away_takes_its_question_with_it_and_an_older_one_cancels() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), "").await;
    doorward.person.from_now_on(Habit::Waits);
    let bearer = format!("Authorization: Bearer {}", tokens.access);
    for (version, gone) in [("MCP-Protocol-Version: 2026-07-28", true), ("MCP-Protocol-Version: 2025-11-25", false)] {
        let body = call_of("write", &json!({ "v": version }));
        let request = doorward_tests::http::request("POST", "/mcp/everything", &doorward.host(), &[&bearer, version], &body);
        let mut stream = tokio::net::TcpStream::connect(doorward.address()).await.expect("connects");
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.expect("sent");
        question(&doorward).await;
        drop(stream);
        if gone {
            no_question(&doorward).await;
        } else {
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(doorward.broker.requests().len(), 1, "in older revisions a connection says nothing about a call");
        }
    }
    doorward.person.says(ConsentDecision::deny());
    no_question(&doorward).await;
    let call = calling(&doorward, &tokens, call_of("write", &json!({ "to": "cancel" })));
    question(&doorward).await;
    let foreign = doorward.tokens("Another");
    doorward.person.from_now_on(Habit::Allows);
    let foreign = foreign.await;
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#;
    doorward.call(&foreign.access, cancel).await;
    assert_eq!(doorward.broker.requests().len(), 1, "nobody cancels what another asked");
    doorward.call(&tokens.access, cancel).await;
    no_question(&doorward).await;
    assert!(error_text(&call.await.expect("joined")).contains(&Unanswered::HungUp.to_string()));
    assert!(upstream.ran().is_empty());
}

#[tokio::test]
async fn taking_access_back_ends_a_call_that_is_held() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), "").await;
    doorward.person.from_now_on(Habit::Waits);
    let call = calling(&doorward, &tokens, call_of("write", &json!({})));
    question(&doorward).await;
    let app = doorward.broker.apps().await.expect("apps").remove(0).id;
    doorward.broker.disconnect(&app, None).await.expect("disconnected");
    assert!(!ran(&call.await.expect("joined")));
    no_question(&doorward).await;
    assert!(upstream.ran().is_empty());
}

#[tokio::test]
async fn arguments_that_can_be_read_in_two_ways_are_not_asked_about_and_do_not_pass() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), "").await;
    let shown = doorward.person.shown().len();
    let two =
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"write","arguments":{"path":"/tmp/x","path":"/etc/passwd"}}}"#;
    assert_eq!(doorward.call(&tokens.access, two).await.status, 400);
    assert_eq!(doorward.person.shown().len(), shown);
    assert!(upstream.ran().is_empty());
}

#[tokio::test]
async fn a_client_that_listens_is_told_that_it_has_more_tools() {
    let (doorward, _upstream, tokens) = allowed("/tools", ticked(&[("read", Mode::Allow)]), "").await;
    doorward.person.from_now_on(Habit::Says(yes(Until::TakenBack)));
    let bearer = format!("Authorization: Bearer {}", tokens.access);
    let request = doorward_tests::http::request("GET", "/mcp/everything", &doorward.host(), &[&bearer, "Accept: text/event-stream"], "");
    let mut stream = tokio::net::TcpStream::connect(doorward.address()).await.expect("connects");
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.expect("sent");
    let mut heard = String::new();
    let mut read = async |until: &str| {
        while !heard.contains(until) {
            let mut bytes = [0; 4_096];
            let read = tokio::io::AsyncReadExt::read(&mut stream, &mut bytes).await.expect("reads");
            assert!(read > 0, "the stream ended: {heard}");
            heard.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    };
    read("data: 1\n\n").await;
    assert!(ran(&doorward.call(&tokens.access, &call_of("rm", &json!({}))).await));
    tokio::time::timeout(Duration::from_secs(5), read("notifications/tools/list_changed")).await.expect("told");
}

#[tokio::test]
async fn an_answer_is_good_for_what_was_shown_and_for_as_long_as_its_rule_could_be() {
    let (doorward, upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), SHORT).await;
    doorward.person.from_now_on(Habit::Waits);
    // Shown, and changed before the yes.
    let call = calling(&doorward, &tokens, call_of("write", &json!({ "n": 1 })));
    question(&doorward).await;
    let mut changed = crate::rules::tools();
    changed[0]["description"] = json!("Writes, and sends.");
    upstream.lists(&changed);
    doorward.call(&tokens.access, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;
    doorward.person.says(yes(Until::TakenBack));
    assert!(!ran(&call.await.expect("joined")));
    upstream.lists(&crate::rules::tools());
    doorward.call(&tokens.access, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;
    for question in doorward.broker.queue().open() {
        let _ = doorward.broker.queue().answer(question.id, ConsentDecision::deny());
    }
    no_question(&doorward).await;
    // Answered late, and then taken away.
    error_text(&doorward.call(&tokens.access, &call_of("write", &json!({ "n": 2 }))).await);
    doorward.person.allow();
    no_question(&doorward).await;
    let app = doorward.broker.apps().await.expect("apps").remove(0).id;
    doorward.broker.set_rule(&app, "everything", Subject::Tool("write".into()), Mode::Hide, true).await.expect("hidden");
    doorward.person.from_now_on(Habit::Denies);
    assert!(error_text(&doorward.call(&tokens.access, &call_of("write", &json!({ "n": 2 }))).await).contains("did not allow"));
    assert!(upstream.ran().is_empty());
}
