//! How long a person does not see what is asked, and how long there is to answer.

use std::time::Duration;

use doorward_tests::{caller::Caller, desk::Desk, eventually};

use crate::driven::Driven;

/// How long the pictures of three questions took, in milliseconds from the moment each was asked.
#[derive(Debug)]
pub struct Painted {
    /// The first one, asked as fast as a program can.
    pub cold: u64,
    /// One whose program registered a moment before, as it does when a person's browser takes part.
    pub warm: u64,
    /// One right after another was answered: its window is gone, the program that draws is not.
    pub again: u64,
}

impl Painted {
    pub async fn measure() -> Self {
        let cold = {
            let desk = started().await;
            let asked = Caller::register(desk.port, "Cold").await.ask().await;
            let cold = painted(&desk, 1).await;
            assert!(asked.waits());
            cold
        };
        let desk = started().await;
        let caller = Caller::register(desk.port, "Warm").await;
        eventually("a window is made ahead", async || (desk.web_views().len() == 1).then_some(())).await;
        // The person's browser comes up.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let ticket = caller.ticket(&[]).await;
        let held = caller.hold(&ticket, &[]).await;
        let warm = painted(&desk, 1).await;
        drop(held);
        eventually("its window is gone", async || desk.web_views().is_empty().then_some(())).await;
        let ticket = caller.ticket(&[]).await;
        let _held = caller.hold(&ticket, &[]).await;
        let again = painted(&desk, 2).await;
        Self { cold, warm, again }
    }
}

async fn started() -> Desk {
    let mut desk = Desk::new();
    desk.start_hidden().await;
    desk.guard("everything", "http://127.0.0.1:9/mcp");
    desk
}

/// What the log says about a question.
async fn painted(desk: &Desk, id: u64) -> u64 {
    let mark = format!("painted id={id} milliseconds=");
    eventually(&format!("question {id} is painted"), async || {
        let log = desk.log();
        let rest = log.split_once(&mark)?.1;
        rest.split_once(|c: char| !c.is_ascii_digit())?.0.parse().ok()
    })
    .await
}

// How fast it is, `make bench` says.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_was_made_ahead_shows_its_question_sooner() {
    let painted = Painted::measure().await;
    assert!(painted.warm < painted.cold, "{painted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_needs_more_time_takes_it() {
    let desktop = Driven::start().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    desktop.look_at_consent().await.focus();
    let before = desktop.desk.requests()[0].expires_at;
    desktop.press("#more-time").await;
    eventually("five minutes more", async || (desktop.desk.requests()[0].expires_at == before + 300).then_some(())).await;
    for _ in 0..9 {
        desktop.press("#more-time").await;
    }
    eventually("ten times", async || (!desktop.is_enabled("#more-time").await).then_some(())).await;
    assert!(asked.waits() && desktop.desk.requests()[0].expires_at == before + 10 * 300);
    desktop.press("#deny").await;
    asked.sent_to().await;
}
