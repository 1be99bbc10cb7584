//! The token endpoint: codes and refreshes. Many at once are in `races`.

use std::time::Duration;

use doorward_tests::{
    doorward::Doorward,
    flow::{PING, REDIRECT, VERIFIER, form, tokens_of},
};

async fn guarding() -> Doorward {
    Doorward::guarding("http://127.0.0.1:1/mcp").await
}

#[tokio::test]
async fn tk02_tokens_come_with_everything_a_client_expects() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let code = doorward.code(&client).await;
    let answer = doorward.redeem(&client, &code).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let json = answer.json();
    assert_eq!(
        (json["token_type"].as_str(), json["expires_in"].as_u64(), json["scope"].as_str()),
        (Some("Bearer"), Some(900), Some("everything:look"))
    );
    assert!(json["access_token"].as_str().is_some_and(|token| token.starts_with("dwa_")));
    assert!(json["refresh_token"].as_str().is_some_and(|token| token.starts_with("dwr_")));
}

#[tokio::test]
async fn tk08_a_code_works_once_and_its_replay_takes_everything_back() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let code = doorward.code(&client).await;
    let tokens = tokens_of(&client, &doorward.redeem(&client, &code).await);
    let wrong = form(&[("grant_type", "authorization_code"), ("client_id", &client), ("code", &code), ("code_verifier", &"w".repeat(43))]);
    assert_eq!(doorward.post_form("/oauth/token", &wrong).await.error(), "invalid_grant");
    assert_eq!(doorward.refresh(&tokens).await.status, 200, "a bystander without the verifier takes nothing back");
    assert_eq!(doorward.redeem(&client, &code).await.error(), "invalid_grant");
    assert_eq!(doorward.refresh(&tokens).await.error(), "invalid_grant", "a replay with the verifier does");
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 401);
}

#[tokio::test]
async fn tk07_a_wrong_verifier_does_not_burn_the_code_and_guessing_does() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let guess = |code: String| {
        form(&[("grant_type", "authorization_code"), ("client_id", &client), ("code", &code), ("code_verifier", &"w".repeat(43))])
    };
    let code = doorward.code(&client).await;
    assert_eq!(doorward.post_form("/oauth/token", &guess(code.clone())).await.error(), "invalid_grant");
    assert_eq!(doorward.redeem(&client, &code).await.status, 200);
    let other = doorward.code(&client).await;
    for _ in 0..5 {
        doorward.post_form("/oauth/token", &guess(other.clone())).await;
    }
    assert_eq!(doorward.redeem(&client, &other).await.error(), "invalid_grant");
}

