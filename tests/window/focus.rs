//! Nobody allows by accident: what reaches Allow, when, and who gets the keyboard.

use doorward_tests::{
    caller::{BROWSER, Caller},
    eventually,
    flow::param,
    screen::{CONSENT, MAIN},
};
use serde_json::json;

use crate::driven::Driven;

#[tokio::test(flavor = "multi_thread")]
async fn allow_waits_700_ms_after_focus() {
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    let window = desktop.look_at_consent().await;
    assert!(!desktop.is_enabled("#allow").await, "without the keyboard there is nothing to wait for");

    for again in [false, true] {
        desktop.watch_allow().await;
        window.focus();
        desktop.until_enabled("#allow").await;
        let moments = desktop.moments_of_allow().await;
        let focused = moments.iter().find(|moment| moment.focused).expect("it has the focus");
        let enabled = moments.iter().find(|moment| moment.enabled).expect("it is enabled");
        assert!(enabled.at - focused.at >= 690.0, "again: {again}, {moments:?}");

        desktop.desk.on_screen(MAIN).await.focus();
        eventually("Allow is off", async || (!desktop.is_enabled("#allow").await).then_some(())).await;
    }
    assert!(asked.waits());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_too_early_is_no_answer() {
    let desktop = Driven::start().await;
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    let window = desktop.look_at_consent().await;
    let allow = desktop.place_of("#allow").await;

    desktop.watch_allow().await;
    desktop.script("addEventListener('pointerdown', () => { window.lastPress = performance.now(); }, true)").await;
    // The first click gives the window the keyboard; all of it comes within 450 ms.
    window.hurry(allow, &["click 1", "click 1", "key Return", "click 1", "key space", "click 1"]);
    desktop.until_enabled("#allow").await;
    let last_press = desktop.script("return lastPress").await.as_f64().expect("pressed");
    let moments = desktop.moments_of_allow().await;
    let enabled = moments.iter().find(|moment| moment.enabled).expect("it is enabled");
    assert!(enabled.at - last_press >= 690.0, "the wait begins anew: pressed at {last_press}, {moments:?}");
    assert!(asked.waits() && desktop.desk.requests().len() == 1, "meant for something else");

    window.click(allow);
    assert!(param(&asked.sent_to().await, "code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn enter_and_space_on_the_sentence_do_nothing() {
    let desktop = Driven::start().await;
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    let window = desktop.look_at_consent().await;
    window.focus();
    desktop.until_enabled("#allow").await;
    let focused = "return document.activeElement.id";
    assert_eq!(desktop.script(focused).await, json!("sentence"));

    desktop.script("window.keys = []; addEventListener('keyup', (event) => keys.push(event.key))").await;
    window.key("Return");
    window.key("space");
    eventually("both keys arrived", async || (desktop.script("return keys").await == json!(["Enter", " "])).then_some(())).await;
    assert!(asked.waits() && desktop.desk.requests().len() == 1);

    eventually("Tab leads to Allow", async || {
        window.key("Tab");
        (desktop.script(focused).await == "allow").then_some(())
    })
    .await;
    window.key("Return");
    assert!(param(&asked.sent_to().await, "code").is_some(), "Enter allows where the focus is on Allow");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_persons_own_click_gives_the_question_the_keyboard() {
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let main = desktop.desk.on_screen(MAIN).await;
    main.focus();

    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    desktop.look_at_consent().await;
    assert!(main.has_focus(), "a program cannot take the keyboard");
    desktop.press("#deny").await;
    asked.sent_to().await;
    desktop.desk.off_screen(CONSENT).await;

    let caller = Caller::register(desktop.desk.port, "Another").await;
    let ticket = caller.ticket(&BROWSER).await;
    let held = caller.hold(&ticket, &BROWSER).await;
    let window = desktop.look_at_consent().await;
    eventually("the question has the keyboard", async || window.has_focus().then_some(())).await;
    drop(held);
}
