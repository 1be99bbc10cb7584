//! Clients whose id is the address of a document (client ID metadata documents).

use std::{sync::Arc, time::Duration};

use doorward_tests::{
    doorward::{Doorward, GENEROUS},
    endpoints::DEVICE_CODE,
    flow::{PING, REDIRECT, Tokens, VERIFIER, challenge, form, tokens_of},
    http::Answer,
    outside::Published,
    person::Habit,
    upstream::Upstream,
};
use serde_json::{Value, json};

const ADDRESS: &str = "https://client.example/oauth/client.json";

fn document() -> Value {
    json!({ "client_id": ADDRESS, "client_name": "Published", "redirect_uris": [REDIRECT] })
}

/// A Doorward with the switch on, and the internet it sees.
async fn switched_on() -> (Doorward, Arc<Published>, Upstream) {
    let (published, upstream) = (Arc::new(Published::default()), Upstream::start().await);
    let config = format!("client_id_metadata_documents = true\n{GENEROUS}");
    let doorward = Doorward::with_documents(published.clone(), &config).await;
    doorward.broker.add_server("everything", &upstream.url).await.expect("added");
    (doorward, published, upstream)
}

async fn authorize(doorward: &Doorward, client: &str) -> Answer {
    doorward.get(&doorward.ask_target(client)).await
}

fn is_a_page(answer: &Answer) -> bool {
    answer.status == 400
        && answer.header("location").is_none()
        && answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

async fn connect(doorward: &Doorward) -> Tokens {
    let code = doorward.code(ADDRESS).await;
    tokens_of(ADDRESS, &doorward.redeem(ADDRESS, &code).await)
}

#[tokio::test]
async fn m_as_02_while_it_is_off_nothing_is_fetched_or_advertised() {
    let published = Arc::new(Published::default());
    published.put(ADDRESS, &document().to_string(), None);
    let doorward = Doorward::with_documents(published.clone(), GENEROUS).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    assert!(is_a_page(&authorize(&doorward, ADDRESS).await));
    let metadata = doorward.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata.get("client_id_metadata_document_supported"), None);
    let redeemed = doorward.redeem(ADDRESS, "x").await;
    assert_eq!((redeemed.status, redeemed.error().as_str()), (401, "invalid_client"));
    assert_eq!((published.fetched(), doorward.person.shown().len()), (0, 0));
}

#[tokio::test]
async fn m_as_17_cimd05_a_client_with_a_document_is_asked_about_by_name_and_address_and_works() {
    let (doorward, published, upstream) = switched_on().await;
    published.put(ADDRESS, &document().to_string(), None);
    let metadata = doorward.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    assert!(metadata["token_endpoint_auth_methods_supported"].as_array().is_some_and(|methods| methods.contains(&json!("none"))));

    let first = connect(&doorward).await;
    let shown = doorward.person.shown().remove(0);
    assert_eq!((shown.client_name.as_deref(), shown.client_id.as_str()), (Some("Published"), ADDRESS));
    assert_eq!(shown.destination.to_string(), "127.0.0.1:51000");
    let text = shown.text();
    assert!(text.contains("client.example") && text.contains("127.0.0.1:51000"), "both hosts are shown: {text}");

    assert_eq!(doorward.call(&first.access, PING).await.status, 200);
    let second = tokens_of(ADDRESS, &doorward.refresh(&first).await);
    assert_eq!(doorward.call(&second.access, PING).await.status, 200);
    assert_eq!(upstream.seen().len(), 2);
    assert_eq!(published.fetched(), 1, "tokens need no document");
    connect(&doorward).await;
    let kinds: Vec<String> = doorward.person.shown().into_iter().map(|question| question.kind).collect();
    assert_eq!(kinds, ["connect", "reconnect"]);
    assert_eq!(doorward.broker.apps().await.expect("apps").len(), 1);
    let revoked = doorward.post_pairs("/oauth/revoke", &[("client_id", ADDRESS), ("token", &second.refresh)]).await;
    assert_eq!((revoked.status, doorward.refresh(&second).await.error().as_str()), (200, "invalid_grant"));
}

