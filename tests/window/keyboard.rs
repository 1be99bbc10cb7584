//! Everything with the keyboard alone, and in the order in which it is read.

use doorward_tests::{assistive, caller::Caller, eventually, flow::param};
use serde_json::Value;

use crate::{
    driven::Driven,
    ticking::{guarding, token},
};

/// What has the focus, by its id, its key or its place in the page.
async fn focused(desktop: &Driven) -> String {
    let look = "const at = document.activeElement; return at.id || at.dataset.key || (at.tagName + ' ' + [...document.querySelectorAll('*')].indexOf(at))";
    desktop.script(look).await.as_str().expect("something").to_owned()
}

/// Goes through the page with Tab until the focus is where it began, or leaves the page.
async fn tab_order(desktop: &Driven, press: impl Fn(&str)) -> Vec<String> {
    let mut order = Vec::new();
    for _ in 0..60 {
        let before = focused(desktop).await;
        press("Tab");
        let now = eventually("the focus moves", async || Some(focused(desktop).await).filter(|now| *now != before)).await;
        if now.starts_with("BODY") || order.contains(&now) {
            break;
        }
        order.push(now);
    }
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_window_is_gone_through_in_the_order_in_which_it_is_read() {
    let (desktop, _upstream) = guarding().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    let window = desktop.look_at_consent().await;
    window.focus();
    desktop.until_enabled("#allow").await;
    assert_eq!(focused(&desktop).await, "sentence", "a screen reader begins with it, and a stray key does nothing");
    let order = tab_order(&desktop, |key| window.key(key)).await;
    let place = |name: &str| order.iter().position(|at| at == name).unwrap_or_else(|| panic!("{name} is not reached: {order:?}"));
    let expected = ["group-look", "group-change", "group-run", "until", "more-time", "deny", "deny-more", "later", "allow"];
    let places: Vec<usize> = expected.iter().map(|name| place(name)).collect();
    assert!(places.is_sorted(), "{order:?}");
    let in_page = "const all = [...document.querySelectorAll('*')];
        return arguments[0].map((id) => all.indexOf(document.getElementById(id)))";
    let read = desktop.script(&in_page.replace("arguments[0]", &format!("{expected:?}"))).await;
    let read: Vec<i64> = read.as_array().expect("places").iter().filter_map(Value::as_i64).collect();
    assert!(read.is_sorted(), "the order of the page is that of the keyboard");

    // A tool is ticked, how long is chosen, and it is allowed, without a mouse.
    desktop.script("document.getElementById('group-change').focus()").await;
    window.key("space");
    desktop.until_text("#allow", "Allow 2 tools").await;
    desktop.script("document.getElementById('until').focus()").await;
    window.key("Down");
    eventually("today", async || (desktop.value("#until").await == "today").then_some(())).await;
    window.key("alt+a");
    eventually("Allow has the focus", async || (focused(&desktop).await == "allow").then_some(())).await;
    window.key("Return");
    token(&desktop, &caller, asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_beside_deny_works_with_the_keyboard() {
    let desktop = Driven::start().await;
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    let window = desktop.look_at_consent().await;
    window.focus();
    desktop.until_enabled("#allow").await;
    desktop.script("document.getElementById('deny-more').focus()").await;
    window.key("Down");
    eventually("the menu is open", async || (focused(&desktop).await == "deny-mute").then_some(())).await;
    window.key("Down");
    eventually("the next entry", async || (focused(&desktop).await == "deny-never").then_some(())).await;
    window.key("Escape");
    eventually("the menu is closed, and nothing else happened", async || (focused(&desktop).await == "deny-more").then_some(())).await;
    assert!(asked.waits());
    window.key("Down");
    window.key("Down");
    eventually("never again", async || (focused(&desktop).await == "deny-never").then_some(())).await;
    window.key("Return");
    assert_eq!(param(&asked.sent_to().await, "error").as_deref(), Some("access_denied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_main_window_is_reached_and_searched_with_the_keyboard() {
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let window = desktop.look_at_main().await;
    window.focus();
    for page in ["requests", "apps", "servers", "rules", "activity", "settings", "health"] {
        desktop.script(&format!("document.getElementById('nav-{page}').focus()")).await;
        window.key("Return");
        eventually(page, async || desktop.is_enabled(&format!("#title-{page}")).await.then_some(())).await;
    }
    desktop.script("document.getElementById('nav-servers').click()").await;
    window.key("ctrl+f");
    eventually("the field for searching", async || (focused(&desktop).await == "search").then_some(())).await;
    window.type_text("nothing like that");
    desktop.until_text("#servers-none", "Nothing was found.").await;
    window.key("Escape");
    eventually("all of them again", async || desktop.text("#server-list").await.filter(|list| list.contains("everything"))).await;
    let order = tab_order(&desktop, |key| window.key(key)).await;
    for reached in
        ["copy everything", "pause everything", "remove everything", "add-name", "add-line", "add-folder", "add-variable", "add-submit"]
    {
        assert!(order.iter().any(|at| at == reached), "{reached} is not reached: {order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_server_is_added_with_the_keyboard_alone() {
    let desktop = Driven::first_start().await;
    let window = desktop.look_at_main().await;
    window.focus();
    desktop.script("document.getElementById('title-servers').focus()").await;
    let order = tab_order(&desktop, |key| window.key(key)).await;
    let place = |name: &str| order.iter().position(|at| at == name).unwrap_or_else(|| panic!("{name} is not reached: {order:?}"));
    let places: Vec<usize> = ["welcome-import", "welcome-add", "welcome-look"].into_iter().map(place).collect();
    assert!(places.is_sorted(), "{order:?}");

    desktop.script("document.getElementById('welcome-look').focus()").await;
    window.key("Return");
    eventually("what there is to see", async || desktop.text("#title-health").await.filter(|title| title == "Health")).await;
    desktop.script("document.getElementById('nav-servers').click(); document.getElementById('welcome-add').focus()").await;
    window.key("Return");
    eventually("the name is asked for", async || (focused(&desktop).await == "add-name").then_some(())).await;
    window.type_text("everything");
    window.key("shift+Tab");
    eventually("what kind it is", async || (focused(&desktop).await == "add-kind-command").then_some(())).await;
    window.key("Down");
    eventually("an address", async || desktop.is_enabled("#add-url").await.then_some(())).await;
    desktop.script("document.getElementById('add-url').focus()").await;
    window.type_text("http://127.0.0.1:9/mcp");
    window.key("Return");
    desktop.until_text("#added", "everything was added.").await;
    let how = desktop.text("#added-next").await.expect("how to go on");
    assert!(how.contains(&format!("claude mcp add --transport http everything {}", desktop.desk.url("/mcp/everything"))), "{how}");
}

/// What a screen reader is told, from top to bottom: who wants what, who waits for the answer, what can be ticked, and then the answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_screen_reader_reads_the_consent_window_in_the_right_order() {
    let (desktop, _upstream) = guarding().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let _asked = caller.ask().await;
    desktop.look_at_consent().await.focus();
    desktop.until_enabled("#allow").await;
    let told = eventually("the tree of the window", async || {
        let told = assistive::read(desktop.desk.pid).await?;
        told.iter().any(|line| line.contains("Allow 1 tool")).then_some(told)
    })
    .await;
    let place = |text: &str| told.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text:?} is not told: {told:#?}"));
    let places: Vec<usize> = [
        "\u{201c}Journey\u{201d} wants to use",
        "Waits for the answer",
        "Look (1)",
        "Change (1)",
        "Delete or run (1)",
        "Deny",
        "Later",
        "Allow 1 tool",
    ]
    .into_iter()
    .map(place)
    .collect();
    assert!(places.is_sorted(), "{told:#?}");
}
