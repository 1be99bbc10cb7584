//! Programs without a browser that poll for their answer (RFC 8628).

use std::{collections::BTreeSet, time::Duration};

use doorward_tests::{
    doorward::{Doorward, GENEROUS},
    endpoints::DEVICE_CODE,
    eventually,
    flow::{PING, REDIRECT, Tokens, tokens_of},
    http::Answer,
    person::Habit,
    upstream::Upstream,
};
use serde_json::{Value, json};

/// What a program without a browser was told.
struct Asked {
    client: String,
    code: String,
    answer: Value,
}

async fn guarding(habit: Habit) -> (Doorward, Upstream) {
    let upstream = Upstream::start().await;
    let doorward = Doorward::guarding(&upstream.url).await;
    doorward.person.from_now_on(habit);
    (doorward, upstream)
}

/// Registers as a program that has nowhere to be redirected to.
async fn register(doorward: &Doorward, name: &str) -> String {
    let metadata = json!({ "client_name": name, "grant_types": [DEVICE_CODE, "refresh_token"] });
    doorward.registered(&metadata).await["client_id"].as_str().expect("an id").to_owned()
}

async fn ask(doorward: &Doorward, name: &str) -> Asked {
    let client = register(doorward, name).await;
    let answer = doorward.post_pairs("/oauth/device_authorization", &[("client_id", &client)]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{answer:?}");
    let answer = answer.json();
    Asked { client, code: answer["device_code"].as_str().expect("a code").to_owned(), answer }
}

/// The same, once its question is open.
async fn ask_openly(doorward: &Doorward, name: &str) -> Asked {
    let asked = ask(doorward, name).await;
    eventually("the question", async || (!doorward.broker.queue().open().is_empty()).then_some(())).await;
    asked
}

async fn poll_as(doorward: &Doorward, client: &str, code: &str) -> Answer {
    doorward.post_pairs("/oauth/token", &[("grant_type", DEVICE_CODE), ("client_id", client), ("device_code", code)]).await
}

async fn poll(doorward: &Doorward, asked: &Asked) -> Answer {
    poll_as(doorward, &asked.client, &asked.code).await
}

/// Polls until the answer is another one than to wait.
async fn answer_to(doorward: &Doorward, asked: &Asked) -> Answer {
    eventually("an answer", async || {
        let answer = poll(doorward, asked).await;
        let waits = answer.status == 400 && ["authorization_pending", "slow_down"].contains(&answer.error().as_str());
        (!waits).then_some(answer)
    })
    .await
}

#[tokio::test]
async fn dev01_a_request_is_answered_with_both_codes_and_where_to_go() {
    let (doorward, _upstream) = guarding(Habit::Waits).await;
    let asked = ask_openly(&doorward, "CLI agent").await;
    let text = |member: &str| asked.answer[member].as_str().unwrap_or_else(|| panic!("no {member}")).to_owned();
    assert!(text("device_code").starts_with("dwd_"));
    assert_eq!(text("user_code").len(), 9);
    assert_eq!((asked.answer["expires_in"].as_u64(), asked.answer["interval"].as_u64()), (Some(300), Some(5)));
    assert_eq!(text("verification_uri"), doorward.url("/oauth/device"));
    let page = doorward.get("/oauth/device").await;
    assert_eq!((page.status, page.header("x-frame-options")), (200, Some("DENY")));
    assert!(!page.body.contains("<form") && !page.body.contains("<script") && !page.body.contains(&text("user_code")));
    assert_eq!(doorward.send("POST", "/oauth/device", &[], "").await.status, 405, "nothing on HTTP takes a code from a person");
    let metadata = doorward.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["device_authorization_endpoint"], doorward.url("/oauth/device_authorization"));
}

#[tokio::test]
async fn dev01_requests_that_cannot_be_understood_are_refused_without_a_question() {
    let (doorward, _upstream) = guarding(Habit::Waits).await;
    let client = register(&doorward, "x").await;
    let browser_only = doorward.register("y").await;
    let id = ("client_id", client.as_str());
    for (pairs, status, error) in [
        (vec![], 400, "invalid_request"),
        (vec![("client_id", "gone")], 401, "invalid_client"),
        (vec![("client_id", browser_only.as_str())], 400, "unauthorized_client"),
        (vec![id, ("scope", "a\"b")], 400, "invalid_scope"),
        (vec![id, ("scope", "a"), ("scope", "b")], 400, "invalid_request"),
        (vec![id, ("resource", "http://127.0.0.1:1/other")], 400, "invalid_target"),
    ] {
        let answer = doorward.post_pairs("/oauth/device_authorization", &pairs).await;
        assert_eq!((answer.status, answer.error().as_str()), (status, error), "{pairs:?}");
    }
    assert_eq!(doorward.get("/oauth/device_authorization").await.status, 405);
    doorward.broker.set_paused(true).await.expect("paused");
    assert_eq!(doorward.post_pairs("/oauth/device_authorization", &[id]).await.error(), "temporarily_unavailable");
    assert!(doorward.person.shown().is_empty());
}

