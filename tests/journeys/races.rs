//! Many at once: codes, refreshes and revocations that race each other, and answers that must not be mixed up.
//! Each has a small number here and the full one in `make soak`.

use std::{collections::BTreeSet, time::Duration};

use doorward_tests::{
    doorward::{Doorward, GENEROUS},
    flow::{PING, REDIRECT, Tokens, VERIFIER, challenge, form, param, tokens_of},
    http::{Answer, Line, request},
    person::Habit,
    upstream::Upstream,
};
use futures_util::future::join_all;

/// With room for everybody at once: a connection past the bound would be closed without an answer.
async fn guarding() -> Doorward {
    let limits = format!("{GENEROUS}connections = 2000\n");
    let doorward = Doorward::with(Habit::Allows, &limits).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    doorward
}

/// One code in many hands: one of them gets tokens. All of them know the verifier, so the others are a replay, which takes
/// back what the code gave (TK-08): the client starts again, and no copy of the code is worth anything.
async fn redeem_at_once(rounds: u32, hands: u32) {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    for _ in 0..rounds {
        let code = doorward.code(&client).await;
        let answers = join_all((0..hands).map(|_| doorward.redeem(&client, &code))).await;
        let (winners, losers): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(winners.len(), 1);
        let odd = losers.iter().find(|answer| answer.status != 400 || answer.error() != "invalid_grant");
        assert!(odd.is_none(), "{odd:?}");
        let tokens = tokens_of(&client, &winners[0]);
        assert_eq!(doorward.call(&tokens.access, PING).await.status, 401);
        assert_eq!(doorward.refresh(&tokens).await.error(), "invalid_grant");
    }
    let again = doorward.tokens("x").await;
    assert_eq!(doorward.refresh(&again).await.status, 200, "the client starts again");
}

#[tokio::test]
async fn tk12_sec_x1_of_many_parallel_redemptions_exactly_one_wins() {
    redeem_at_once(2, 200).await;
}

#[tokio::test]
#[ignore = "a hundred rounds: make soak"]
async fn tk12_sec_x1_in_a_hundred_rounds_exactly_one_wins() {
    redeem_at_once(100, 200).await;
}

#[tokio::test]
async fn sec_x2_bystanders_who_saw_the_code_take_nothing_back_however_many_they_are() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let code = doorward.code(&client).await;
    let guess = |n: u32| {
        let verifier = format!("{n:043}");
        form(&[("grant_type", "authorization_code"), ("client_id", &client), ("code", &code), ("code_verifier", &verifier)])
    };
    let tokens = tokens_of(&client, &doorward.redeem(&client, &code).await);
    let guesses: Vec<String> = (0..50).map(guess).collect();
    let answers = join_all(guesses.iter().map(|body| doorward.post_form("/oauth/token", body))).await;
    assert!(answers.iter().all(|answer| answer.status == 400 && answer.error() == "invalid_grant"));
    assert_eq!(doorward.refresh(&tokens).await.status, 200);
}

/// One refresh token in many sessions of one program: all get the same successor, and there is one live chain.
async fn refresh_at_once(rounds: u32, sessions: u32) {
    let doorward = guarding().await;
    let mut tokens = doorward.tokens("Gemini CLI MCP Client").await;
    for _ in 0..rounds {
        let answers = join_all((0..sessions).map(|_| doorward.refresh(&tokens))).await;
        let given: Vec<Tokens> = answers.iter().map(|answer| tokens_of(&tokens.client, answer)).collect();
        let successors: BTreeSet<&str> = given.iter().map(|tokens| tokens.refresh.as_str()).collect();
        assert_eq!(successors.len(), 1, "one live chain");
        let access: BTreeSet<&str> = given.iter().map(|tokens| tokens.access.as_str()).collect();
        assert_eq!(access.len(), given.len(), "each session has an access token of its own");
        assert!(!successors.contains(tokens.refresh.as_str()));
        // 502: it passed the guard, and nobody listens behind it.
        assert_eq!(doorward.call(&given[0].access, PING).await.status, 502);
        tokens = given[0].clone();
    }
    assert_eq!(doorward.refresh(&tokens).await.status, 200);
}

#[tokio::test]
async fn rt01_rt02_a_refresh_rotates_and_racing_sessions_get_the_same_successor() {
    refresh_at_once(3, 50).await;
}

