//! Everything with the keyboard alone, and in the order in which it is read.

use std::time::Duration;

use doorward_tests::{
    assistive,
    caller::Caller,
    desk::Desk,
    eventually,
    flow::param,
    programs::{bin, fake_servers},
    screen::{CONSENT, OnScreen},
};
use serde_json::{Value, json};

use crate::{
    driven::Driven,
    ticking::{allowed, call_of, guarding, token, tools},
};

/// What has the focus, by its id, its key or its place in the page.
async fn focused(desktop: &Driven) -> String {
    let look = "const at = document.activeElement; return at.id || at.dataset.key || (at.tagName + ' ' + [...document.querySelectorAll('*')].indexOf(at))";
    desktop.script(look).await.as_str().expect("something").to_owned()
}

/// Presses Tab once. Gives what has the focus then.
async fn tab(desktop: &Driven, window: &OnScreen) -> String {
    let before = focused(desktop).await;
    window.key("Tab");
    eventually("the focus moves", async || Some(focused(desktop).await).filter(|now| *now != before)).await
}

/// Goes on with Tab until what has the focus is as wanted. Gives what it is.
pub async fn tab_until(desktop: &Driven, window: &OnScreen, wanted: impl Fn(&str) -> bool) -> String {
    let mut at = focused(desktop).await;
    let mut passed = Vec::new();
    while !wanted(&at) {
        assert!(passed.len() < 90, "not reached: {passed:?}");
        at = tab(desktop, window).await;
        passed.push(at.clone());
    }
    at
}

/// Goes on with Tab to an element, once it is there.
pub async fn tab_to(desktop: &Driven, window: &OnScreen, name: &str) {
    desktop.until_enabled(&format!("[id='{name}'], [data-key='{name}']")).await;
    tab_until(desktop, window, |at| at == name).await;
}

/// Goes on with Tab to a button and presses it.
pub async fn press_with_keys(desktop: &Driven, window: &OnScreen, name: &str) {
    tab_to(desktop, window, name).await;
    window.key("Return");
}

/// The window that asks, once it was looked at for as long as it takes.
async fn ready(desktop: &Driven) -> OnScreen {
    let window = desktop.look_at_consent().await;
    window.focus();
    desktop.until_enabled("#allow").await;
    window
}

/// Allows what is asked.
async fn allow_with_keys(desktop: &Driven) {
    let window = ready(desktop).await;
    press_with_keys(desktop, &window, "allow").await;
}

/// Goes through the page with Tab until the focus is where it began, or leaves the page.
async fn tab_order(desktop: &Driven, window: &OnScreen) -> Vec<String> {
    let mut order = Vec::new();
    for _ in 0..60 {
        let now = tab(desktop, window).await;
        if now.starts_with("BODY") || order.contains(&now) {
            break;
        }
        order.push(now);
    }
    order
}

