//! A program that asks and asks is not heard for a while, and everything can be stopped at once.

use std::time::Duration;

use doorward_broker::consent::PromptId;
use doorward_oauth::consent::{After, ConsentDecision, Denial};
use doorward_tests::{
    doorward::{Doorward, GENEROUS},
    eventually,
    flow::{PING, param},
    http::Answer,
    person::Habit,
};

async fn with(habit: Habit) -> Doorward {
    let doorward = Doorward::with(habit, "[limits]\nregistrations_per_program = 1000\nquestions_per_program = 50\n").await;
    doorward.broker.add_server("everything", "http://127.0.0.1:9/").await.expect("added");
    doorward
}

/// What a new client of that name is told.
async fn asks(doorward: &Doorward, name: &str) -> Answer {
    let client = doorward.register(name).await;
    let ticket = doorward.ticket(&client).await;
    doorward.get(&ticket).await
}

fn error(answer: &Answer) -> Option<String> {
    param(answer.header("location").expect("a redirect"), "error")
}

#[tokio::test]
async fn after_three_denials_a_program_is_not_asked_about_under_any_name() {
    let doorward = with(Habit::Denies).await;
    for name in ["One", "Two", "Three"] {
        assert_eq!(error(&asks(&doorward, name).await).as_deref(), Some("access_denied"));
    }
    doorward.person.from_now_on(Habit::Allows);
    let answer = asks(&doorward, "Four").await;
    assert_eq!(error(&answer).as_deref(), Some("access_denied"), "muted");
    assert!(answer.header("location").expect("a redirect").contains("muted"), "{answer:?}");
    assert_eq!(doorward.person.shown().len(), 3);
    let said = doorward.person.noticed();
    assert!(said.len() == 1 && said[0].ends_with("asked again and again. Doorward does not ask you about it for 5 minutes."), "{said:?}");
    let muted = doorward.broker.queue().muted();
    assert_eq!(muted.len(), 1);
    // By itself after a while, or by hand.
    assert!(doorward.broker.queue().unmute(&muted[0].program));
    assert_eq!(error(&asks(&doorward, "Five").await), None, "allowed");
    let history = eventually("the history", async || {
        let history = doorward.broker.history(9).await.expect("history");
        (history.len() == 5).then_some(history)
    })
    .await;
    assert!(history[1].outcome == "refused" && history[1].detail.to_string().contains("muted"), "{history:?}");
}

#[tokio::test]
async fn a_mute_ends_by_itself() {
    let doorward = with(Habit::Says(ConsentDecision::Deny(Denial { reason: None, after: After::Mute }))).await;
    asks(&doorward, "One").await;
    doorward.person.from_now_on(Habit::Allows);
    doorward.clock.advance(Duration::from_secs(59 * 60));
    assert_eq!(error(&asks(&doorward, "Two").await).as_deref(), Some("access_denied"));
    doorward.clock.advance(Duration::from_secs(2 * 60));
    assert_eq!(error(&asks(&doorward, "Three").await), None);
}

#[tokio::test]
async fn all_requests_of_one_program_are_denied_at_once() {
    let doorward = with(Habit::Waits).await;
    let mut waiting = Vec::new();
    for name in ["One", "Two", "Three", "Four"] {
        let client = doorward.register(name).await;
        let (ticket, address, host) = (doorward.ticket(&client).await, doorward.address(), doorward.host());
        waiting.push(tokio::spawn(async move {
            doorward_tests::http::raw(address, doorward_tests::http::request("GET", &ticket, &host, &[], "").as_bytes()).await
        }));
    }
    let open = eventually("four requests", async || {
        let open = doorward.broker.requests();
        (open.len() == 4).then_some(open)
    })
    .await;
    let denied = doorward.broker.queue().deny_all(PromptId::from_number(open[2].id), &Denial::default());
    assert_eq!(denied, 4);
    for waiting in waiting {
        assert_eq!(error(&waiting.await.expect("joined")).as_deref(), Some("access_denied"));
    }
    assert!(doorward.broker.requests().is_empty());
}

#[tokio::test]
async fn a_pause_for_a_while_ends_by_itself_and_outlives_a_restart() {
    let doorward = Doorward::with(Habit::Allows, GENEROUS).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:9/").await.expect("added");
    let tokens = doorward.tokens("Agent").await;
    doorward.broker.pause_for(Duration::from_secs(15 * 60)).await.expect("paused");
    assert_eq!(doorward.call(&tokens.access, PING).await.status, 503);
    let until = doorward.broker.paused_until().expect("an end");
    let (folder, keyring, port) = doorward.stop().await;
    let doorward = Doorward::open(folder, keyring, port, Habit::Allows).await.expect("starts");
    assert_eq!(doorward.broker.paused_until(), Some(until));
    doorward.clock.advance(Duration::from_secs(15 * 60));
    assert!(!doorward.broker.is_paused() && doorward.broker.paused_until().is_none());
}