#[tokio::test]
#[ignore = "a hundred rounds: make soak"]
async fn rt02_sec_x3_in_a_hundred_rounds_there_is_one_live_chain() {
    refresh_at_once(100, 200).await;
}

/// Tokens whose program is proven to be this test: it listens where the code goes.
async fn proven(doorward: &Doorward, name: &str) -> Tokens {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let redirect = format!("http://127.0.0.1:{}/callback", listener.local_addr().expect("bound").port());
    let client = doorward.register(name).await;
    let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
    let mut pairs = doorward.ask_pairs(&client, &resource, "s", &challenge);
    pairs.iter_mut().filter(|(name, _)| *name == "redirect_uri").for_each(|pair| pair.1 = &redirect);
    let ticket = doorward.get(&format!("/oauth/authorize?{}", form(&pairs))).await.header("location").expect("a ticket").to_owned();
    let to = doorward.get(&ticket).await.header("location").expect("a redirect").to_owned();
    let code = param(&to, "code").expect("a code");
    let redeem = [("grant_type", "authorization_code"), ("client_id", client.as_str()), ("code", &code), ("code_verifier", VERIFIER)];
    tokens_of(&client, &doorward.post_form("/oauth/token", &form(&redeem)).await)
}

#[tokio::test]
async fn rt02_after_a_race_a_late_session_of_the_program_is_refused_alone_and_a_thief_ends_the_family() {
    let doorward = guarding().await;
    let (first, other) = (proven(&doorward, "Claude Code").await, proven(&doorward, "Codex").await);
    let answers = join_all((0..10).map(|_| doorward.refresh(&first))).await;
    let second = tokens_of(&first.client, &answers[0]);
    let elsewhere = tokens_of(&other.client, &doorward.refresh(&other).await);
    doorward.clock.advance(Duration::from_secs(61));
    let late = join_all((0..10).map(|_| doorward.refresh(&first))).await;
    assert!(late.iter().all(|answer| answer.error() == "invalid_grant"), "late is late");
    let third = tokens_of(&first.client, &doorward.refresh(&second).await);
    // Another program has a copy.
    assert_eq!(refreshed_by_curl(&doorward, &first).await["error"], "invalid_grant");
    assert_eq!(doorward.refresh(&third).await.error(), "invalid_grant", "the family is gone");
    assert_eq!(doorward.call(&third.access, PING).await.status, 401);
    let history = doorward.broker.history(10).await.expect("history");
    assert!(history.iter().any(|event| event.outcome == "disconnected" && event.detail.to_string().contains("another program")));
    assert_eq!(doorward.refresh(&elsewhere).await.status, 200, "and no other");
}

