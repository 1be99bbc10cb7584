//! The guarded path: who passes, and what passes through.

use std::time::{Duration, Instant};

use doorward_tests::{
    doorward::Doorward,
    eventually,
    flow::{INITIALIZE, PING, Tokens, tokens_of},
    http,
    person::Habit,
    upstream::Upstream,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn guarding(path: &str) -> (Doorward, Upstream) {
    let upstream = Upstream::start().await;
    let doorward = Doorward::guarding(&format!("{}{path}", upstream.url)).await;
    (doorward, upstream)
}

#[tokio::test]
async fn res01_res05_without_a_token_every_method_is_401_with_the_way_in() {
    let (doorward, upstream) = guarding("/mcp").await;
    for method in ["GET", "POST", "DELETE", "HEAD"] {
        let answer = doorward.send(method, "/mcp/everything", &[], "").await;
        assert_eq!(answer.status, 401, "{method}");
        let expected = format!(
            "Bearer resource_metadata=\"{}\", scope=\"everything:look\"",
            doorward.url("/.well-known/oauth-protected-resource/mcp/everything")
        );
        assert_eq!(answer.header("www-authenticate"), Some(expected.as_str()));
    }
    let localhost = http::request("POST", "/mcp/everything", &format!("localhost:{}", doorward.port), &[], "{}");
    let answer = http::raw(doorward.address(), localhost.as_bytes()).await;
    assert!(answer.header("www-authenticate").expect("a challenge").contains(&format!("http://localhost:{}/", doorward.port)));
    assert!(upstream.seen().is_empty(), "nothing reached the server");
}

#[tokio::test]
async fn res02_res04_res07_bad_tokens_and_tokens_elsewhere_do_not_count() {
    let (doorward, upstream) = guarding("/mcp").await;
    let tokens = doorward.tokens("x").await;
    for bad in ["x", "", &tokens.refresh, &format!("dwa_{}", "A".repeat(43))] {
        let answer = doorward.call(bad, PING).await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer error=\"invalid_token\", ")), "{answer:?}");
    }
    let in_query = doorward.send("POST", &format!("/mcp/everything?access_token={}", tokens.access), &[], PING).await;
    assert_eq!(in_query.status, 401);
    let bearer = format!("Authorization: Bearer {}", tokens.access);
    assert_eq!(doorward.send("POST", "/mcp/everything", &[&bearer, &bearer], PING).await.status, 400, "two headers");
    assert_eq!(doorward.send("POST", "/mcp/everything", &[&bearer.replace("Bearer", "bEaReR")], PING).await.status, 200);
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn m_rs_08_a_token_opens_one_server_only() {
    let (doorward, upstream) = guarding("/mcp").await;
    doorward.broker.add_server("other", &upstream.url).await.expect("added");
    let tokens = doorward.tokens("x").await;
    let bearer = format!("Authorization: Bearer {}", tokens.access);
    assert_eq!(doorward.send("POST", "/mcp/everything", &[&bearer], PING).await.status, 200);
    assert_eq!(doorward.send("POST", "/mcp/other", &[&bearer], PING).await.status, 401);
    assert_eq!(doorward.send("POST", "/mcp/nothing", &[&bearer], PING).await.status, 404);
}

#[tokio::test]
async fn m_rs_09_sec_u3_our_token_and_cookies_never_reach_the_server() {
    let (doorward, upstream) = guarding("/mcp").await;
    let tokens = doorward.tokens("x").await;
    let bearer = format!("Authorization: Bearer {}", tokens.access);
    let begun = doorward.send("POST", "/mcp/everything", &[&bearer], INITIALIZE).await;
    let session = format!("Mcp-Session-Id: {}", begun.header("mcp-session-id").expect("a session"));
    let headers =
        [&bearer, "Cookie: a=b", "X-Forwarded-For: 1.2.3.4", "Connection: close, X-Hop", "X-Hop: 1", &session, "Mcp-Param-Region: eu"];
    let body = PING;
    assert_eq!(doorward.send("POST", "/mcp/everything", &headers, body).await.body, body, "byte for byte");
    let seen = upstream.seen().remove(1);
    assert_eq!(seen.body, body.as_bytes());
    for gone in ["authorization", "cookie", "x-forwarded-for", "x-hop"] {
        assert!(!seen.headers.contains_key(gone), "{gone}");
    }
    assert_eq!(seen.headers["mcp-session-id"], begun.header("mcp-session-id").expect("a session"));
    assert_eq!(seen.headers["mcp-param-region"], "eu");
    assert_eq!(format!("http://{}", seen.headers["host"].to_str().expect("text")), upstream.url, "its own host");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "ten thousand calls: make soak"]