#[tokio::test]
async fn tk05_a_code_is_for_its_client_and_redirect() {
    let doorward = guarding().await;
    let (client, other) = (doorward.register("a").await, doorward.register("b").await);
    let code = doorward.code(&client).await;
    assert_eq!(doorward.redeem(&other, &code).await.error(), "invalid_grant");
    let elsewhere = form(&[
        ("grant_type", "authorization_code"),
        ("client_id", &client),
        ("code", &code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", "http://127.0.0.1:51001/callback"),
    ]);
    assert_eq!(doorward.post_form("/oauth/token", &elsewhere).await.error(), "invalid_grant");
    assert_eq!(doorward.redeem(&client, &code).await.status, 200);
}

#[tokio::test]
async fn rt02_a_late_replay_by_the_same_program_is_refused_and_by_another_it_kills_the_family() {
    let doorward = guarding().await;
    // This test registers and refreshes; where it also listens on the redirect port, it is the proven program.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let redirect = format!("http://127.0.0.1:{}/callback", listener.local_addr().expect("bound").port());
    for (same_program, expected) in [(true, 200), (false, 400)] {
        let client = doorward.register("x").await;
        let first = if same_program {
            let resource = doorward.url("/mcp/everything");
            let challenge = doorward_tests::flow::challenge(VERIFIER);
            let mut pairs = doorward.ask_pairs(&client, &resource, "s", &challenge);
            pairs.iter_mut().filter(|(name, _)| *name == "redirect_uri").for_each(|pair| pair.1 = &redirect);
            let ticket = doorward.get(&format!("/oauth/authorize?{}", form(&pairs))).await.header("location").expect("a ticket").to_owned();
            let to = doorward.get(&ticket).await.header("location").expect("a redirect").to_owned();
            let code = doorward_tests::flow::param(&to, "code").expect("a code");
            let redeem =
                [("grant_type", "authorization_code"), ("client_id", client.as_str()), ("code", &code), ("code_verifier", VERIFIER)];
            tokens_of(&client, &doorward.post_form("/oauth/token", &form(&redeem)).await)
        } else {
            // Nobody listens on the redirect of this one, so no program is proven.
            tokens_of(&client, &doorward.redeem(&client, &doorward.code(&client).await).await)
        };
        let second = tokens_of(&client, &doorward.refresh(&first).await);
        doorward.clock.advance(Duration::from_secs(61));
        assert_eq!(doorward.refresh(&first).await.error(), "invalid_grant", "late is late");
        assert_eq!(doorward.refresh(&second).await.status, expected, "same program: {same_program}");
    }
}

#[tokio::test]
async fn rt03_rt04_a_refresh_is_bound_to_client_scope_and_resource() {
    let doorward = guarding().await;
    let tokens = doorward.tokens("x").await;
    let other = doorward.register("y").await;
    let with = |pairs: &[(&str, &str)]| {
        let mut all = vec![("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
        all.extend_from_slice(pairs);
        form(&all)
    };
    let own = ("client_id", tokens.client.as_str());
    assert_eq!(doorward.post_form("/oauth/token", &with(&[("client_id", &other)])).await.error(), "invalid_grant");
    assert_eq!(doorward.post_form("/oauth/token", &with(&[own, ("scope", "everything more")])).await.error(), "invalid_scope");
    assert_eq!(doorward.post_form("/oauth/token", &with(&[own, ("resource", "http://127.0.0.1:1/mcp/x")])).await.error(), "invalid_target");
    assert_eq!(doorward.refresh(&tokens).await.status, 200);
}

#[tokio::test]
async fn tk04_rt07_a_client_that_is_gone_is_invalid_client_with_401() {
    let doorward = guarding().await;
    let body = form(&[("grant_type", "refresh_token"), ("client_id", "gone"), ("refresh_token", "x")]);
    let answer = doorward.post_form("/oauth/token", &body).await;
    assert_eq!((answer.status, answer.error().as_str(), answer.header("www-authenticate")), (401, "invalid_client", None));
    // Clients that registered as public may still send Basic, with an empty secret: the challenge is in their scheme.
    let basic = ["Content-Type: application/x-www-form-urlencoded", "Authorization: Basic Z29uZTo="];
    let answer = doorward.send("POST", "/oauth/token", &basic, "grant_type=refresh_token&refresh_token=x").await;
    assert!(answer.status == 401 && answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic")));
}

#[tokio::test]
async fn tk01_tk03_bad_requests_have_oauth_errors() {
    let doorward = guarding().await;
    assert_eq!(doorward.get("/oauth/token").await.status, 405);
    assert_eq!(doorward.post_json("/oauth/token", "{}").await.error(), "invalid_request");
    for (body, error) in [
        ("", "invalid_request"),
        ("grant_type=password&client_id=x", "unsupported_grant_type"),
        ("grant_type=refresh_token&client_id=a&client_id=b&refresh_token=x", "invalid_request"),
        ("grant_type=authorization_code&client_id=x&code=y", "invalid_request"),
        ("%ff=1", "invalid_request"),
    ] {
        let answer = doorward.post_form("/oauth/token", body).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, error), "{body}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let large = doorward.post_form("/oauth/token", &"x".repeat(1024 * 1024)).await;
    assert_eq!((large.status, large.error().as_str()), (413, "invalid_request"));
}

#[tokio::test]
async fn x03_sec_f1_no_secret_rests_in_any_file() {
    let doorward = guarding().await;
    let mut secrets = vec![VERIFIER.to_owned()];
    for n in 0..5 {
        let client = doorward.register(&format!("app {n}")).await;
        let code = doorward.code(&client).await;
        let tokens = tokens_of(&client, &doorward.redeem(&client, &code).await);
        let next = tokens_of(&client, &doorward.refresh(&tokens).await);
        secrets.extend([code, tokens.access, tokens.refresh, next.access, next.refresh]);
    }
    let folder = doorward.folder.path();
    assert!(doorward_tests::doorward::any_file_contains(folder, REDIRECT.as_bytes()), "the search finds what is there");
    for secret in &secrets {
        // Without its prefix, too: the 43 characters are the secret.
        let body = &secret[secret.len() - 43..];
        assert!(!doorward_tests::doorward::any_file_contains(folder, body.as_bytes()), "a secret is in a file");
    }
}