/// What another program than this one gets for a refresh token.
async fn refreshed_by_curl(doorward: &Doorward, tokens: &Tokens) -> serde_json::Value {
    let copy = form(&[("grant_type", "refresh_token"), ("client_id", &tokens.client), ("refresh_token", &tokens.refresh)]);
    let curl = ["--silent", "--data", &copy, &doorward.url("/oauth/token")].map(str::to_owned);
    let output = tokio::process::Command::new("curl").args(curl).output().await.expect("curl");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Within the grace nobody looks at programs: a copy gives what the racing sessions of the owner get, and no chain of its own.
#[tokio::test(flavor = "multi_thread")]
async fn rt02_sec_x3_a_copy_within_the_grace_gets_the_same_successor_and_no_chain_of_its_own() {
    let doorward = guarding().await;
    let first = proven(&doorward, "Claude Code").await;
    let second = tokens_of(&first.client, &doorward.refresh(&first).await);
    doorward.clock.advance(Duration::from_secs(58));
    let copied = refreshed_by_curl(&doorward, &first).await;
    assert_eq!(copied["refresh_token"], second.refresh.as_str(), "one live chain");
    assert_ne!(copied["access_token"], second.access.as_str());
    // The owner goes on: from then on the copy is refused, and whoever sends it ends the family.
    let third = tokens_of(&first.client, &doorward.refresh(&second).await);
    assert_eq!(refreshed_by_curl(&doorward, &first).await["error"], "invalid_grant", "the successor was used: the grace is over");
    assert_eq!(doorward.refresh(&third).await.error(), "invalid_grant", "a thief was noticed");
    for access in [&third.access, copied["access_token"].as_str().expect("a token")] {
        assert_eq!(doorward.call(access, PING).await.status, 401, "and nothing of it works");
    }
    let history = doorward.broker.history(10).await.expect("history");
    assert!(history.iter().any(|event| event.outcome == "disconnected" && event.detail.to_string().contains("another program")));
}

/// After 200 to a revocation nothing of the grant works, whatever was in flight.
async fn revoke_beats_refresh(rounds: u32, each: usize) {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    for round in 0..rounds {
        let code = doorward.code(&client).await;
        let tokens = tokens_of(&client, &doorward.redeem(&client, &code).await);
        let revoke = form(&[("client_id", &client), ("token", &tokens.refresh)]);
        // Each round gives the refreshes another start.
        let head_start = each * (round as usize % 5) / 5;
        let refreshes = |n: usize| join_all((0..n).map(|_| doorward.refresh(&tokens)));
        let early = async { refreshes(head_start).await };
        let rest = async { refreshes(each - head_start).await };
        let revokes = join_all((0..each).map(|_| doorward.post_form("/oauth/revoke", &revoke)));
        let (early, revoked, rest) = tokio::join!(early, revokes, rest);
        assert!(revoked.iter().all(|answer| answer.status == 200));
        let given: Vec<Tokens> =
            early.iter().chain(&rest).filter(|answer| answer.status == 200).map(|answer| tokens_of(&client, answer)).collect();
        let refused = early.iter().chain(&rest).filter(|answer| answer.status != 200);
        assert!(refused.clone().all(|answer| answer.error() == "invalid_grant"));
        for tokens in given.iter().chain([&tokens]) {
            assert_eq!(doorward.call(&tokens.access, PING).await.status, 401, "round {round}");
        }
        for tokens in given.last().into_iter().chain([&tokens]) {
            assert_eq!(doorward.refresh(tokens).await.error(), "invalid_grant", "round {round}");
        }
    }
}

#[tokio::test]
async fn sec_x4_revoking_beats_every_refresh_in_flight() {
    revoke_beats_refresh(5, 20).await;
}

#[tokio::test]
#[ignore = "fifty rounds: make soak"]
async fn sec_x4_in_fifty_rounds_no_token_survives_its_revocation() {
    revoke_beats_refresh(50, 100).await;
}

/// Each client sends what only it knows, on a connection of its own, and gets that back and nothing else.
async fn answers_stay_apart(clients: usize, requests: usize) {
    let upstream = Upstream::start().await;
    let doorward = Doorward::guarding(&upstream.url).await;
    let tokens = doorward.tokens("x").await;
    let (resource, challenge, host) = (doorward.url("/mcp/everything"), challenge(VERIFIER), doorward.host());
    let ask = |number: usize| {
        let (doorward, tokens, resource, challenge, host) = (&doorward, &tokens, &resource, &challenge, &host);
        async move {
            let mut line = Line::to(doorward.address()).await;
            for n in 0..requests {
                let nonce = format!("nonce-{number}-{n}-");
                if n % 2 == 0 {
                    let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":\"{nonce}\",\"method\":\"ping\"}}");
                    let headers = ["Content-Type: application/json", &format!("Authorization: Bearer {}", tokens.access)];
                    let answer = line.send(&request("POST", "/mcp/everything", host, &headers, &body)).await;
                    assert_eq!((answer.status, answer.body.as_str()), (200, body.as_str()));
                } else {
                    let mut pairs = doorward.ask_pairs(&tokens.client, resource, &nonce, challenge);
                    pairs.push(("prompt", "none"));
                    let answer = line.send(&request("GET", &format!("/oauth/authorize?{}", form(&pairs)), host, &[], "")).await;
                    let to = answer.header("location").expect("a redirect");
                    assert!(to.starts_with(REDIRECT) && param(to, "error").as_deref() == Some("interaction_required"), "{to}");
                    assert_eq!(param(to, "state"), Some(nonce));
                }
            }
        }
    };
    join_all((0..clients).map(ask)).await;
    assert_eq!(upstream.seen().len(), clients * requests.div_ceil(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_x6_answers_never_cross_connections() {
    answers_stay_apart(64, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "64 clients with 5,000 requests each: make soak"]
async fn sec_x6_in_three_hundred_thousand_answers_none_crosses() {
    answers_stay_apart(64, 5_000).await;
}
