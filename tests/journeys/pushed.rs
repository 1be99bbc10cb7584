//! Requests that the client pushes before a browser takes part (RFC 9126).

use std::time::Duration;

use doorward_tests::{
    doorward::Doorward,
    endpoints::basic,
    flow::{REDIRECT, VERIFIER, challenge, form, param, tokens_of},
    http::Answer,
};
use serde_json::json;

async fn guarding() -> Doorward {
    Doorward::guarding("http://127.0.0.1:1/mcp").await
}

/// A sound request with one parameter changed or left out.
async fn push_with(doorward: &Doorward, client: &str, name: &str, value: Option<&str>) -> Answer {
    let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
    let mut pairs = doorward.ask_pairs(client, &resource, "pushed-state", &challenge);
    pairs.retain(|(n, _)| *n != name);
    let mut pairs: Vec<(&str, &str)> = pairs.into_iter().collect();
    pairs.extend(value.map(|value| (name, value)));
    doorward.post_pairs("/oauth/par", &pairs).await
}

/// Pushes a sound request and gives its name.
async fn push(doorward: &Doorward, client: &str) -> String {
    let answer = push_with(doorward, client, "nothing", None).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["request_uri"].as_str().expect("a name").to_owned()
}

async fn authorize(doorward: &Doorward, pairs: &[(&str, &str)]) -> Answer {
    doorward.get(&format!("/oauth/authorize?{}", form(pairs))).await
}

/// What comes of a pushed request that does not count: a page, nowhere to go, no question.
fn is_a_page(answer: &Answer) -> bool {
    answer.status == 400
        && answer.header("location").is_none()
        && answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

#[tokio::test]
async fn par01_a_pushed_request_gets_a_name_that_stands_for_it() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let pushed = push_with(&doorward, &client, "nothing", None).await;
    assert_eq!((pushed.status, pushed.header("cache-control")), (201, Some("no-store")));
    let answer = pushed.json();
    assert_eq!(answer["expires_in"], 60);
    let name = answer["request_uri"].as_str().expect("a name");
    assert!(name.strip_prefix("urn:ietf:params:oauth:request_uri:dwp_").is_some_and(|rest| rest.len() == 43), "{name}");
    // What stands beside the name does not count: the pushed request was checked, and nothing else is.
    let beside = [("client_id", client.as_str()), ("request_uri", name), ("redirect_uri", "http://evil.test/"), ("state", "other")];
    let asked = authorize(&doorward, &beside).await;
    let ticket = asked.header("location").expect("a ticket").to_owned();
    let to = doorward.get(&ticket).await.header("location").expect("a redirect").to_owned();
    assert!(to.starts_with(&format!("{REDIRECT}?code=")), "{to}");
    assert_eq!(param(&to, "state").as_deref(), Some("pushed-state"));
    tokens_of(&client, &doorward.redeem(&client, &param(&to, "code").expect("a code")).await);
}

#[tokio::test]
async fn par01_a_request_is_checked_when_it_is_pushed() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    for (name, value, error) in [
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("resource", Some("http://127.0.0.1:1/other"), "invalid_target"),
        ("scope", Some("a\"b"), "invalid_scope"),
        ("request", Some("x"), "request_not_supported"),
    ] {
        let answer = push_with(&doorward, &client, name, value).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, error), "{name} {value:?}");
        assert_eq!(answer.header("location"), None, "told to the client, not to the redirect");
    }
    assert!(doorward.person.shown().is_empty());
}

#[tokio::test]
async fn par01_the_client_is_told_apart_as_at_the_token_endpoint() {
    let doorward = guarding().await;
    let gone = push_with(&doorward, "gone", "nothing", None).await;
    assert_eq!((gone.status, gone.error().as_str()), (401, "invalid_client"));
    let metadata = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "client_secret_basic" });
    let client = doorward.registered(&metadata).await;
    let (id, secret) = (client["client_id"].as_str().expect("an id"), client["client_secret"].as_str().expect("a secret"));
    assert_eq!(push_with(&doorward, id, "nothing", None).await.error(), "invalid_client", "without its secret");
    let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
    let mut pairs = doorward.ask_pairs(id, &resource, "s", &challenge);
    pairs.retain(|(name, _)| *name != "client_id");
    let pushed = doorward.post_form_with("/oauth/par", &basic(id, secret), &pairs).await;
    let name = pushed.json()["request_uri"].as_str().expect("a name").to_owned();
    let asked = authorize(&doorward, &[("client_id", id), ("request_uri", &name)]).await;
    assert!(asked.header("location").is_some_and(|to| to.starts_with("/oauth/authorize/wait/")), "{asked:?}");
}

