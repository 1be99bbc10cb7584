//! What a person can do with a question.

use std::time::{Duration, Instant};

use doorward_tests::{
    caller::{BROWSER, Caller},
    eventually,
    flow::param,
    screen::CONSENT,
};

use crate::driven::Driven;

#[tokio::test(flavor = "multi_thread")]
async fn allow_in_the_real_window_redirects_with_a_code() {
    let desktop = Driven::start().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;

    desktop.look_at_consent().await.focus();
    desktop.press("#allow").await;

    let to = asked.sent_to().await;
    assert!(to.starts_with(&format!("http://{}/callback?", caller.place())), "{to}");
    assert_eq!(param(&to, "state").as_deref(), Some("state-1"));
    assert_eq!(param(&to, "iss"), Some(desktop.desk.url("")));
    let token = caller.redeem(&param(&to, "code").expect("a code")).await;
    assert_eq!(caller.call(&token).await.status, 502, "the call passes; behind Doorward nobody answers");
    desktop.desk.off_screen(CONSENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deny_gives_access_denied() {
    let desktop = Driven::start().await;
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;

    desktop.look_at_consent().await;
    desktop.press("#deny").await;

    let to = asked.sent_to().await;
    assert_eq!((param(&to, "error").as_deref(), param(&to, "code")), (Some("access_denied"), None));
    assert_eq!(param(&to, "iss"), Some(desktop.desk.url("")));
    assert_eq!(desktop.desk.requests(), []);
    desktop.desk.off_screen(CONSENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn later_keeps_the_request_open() {
    let desktop = Driven::start().await;
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    let desk = &desktop.desk;

    for way in ["the button", "Esc", "the window's close button"] {
        let window = desktop.look_at_consent().await;
        match way {
            "the button" => desktop.press("#later").await,
            "Esc" => {
                window.focus();
                // A key that comes with the window was meant for another one.
                desktop.until_enabled("#allow").await;
                window.key("Escape");
            }
            _ => window.close(),
        }
        desk.off_screen(CONSENT).await;
        let requests = desk.requests();
        assert_eq!((requests.len(), asked.waits()), (1, true), "{way}");

        let approve = desk.terminal(&["approve", &requests[0].id.to_string()]);
        assert!(approve.status.success(), "{approve:?}");
        let window = desk.on_screen(CONSENT).await;
        eventually("the window that was asked for has the keyboard", async || window.has_focus().then_some(())).await;
        assert_eq!((desk.requests().len(), asked.waits()), (1, true), "the command line answers nothing where there is a window");
    }

    desktop.look_at_consent().await.focus();
    desktop.press("#allow").await;
    assert!(param(&asked.sent_to().await, "code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_queue() {
    let desktop = Driven::start().await;
    let port = desktop.desk.port;
    let first = Caller::register(port, "First").await.ask().await;
    let window = desktop.look_at_consent().await;
    assert_eq!(desktop.text("#count").await.as_deref(), Some(""), "one alone is not counted");

    let second = Caller::register(port, "Second").await.ask().await;
    desktop.until_text("#count", "1 of 2").await;
    assert_eq!(desktop.text("#sentence").await.as_deref(), Some("\u{201c}First\u{201d} wants to use everything"), "it stays");

    desktop.watch_allow().await;
    window.focus();
    desktop.press("#allow").await;
    assert!(param(&first.sent_to().await, "code").is_some());

    eventually("the second is shown", async || desktop.text("#sentence").await?.contains("Second").then_some(())).await;
    assert!(second.waits());
    assert_eq!(desktop.text("#count").await.as_deref(), Some(""));
    desktop.until_enabled("#allow").await;
    let moments = desktop.moments_of_allow().await;
    let shown = moments.iter().find(|moment| moment.sentence.contains("Second")).expect("shown");
    let allowed = moments.iter().find(|moment| moment.sentence.contains("Second") && moment.enabled).expect("enabled");
    assert!(allowed.at - shown.at >= 690.0, "the second is a question of its own: {moments:?}");

    desktop.press("#deny").await;
    assert_eq!(param(&second.sent_to().await, "error").as_deref(), Some("access_denied"));
    desktop.desk.off_screen(CONSENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_up_takes_the_window_down() {
    let desktop = Driven::start().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let mut took = Vec::new();
    for _ in 0..3 {
        let ticket = caller.ticket(&[]).await;
        let held = caller.hold(&ticket, &[]).await;
        desktop.look_at_consent().await;

        let hung_up = Instant::now();
        drop(held);
        desktop.desk.off_screen(CONSENT).await;
        eventually("nothing waits", async || desktop.desk.requests().is_empty().then_some(())).await;
        took.push(hung_up.elapsed());
    }
    // Of three, so that a busy computer does not decide.
    assert!(took.iter().min() < Some(&Duration::from_secs(1)), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_tab_takes_the_window_down() {
    let desktop = Driven::start().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let ticket = caller.ticket(&BROWSER).await;
    let page = caller.get(&ticket, &BROWSER).await.body;
    let next = page.split_once("url=").and_then(|(_, rest)| rest.split_once('"')).expect("where the page leads").0;
    let tab = caller.hold(next, &BROWSER).await;
    desktop.look_at_consent().await;

    drop(tab);
    desktop.desk.off_screen(CONSENT).await;
    eventually("nothing waits", async || desktop.desk.requests().is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_one_program_asks_is_denied_at_once_and_it_is_muted_from_the_menu() {
    let desktop = Driven::start().await;
    let port = desktop.desk.port;
    let callers = [Caller::register(port, "First").await, Caller::register(port, "Second").await];
    let asked = [callers[0].ask().await, callers[1].ask().await];
    desktop.look_at_consent().await.focus();
    desktop.until_text("#count", "1 of 2").await;
    let menu = "document.getElementById('deny-menu').hidden";
    desktop.press("#deny-more").await;
    eventually("the menu is open", async || (desktop.script(&format!("return {menu}")).await == false).then_some(())).await;
    assert!(desktop.text("#deny-all").await.expect("an entry").starts_with("Deny all 2 requests from "));
    desktop.press("#deny-all").await;
    for asked in asked {
        assert_eq!(param(&asked.sent_to().await, "error").as_deref(), Some("access_denied"));
    }
    desktop.desk.off_screen(CONSENT).await;

    let third = Caller::register(port, "Third").await.ask().await;
    let window = desktop.look_at_consent().await;
    window.focus();
    desktop.until_enabled("#allow").await;
    desktop.press("#deny-more").await;
    assert_eq!(desktop.text("#deny-all").await.as_deref(), Some(""), "there is only this one");
    window.key("Escape");
    eventually("Esc closes the menu only", async || (desktop.script(&format!("return {menu}")).await == true).then_some(())).await;
    assert!(third.waits() && desktop.desk.requests().len() == 1);
    desktop.press("#deny-more").await;
    desktop.press("#deny-mute").await;
    assert_eq!(param(&third.sent_to().await, "error").as_deref(), Some("access_denied"));
    desktop.desk.off_screen(CONSENT).await;
    let muted = desktop.desk.status().expect("a status").muted;
    assert_eq!(muted.len(), 1, "{muted:?}");
    let fourth = Caller::register(port, "Fourth").await.ask().await;
    assert_eq!(param(&fourth.sent_to().await, "error").as_deref(), Some("access_denied"), "nobody is asked");
}
