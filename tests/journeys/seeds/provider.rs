//! A provider's dashboard: `/v1/provider-mcp/oauth/register` (S1).

use doorward_tests::{
    client::{Client, Secret},
    flow::param,
};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{MANAGEMENT, members, names, refused, registered, under};

/// The body of the page's example.
fn documented() -> Value {
    json!({
        "client_name": "My AI Agent",
        "redirect_uris": ["https://agent.example.com/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "software_id": "agent-123",
        "software_version": "1.0.0",
        "logo_uri": "https://example.com/logo.png",
        "tos_uri": "https://example.com/tos",
        "policy_uri": "https://example.com/policy",
        "client_uri": "https://example.com"
    })
}

fn without(member: &str) -> Value {
    let mut body = documented();
    body.as_object_mut().expect("an object").remove(member);
    body
}

/// The members that the page says are always there.
const REQUIRED: [&str; 10] = [
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "client_name",
    "redirect_uris",
    "grant_types",
    "response_types",
    "scope",
    "token_endpoint_auth_method",
];

#[tokio::test]
async fn s1_1_the_documented_address_is_served_beside_the_usual_ones() {
    let (provider, default) = (under("provider").await, under("doorward").await);
    for path in ["/v1/provider-mcp/oauth/register", "/oauth/register", "/register"] {
        let answer = provider.post_json(path, &documented().to_string()).await;
        assert_eq!((answer.status, members(&answer.json())), (201, names(&REQUIRED)), "{path}");
        let (status, allow) = {
            let answer = provider.get(path).await;
            (answer.status, answer.header("allow").map(str::to_owned))
        };
        assert_eq!((status, allow.as_deref()), (405, Some("POST")), "{path}");
    }
    assert_eq!(default.post_json("/v1/provider-mcp/oauth/register", &documented().to_string()).await.status, 404);
}

#[tokio::test]
async fn s1_1_more_addresses_never_take_the_place_of_others() {
    let paths = "[registration]\nmore_paths = [\"/register\", \"/oauth/token\", \"/oauth/{any}\", \"/mine\"]\n";
    let doorward = doorward_tests::doorward::Doorward::with(super::YES, paths).await;
    assert_eq!(doorward.post_json("/mine", &documented().to_string()).await.status, 201);
    assert_eq!(doorward.post_json("/register", &documented().to_string()).await.status, 201);
    assert_eq!(doorward.post_json("/oauth/token", &documented().to_string()).await.status, 400, "still the token endpoint");
    assert_eq!(doorward.post_json("/oauth/other", &documented().to_string()).await.status, 404);
}

#[tokio::test]
async fn s1_2_name_and_redirects_are_required() {
    let (provider, default) = (under("provider").await, under("doorward").await);
    assert_eq!(refused(&provider, &without("client_name")).await, (400, "invalid_client_metadata".to_owned()));
    let mut unseen = documented();
    unseen["client_name"] = json!("\u{200b} \u{202e}");
    assert_eq!(refused(&provider, &unseen).await, (400, "invalid_client_metadata".to_owned()), "a name nobody can see is none");
    registered(&default, &without("client_name")).await;
    for doorward in [&provider, &default] {
        assert_eq!(refused(doorward, &without("redirect_uris")).await, (400, "invalid_redirect_uri".to_owned()));
    }
}

#[tokio::test]
async fn s1_3_everything_that_is_documented_is_taken_and_kept() {
    let (provider, default) = (under("provider").await, under("doorward").await);
    let kept = ["software_version", "logo_uri", "tos_uri", "policy_uri", "client_uri"];
    for doorward in [&provider, &default] {
        let answer = registered(doorward, &documented()).await;
        for member in ["grant_types", "response_types", "client_name", "redirect_uris"] {
            assert_eq!(answer[member], documented()[member], "{member}");
        }
        let db = Connection::open(doorward.database()).expect("opens");
        let stored: String = db.query_row("SELECT registration FROM clients", [], |row| row.get(0)).expect("one client");
        let stored: Value = serde_json::from_str(&stored).expect("JSON");
        assert_eq!(stored["software_id"], "agent-123");
        let about: Value =
            stored["about"].as_array().expect("a list").iter().map(|pair| (pair[0].as_str().expect("a name"), pair[1].clone())).collect();
        assert_eq!(members(&about), names(&kept));
        for member in kept {
            assert_eq!(about[member], documented()[member], "{member}");
        }
    }
    // The page shows ten members for this very request; Doorward's own policy gives all of them back.
    assert_eq!(members(&registered(&provider, &documented()).await), names(&REQUIRED));
    let secret = ["client_secret", "client_secret_expires_at"];
    let public = REQUIRED.into_iter().filter(|member| !secret.contains(member)).collect::<Vec<_>>();
    let mut other = documented();
    other["client_name"] = json!("Another agent");
    let all = registered(&default, &other).await;
    assert_eq!(members(&all), names(&[&public[..], &kept, &["software_id"], &MANAGEMENT].concat()));
}

#[tokio::test]
async fn s1_4_clients_are_confidential_unless_they_say_otherwise() {
    let (provider, default) = (under("provider").await, under("doorward").await);
    let answer = registered(&provider, &documented()).await;
    let expected = json!({
        "client_id": answer["client_id"], "client_secret": answer["client_secret"], "client_id_issued_at": answer["client_id_issued_at"],
        "client_secret_expires_at": 0, "client_name": "My AI Agent", "redirect_uris": ["https://agent.example.com/callback"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "scope": "openid profile email",
        "token_endpoint_auth_method": "client_secret_basic"
    });
    assert_eq!(answer, expected);
    assert!(answer["client_id_issued_at"].as_i64().expect("seconds") > 1_700_000_000);
    assert!(answer["client_secret"].as_str().is_some_and(|secret| secret.len() > 40));
    for (asked, given) in [("client_secret_post", "client_secret_post"), ("none", "none"), ("private_key_jwt", "client_secret_basic")] {
        let mut body = documented();
        body["token_endpoint_auth_method"] = json!(asked);
        let answer = registered(&provider, &body).await;
        assert_eq!((&answer["token_endpoint_auth_method"], answer.get("client_secret").is_some()), (&json!(given), given != "none"));
    }
    let public = registered(&default, &documented()).await;
    assert_eq!((&public["token_endpoint_auth_method"], public.get("client_secret")), (&json!("none"), None));
}

#[tokio::test]
async fn s1_5_the_default_scope_is_openid_profile_email_and_gives_no_id_token() {
    let (provider, default) = (under("provider").await, under("doorward").await);
    assert_eq!(registered(&provider, &documented()).await["scope"], "openid profile email");
    let mut narrower = documented();
    narrower["scope"] = json!("email admin");
    assert_eq!(registered(&provider, &narrower).await["scope"], "email", "names that exist are kept, others are not");
    assert_eq!(registered(&default, &documented()).await["scope"], "mcp");

    let client = Client::register(&provider, &documented()).await;
    let code = client.code(&provider).await;
    let tokens = client.redeem(&provider, &code, Secret::Header).await.json();
    assert_eq!(tokens["scope"], "everything:look openid profile email");
    assert_eq!(members(&tokens), names(&["access_token", "token_type", "expires_in", "scope", "refresh_token"]), "no id_token");

    let custom = "policy = \"provider\"\n[registration]\ndefault_scope = \"profile\"\n";
    let custom = doorward_tests::doorward::Doorward::with(super::YES, custom).await;
    assert_eq!(registered(&custom, &documented()).await["scope"], "profile", "configurable");
}

#[tokio::test]
async fn s1_6_an_https_redirect_works_end_to_end_with_the_secret_in_either_place() {
    for policy in ["provider", "doorward"] {
        let doorward = under(policy).await;
        for (method, secret) in [("client_secret_basic", Secret::Header), ("client_secret_post", Secret::Form)] {
            let mut body = documented();
            body["token_endpoint_auth_method"] = json!(method);
            let client = Client::register(&doorward, &body).await;
            let to = client.ask(&doorward).await;
            assert!(to.starts_with("https://agent.example.com/callback?code=dwc_"), "{to}");
            assert_eq!((param(&to, "state").as_deref(), param(&to, "iss")), (Some("state-1"), Some(doorward.url(""))));
            let shown = doorward.person.shown().pop().expect("a question");
            assert_eq!(shown.destination.to_string(), "agent.example.com", "the person sees where the answer goes");
            let code = param(&to, "code").expect("a code");
            let unproven = client.redeem(&doorward, &code, Secret::Nowhere).await;
            assert_eq!((unproven.status, unproven.error().as_str()), (401, "invalid_client"), "{policy} {method}");
            let tokens = client.redeem(&doorward, &code, secret).await;
            assert_eq!(tokens.status, 200, "{policy} {method}: {tokens:?}");
            let refresh = tokens.json()["refresh_token"].as_str().expect("a refresh token").to_owned();
            assert_eq!(client.refresh(&doorward, &refresh, Secret::Nowhere).await.status, 401);
            assert_eq!(client.refresh(&doorward, &refresh, secret).await.status, 200, "{policy} {method}");
        }
    }
}
