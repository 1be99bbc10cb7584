//! Clients of before, at servers of before and of today.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{ACCEPT, Legacy, Modern, fake, logged, send, soon};

/// A server of each era.
const BOTH: [&[&str]; 2] = [&["--legacy"], &["--modern"]];

#[tokio::test]
async fn a_session_begins_with_what_the_server_said() {
    for arguments in BOTH {
        let client = Legacy::open(&fake(arguments)).await;
        let begun = &client.begun;
        assert_eq!((&begun["protocolVersion"], &begun["instructions"]), (&json!("2025-11-25"), &json!("Be kind.")));
        assert_eq!((&begun["serverInfo"]["name"], &begun["capabilities"]["tasks"]), (&json!("fake"), &Value::Null));
        assert_eq!(begun["capabilities"]["resources"], json!({ "subscribe": true, "listChanged": true }));
        assert!(client.session.len() >= 43);
    }
}

#[tokio::test]
async fn a_version_is_agreed_on() {
    let server = fake(&["--legacy", "--version", "2025-06-18"]);
    for (asked, agreed) in [("2025-11-25", "2025-06-18"), ("2025-03-26", "2025-03-26"), ("2024-11-05", "2025-06-18"), ("x", "2025-06-18")] {
        assert_eq!(Legacy::open_as(&server, "a", asked).await.begun["protocolVersion"], agreed, "{asked}");
    }
    let old = fake(&["--legacy", "--version", "2024-11-05"]);
    assert_eq!(Legacy::open(&old).await.begun["protocolVersion"], "2025-03-26", "the first that has this transport");
}

#[tokio::test]
async fn a_request_is_answered_under_its_own_id() {
    for arguments in BOTH {
        let client = Legacy::open(&fake(arguments)).await;
        for id in [json!(7), json!("seven")] {
            let call = json!({ "name": "echo", "arguments": { "text": "hé" } });
            let mut answer = client.ask_as(id.clone(), "tools/call", call).await;
            let message = answer.message().await;
            assert_eq!((&message["id"], &message["result"]["content"][0]["text"]), (&id, &json!("hé")));
        }
        assert_eq!(client.ask("tools/list", json!({})).await.message().await["result"]["tools"][0]["name"], "echo");
        assert_eq!(client.ask("no/such", json!({})).await.error().await.0, -32601);
        let mut missing = client.ask("resources/read", json!({ "uri": "file:///x" })).await;
        assert_eq!((missing.status, missing.error().await.0), (StatusCode::OK, -32002), "as servers of before say it");
        assert_eq!(client.ask("ping", json!({})).await.message().await["result"], json!({}));
    }
}

