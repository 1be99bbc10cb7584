//! Clients of today, at servers of today and of before.

use std::{sync::Arc, time::Duration};

use axum::http::{Method, StatusCode};
use doorward_stdio::{Server, Settings};
use serde_json::{Value, json};

use crate::support::{ACCEPT, Fixed, MODERN, Modern, fake, logged, send, settings, soon};

/// A server of each era.
const BOTH: [&[&str]; 2] = [&["--modern"], &["--legacy"]];

#[tokio::test]
async fn a_request_is_answered_by_a_server_of_either_era_under_its_own_id() {
    for arguments in BOTH {
        let client = Modern::new(&fake(arguments));
        for id in [json!(7), json!("seven"), json!(-1), json!("7")] {
            let mut answer = client.ask_as(id.clone(), "tools/call", json!({ "name": "echo", "arguments": { "text": "hé" } })).await;
            assert_eq!((answer.status, answer.is_stream()), (StatusCode::OK, false));
            let message = answer.message().await;
            assert_eq!(message["id"], id);
            assert_eq!(message["result"]["content"][0]["text"], "hé");
            assert_eq!(message["result"]["resultType"], "complete");
        }
    }
}

#[tokio::test]
async fn many_requests_with_the_same_id_get_each_its_own_answer() {
    for arguments in BOTH {
        let client = Modern::new(&fake(arguments));
        let calls = (0..40).map(|n| {
            let client = client.clone();
            async move { client.tool("echo", json!({ "text": format!("{n}") })).await.text().await == format!("{n}") }
        });
        let calls = futures_util::future::join_all(calls).await;
        assert!(calls.into_iter().all(|own| own));
    }
}

#[tokio::test]
async fn what_the_server_says_of_itself_is_discovered() {
    for (arguments, ttl, scope) in [(BOTH[0], 5000, "public"), (BOTH[1], 0, "private")] {
        let mut answer = Modern::new(&fake(arguments)).ask("server/discover", json!({})).await;
        let result = answer.message().await["result"].take();
        assert_eq!(result["supportedVersions"], json!([MODERN, "2025-11-25", "2025-06-18", "2025-03-26"]));
        assert_eq!((&result["instructions"], &result["resultType"]), (&json!("Be kind."), &json!("complete")));
        assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "fake");
        assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(ttl), &json!(scope)));
        assert_eq!(result["capabilities"]["tools"], json!({ "listChanged": true }));
    }
    let legacy = Modern::new(&fake(BOTH[1])).ask("server/discover", json!({})).await.message().await;
    assert_eq!(legacy["result"]["capabilities"]["tasks"], Value::Null, "those of 2025-11-25 cannot be shared");
}

