//! A client reads, replaces and removes its registration (RFC 7592).

use std::time::Duration;

use doorward_tests::{
    client::{Client, Secret},
    doorward::{Doorward, any_file_contains},
    eventually,
    flow::{PING, REDIRECT, param, tokens_of},
    http::{self, Answer},
    upstream::Upstream,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn guarding() -> Doorward {
    Doorward::guarding("http://127.0.0.1:1/mcp").await
}

fn body() -> Value {
    json!({
        "client_name": "Agent",
        "redirect_uris": [REDIRECT, "https://agent.example.com/callback"],
        "token_endpoint_auth_method": "none",
        "client_uri": "https://example.com",
        "software_id": "agent-123",
        "scope": "everything"
    })
}

/// The body of an update: what is registered from now on.
fn of(client: &Client, body: &Value) -> Value {
    let mut body = body.clone();
    body["client_id"] = json!(client.id());
    body
}

/// Where a registration is managed, without what stands before the path.
fn path(doorward: &Doorward, client: &Client) -> String {
    let uri = client.text("registration_client_uri");
    uri.strip_prefix(&doorward.url("")).unwrap_or_else(|| panic!("not ours: {uri}")).to_owned()
}

async fn manage(doorward: &Doorward, method: &str, path: &str, token: &str, body: Option<&Value>) -> Answer {
    let bearer = format!("Authorization: Bearer {token}");
    let text = body.map(Value::to_string).unwrap_or_default();
    let length = format!("Content-Length: {}", text.len());
    let headers: &[&str] = if body.is_some() { &["Content-Type: application/json", &bearer] } else { &[&bearer, &length] };
    doorward.send(method, path, headers, &text).await
}

async fn read(doorward: &Doorward, client: &Client) -> Answer {
    manage(doorward, "GET", &path(doorward, client), client.text("registration_access_token"), None).await
}

async fn update(doorward: &Doorward, client: &Client, body: &Value) -> Answer {
    manage(doorward, "PUT", &path(doorward, client), client.text("registration_access_token"), Some(body)).await
}

async fn replaced(doorward: &Doorward, client: &Client, body: &Value) -> Client {
    let answer = update(doorward, client, &of(client, body)).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    Client { answer: answer.json(), redirect: client.redirect.clone() }
}

fn is_not_yours(answer: &Answer) -> bool {
    answer.status == 401 && answer.error() == "invalid_token" && answer.header("www-authenticate") == Some("Bearer error=\"invalid_token\"")
}

#[tokio::test]
async fn rfc7592_a_registration_is_read_at_its_own_address() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &body()).await;
    assert_eq!(client.text("registration_client_uri"), doorward.url(&format!("/oauth/register/{}", client.id())));
    let answer = read(&doorward, &client).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!(answer.json(), client.answer, "everything that is registered, and the way here");
}

#[tokio::test]
async fn rfc7592_an_update_replaces_everything_and_what_is_left_out_is_gone() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &body()).await;
    let new = json!({ "redirect_uris": ["http://127.0.0.1:51000/other"], "token_endpoint_auth_method": "client_secret_post", "tos_uri": "https://example.com/tos" });
    let after = replaced(&doorward, &client, &new).await;
    let expected = json!({
        "client_id": client.id(), "client_id_issued_at": client.answer["client_id_issued_at"],
        "client_secret": after.secret(), "client_secret_expires_at": 0,
        "registration_client_uri": client.text("registration_client_uri"),
        "registration_access_token": after.text("registration_access_token"),
        "redirect_uris": ["http://127.0.0.1:51000/other"], "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "token_endpoint_auth_method": "client_secret_post", "scope": "mcp",
        "tos_uri": "https://example.com/tos"
    });
    assert_eq!(after.answer, expected, "no name, no software id, no second redirect");
    let mut kept = after.answer.clone();
    let members = kept.as_object_mut().expect("an object");
    members.remove("client_secret");
    members.remove("client_secret_expires_at");
    assert_eq!(read(&doorward, &after).await.json(), kept, "and so it rests, the secret told once");
    assert_eq!(client.asked_with(&doorward, "", None).await.status, 400, "the redirect before is not registered any more");

    let public = replaced(&doorward, &after, &body()).await;
    assert!(public.answer.get("client_secret").is_none(), "a secret that is given up is gone");
    let code = public.code(&doorward).await;
    assert_eq!(public.redeem(&doorward, &code, Secret::Nowhere).await.status, 200);
}