async fn sec_u3_in_ten_thousand_calls_no_token_passes() {
    let (doorward, upstream) = guarding("/cookies").await;
    let tokens = doorward.tokens("x").await;
    let headers = ["Content-Type: application/json", &format!("Authorization: Bearer {}", tokens.access), "Cookie: a=b"];
    let request = doorward_tests::http::request("POST", "/mcp/everything", &doorward.host(), &headers, PING);
    let request = request.replace("Connection: close\r\n", "");
    let calls = async |count: usize| {
        let mut line = doorward_tests::http::Line::to(doorward.address()).await;
        for _ in 0..count {
            let answer = line.send(&request).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (200, None), "{answer:?}");
        }
    };
    futures_util::future::join_all((0..10).map(|_| calls(1_000))).await;
    let seen = upstream.seen();
    assert_eq!(seen.len(), 10_000);
    for seen in seen {
        let passed = seen.headers.values().any(|value| value.as_bytes().windows(4).any(|window| window == b"dwa_"));
        assert!(!passed && !seen.headers.contains_key("cookie") && !seen.headers.contains_key("authorization"), "{seen:?}");
    }
}

#[tokio::test]
async fn an_answers_cookies_and_log_ins_never_reach_the_client() {
    let (doorward, _upstream) = guarding("/cookies").await;
    let tokens = doorward.tokens("x").await;
    let answer = doorward.call(&tokens.access, PING).await;
    assert_eq!(answer.status, 200);
    for gone in ["set-cookie", "access-control-allow-origin", "www-authenticate"] {
        assert_eq!(answer.header(gone), None, "{gone}");
    }
    assert_eq!(answer.header("mcp-session-id"), Some("s1"));
}

#[tokio::test]
async fn gw_legacy_m_rs_18_a_session_is_only_of_the_grant_that_opened_it() {
    let (doorward, upstream) = guarding("/mcp").await;
    let (mine, others) = (doorward.tokens("x").await, doorward.tokens("y").await);
    let bearer = |tokens: &Tokens| format!("Authorization: Bearer {}", tokens.access);
    let begun = doorward.send("POST", "/mcp/everything", &[&bearer(&mine)], INITIALIZE).await;
    let session = format!("Mcp-Session-Id: {}", begun.header("mcp-session-id").expect("a session"));
    for method in ["POST", "GET", "DELETE"] {
        let body = if method == "POST" { PING } else { "" };
        let stolen = doorward.send(method, "/mcp/everything", &[&bearer(&others), &session], body).await;
        assert_eq!((stolen.status, stolen.json()["error"]["code"].as_i64()), (404, Some(-32_001)), "{method}");
        let invented = doorward.send(method, "/mcp/everything", &[&bearer(&mine), "Mcp-Session-Id: invented"], body).await;
        assert_eq!(invented.status, 404, "{method}");
    }
    let others_session = doorward.send("POST", "/mcp/everything", &[&bearer(&others)], INITIALIZE).await;
    let two = format!("Mcp-Session-Id: {}", others_session.header("mcp-session-id").expect("a session"));
    assert_eq!(doorward.send("POST", "/mcp/everything", &[&bearer(&others), &two, &session], PING).await.status, 404, "one at a time");
    assert_eq!(upstream.seen().len(), 2, "nothing of it reached the server");
    for method in ["POST", "GET", "DELETE"] {
        let body = if method == "POST" { PING } else { "" };
        assert_eq!(doorward.send(method, "/mcp/everything", &[&bearer(&mine), &session], body).await.status, 200, "{method}");
    }
    let refreshed = tokens_of(&mine.client, &doorward.refresh(&mine).await);
    assert_eq!(doorward.send("POST", "/mcp/everything", &[&bearer(&refreshed), &session], PING).await.status, 200, "the same grant");
}