#[tokio::test]
async fn m_as_19_a_redirect_is_one_of_the_document() {
    let (doorward, published, _upstream) = switched_on().await;
    published.put(ADDRESS, &document().to_string(), None);
    let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
    for (redirect, is_one) in [
        ("http://127.0.0.1:51000/other", false),
        ("http://localhost:51000/callback", false),
        ("https://client.example/callback", false),
        ("http://127.0.0.1:61999/callback", true),
    ] {
        let mut pairs = doorward.ask_pairs(ADDRESS, &resource, "s", &challenge);
        pairs.iter_mut().filter(|(name, _)| *name == "redirect_uri").for_each(|pair| pair.1 = redirect);
        let answer = doorward.get(&format!("/oauth/authorize?{}", form(&pairs))).await;
        assert_eq!(is_a_page(&answer), !is_one, "{redirect}: {answer:?}");
    }
    assert!(doorward.person.shown().is_empty());
}

#[tokio::test]
async fn cimd01_an_address_that_is_none_is_never_fetched() {
    let (doorward, published, _upstream) = switched_on().await;
    for address in [
        "http://client.example/oauth/client.json",
        "https://client.example",
        "https://client.example/",
        "https://user@client.example/c",
        "https://client.example/c#f",
        "https://client.example/a/../c",
        "https://127.0.0.1/c",
        "https://[::1]/c",
        "https:///c",
    ] {
        published.put(address, &document().to_string(), None);
        assert!(is_a_page(&authorize(&doorward, address).await), "{address}");
    }
    assert_eq!((published.fetched(), doorward.person.shown().len()), (0, 0));
}

#[tokio::test]
async fn m_as_18_m_as_20_cimd03_cimd06_a_bad_document_is_a_page_and_no_question() {
    let (doorward, published, _upstream) = switched_on().await;
    assert!(is_a_page(&authorize(&doorward, ADDRESS).await), "not there at all");
    let with = |member: &str, value: Value| {
        let mut document = document();
        document[member] = value;
        document.to_string()
    };
    for bad in [
        String::new(),
        "<html>".to_owned(),
        "[]".to_owned(),
        with("client_id", json!("https://client.example/oauth/other.json")),
        with("client_id", json!("https://client.example/oauth/client.json/")),
        with("client_name", json!("")),
        with("redirect_uris", json!([])),
        with("redirect_uris", json!(["http://evil.test/"])),
        with("client_secret", json!("x")),
        with("client_secret_expires_at", json!(0)),
        with("token_endpoint_auth_method", json!("client_secret_basic")),
        with("token_endpoint_auth_method", json!("private_key_jwt")),
    ] {
        published.put(ADDRESS, &bad, Some("max-age=3600"));
        assert!(is_a_page(&authorize(&doorward, ADDRESS).await), "{bad}");
    }
    assert!(doorward.person.shown().is_empty());
    // What was wrong is not remembered.
    published.put(ADDRESS, &document().to_string(), None);
    assert_eq!(authorize(&doorward, ADDRESS).await.status, 303);
}

#[tokio::test]
async fn m_as_21_cimd04_a_document_is_believed_as_long_as_http_says() {
    let (doorward, published, _upstream) = switched_on().await;
    let mut before = 0;
    for (header, seconds) in [(None, 60), (Some("public, max-age=3600"), 3_600), (Some("max-age=1"), 60), (Some("max-age=9999999"), 86_400)]
    {
        published.put(ADDRESS, &document().to_string(), header);
        for _ in 0..3 {
            assert_eq!(authorize(&doorward, ADDRESS).await.status, 303);
        }
        assert_eq!(published.fetched(), before + 1, "{header:?}: once for all");
        doorward.clock.advance(Duration::from_secs(seconds - 5));
        authorize(&doorward, ADDRESS).await;
        assert_eq!(published.fetched(), before + 1, "{header:?}: still believed");
        doorward.clock.advance(Duration::from_secs(5));
        before += 1;
    }
    published.put(ADDRESS, &document().to_string(), Some("no-store"));
    for n in 1..=3 {
        authorize(&doorward, ADDRESS).await;
        assert_eq!(published.fetched(), before + n, "each time");
    }
}

