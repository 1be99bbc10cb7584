//! The code is bound to the program that waited for it: another one of the same user gets nothing, and a person hears of it.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use doorward_broker::{broker::AppView, consent::view::QuestionView};
use doorward_oauth::program::{Sighting, Signature};
use doorward_tests::{
    doorward::Doorward,
    eventually,
    flow::{VERIFIER, challenge, form, param, tokens_of},
    free_port,
    outside::SIGNED_BY,
    person::Habit,
    programs::Process,
};
use doorward_words::Said;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// A program that waits on a port, started by this one.
async fn listening(port: u16) -> Process {
    let mut python = Command::new("python3");
    python.args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    let process = Process::start(&mut python);
    eventually("it listens", async || TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
    process
}

/// A client with that redirect.
async fn registered(doorward: &Doorward, redirect: &str) -> String {
    let registration = json!({ "client_name": "Agent", "redirect_uris": [redirect] });
    let answer = doorward.post_json("/oauth/register", &registration.to_string()).await;
    answer.json()["client_id"].as_str().expect("an id").to_owned()
}

/// A client with that redirect, and the code that its answer brought there.
async fn code_to(doorward: &Doorward, redirect: &str) -> (String, String) {
    let client = registered(doorward, redirect).await;
    let ticket = doorward.get(&question(doorward, &client, redirect)).await.header("location").expect("a ticket").to_owned();
    let to = doorward.get(&ticket).await.header("location").expect("a redirect").to_owned();
    (client, param(&to, "code").expect("a code"))
}

/// Where the request of a client goes.
fn question(doorward: &Doorward, client: &str, redirect: &str) -> String {
    let (resource, challenge) = (doorward.url("/mcp/everything"), challenge(VERIFIER));
    let mut pairs = doorward.ask_pairs(client, &resource, "s", &challenge);
    pairs.retain(|(name, _)| *name != "redirect_uri");
    pairs.push(("redirect_uri", redirect));
    format!("/oauth/authorize?{}", form(&pairs))
}

fn redemption(client: &str, code: &str) -> String {
    form(&[("grant_type", "authorization_code"), ("client_id", client), ("code", code), ("code_verifier", VERIFIER)])
}

/// What `curl` prints, a program of its own.
async fn curl(arguments: &[&str]) -> String {
    let output = tokio::process::Command::new("curl").arg("-sS").args(arguments).output().await.expect("curl runs");
    String::from_utf8(output.stdout).expect("text")
}

/// What the token endpoint says to it.
async fn by_curl(doorward: &Doorward, body: &str, more: &[&str]) -> Value {
    let to = doorward.url("/oauth/token");
    let said = curl(&[&["-d", body, &to], more].concat()).await;
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

async fn app(doorward: &Doorward) -> AppView {
    doorward.broker.apps().await.expect("apps").remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn promise_6_another_program_than_the_one_that_waited_redeems_nothing() {
    let doorward = Doorward::guarding("http://127.0.0.1:9/").await;
    let port = free_port();
    let _python = listening(port).await;
    let (client, code) = code_to(&doorward, &format!("http://127.0.0.1:{port}/callback")).await;
    let body = redemption(&client, &code);
    for _ in 0..2 {
        let refused = by_curl(&doorward, &body, &[]).await;
        assert_eq!(refused["error"], "invalid_grant", "{refused}");
    }
    let said = doorward.person.noticed();
    assert_eq!(said.len(), 1, "told once: {said:?}");
    assert!(said[0].starts_with("curl tried to redeem the answer that http.server waited for."), "{said:?}");
    let history = doorward.broker.history(5).await.expect("history");
    assert!(history.iter().any(|event| event.outcome == "refused" && event.detail.to_string() == said[0]), "{history:?}");
    // Who started the one that waits is of its family, and nothing was lost by the attempts.
    let answer = doorward.post_form("/oauth/token", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    tokens_of(&client, &answer);
    let programs = app(&doorward).await.programs;
    let of = |part: &str| programs.iter().filter(|program| program.part == part).collect::<Vec<_>>();
    let own = std::env::current_exe().expect("a path").file_name().expect("a name").to_string_lossy().into_owned();
    for (part, name) in
        [("registered", own.as_str()), ("asked", &own), ("listened", "http.server"), ("redeemed", &own), ("refused", "curl")]
    {
        assert_eq!(of(part).len(), 1, "{part}: {programs:?}");
        assert_eq!(of(part)[0].name.as_deref(), Some(name), "{part}");
    }
    assert_eq!((of("refused")[0].times, of("redeemed")[0].times), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_known_from_another_program_is_said_to_be() {
    let doorward = Doorward::guarding("http://127.0.0.1:9/").await;
    let redirect = "http://127.0.0.1:9/callback";
    code_to(&doorward, redirect).await;
    assert_eq!(doorward.person.shown()[0].known_as, None, "nobody is known by that name");

    let registration = json!({ "client_name": "AGENT", "redirect_uris": [redirect] }).to_string();
    let said = curl(&["--json", &registration, &doorward.url("/oauth/register")]).await;
    let client = serde_json::from_str::<Value>(&said).expect("JSON")["client_id"].as_str().expect("an id").to_owned();
    let ticket = doorward.get(&question(&doorward, &client, redirect)).await.header("location").expect("a ticket").to_owned();
    doorward.get(&ticket).await;
    let shown = doorward.person.shown().pop().expect("a question");
    let own = std::env::current_exe().expect("a path").display().to_string();
    assert_eq!((shown.kind.as_str(), shown.known_as.as_deref()), ("connect", Some(own.as_str())));
    assert!(shown.typing.as_ref().is_some_and(|typing| typing.always));
    assert!(shown.text().contains(&format!("You know this name from another program: {own}")), "{}", shown.text());

    // What was allowed itself has its own name.
    code_to(&doorward, redirect).await;
    assert_eq!(doorward.person.shown().pop().expect("a question").known_as, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_d1_a_name_that_looks_like_a_known_one_is_said_to_and_the_number_is_typed() {
    let doorward = Doorward::guarding("http://127.0.0.1:9/").await;
    let redirect = "http://127.0.0.1:9/callback";
    for (name, like) in [("Claude Code", None), ("\u{421}laude Code (everything)", Some("Claude Code"))] {
        let registration = json!({ "client_name": name, "redirect_uris": [redirect] }).to_string();
        let answer = doorward.post_json("/oauth/register", &registration).await;
        let client = answer.json()["client_id"].as_str().expect("an id").to_owned();
        let ticket = doorward.get(&question(&doorward, &client, redirect)).await.header("location").expect("a ticket").to_owned();
        doorward.get(&ticket).await;
        let shown = doorward.person.shown().pop().expect("a question");
        assert_eq!(shown.looks_like.as_deref(), like, "{name}");
        assert!(shown.typing.as_ref().is_some_and(|typing| typing.always));
        assert_eq!(shown.text().contains("looks like Claude Code but is spelled"), like.is_some(), "{}", shown.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_system_says_late_is_shown_and_binds_the_code() {
    let doorward = Doorward::on_a_slow_computer(Habit::Waits, Duration::from_millis(600)).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:9/").await.expect("added");
    let port = free_port();
    let _python = listening(port).await;
    let redirect = format!("http://127.0.0.1:{port}/callback");
    let client = registered(&doorward, &redirect).await;
    let ticket = doorward.get(&question(&doorward, &client, &redirect)).await.header("location").expect("a ticket").to_owned();

    let person = async {
        let first = eventually("a question", async || doorward.person.shown().pop()).await;
        assert_eq!(first.listener, Sighting::cannot_tell(Said::plain("why-late")), "the question does not wait");
        assert!(first.typing.is_some_and(|typing| typing.always));
        let of_queue = || QuestionView::from(&doorward.broker.queue().open()[0]);
        let later = eventually("who waits", async || Some(of_queue()).filter(|question| question.listener.program().is_some())).await;
        assert_eq!(later.listener.program().map(|program| program.name.as_str()), Some("http.server"));
        assert!(later.requester.program().is_some());
        let signature = || of_queue().listener.program().map(|program| program.signature.clone());
        let signed = Signature::Signed { by: SIGNED_BY.to_owned() };
        eventually("its signature", async || (signature().as_ref() == Some(&signed)).then_some(())).await;
        doorward.person.allow();
    };
    let (answer, ()) = tokio::join!(doorward.get(&ticket), person);
    let code = param(answer.header("location").expect("a redirect"), "code").expect("a code");
    let refused = by_curl(&doorward, &redemption(&client, &code), &[]).await;
    assert_eq!(refused["error"], "invalid_grant", "bound to who waited: {refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn promise_6_what_the_one_that_waited_started_redeems() {
    let doorward = Doorward::guarding("http://127.0.0.1:9/").await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let (client, code) = code_to(&doorward, &format!("http://{}/callback", listener.local_addr().expect("bound"))).await;
    let given = by_curl(&doorward, &redemption(&client, &code), &[]).await;
    assert!(given["access_token"].is_string(), "{given}");
}

#[tokio::test(flavor = "multi_thread")]
async fn promise_6_guessing_programs_use_a_code_up() {
    let doorward = Doorward::guarding("http://127.0.0.1:9/").await;
    let port = free_port();
    let _python = listening(port).await;
    let (client, code) = code_to(&doorward, &format!("http://127.0.0.1:{port}/callback")).await;
    for _ in 0..5 {
        by_curl(&doorward, &redemption(&client, &code), &[]).await;
    }
    assert_eq!(doorward.post_form("/oauth/token", &redemption(&client, &code)).await.status, 400, "it is worth nothing any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn promise_6_a_page_of_the_one_that_waited_redeems_in_the_browser_that_brought_the_code() {
    let port = free_port();
    let page = format!("http://127.0.0.1:{port}");
    let doorward = Doorward::with(doorward_tests::person::Habit::Allows, &format!("allowed_origins = [\"{page}\"]\n")).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:9/").await.expect("added");
    let _python = listening(port).await;
    let redirect = format!("{page}/callback");
    let client = registered(&doorward, &redirect).await;
    // The browser is curl, which is no relative of the program that serves the page.
    let location = ["-o", "/dev/null", "-w", "%{redirect_url}"];
    let ticket = curl(&[&location[..], &[&doorward.url(&question(&doorward, &client, &redirect))]].concat()).await;
    let to = curl(&[&location[..], &[&ticket]].concat()).await;
    let body = redemption(&client, &param(&to, "code").expect("a code"));
    let refused = by_curl(&doorward, &body, &[]).await;
    assert_eq!(refused["error"], "invalid_grant", "it does not come from the page: {refused}");
    let given = by_curl(&doorward, &body, &["-H", &format!("Origin: {page}")]).await;
    assert!(given["access_token"].is_string(), "{given}");
}
