//! What can go wrong with a process, and what its clients are told then.

use std::{sync::Arc, time::Duration};

use axum::http::{Method, StatusCode};
use doorward_stdio::{Server, Settings, State};
use futures_util::{StreamExt, stream::FuturesUnordered};
use serde_json::{Value, json};

use crate::support::{
    ACCEPT, Answer, Fixed, Legacy, MODERN, Modern, becomes, fake, gone, lives, logged, pid, send, settings, soon, within,
};

const MIB: usize = 1024 * 1024;

fn with(arguments: &[&str], settings: Settings) -> (Server, Arc<Fixed>) {
    let launch = Arc::new(Fixed::fake(arguments));
    (Server::new("files", launch.clone(), settings), launch)
}

/// The sentence of an answer of that status.
async fn sentence(mut answer: Answer, status: StatusCode) -> String {
    assert_eq!(answer.status, status);
    let (code, sentence) = answer.error().await;
    assert_eq!(code, -32603);
    sentence
}

#[tokio::test]
async fn a_process_that_dies_under_a_request_is_said_to_have() {
    for arguments in [&["--modern"], &["--legacy"]] {
        let server = fake(arguments);
        let client = Modern::new(&server);
        let said = sentence(client.tool("die", json!({})).await, StatusCode::BAD_GATEWAY).await;
        assert_eq!(said, "files ended: its process ended with exit code 3. Whether this request was carried out is not known.");
        let legacy = Legacy::open(&server).await;
        let said = sentence(legacy.tool("die", json!({})).await, StatusCode::BAD_GATEWAY).await;
        assert!(said.contains("exit code 3"), "{said}");
        assert_eq!(legacy.tool("echo", json!({ "text": "again" })).await.text().await, "again", "it is started again");
    }
}

