//! Bifrost: registration for MCP clients (S4).

use doorward_tests::{
    client::{Client, Secret},
    flow::{PING, form, param},
    person::Habit,
};
use serde_json::{Value, json};

use super::{MANAGEMENT, advertised, members, names, refused, register, registered, under, unguarded};

/// The example of the page.
fn documented() -> Value {
    json!({
        "client_name": "Claude Code",
        "redirect_uris": ["http://localhost:54321/callback"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": "mcp:read mcp:write"
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut body = documented();
    body[member] = value;
    body
}

#[tokio::test]
async fn s4_1_registration_exists_only_while_there_is_a_server_to_use() {
    let (bifrost, default) = (unguarded("bifrost").await, unguarded("doorward").await);
    let is_there = async || {
        let by_path =
            [register(&bifrost, &documented()).await.status, bifrost.post_json("/register", &documented().to_string()).await.status];
        (by_path, advertised(&bifrost).await.get("registration_endpoint").is_some())
    };
    assert_eq!(is_there().await, ([404, 404], false));
    assert_eq!(bifrost.get("/oauth/register").await.status, 404, "not even by another method");
    bifrost.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    assert_eq!(is_there().await, ([201, 201], true));
    bifrost.broker.remove_server("everything").await.expect("removed");
    assert_eq!(is_there().await, ([404, 404], false));

    assert_eq!(register(&default, &documented()).await.status, 201, "Doorward's own policy takes them before there is a server");
    assert!(advertised(&default).await.get("registration_endpoint").is_some());
}

#[tokio::test]
async fn s4_2_nobody_authenticates_to_register() {
    for policy in ["bifrost", "doorward"] {
        let doorward = under(policy).await;
        registered(&doorward, &documented()).await;
        let with_key = ["Content-Type: application/json", "Authorization: Bearer sk-bf-whatever"];
        assert_eq!(doorward.send("POST", "/oauth/register", &with_key, &documented().to_string()).await.status, 201, "{policy}");
        assert!(doorward.person.shown().is_empty());
    }
}

#[tokio::test]
async fn s4_3_the_documented_body_is_taken_with_its_defaults() {
    let (bifrost, default) = (under("bifrost").await, under("doorward").await);
    let only_redirects = json!({ "redirect_uris": ["http://localhost:54321/callback"] });
    let answer = registered(&bifrost, &only_redirects).await;
    assert_eq!((&answer["grant_types"], &answer["token_endpoint_auth_method"]), (&json!(["authorization_code"]), &json!("none")));
    let answer = registered(&default, &only_redirects).await;
    assert_eq!(answer["grant_types"], json!(["authorization_code", "refresh_token"]), "Doorward's own default");
    for doorward in [&bifrost, &default] {
        for without in ["client_name", "grant_types", "response_types", "token_endpoint_auth_method", "scope"] {
            let mut body = documented();
            body.as_object_mut().expect("an object").remove(without);
            registered(doorward, &body).await;
        }
        let mut nowhere = documented();
        nowhere.as_object_mut().expect("an object").remove("redirect_uris");
        assert_eq!(refused(doorward, &nowhere).await, (400, "invalid_redirect_uri".to_owned()));
    }
    for method in ["client_secret_basic", "client_secret_post"] {
        let answer = registered(&bifrost, &with("token_endpoint_auth_method", json!(method))).await;
        assert_eq!(answer["token_endpoint_auth_method"], "none", "always");
    }
    // The scopes of the page's example are names there, and are granted beside the server's own.
    for (doorward, granted) in [(&bifrost, "everything:look mcp:read mcp:write"), (&default, "everything:look")] {
        let client = Client::register(doorward, &documented()).await;
        let asked = client.asked_with(doorward, "scope", Some("mcp:read mcp:write")).await;
        let to = doorward.get(asked.header("location").expect("a ticket")).await.header("location").expect("a redirect").to_owned();
        let answer = client.redeem(doorward, &param(&to, "code").expect("a code"), Secret::Nowhere).await.json();
        assert_eq!(answer["scope"], granted);
        assert_eq!(answer.get("refresh_token"), None, "it registered for authorization_code alone");
    }
}

#[tokio::test]
async fn s4_4_the_answer_has_these_members_and_no_others() {
    let (bifrost, default) = (under("bifrost").await, under("doorward").await);
    let answer = registered(&bifrost, &documented()).await;
    let expected = json!({
        "client_id": answer["client_id"], "client_name": "Claude Code", "redirect_uris": ["http://localhost:54321/callback"],
        "grant_types": ["authorization_code"], "token_endpoint_auth_method": "none"
    });
    assert_eq!(answer, expected);
    let id = answer["client_id"].as_str().expect("an id");
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    assert!(groups == [8, 4, 4, 4, 12] && id.chars().all(|c| c == '-' || matches!(c, '0'..='9' | 'a'..='f')), "a UUID: {id}");
    let mut nameless = documented();
    nameless.as_object_mut().expect("an object").remove("client_name");
    assert_eq!(
        members(&registered(&bifrost, &nameless).await),
        names(&["client_id", "redirect_uris", "grant_types", "token_endpoint_auth_method"])
    );
    let all = [
        "client_id",
        "client_name",
        "redirect_uris",
        "grant_types",
        "token_endpoint_auth_method",
        "client_id_issued_at",
        "response_types",
        "scope",
    ];
    assert_eq!(members(&registered(&default, &documented()).await), names(&[&all[..], &MANAGEMENT].concat()));
}

#[tokio::test]
async fn s4_5_localhost_is_taken_and_works_on_any_port() {
    for policy in ["bifrost", "doorward"] {
        let doorward = under(policy).await;
        let client = Client::register(&doorward, &documented()).await;
        assert!(client.ask(&doorward).await.starts_with("http://localhost:54321/callback?code="), "{policy}");
        let elsewhere = Client { redirect: "http://localhost:40404/callback".to_owned(), ..client };
        let code = elsewhere.code(&doorward).await;
        assert_eq!(elsewhere.redeem(&doorward, &code, Secret::Nowhere).await.status, 200, "{policy}");
    }
}

#[tokio::test]
async fn s4_6_each_server_is_allowed_by_itself() {
    for policy in ["bifrost", "doorward"] {
        let upstream = doorward_tests::upstream::Upstream::start().await;
        let doorward = unguarded(policy).await;
        for server in ["files", "notes"] {
            doorward.broker.add_server(server, &upstream.url).await.expect("added");
        }
        let client = Client::register(&doorward, &documented()).await;
        let ask = async |server: &str| {
            let (resource, challenge) =
                (doorward.url(&format!("/mcp/{server}")), doorward_tests::flow::challenge(doorward_tests::flow::VERIFIER));
            let mut pairs = doorward.ask_pairs(client.id(), &resource, server, &challenge);
            pairs.iter_mut().filter(|(name, _)| *name == "redirect_uri").for_each(|pair| pair.1 = &client.redirect);
            let ticket = doorward.get(&format!("/oauth/authorize?{}", form(&pairs))).await.header("location").expect("a ticket").to_owned();
            doorward.get(&ticket).await.header("location").expect("a redirect").to_owned()
        };
        let code = param(&ask("files").await, "code").expect("a code");
        let token = client.redeem(&doorward, &code, Secret::Nowhere).await.json()["access_token"].as_str().expect("a token").to_owned();
        let bearer = format!("Authorization: Bearer {token}");
        let open = async |server: &str| doorward.send("POST", &format!("/mcp/{server}"), &[&bearer], PING).await.status;
        assert_eq!((open("files").await, open("notes").await), (200, 401), "{policy}");

        doorward.person.from_now_on(Habit::Denies);
        assert_eq!(
            param(&ask("notes").await, "error").as_deref(),
            Some("access_denied"),
            "{policy}: the other one is a question of its own"
        );
        let shown: Vec<(String, String)> = doorward.person.shown().into_iter().map(|question| (question.server, question.kind)).collect();
        assert_eq!(shown, [("files".to_owned(), "connect".to_owned()), ("notes".to_owned(), "connect".to_owned())], "{policy}");
        let apps = doorward.broker.apps().await.expect("apps");
        let servers: Vec<&str> = apps[0].grants.iter().map(|grant| grant.server.as_str()).collect();
        assert_eq!((apps.len(), servers), (1, vec!["files"]), "{policy}");
        assert_eq!(open("files").await, 200, "{policy}: and the no does not touch it");
    }
}
