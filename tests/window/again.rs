//! Questions about programs that are known: signing in again, and asking for more.

use doorward_tests::{caller::Caller, flow::param, upstream::Upstream};

use crate::{
    driven::Driven,
    ticking::{guarding, token},
};

/// A program that was allowed to look, and then to change.
async fn known() -> (Driven, Upstream, Caller) {
    let (desktop, upstream) = guarding().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask_for("everything:look").await;
    desktop.look_at_consent().await.focus();
    desktop.until_text("#header", "Connection request").await;
    desktop.press("#group-change").await;
    desktop.until_text("#allow", "Allow 2 tools").await;
    desktop.press("#allow").await;
    token(&desktop, &caller, asked).await;
    (desktop, upstream, caller)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_again_and_asks_for_the_same_needs_one_click() {
    let (desktop, _upstream, caller) = known().await;
    let asked = caller.ask_for("everything:look").await;
    let window = desktop.look_at_consent().await;
    desktop.until_text("#header", "Signing in again").await;
    desktop.until_text("#sentence", "\u{201c}Journey\u{201d} is signing in again to everything").await;
    desktop.until_text("#same-text", "The same 2 tools as before.").await;
    desktop.until_text("#allow", "Continue").await;
    for hidden in ["#ticks", "#until-row", "#facts", "#details"] {
        assert_eq!(desktop.text(hidden).await.as_deref(), Some(""), "{hidden} is not needed for it");
    }
    assert!(!desktop.text("#listener").await.expect("a program").is_empty(), "but who waits for the answer is");
    window.focus();
    desktop.press("#allow").await;
    let token = token(&desktop, &caller, asked).await;
    let list = caller.post(&token, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await.json();
    assert_eq!(list["result"]["tools"].as_array().expect("a list").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_allowed_can_be_looked_at_and_changed_when_signing_in_again() {
    let (desktop, _upstream, caller) = known().await;
    let asked = caller.ask_for("everything:look").await;
    desktop.look_at_consent().await.focus();
    desktop.press("#same-more").await;
    desktop.until_text("#allow", "Allow 2 tools").await;
    desktop.press("#group-change").await;
    desktop.until_text("#allow", "Allow 1 tool").await;
    desktop.press("#allow").await;
    let token = token(&desktop, &caller, asked).await;
    let list = caller.post(&token, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await.json();
    assert_eq!(list["result"]["tools"].as_array().expect("a list").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_by_itself_is_not_prolonged_by_one_click() {
    let (desktop, _upstream) = guarding().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask_for("everything:look").await;
    desktop.look_at_consent().await.focus();
    desktop.script("const until = document.getElementById('until'); until.value = 'today'; until.dispatchEvent(new Event('change'))").await;
    desktop.press("#allow").await;
    token(&desktop, &caller, asked).await;

    let _asked = caller.ask_for("everything:look").await;
    desktop.look_at_consent().await;
    desktop.until_text("#header", "Signing in again").await;
    desktop.until_text("#allow", "Allow 1 tool").await;
    assert!(desktop.text("#until-row").await.expect("how long").contains("Until"), "for how long is said, and chosen anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_more_is_shown_in_full_with_what_it_has_ticked_and_nothing_else() {
    let (desktop, _upstream, caller) = known().await;
    let asked = caller.ask_for("everything").await;
    desktop.look_at_consent().await.focus();
    desktop.until_text("#header", "More access").await;
    desktop.until_text("#sentence", "\u{201c}Journey\u{201d} wants to use more of everything").await;
    desktop.until_text("#allow", "Keep 2 tools").await;
    assert!(desktop.text("#ticks").await.expect("tools").contains("Delete or run (1)"));
    desktop.press("#allow").await;
    assert!(param(&asked.sent_to().await, "code").is_some());
    // What was asked for is known now.
    let _asked = caller.ask_for("everything").await;
    desktop.look_at_consent().await;
    desktop.until_text("#header", "Signing in again").await;
}
