//! Storyden: `/oauth/register` (S2).

use doorward_tests::{
    client::{Client, Secret},
    doorward::{Doorward, any_file_contains},
    flow::{REDIRECT, VERIFIER, param},
    free_port,
    http::{self, Answer},
};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{MANAGEMENT, YES, advertised, members, names, refused, register, registered, under};
use crate::session::{Keyring, Session};

/// A body with every member that the page's answer has.
fn documented() -> Value {
    json!({
        "client_name": "Connector",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "application_type": "native",
        "logo_uri": "https://example.com/logo.png",
        "client_uri": "https://example.com",
        "tos_uri": "https://example.com/tos",
        "policy_uri": "https://example.com/policy",
        "software_id": "not-in-the-answer"
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut body = documented();
    body[member] = value;
    body
}

#[tokio::test]
async fn s2_1_nobody_sets_anything_up_and_a_client_belongs_to_no_account() {
    for policy in ["storyden", "doorward"] {
        let doorward = under(policy).await;
        let answer = registered(&doorward, &documented()).await;
        assert!(members(&answer).iter().all(|member| !member.contains("owner") && !member.contains("account")), "{answer}");
        assert!(doorward.broker.apps().await.expect("apps").is_empty(), "{policy}: registered is not allowed");
        assert!(doorward.person.shown().is_empty(), "{policy}: and nobody was asked");
    }
}

#[tokio::test]
async fn s2_2_grants_and_scopes_are_an_allowlist() {
    let (storyden, default) = (under("storyden").await, under("doorward").await);
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    let greedy = with("grant_types", json!(["authorization_code", "refresh_token", device, "client_credentials", "password", "implicit"]));
    assert_eq!(registered(&storyden, &greedy).await["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(registered(&default, &greedy).await["grant_types"], json!(["authorization_code", "refresh_token", device]));
    assert_eq!(refused(&storyden, &with("grant_types", json!(["client_credentials"]))).await, (400, "invalid_client_metadata".to_owned()));
    let mut unsaid = documented();
    unsaid.as_object_mut().expect("an object").remove("grant_types");
    assert_eq!(registered(&storyden, &unsaid).await["grant_types"], json!(["authorization_code"]), "conservative");
    assert_eq!(advertised(&storyden).await["grant_types_supported"], json!(["authorization_code", "refresh_token"]));

    for doorward in [&storyden, &default] {
        let client = Client::register(doorward, &with("scope", json!("everything admin openid"))).await;
        assert_eq!(client.text("scope"), "everything", "what does not exist is dropped");
        let ticket = client.asked_with(doorward, "scope", Some("everything admin openid *")).await;
        let to = doorward.get(ticket.header("location").expect("a ticket")).await.header("location").expect("a redirect").to_owned();
        let shown = doorward.person.shown().pop().expect("a question");
        let answer = client.redeem(doorward, &param(&to, "code").expect("a code"), Secret::Header).await.json();
        assert_eq!((answer["scope"].as_str(), shown.scopes), (Some("everything"), vec!["everything".to_owned()]));
        let refresh = answer["refresh_token"].as_str().expect("a refresh token");
        let wider = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", "everything admin")];
        assert_eq!(client.post(doorward, "/oauth/token", &wider, Secret::Header).await.error(), "invalid_scope");
        let foreign = [("grant_type", "client_credentials")];
        assert_eq!(client.post(doorward, "/oauth/token", &foreign, Secret::Header).await.error(), "unsupported_grant_type");
    }
}

#[tokio::test]
async fn s2_3_pkce_is_enforced_at_both_endpoints_for_every_client() {
    for policy in ["storyden", "doorward"] {
        let doorward = under(policy).await;
        for (method, secret) in [("none", Secret::Nowhere), ("client_secret_basic", Secret::Header), ("client_secret_post", Secret::Form)] {
            let client = Client::register(&doorward, &with("token_endpoint_auth_method", json!(method))).await;
            let asked = doorward.person.shown().len();
            for (name, value) in [("code_challenge", None), ("code_challenge_method", None), ("code_challenge_method", Some("plain"))] {
                let answer = client.asked_with(&doorward, name, value).await;
                let error = param(answer.header("location").expect("a redirect"), "error");
                assert_eq!(error.as_deref(), Some("invalid_request"), "{policy} {method} {name}");
            }
            assert_eq!(doorward.person.shown().len(), asked, "nobody was asked");
            let code = client.code(&doorward).await;
            let grant = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
            let exchange = async |more: &[(&str, &str)]| client.post(&doorward, "/oauth/token", &[&grant[..], more].concat(), secret).await;
            assert_eq!(exchange(&[]).await.error(), "invalid_request", "{policy} {method}: no verifier");
            assert_eq!(exchange(&[("code_verifier", &"w".repeat(43))]).await.error(), "invalid_grant", "{policy} {method}: a wrong one");
            assert_eq!(exchange(&[("code_verifier", VERIFIER)]).await.status, 200, "{policy} {method}");
        }
    }
}

#[tokio::test]
async fn s2_4_public_clients_have_no_secret_and_the_others_see_theirs_once() {
    let (storyden, default) = (under("storyden").await, under("doorward").await);
    for doorward in [&storyden, &default] {
        let public = registered(doorward, &with("token_endpoint_auth_method", json!("none"))).await;
        assert_eq!((public.get("client_secret"), public["token_endpoint_auth_method"].as_str()), (None, Some("none")));
        for method in ["client_secret_basic", "client_secret_post"] {
            let body = with("token_endpoint_auth_method", json!(method));
            let (first, second) = (Client::register(doorward, &body).await, Client::register(doorward, &body).await);
            assert_eq!(first.text("token_endpoint_auth_method"), method);
            assert!(first.id() != second.id() && first.secret() != second.secret(), "each has its own");
            assert!(!any_file_contains(doorward.folder.path(), first.secret().as_bytes()), "nobody can show it a second time");
        }
    }
    let mut unsaid = documented();
    unsaid.as_object_mut().expect("an object").remove("token_endpoint_auth_method");
    assert_eq!(registered(&storyden, &unsaid).await["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(registered(&default, &unsaid).await["token_endpoint_auth_method"], "none");
}

#[tokio::test]
async fn s2_5_the_endpoint_is_advertised() {
    for policy in ["storyden", "doorward"] {
        let doorward = under(policy).await;
        let metadata = advertised(&doorward).await;
        assert_eq!(metadata["registration_endpoint"], doorward.url("/oauth/register"), "{policy}");
        assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]), "{policy}");
        let methods = json!(["none", "client_secret_basic", "client_secret_post"]);
        assert_eq!(metadata["token_endpoint_auth_methods_supported"], methods, "{policy}");
    }
}

#[tokio::test]
async fn s2_6_registrations_are_heavily_limited() {
    let is_limited = |answer: &Answer, seconds: std::ops::RangeInclusive<u64>| {
        assert_eq!((answer.status, answer.error().as_str()), (429, "temporarily_unavailable"));
        assert!(seconds.contains(&answer.header("retry-after").expect("when").parse().expect("seconds")), "{answer:?}");
    };
    for policy in ["storyden", "doorward"] {
        let doorward = Doorward::with(YES, &format!("policy = \"{policy}\"\n")).await;
        for _ in 0..10 {
            registered(&doorward, &documented()).await; // with a secret, so each is new
        }
        is_limited(&register(&doorward, &documented()).await, 1..=60);
    }
    let storyden = under("storyden").await;
    for _ in 0..100 {
        registered(&storyden, &documented()).await;
    }
    is_limited(&register(&storyden, &documented()).await, 600..=86_400);
}

#[tokio::test]
async fn s2_7_the_answer_has_these_members_and_no_others() {
    let shape = [
        "client_id",
        "client_secret",
        "client_id_issued_at",
        "client_name",
        "redirect_uris",
        "grant_types",
        "response_types",
        "scope",
        "token_endpoint_auth_method",
        "application_type",
        "logo_uri",
        "client_uri",
        "tos_uri",
        "policy_uri",
    ];
    let (storyden, default) = (under("storyden").await, under("doorward").await);
    let answer = registered(&storyden, &documented()).await;
    assert_eq!(members(&answer), names(&shape));
    for member in ["client_name", "redirect_uris", "grant_types", "application_type", "logo_uri", "client_uri", "tos_uri", "policy_uri"] {
        assert_eq!(answer[member], documented()[member], "{member}");
    }
    assert!(answer["client_id_issued_at"].is_i64() && answer["scope"].is_string());
    let bare = registered(&storyden, &json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" })).await;
    let always =
        ["client_id", "client_id_issued_at", "redirect_uris", "grant_types", "response_types", "scope", "token_endpoint_auth_method"];
    assert_eq!(members(&bare), names(&always), "and none that is null or empty");
    let more = [&shape[..], &["client_secret_expires_at", "software_id"], &MANAGEMENT].concat();
    assert_eq!(members(&registered(&default, &documented()).await), names(&more));
}

const PROBLEM: &str = "application/problem+json";

/// Checks the shape of problem details and gives the trace id.
fn problem(answer: &Answer, status: u16, title: &str, error: &str) -> String {
    assert_eq!((answer.status, answer.header("content-type")), (status, Some(PROBLEM)), "{answer:?}");
    let body = answer.json();
    // The documented members, the status of RFC 9457, and OAuth's own for clients that know nothing else.
    let all = ["type", "title", "detail", "trace_id", "metadata", "status", "error", "error_description"];
    assert_eq!(members(&body), names(&all));
    assert_eq!(
        (body["type"].as_str(), body["title"].as_str(), body["status"].as_u64()),
        (Some("about:blank"), Some(title), Some(status.into()))
    );
    assert!(body["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{body}");
    assert_eq!(
        (&body["metadata"], &body["error"], &body["error_description"]),
        (&json!({ "error": error }), &json!(error), &body["detail"])
    );
    body["trace_id"].as_str().expect("a trace id").to_owned()
}

#[tokio::test]
async fn s2_8_there_are_two_shapes_of_errors() {
    for policy in ["storyden", "doorward"] {
        let doorward = under(policy).await;
        // The page's own example sends an empty object.
        let plain = doorward.post_json("/oauth/register", "{}").await;
        assert_eq!((plain.status, plain.header("content-type")), (400, Some("application/json")));
        assert_eq!(members(&plain.json()), names(&["error", "error_description"]));
        for accept in [PROBLEM, "application/json;q=0.5, application/problem+json"] {
            let headers = ["Content-Type: application/json", &format!("Accept: {accept}")];
            let told = doorward.send("POST", "/oauth/register", &headers, "{}").await;
            problem(&told, 400, "Bad Request", "invalid_redirect_uri");
        }
        let form = ["Content-Type: application/x-www-form-urlencoded", &format!("Accept: {PROBLEM}")];
        let unknown = "grant_type=refresh_token&refresh_token=x&client_id=nobody";
        problem(&doorward.send("POST", "/oauth/token", &form, unknown).await, 401, "Unauthorized", "invalid_client");
        let asking = ["Content-Type: application/json", &format!("Accept: {PROBLEM}")];
        let good = doorward.send("POST", "/oauth/register", &asking, &documented().to_string()).await;
        assert_eq!((good.status, good.header("content-type")), (201, Some("application/json")), "an answer is no problem");

        let other = Connection::open(doorward.database()).expect("opens");
        other.execute_batch("ALTER TABLE clients RENAME TO gone").expect("a damage that shows at once");
        let first = problem(&register(&doorward, &documented()).await, 500, "Internal Server Error", "server_error");
        let second = problem(&register(&doorward, &documented()).await, 500, "Internal Server Error", "server_error");
        assert_ne!(first, second, "each has a name of its own");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s2_8_the_trace_id_is_in_the_log() {
    let session = Session::with(Keyring::Unlocked);
    let config = session.home().join(".config/doorward/profile-ci");
    std::fs::create_dir_all(&config).expect("a folder");
    std::fs::write(config.join("config.toml"), "policy = \"storyden\"\n").expect("written");
    let port = free_port();
    let _broker = session.serve_scripted(port);
    let register = async |body: &str| {
        let (to, host) = (std::net::SocketAddr::from(([127, 0, 0, 1], port)), format!("127.0.0.1:{port}"));
        let headers = ["Content-Type: application/json", "Accept: application/problem+json"];
        http::raw(to, http::request("POST", "/oauth/register", &host, &headers, body).as_bytes()).await
    };
    let bad = problem(&register("{}").await, 400, "Bad Request", "invalid_redirect_uri");
    let database = Connection::open(session.data().join("doorward.db")).expect("opens");
    database.execute_batch("ALTER TABLE clients RENAME TO gone").expect("a damage that shows at once");
    let failed = problem(&register(&documented().to_string()).await, 500, "Internal Server Error", "server_error");
    let log = std::fs::read_to_string(session.home().join(".local/state/doorward/profile-ci/doorward.log")).expect("a log");
    for (trace, said) in [(bad, "redirect_uris is required"), (failed, "no such table")] {
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(&trace)).collect();
        assert!(matches!(lines[..], [line] if line.contains(said)), "{trace}: {lines:?}\n{log}");
    }
}
