//! The main window: servers, apps, and how it is raised.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use doorward_tests::{
    caller::Caller,
    desk::Desk,
    eventually,
    flow::param,
    programs::Process,
    screen::{CONSENT, MAIN, OnScreen},
    upstream::Upstream,
};

use crate::driven::Driven;

#[tokio::test(flavor = "multi_thread")]
async fn the_main_window_adds_copies_and_removes_a_server() {
    let desktop = Driven::first_start().await;
    let window = desktop.look_at_main().await;
    let servers = || String::from_utf8(desktop.desk.terminal(&["servers", "--json"]).stdout).expect("text");
    desktop.press("#nav-servers").await;
    assert!(!desktop.is_enabled("#add-name").await, "first comes the choice");
    desktop.press("#welcome-add").await;
    desktop.press("#add-kind-address").await;

    desktop.fill("#add-name", "Not A Name").await;
    desktop.fill("#add-url", "http://127.0.0.1:9/mcp").await;
    desktop.press("#add-submit").await;
    eventually("the name is refused in words", async || desktop.text("#add-error").await.filter(|text| !text.is_empty())).await;
    assert_eq!(servers().trim(), "[]");

    desktop.clear("#add-name").await;
    desktop.fill("#add-name", "files").await;
    desktop.press("#add-submit").await;
    desktop.until_text("#added", "files was added.").await;
    assert!(!desktop.is_enabled("#add-name").await, "the form is gone");
    assert_eq!(desktop.script("return document.activeElement.id").await, "added");
    let address = desktop.desk.url("/mcp/files");
    assert!(desktop.text("#server-list").await.expect("a list").contains(&address));
    assert!(servers().contains(&address));

    window.focus();
    desktop.press("[data-key='copy files']").await;
    desktop.until_text("[data-key='copy files']", "Copied of files").await;
    desktop.press("#add-more").await;
    desktop.press("#add-url").await;
    window.key("ctrl+v");
    eventually("the copy can be pasted", async || (desktop.value("#add-url").await == address).then_some(())).await;

    desktop.press("[data-key='remove files']").await;
    assert_eq!(desktop.text("#confirm-title").await.as_deref(), Some("Remove files?"));
    desktop.press("#confirm-no").await;
    assert!(servers().contains(&address), "not without a yes");
    desktop.press("[data-key='remove files']").await;
    desktop.press("#confirm-yes").await;
    eventually("the server is gone", async || (servers().trim() == "[]").then_some(())).await;
    desktop.until_text("#server-list", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_window_disconnects_an_app() {
    let (desktop, upstream) = (Driven::first_start().await, Upstream::start().await);
    desktop.desk.guard("everything", &upstream.url);
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    desktop.look_at_consent().await.focus();
    desktop.press("#allow").await;
    let token = caller.redeem(&param(&asked.sent_to().await, "code").expect("a code")).await;
    assert_eq!(caller.call(&token).await.status, 200);
    let seen = upstream.seen().len();

    desktop.look_at_main().await;
    desktop.press("#nav-apps").await;
    eventually("the app is listed", async || desktop.text("#app-list h2").await.filter(|name| name == "\u{201c}Journey\u{201d}")).await;
    assert!(desktop.text("#app-list").await.expect("a list").contains("Last used"));
    desktop.press("[data-key^='app ']").await;
    desktop.press("#confirm-yes").await;
    desktop.until_text("#app-list", "").await;
    assert_eq!(caller.call(&token).await.status, 401, "from its next call on");
    assert_eq!(upstream.seen().len(), seen);
    desktop.press("#nav-requests").await;
    assert!(desktop.text("#history-list").await.expect("a list").contains("Disconnected"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_window_leads_back_to_a_request_that_was_put_off() {
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    desktop.look_at_consent().await;
    desktop.press("#later").await;
    desktop.desk.off_screen(CONSENT).await;

    desktop.look_at_main().await;
    desktop.press("#nav-requests").await;
    desktop.press("[data-key='answer 1']").await;
    let window = desktop.look_at_consent().await;
    eventually("it has the keyboard", async || window.has_focus().then_some(())).await;
    desktop.press("#allow").await;
    assert!(param(&asked.sent_to().await, "code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_raises_the_first() {
    let desktop = Driven::start().await;
    let desk = &desktop.desk;
    let again = async || {
        let mut second = Process::start(desk.graphical(desk.program("doorward-desktop")).args(desk.arguments()));
        let ended = eventually("the second start ends", async || second.0.try_wait().expect("a child")).await;
        assert!(ended.success(), "{ended}");
    };

    again().await;
    let main = desktop.look_at_main().await;
    eventually("the main window has the keyboard", async || main.has_focus().then_some(())).await;
    main.close();
    desk.off_screen(MAIN).await;
    assert!(desk.status().is_some(), "closing the window is not the end");

    let asked = Caller::register(desk.port, "Journey").await.ask().await;
    desk.on_screen(CONSENT).await.close();
    desk.off_screen(CONSENT).await;
    again().await;
    let window = desktop.look_at_consent().await;
    eventually("what waits is in front", async || window.has_focus().then_some(())).await;
    assert!(asked.waits());
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_doorward_on_a_terminal_the_desktop_app_says_why_it_does_not_start() {
    let desk = Desk::new();
    let port = desk.port.to_string();
    let mut terminal = desk.command(desk.program("doorward"));
    let _terminal = Process::start(terminal.args(["--profile", &desk.profile, "serve", "--no-gui", "--port", &port]).stderr(Stdio::null()));
    eventually("it serves", async || desk.status()).await;

    let mut app = Process::start(desk.graphical(desk.program("doorward-desktop")).args(desk.arguments()));
    let dialog = eventually("a dialog", async || OnScreen::find(app.0.id(), MAIN)).await;
    assert!(desk.complaints().contains("Doorward is already running: doorward serve, pid"), "{}", desk.complaints());
    dialog.close();
    let ended = eventually("it ends", async || app.0.try_wait().expect("a child")).await;
    assert_eq!(ended.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_said_with_the_program_that_holds_it() {
    let desk = Desk::new();
    let _holder = std::net::TcpListener::bind(("127.0.0.1", desk.port)).expect("free");
    let mut app = Process::start(desk.graphical(desk.program("doorward-desktop")).args(desk.arguments()));
    let dialog = eventually("a dialog", async || OnScreen::find(app.0.id(), "Doorward cannot start")).await;
    let (said, this) = (desk.complaints(), format!("pid {}", std::process::id()));
    assert!(said.contains(&desk.port.to_string()) && said.contains(&this), "{said}");
    dialog.close();
    let ended = eventually("it ends", async || app.0.try_wait().expect("a child")).await;
    assert_eq!(ended.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_shows_the_programs_of_its_logins_and_a_muted_one_is_heard_again() {
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let caller = Caller::register_through_curl(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    desktop.look_at_consent().await.focus();
    desktop.until_text("#typed-label", "Type where the answer goes, as shown above").await;
    desktop.fill("#typed", &caller.place()).await;
    desktop.press("#allow").await;
    caller.redeem(&param(&asked.sent_to().await, "code").expect("a code")).await;
    desktop.desk.off_screen(CONSENT).await;

    desktop.look_at_main().await;
    desktop.press("#nav-apps").await;
    eventually("the programs", async || desktop.text(".parts summary").await.filter(|text| text == "Programs behind its logins")).await;
    desktop.press(".parts summary").await;
    let own = std::env::current_exe().expect("a path").file_name().expect("a name").to_string_lossy().into_owned();
    for said in ["curl registered it".to_owned(), format!("{own} waited for the answer"), format!("{own} redeemed the answer")] {
        eventually(&said, async || desktop.text(".parts").await.filter(|text| text.contains(&said))).await;
    }

    // Registered by this program, so that this one is muted.
    let caller = Caller::register(desktop.desk.port, "Pest").await;
    let asked = caller.ask().await;
    desktop.look_at_consent().await.focus();
    desktop.press("#deny-more").await;
    desktop.press("#deny-mute").await;
    asked.sent_to().await;
    desktop.look_at_main().await;
    desktop.press("#nav-requests").await;
    eventually("it is said", async || desktop.text("#muted-list").await.filter(|text| text.contains("does not ask you about"))).await;
    desktop.press("#muted-list button").await;
    eventually("it is gone", async || desktop.text("#muted-list").await.filter(String::is_empty)).await;
    let caller = Caller::register(desktop.desk.port, "Another").await;
    let asked = caller.ask().await;
    desktop.look_at_consent().await;
    assert!(asked.waits(), "it is asked about again");
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnecting_in_the_window_ends_an_open_stream_within_a_second() {
    let (desktop, upstream) = (Driven::first_start().await, Upstream::start().await);
    desktop.desk.guard("everything", &format!("{}/stream", upstream.url));
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    desktop.look_at_consent().await.focus();
    desktop.press("#allow").await;
    let token = caller.redeem(&param(&asked.sent_to().await, "code").expect("a code")).await;
    desktop.desk.off_screen(CONSENT).await;
    let before = upstream.seen().len();
    let stream = caller.post_later(&token, r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
    eventually("the server has it", async || (upstream.seen().len() > before).then_some(())).await;

    desktop.look_at_main().await;
    desktop.press("#nav-apps").await;
    desktop.press("#app-list [data-key^='app ']").await;
    desktop.until_enabled("#confirm-yes").await;
    assert!(!stream.is_finished(), "it is open");
    desktop.press("#confirm-yes").await;
    let pressed = Instant::now();
    while !stream.is_finished() && pressed.elapsed() < Duration::from_secs(5) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(pressed.elapsed() < Duration::from_secs(1), "{:?}", pressed.elapsed());
    eventually("the server notices", async || upstream.hung_up().then_some(())).await;
    assert_eq!(caller.call(&token).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_things_that_happened_do_not_keep_anybody_waiting() {
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let data = desktop.desk.home().join(format!(".local/share/doorward/profile-{}/doorward.db", desktop.desk.profile));
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)";
    rusqlite::Connection::open(data)
        .and_then(|db| {
            db.busy_timeout(Duration::from_secs(10))?;
            db.execute_batch(&format!(
                "BEGIN IMMEDIATE;
                 INSERT INTO events (at, outcome, client_name, server, detail)
                     {many} SELECT 1700000000 + i, 'allowed', 'App ' || i, 'everything', 'You allowed it.' FROM n;
                 INSERT INTO calls (at, app, app_name, server, method, name, passed, why, ended, milliseconds, sent, received, shape)
                     {many} SELECT 1700000000 + i, 'a', 'App ' || i, 'everything', 'tools/call', 'tool_' || i, 1, 'decided-allowed', 'ended-answered', 1, 1, 1, ''
                     FROM n;
                 COMMIT;"
            ))
        })
        .expect("written");
    desktop.look_at_main().await;
    for (page, list, search, found) in
        [("requests", "#history-list", "App 77", "App 7777"), ("activity", "#activity-list", "tool_77", "tool_7777")]
    {
        let begun = Instant::now();
        desktop.press(&format!("#nav-{page}")).await;
        eventually("the newest", async || desktop.text(list).await.filter(|text| text.contains("10000"))).await;
        assert!(begun.elapsed() < Duration::from_secs(5), "{page}: {:?}", begun.elapsed());
        let rows = desktop.script(&format!("return document.querySelectorAll('{list} > li').length")).await;
        assert!(rows.as_u64().is_some_and(|rows| rows <= 200), "a page of it: {rows}");
        desktop.clear("#search").await;
        desktop.fill("#search", search).await;
        eventually("what is looked for", async || desktop.text(list).await.filter(|text| text.contains(found))).await;
        desktop.clear("#search").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_needs_no_session_bus_to_find_the_first() {
    let mut desk = Desk::new();
    desk.start_hidden().await;
    let without_a_bus = |desk: &Desk| {
        let mut command = desk.graphical(desk.program("doorward-desktop"));
        command.args(desk.arguments()).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
        command
    };
    let again = without_a_bus(&desk).status().expect("runs");
    assert!(again.success());
    desk.on_screen(MAIN).await;

    // The first one has no keyring without it, and says so in the toolkit's dialog.
    let mut other = Desk::new();
    let mut app = Process::start(&mut without_a_bus(&other));
    let pid = app.0.id();
    let dialog = eventually("a dialog", async || OnScreen::find(pid, MAIN)).await;
    other.pid = pid;
    assert!(other.status().is_none());
    dialog.close();
    let ended = eventually("it ends", async || app.0.try_wait().expect("a child")).await;
    assert_eq!(ended.code(), Some(1));
}