/// How the tools of the only App may be used, as the command line tells it.
fn modes(desktop: &Driven) -> Vec<String> {
    let rules: Value = serde_json::from_slice(&desktop.desk.terminal(&["rules", "Journey", "--json"]).stdout).unwrap_or_default();
    let tools = rules[0]["tools"].as_array().cloned().unwrap_or_default();
    tools.iter().filter_map(|tool| tool["mode"].as_str().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_window_is_gone_through_in_the_order_in_which_it_is_read() {
    let (desktop, _upstream) = guarding().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    let window = ready(&desktop).await;
    assert_eq!(focused(&desktop).await, "sentence", "a screen reader begins with it, and a stray key does nothing");
    let order = tab_order(&desktop, &window).await;
    let place = |name: &str| order.iter().position(|at| at == name).unwrap_or_else(|| panic!("{name} is not reached: {order:?}"));
    let expected = ["group-look", "group-change", "group-run", "until", "more-time", "deny", "deny-more", "later", "allow"];
    let places: Vec<usize> = expected.iter().map(|name| place(name)).collect();
    assert!(places.is_sorted(), "{order:?}");
    let in_page = "const all = [...document.querySelectorAll('*')];
        return arguments[0].map((id) => all.indexOf(document.getElementById(id)))";
    let read = desktop.script(&in_page.replace("arguments[0]", &format!("{expected:?}"))).await;
    let read: Vec<i64> = read.as_array().expect("places").iter().filter_map(Value::as_i64).collect();
    assert!(read.is_sorted(), "the order of the page is that of the keyboard");

    // A tool is ticked, how long is chosen, and it is allowed.
    tab_to(&desktop, &window, "group-change").await;
    window.key("space");
    desktop.until_text("#allow", "Allow 2 tools").await;
    tab_to(&desktop, &window, "until").await;
    window.key("Down");
    eventually("today", async || (desktop.value("#until").await == "today").then_some(())).await;
    window.key("alt+a");
    eventually("Allow has the focus", async || (focused(&desktop).await == "allow").then_some(())).await;
    window.key("Return");
    token(&desktop, &caller, asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tool_of_a_group_is_ticked_and_what_is_to_be_typed_is_typed_with_the_keyboard() {
    let (desktop, _upstream) = guarding().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    let window = ready(&desktop).await;
    // The list of the group that runs things is closed. What opens it comes after the group's own box.
    tab_to(&desktop, &window, "group-run").await;
    press_with_keys(&desktop, &window, "unfold-tools-run").await;
    tab_to(&desktop, &window, "tool-2").await;
    window.key("space");
    desktop.until_text("#allow", "Allow 2 tools").await;
    tab_to(&desktop, &window, "typed").await;
    window.type_text(&caller.place());
    press_with_keys(&desktop, &window, "allow").await;
    token(&desktop, &caller, asked).await;
    assert_eq!(modes(&desktop), ["allow", "hide", "ask"]);

    // Signing in again is one key.
    let asked = caller.ask().await;
    let window = ready(&desktop).await;
    desktop.until_text("#allow", "Continue").await;
    press_with_keys(&desktop, &window, "allow").await;
    token(&desktop, &caller, asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_and_a_change_looked_at_with_the_keyboard() {
    let (desktop, upstream, caller, token) = allowed().await;
    let call = caller.post_later(&token, &call_of("edit_file", "/a"));
    allow_with_keys(&desktop).await;
    assert!(call.await.expect("joined").body.contains("done"));
    desktop.desk.off_screen(CONSENT).await;

    upstream.lists(&[json!({ "name": "read_file", "description": "Reads another file.", "annotations": { "readOnlyHint": true } })]);
    caller.post(&token, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;
    desktop.look_at_consent().await;
    desktop.until_text("#allow", "Use the new version").await;
    allow_with_keys(&desktop).await;
    desktop.desk.off_screen(CONSENT).await;
    let list = caller.post(&token, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await.json();
    assert_eq!(list["result"]["tools"][0]["description"], "Reads another file.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_held_down_answers_one_question_and_not_the_next() {
    let desktop = Driven::start().await;
    let first = Caller::register(desktop.desk.port, "First").await.ask().await;
    let window = ready(&desktop).await;
    let second = Caller::register(desktop.desk.port, "Second").await.ask().await;
    eventually("two requests wait", async || (desktop.desk.requests().len() == 2).then_some(())).await;
    desktop.until_enabled("#allow").await;
    tab_to(&desktop, &window, "allow").await;
    let held = window.hold("Return");
    assert!(param(&first.sent_to().await, "code").is_some());
    eventually("the next question", async || desktop.text("#sentence").await.filter(|text| text.contains("Second"))).await;
    desktop.until_enabled("#allow").await;
    tab_to(&desktop, &window, "allow").await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert!(second.waits() && desktop.desk.requests().len() == 1, "it is the key of before, repeated");
    drop(held);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(second.waits() && desktop.desk.requests().len() == 1, "to release it is no answer either");
    window.key("Return");
    assert!(param(&second.sent_to().await, "code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_beside_deny_works_with_the_keyboard() {
    let desktop = Driven::start().await;
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    let window = ready(&desktop).await;
    tab_to(&desktop, &window, "deny-more").await;
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
        press_with_keys(&desktop, &window, &format!("nav-{page}")).await;
        eventually(page, async || desktop.is_enabled(&format!("#title-{page}")).await.then_some(())).await;
    }
    for page in ["settings", "health", "servers"] {
        press_with_keys(&desktop, &window, &format!("nav-{page}")).await;
        eventually("there is something to look through", async || desktop.is_enabled("#search").await.then_some(())).await;
    }
    window.key("ctrl+f");
    eventually("the field for searching", async || (focused(&desktop).await == "search").then_some(())).await;
    window.type_text("nothing like that");
    desktop.until_text("#servers-none", "Nothing was found.").await;
    window.key("Escape");
    eventually("all of them again", async || desktop.text("#server-list").await.filter(|list| list.contains("everything"))).await;
    press_with_keys(&desktop, &window, "go-add").await;
    let order = tab_order(&desktop, &window).await;
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
    let order = tab_order(&desktop, &window).await;
    let place = |name: &str| order.iter().position(|at| at == name).unwrap_or_else(|| panic!("{name} is not reached: {order:?}"));
    let places: Vec<usize> = ["welcome-import", "welcome-add", "welcome-look"].into_iter().map(place).collect();
    assert!(places.is_sorted(), "{order:?}");

    press_with_keys(&desktop, &window, "welcome-look").await;
    eventually("what there is to see", async || desktop.text("#title-health").await.filter(|title| title == "Health")).await;
    press_with_keys(&desktop, &window, "nav-servers").await;
    press_with_keys(&desktop, &window, "welcome-add").await;
    eventually("the name is asked for", async || (focused(&desktop).await == "add-name").then_some(())).await;
    window.type_text("everything");
    window.key("shift+Tab");
    eventually("what kind it is", async || (focused(&desktop).await == "add-kind-command").then_some(())).await;
    window.key("Down");
    eventually("an address", async || desktop.is_enabled("#add-url").await.then_some(())).await;
    tab_to(&desktop, &window, "add-url").await;
    window.type_text("http://127.0.0.1:9/mcp");
    window.key("Return");
    desktop.until_text("#added", "everything was added.").await;
    let how = desktop.text("#added-next").await.expect("how to go on");
    assert!(how.contains(&format!("claude mcp add --transport http everything {}", desktop.desk.url("/mcp/everything"))), "{how}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_added_with_the_keyboard_alone() {
    let desk = Desk::new();
    let (program, mark) = (bin("fake-mcp-server").display().to_string(), format!("--mark-{}", desk.profile));
    let desktop = Driven::first_start_at(desk).await;
    let window = desktop.look_at_main().await;
    window.focus();
    press_with_keys(&desktop, &window, "welcome-add").await;
    eventually("the name is asked for", async || (focused(&desktop).await == "add-name").then_some(())).await;
    window.type_text("fake");
    tab_to(&desktop, &window, "add-line").await;
    window.type_text(&format!("{program} {mark}"));
    window.key("Return");
    desktop.look_at_consent().await;
    assert!(fake_servers(&mark).is_empty(), "nothing runs before a yes");
    allow_with_keys(&desktop).await;
    desktop.look_at_main().await;
    desktop.until_text("#added", "fake was added.").await;
    assert_eq!(fake_servers(&mark).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_is_taken_away_and_an_app_disconnected_with_the_keyboard() {
    let (desktop, _upstream, caller, token) = allowed().await;
    let window = desktop.look_at_main().await;
    window.focus();
    press_with_keys(&desktop, &window, "nav-apps").await;
    eventually("the app", async || desktop.text("#app-list h2").await.filter(|name| name == "\u{201c}Journey\u{201d}")).await;
    tab_until(&desktop, &window, |at| at.starts_with("tools ")).await;
    window.key("Return");
    eventually("its tools", async || desktop.text(".tool-rules").await.filter(|text| text.contains("read_file"))).await;
    tab_to(&desktop, &window, "mode read_file").await;
    for _ in 0..2 {
        window.key("Down");
    }
    eventually("it is taken away", async || (modes(&desktop) == ["hide", "hide", "hide"]).then_some(())).await;
    assert_eq!(caller.call(&token).await.status, 200, "and the app stays connected");

    tab_until(&desktop, &window, |at| at.starts_with("app ")).await;
    window.key("Return");
    eventually("the way back comes first", async || (focused(&desktop).await == "confirm-no").then_some(())).await;
    press_with_keys(&desktop, &window, "confirm-yes").await;
    eventually("it is disconnected", async || (caller.call(&token).await.status == 401).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_gone_to_and_a_setting_changed_with_the_keyboard() {
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    desktop.look_at_consent().await.close();
    desktop.desk.off_screen(CONSENT).await;
    let window = desktop.look_at_main().await;
    window.focus();
    press_with_keys(&desktop, &window, "nav-settings").await;
    tab_to(&desktop, &window, "setting-sound").await;
    window.key("space");
    let file = desktop.desk.home().join(format!(".config/doorward/profile-{}/config.toml", desktop.desk.profile));
    eventually("it is written", async || std::fs::read_to_string(&file).ok().filter(|text| text.contains("sound = true"))).await;

    press_with_keys(&desktop, &window, "nav-requests").await;
    tab_until(&desktop, &window, |at| at.starts_with("answer ")).await;
    window.key("Return");
    let question = desktop.look_at_consent().await;
    eventually("the question has the keyboard", async || question.has_focus().then_some(())).await;
    desktop.until_enabled("#allow").await;
    press_with_keys(&desktop, &question, "deny").await;
    assert_eq!(param(&asked.sent_to().await, "error").as_deref(), Some("access_denied"));
}

/// What a screen reader is told, from top to bottom: who wants what, who waits for the answer, what can be ticked, and then the answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_screen_reader_reads_the_consent_window_in_the_right_order() {
    let (desktop, _upstream) = guarding().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let _asked = caller.ask().await;
    ready(&desktop).await;
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

/// Waits until a screen reader is told that this button is there, and gives the line that describes the window.
async fn described(desktop: &Driven, button: &str) -> String {
    let told = eventually(&format!("{button} is told"), async || {
        let told = assistive::read(desktop.desk.pid).await?;
        told.iter().any(|line| line.contains(button)).then_some(told)
    })
    .await;
    told.iter().find(|line| line.starts_with("described: ")).unwrap_or_else(|| panic!("nothing describes it: {told:#?}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_reader_is_told_of_each_kind_what_it_is_about_and_nothing_of_the_one_before() {
    let (desktop, upstream) = guarding().await;
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    desktop.look_at_consent().await.focus();
    let connection = described(&desktop, "Allow 1 tool").await;
    assert!(connection.contains("Waits for the answer"), "{connection}");
    desktop.press("#allow").await;
    let token = token(&desktop, &caller, asked).await;

    let call = caller.post_later(&token, &call_of("edit_file", "/home/me/notes"));
    desktop.look_at_consent().await.focus();
    let told = described(&desktop, "Allow once").await;
    assert!(
        told.contains("Called by") && told.contains("It may not use this tool yet.") && !told.contains("Waits for the answer"),
        "{told}"
    );
    desktop.press("#deny").await;
    assert!(call.await.expect("joined").body.contains("did not allow"));
    desktop.desk.off_screen(CONSENT).await;

    let mut changed = tools();
    changed[0]["description"] = json!("Reads a file. And sends it.");
    upstream.lists(&changed);
    caller.post(&token, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;
    desktop.look_at_consent().await.focus();
    let told = described(&desktop, "Use the new version").await;
    assert!(told.contains("read_file") && told.contains("And sends it.") && !told.contains("Called by"), "{told}");
}