#[tokio::test]
async fn what_a_request_carries_reaches_a_server_of_its_era() {
    let call = json!({ "name": "params", "arguments": { "n": 1.50 }, "_meta": { "mine": 1 } });
    let before = Legacy::open(&fake(BOTH[0])).await.ask("tools/call", call.clone()).await.text().await;
    assert_eq!(before, call.to_string(), "nothing is added");
    let today = Legacy::open(&fake(BOTH[1])).await.ask("tools/call", call).await.text().await;
    let today: Value = serde_json::from_str(&today).expect("JSON");
    assert_eq!(today["_meta"]["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert_eq!(today["_meta"]["io.modelcontextprotocol/clientInfo"], json!({ "name": "old", "version": "1" }));
    assert_eq!(today["_meta"]["io.modelcontextprotocol/clientCapabilities"], json!({}), "nothing can be asked back");
    assert_eq!(today["_meta"]["mine"], 1);
}

#[tokio::test]
async fn gw_legacy_m_rs_18_a_session_is_only_of_the_caller_that_opened_it() {
    let server = fake(&["--legacy"]);
    let client = Legacy::open(&server).await;
    let thief = Legacy { caller: "grant-2", ..client.clone() };
    let unknown = Legacy { session: "AAAA".to_owned(), ..client.clone() };
    for other in [thief, unknown] {
        assert_eq!(other.ask("tools/list", json!({})).await.status, StatusCode::NOT_FOUND);
        assert_eq!(other.send(Method::GET, "").await.status, StatusCode::NOT_FOUND);
        assert_eq!(other.send(Method::DELETE, "").await.status, StatusCode::NOT_FOUND);
        assert_eq!(other.tell("notifications/cancelled", json!({ "requestId": 1 })).await, StatusCode::NOT_FOUND);
    }
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    let mut without = send(&server, "grant-1", Method::POST, &[ACCEPT], body.clone()).await;
    assert_eq!((without.status, without.error().await.0), (StatusCode::BAD_REQUEST, -32600));
    let strange = [ACCEPT, ("mcp-session-id", client.session.as_str()), ("mcp-protocol-version", "2020-01-01")];
    assert_eq!(send(&server, "grant-1", Method::POST, &strange, body.clone()).await.status, StatusCode::BAD_REQUEST);
    let unversioned = [ACCEPT, ("mcp-session-id", client.session.as_str())];
    assert_eq!(send(&server, "grant-1", Method::POST, &unversioned, body).await.status, StatusCode::OK, "2025-03-26 has no such header");
    assert_eq!(client.send(Method::DELETE, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.ask("tools/list", json!({})).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn answers_are_taken_and_batches_are_not() {
    let client = Legacy::open(&fake(&["--legacy"])).await;
    assert_eq!(client.send(Method::POST, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).await.status, StatusCode::ACCEPTED);
    assert_eq!(client.tell("notifications/roots/list_changed", json!({})).await, StatusCode::ACCEPTED);
    let mut batch = client.send(Method::POST, r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).await;
    assert_eq!((batch.status, batch.error().await.0), (StatusCode::BAD_REQUEST, -32600));
    assert_eq!(client.send(Method::PUT, "").await.header("allow"), "POST, GET, DELETE");
    assert!(!client.server.log().iter().any(|line| line.text.contains("told")), "nobody else is told what belongs to one session");
}

#[tokio::test]
async fn what_the_server_asks_is_refused_at_once_and_a_ping_answered() {
    let client = Legacy::open(&fake(&["--legacy"])).await;
    for method in ["sampling/createMessage", "roots/list", "elicitation/create"] {
        let answered: Value = serde_json::from_str(&client.tool("ask", json!({ "method": method })).await.text().await).expect("JSON");
        assert_eq!(answered["code"], -32601);
        assert!(answered["message"].as_str().is_some_and(|message| message.contains(method)));
    }
    assert_eq!(client.tool("ask", json!({ "method": "ping" })).await.text().await, "{}");
}

#[tokio::test]
async fn progress_goes_only_to_the_request_that_has_the_token() {
    for arguments in BOTH {
        let server = fake(arguments);
        let clients = [Legacy::open(&server).await, Legacy::open_as(&server, "grant-2", "2025-06-18").await];
        let calls = clients.iter().enumerate().map(|(n, client)| async move {
            let meta = json!({ "progressToken": "same" });
            let call = json!({ "name": "progress", "arguments": { "steps": n + 2 }, "_meta": meta });
            let mut answer = client.ask("tools/call", call).await;
            let mut seen = Vec::new();
            while let Some(event) = answer.event().await {
                seen.push(event);
            }
            (n, seen)
        });
        for (n, seen) in futures_util::future::join_all(calls).await {
            assert_eq!(seen.len(), n + 3, "{seen:?}");
            assert!(seen[..n + 2].iter().all(|event| event["params"]["progressToken"] == "same"));
        }
    }
}

#[tokio::test]
async fn the_stream_of_a_session_hears_what_the_session_is_entitled_to() {
    for arguments in BOTH {
        let server = fake(arguments);
        let (first, second) = (Legacy::open(&server).await, Legacy::open_as(&server, "grant-2", "2025-11-25").await);
        let (mut heard_by_first, mut heard_by_second) = (first.listen().await, second.listen().await);
        assert_eq!(first.ask("resources/subscribe", json!({ "uri": "file:///a" })).await.message().await["result"], json!({}));
        let updated = json!({ "method": "notifications/resources/updated", "params": { "uri": "file:///a" } });
        second.tool("change", updated.clone()).await;
        let event = heard_by_first.event().await.expect("a change");
        assert_eq!((&event["params"], &event["method"]), (&updated["params"], &updated["method"]));
        // At a server of today the lists are subscribed to beside the first request.
        let mut both = false;
        for _ in 0..100 {
            first.tool("change", json!({})).await;
            both = tokio::time::timeout(std::time::Duration::from_millis(50), heard_by_second.event()).await.is_ok();
            if both {
                break;
            }
        }
        assert!(both, "lists are everybody's");
        assert_eq!(heard_by_first.event().await.expect("a change")["method"], "notifications/tools/list_changed");
        assert_eq!(first.ask("resources/unsubscribe", json!({ "uri": "file:///a" })).await.message().await["result"], json!({}));
        logged(&server, if arguments == BOTH[0] { "unsubscribed" } else { "cancelled" }).await;
        second.tool("change", updated).await;
        assert_eq!(first.send(Method::DELETE, "").await.status, StatusCode::NO_CONTENT);
        while let Some(event) = heard_by_first.event().await {
            assert_eq!(event["method"], "notifications/tools/list_changed");
        }
    }
}

#[tokio::test]
async fn a_resource_is_unsubscribed_when_nobody_wants_it_any_more() {
    let server = fake(&["--legacy"]);
    let (first, second) = (Legacy::open(&server).await, Legacy::open_as(&server, "grant-2", "2025-11-25").await);
    let a = json!({ "uri": "file:///a" });
    for client in [&first, &second] {
        assert!(client.ask("resources/subscribe", a.clone()).await.message().await["result"].is_object());
    }
    assert!(first.ask("resources/unsubscribe", a.clone()).await.message().await["result"].is_object());
    second.tool("echo", json!({})).await;
    assert!(!server.log().iter().any(|line| line.text == "unsubscribed"), "the second wants it still");
    second.send(Method::DELETE, "").await;
    logged(&server, "unsubscribed").await;
    assert_eq!(first.ask("resources/subscribe", json!({ "uri": "file:///none" })).await.error().await.0, -32002);
}

#[tokio::test]
async fn messages_of_the_log_are_heard_by_the_caller_whom_alone_they_can_be_about() {
    let server = fake(&["--legacy"]);
    let (first, second) = (Legacy::open(&server).await, Legacy::open(&server).await);
    let mut heard_by_second = second.listen().await;
    for (client, level) in [(&first, "warning"), (&second, "debug")] {
        assert_eq!(client.ask("logging/setLevel", json!({ "level": level })).await.message().await["result"], json!({}));
    }
    logged(&server, "level debug").await;
    let log = |level: &str| json!({ "level": level, "text": "hello" });
    let mut answer = first.tool("log", log("error")).await;
    assert_eq!(answer.event().await.expect("a message")["params"]["data"], "hello");
    assert!(answer.message().await["result"].is_object());
    assert!(!first.tool("log", log("info")).await.is_stream(), "the first does not want so much");
    assert!(second.tool("log", log("debug")).await.is_stream());
    assert_eq!(first.ask("logging/setLevel", json!({ "level": "loud" })).await.error().await.0, -32602);
    // Two requests of one caller: to which one it belongs, nobody knows.
    let waiting = tokio::spawn({
        let second = second.clone();
        async move { second.ask_as(json!("w"), "tools/call", json!({ "name": "never" })).await.status }
    });
    logged(&server, "I will not answer").await;
    assert!(!second.tool("log", log("error")).await.is_stream());
    assert_eq!(heard_by_second.event().await.expect("a message")["params"]["level"], "error");
    waiting.abort();
    // Another caller: whose it is, nobody knows any more.
    let other = Legacy::open_as(&server, "grant-2", "2025-11-25").await;
    let mut heard_by_other = other.listen().await;
    assert!(!other.tool("log", log("error")).await.is_stream());
    assert!(!first.tool("log", log("error")).await.is_stream());
    other.tool("change", json!({})).await;
    for stream in [&mut heard_by_other, &mut heard_by_second] {
        assert_eq!(stream.event().await.expect("a change")["method"], "notifications/tools/list_changed", "and nothing before it");
    }
}

#[tokio::test]
async fn the_level_of_a_session_goes_with_its_requests_to_a_server_of_today() {
    let client = Legacy::open(&fake(&["--modern"])).await;
    let log = json!({ "level": "info", "text": "hello" });
    assert!(!client.tool("log", log.clone()).await.is_stream());
    assert_eq!(client.ask("logging/setLevel", json!({ "level": "info" })).await.message().await["result"], json!({}));
    assert!(client.tool("log", log).await.is_stream());
}

#[tokio::test]
async fn going_away_takes_nothing_back_and_saying_so_does() {
    for arguments in BOTH {
        let client = Legacy::open(&fake(arguments)).await;
        let waiting = |id: &'static str| {
            let client = client.clone();
            tokio::spawn(async move { client.ask_as(json!(id), "tools/call", json!({ "name": "never" })).await.message().await })
        };
        let gone = waiting("gone");
        logged(&client.server, "I will not answer").await;
        gone.abort();
        client.tool("echo", json!({})).await;
        assert!(!client.server.log().iter().any(|line| line.text == "cancelled"));
        let there = waiting("there");
        soon(async {
            while logged(&client.server, "I will not answer").await < 2 {
                client.server.log_changes().changed().await.expect("it is there");
            }
        })
        .await;
        let other = Legacy::open(&client.server).await;
        assert_eq!(other.tell("notifications/cancelled", json!({ "requestId": "there" })).await, StatusCode::ACCEPTED);
        assert_eq!(client.tell("notifications/cancelled", json!({ "requestId": "there", "reason": "no" })).await, StatusCode::ACCEPTED);
        assert_eq!(soon(there).await.expect("it ends"), Value::Null, "a stream that ends without an answer");
        assert_eq!(logged(&client.server, "cancelled").await, 1, "another session has no request of that name");
        client.tell("notifications/cancelled", json!({ "requestId": "gone" })).await;
        soon(async {
            while logged(&client.server, "cancelled").await < 2 {
                client.server.log_changes().changed().await.expect("it is there");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_result_that_asks_back_is_an_error_for_who_cannot_be_asked() {
    let client = Legacy::open(&fake(&["--modern"])).await;
    let (code, message) = client.tool("confirm", json!({})).await.error().await;
    assert_eq!(code, -32603);
    assert!(message.contains("ask for more"), "{message}");
}

#[tokio::test]
async fn clients_of_both_eras_share_one_process() {
    for arguments in BOTH {
        let server = fake(arguments);
        let (old, new) = (Legacy::open(&server).await, Modern::new(&server));
        let (first, second) = (old.tool("pid", json!({})).await.text().await, new.tool("pid", json!({})).await.text().await);
        assert_eq!(first, second);
    }
}

#[tokio::test]
async fn a_stream_that_is_opened_again_replaces_the_first() {
    let client = Legacy::open(&fake(&["--legacy"])).await;
    let mut first = client.listen().await;
    let mut second = client.listen().await;
    assert_eq!(first.event().await, None);
    client.tool("change", json!({})).await;
    assert!(second.event().await.is_some());
    let plain = [("mcp-session-id", client.session.as_str()), ("accept", "application/json")];
    assert_eq!(send(&client.server, "grant-1", Method::GET, &plain, "").await.status, StatusCode::NOT_ACCEPTABLE);
}