#[tokio::test]
async fn rfc7592_an_update_that_cannot_be_registered_changes_nothing() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &body()).await;
    let with = |member: &str, value: Value| {
        let mut body = of(&client, &body());
        body[member] = value;
        body
    };
    let mut nameless = body();
    nameless["client_id"] = Value::Null;
    for (body, error) in [
        (with("redirect_uris", json!([])), "invalid_redirect_uri"),
        (with("redirect_uris", json!(["http://evil.test/"])), "invalid_redirect_uri"),
        (with("grant_types", json!(["implicit"])), "invalid_client_metadata"),
        (body(), "invalid_client_metadata"),
        (nameless, "invalid_client_metadata"),
        (with("client_id", json!("another")), "invalid_client_metadata"),
        (with("client_secret", json!("made-up")), "invalid_client_metadata"),
        (with("registration_access_token", json!(client.text("registration_access_token"))), "invalid_client_metadata"),
        (with("registration_client_uri", json!(client.text("registration_client_uri"))), "invalid_client_metadata"),
        (with("client_secret_expires_at", json!(0)), "invalid_client_metadata"),
        (with("client_id_issued_at", client.answer["client_id_issued_at"].clone()), "invalid_client_metadata"),
    ] {
        let answer = update(&doorward, &client, &body).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, error), "{body}");
    }
    let not_json = manage(&doorward, "PUT", &path(&doorward, &client), client.text("registration_access_token"), None).await;
    assert_eq!((not_json.status, not_json.error().as_str()), (400, "invalid_request"), "JSON only");
    assert_eq!(read(&doorward, &client).await.json(), client.answer);
}

#[tokio::test]
async fn rfc7592_an_update_may_repeat_the_current_secret_and_no_other() {
    let doorward = guarding().await;
    let mut confidential = body();
    confidential["token_endpoint_auth_method"] = json!("client_secret_basic");
    let (client, other) = (Client::register(&doorward, &confidential).await, Client::register(&doorward, &confidential).await);
    let mut with_secret = confidential.clone();
    with_secret["client_secret"] = json!(other.secret());
    assert_eq!(update(&doorward, &client, &of(&client, &with_secret)).await.error(), "invalid_client_metadata");
    with_secret["client_secret"] = json!(client.secret());
    assert_ne!(replaced(&doorward, &client, &with_secret).await.secret(), client.secret(), "and gets a new one");
}

#[tokio::test]
async fn rfc7592_the_access_token_rests_hashed_and_is_rotated_by_an_update() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &body()).await;
    let token = client.text("registration_access_token");
    assert!(!any_file_contains(doorward.folder.path(), token.as_bytes()), "it is in no file");
    let after = replaced(&doorward, &client, &body()).await;
    assert_ne!(after.text("registration_access_token"), token);
    // The answer may have been lost: the old one opens until the new one does.
    assert_eq!(read(&doorward, &client).await.status, 200);
    assert_eq!(read(&doorward, &client).await.status, 200);
    assert_eq!(read(&doorward, &after).await.status, 200);
    assert!(is_not_yours(&read(&doorward, &client).await));
    assert_eq!(read(&doorward, &after).await.status, 200);
    let lost = replaced(&doorward, &after, &body()).await;
    let again = replaced(&doorward, &after, &body()).await;
    assert!(is_not_yours(&read(&doorward, &lost).await), "an answer that was lost twice over");
    assert_eq!(read(&doorward, &again).await.status, 200);
}

#[tokio::test]
async fn rfc7592_only_the_own_token_opens_a_registration() {
    let doorward = guarding().await;
    let (client, other) = (Client::register(&doorward, &body()).await, {
        let mut body = body();
        body["client_name"] = json!("Other");
        Client::register(&doorward, &body).await
    });
    let tokens = doorward.tokens("Somebody").await;
    let (own, others) = (path(&doorward, &client), other.text("registration_access_token"));
    for method in ["GET", "PUT", "DELETE"] {
        let body = (method == "PUT").then(|| of(&client, &body()));
        for token in [others, "", "x", &format!("dwm_{}", "A".repeat(43)), &tokens.access, &tokens.refresh] {
            let answer = manage(&doorward, method, &own, token, body.as_ref()).await;
            assert!(is_not_yours(&answer), "{method} {token}: {answer:?}");
        }
        let headers: &[&str] = if method == "PUT" { &["Content-Type: application/json"] } else { &[] };
        let none = doorward.send(method, &own, headers, &body.as_ref().map(Value::to_string).unwrap_or_default()).await;
        assert!(is_not_yours(&none), "{method}: {none:?}");
        let unknown = manage(&doorward, method, "/oauth/register/nobody", client.text("registration_access_token"), body.as_ref()).await;
        assert!(is_not_yours(&unknown), "{method}: which ids there are is nobody's business");
    }
    assert_eq!(read(&doorward, &client).await.json(), client.answer, "and nothing happened");
}