#[tokio::test]
async fn m_rs_18_a_session_goes_on_after_a_restart() {
    let (doorward, _upstream) = guarding("/mcp").await;
    let tokens = doorward.tokens("x").await;
    let bearer = format!("Authorization: Bearer {}", tokens.access);
    let begun = doorward.send("POST", "/mcp/everything", &[&bearer], INITIALIZE).await;
    let session = format!("Mcp-Session-Id: {}", begun.header("mcp-session-id").expect("a session"));
    let (folder, keyring, port) = doorward.stop().await;
    let again = Doorward::open(folder, keyring, port, Habit::Allows).await.expect("starts again");
    assert_eq!(again.send("POST", "/mcp/everything", &[&bearer, &session], PING).await.status, 200);
}

#[tokio::test]
async fn gw_headers_a_header_that_says_something_else_than_the_body_is_refused() {
    let (doorward, upstream) = guarding("/mcp").await;
    let tokens = doorward.tokens("x").await;
    let bearer = format!("Authorization: Bearer {}", tokens.access);
    let call = r#"{"jsonrpc":"2.0","id":"7","method":"tools/call","params":{"name":"look","arguments":{}}}"#;
    for lie in ["Mcp-Name: delete_all", "Mcp-Method: tools/list", "Mcp-Name: =?base64?ZGVsZXRlX2FsbA==?="] {
        let answer = doorward.send("POST", "/mcp/everything", &[&bearer, lie], call).await;
        let error = answer.json();
        assert_eq!((answer.status, error["error"]["code"].as_i64(), error["id"].as_str()), (400, Some(-32_020), Some("7")), "{lie}");
    }
    assert!(upstream.seen().is_empty());
    let truth = ["Mcp-Method: tools/call", "Mcp-Name: =?base64?bG9vaw==?=", bearer.as_str()];
    assert_eq!(doorward.send("POST", "/mcp/everything", &truth, call).await.body, call);
}

#[tokio::test]
async fn what_cannot_be_judged_does_not_pass() {
    let (doorward, upstream) = guarding("/mcp").await;
    let tokens = doorward.tokens("x").await;
    for (bad, code) in [
        ("", -32_700),
        ("{}", -32_700),
        ("hello", -32_700),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}"#, -32_700),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32_600),
    ] {
        let answer = doorward.call(&tokens.access, bad).await;
        assert_eq!((answer.status, answer.json()["error"]["code"].as_i64()), (400, Some(code)), "{bad}");
    }
    let bearer = format!("Authorization: Bearer {}", tokens.access);
    assert_eq!(doorward.send("PUT", "/mcp/everything", &[&bearer], "hello").await.status, 400, "whatever has a body");
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn status_and_body_pass_untouched() {
    let (doorward, _upstream) = guarding("/418").await;
    let tokens = doorward.tokens("x").await;
    let answer = doorward.call(&tokens.access, PING).await;
    assert_eq!((answer.status, answer.body.as_str()), (418, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601}}"));
}

#[tokio::test]
async fn a_servers_401_and_redirects_are_502_with_a_sentence() {
    for (path, words) in [("/401", "itself asks for a login"), ("/redirect", "does not follow")] {
        let (doorward, _upstream) = guarding(path).await;
        let tokens = doorward.tokens("x").await;
        let answer = doorward.call(&tokens.access, PING).await;
        assert_eq!((answer.status, answer.header("www-authenticate"), answer.header("location")), (502, None, None));
        let message = answer.json()["error"]["message"].as_str().expect("a sentence").to_owned();
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_502_with_a_sentence_and_not_4xx() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    let tokens = doorward.tokens("x").await;
    let answer = doorward.call(&tokens.access, PING).await;
    assert_eq!(answer.status, 502);
    assert_eq!((&answer.json()["jsonrpc"], &answer.json()["id"]), (&"2.0".into(), &1.into()), "the request's own id");
    assert!(answer.json()["error"]["message"].as_str().is_some_and(|text| text.contains("does not answer at http://127.0.0.1:1/mcp")));
}

#[tokio::test]
async fn a_message_above_the_bound_is_refused() {
    let doorward = Doorward::with(Habit::Allows, "[limits]\nmcp_body = 1000\n").await;
    let upstream = Upstream::start().await;
    doorward.broker.add_server("everything", &upstream.url).await.expect("added");
    let tokens = doorward.tokens("x").await;
    assert_eq!(doorward.call(&tokens.access, &"x".repeat(1001)).await.status, 413);
    assert!(upstream.seen().is_empty());
}

/// Opens a stream and reads its first events.
pub async fn streaming(doorward: &Doorward, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(doorward.address()).await.expect("connects");
    let headers = [format!("Authorization: Bearer {token}"), "Accept: text/event-stream".to_owned()];
    let request = http::request("GET", "/mcp/everything", &doorward.host(), &headers.each_ref().map(String::as_str), "");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut text = String::new();
    while !text.contains("data: 2") {
        let mut buffer = [0; 4096];
        let read =
            tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer)).await.expect("events arrive one by one").expect("reads");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    assert!(text.to_ascii_lowercase().contains("content-type: text/event-stream") && text.contains("x-accel-buffering: no"), "{text}");
    stream
}