#[tokio::test]
async fn a_stream_under_way_says_so_too_and_subscriptions_break_off() {
    for arguments in [&["--modern"], &["--legacy"]] {
        let server = fake(arguments);
        let client = Modern::new(&server);
        let params = json!({ "name": "progress", "arguments": { "steps": 1, "never": true }, "_meta": { "progressToken": 1 } });
        let mut stream = client.ask_as(json!("mine"), "tools/call", params).await;
        assert!(stream.event().await.is_some());
        let mut subscription = client.ask("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } })).await;
        assert!(subscription.event().await.is_some());
        client.tool("die", json!({})).await;
        let last = stream.event().await.expect("an error");
        assert_eq!((&last["id"], &last["error"]["code"]), (&json!("mine"), &json!(-32603)));
        assert_eq!(stream.event().await, None);
        assert!(subscription.try_event().await.is_err(), "who listens must not believe that all is said");
    }
}

#[tokio::test]
async fn a_process_that_is_killed_is_said_to_have_been() {
    let server = fake(&["--modern"]);
    let client = Modern::new(&server);
    client.tool("echo", json!({})).await;
    let waiting = tokio::spawn(async move { client.tool("never", json!({})).await });
    logged(&server, "I will not answer").await;
    let leader = pid(&server);
    std::process::Command::new("kill").args(["-9", &leader.to_string()]).status().expect("kills");
    let said = sentence(soon(waiting).await.expect("it ends"), StatusCode::BAD_GATEWAY).await;
    assert!(said.contains("by signal 9"), "{said}");
    assert!(!lives(leader));
}

#[tokio::test]
async fn a_process_that_ends_at_its_start_is_tried_less_and_less_often() {
    let settings = Settings { first_wait: Duration::from_millis(300), held: Duration::ZERO, ..settings() };
    let (server, launch) = with(&["--exit", "7"], settings);
    let client = Modern::new(&server);
    let said = sentence(client.tool("echo", json!({})).await, StatusCode::BAD_GATEWAY).await;
    assert_eq!(said, "files failed while it started: its process ended with exit code 7. What it wrote is in its log in Doorward.");
    logged(&server, "no configuration, so no server").await;
    let State::Failed { reason, next_try } = server.state() else { panic!("it failed") };
    let failed = server.log().last().expect("it says why").at;
    assert!(reason.to_string() == said && next_try <= failed + Duration::from_secs(1));

    let answer = client.tool("echo", json!({})).await;
    assert_eq!(answer.header("retry-after"), "1");
    let said = sentence(answer, StatusCode::SERVICE_UNAVAILABLE).await;
    assert!(said.starts_with("files is not running, and Doorward tries to start it again in") && said.contains("exit code 7"), "{said}");
    assert_eq!(launch.asked(), 1, "nothing was started for it");

    let began = tokio::time::Instant::now();
    while launch.asked() < 4 {
        client.tool("echo", json!({})).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let waited = began.elapsed();
    assert!(waited >= Duration::from_millis(300 + 600 + 1200 - 100), "{waited:?}");
    soon(server.stop()).await;
    assert_eq!(client.tool("echo", json!({})).await.status, StatusCode::BAD_GATEWAY, "stopping it forgets its failures");
}

#[tokio::test]
async fn a_request_that_comes_shortly_before_the_next_start_waits_for_it() {
    let (server, _) = with(&["--modern"], Settings { first_wait: Duration::from_millis(500), ..settings() });
    let client = Modern::new(&server);
    client.tool("die", json!({})).await;
    assert!(!matches!(server.state(), State::Running { .. }));
    assert_eq!(client.tool("echo", json!({ "text": "again" })).await.text().await, "again");
}

#[tokio::test]
async fn what_cannot_be_started_is_said_in_a_sentence() {
    let refusing = |refuses: Option<&str>, program: &str| {
        let launch = Fixed { refuses: refuses.map(str::to_owned), ..Fixed::new(program, &[]) };
        Modern::new(&Server::new("files", Arc::new(launch), settings()))
    };
    let locked = refusing(Some("The keyring is locked."), "/bin/true");
    let said = sentence(locked.tool("echo", json!({})).await, StatusCode::BAD_GATEWAY).await;
    assert_eq!(said, "files could not be started: The keyring is locked.");
    let missing = refusing(None, "/no/such/program");
    let said = sentence(missing.tool("echo", json!({})).await, StatusCode::BAD_GATEWAY).await;
    assert_eq!(said, "files could not be started: /no/such/program is not there any more.");
    let refused = Modern::new(&fake(&["--legacy", "--refuses"]));
    let said = sentence(refused.tool("echo", json!({})).await, StatusCode::BAD_GATEWAY).await;
    assert_eq!(said, "files was started and refused to begin: not today");
    let mut launch = Fixed::fake(&["--legacy", "--refuses"]);
    launch.environment.push(("KEY".to_owned(), doorward_stdio::Value::Secret("not today".into())));
    let leaky = Modern::new(&Server::new("files", Arc::new(launch), settings()));
    let said = sentence(leaky.tool("echo", json!({})).await, StatusCode::BAD_GATEWAY).await;
    assert_eq!(said, "files was started and refused to begin: ••••");
}

#[tokio::test]
async fn a_process_that_never_answers_is_given_up() {
    let (server, _) = with(&["--silent", "--stays"], Settings { start: Duration::from_secs(2), ..settings() });
    let said = sentence(Modern::new(&server).tool("echo", json!({})).await, StatusCode::GATEWAY_TIMEOUT).await;
    assert_eq!(said, "files was started and did not answer within 2 s. What it wrote is in its log in Doorward.");
    let started = server.log()[0].text.clone();
    let leader = started.trim_start_matches("Started as process ").trim_end_matches('.').parse().expect("a number");
    gone(leader).await;
}

#[tokio::test]
async fn a_start_that_is_stopped_is_over() {
    let server = fake(&["--silent", "--stays"]);
    let client = Modern::new(&server);
    let waiting = tokio::spawn(async move { client.tool("echo", json!({})).await });
    becomes(&server, |state| matches!(state, State::Starting { .. })).await;
    soon(server.stop()).await;
    let said = sentence(soon(waiting).await.expect("it ends"), StatusCode::BAD_GATEWAY).await;
    assert!(said.starts_with("files was stopped in Doorward."), "{said}");
    assert_eq!(server.state(), State::Stopped);
}

#[tokio::test]
async fn stopping_it_ends_requests_under_way() {
    let server = fake(&["--modern", "--stays"]);
    let client = Modern::new(&server);
    client.tool("echo", json!({})).await;
    let (leader, waiting) = (pid(&server), tokio::spawn(async move { client.tool("never", json!({})).await }));
    logged(&server, "I will not answer").await;
    let began = tokio::time::Instant::now();
    soon(server.stop()).await;
    assert!(!lives(leader) && began.elapsed() >= Duration::from_secs(5), "it had its time to end by itself");
    let said = sentence(soon(waiting).await.expect("it ends"), StatusCode::BAD_GATEWAY).await;
    assert_eq!(said, "files was stopped in Doorward. Whether this request was carried out is not known.");
}

#[tokio::test]
async fn garbage_is_passed_over_and_too_much_of_it_ends_the_process() {
    let server = fake(&["--legacy", "--garbage", "50"]);
    let client = Modern::new(&server);
    assert_eq!(client.tool("garbage", json!({ "lines": 99 })).await.text().await, "done");
    assert_eq!(client.tool("garbage", json!({ "lines": 99 })).await.text().await, "done", "a message in between counts");
    assert!(logged(&server, "is no message and was skipped: debug: 98").await >= 1);
    let said = sentence(client.tool("garbage", json!({ "lines": 100 })).await, StatusCode::BAD_GATEWAY).await;
    assert!(said.contains("it wrote 100 lines in a row to its standard output that are no messages"), "{said}");
    let at_start = Modern::new(&fake(&["--legacy", "--garbage", "100"]));
    let said = sentence(at_start.tool("echo", json!({})).await, StatusCode::BAD_GATEWAY).await;
    assert!(said.contains("failed while it started: it wrote 100 lines"), "{said}");
}

#[test]
fn a_line_of_100_mib_ends_the_process_and_takes_no_such_memory() {
    within(90, "trouble::a_line_of_100_mib_ends_the_process_and_takes_no_such_memory", async {
        let server = fake(&["--legacy"]);
        let client = Modern::new(&server);
        client.tool("echo", json!({})).await;
        let leader = pid(&server);
        let said = sentence(client.tool("line", json!({ "bytes": 100 * MIB })).await, StatusCode::BAD_GATEWAY).await;
        assert!(said.starts_with("files ended: it wrote a line of more than 16777216 bytes"), "{said}");
        gone(leader).await;
        // Within the bound a line is a line.
        let long = client.tool("big", json!({ "bytes": 15 * MIB })).await.text().await;
        assert_eq!(long.len(), 15 * MIB);
    });
}

#[test]
fn a_flood_on_standard_error_takes_no_memory_and_stops_nothing() {
    within(40, "trouble::a_flood_on_standard_error_takes_no_memory_and_stops_nothing", async {
        let server = fake(&["--legacy"]);
        let client = Modern::new(&server);
        assert_eq!(client.tool("flood", json!({ "bytes": 40 * MIB })).await.text().await, "done");
        logged(&server, "eeee").await;
        let kept: usize = server.log().iter().map(|line| line.text.len()).sum();
        assert!(kept <= Settings::default().log, "{kept}");
    });
}

#[test]
fn a_process_that_does_not_read_is_said_not_to_and_takes_no_memory() {
    within(60, "trouble::a_process_that_does_not_read_is_said_not_to_and_takes_no_memory", async {
        let settings = Settings { deaf: Duration::from_secs(1), room_in: 4 * MIB, ..settings() };
        let (server, _) = with(&["--modern"], settings);
        let client = Modern::new(&server);
        client.tool("echo", json!({})).await;
        std::process::Command::new("kill").args(["-STOP", &pid(&server).to_string()]).status().expect("stops");
        // One body for all of them.
        let call = Modern::body(&json!(1), "tools/call", &json!({ "name": "echo", "arguments": { "text": "x".repeat(MIB) } }));
        let body = axum::body::Bytes::from(call.to_string());
        drop(call);
        let headers = [ACCEPT, ("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "echo")];
        let mut calls: FuturesUnordered<_> = (0..60).map(|_| send(&server, "a", Method::POST, &headers, body.clone())).collect();
        // Three of them are with the process, as far as Doorward knows.
        for _ in 0..57 {
            let said = sentence(soon(calls.next()).await.expect("an answer"), StatusCode::GATEWAY_TIMEOUT).await;
            assert_eq!(said, "files does not read what it is sent. Doorward waited 1 s.");
        }
        drop(calls);
        std::process::Command::new("kill").args(["-CONT", &pid(&server).to_string()]).status().expect("goes on");
        assert_eq!(client.tool("echo", json!({ "text": "again" })).await.text().await, "again");
        let most = Modern::new(&server).tool("echo", json!({ "text": "x".repeat(5 * MIB) })).await;
        let said = sentence(most, StatusCode::BAD_GATEWAY).await;
        assert_eq!(said, "The request is longer than Doorward can hand over to files.");
    });
}

#[test]
fn answers_that_nobody_reads_take_no_more_than_their_room() {
    within(50, "trouble::answers_that_nobody_reads_take_no_more_than_their_room", async {
        let (server, _) = with(&["--modern"], Settings { room_out: 8 * MIB, ..settings() });
        let client = Modern::new(&server);
        let mut unread = Vec::new();
        let mut refused = 0;
        for _ in 0..50 {
            let answer = client.tool("big", json!({ "bytes": MIB })).await;
            if answer.status == StatusCode::SERVICE_UNAVAILABLE {
                refused += 1;
                assert_eq!(answer.header("retry-after"), "1");
                let said = sentence(answer, StatusCode::SERVICE_UNAVAILABLE).await;
                assert!(said.starts_with("The answers of files that wait to be read take all the room"), "{said}");
            } else {
                unread.push(answer);
            }
        }
        assert_eq!((unread.len(), refused), (7, 43));
        for answer in &mut unread {
            assert_eq!(answer.text().await.len(), MIB);
        }
        assert_eq!(client.tool("big", json!({ "bytes": MIB })).await.status, StatusCode::OK, "there is room again");
    });
}

#[test]
fn a_client_that_does_not_read_its_stream_takes_no_memory_and_holds_nobody_up() {
    within(60, "trouble::a_client_that_does_not_read_its_stream_takes_no_memory_and_holds_nobody_up", async {
        let (server, _) = with(&["--legacy"], Settings { room_notes: 8 * MIB, ..settings() });
        let (reader, idler) = (Legacy::open(&server).await, Legacy::open(&server).await);
        let mut unread = idler.listen().await;
        let mut subscription =
            Modern::new(&server).ask("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } })).await;
        assert!(subscription.event().await.is_some());
        let change = json!({ "method": "notifications/tools/list_changed", "params": { "filler": "x".repeat(MIB / 4) } });
        for _ in 0..100 {
            assert_eq!(reader.tool("change", change.clone()).await.text().await, "done");
        }
        for stream in [&mut unread, &mut subscription] {
            let mut read = 0;
            let broke_off = loop {
                match stream.try_event().await {
                    Ok(Some(_)) => read += 1,
                    Ok(None) => break false,
                    Err(_) => break true,
                }
            };
            assert!(broke_off && read < 50, "what is missing is not kept secret: {read}");
        }
        // Progress may be missed: the next one says more.
        let params = json!({ "name": "progress", "arguments": { "steps": 10_000 }, "_meta": { "progressToken": 1 } });
        let mut stream = Modern::new(&server).ask("tools/call", params).await;
        assert_eq!(reader.tool("echo", json!({ "text": "x" })).await.text().await, "x");
        let mut last = Value::Null;
        while let Some(event) = stream.event().await {
            last = event;
        }
        assert_eq!(last["result"]["content"][0]["text"], "done");
    });
}

#[tokio::test]
async fn too_many_requests_are_refused_before_they_reach_the_process() {
    let settings = Settings { requests: 12, requests_per_caller: 8, ..settings() };
    let (server, _) = with(&["--modern"], settings);
    let client = Modern::new(&server);
    client.tool("echo", json!({})).await;
    let busy = |caller: &'static str, count: usize| {
        let calls = (0..count).map(|_| {
            tokio::spawn({
                let client = Modern { caller, ..client.clone() };
                async move { client.tool("never", json!({})).await }
            })
        });
        calls.collect::<Vec<_>>()
    };
    let first = busy("grant-1", 8);
    while logged(&server, "I will not answer").await < 8 {
        server.log_changes().changed().await.expect("it is there");
    }
    let answer = client.tool("echo", json!({})).await;
    assert_eq!(answer.header("retry-after"), "1");
    let said = sentence(answer, StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(said, "files has 8 requests under way. Try again when one of them is done.");
    let second = busy("grant-2", 4);
    while logged(&server, "I will not answer").await < 12 {
        server.log_changes().changed().await.expect("it is there");
    }
    let other = Modern { caller: "grant-3", ..client.clone() };
    assert_eq!(other.tool("echo", json!({})).await.status, StatusCode::SERVICE_UNAVAILABLE);
    first.iter().chain(&second).for_each(tokio::task::JoinHandle::abort);
    soon(async {
        while client.tool("echo", json!({})).await.status != StatusCode::OK {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_process_that_closes_its_streams_and_stays_is_ended() {
    let script = r#"read line; echo '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":""}}'; read line; echo '{"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}'; read line; read line; exec >&-; sleep 1000"#;
    let launch = Arc::new(Fixed::new("/bin/sh", &["-c", script]));
    let server = Server::new("files", launch, Settings { farewell: Duration::from_millis(100), ..settings() });
    let said = sentence(Modern::new(&server).tool("echo", json!({})).await, StatusCode::BAD_GATEWAY).await;
    assert_eq!(said, "files ended: it closed its standard output. Whether this request was carried out is not known.");
    becomes(&server, |state| matches!(state, State::Failed { .. })).await;
}

#[tokio::test]
async fn there_is_an_end_to_what_may_be_subscribed_to() {
    let settings = Settings { resources: 2, subscriptions: 5, ..settings() };
    let (server, _) = with(&["--legacy"], settings);
    let uri = |n: u32| json!({ "uri": format!("file:///{n}") });
    let (first, second, modern) = (Legacy::open(&server).await, Legacy::open(&server).await, Modern::new(&server));
    for client in [&first, &second] {
        for n in [1, 2, 1] {
            assert!(client.ask("resources/subscribe", uri(n)).await.message().await["result"].is_object());
        }
        assert_eq!(client.ask("resources/subscribe", uri(3)).await.error().await.0, -32602);
    }
    let filter = |uris: &[&str]| json!({ "notifications": { "resourceSubscriptions": uris } });
    assert_eq!(modern.ask("subscriptions/listen", filter(&["a:1", "a:2", "a:3"])).await.error().await.0, -32602);
    assert_eq!(modern.ask("subscriptions/listen", filter(&["a:1", "a:2"])).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let mut one = modern.ask("subscriptions/listen", filter(&["a:1"])).await;
    assert!(one.event().await.is_some());
    let long = json!({ "uri": "x".repeat(3 * 1024) });
    assert_eq!(first.ask("resources/subscribe", long).await.error().await.0, -32602);
}
