//! A server asks what a token is good for (RFC 7662).

use std::time::Duration;

use doorward_broker::{broker::NewRule, world::Clock};
use doorward_oauth::tool::Mode;
use doorward_tests::{
    doorward::Doorward,
    endpoints::basic,
    flow::{Tokens, form, tokens_of},
    http::Answer,
};
use serde_json::json;

use crate::rules::{allowed, ticked};

/// Where the server is that validates tokens itself. Nobody has to be there.
const OWN: &str = "http://127.0.0.1:1/own/mcp";

/// One with a guarded server and one that validates tokens itself, and a credential for each.
async fn both() -> (Doorward, String, String) {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    doorward.broker.add_resource_server("own", OWN).await.expect("added");
    let credential = async |name: &str| doorward.broker.new_credential(name).await.expect("a credential").reveal().to_owned();
    let (guarded, own) = (credential("everything").await, credential("own").await);
    (doorward, guarded, own)
}

async fn introspect(doorward: &Doorward, server: &str, credential: &str, token: &str) -> Answer {
    doorward.post_form_with("/oauth/introspect", &basic(server, credential), &[("token", token)]).await
}

async fn opaque(doorward: &Doorward) -> Tokens {
    doorward.tokens("x").await
}

async fn signed(doorward: &Doorward) -> Tokens {
    doorward.tokens_for("y", OWN).await
}

#[tokio::test]
async fn in01_only_a_server_with_its_credential_may_ask() {
    let (doorward, credential, other) = both().await;
    let tokens = opaque(&doorward).await;
    let token = [("token", tokens.access.as_str())];
    for (who, header) in [
        ("a public client", basic(&tokens.client, "")),
        ("a wrong credential", basic("everything", &format!("dws_{}", "A".repeat(43)))),
        ("no credential", basic("everything", "")),
        ("another server's credential", basic("everything", &other)),
        ("a server that is not there", basic("nothing", &credential)),
        ("a bearer token", format!("Authorization: Bearer {}", tokens.access)),
    ] {
        let answer = doorward.post_form_with("/oauth/introspect", &header, &token).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"), "{who}");
    }
    let anybody = doorward.post_pairs("/oauth/introspect", &token).await;
    assert_eq!((anybody.status, anybody.error().as_str()), (401, "invalid_client"), "nobody at all");
    let in_body = [("client_id", "everything"), ("client_secret", &credential), token[0]];
    assert_eq!(doorward.post_pairs("/oauth/introspect", &in_body).await.json()["active"], true);
    assert_eq!(doorward.get("/oauth/introspect?token=x").await.status, 405);
}

#[tokio::test]
async fn in01_a_new_credential_voids_the_old_one_and_a_removed_server_has_none() {
    let (doorward, old, _) = both().await;
    let tokens = opaque(&doorward).await;
    let new = doorward.broker.new_credential("everything").await.expect("a credential").reveal().to_owned();
    assert_eq!(introspect(&doorward, "everything", &old, &tokens.access).await.status, 401);
    assert_eq!(introspect(&doorward, "everything", &new, &tokens.access).await.json()["active"], true);
    doorward.broker.remove_server("everything").await.expect("removed");
    assert_eq!(introspect(&doorward, "everything", &new, &tokens.access).await.status, 401);
}

#[tokio::test]
async fn in01_guessing_a_credential_is_slowed_down() {
    let (doorward, credential, _) = both().await;
    let guess = format!("dws_{}", "A".repeat(43));
    for _ in 0..10 {
        assert_eq!(introspect(&doorward, "everything", &guess, "x").await.status, 401);
    }
    let answer = introspect(&doorward, "everything", &credential, "x").await;
    assert_eq!(answer.status, 429, "who guesses right after ten wrong ones learns nothing");
    assert!(answer.header("retry-after").is_some());
    doorward.clock.advance(Duration::from_secs(60));
    assert_eq!(introspect(&doorward, "everything", &credential, "x").await.status, 200);
}