#[tokio::test]
async fn rfc7592_other_methods_are_405() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &body()).await;
    for method in ["POST", "PATCH", "HEAD", "OPTIONS"] {
        let answer = manage(&doorward, method, &path(&doorward, &client), client.text("registration_access_token"), None).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, PUT, DELETE")), "{method}");
    }
}

#[tokio::test]
async fn rfc7592_removing_takes_grants_and_tokens_along_and_closes_open_streams() {
    let upstream = Upstream::start().await;
    let doorward = Doorward::guarding(&format!("{}/stream", upstream.url)).await;
    let client = Client::register(&doorward, &body()).await;
    let code = client.code(&doorward).await;
    let tokens = tokens_of(client.id(), &client.redeem(&doorward, &code, Secret::Nowhere).await);
    let mut other = body();
    other["client_name"] = json!("Bystander");
    let bystander = Client::register(&doorward, &other).await;

    let mut stream = TcpStream::connect(doorward.address()).await.expect("connects");
    let bearer = format!("Authorization: Bearer {}", tokens.access);
    let call = http::request("POST", "/mcp/everything", &doorward.host(), &["Content-Type: application/json", &bearer], PING);
    stream.write_all(call.as_bytes()).await.expect("sent");
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("data: 1") {
        assert!(stream.read_buf(&mut seen).await.expect("reads") > 0, "it streams");
    }

    let removed = manage(&doorward, "DELETE", &path(&doorward, &client), client.text("registration_access_token"), None).await;
    assert_eq!((removed.status, removed.body.as_str(), removed.header("cache-control")), (204, "", Some("no-store")));
    tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut seen)).await.expect("the stream ends").ok();
    eventually("the server to notice", async || upstream.hung_up().then_some(())).await;
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 401);
    assert_eq!(doorward.refresh(&tokens).await.error(), "invalid_client", "the client is gone");
    assert!(client.asked_with(&doorward, "", None).await.header("location").is_none());
    assert!(is_not_yours(&read(&doorward, &client).await));
    assert!(doorward.broker.apps().await.expect("apps").is_empty());
    let db = Connection::open(doorward.database()).expect("opens");
    for table in ["grants", "codes", "access_tokens", "refresh_tokens"] {
        let left: u32 = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("counts");
        assert_eq!(left, 0, "{table}");
    }
    assert_eq!(read(&doorward, &bystander).await.status, 200);
}

#[tokio::test]
async fn rfc7592_a_registration_that_was_made_before_has_no_second_manager() {
    let doorward = guarding().await;
    let first = Client::register(&doorward, &body()).await;
    let again = Client::register(&doorward, &body()).await;
    assert_eq!(again.id(), first.id());
    for member in ["registration_access_token", "registration_client_uri"] {
        assert!(first.answer.get(member).is_some() && again.answer.get(member).is_none(), "{member}");
    }
    // Who manages a registration has it alone from then on.
    let managed = replaced(&doorward, &first, &body()).await;
    assert_ne!(Client::register(&doorward, &body()).await.id(), managed.id());
}

#[tokio::test]
async fn rfc7592_an_update_under_another_name_is_another_app_and_leaves_no_empty_ones() {
    let doorward = guarding().await;
    let mut client = Client::register(&doorward, &body()).await;
    let code = client.code(&doorward).await;
    let tokens = tokens_of(client.id(), &client.redeem(&doorward, &code, Secret::Nowhere).await);
    for n in 0..20 {
        let mut renamed = body();
        renamed["client_name"] = json!(format!("Agent {n}"));
        client = replaced(&doorward, &client, &renamed).await;
    }
    assert_eq!(doorward.refresh(&tokens).await.status, 200, "what was allowed holds");
    let apps = doorward.broker.apps().await.expect("apps");
    assert_eq!(apps.iter().map(|app| app.name.as_deref()).collect::<Vec<_>>(), [Some("Agent")], "for the App that was asked about");
    let db = Connection::open(doorward.database()).expect("opens");
    let stored: u32 = db.query_row("SELECT count(*) FROM apps", [], |row| row.get(0)).expect("counts");
    assert_eq!(stored, 2, "the one that was allowed, and the one it calls itself now");
    assert!(param(&client.ask(&doorward).await, "code").is_some());
    let kinds: Vec<String> = doorward.person.shown().into_iter().map(|question| question.kind).collect();
    assert_eq!(kinds, ["connect", "connect"], "another name is asked about for the first time");
}