#[tokio::test]
async fn events_stream_through_and_a_client_that_leaves_ends_the_servers_work() {
    let (doorward, upstream) = guarding("/stream").await;
    let tokens = doorward.tokens("x").await;
    let stream = streaming(&doorward, &tokens.access).await;
    assert!(!upstream.hung_up());
    drop(stream);
    eventually("the server notices", async || upstream.hung_up().then_some(())).await;
}

#[tokio::test]
async fn rv06_taking_it_back_ends_open_streams_and_the_next_call() {
    let (doorward, upstream) = guarding("/stream").await;
    let tokens = doorward.tokens("x").await;
    let mut stream = streaming(&doorward, &tokens.access).await;
    let app = doorward.broker.apps().await.expect("apps").remove(0);
    let begun = Instant::now();
    doorward.broker.disconnect(&app.id, None).await.expect("disconnected");
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(!String::from_utf8_lossy(&rest).ends_with("0\r\n\r\n"), "a stream that was cut must not look complete");
    eventually("the server notices", async || upstream.hung_up().then_some(())).await;
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 401);
    assert_eq!(doorward.refresh(&tokens).await.error(), "invalid_grant");
    assert!(doorward.broker.apps().await.expect("apps").is_empty());
}

#[tokio::test]
async fn disconnecting_tells_which_calls_and_streams_it_ended() {
    use crate::rules::{allowed, call_of, ticked};
    use doorward_oauth::tool::Mode;
    let (held, _upstream, tokens) = allowed("/tools", ticked(&[("write", Mode::Ask)]), "").await;
    held.person.from_now_on(Habit::Waits);
    let mut waiting = Vec::new();
    for path in ["/a", "/b"] {
        let bearer = format!("Authorization: Bearer {}", tokens.access);
        let body = call_of("write", &serde_json::json!({ "path": path }));
        let request = http::request("POST", "/mcp/everything", &held.host(), &["Content-Type: application/json", &bearer], &body);
        let address = held.address();
        waiting.push(tokio::spawn(async move { http::raw(address, request.as_bytes()).await }));
    }
    eventually("two questions", async || (held.broker.requests().len() == 2).then_some(())).await;
    let app = held.broker.apps().await.expect("apps").remove(0);
    let ended = held.broker.disconnect(&app.id, None).await.expect("disconnected");
    assert_eq!((ended.grants, ended.calls_ended, ended.streams_closed), (1, 2, 0));
    for call in waiting {
        assert!(!call.await.expect("joined").body.contains("done"));
    }
    let history = held.broker.history(9).await.expect("reads");
    let line = history.iter().find(|line| line.outcome == "disconnected").expect("written down");
    assert_eq!(line.detail.to_string(), "You disconnected it. 2 running calls were cancelled.");

    let (doorward, _upstream) = guarding("/stream").await;
    let tokens = doorward.tokens("x").await;
    let gone = streaming(&doorward, &tokens.access).await;
    drop(gone);
    let mut stream = streaming(&doorward, &tokens.access).await;
    let app = doorward.broker.apps().await.expect("apps").remove(0);
    // The first one is not open any more, as soon as that is noticed.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = Instant::now();
    let ended = doorward.broker.disconnect(&app.id, Some("everything")).await.expect("disconnected");
    let _ = stream.read_to_end(&mut Vec::new()).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!((ended.grants, ended.calls_ended, ended.streams_closed), (1, 0, 1));
    assert_eq!(doorward.broker.history(1).await.expect("reads")[0].detail.to_string(), "You disconnected it. 1 open stream was closed.");
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 401);
}