#[tokio::test]
async fn par02_what_cannot_be_pushed_is_refused() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let name = push(&doorward, &client).await;
    assert_eq!(push_with(&doorward, &client, "request_uri", Some(&name)).await.error(), "invalid_request", "a name in a name");
    for redirect in ["http://evil.test/", "http://127.0.0.1:51000/other", "http://localhost:51000/callback"] {
        let answer = push_with(&doorward, &client, "redirect_uri", Some(redirect)).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_redirect_uri"), "{redirect}");
    }
    for method in ["GET", "PUT", "DELETE"] {
        let answer = doorward.send(method, "/oauth/par", &[], "").await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    assert_eq!(doorward.post_json("/oauth/par", "{}").await.status, 400);
    assert_eq!(push_with(&doorward, &client, "scope", Some(&"x".repeat(70_000))).await.status, 413);
    let guess = format!("dws_{}", "A".repeat(43));
    let confidential = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "client_secret_post" });
    let id = doorward.registered(&confidential).await["client_id"].as_str().expect("an id").to_owned();
    for _ in 0..10 {
        assert_eq!(push_with(&doorward, &id, "client_secret", Some(&guess)).await.status, 401);
    }
    let slowed = push_with(&doorward, &id, "client_secret", Some(&guess)).await;
    assert_eq!((slowed.status, slowed.header("retry-after").is_some()), (429, true));
}

#[tokio::test]
async fn par03_a_name_is_for_its_client_once_and_for_a_minute() {
    let doorward = guarding().await;
    let (client, other) = (doorward.register("x").await, doorward.register("y").await);
    let name = push(&doorward, &client).await;
    assert!(is_a_page(&authorize(&doorward, &[("client_id", &other), ("request_uri", &name)]).await), "another client's");
    assert!(is_a_page(&authorize(&doorward, &[("request_uri", &name)]).await), "no client");
    let used = authorize(&doorward, &[("client_id", &client), ("request_uri", &name)]).await;
    assert_eq!(used.status, 303, "whoever else tried it did not use it up: {used:?}");
    assert!(is_a_page(&authorize(&doorward, &[("client_id", &client), ("request_uri", &name)]).await), "used");

    let (early, late) = (push(&doorward, &client).await, push(&doorward, &client).await);
    doorward.clock.advance(Duration::from_secs(58));
    assert_eq!(authorize(&doorward, &[("client_id", &client), ("request_uri", &early)]).await.status, 303);
    doorward.clock.advance(Duration::from_secs(2));
    assert!(is_a_page(&authorize(&doorward, &[("client_id", &client), ("request_uri", &late)]).await), "too late");
    let unknown = format!("urn:ietf:params:oauth:request_uri:dwp_{}", "A".repeat(43));
    assert!(is_a_page(&authorize(&doorward, &[("client_id", &client), ("request_uri", &unknown)]).await), "never pushed");
    assert!(doorward.person.shown().is_empty(), "no ticket was fetched");
}

#[tokio::test]
async fn par02_one_client_pushes_no_others_requests_out() {
    let doorward = guarding().await;
    let (client, other) = (doorward.register("x").await, doorward.register("y").await);
    let theirs = push(&doorward, &other).await;
    let first = push(&doorward, &client).await;
    doorward.clock.advance(Duration::from_secs(1));
    let mut last = String::new();
    for _ in 0..600 {
        last = push(&doorward, &client).await;
    }
    let is_there =
        async |client: &str, name: &str| authorize(&doorward, &[("client_id", client), ("request_uri", name)]).await.status == 303;
    assert!(!is_there(&client, &first).await, "the oldest of its own went");
    assert!(is_there(&client, &last).await && is_there(&other, &theirs).await);
}
