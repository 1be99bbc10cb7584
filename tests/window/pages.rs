//! The pages of the main window that change something, or look something up.

use std::fs;

use doorward_tests::{caller::Caller, desk::Desk, eventually, screen::MAIN};

use crate::{
    driven::Driven,
    ticking::{allowed, call_of},
};

async fn choose(desktop: &Driven, css: &str, value: &str) {
    let script = format!("const it = document.querySelector({css:?}); it.value = {value:?}; it.dispatchEvent(new Event('change'))");
    desktop.script(&script).await;
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
    eventually("it is refused", async || caller.post(&token, &call_of("read_file", "/a")).await.body.contains("Doorward").then_some(()))
        .await;
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