#[tokio::test]
async fn dev02_polling_at_the_pace_is_pending_and_faster_is_slowed_down() {
    let (doorward, _upstream) = guarding(Habit::Waits).await;
    let asked = ask_openly(&doorward, "x").await;
    let wait = |seconds| doorward.clock.advance(Duration::from_secs(seconds));
    let said = async || poll(&doorward, &asked).await.error();
    assert_eq!(said().await, "authorization_pending", "the first poll may come at once");
    wait(5);
    assert_eq!(said().await, "authorization_pending");
    assert_eq!(said().await, "slow_down", "from now on ten seconds");
    wait(5);
    assert_eq!(said().await, "slow_down", "from now on fifteen");
    wait(15);
    let pending = poll(&doorward, &asked).await;
    assert_eq!((pending.status, pending.error().as_str()), (400, "authorization_pending"));
    assert_eq!(pending.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn dev02_what_a_person_allowed_is_fetched_once_and_works() {
    let (doorward, upstream) = guarding(Habit::Waits).await;
    let asked = ask_openly(&doorward, "x").await;
    assert_eq!(poll(&doorward, &asked).await.error(), "authorization_pending");
    assert!(doorward.broker.apps().await.expect("apps").is_empty());
    doorward.person.allow();
    let answer = answer_to(&doorward, &asked).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tokens: Tokens = tokens_of(&asked.client, &answer);
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 200);
    assert_eq!(upstream.seen().len(), 1);
    let next = tokens_of(&asked.client, &doorward.refresh(&tokens).await);
    assert_eq!(doorward.call(&next.access, PING).await.status, 200);
    assert_eq!(poll(&doorward, &asked).await.error(), "invalid_grant", "a code is used once");
    assert_eq!(doorward.call(&next.access, PING).await.status, 200);
    assert_eq!(doorward.broker.apps().await.expect("apps").len(), 1);
}

#[tokio::test]
async fn dev02_of_many_polls_at_once_one_gets_the_tokens() {
    let (doorward, _upstream) = guarding(Habit::Waits).await;
    let asked = ask_openly(&doorward, "x").await;
    doorward.person.allow();
    eventually("the answer arrived", async || doorward.broker.queue().open().is_empty().then_some(())).await;
    let mut given = 0;
    while given == 0 {
        let answers = futures_util::future::join_all((0..20).map(|_| poll(&doorward, &asked))).await;
        given = answers.iter().filter(|answer| answer.status == 200).count();
        assert!(given <= 1, "{given} polls got tokens");
    }
    assert_eq!(poll(&doorward, &asked).await.error(), "invalid_grant");
}

#[tokio::test]
async fn dev02_a_no_is_access_denied() {
    let (doorward, _upstream) = guarding(Habit::Denies).await;
    let asked = ask(&doorward, "x").await;
    let answer = answer_to(&doorward, &asked).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "access_denied"));
    assert_eq!(poll(&doorward, &asked).await.error(), "invalid_grant", "and the code is gone");
    eventually("the history says so", async || {
        let history = doorward.broker.history(5).await.expect("history");
        history.iter().any(|event| event.outcome == "denied").then_some(())
    })
    .await;
}

#[tokio::test]
async fn dev02_a_no_answers_the_same_question_again_for_a_moment() {
    let (doorward, _upstream) = guarding(Habit::Denies).await;
    let description = async |doorward: &Doorward| {
        let asked = ask(doorward, "CLI agent").await;
        answer_to(doorward, &asked).await.json()["error_description"].as_str().expect("text").to_owned()
    };
    assert_eq!(description(&doorward).await, "The user denied the request.");
    assert_eq!(description(&doorward).await, "The user denied the same request a moment ago.");
    assert_eq!(doorward.person.shown().len(), 1);
    doorward.clock.advance(Duration::from_secs(5));
    assert_eq!(description(&doorward).await, "The user denied the request.");
}

#[tokio::test]
async fn dev02_silence_and_a_late_poll_are_expired_token() {
    let doorward = Doorward::with(Habit::Waits, &format!("{GENEROUS}answer_seconds = 1\n")).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    let silent = ask(&doorward, "silent").await;
    assert_eq!(answer_to(&doorward, &silent).await.error(), "expired_token");

    let (doorward, _upstream) = guarding(Habit::Allows).await;
    let late = ask(&doorward, "late").await;
    eventually("the yes", async || (doorward.person.withdrawn().len() == 1).then_some(())).await;
    doorward.clock.advance(Duration::from_secs(300));
    assert_eq!(poll(&doorward, &late).await.error(), "expired_token", "a yes is not kept for ever");
    assert!(doorward.broker.apps().await.expect("apps").is_empty());
}

