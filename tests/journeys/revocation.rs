//! Giving a token back (RFC 7009).

use doorward_tests::{
    doorward::Doorward,
    endpoints::basic,
    eventually,
    flow::{PING, REDIRECT},
    http::Answer,
    upstream::Upstream,
};
use serde_json::json;
use tokio::io::AsyncReadExt;

async fn guarding(path: &str) -> (Doorward, Upstream) {
    let upstream = Upstream::start().await;
    (Doorward::guarding(&format!("{}{path}", upstream.url)).await, upstream)
}

async fn revoke(doorward: &Doorward, client: &str, token: &str) -> Answer {
    doorward.post_pairs("/oauth/revoke", &[("client_id", client), ("token", token)]).await
}

#[tokio::test]
async fn rv01_what_is_no_token_any_more_is_200_and_a_request_that_is_none_is_not() {
    let (doorward, _upstream) = guarding("/mcp").await;
    let tokens = doorward.tokens("x").await;
    let unknown = ["garbage", "a.b.c", &format!("dwa_{}", "A".repeat(43)), &format!("dwr_{}", "A".repeat(43))];
    for token in unknown.into_iter().chain([tokens.access.as_str(), &tokens.access, &tokens.refresh, &tokens.refresh]) {
        let answer = revoke(&doorward, &tokens.client, token).await;
        assert_eq!((answer.status, answer.body.as_str(), answer.header("cache-control")), (200, "", Some("no-store")), "{token}");
    }
    let client = ("client_id", tokens.client.as_str());
    for (pairs, status, error) in [
        (vec![client], 400, "invalid_request"),
        (vec![client, ("token", "a"), ("token", "b")], 400, "invalid_request"),
        (vec![("token", "x")], 400, "invalid_request"),
        (vec![("client_id", "gone"), ("token", "x")], 401, "invalid_client"),
    ] {
        let answer = doorward.post_pairs("/oauth/revoke", &pairs).await;
        assert_eq!((answer.status, answer.error().as_str()), (status, error), "{pairs:?}");
    }
    assert_eq!(doorward.get("/oauth/revoke?token=x").await.status, 405);
    assert_eq!(doorward.post_json("/oauth/revoke", "{}").await.error(), "invalid_request");
}

#[tokio::test]
async fn rv01_a_client_with_a_secret_must_send_it() {
    let (doorward, _upstream) = guarding("/mcp").await;
    let metadata = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "client_secret_basic" });
    let client = doorward.registered(&metadata).await;
    let (id, secret) = (client["client_id"].as_str().expect("an id"), client["client_secret"].as_str().expect("a secret"));
    let code = doorward.code(id).await;
    let pairs = [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", doorward_tests::flow::VERIFIER)];
    let answer = doorward.post_form_with("/oauth/token", &basic(id, secret), &pairs).await;
    let access = answer.json()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(revoke(&doorward, id, &access).await.error(), "invalid_client", "the id alone proves nothing");
    let wrong = doorward.post_form_with("/oauth/revoke", &basic(id, "wrong"), &[("token", &access)]).await;
    assert_eq!((wrong.status, wrong.header("www-authenticate")), (401, Some("Basic realm=\"doorward\"")));
    assert_eq!(doorward.call(&access, PING).await.status, 200, "nothing was taken back");
    assert_eq!(doorward.post_form_with("/oauth/revoke", &basic(id, secret), &[("token", &access)]).await.status, 200);
    assert_eq!(doorward.call(&access, PING).await.status, 401);
}

#[tokio::test]
async fn rv02_another_clients_token_stays() {
    let (doorward, _upstream) = guarding("/mcp").await;
    let tokens = doorward.tokens("x").await;
    let other = doorward.register("y").await;
    for token in [&tokens.access, &tokens.refresh] {
        assert_eq!(revoke(&doorward, &other, token).await.status, 200, "and it is not told whether there is such a token");
    }
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 200);
    assert_eq!(doorward.refresh(&tokens).await.status, 200);
}

#[tokio::test]
async fn rv03_a_refresh_token_takes_everything_with_it_and_an_access_token_only_itself() {
    let (doorward, _upstream) = guarding("/mcp").await;
    let first = doorward.tokens("x").await;
    assert_eq!(revoke(&doorward, &first.client, &first.access).await.status, 200);
    assert_eq!(doorward.call(&first.access, PING).await.status, 401);
    let second = doorward_tests::flow::tokens_of(&first.client, &doorward.refresh(&first).await);
    assert_eq!(doorward.call(&second.access, PING).await.status, 200);
    assert_eq!(revoke(&doorward, &first.client, &second.refresh).await.status, 200);
    assert_eq!(doorward.call(&second.access, PING).await.status, 401);
    assert_eq!(doorward.refresh(&second).await.error(), "invalid_grant");
    assert!(doorward.broker.apps().await.expect("apps").is_empty());
    let history = doorward.broker.history(5).await.expect("history");
    assert!(history.iter().any(|event| event.outcome == "disconnected" && event.detail.to_string() == "It signed out."), "{history:?}");
}

#[tokio::test]
async fn rv04_rv05_the_hint_is_only_a_hint_and_no_type_is_unsupported() {
    let (doorward, _upstream) = guarding("/mcp").await;
    for hint in ["refresh_token", "access_token", "id_token", "urn:ietf:params:oauth:token-type:saml2", "saml2", ""] {
        let tokens = doorward.tokens("x").await;
        for token in [&tokens.access, &tokens.refresh] {
            let pairs = [("client_id", tokens.client.as_str()), ("token", token), ("token_type_hint", hint)];
            assert_eq!(doorward.post_pairs("/oauth/revoke", &pairs).await.status, 200, "{hint}");
        }
        assert_eq!(doorward.call(&tokens.access, PING).await.status, 401, "{hint}");
        assert_eq!(doorward.refresh(&tokens).await.error(), "invalid_grant", "{hint}");
        // A type that is not there is no error either: whatever the token is, it opens nothing (RFC 7009 §2.2).
        let other = [("client_id", tokens.client.as_str()), ("token", "eyJhbGciOiJub25lIn0.e30."), ("token_type_hint", hint)];
        assert_eq!(doorward.post_pairs("/oauth/revoke", &other).await.status, 200, "{hint}");
    }
}

#[tokio::test]
async fn rv06_revoking_ends_open_streams_at_once() {
    let (doorward, upstream) = guarding("/stream").await;
    for give_back in ["access", "refresh"] {
        let tokens = doorward.tokens("x").await;
        let mut stream = crate::guard::streaming(&doorward, &tokens.access).await;
        let token = if give_back == "access" { &tokens.access } else { &tokens.refresh };
        let begun = std::time::Instant::now();
        assert_eq!(revoke(&doorward, &tokens.client, token).await.status, 200);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(begun.elapsed() < std::time::Duration::from_secs(1), "{give_back}: {:?}", begun.elapsed());
        assert!(!String::from_utf8_lossy(&rest).ends_with("0\r\n\r\n"), "a stream that was cut must not look complete");
        assert_eq!(doorward.call(&tokens.access, PING).await.status, 401, "{give_back}");
    }
    eventually("the server notices", async || upstream.hung_up().then_some(())).await;
}