#[tokio::test]
async fn cimd04_a_document_that_changed_is_asked_about_as_for_the_first_time() {
    let (doorward, published, _upstream) = switched_on().await;
    let of = |name: &str, redirects: Value| json!({ "client_id": ADDRESS, "client_name": name, "redirect_uris": redirects }).to_string();
    for document in [
        of("Published", json!([REDIRECT])),
        of("Published elsewhere", json!([REDIRECT])),
        of("Published elsewhere", json!([REDIRECT, "https://client.example/callback"])),
    ] {
        published.put(ADDRESS, &document, None);
        connect(&doorward).await;
        connect(&doorward).await;
        doorward.clock.advance(Duration::from_secs(60));
    }
    let kinds: Vec<String> = doorward.person.shown().into_iter().map(|question| question.kind).collect();
    assert_eq!(kinds, ["connect", "reconnect", "connect", "reconnect", "connect", "reconnect"]);
    // What a document that is gone allowed before does not make a new question possible.
    published.put(ADDRESS, "gone", None);
    assert!(is_a_page(&authorize(&doorward, ADDRESS).await));
}

#[tokio::test]
async fn dcr13_cimd02_a_logo_is_kept_and_never_fetched() {
    let (doorward, published, _upstream) = switched_on().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let here = format!("http://{}/", listener.local_addr().expect("bound"));
    let mut document = document();
    for member in ["logo_uri", "client_uri", "tos_uri", "policy_uri", "jwks_uri"] {
        document[member] = json!(here);
    }
    published.put(ADDRESS, &document.to_string(), None);
    connect(&doorward).await;
    document.as_object_mut().expect("an object").remove("client_id");
    let registered = doorward.registered(&document).await;
    assert_eq!(registered["logo_uri"], json!(here), "told back as it was");
    assert!(futures_util::FutureExt::now_or_never(listener.accept()).is_none(), "nobody came to look");
    assert_eq!(published.fetched(), 1, "and nothing but the document was fetched");
}

#[tokio::test]
async fn sec_d3_only_so_many_documents_are_fetched_in_a_minute() {
    let (doorward, published, _upstream) = switched_on().await;
    let mut turned_away = 0;
    for n in 0..60 {
        let answer = authorize(&doorward, &format!("https://client.example/{n}")).await;
        if answer.status == 429 {
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
            turned_away += 1;
        }
    }
    // Thirty at once, and one more every two seconds.
    assert!((30..45).contains(&published.fetched()), "{}", published.fetched());
    assert_eq!(turned_away, 60 - published.fetched());
    assert!(doorward.person.shown().is_empty());
}

#[tokio::test]
async fn a_client_with_a_document_can_push_and_poll_before_it_ever_authorized() {
    let (doorward, published, _upstream) = switched_on().await;
    let mut with_devices = document();
    with_devices["grant_types"] = json!(["authorization_code", "refresh_token", DEVICE_CODE]);
    published.put(ADDRESS, &with_devices.to_string(), None);
    let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
    let pushed = doorward.post_pairs("/oauth/par", &doorward.ask_pairs(ADDRESS, &resource, "s", &challenge)).await;
    assert_eq!(pushed.status, 201, "{pushed:?}");
    let name = pushed.json()["request_uri"].as_str().expect("a name").to_owned();
    let asked = doorward.get(&format!("/oauth/authorize?{}", form(&[("client_id", ADDRESS), ("request_uri", &name)]))).await;
    assert_eq!(asked.status, 303, "{asked:?}");

    let (doorward, published, _upstream) = switched_on().await;
    doorward.person.from_now_on(Habit::Denies);
    published.put(ADDRESS, &with_devices.to_string(), None);
    let polls = doorward.post_pairs("/oauth/device_authorization", &[("client_id", ADDRESS)]).await;
    assert_eq!(polls.status, 200, "{polls:?}");
    published.put("https://client.example/bad.json", "{}", None);
    for target in ["/oauth/par", "/oauth/device_authorization"] {
        let answer = doorward.post_pairs(target, &[("client_id", "https://client.example/bad.json")]).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"), "{target}");
    }
}