#[tokio::test]
async fn dev02_a_code_is_for_the_client_that_got_it() {
    let (doorward, _upstream) = guarding(Habit::Waits).await;
    let asked = ask_openly(&doorward, "x").await;
    let other = register(&doorward, "y").await;
    doorward.person.allow();
    eventually("the answer arrived", async || doorward.broker.queue().open().is_empty().then_some(())).await;
    for code in [asked.code.as_str(), &format!("dwd_{}", "A".repeat(43)), "x", asked.answer["user_code"].as_str().expect("a code")] {
        let answer = poll_as(&doorward, &other, code).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"), "{code}");
    }
    assert_eq!(answer_to(&doorward, &asked).await.status, 200, "nobody used it up");
    let browser_only = doorward.register("z").await;
    assert_eq!(poll_as(&doorward, &browser_only, &asked.code).await.error(), "unauthorized_client");
}

#[tokio::test]
async fn dev03_the_question_shows_the_code_and_only_the_code_says_yes_at_a_terminal() {
    let (doorward, _upstream) = guarding(Habit::Waits).await;
    let asked = ask_openly(&doorward, "CLI agent").await;
    let user_code = asked.answer["user_code"].as_str().expect("a code");
    let shown = doorward.person.shown().remove(0);
    assert_eq!(shown.kind, "device");
    assert_eq!(shown.user_code.as_ref().map(|code| code.as_str()), Some(user_code), "what the program shows, the question shows");
    assert_eq!((shown.number, shown.redirect_uri.as_str()), (None, ""));
    assert_eq!(shown.requester.program().map(|program| program.pid), Some(std::process::id()), "and which program asks");
    let lower = user_code.to_lowercase().replace('-', " ");
    assert!(shown.is_allowed_by(user_code) && shown.is_allowed_by(&lower));
    for reflex in ["", "y", "yes", "CLI agent", "everything", "BBBB-BBBB", &shown.id.to_string()] {
        assert!(!shown.is_allowed_by(reflex), "{reflex}");
    }
    assert!(!shown.text().contains(user_code) && !shown.hint().contains(user_code), "a terminal does not tell what is to be compared");
}

#[tokio::test]
async fn dev03_codes_are_not_guessed_and_questions_are_bounded() {
    let doorward = Doorward::with(Habit::Waits, "[limits]\nquestions_per_program = 3\nregistrations_per_program = 100\n").await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    let mut codes = BTreeSet::new();
    let mut asked = Vec::new();
    for n in 0..3 {
        let new = ask(&doorward, &format!("app {n}")).await;
        codes.insert(new.answer["user_code"].as_str().expect("a code").to_owned());
        eventually("asked", async || (doorward.broker.queue().open().len() == n + 1).then_some(())).await;
        asked.push(new);
    }
    assert_eq!(codes.len(), 3, "each its own");
    let more = register(&doorward, "one too many").await;
    let answer = doorward.post_pairs("/oauth/device_authorization", &[("client_id", &more)]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("5")), "{answer:?}");
    assert_eq!(doorward.person.shown().len(), 3);
}

#[tokio::test]
async fn dev04_a_program_without_redirects_may_register_and_never_gets_a_redirect() {
    let (doorward, _upstream) = guarding(Habit::Waits).await;
    let metadata = json!({ "client_name": "x", "grant_types": [DEVICE_CODE] });
    let client = doorward.registered(&metadata).await;
    for absent in ["redirect_uris", "response_types", "client_secret"] {
        assert!(client.get(absent).is_none(), "{absent}: {client}");
    }
    assert_eq!(client["grant_types"], json!([DEVICE_CODE]));
    let id = client["client_id"].as_str().expect("an id");
    let asked = doorward.get(&doorward.ask_target(id)).await;
    assert_eq!((asked.status, asked.header("location")), (400, None), "the browser way is not open to it");
    // It did not register for refresh tokens, so none comes.
    let answer = doorward.post_pairs("/oauth/device_authorization", &[("client_id", id)]).await.json();
    eventually("the question", async || (!doorward.broker.queue().open().is_empty()).then_some(())).await;
    doorward.person.allow();
    let asked = Asked { client: id.to_owned(), code: answer["device_code"].as_str().expect("a code").to_owned(), answer };
    let tokens = answer_to(&doorward, &asked).await.json();
    assert!(tokens["access_token"].is_string() && tokens.get("refresh_token").is_none(), "{tokens}");
    let both = json!({ "redirect_uris": [REDIRECT], "grant_types": ["authorization_code", DEVICE_CODE] });
    assert_eq!(doorward.registered(&both).await["redirect_uris"], json!([REDIRECT]));
}
