//! The token endpoint: codes and refreshes. Many at once are in `races`.

use std::{collections::HashSet, path::PathBuf, time::Duration};

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
        let told = doorward.person.noticed();
        assert_eq!(told.iter().any(|said| said.contains("A copy of a token for everything")), !same_program, "{told:?}");
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
async fn rt04_a_narrower_refresh_narrows_its_access_token_and_nothing_that_comes_later() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let (resource, challenge) = (doorward.url("/mcp/everything"), doorward_tests::flow::challenge(VERIFIER));
    let mut pairs = doorward.ask_pairs(&client, &resource, "s", &challenge);
    pairs.push(("scope", "everything"));
    let ticket = doorward.get(&format!("/oauth/authorize?{}", form(&pairs))).await.header("location").expect("a ticket").to_owned();
    let to = doorward.get(&ticket).await.header("location").expect("a redirect").to_owned();
    let first = doorward.redeem(&client, &doorward_tests::flow::param(&to, "code").expect("a code")).await;
    assert_eq!(first.json()["scope"], "everything");
    let credential = doorward.broker.new_credential("everything").await.expect("a credential");
    // REVEAL: the server that asks about tokens sends it.
    let header = doorward_tests::endpoints::basic("everything", credential.reveal());
    let scope_of = async |token: &str| {
        doorward.post_form_with("/oauth/introspect", &header, &[("token", token)]).await.json()["scope"].as_str().map(str::to_owned)
    };
    let mut tokens = tokens_of(&client, &first);
    for asked in ["everything:look", "", "everything:look everything:run", "everything", "everything:change", ""] {
        let refresh =
            [("grant_type", "refresh_token"), ("client_id", client.as_str()), ("refresh_token", tokens.refresh.as_str()), ("scope", asked)];
        let answer = doorward.post_form("/oauth/token", &form(&refresh)).await;
        let granted = if asked.is_empty() { "everything" } else { asked };
        assert_eq!(answer.json()["scope"], granted, "{asked}: the answer says what was granted");
        let next = tokens_of(&client, &answer);
        assert_eq!(scope_of(&next.access).await.as_deref(), Some(granted), "{asked}: and its access token has no more");
        assert_ne!(next.refresh, tokens.refresh);
        tokens = next;
    }
}

#[tokio::test]
async fn x09_nobody_elses_clock_counts_and_one_that_is_set_back_or_forward_does_no_harm() {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let doorward = guarding().await;
    let works = async |token: &str| doorward.call(token, PING).await.status == 502; // It passed the guard, and nobody is behind it.
    // What a client says about the time is not read.
    let client = doorward.register("x").await;
    let code = doorward.code(&client).await;
    let body = form(&[("grant_type", "authorization_code"), ("client_id", &client), ("code", &code), ("code_verifier", VERIFIER)]);
    let headers = ["Content-Type: application/x-www-form-urlencoded", "Date: Thu, 01 Jan 1970 00:00:00 GMT"];
    let tokens = tokens_of(&client, &doorward.send("POST", "/oauth/token", &headers, &body).await);
    let long_ago = ["Date: Fri, 01 Jan 2100 00:00:00 GMT", &format!("Authorization: Bearer {}", tokens.access)];
    assert_eq!(doorward.send("POST", "/mcp/everything", &long_ago, PING).await.status, 502);

    // Doorward's clock was an hour fast while somebody logged in, and is set right: what was given works, and is given on.
    let code = doorward.code(&client).await;
    doorward.clock.set_back(HOUR);
    let fast = tokens_of(&client, &doorward.redeem(&client, &code).await);
    assert!(works(&tokens.access).await && works(&fast.access).await);
    let next = tokens_of(&client, &doorward.refresh(&fast).await);
    assert!(works(&next.access).await);
    assert_eq!(doorward.refresh(&doorward.tokens("y").await).await.status, 200, "and logging in goes on");

    // What is given by the right clock ends by it, whatever the other one said.
    doorward.clock.advance(Duration::from_secs(901));
    assert!(!works(&next.access).await && !works(&fast.access).await);
    // The clock jumps: access tokens end early, nobody has to log in again.
    let early = tokens_of(&client, &doorward.refresh(&next).await);
    doorward.clock.advance(HOUR * 24);
    assert!(!works(&early.access).await);
    let after = tokens_of(&client, &doorward.refresh(&early).await);
    assert!(works(&after.access).await);
    doorward.clock.set_back(HOUR * 24);
    assert!(works(&after.access).await, "and back");
    assert_eq!(doorward.refresh(&after).await.status, 200);
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

/// Secrets as they are, in hexadecimal digits and in Base64, without their prefixes: the 43 characters are the secret.
fn written_forms(secret: &str) -> [Vec<u8>; 3] {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
    let body = &secret.as_bytes()[secret.len() - 43..];
    let hexadecimal: String = body.iter().map(|byte| format!("{byte:02x}")).collect();
    // Of a text within a longer one, only whole groups of three bytes look the same.
    [body.to_vec(), hexadecimal.into_bytes(), STANDARD_NO_PAD.encode(&body[..42]).into_bytes()]
}

/// Which of these texts are in any file. All have the same length, so each file is read once.
fn found_in_files(folder: &std::path::Path, needles: &HashSet<Vec<u8>>) -> usize {
    let length = needles.iter().map(Vec::len).next().expect("needles");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let in_one = |path: PathBuf| match path.is_dir() {
        true => found_in_files(&path, needles),
        false => std::fs::read(&path).map_or(0, |bytes| bytes.windows(length).filter(|window| needles.contains(*window)).count()),
    };
    entries.map(in_one).sum()
}

async fn secrets_rest_nowhere(logins: usize) {
    let doorward = guarding().await;
    let mut secrets = vec![VERIFIER.to_owned()];
    for n in 0..logins {
        let client = doorward.register(&format!("app {n}")).await;
        let code = doorward.code(&client).await;
        let tokens = tokens_of(&client, &doorward.redeem(&client, &code).await);
        let next = tokens_of(&client, &doorward.refresh(&tokens).await);
        secrets.extend([code, tokens.access, tokens.refresh, next.access, next.refresh]);
    }
    let folder = doorward.folder.path();
    assert!(doorward_tests::doorward::any_file_contains(folder, REDIRECT.as_bytes()), "the search finds what is there");
    for form in 0..3 {
        let needles = secrets.iter().map(|secret| written_forms(secret)[form].clone()).collect();
        assert_eq!(found_in_files(folder, &needles), 0, "a secret is in a file, in form {form}");
    }
    // And the other search does as well.
    std::fs::write(folder.join("x"), &secrets[1]).expect("written");
    assert_eq!(found_in_files(folder, &secrets.iter().map(|secret| written_forms(secret)[0].clone()).collect()), 1);
}

#[tokio::test]
async fn x03_sec_f1_no_secret_rests_in_any_file() {
    secrets_rest_nowhere(5).await;
}

#[tokio::test]
#[ignore = "ten thousand secrets: make soak"]
async fn sec_f1_of_ten_thousand_secrets_none_rests_in_any_file() {
    secrets_rest_nowhere(2_000).await;
}
