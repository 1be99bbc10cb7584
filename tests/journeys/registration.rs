//! Registering (RFC 7591), good and bad.

use doorward_tests::{doorward::Doorward, flow::REDIRECT, person::Habit};
use serde_json::json;

#[tokio::test]
async fn dcr01_a_client_gets_an_id_and_its_metadata_back() {
    let doorward = Doorward::start().await;
    for path in ["/oauth/register", "/register"] {
        let body = json!({ "client_name": "Claude Code (ref)", "redirect_uris": ["http://localhost:54545/callback"],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "none", "application_type": "native", "client_uri": "https://example.com" });
        let answer = doorward.post_json(path, &body.to_string()).await;
        assert_eq!((answer.status, answer.header("cache-control")), (201, Some("no-store")));
        let client = answer.json();
        for member in [
            "client_name",
            "redirect_uris",
            "grant_types",
            "response_types",
            "token_endpoint_auth_method",
            "application_type",
            "client_uri",
        ] {
            assert_eq!(client[member], body[member], "{member}");
        }
        assert!(client["client_id_issued_at"].as_i64().expect("seconds") > 1_700_000_000);
        assert!(client.get("client_secret").is_none());
    }
}

#[tokio::test]
async fn dcr10_only_json_in_bounds_is_read_and_nothing_else_is_kept() {
    let doorward = Doorward::start().await;
    let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data"] {
        let answer = doorward.send("POST", "/oauth/register", &[&format!("Content-Type: {media_type}")], &body).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{media_type}");
    }
    assert_eq!(doorward.send("POST", "/oauth/register", &[], &body).await.status, 400, "no content type");
    let charset = doorward.send("POST", "/oauth/register", &["Content-Type: application/json; charset=utf-8"], &body).await;
    assert_eq!(charset.status, 201);
    let large = json!({ "redirect_uris": [REDIRECT], "client_name": "x".repeat(1024 * 1024) }).to_string();
    let answer = doorward.post_json("/oauth/register", &large).await;
    assert_eq!((answer.status, answer.error().as_str()), (413, "invalid_request"), "1 MiB");
}

#[tokio::test]
async fn dcr09_malformed_bodies_get_oauth_errors() {
    let doorward = Doorward::start().await;
    for body in ["", "{", "[]", "null", "\"x\"", "{\"redirect_uris\":}", &"[".repeat(50_000), "{\"redirect_uris\":[\"\\ud800\"]}"] {
        let answer = doorward.post_json("/oauth/register", body).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_client_metadata"), "{body:.40}");
        assert!(answer.json()["error_description"].as_str().is_some_and(|text| text.ends_with('.')));
    }
}

#[tokio::test]
async fn dcr06_redirects_that_could_hurt_are_refused() {
    let doorward = Doorward::start().await;
    for uri in ["http://evil.test/cb", "javascript:alert(1)", "http://127.0.0.1:1/#f", "http://u@127.0.0.1/", "/relative"] {
        let answer = doorward.post_json("/oauth/register", &json!({ "redirect_uris": [uri] }).to_string()).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_redirect_uri"), "{uri}");
    }
}

#[tokio::test]
async fn dcr15_other_methods_are_405() {
    let doorward = Doorward::start().await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = doorward.send(method, "/oauth/register", &[], "").await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
}

#[tokio::test]
async fn dcr12_a_program_that_registers_too_fast_is_told_when_to_come_back() {
    let doorward = Doorward::with(Habit::Waits, "").await;
    let register = async |n: u8| {
        let body = json!({ "client_name": format!("Program {n}"), "redirect_uris": [REDIRECT] }).to_string();
        doorward.post_json("/oauth/register", &body).await
    };
    for n in 0..10 {
        assert_eq!(register(n).await.status, 201);
    }
    assert_eq!(register(0).await.status, 201, "the same again is no new one");
    let answer = register(10).await;
    assert_eq!((answer.status, answer.error().as_str()), (429, "temporarily_unavailable"));
    assert!(answer.header("retry-after").and_then(|wait| wait.parse::<u64>().ok()).is_some_and(|wait| (1..=60).contains(&wait)));
}

#[tokio::test]
async fn sec_d4_registrations_that_nobody_approved_are_bounded_and_approved_ones_stay() {
    let limits = "[limits]\nregistrations = 1000\nregistrations_per_program = 1000\nunapproved_clients = 3\n";
    let doorward = Doorward::with(Habit::Answers(doorward_oauth::consent::ConsentDecision::Allow), limits).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    let approved = doorward.tokens("Approved").await;
    let mut clients = Vec::new();
    for n in 0..5 {
        clients.push(doorward.register(&format!("Nobody {n}")).await);
        doorward.clock.advance(std::time::Duration::from_secs(1));
    }
    let db = rusqlite::Connection::open(doorward.database()).expect("opens");
    let stored: u32 = db.query_row("SELECT count(*) FROM clients", [], |row| row.get(0)).expect("counts");
    assert_eq!(stored, 4, "three that nobody approved, and the approved one");
    let first = doorward.send("GET", &doorward.ask_target(&clients[0]), &[], "").await;
    assert_eq!(first.status, 400, "the oldest made room");
    let last = doorward.send("GET", &doorward.ask_target(&clients[4]), &[], "").await;
    assert_eq!(last.status, 303);
    assert_eq!(doorward.refresh(&approved).await.status, 200, "never evicted to make room");
}
