//! Registering (RFC 7591), good and bad.

use std::collections::BTreeSet;

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

#[tokio::test(flavor = "multi_thread")]
async fn dcr12_all_programs_together_are_told_when_to_come_back() {
    let doorward = Doorward::with(Habit::Waits, "[limits]\nregistrations = 5\nregistrations_per_program = 4\n").await;
    let body = |n: u8| json!({ "client_name": format!("Program {n}"), "redirect_uris": [REDIRECT] }).to_string();
    for n in 0..4 {
        assert_eq!(doorward.post_json("/oauth/register", &body(n)).await.status, 201);
    }
    // Another program, which has registered nothing yet.
    let by_curl = async |n: u8| {
        let curl = ["-s", "-i", "--json", &body(n), &doorward.url("/oauth/register")].map(str::to_owned);
        let output = tokio::process::Command::new("curl").args(curl).output().await.expect("curl runs");
        doorward_tests::http::parse(&output.stdout)
    };
    assert_eq!(by_curl(4).await.status, 201, "the fifth of a minute");
    let answer = by_curl(5).await;
    assert_eq!((answer.status, answer.error().as_str()), (429, "temporarily_unavailable"), "its second, and the sixth of all");
    let wait = answer.header("retry-after").and_then(|wait| wait.parse::<u64>().ok());
    assert!(wait.is_some_and(|wait| (1..=60).contains(&wait)), "{answer:?}");
    let stored: u32 = rusqlite::Connection::open(doorward.database())
        .and_then(|db| db.query_row("SELECT count(*) FROM clients", [], |row| row.get(0)))
        .expect("counts");
    assert_eq!(stored, 5, "what was turned away left nothing behind");
}

#[tokio::test]
async fn sec_d4_registrations_that_nobody_approved_are_bounded_and_approved_ones_stay() {
    let limits = "[limits]\nregistrations = 1000\nregistrations_per_program = 1000\nunapproved_clients = 3\n";
    let doorward = Doorward::with(Habit::Allows, limits).await;
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

fn metadata(method: &str) -> serde_json::Value {
    json!({ "client_name": method, "redirect_uris": [REDIRECT], "token_endpoint_auth_method": method })
}

#[tokio::test]
async fn dcr02_dcr03_a_secret_comes_once_with_its_end_and_only_to_those_who_asked() {
    let doorward = Doorward::start().await;
    let mut secrets = BTreeSet::new();
    for method in ["client_secret_basic", "client_secret_post"] {
        for _ in 0..2 {
            let answer = doorward.registered(&metadata(method)).await;
            assert_eq!(
                (answer["token_endpoint_auth_method"].as_str(), answer["client_secret_expires_at"].as_i64()),
                (Some(method), Some(0))
            );
            let secret = answer["client_secret"].as_str().expect("a secret").to_owned();
            assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{secret}");
            assert!(answer["client_id_issued_at"].is_i64());
            secrets.insert(secret);
        }
    }
    assert_eq!(secrets.len(), 4, "each client has its own");
    for public in [metadata("none"), json!({ "redirect_uris": [REDIRECT] }), metadata("private_key_jwt")] {
        let answer = doorward.registered(&public).await;
        assert_eq!(answer["token_endpoint_auth_method"], "none", "what there is not is replaced, and the answer says so");
        for absent in ["client_secret", "client_secret_expires_at", "jwks", "contacts"] {
            assert_eq!(answer.get(absent), None, "{absent} is left out, and not null");
        }
        assert!(answer.as_object().expect("an object").values().all(|value| !value.is_null()), "{answer}");
    }
}

#[tokio::test]
async fn dcr11_a_software_statement_counts_for_nothing() {
    let doorward = Doorward::start().await;
    let mut with_statement = metadata("none");
    // {"alg":"none"}.{"client_name":"Trusted","redirect_uris":["https://evil.test/"]}.
    with_statement["software_statement"] =
        json!("eyJhbGciOiJub25lIn0.eyJjbGllbnRfbmFtZSI6IlRydXN0ZWQiLCJyZWRpcmVjdF91cmlzIjpbImh0dHBzOi8vZXZpbC50ZXN0LyJdfQ.");
    let answer = doorward.registered(&with_statement).await;
    assert_eq!((answer["client_name"].as_str(), &answer["redirect_uris"]), (Some("none"), &json!([REDIRECT])));
    assert_eq!(answer.get("software_statement"), None, "it is not said to have been believed");
}

#[tokio::test]
async fn dcr14_ids_are_drawn_here_and_never_an_address() {
    let doorward = Doorward::start().await;
    let mut ids = BTreeSet::new();
    for chosen in ["https://client.example/c", "mine", "../../etc", ""] {
        let mut body = metadata("client_secret_post");
        body["client_id"] = json!(chosen);
        let id = doorward.registered(&body).await["client_id"].as_str().expect("an id").to_owned();
        assert!(id != chosen && !id.contains([':', '/']), "{id}");
        ids.insert(id);
    }
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn dcr10_d1_c5_what_a_page_can_send_without_asking_registers_nothing() {
    let doorward = Doorward::start().await;
    let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; application/json"] {
        let answer = doorward.send("POST", "/oauth/register", &[&format!("Content-Type: {kind}")], &body).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{kind}");
    }
    let preflight = ["Origin: https://evil.test", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"];
    assert_eq!(doorward.send("OPTIONS", "/oauth/register", &preflight, "").await.status, 403);
    let db = rusqlite::Connection::open(doorward.database()).expect("opens");
    let stored: u32 = db.query_row("SELECT count(*) FROM clients", [], |row| row.get(0)).expect("counts");
    assert_eq!(stored, 0);
}

#[tokio::test]
async fn dcr16_sec_d2_registering_causes_no_connection_and_waits_for_nobody() {
    let doorward = Doorward::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let here = format!("http://{}/x", listener.local_addr().expect("bound"));
    let members = ["logo_uri", "client_uri", "tos_uri", "policy_uri", "jwks_uri", "software_statement", "sector_identifier_uri"];
    for n in 0..100 {
        let (begun, member) = (std::time::Instant::now(), members[n % members.len()]);
        let mut body = metadata("none");
        (body[member], body["client_name"]) = (json!(here), json!(format!("{member} {n}")));
        doorward.registered(&body).await;
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{member}");
    }
    assert!(futures_util::FutureExt::now_or_never(listener.accept()).is_none(), "nobody came to look");
}
