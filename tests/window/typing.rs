//! Where looking is not enough, what the browser tab or the program shows is typed.

use doorward_tests::{
    caller::{BROWSER, Caller},
    eventually,
    flow::param,
    http,
    screen::CONSENT,
    upstream::Upstream,
};
use serde_json::json;

use crate::driven::Driven;

const WRONG: &str = "That is not what is shown there. Nothing was given.";

/// Whether a number can be typed, and whether one is shown.
async fn row(desktop: &Driven) -> (bool, bool) {
    let shows = async |css: &str| desktop.text(css).await.is_some_and(|text| !text.is_empty());
    (shows("#typed-label").await, shows("#number").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_is_typed_when_another_program_waits_than_the_one_that_registered() {
    let desktop = Driven::start().await;
    let caller = Caller::register_through_curl(desktop.desk.port, "Journey").await;
    let ticket = caller.ticket(&BROWSER).await;
    let page = caller.get(&ticket, &BROWSER).await;
    let number = page.body.split_once("<strong>").and_then(|(_, rest)| rest.split_once("</strong>")).expect("a number").0.to_owned();
    let next = page.body.split_once("1;url=").and_then(|(_, rest)| rest.split_once('"')).expect("a page that goes on").0.to_owned();
    let mut held = caller.hold(&next, &BROWSER).await;
    let window = desktop.look_at_consent().await;
    window.focus();
    assert_eq!(row(&desktop).await, (true, false), "what is typed is read off the tab and not off the window");
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    assert!(!desktop.is_enabled("#allow").await, "nothing is typed yet");
    let wrong = if number == "10" { "11" } else { "10" };
    desktop.fill("#typed", wrong).await;
    desktop.press("#allow").await;
    desktop.until_text("#error", WRONG).await;
    assert_eq!((desktop.value("#typed").await.as_str(), desktop.desk.requests().len()), ("", 1), "it still waits");
    desktop.fill("#typed", &number).await;
    desktop.press("#allow").await;
    let to = http::read_answer(&mut held).await.header("location").expect("a redirect").to_owned();
    assert!(param(&to, "code").is_some(), "{to}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_shows_a_number_the_place_of_the_answer_is_typed() {
    let desktop = Driven::start().await;
    let caller = Caller::register_through_curl(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    let window = desktop.look_at_consent().await;
    window.focus();
    desktop.until_text("#typed-label", "Type where the answer goes, as shown above").await;
    // The page cannot leave it out.
    let id = desktop.desk.requests()[0].id;
    let allow = json!({ "id": id, "decision": { "allow": {} }, "typed": null });
    assert_eq!(desktop.invoke("consent_answer", allow).await, Err(WRONG.to_owned()));
    desktop.fill("#typed", &caller.place()).await;
    desktop.press("#allow").await;
    assert!(param(&asked.sent_to().await, "code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_runs_things_is_not_ticked_by_the_way() {
    let upstream = Upstream::start().await;
    upstream.lists(&[
        json!({ "name": "read_file", "annotations": { "readOnlyHint": true } }),
        json!({ "name": "delete_file", "annotations": { "destructiveHint": true } }),
    ]);
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", &format!("{}/tools", upstream.url));
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    desktop.look_at_consent().await.focus();
    desktop.until_enabled("#allow").await;
    assert_eq!(row(&desktop).await, (false, false), "the same program, and only looking");
    desktop.press("#group-run").await;
    eventually("something is to be typed", async || (row(&desktop).await == (true, false)).then_some(())).await;
    assert!(!desktop.is_enabled("#allow").await);
    desktop.press("#group-run").await;
    desktop.until_enabled("#allow").await;
    desktop.press("#group-run").await;
    desktop.fill("#typed", &caller.place()).await;
    desktop.press("#allow").await;
    assert!(param(&asked.sent_to().await, "code").is_some());
    desktop.desk.off_screen(CONSENT).await;
    // Signing in again, with what it has, nothing is typed.
    let asked = caller.ask().await;
    desktop.look_at_consent().await.focus();
    desktop.press("#allow").await;
    assert!(param(&asked.sent_to().await, "code").is_some());
}