#[tokio::test]
async fn while_paused_calls_wait_with_503_and_go_on_afterwards() {
    let (doorward, _upstream) = guarding("/mcp").await;
    let tokens = doorward.tokens("x").await;
    doorward.broker.set_paused(true).await.expect("paused");
    let answer = doorward.call(&tokens.access, PING).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("60")));
    doorward.broker.set_paused(false).await.expect("resumed");
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 200);
}

#[tokio::test]
async fn removing_a_server_voids_what_was_allowed_at_it() {
    let (doorward, _upstream) = guarding("/mcp").await;
    let tokens = doorward.tokens("x").await;
    doorward.broker.remove_server("everything").await.expect("removed");
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 404);
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added again");
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 401, "a new server of the same name is another server");
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_x4_taking_back_beats_every_refresh_and_call_in_flight() {
    let (doorward, _upstream) = guarding("/stream").await;
    for round in 0..10 {
        let tokens = doorward.tokens("x").await;
        let app = doorward.broker.apps().await.expect("apps").remove(0);
        let mut streams = Vec::new();
        for _ in 0..5 {
            let (token, host, to) = (tokens.access.clone(), doorward.host(), doorward.address());
            streams.push(tokio::spawn(async move {
                let authorization = format!("Authorization: Bearer {token}");
                http::raw(to, http::request("GET", "/mcp/everything", &host, &[&authorization], "").as_bytes()).await.status
            }));
        }
        let refreshing = futures_util::future::join_all((0..10).map(|_| doorward.refresh(&tokens)));
        let (answers, ended) = tokio::join!(refreshing, doorward.broker.disconnect(&app.id, None));
        ended.expect("disconnected");
        for answer in answers.iter().filter(|answer| answer.status == 200) {
            let survivor = tokens_of(&tokens.client, answer);
            assert_eq!(doorward.call(&survivor.access, PING).await.status, 401, "round {round}");
            assert_eq!(doorward.refresh(&survivor).await.error(), "invalid_grant", "round {round}");
        }
        for stream in streams {
            // Refused, or cut: no stream outlives what it was opened with.
            tokio::time::timeout(Duration::from_secs(2), stream).await.expect("no stream survives").expect("joined");
        }
    }
}

#[tokio::test]
async fn a_server_on_a_bad_day_is_an_end_and_never_a_made_up_answer() {
    // It dies in the middle of an event: what was complete arrives, and the stream does not look complete.
    let (doorward, _upstream) = guarding("/dies").await;
    let tokens = doorward.tokens("x").await;
    let answer = doorward.call(&tokens.access, PING).await;
    assert!(answer.body.contains("{\"a\":1}") && !answer.body.contains("half"), "{answer:?}");
    assert!(!answer.body.contains("error"), "nothing is made up: {answer:?}");
    // An answer, or an event, of 200 MiB: it ends, and is said where it can be.
    let (doorward, _upstream) = guarding("/endless").await;
    let tokens = doorward.tokens("x").await;
    let refused = doorward.call(&tokens.access, PING).await;
    assert_eq!(refused.status, 502, "{:.300}", refused.body);
    assert!(refused.body.contains("answered in a way that Doorward cannot read"), "{:.300}", refused.body);
    let (doorward, _upstream) = guarding("/endless-event").await;
    let tokens = doorward.tokens("x").await;
    let cut = doorward.call(&tokens.access, PING).await;
    assert!(cut.body.len() < 1_000, "nothing of an event that does not end");
}

#[tokio::test]
async fn gw_legacy_of_many_sessions_at_once_the_newest_is_good() {
    let (doorward, _upstream) = guarding("/mcp").await;
    let tokens = doorward.tokens("x").await;
    let bearer = format!("Authorization: Bearer {}", tokens.access);
    for n in 0..100 {
        let begun = doorward.send("POST", "/mcp/everything", &[&bearer], INITIALIZE).await;
        let session = format!("Mcp-Session-Id: {}", begun.header("mcp-session-id").expect("a session"));
        assert_eq!(doorward.send("POST", "/mcp/everything", &[&bearer, &session], PING).await.status, 200, "{n}");
    }
}
