//! Several questions: going from one to another.

use std::time::{Duration, Instant};

use doorward_tests::{caller::Caller, eventually};

use crate::driven::Driven;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_goes_from_question_to_question_and_loses_none() {
    let desktop = Driven::start().await;
    let mut asked = Vec::new();
    for name in ["First", "Second", "Third"] {
        asked.push(Caller::register(desktop.desk.port, name).await.ask().await);
    }
    let window = desktop.look_at_consent().await;
    window.focus();
    let shows = async |name: &str, place: &str| {
        desktop.until_text("#sentence", &format!("\u{201c}{name}\u{201d} wants to use everything")).await;
        desktop.until_text("#count", &format!("{place} of 3")).await;
    };
    shows("First", "1").await;
    assert!(!desktop.is_enabled("#before").await, "there is none before the first");
    desktop.until_enabled("#allow").await;
    let moved = Instant::now();
    desktop.press("#after").await;
    shows("Second", "2").await;
    desktop.until_enabled("#allow").await;
    assert!(moved.elapsed() >= Duration::from_millis(700), "the pause begins anew with each question");
    window.key("alt+Right");
    shows("Third", "3").await;
    assert!(!desktop.is_enabled("#after").await, "there is none after the last");
    window.key("alt+Left");
    shows("Second", "2").await;
    assert_eq!(desktop.desk.requests().len(), 3, "nothing was answered");

    // The letter of Later, and the question that was put off is still reached.
    desktop.until_enabled("#later").await;
    window.key("alt+l");
    shows("First", "1").await;
    desktop.press("#after").await;
    shows("Second", "2").await;
    eventually("all of them wait", async || asked.iter().all(|asked| asked.waits()).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_app_asks_comes_one_after_the_other() {
    let desktop = Driven::start().await;
    let mut asked = Vec::new();
    for name in ["First", "Second", "Third", "First", "Second"] {
        asked.push(Caller::register(desktop.desk.port, name).await.ask().await);
    }
    desktop.look_at_consent().await.focus();
    // The place is that in the row of all Apps, of which the one whose question is the oldest is the first.
    for (name, place) in [("First", "1 of 5"), ("First", "4 of 4"), ("Second", "1 of 3"), ("Second", "2 of 2")] {
        desktop.until_text("#count", place).await;
        desktop.until_text("#sentence", &format!("\u{201c}{name}\u{201d} wants to use everything")).await;
        desktop.until_enabled("#allow").await;
        desktop.press("#allow").await;
    }
    desktop.until_text("#sentence", "\u{201c}Third\u{201d} wants to use everything").await;
    assert_eq!(desktop.desk.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_letter_of_allow_leads_to_it_and_does_not_press_it() {
    let desktop = Driven::start().await;
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    let window = desktop.look_at_consent().await;
    window.focus();
    desktop.until_enabled("#allow").await;
    window.key("alt+a");
    eventually("Allow has the focus", async || (desktop.script("return document.activeElement.id").await == "allow").then_some(())).await;
    assert!(asked.waits(), "it was not pressed");
    window.key("Return");
    asked.sent_to().await;
}
