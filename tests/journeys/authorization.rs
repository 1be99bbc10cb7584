//! Asking (OAuth 2.1 §4.1), up to the answer.

use doorward_tests::{
    doorward::Doorward,
    eventually,
    flow::{REDIRECT, VERIFIER, challenge, form, param},
    person::Habit,
};

async fn guarding() -> Doorward {
    Doorward::guarding("http://127.0.0.1:1/mcp").await
}

/// Sends a request that differs in one parameter from a sound one.
async fn asked_with(doorward: &Doorward, client: &str, name: &str, value: Option<&str>) -> doorward_tests::http::Answer {
    let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
    let mut pairs = doorward.ask_pairs(client, &resource, "s", &challenge);
    pairs.retain(|(n, _)| *n != name);
    let mut query = form(&pairs);
    if let Some(value) = value {
        query.push_str(&format!("&{name}={value}"));
    }
    doorward.get(&format!("/oauth/authorize?{query}")).await
}

#[tokio::test]
async fn az11_allow_sends_code_state_and_iss_to_the_redirect() {
    let doorward = guarding().await;
    let client = doorward.register("Claude Code").await;
    let to = doorward.ask(&client).await;
    assert!(to.starts_with(&format!("{REDIRECT}?code=dwc_")), "{to}");
    assert_eq!(param(&to, "state").as_deref(), Some("state-1"));
    assert_eq!(param(&to, "iss"), Some(doorward.url("")));
    let shown = doorward.person.shown();
    assert_eq!(
        (shown[0].client_name.as_deref(), shown[0].server.as_str(), shown[0].kind.as_str()),
        (Some("Claude Code"), "everything", "connect")
    );
    assert_eq!(shown[0].destination.to_string(), "127.0.0.1:51000");
    let me = std::process::id();
    assert_eq!(shown[0].requester.program().map(|program| program.pid), Some(me), "this test asks");
    assert_eq!(shown[0].registrant.program().map(|program| program.pid), Some(me), "and registered");
}

#[tokio::test]
async fn az12_deny_is_access_denied_and_says_so() {
    let doorward = guarding().await;
    doorward.person.from_now_on(Habit::Denies);
    let client = doorward.register("Denied").await;
    let to = doorward.ask(&client).await;
    assert_eq!(param(&to, "error").as_deref(), Some("access_denied"));
    assert!(to.contains("error_description=The%20user%20denied"), "blanks are %20: {to}");
    assert_eq!((param(&to, "state").as_deref(), param(&to, "iss")), (Some("state-1"), Some(doorward.url(""))));
}

#[tokio::test]
async fn az12_an_answer_that_cannot_be_written_down_is_a_server_error_at_the_redirect() {
    let doorward = guarding().await;
    let client = doorward.register("Agent").await;
    let database = rusqlite::Connection::open(doorward.database()).expect("opens");
    database.execute_batch("ALTER TABLE codes RENAME TO gone").expect("a damage that shows when a code is written");
    let to = doorward.ask(&client).await;
    assert_eq!((param(&to, "error").as_deref(), param(&to, "state").as_deref()), (Some("server_error"), Some("state-1")), "{to}");
    assert_eq!(param(&to, "iss"), Some(doorward.url("")));
    assert!(doorward.broker.apps().await.expect("reads").is_empty(), "nothing was given");
    database.execute_batch("ALTER TABLE gone RENAME TO codes").expect("mended");
    assert!(param(&doorward.ask(&client).await, "code").is_some(), "and nothing was lost");
}

#[tokio::test]
async fn az03_an_unknown_client_or_redirect_gets_a_page_and_no_location() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    for answer in [
        asked_with(&doorward, "unknown", "scope", None).await,
        asked_with(&doorward, &client, "client_id", None).await,
        asked_with(&doorward, &client, "redirect_uri", Some("http://evil.test/")).await,
        asked_with(&doorward, &client, "redirect_uri", Some("http://127.0.0.1:51000/other")).await,
        asked_with(&doorward, &client, "redirect_uri", Some("a&redirect_uri=b")).await,
    ] {
        assert_eq!((answer.status, answer.header("location")), (400, None), "{answer:?}");
        assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    }
}

#[tokio::test]
async fn az06_missing_or_plain_pkce_is_refused_by_redirect_without_a_question() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    for (name, value) in [
        ("code_challenge", None),
        ("code_challenge", Some("short")),
        ("code_challenge_method", None),
        ("code_challenge_method", Some("plain")),
    ] {
        let answer = asked_with(&doorward, &client, name, value).await;
        let to = answer.header("location").expect("a redirect");
        assert!(to.starts_with(REDIRECT));
        assert_eq!(param(to, "error").as_deref(), Some("invalid_request"), "{name} {value:?}");
        assert!(param(to, "iss").is_some(), "errors carry iss too (RFC 9207)");
    }
    assert!(doorward.person.shown().is_empty());
}

