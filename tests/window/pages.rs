//! The pages of the main window that change something, or look something up.

use std::fs;

use doorward_tests::{caller::Caller, desk::Desk, eventually, http::Answer, programs::bin, screen::MAIN};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::{
    driven::Driven,
    ticking::{allowed, call_of},
};

async fn choose(desktop: &Driven, css: &str, value: &str) {
    let script = format!("const it = document.querySelector({css:?}); it.value = {value:?}; it.dispatchEvent(new Event('change'))");
    desktop.script(&script).await;
}

/// Waits until the tool is not listed any more, and calls it: the question is in its window.
async fn until_it_is_asked_about(desktop: &Driven, caller: &Caller, token: &str) -> JoinHandle<Answer> {
    const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    eventually("it is not listed", async || (!caller.post(token, LIST).await.body.contains("read_file")).then_some(())).await;
    let held = caller.post_later(token, &call_of("read_file", "/a"));
    desktop.look_at_consent().await;
    held
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_is_changed_in_the_list_holds_from_the_next_call_on() {
    let (desktop, _upstream, caller, token) = allowed().await;
    desktop.look_at_main().await;
    assert!(caller.post(&token, &call_of("read_file", "/a")).await.body.contains("done"));
    desktop.press("#nav-rules").await;
    eventually("the rules", async || desktop.text("#rule-list").await.filter(|list| list.contains("read_file"))).await;
    desktop.fill("#search", "read journey").await;
    eventually("only that one", async || desktop.text("#rule-list").await.filter(|list| !list.contains("edit_file"))).await;
    choose(&desktop, "#rule-list select", "hide").await;
    let held = until_it_is_asked_about(&desktop, &caller, &token).await;
    desktop.press("#deny").await;
    assert!(held.await.expect("joined").body.contains("did not allow"));
    desktop.look_at_main().await;
    desktop.press("#nav-activity").await;
    eventually("both calls", async || desktop.text("#activity-list").await.filter(|list| list.matches("read_file").count() == 2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_everything_and_disconnecting_say_what_they_did() {
    let (desktop, _upstream, caller, token) = allowed().await;
    desktop.look_at_main().await;
    desktop.press("#nav-apps").await;
    desktop.press("#app-list [data-key^='narrow']").await;
    desktop.press("#confirm-yes").await;
    eventually("it says so", async || desktop.text("#done").await.filter(|text| text.contains("You are asked about 1 tool from now on.")))
        .await;
    let held = caller.post_later(&token, &call_of("read_file", "/a"));
    desktop.look_at_consent().await;
    desktop.look_at_main().await;
    desktop.press("#app-list [data-key^='app ']").await;
    desktop.press("#confirm-yes").await;
    eventually("it says so", async || desktop.text("#done").await.filter(|text| text.contains("1 running call was cancelled."))).await;
    held.await.expect("joined");
    assert_eq!(caller.call(&token).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_requests_says_of_each_kind_of_question_what_it_is_about() {
    let (desktop, upstream, caller, token) = allowed().await;
    let _held = caller.post_later(&token, &call_of("edit_file", "/a"));
    desktop.look_at_consent().await;
    let asked = Caller::register(desktop.desk.port, "Other").await.ask().await;
    upstream.lists(&[json!({ "name": "read_file", "description": "Reads a file, and sends it." })]);
    caller.post(&token, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;

    desktop.look_at_main().await;
    desktop.press("#nav-servers").await;
    desktop.press("#go-add").await;
    desktop.fill("#add-name", "fake").await;
    desktop.fill("#add-line", &bin("fake-mcp-server").display().to_string()).await;
    desktop.press("#add-submit").await;
    desktop.press("#nav-requests").await;
    let own = std::env::current_exe().expect("a path").file_name().expect("a name").to_string_lossy().into_owned();
    let called = format!("Call \u{b7} called by {own}");
    for said in [
        "\u{201c}Journey\u{201d} wants to run edit_file on everything",
        &called,
        "\u{201c}Other\u{201d} wants to use everything",
        "everything changed what it says about its tools",
        "Changed tools \u{b7} The server itself says so",
        "Start this command as the server fake?",
        "New server \u{b7} Asked by you, in Doorward",
    ] {
        eventually(said, async || desktop.text("#request-list").await.filter(|list| list.contains(said))).await;
    }
    desktop.fill("#search", "edit_file").await;
    eventually("only the call", async || desktop.text("#request-list").await.filter(|list| !list.contains("Other"))).await;
    desktop.script("const it = document.getElementById('search'); it.value = ''; it.dispatchEvent(new Event('input'))").await;
    assert!(asked.waits());

    // Once it is over, it is told of the server and not of a program without a name.
    let requests = desktop.desk.requests();
    let change = requests.iter().find(|request| !request.changes.is_empty()).expect("the change");
    desktop.press(&format!("[data-key='answer {}']", change.id)).await;
    desktop.look_at_consent().await.focus();
    desktop.until_text("#deny", "Keep blocked").await;
    desktop.press("#deny").await;
    desktop.look_at_main().await;
    let history =
        eventually("its end", async || desktop.text("#history-list").await.filter(|list| list.contains("The server everything"))).await;
    assert!(!history.contains("A program without a name"), "{history}");
    assert!(history.contains(&own), "the program of a login is named: {history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_shows_its_tools_and_who_may_use_them_and_that_can_be_changed() {
    let (desktop, _upstream, caller, token) = allowed().await;
    desktop.look_at_main().await;
    desktop.press("#nav-servers").await;
    eventually("how many", async || desktop.text("#server-list").await.filter(|list| list.contains("Lists 3 tools"))).await;
    assert!(desktop.text("#server-list").await.expect("a list").contains("unchanged since you looked"));
    desktop.press("[data-key='matrix everything']").await;
    let table = eventually("the tools", async || desktop.text(".matrix table").await.filter(|table| table.contains("delete_file"))).await;
    assert!(table.contains("Journey"), "{table}");
    let select = ".matrix tbody tr:nth-child(1) select";
    assert_eq!(desktop.value_of(select).await.as_deref(), Some("allow"));
    choose(&desktop, select, "hide").await;
    let _held = until_it_is_asked_about(&desktop, &caller, &token).await;
    desktop.look_at_main().await;
    desktop.press(".matrix thead .link").await;
    eventually("the app", async || {
        desktop.text("#app-list").await.filter(|list| list.contains("calls in 30 days") || list.contains("call in 30 days"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_apps_did_is_written_into_a_file() {
    let (desktop, _upstream, caller, token) = allowed().await;
    assert!(caller.post(&token, &call_of("read_file", "/a")).await.body.contains("done"));
    desktop.look_at_main().await;
    desktop.press("#nav-activity").await;
    eventually("the call", async || desktop.text("#activity-list").await.filter(|list| list.contains("read_file"))).await;
    desktop.press("#activity-export").await;
    let said = eventually("where it is", async || desktop.text("#done").await.filter(|text| text.contains(".jsonl"))).await;
    let path = said.trim_start_matches("All calls were written to ").split(", one on each line").next().expect("a path");
    let text = fs::read_to_string(path).expect("the file");
    assert!(text.lines().count() == 1 && text.contains("read_file"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_the_policy_is_found_and_changed_in_the_settings() {
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let file = desktop.desk.home().join(format!(".config/doorward/profile-{}/config.toml", desktop.desk.profile));
    desktop.look_at_main().await;
    desktop.press("#nav-settings").await;
    desktop.fill("#search", "redirect_uri_required").await;
    eventually("only that one", async || {
        desktop.text("#policy-list").await.filter(|list| list.contains("finradar: yes") && !list.contains("state_required"))
    })
    .await;
    desktop.press("[id='setting-authorization.redirect_uri_required']").await;
    eventually("it is written", async || fs::read_to_string(&file).ok().filter(|text| text.contains("redirect_uri_required = true"))).await;
    eventually("when it holds", async || desktop.text("#policy-list").await.filter(|list| list.contains("when Doorward starts again")))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_is_kept_in_the_file_and_the_language_holds_at_once() {
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let file = desktop.desk.home().join(format!(".config/doorward/profile-{}/config.toml", desktop.desk.profile));
    desktop.look_at_main().await;
    desktop.press("#nav-settings").await;
    eventually("the settings", async || desktop.element("#setting-sound").await).await;
    desktop.press("#setting-sound").await;
    eventually("it is written", async || fs::read_to_string(&file).ok().filter(|text| text.contains("sound = true"))).await;

    choose(&desktop, "#setting-port", "no port").await;
    eventually("why not", async || desktop.text("#setting-list").await.filter(|text| text.contains("is a number from 1 to 65535"))).await;

    // The window is made anew. Meanwhile another one is there, without which WebDriver would end.
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    desktop.look_at_consent().await;
    desktop.look_at_main().await;
    choose(&desktop, "#setting-language", "de").await;
    eventually("the window speaks German", async || {
        desktop.look_at("main.html").await;
        desktop.text("#title-settings").await.filter(|title| title == "Einstellungen")
    })
    .await;
    assert_eq!(desktop.script("return document.documentElement.lang").await, "de");
    assert!(asked.waits());
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_speaks_the_language_of_the_system() {
    let mut desk = Desk::new();
    desk.with_variable("LANG", "de_AT.UTF-8");
    desk.with_variable("LC_ALL", "de_AT.UTF-8");
    let desktop = Driven::in_use(desk).await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let ticket = caller.ticket(&doorward_tests::caller::BROWSER).await;
    let page = caller.get(&ticket, &doorward_tests::caller::BROWSER).await;
    assert!(page.body.contains("lang=\"de\"") && page.body.contains("Im Doorward-Fenster antworten"), "{}", page.body);
    let unknown = caller.get("/authorize?client_id=unknown", &doorward_tests::caller::BROWSER).await;
    assert!(unknown.body.contains("nicht oder nicht mehr registriert"), "{}", unknown.body);
    let asked = caller.ask().await;
    let title = "Doorward: Anfrage";
    desktop.desk.on_screen(title).await;
    desktop.look_at("consent.html").await;
    desktop.until_text("#deny", "Ablehnen").await;
    desktop.until_text("#sentence", "„Journey“ möchte everything nutzen").await;
    drop(asked);
    assert!(desktop.desk.log().contains("a client registered"), "the log is English");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_health_finds_what_does_not_work() {
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    desktop.desk.on_screen(MAIN).await;
    desktop.look_at_main().await;
    desktop.press("#nav-health").await;
    let found =
        eventually("what was found", async || desktop.text("#finding-list").await.filter(|text| text.contains("127.0.0.1:9"))).await;
    assert!(found.contains("Nothing answers at http://127.0.0.1:9/mcp"), "{found}");
    assert!(desktop.text("#health-summary").await.expect("a summary").contains("does not work"), "it counts");
    assert!(desktop.is_enabled("#health-copy").await);
}