#[tokio::test]
async fn in02_whatever_does_not_open_the_server_that_asks_is_inactive_and_nothing_more() {
    let (doorward, credential, own_credential) = both().await;
    let (opaque, signed) = (opaque(&doorward).await, signed(&doorward).await);
    let (said, signature) = signed.access.rsplit_once('.').expect("three parts");
    let tampered = format!("{said}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    let unknown = format!("dwa_{}", "A".repeat(43));
    let inactive = async |server: &str, credential: &str, token: &str, why: &str| {
        let answer = introspect(&doorward, server, credential, token).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "{\"active\":false}"), "{why}");
        assert_eq!((answer.header("content-type"), answer.header("cache-control")), (Some("application/json"), Some("no-store")));
    };
    for (token, why) in [
        ("x", "no token"),
        ("a.b.c", "no signature"),
        (unknown.as_str(), "unknown"),
        (&opaque.refresh, "a refresh token"),
        (&signed.access, "a token for another server"),
    ] {
        inactive("everything", &credential, token, why).await;
    }
    for (token, why) in [(&opaque.access, "a token for another server"), (&tampered, "tampered with"), (&signed.refresh, "a refresh token")]
    {
        inactive("own", &own_credential, token, why).await;
    }
    let missing = doorward.post_form_with("/oauth/introspect", &basic("everything", &credential), &[]).await;
    assert_eq!((missing.status, missing.error().as_str()), (400, "invalid_request"));

    let revoked = [("client_id", opaque.client.as_str()), ("token", &opaque.refresh)];
    assert_eq!(doorward.post_pairs("/oauth/revoke", &revoked).await.status, 200);
    inactive("everything", &credential, &opaque.access, "taken back").await;
    doorward.clock.advance(Duration::from_secs(15 * 60));
    inactive("own", &own_credential, &signed.access, "ended").await;
}

#[tokio::test]
async fn in03_an_active_token_says_whose_for_what_and_until_when() {
    let (doorward, credential, own_credential) = both().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs() as i64;
    let (opaque, signed) = (opaque(&doorward).await, signed(&doorward).await);
    for (server, credential, tokens, audience) in
        [("everything", &credential, &opaque, doorward.url("/mcp/everything")), ("own", &own_credential, &signed, OWN.to_owned())]
    {
        let answer = introspect(&doorward, server, credential, &tokens.access).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        let mut said = answer.json();
        let (iat, exp) = (said["iat"].as_i64().expect("seconds"), said["exp"].as_i64().expect("seconds"));
        assert!((now - 5..now + 60).contains(&iat) && exp == iat + 900, "{said}");
        let name = said["jti"].as_str().expect("a name").to_owned();
        assert!(!tokens.access.contains(&name) && !name.is_empty(), "the name opens nothing");
        for varying in ["iat", "exp", "jti"] {
            said.as_object_mut().expect("an object").remove(varying);
        }
        assert_eq!(
            said,
            json!({
                "active": true,
                "token_type": "Bearer",
                "iss": doorward.url(""),
                "sub": "urn:doorward:user",
                "aud": audience,
                "client_id": tokens.client,
                "scope": format!("{server}:look"),
            })
        );
    }
}

#[tokio::test]
async fn in03_a_refreshed_token_is_active_and_a_pause_makes_it_inactive() {
    let (doorward, credential, own_credential) = both().await;
    for (server, credential, tokens) in
        [("everything", &credential, opaque(&doorward).await), ("own", &own_credential, signed(&doorward).await)]
    {
        let next = tokens_of(&tokens.client, &doorward.refresh(&tokens).await);
        let body = form(&[("token", &next.access), ("token_type_hint", "refresh_token")]);
        let headers = ["Content-Type: application/x-www-form-urlencoded", &basic(server, credential)];
        assert_eq!(doorward.send("POST", "/oauth/introspect", &headers, &body).await.json()["active"], true, "{server}");
        doorward.broker.set_paused(true).await.expect("paused");
        assert_eq!(introspect(&doorward, server, credential, &next.access).await.body, "{\"active\":false}");
        doorward.broker.set_paused(false).await.expect("resumed");
    }
}

#[tokio::test]
async fn in03_a_token_that_a_rule_gave_is_as_old_as_the_rule() {
    let (doorward, _upstream, _) = allowed("/tools", ticked(&[("read", Mode::Allow)]), "").await;
    let credential = doorward.broker.new_credential("everything").await.expect("a credential").reveal().to_owned();
    let rule = NewRule { app: "ci".into(), server: "everything".into(), tools: vec!["read".into()], seconds: 86_400 };
    let made = doorward.broker.make_rule(rule).await.expect("given");
    let given_at = doorward.clock.now().as_secs();
    doorward.clock.advance(Duration::from_secs(3_600));
    // REVEAL: it is asked about.
    let said = introspect(&doorward, "everything", &credential, made.token.reveal()).await.json();
    assert_eq!((said["active"].as_bool(), said["iat"].as_i64()), (Some(true), Some(given_at)), "{said}");
    assert_eq!(said["exp"].as_i64(), Some(given_at + 86_400));
}