#[tokio::test]
async fn az02_a_repeated_parameter_is_refused() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let answer = asked_with(&doorward, &client, "scope", Some("a&scope=b")).await;
    assert_eq!(param(answer.header("location").expect("a redirect"), "error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn az09_an_unknown_resource_is_invalid_target_and_a_missing_one_means_the_only_server() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let answer = asked_with(&doorward, &client, "resource", Some("http://127.0.0.1:1/mcp/everything")).await;
    assert_eq!(param(answer.header("location").expect("a redirect"), "error").as_deref(), Some("invalid_target"));
    let answer = asked_with(&doorward, &client, "resource", None).await;
    assert!(answer.header("location").expect("a ticket").starts_with("/oauth/authorize/wait/dwt_"));
}

#[tokio::test]
async fn az04_any_port_of_a_loopback_redirect_is_the_same_redirect() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let answer = asked_with(&doorward, &client, "redirect_uri", Some("http%3A%2F%2F127.0.0.1%3A61999%2Fcallback")).await;
    let ticket = answer.header("location").expect("a ticket").to_owned();
    let to = doorward.get(&ticket).await;
    assert!(to.header("location").expect("a redirect").starts_with("http://127.0.0.1:61999/callback?code="));
}

#[tokio::test]
async fn az14_prompt_none_never_gets_a_code() {
    let doorward = guarding().await;
    let tokens = doorward.tokens("Known").await;
    let answer = asked_with(&doorward, &tokens.client, "prompt", Some("none")).await;
    assert_eq!(param(answer.header("location").expect("a redirect"), "error").as_deref(), Some("interaction_required"));
}

#[tokio::test]
async fn az14_a_known_app_is_asked_again_as_a_reconnection() {
    let doorward = guarding().await;
    doorward.tokens("Claude Code").await;
    doorward.tokens("Claude Code").await;
    let kinds: Vec<String> = doorward.person.shown().into_iter().map(|question| question.kind).collect();
    assert_eq!(kinds, ["connect", "reconnect"], "another registration of the same program is the same App");
    assert_eq!(doorward.broker.apps().await.expect("apps").len(), 1);
}

#[tokio::test]
async fn sec_b4_frames_scripts_and_head_never_raise_a_question() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let ticket = doorward.ticket(&client).await;
    for headers in [
        ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe", "Sec-Fetch-Site: cross-site"],
        ["Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image", "Sec-Fetch-Site: cross-site"],
        ["Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: same-origin"],
        ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Purpose: prefetch"],
    ] {
        assert_eq!(doorward.send("GET", &ticket, &headers, "").await.status, 403, "{headers:?}");
    }
    assert_eq!(doorward.send("HEAD", &ticket, &[], "").await.status, 405);
    assert_eq!(doorward.send("POST", &ticket, &[], "").await.status, 405);
    assert!(doorward.person.shown().is_empty());
}

#[tokio::test]
async fn while_paused_nothing_is_asked() {
    let doorward = guarding().await;
    let client = doorward.register("x").await;
    doorward.broker.set_paused(true).await.expect("paused");
    let answer = asked_with(&doorward, &client, "scope", None).await;
    assert_eq!(param(answer.header("location").expect("a redirect"), "error").as_deref(), Some("temporarily_unavailable"));
    assert!(doorward.person.shown().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_user_on_the_redirect_port_is_never_given_an_answer() {
    // Needs root to become somebody else.
    let port = doorward_tests::free_port();
    let listen =
        format!("import socket,time\ns=socket.socket()\ns.bind(('127.0.0.1',{port}))\ns.listen()\nprint('up',flush=True)\ntime.sleep(60)");
    let mut foreign = crate::session::as_another_user(&["/usr/bin/python3", "-c", &listen]);
    let mut child = doorward_tests::programs::Process::start(foreign.stdout(std::process::Stdio::piped()));
    let mut up = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.0.stdout.take().expect("piped")), &mut up).expect("reads");
    assert_eq!(up.trim(), "up");

    let doorward = guarding().await;
    let client = doorward.register("x").await;
    let answer = asked_with(&doorward, &client, "redirect_uri", Some(&format!("http%3A%2F%2F127.0.0.1%3A{port}%2Fcallback"))).await;
    let ticket = answer.header("location").expect("a ticket").to_owned();
    let answered = doorward.get(&ticket).await;
    let to = answered.header("location").expect("a redirect").to_owned();
    assert_eq!(param(&to, "error").as_deref(), Some("access_denied"), "{to}");
    assert!(doorward.person.shown().is_empty(), "there was nothing to allow");
    eventually("the refusal in the history", async || {
        let history = doorward.broker.history(5).await.expect("history");
        history.iter().any(|event| event.outcome == "refused").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_no_answers_the_same_question_again_for_a_moment() {
    let doorward = Doorward::guarding("http://127.0.0.1:1/mcp").await;
    doorward.person.from_now_on(Habit::Denies);
    let ask = async |name: &str| {
        let client = doorward.register(name).await;
        param(&doorward.ask(&client).await, "error_description").expect("an error")
    };
    assert_eq!(ask("Codex").await, "The user denied the request.");
    assert_eq!(ask("Codex").await, "The user denied the same request a moment ago.");
    assert_eq!(doorward.person.shown().len(), 1);
    assert_eq!(ask("Another").await, "The user denied the request.");
    doorward.clock.advance(std::time::Duration::from_secs(5));
    assert_eq!(ask("Codex").await, "The user denied the request.");
    assert_eq!(doorward.person.shown().len(), 3);
}
