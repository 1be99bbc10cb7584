//! Clients with a secret: issued once, kept as an HMAC, proven at every endpoint, bounded in time and in guesses.

use std::time::Duration;

use doorward_tests::{
    client::{Client, Secret, in_header},
    doorward::{Doorward, GENEROUS, any_file_contains},
    flow::{REDIRECT, VERIFIER, form},
    http::Answer,
    person::Habit,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

async fn guarding() -> Doorward {
    Doorward::guarding("http://127.0.0.1:1/mcp").await
}

fn body(method: &str) -> Value {
    json!({ "client_name": "Agent", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": method })
}

/// The refresh token of a client that was allowed.
async fn refresh_token(doorward: &Doorward, client: &Client) -> String {
    let code = client.code(doorward).await;
    let answer = client.redeem(doorward, &code, Secret::Form).await;
    answer.json()["refresh_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

fn is_invalid_client(answer: &Answer) -> bool {
    answer.status == 401 && answer.error() == "invalid_client"
}

#[tokio::test]
async fn dcr02_a_secret_comes_with_its_end_and_a_public_client_has_neither() {
    let doorward = guarding().await;
    for method in METHODS {
        let (first, second) = (Client::register(&doorward, &body(method)).await, Client::register(&doorward, &body(method)).await);
        assert_eq!((first.text("token_endpoint_auth_method"), &first.answer["client_secret_expires_at"]), (method, &json!(0)));
        assert!(first.id() != second.id() && first.secret() != second.secret(), "each client has its own");
    }
    let public = Client::register(&doorward, &body("none")).await;
    assert!(public.answer.get("client_secret").is_none() && public.answer.get("client_secret_expires_at").is_none());
}

#[tokio::test]
async fn tk10_ids_and_secrets_need_no_escaping_in_any_header_or_form() {
    let doorward = guarding().await;
    for _ in 0..20 {
        let client = Client::register(&doorward, &body("client_secret_basic")).await;
        for text in [client.id(), client.secret()] {
            assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')), "{text}");
        }
        assert!(client.secret().len() >= 43, "256 bits");
    }
}

#[tokio::test]
async fn dcr02_a_secret_is_shown_once_and_rests_as_an_hmac_under_the_keyring_key() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &body("client_secret_post")).await;
    refresh_token(&doorward, &client).await;
    let token = client.text("registration_access_token").to_owned();
    for secret in [client.secret(), &token] {
        let plain = secret.split_once('_').expect("a prefix").1;
        for needle in [secret.as_bytes(), plain.as_bytes(), &Sha256::digest(secret.as_bytes()), &Sha256::digest(plain.as_bytes())] {
            assert!(!any_file_contains(doorward.folder.path(), needle), "neither it nor a plain hash of it is in any file");
        }
    }
    let bearer = format!("Authorization: Bearer {token}");
    let read = doorward.send("GET", &format!("/oauth/register/{}", client.id()), &[&bearer], "").await;
    assert_eq!(read.status, 200);
    assert!(!read.body.contains(client.secret()), "a look at the registration does not tell it again: {}", read.body);
    // What rests there depends on the keyring: it is the same length as a hash, and neither of the two.
    let db = Connection::open(doorward.database()).expect("opens");
    let stored: Vec<u8> = db.query_row("SELECT secret FROM clients", [], |row| row.get(0)).expect("one client");
    assert_eq!(stored.len(), 32);
    let (folder, keyring, port) = doorward.stop().await;
    let again = Doorward::open(folder, keyring, port, Habit::Allows).await.expect("starts again");
    refresh_token(&again, &client).await;
}

#[tokio::test]
async fn tk10_either_way_of_sending_the_secret_works_whichever_was_registered() {
    let doorward = guarding().await;
    for method in METHODS {
        for secret in [Secret::Header, Secret::Form] {
            let client = Client::register(&doorward, &body(method)).await;
            let code = client.code(&doorward).await;
            let answer = client.redeem(&doorward, &code, secret).await;
            assert_eq!(answer.status, 200, "{method} {secret:?}: {answer:?}");
            let refresh = answer.json()["refresh_token"].as_str().expect("a refresh token").to_owned();
            assert_eq!(client.refresh(&doorward, &refresh, secret).await.status, 200, "{method} {secret:?}");
        }
        // Some libraries encode both parts of the header (RFC 6749 §2.3.1), and name themselves in the body too.
        let client = Client::register(&doorward, &body(method)).await;
        let encoded = in_header(&client.id().replace('-', "%2D"), &client.secret().replace('_', "%5F"));
        let code = client.code(&doorward).await;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", client.id()),
            ("code", &code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", REDIRECT),
        ];
        let headers = ["Content-Type: application/x-www-form-urlencoded", &encoded];
        assert_eq!(doorward.send("POST", "/oauth/token", &headers, &form(&pairs)).await.status, 200, "{method}");
    }
}

#[tokio::test]
async fn tk04_a_secret_that_is_missing_wrong_or_anothers_is_401_and_burns_nothing() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &body("client_secret_basic")).await;
    let other = Client::register(&doorward, &body("client_secret_basic")).await;
    let code = client.code(&doorward).await;
    let with_secret =
        |secret: &str| Client { answer: json!({ "client_id": client.id(), "client_secret": secret }), redirect: REDIRECT.to_owned() };
    let unproven = client.redeem(&doorward, &code, Secret::Nowhere).await;
    assert!(is_invalid_client(&unproven) && unproven.header("www-authenticate").is_none(), "{unproven:?}");
    for wrong in [other.secret(), "wrong", "dws_", ""] {
        let in_header = with_secret(wrong).redeem(&doorward, &code, Secret::Header).await;
        assert!(is_invalid_client(&in_header), "{wrong}: {in_header:?}");
        assert_eq!(in_header.header("www-authenticate"), Some("Basic realm=\"doorward\""), "in the scheme it used");
        assert!(is_invalid_client(&with_secret(wrong).redeem(&doorward, &code, Secret::Form).await), "{wrong}");
    }
    let another_id = Client { answer: json!({ "client_id": other.id(), "client_secret": other.secret() }), redirect: REDIRECT.to_owned() };
    assert_eq!(another_id.redeem(&doorward, &code, Secret::Header).await.error(), "invalid_grant", "another client's code");
    assert_eq!(client.redeem(&doorward, &code, Secret::Header).await.status, 200, "and the code still works");
}

#[tokio::test]
async fn tk11_two_ways_at_once_are_refused() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &body("client_secret_basic")).await;
    let code = client.code(&doorward).await;
    let header = in_header(client.id(), client.secret());
    let both =
        [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", VERIFIER), ("client_secret", client.secret())];
    let headers = ["Content-Type: application/x-www-form-urlencoded", &header];
    let answer = doorward.send("POST", "/oauth/token", &headers, &form(&both)).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"));
    let twice = format!("{}&client_secret={}", form(&[("client_id", client.id())]), form(&both));
    assert_eq!(doorward.post_form("/oauth/token", &twice).await.error(), "invalid_request", "one of them twice");
    let contradicting =
        [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", VERIFIER), ("client_id", "another")];
    assert_eq!(doorward.send("POST", "/oauth/token", &headers, &form(&contradicting)).await.error(), "invalid_request");
    let one = [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", VERIFIER)];
    let headers = ["Content-Type: application/x-www-form-urlencoded", &header, &in_header(client.id(), "dws_another")];
    assert_eq!(doorward.send("POST", "/oauth/token", &headers, &form(&one)).await.error(), "invalid_request", "two headers");
    assert_eq!(client.redeem(&doorward, &code, Secret::Header).await.status, 200, "one way is right");
}

#[tokio::test]
async fn tk11_what_a_public_client_sends_as_a_secret_proves_nothing_and_does_no_harm() {
    let doorward = guarding().await;
    let public = Client::register(&doorward, &body("none")).await;
    let with_secret = Client { answer: json!({ "client_id": public.id(), "client_secret": "dws_made-up" }), redirect: REDIRECT.to_owned() };
    for secret in [Secret::Header, Secret::Form] {
        let code = public.code(&doorward).await;
        assert_eq!(with_secret.redeem(&doorward, &code, secret).await.status, 200, "{secret:?}: its code and verifier count");
        assert_eq!(with_secret.redeem(&doorward, "dwc_made-up", secret).await.error(), "invalid_grant");
    }
}

#[tokio::test]
async fn tk11_ten_wrong_secrets_a_minute_and_only_that_client_is_held_up() {
    let doorward = guarding().await;
    let (guessed, other) =
        (Client::register(&doorward, &body("client_secret_basic")).await, Client::register(&doorward, &body("client_secret_basic")).await);
    let (refresh, refresh_of_other) = (refresh_token(&doorward, &guessed).await, refresh_token(&doorward, &other).await);
    let wrong = Client { answer: json!({ "client_id": guessed.id(), "client_secret": other.secret() }), redirect: REDIRECT.to_owned() };
    for n in 0..10 {
        let secret = if n % 2 == 0 { Secret::Header } else { Secret::Form };
        assert!(is_invalid_client(&wrong.refresh(&doorward, "dwr_x", secret).await), "{n}");
    }
    for (client, secret) in [(&wrong, Secret::Header), (&wrong, Secret::Form), (&guessed, Secret::Header)] {
        for target in ["/oauth/token", "/oauth/revoke"] {
            let answer =
                client.post(&doorward, target, &[("grant_type", "refresh_token"), ("refresh_token", "x"), ("token", "x")], secret).await;
            assert_eq!((answer.status, answer.error().as_str()), (429, "temporarily_unavailable"), "{target}: right or wrong");
            let wait: u64 = answer.header("retry-after").expect("when").parse().expect("seconds");
            assert!((1..=60).contains(&wait), "{wait}");
        }
    }
    assert_eq!(other.refresh(&doorward, &refresh_of_other, Secret::Header).await.status, 200, "nobody else is held up");
    let nobody = Client { answer: json!({ "client_id": "nobody", "client_secret": other.secret() }), redirect: REDIRECT.to_owned() };
    for _ in 0..20 {
        assert!(is_invalid_client(&nobody.refresh(&doorward, "dwr_x", Secret::Form).await), "a client that is gone is told so each time");
    }
    doorward.clock.advance(Duration::from_secs(60));
    assert_eq!(guessed.refresh(&doorward, &refresh, Secret::Header).await.status, 200, "a minute later all is well");
}

#[tokio::test]
async fn dcr02_a_secret_ends_and_a_new_one_comes_from_the_registration() {
    let doorward = Doorward::with(Habit::Allows, &format!("[registration]\nsecret_seconds = 3600\n{GENEROUS}")).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    let client = Client::register(&doorward, &body("client_secret_post")).await;
    let ends_at = client.answer["client_secret_expires_at"].as_i64().expect("seconds");
    assert_eq!(ends_at - client.answer["client_id_issued_at"].as_i64().expect("seconds"), 3_600);
    let refresh = refresh_token(&doorward, &client).await;
    doorward.clock.advance(Duration::from_secs(3_500));
    let answer = client.refresh(&doorward, &refresh, Secret::Form).await;
    assert_eq!(answer.status, 200);
    let refresh = answer.json()["refresh_token"].as_str().expect("a refresh token").to_owned();
    doorward.clock.advance(Duration::from_secs(101));
    let ended = client.refresh(&doorward, &refresh, Secret::Form).await;
    assert!(is_invalid_client(&ended) && ended.body.contains("has ended"), "{ended:?}");

    let rotated = replace(&doorward, &client).await;
    assert_ne!(rotated.secret(), client.secret());
    assert!(rotated.answer["client_secret_expires_at"].as_i64().expect("seconds") >= ends_at + 3_600);
    assert!(is_invalid_client(&client.refresh(&doorward, &refresh, Secret::Form).await), "a secret that ended does not come back");
    assert_eq!(rotated.refresh(&doorward, &refresh, Secret::Form).await.status, 200, "what was allowed holds");
}

#[tokio::test]
async fn dcr02_the_secret_before_works_until_the_new_one_is_used() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &body("client_secret_basic")).await;
    let mut refresh = refresh_token(&doorward, &client).await;
    let rotated = replace(&doorward, &client).await;
    assert_eq!(rotated.id(), client.id());
    // The answer may have been lost: the old secret still opens, as often as it is needed.
    for (sender, status) in [(&client, 200), (&client, 200), (&rotated, 200), (&client, 401), (&rotated, 200)] {
        let answer = sender.refresh(&doorward, &refresh, Secret::Header).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 200 {
            refresh = answer.json()["refresh_token"].as_str().expect("a refresh token").to_owned();
        }
    }
    // Two answers may have been lost: the client has what it used last, or the newest.
    let lost = replace(&doorward, &rotated).await;
    let newest = replace(&doorward, &rotated).await;
    for (sender, status) in [(&lost, 401), (&rotated, 200), (&newest, 200), (&rotated, 401)] {
        let answer = sender.refresh(&doorward, &refresh, Secret::Header).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 200 {
            refresh = answer.json()["refresh_token"].as_str().expect("a refresh token").to_owned();
        }
    }
}

#[tokio::test]
async fn a_secret_that_was_given_up_does_not_come_back() {
    let doorward = guarding().await;
    let client = Client::register(&doorward, &body("client_secret_post")).await;
    let refresh = refresh_token(&doorward, &client).await;
    let public = replace_with(&doorward, &client, body("none")).await;
    let again = replace_with(&doorward, &public, body("client_secret_post")).await;
    assert!(is_invalid_client(&client.refresh(&doorward, &refresh, Secret::Form).await));
    assert_eq!(again.refresh(&doorward, &refresh, Secret::Form).await.status, 200);
}

/// Replaces a registration by itself (RFC 7592 §2.2), for new secrets.
async fn replace(doorward: &Doorward, client: &Client) -> Client {
    replace_with(doorward, client, body(client.text("token_endpoint_auth_method"))).await
}

async fn replace_with(doorward: &Doorward, client: &Client, mut body: Value) -> Client {
    body["client_id"] = json!(client.id());
    let bearer = format!("Authorization: Bearer {}", client.text("registration_access_token"));
    let headers = ["Content-Type: application/json", &bearer];
    let answer = doorward.send("PUT", &format!("/oauth/register/{}", client.id()), &headers, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    Client { answer: answer.json(), redirect: client.redirect.clone() }
}