#[tokio::test]
async fn results_say_how_long_they_may_be_kept_and_whose_they_are() {
    for arguments in BOTH {
        let client = Modern::new(&fake(arguments));
        let first = client.ask("tools/list", json!({})).await.message().await["result"].take();
        assert_eq!((&first["resultType"], &first["ttlMs"], &first["cacheScope"]), (&json!("complete"), &json!(0), &json!("private")));
        let named = if arguments == BOTH[1] { json!("fake") } else { Value::Null };
        assert_eq!(first["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], named, "a server of today says it itself");
        let second = client.ask("tools/list", json!({ "cursor": "2" })).await.message().await["result"].take();
        assert_eq!((&second["ttlMs"], &second["cacheScope"]), (&json!(7), &json!("public")), "what the server says stays");
    }
}

#[tokio::test]
async fn what_a_request_carries_reaches_a_server_of_its_era() {
    let meta = json!({ "traceparent": "00-1-2-03", "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} } });
    let asked = json!({ "name": "params", "arguments": { "n": 1.50, "text": "a\nb" }, "_meta": meta });
    let today: Value =
        serde_json::from_str(&Modern::new(&fake(BOTH[0])).ask("tools/call", asked.clone()).await.text().await).expect("JSON");
    assert_eq!(today["_meta"]["io.modelcontextprotocol/protocolVersion"], MODERN);
    assert_eq!(today["_meta"]["io.modelcontextprotocol/clientCapabilities"], json!({ "elicitation": {} }));
    assert_eq!(today["_meta"]["io.modelcontextprotocol/clientInfo"]["name"], "test");
    let before: Value = serde_json::from_str(&Modern::new(&fake(BOTH[1])).ask("tools/call", asked).await.text().await).expect("JSON");
    assert_eq!(before["_meta"], json!({ "traceparent": "00-1-2-03" }), "what it does not know is left out");
    assert_eq!((&today["arguments"], &before["arguments"]), (&json!({ "n": 1.50, "text": "a\nb" }), &today["arguments"]));
}

#[tokio::test]
async fn headers_must_say_what_the_body_says() {
    let server = fake(&["--modern"]);
    let body = Modern::body(&json!(5), "tools/call", &json!({ "name": "echo", "arguments": {} })).to_string();
    let good = [ACCEPT, ("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "echo")];
    assert_eq!(send(&server, "a", Method::POST, &good, body.clone()).await.status, StatusCode::OK);
    let encoded = [good[0], good[1], good[2], ("mcp-name", "=?base64?ZWNobw==?=")];
    assert_eq!(send(&server, "a", Method::POST, &encoded, body.clone()).await.status, StatusCode::OK);
    for wrong in [
        vec![good[0], good[2], good[3]],
        vec![good[0], good[1], good[3]],
        vec![good[0], good[1], good[2]],
        vec![good[0], ("mcp-protocol-version", "2025-11-25"), good[2], good[3]],
        vec![good[0], good[1], ("mcp-method", "tools/list"), good[3]],
        vec![good[0], good[1], ("mcp-method", "Tools/Call"), good[3]],
        vec![good[0], good[1], good[2], ("mcp-name", "rm")],
        vec![good[0], good[1], good[2], ("mcp-name", "=?base64?cm0=?=")],
        vec![good[0], good[1], good[2], ("mcp-name", "=?base64?%?=")],
        vec![good[0], good[1], good[2], good[3], ("mcp-name", "echo")],
        vec![good[0], good[1], good[1], good[2], good[3]],
    ] {
        let mut answer = send(&server, "a", Method::POST, &wrong, body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong:?}");
        let message = answer.message().await;
        assert_eq!((&message["error"]["code"], &message["id"]), (&json!(-32020), &json!(5)), "{wrong:?}");
    }
}

#[tokio::test]
async fn headers_of_arguments_are_compared_once_the_tool_is_known() {
    for arguments in BOTH {
        let client = Modern::new(&fake(arguments));
        let call = json!({ "name": "query", "arguments": { "region": "eu", "text": "x" } });
        assert_eq!(client.ask("tools/call", call.clone()).await.status, StatusCode::OK, "nobody listed it yet");
        client.ask("tools/list", json!({ "cursor": "2" })).await;
        assert_eq!(client.ask("tools/call", call.clone()).await.error().await.0, -32020, "the header is missing");
        let body = Modern::body(&json!(1), "tools/call", &call).to_string();
        let headers = [ACCEPT, ("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "query")];
        let with = |value| [headers[0], headers[1], headers[2], headers[3], ("mcp-param-region", value)];
        assert_eq!(send(&client.server, "a", Method::POST, &with("eu"), body.clone()).await.status, StatusCode::OK);
        assert_eq!(send(&client.server, "a", Method::POST, &with("us"), body).await.error().await.0, -32020);
    }
}

#[tokio::test]
async fn what_each_request_must_carry_is_asked_for() {
    let server = fake(&["--modern"]);
    let headers = [ACCEPT, ("mcp-protocol-version", MODERN), ("mcp-method", "tools/list")];
    let version = ("io.modelcontextprotocol/protocolVersion", json!(MODERN));
    let capabilities = ("io.modelcontextprotocol/clientCapabilities", json!({}));
    for meta in [
        json!({ "params": {} }),
        json!({ "params": { "_meta": {} } }),
        json!({ "params": { "_meta": { version.0: version.1 } } }),
        json!({ "params": { "_meta": { capabilities.0: capabilities.1 } } }),
        json!({ "params": { "_meta": { version.0: 7, capabilities.0: {} } } }),
        json!({ "params": { "_meta": { version.0: version.1, capabilities.0: [] } } }),
        json!({ "params": { "_meta": null } }),
        json!({ "params": [] }),
        json!({}),
    ] {
        let mut body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        if let Some(params) = meta.get("params") {
            body["params"] = params.clone();
        }
        let mut answer = send(&server, "a", Method::POST, &headers, body.to_string()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.error().await.0, -32602, "{body}");
    }
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":1,"progressToken":2}}}"#;
    assert_eq!(send(&server, "a", Method::POST, &headers, twice).await.error().await.0, -32602);
}

#[tokio::test]
async fn a_version_that_is_not_spoken_is_answered_with_those_that_are() {
    let server = fake(&["--legacy"]);
    for version in ["1900-01-01", "2027-01-01", "2025-11-25"] {
        let meta = json!({ "_meta": { "io.modelcontextprotocol/protocolVersion": version } });
        let body = Modern::body(&json!(1), "server/discover", &meta).to_string();
        let headers = [ACCEPT, ("mcp-protocol-version", version), ("mcp-method", "server/discover")];
        let mut answer = send(&server, "a", Method::POST, &headers, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let error = answer.message().await["error"].take();
        assert_eq!((&error["code"], &error["data"]["requested"]), (&json!(-32022), &json!(version)));
        assert_eq!(error["data"]["supported"][0], MODERN);
    }
}

#[tokio::test]
async fn what_there_is_no_more_is_not_found_and_reaches_no_server() {
    for arguments in BOTH {
        let client = Modern::new(&fake(arguments));
        for method in ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "no/such"] {
            let mut answer = client.ask(method, json!({ "uri": "file:///a", "level": "debug" })).await;
            assert_eq!((answer.status, answer.error().await.0), (StatusCode::NOT_FOUND, -32601), "{method}");
        }
        assert_eq!(client.tool("echo", json!({ "text": "still" })).await.text().await, "still");
        assert!(!client.server.log().iter().any(|line| line.text.contains("level") || line.text.contains("subscribed")));
    }
}

#[tokio::test]
async fn only_posts_are_taken_and_each_has_one_message() {
    let server = fake(&["--modern"]);
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let answer = send(&server, "a", method, &[ACCEPT, ("mcp-protocol-version", MODERN)], "").await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    }
    let one = Modern::body(&json!(1), "tools/list", &json!({})).to_string();
    let headers = [ACCEPT, ("mcp-protocol-version", MODERN), ("mcp-method", "tools/list")];
    for (body, code) in [
        (format!("[{one}]"), -32600),
        (String::new(), -32700),
        ("{".to_owned(), -32700),
        (one.replace("2.0", "1.0"), -32600),
        (one.replace(r#""id":1"#, r#""id":null"#), -32600),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.to_owned(), -32600),
    ] {
        let mut answer = send(&server, "a", Method::POST, &headers, body.clone()).await;
        assert_eq!((answer.status, answer.error().await.0), (StatusCode::BAD_REQUEST, code), "{body}");
    }
    let cancelled = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    let mut answer = send(&server, "a", Method::POST, &headers[..2], cancelled).await;
    assert_eq!((answer.status, answer.message().await), (StatusCode::ACCEPTED, Value::Null));
    assert_eq!(send(&server, "a", Method::POST, &headers, cancelled).await.error().await.0, -32020);
}

#[tokio::test]
async fn progress_comes_as_a_stream_under_the_token_of_the_client() {
    for arguments in BOTH {
        let client = Modern::new(&fake(arguments));
        for token in [json!("mine"), json!(12)] {
            let params = json!({ "name": "progress", "arguments": { "steps": 3 }, "_meta": { "progressToken": token } });
            let mut answer = client.ask_as(json!("x"), "tools/call", params).await;
            assert!(answer.is_stream());
            assert_eq!((answer.header("x-accel-buffering"), answer.header("cache-control")), ("no", "no-store"));
            for step in 1..=3 {
                let event = answer.event().await.expect("a step");
                assert_eq!((&event["params"]["progressToken"], &event["params"]["progress"]), (&token, &json!(step)));
            }
            let last = answer.event().await.expect("the answer");
            assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!("x"), &json!("complete")));
            assert_eq!(answer.event().await, None);
        }
        let without = client.tool("progress", json!({ "steps": 3 })).await;
        assert!(!without.is_stream(), "nobody asked for it");
    }
}

#[tokio::test]
async fn messages_of_the_log_come_to_the_request_that_asked_for_them() {
    for arguments in BOTH {
        let client = Modern::new(&fake(arguments));
        let wants = json!({ "io.modelcontextprotocol/logLevel": "warning" });
        let log = |level: &str| json!({ "name": "log", "arguments": { "level": level, "text": "hello" }, "_meta": wants });
        let mut answer = client.ask("tools/call", log("error")).await;
        let event = answer.event().await.expect("a message");
        assert_eq!((&event["method"], &event["params"]["data"]), (&json!("notifications/message"), &json!("hello")));
        assert!(answer.message().await["result"].is_object());
        assert!(!client.ask("tools/call", log("info")).await.is_stream(), "not so important");
        assert!(!client.tool("log", json!({ "level": "error", "text": "hello" })).await.is_stream(), "nobody asked for it");
        let loud = json!({ "name": "log", "_meta": { "io.modelcontextprotocol/logLevel": "loud" } });
        assert_eq!(client.ask("tools/call", loud).await.error().await.0, -32602);
    }
}

#[tokio::test]
async fn going_away_takes_the_request_back() {
    for arguments in BOTH {
        let client = Modern::new(&fake(arguments));
        client.tool("echo", json!({})).await;
        let waiting = tokio::spawn({
            let client = client.clone();
            async move { client.tool("never", json!({})).await.status }
        });
        logged(&client.server, "I will not answer").await;
        waiting.abort();
        logged(&client.server, "cancelled").await;
        let params = json!({ "name": "progress", "arguments": { "steps": 1, "never": true }, "_meta": { "progressToken": 1 } });
        let mut stream = client.ask("tools/call", params).await;
        assert!(stream.event().await.is_some());
        drop(stream);
        soon(async {
            while logged(&client.server, "cancelled").await < 2 {
                client.server.log_changes().changed().await.expect("it is there");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_server_of_today_may_ask_back_in_its_result() {
    let client = Modern::new(&fake(&["--modern"]));
    let first = client.ask("tools/call", json!({ "name": "confirm", "arguments": {} })).await.message().await["result"].take();
    assert_eq!((&first["resultType"], &first["requestState"]), (&json!("input_required"), &json!("opäque=")));
    assert_eq!(first["ttlMs"], Value::Null);
    let again = json!({
        "name": "confirm", "arguments": {}, "requestState": first["requestState"], "inputResponses": { "sure": { "action": "accept" } },
    });
    let text = client.ask("tools/call", again).await.text().await;
    assert_eq!(text, r#""opäque=" {"sure":{"action":"accept"}}"#);
}

#[tokio::test]
async fn errors_have_the_status_that_goes_with_them() {
    for arguments in BOTH {
        let client = Modern::new(&fake(arguments));
        let mut unknown = client.tool("no-such", json!({})).await;
        assert_eq!((unknown.status, unknown.error().await), (StatusCode::OK, (-32602, "Unknown tool: no-such".to_owned())));
    }
    let code = |arguments: &'static [&'static str]| async {
        Modern::new(&fake(arguments)).ask("resources/read", json!({ "uri": "file:///x" })).await.error().await.0
    };
    assert_eq!(code(BOTH[1]).await, -32602, "what servers of before said of a missing resource is not said any more");
    assert_eq!(code(BOTH[0]).await, -32002, "what a server of today says is its own affair");
}

#[tokio::test]
async fn a_subscription_hears_what_it_asked_for() {
    for arguments in BOTH {
        let client = Modern::new(&fake(arguments));
        let filter = json!({ "notifications": { "toolsListChanged": true, "resourceSubscriptions": ["file:///a"] } });
        let mut stream = client.ask_as(json!("sub"), "subscriptions/listen", filter.clone()).await;
        let first = stream.event().await.expect("an acknowledgement");
        assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
        assert_eq!(first["params"]["notifications"], filter["notifications"]);
        assert_eq!(first["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "sub");

        let changed = |method: &str, uri: &str| json!({ "method": method, "params": { "uri": uri } });
        client.tool("change", changed("notifications/resources/updated", "file:///b")).await;
        client.tool("change", changed("notifications/prompts/list_changed", "")).await;
        client.tool("change", changed("notifications/resources/updated", "file:///a")).await;
        client.tool("change", json!({})).await;
        let updated = stream.event().await.expect("a change");
        assert_eq!((&updated["method"], &updated["params"]["uri"]), (&json!("notifications/resources/updated"), &json!("file:///a")));
        assert_eq!(updated["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "sub");
        let tools = stream.event().await.expect("a change");
        assert_eq!(tools["method"], "notifications/tools/list_changed");
        drop(stream);
        logged(&client.server, if arguments == BOTH[0] { "cancelled" } else { "unsubscribed" }).await;
    }
}

#[tokio::test]
async fn a_subscription_ends_when_the_server_is_stopped() {
    let server = fake(&["--legacy"]);
    let client = Modern::new(&server);
    let mut stream = client.ask_as(json!(9), "subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } })).await;
    assert!(stream.event().await.is_some());
    soon(server.stop()).await;
    let last = stream.event().await.expect("an end");
    assert_eq!((&last["id"], &last["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"]), (&json!(9), &json!(9)));
    assert_eq!(stream.event().await, None);
}

#[tokio::test]
async fn a_subscription_ends_when_the_server_ends_it() {
    let client = Modern::new(&fake(&["--modern"]));
    let mut stream = client.ask("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } })).await;
    assert!(stream.event().await.is_some());
    client.tool("hang-up", json!({})).await;
    assert_eq!(stream.event().await, None);
}

#[tokio::test]
async fn a_subscription_that_could_hear_nothing_ends_at_once() {
    let client = Modern::new(&fake(&["--legacy"]));
    let filter = json!({ "notifications": { "promptsListChanged": true, "resourceSubscriptions": ["file:///none"] } });
    let mut stream = client.ask("subscriptions/listen", filter).await;
    assert_eq!(stream.event().await.expect("an acknowledgement")["params"]["notifications"], json!({}));
    assert_eq!(stream.event().await.expect("an end")["result"]["resultType"], "complete");
    assert_eq!(stream.event().await, None);
    for filter in [json!({}), json!({ "notifications": [] }), json!({ "notifications": { "toolsListChanged": "yes" } })] {
        assert_eq!(client.ask("subscriptions/listen", filter).await.error().await.0, -32602);
    }
    let plain = [("mcp-protocol-version", MODERN), ("mcp-method", "subscriptions/listen")];
    let body = Modern::body(&json!(1), "subscriptions/listen", &json!({ "notifications": {} })).to_string();
    assert_eq!(send(&client.server, "a", Method::POST, &plain, body).await.status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn an_answer_that_takes_long_begins_as_a_stream() {
    for arguments in BOTH {
        let settings = Settings { keep_alive: Duration::from_millis(50), ..settings() };
        let client = Modern::new(&Server::new("files", Arc::new(Fixed::fake(arguments)), settings));
        let mut answer = client.tool("slow", json!({ "ms": 500 })).await;
        assert!(answer.is_stream(), "clients give up when nothing begins");
        assert_eq!(answer.text().await, "at last");
    }
}

#[tokio::test]
async fn a_client_that_takes_no_streams_gets_the_answer_alone() {
    let server = fake(&["--modern"]);
    let params = json!({ "name": "progress", "arguments": {}, "_meta": { "progressToken": 1 } });
    let body = Modern::body(&json!(1), "tools/call", &params).to_string();
    let headers = [("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "progress")];
    let mut answer = send(&server, "a", Method::POST, &headers, body).await;
    assert!(!answer.is_stream() && answer.text().await == "done");
}
