//! What the consent window shows, and what it cannot be made to do.

use doorward_tests::{
    caller::{BROWSER, Caller},
    eventually,
    screen::CONSENT,
};
use serde_json::{Value, json};

use crate::driven::Driven;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown() {
    let desktop = Driven::start().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let ticket = caller.ticket(&BROWSER).await;
    let page = caller.get(&ticket, &BROWSER).await;
    assert_eq!(page.status, 200, "{page:?}");
    let number = page.body.split_once("<strong>").and_then(|(_, rest)| rest.split_once("</strong>")).expect("a number").0;

    desktop.look_at_consent().await;
    let shows = async |id: &str| desktop.text(id).await.unwrap_or_default();
    assert_eq!(shows("#sentence").await, "\u{201c}Journey\u{201d} wants to use everything");
    assert_eq!(shows("#history").await, "First request from this program.");
    assert_eq!(shows("#destination").await, caller.place());
    assert_eq!(shows("#number").await, number, "the same as in the tab");

    let this = std::env::current_exe().expect("this test's path").to_string_lossy().into_owned();
    // What Linux adds when the file was built anew meanwhile.
    let this = this.trim_end_matches(" (deleted)");
    let process = format!("{} ({})", this.rsplit('/').next().expect("a name"), std::process::id());
    let listener = shows("#listener").await;
    assert!(listener.contains(&process) && listener.contains(this), "{process}: {listener}");
    assert_eq!(shows("#registrant").await, format!("{process}, the same program"));
    assert!(shows("#requester").await.starts_with(&process));
    assert!(shows("#tick-list").await.starts_with("Its tools are not known yet. It does not answer."));
    assert!(shows("#deadline").await.starts_with("Refused automatically at"));
    assert_eq!(shows("#mismatch").await, "", "the program that registered is the one that waits");

    desktop.press("#deny").await;
    desktop.desk.off_screen(CONSENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_waits_and_did_not_register_is_pointed_out() {
    let desktop = Driven::start().await;
    let caller = Caller::register_through_curl(desktop.desk.port, "Journey").await;
    let _asked = caller.ask().await;
    desktop.look_at_consent().await;
    let shows = async |id: &str| desktop.text(id).await.unwrap_or_default();
    let mismatch = shows("#mismatch").await;
    assert!(mismatch.starts_with("The program waiting for this answer is "), "{mismatch}");
    assert!(mismatch.ends_with(", not the one that registered (curl)."), "{mismatch}");
    let registrant = shows("#registrant").await;
    assert!(registrant.starts_with("curl (") && registrant.contains("/curl"), "{registrant}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dev03_a_program_without_a_browser_shows_the_code_that_the_window_shows() {
    let desktop = Driven::start().await;
    let (caller, user_code, device_code) = Caller::ask_as_device(desktop.desk.port, "Journey").await;
    assert_eq!(caller.poll(&device_code).await.error(), "authorization_pending");
    let window = desktop.look_at_consent().await;
    let shows = async |id: &str| desktop.text(id).await.unwrap_or_default();
    assert_eq!(shows("#number").await, user_code);
    assert_eq!(shows("#shown-by").await, "Allow only if the program shows");
    assert_eq!(shows("#sentence").await, "\u{201c}Journey\u{201d} wants to use everything");
    assert!(shows("#listener").await.contains(&std::process::id().to_string()), "the program that asks fetches the answer");
    window.focus();
    desktop.press("#allow").await;
    desktop.desk.off_screen(CONSENT).await;
    let tokens = caller.poll(&device_code).await;
    assert!(tokens.status == 200 && tokens.json()["access_token"].is_string(), "{tokens:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_browser_there_is_no_number() {
    let desktop = Driven::start().await;
    let _asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    desktop.look_at_consent().await;
    assert_eq!(desktop.text("#no-tab").await.as_deref(), Some("No browser tab shows a number for this request."));
    assert_eq!(desktop.text("#number").await.as_deref(), Some(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_shown_as_text_and_nothing_else() {
    let desktop = Driven::start().await;
    let name = "<img src=x onerror=\"document.title='got in'\"> & {server}";
    let _asked = Caller::register(desktop.desk.port, name).await.ask().await;
    desktop.look_at_consent().await;
    assert_eq!(desktop.text("#sentence").await, Some(format!("\u{201c}{name}\u{201d} wants to use everything")));
    assert_eq!(desktop.script("return document.images.length").await, json!(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_cannot_call_what_it_may_not() {
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    let refused = async |command: &str, arguments: Value| {
        let outcome = desktop.invoke(command, arguments).await;
        assert!(outcome.as_ref().is_err_and(|why| why.contains("not allowed")), "{command}: {outcome:?}");
    };

    desktop.look_at_consent().await;
    let id = desktop.invoke("consent_state", json!({})).await.expect("its own")["question"]["id"].clone();
    refused("main_state", json!({})).await;
    refused("main_add_server", json!({ "name": "other", "url": "http://127.0.0.1:9/" })).await;
    refused("main_add_command", json!({ "name": "other", "line": "true", "folder": "", "variables": [] })).await;
    refused("main_import_look", json!({})).await;
    refused("main_import", json!({ "chosen": [], "mark": "" })).await;
    refused("main_undo", json!({ "client": "cursor", "entries": false })).await;
    refused("main_remove_server", json!({ "name": "everything" })).await;
    refused("main_disconnect", json!({ "appId": "x", "server": null })).await;
    refused("main_set_paused", json!({ "paused": true })).await;
    refused("main_show_request", json!({ "id": id })).await;
    refused("plugin:window|create", json!({ "options": { "label": "main" } })).await;
    refused("plugin:event|emit", json!({ "event": "main-changed" })).await;

    desktop.look_at_main().await;
    desktop.invoke("main_state", json!({})).await.expect("its own");
    refused("consent_answer", json!({ "id": id, "decision": "allow" })).await;
    refused("consent_answer", json!({ "id": id, "decision": "deny" })).await;
    refused("consent_later", json!({ "id": id })).await;
    refused("consent_handler", json!({ "id": id })).await;
    refused("consent_state", json!({})).await;
    refused("consent_painted", json!({ "id": id })).await;

    assert!(asked.waits());
    assert_eq!(desktop.desk.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_reaches_nothing_outside_the_program() {
    let desktop = Driven::start().await;
    let _asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    desktop.look_at_consent().await;
    let fetched = desktop.fetch(&desktop.desk.url("/.well-known/oauth-authorization-server")).await;
    assert!(fetched.is_err(), "{fetched:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_destroyed_when_idle() {
    let desktop = Driven::start().await;
    let desk = &desktop.desk;
    let none_left = async || eventually("no web view is kept", async || desk.web_views().is_empty().then_some(())).await;
    none_left().await;
    let asked = Caller::register(desk.port, "Journey").await.ask().await;
    desktop.look_at_consent().await;
    assert_eq!(desk.web_views().len(), 1);
    desktop.press("#deny").await;
    asked.sent_to().await;
    none_left().await;
}
