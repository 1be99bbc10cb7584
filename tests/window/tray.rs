//! The tray, in a panel: what its menu and its icon show, and what is chosen there.

use std::{collections::HashMap, fs, os::unix::fs::PermissionsExt, path::Path};

use doorward_broker::health::Finding;
use doorward_tests::{
    caller::Caller,
    desk::Desk,
    eventually,
    flow::param,
    programs::{self, bin, fake_servers},
    screen::{CONSENT, MAIN},
    without_isolation,
};
use futures_util::StreamExt;
use zbus::{Connection, MatchRule, MessageStream, message::Type, zvariant::OwnedValue};

use crate::{
    driven::Driven,
    panel::{Entry, Panel, until_there_is_no_tray},
    ticking::{call_of, guarding},
};

/// Waits until the launcher was told that so many requests wait.
async fn launcher_shows(told: &mut MessageStream, count: i64) {
    loop {
        let next = tokio::time::timeout(std::time::Duration::from_secs(10), told.next()).await.expect("told in time");
        let told = next.expect("a signal").expect("a message");
        let (entry, facts): (String, HashMap<String, OwnedValue>) = told.body().deserialize().expect("an update");
        assert_eq!(entry, "application://Doorward.desktop");
        let visible = bool::try_from(facts["count-visible"].try_clone().expect("cloned")).expect("a boolean");
        if i64::try_from(facts["count"].try_clone().expect("cloned")).expect("a number") == count {
            assert_eq!(visible, count > 0);
            return;
        }
    }
}

/// A panel, and the desktop app under it.
async fn panel_and_desktop() -> (Panel, Driven) {
    let mut desktop = None;
    let panel = Panel::showing(async || desktop = Some(Driven::start().await)).await;
    (panel, desktop.expect("started"))
}

/// A program that was allowed, and its token.
async fn connected(desktop: &Driven) -> (Caller, String) {
    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let asked = caller.ask().await;
    desktop.look_at_consent().await.focus();
    desktop.press("#allow").await;
    let token = caller.redeem(&param(&asked.sent_to().await, "code").expect("a code")).await;
    (caller, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_says_how_it_is_and_opens_the_windows() {
    let (panel, desktop) = panel_and_desktop().await;
    let desk = &desktop.desk;
    let header = format!("Doorward \u{b7} 127.0.0.1:{}", desk.port);
    panel.shows("idle").await;
    let expected = [
        &header,
        "No requests waiting",
        "Apps",
        "Servers",
        "Recent",
        "Pause everything",
        "Open Doorward\u{2026}",
        "Settings\u{2026}",
        "Show the log\u{2026}",
        "Start at login",
        "Quit",
    ];
    eventually("the whole menu", async || (panel.labels().await == expected).then_some(())).await;
    assert!(!panel.entry("Apps").await.enabled, "there is none");
    assert!(panel.entry("Servers").await.enabled && !panel.entry("everything").await.above.is_empty());
    assert!(!panel.entry("No requests waiting").await.enabled);
    assert!(!panel.entry(&header).await.enabled);

    panel.choose("Open Doorward\u{2026}").await;
    desk.on_screen(MAIN).await.close();
    desk.off_screen(MAIN).await;

    let first = Caller::register(desk.port, "First").await.ask().await;
    panel.entry("1 request waiting\u{2026}").await;
    panel.shows("waiting").await;
    desk.on_screen(CONSENT).await.close();
    desk.off_screen(CONSENT).await;
    panel.choose("1 request waiting\u{2026}").await;
    let window = desktop.look_at_consent().await;
    eventually("the question has the keyboard", async || window.has_focus().then_some(())).await;

    let second = Caller::register(desk.port, "Second").await.ask().await;
    panel.entry("2 requests waiting\u{2026}").await;
    drop((first, second));
    panel.entry("No requests waiting").await;
    panel.shows("idle").await;
    desk.off_screen(CONSENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pausing_in_the_menu_stops_every_call() {
    let (panel, desktop) = panel_and_desktop().await;
    let (caller, token) = connected(&desktop).await;
    assert_eq!(caller.call(&token).await.status, 502, "it passes; behind Doorward nobody answers");

    let paused = async |so: bool| {
        eventually("the menu is followed", async || (desktop.desk.status()?.paused == so).then_some(())).await;
        panel.entry(if so { "Resume" } else { "Pause everything" }).await;
    };
    panel.choose("15 minutes").await;
    paused(true).await;
    assert_eq!(caller.call(&token).await.status, 503);
    panel.choose("Open Doorward\u{2026}").await;
    desktop.look_at_main().await;
    eventually("the window says so", async || desktop.text("#paused").await.filter(|text| text.contains("Doorward is paused"))).await;

    assert!(desktop.desk.status().expect("a status").paused_until.is_some());
    panel.shows("paused").await;
    panel.choose("Resume").await;
    paused(false).await;
    let now = || i64::try_from(std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs()).expect("a time");
    let before = now();
    panel.choose("1 hour").await;
    paused(true).await;
    let until = desktop.desk.status().expect("a status").paused_until.expect("an end");
    assert!((before + 3_600..=now() + 3_600).contains(&until), "{until}");
    panel.choose("Resume").await;
    paused(false).await;
    panel.choose("Until I resume").await;
    paused(true).await;
    assert!(desktop.desk.status().expect("a status").paused_until.is_none());
    panel.choose("Resume").await;
    paused(false).await;
    assert_eq!(caller.call(&token).await.status, 502);
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_and_servers_are_in_the_menu_and_nothing_is_taken_away_by_a_slip() {
    let (panel, desktop) = panel_and_desktop().await;
    let (caller, token) = connected(&desktop).await;
    desktop.desk.off_screen(CONSENT).await;

    assert_eq!(panel.entry("Journey").await.above, ["Apps"]);
    eventually("what happened is in the menu", async || {
        panel.entries().await.into_iter().find(|entry| entry.label.ends_with("\u{b7} Journey \u{b7} everything: Allowed"))
    })
    .await;
    panel.choose("Copy \u{201c}claude mcp add \u{2026}\u{201d}").await;
    let command = format!("claude mcp add --transport http everything {}", desktop.desk.url("/mcp/everything"));
    panel.choose("Open Doorward\u{2026}").await;
    let window = desktop.look_at_main().await;
    desktop.press("#nav-servers").await;
    desktop.press("#go-add").await;
    desktop.press("#add-name").await;
    eventually("the window has the keyboard", async || window.has_focus().then_some(())).await;
    window.key("ctrl+v");
    eventually("it can be pasted", async || (desktop.value("#add-name").await == command).then_some(())).await;

    for (entry, question) in [
        ("Ask each time\u{2026}", "Ask each time \u{201c}Journey\u{201d} uses a tool?"),
        ("Disconnect\u{2026}", "Disconnect \u{201c}Journey\u{201d}?"),
    ] {
        panel.choose(entry).await;
        desktop.until_text("#confirm-title", question).await;
        assert!(desktop.is_enabled("#title-apps").await, "on the page Apps");
    }
    assert_eq!(caller.call(&token).await.status, 502, "nothing was taken away");
    desktop.press("#confirm-no").await;
    assert_eq!(caller.call(&token).await.status, 502);

    // Also where the window has to be made for it.
    window.close();
    desktop.desk.off_screen(MAIN).await;
    let waits = Caller::register(desktop.desk.port, "Another").await.ask().await;
    desktop.look_at_consent().await;
    panel.choose_in(&["Apps", "Journey"], "Disconnect\u{2026}").await;
    desktop.look_at_main().await;
    desktop.press("#confirm-yes").await;
    eventually("it is disconnected", async || (caller.call(&token).await.status == 401).then_some(())).await;
    drop(waits);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_stays_as_it_is_in_the_menu() {
    let (panel, desktop) = panel_and_desktop().await;
    let caller = Caller::register(desktop.desk.port, "R&D _tool_").await;
    let asked = caller.ask().await;
    desktop.look_at_consent().await.focus();
    desktop.press("#allow").await;
    asked.sent_to().await;
    // What a panel reads: an underline marks a letter, and two are one.
    panel.entry("R&D __tool__").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_said_to_a_call_is_in_the_menu_with_its_tool() {
    let mut started = None;
    let panel = Panel::showing(async || started = Some(guarding().await)).await;
    let (desktop, _upstream) = started.expect("started");
    let (caller, token) = connected(&desktop).await;
    let call = caller.post_later(&token, &call_of("edit_file", "/a"));
    desktop.look_at_consent().await.focus();
    desktop.press("#allow").await;
    assert!(call.await.expect("joined").body.contains("done"));
    eventually("it is in the menu", async || {
        panel.entries().await.into_iter().find(|entry| {
            entry.above == ["Recent"] && entry.label.ends_with("\u{b7} Journey \u{b7} edit__file on everything: Allowed once")
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_muted_program_is_heard_again_from_the_menu() {
    let (panel, desktop) = panel_and_desktop().await;
    let asked = Caller::register(desktop.desk.port, "Pest").await.ask().await;
    desktop.look_at_consent().await.focus();
    desktop.press("#deny-more").await;
    desktop.press("#deny-mute").await;
    asked.sent_to().await;
    let resumes = |entry: &Entry| entry.label.starts_with("Resume ") && entry.label.contains("(muted until ");
    eventually("it is in the menu", async || panel.entries().await.into_iter().find(resumes)).await;
    panel.choose_where("it is heard again", resumes).await;
    eventually("it is gone", async || (!panel.entries().await.iter().any(resumes)).then_some(())).await;
    let asked = Caller::register(desktop.desk.port, "Another").await.ask().await;
    desktop.look_at_consent().await;
    assert!(asked.waits());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_copied_restarted_and_counted_in_the_menu_and_a_fault_is_seen() {
    let desk = Desk::new();
    let (program, mark) = (bin("fake-mcp-server").display().to_string(), format!("--mark-{}", desk.profile));
    let mut started = None;
    let panel = Panel::showing(async || started = Some(Driven::first_start_at(desk).await)).await;
    let desktop = started.expect("started");
    let window = desktop.look_at_main().await;
    desktop.press("#welcome-add").await;
    desktop.fill("#add-name", "fake").await;
    desktop.fill("#add-line", &format!("{program} {mark}")).await;
    desktop.press("#add-submit").await;
    desktop.look_at_consent().await.focus();
    desktop.press("#allow").await;
    desktop.desk.off_screen(CONSENT).await;
    desktop.look_at_main().await;
    desktop.until_text("#added", "fake was added.").await;
    let quit = panel.entry("Quit (stops 1 server)").await;
    assert!(quit.enabled && quit.above.is_empty());

    panel.choose_in(&["Servers", "fake"], "Copy address").await;
    window.focus();
    desktop.press("#go-add").await;
    desktop.press("#add-name").await;
    window.key("ctrl+v");
    let address = desktop.desk.url("/mcp/fake");
    eventually("it can be pasted", async || (desktop.value("#add-name").await == address).then_some(())).await;

    let before = fake_servers(&mark);
    panel.choose_in(&["Servers", "fake"], "Restart").await;
    eventually("another process", async || Some(fake_servers(&mark)).filter(|now| now.len() == 1 && *now != before)).await;

    panel.shows("idle").await;
    for pid in fake_servers(&mark) {
        assert!(doorward_tests::desk::signal(pid, "KILL"));
    }
    panel.shows("fault").await;
    panel.entry("Quit").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_shows_the_log() {
    let mut desk = Desk::new();
    let (bins, opened) = (desk.home().join("bin"), desk.home().join("opened"));
    fs::create_dir_all(&bins).expect("a folder");
    let opener = bins.join("xdg-open");
    fs::write(&opener, format!("#!/bin/sh\nprintf '%s' \"$1\" > {}\n", opened.display())).expect("written");
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).expect("set");
    desk.with_variable("PATH", &format!("{}:{}", bins.display(), std::env::var("PATH").expect("a PATH")));
    let panel = Panel::showing(async || desk.start_hidden().await).await;
    panel.choose("Show the log\u{2026}").await;
    let folder = eventually("a folder is opened", async || fs::read_to_string(&opened).ok().filter(|text| !text.is_empty())).await;
    assert!(Path::new(&folder).join("doorward.log").is_file(), "{folder}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_health_and_doctor_find_the_same_around_the_desktop() {
    let findings =
        |desk: &Desk| -> Vec<Finding> { serde_json::from_slice(&desk.terminal(&["doctor", "--json"]).stdout).expect("findings") };
    let tray = |found: &[Finding]| found.iter().find(|finding| finding.about.to_string() == "tray").expect("the tray").says.to_string();
    until_there_is_no_tray().await;
    {
        let desktop = Driven::first_start().await;
        let found = findings(&desktop.desk);
        assert!(tray(&found).starts_with("Nothing on this desktop shows icons in a tray."), "{found:?}");
        desktop.look_at_main().await;
        eventually("the first run says so", async || desktop.text("#welcome-no-tray").await.filter(|text| text.contains("no icon"))).await;
        desktop.press("#nav-health").await;
        for finding in &found {
            let said = without_isolation(&finding.says.to_string());
            eventually(&said, async || desktop.text("#finding-list").await.filter(|text| text.contains(&said))).await;
        }
        for about in ["service", "data", "keyring", "screen", "path", "tray", "autostart", "web view"] {
            assert!(found.iter().any(|finding| finding.about.to_string() == about), "{about}: {found:?}");
        }
        let keyring = found.iter().find(|finding| finding.about.to_string() == "keyring").expect("the keyring");
        assert!(keyring.says.to_string().contains("Secret Service"), "{keyring:?}");
    }
    let mut started = None;
    let _panel = Panel::showing(async || started = Some(Driven::first_start().await)).await;
    let desktop = started.expect("started");
    assert_eq!(tray(&findings(&desktop.desk)), "The icon is in the tray.");
    desktop.look_at_main().await;
    desktop.until_enabled("#welcome-add").await;
    assert!(!desktop.is_enabled("#welcome-no-tray").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_app_or_one_server_can_be_paused_in_the_menu() {
    let (panel, desktop) = panel_and_desktop().await;
    let (caller, token) = connected(&desktop).await;
    for (menu, under) in [("Apps", "Journey"), ("Servers", "everything")] {
        panel.choose_in(&[menu, under], "Pause").await;
        eventually("its calls are refused", async || (caller.call(&token).await.status == 503).then_some(())).await;
        panel.choose_in(&[menu, under], "Resume").await;
        eventually("its calls pass", async || (caller.call(&token).await.status == 502).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_at_login_is_switched_in_the_menu_and_read_back() {
    let (panel, desktop) = panel_and_desktop().await;
    let entry = desktop.desk.home().join(format!(".config/autostart/doorward-desktop-{}.desktop", desktop.desk.profile));
    assert!(!entry.exists(), "only who asks for it has it");
    panel.choose("Start at login").await;
    let written = eventually("it is written", async || std::fs::read_to_string(&entry).ok().filter(|text| text.contains("Exec="))).await;
    assert!(written.contains("--hidden") && written.contains(&desktop.desk.profile), "{written}");

    // Switched off where the desktop keeps it: that is what the window shows.
    std::fs::write(&entry, written.replace("Terminal=false", "Hidden=true")).expect("written");
    panel.choose("Settings\u{2026}").await;
    desktop.look_at_main().await;
    eventually("the page Settings", async || desktop.is_enabled("#autostart").await.then_some(())).await;
    assert_eq!(desktop.script("return document.getElementById('autostart').checked").await, false);
    desktop.press("#autostart").await;
    eventually("it is on again", async || std::fs::read_to_string(&entry).ok().filter(|text| !text.contains("Hidden=true"))).await;
    desktop.press("#autostart").await;
    eventually("it is gone", async || (!entry.exists()).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_says_what_updates_a_doorward_that_a_package_brought() {
    // As a package lays it out.
    let root = tempfile::tempdir().expect("a folder");
    let (bins, share) = (root.path().join("bin"), root.path().join("share/doorward"));
    for folder in [&bins, &share] {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    for name in ["doorward", "doorward-desktop"] {
        std::fs::copy(programs::bin(name), bins.join(name)).expect("copied");
    }
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/packaging/installed-by-apt"), share.join("installed-by"))
        .expect("copied");
    let mut desk = Desk::with_programs_in(Some(bins));
    let panel = Panel::showing(async || desk.start_hidden().await).await;
    let entry =
        eventually("who updates it", async || panel.entries().await.into_iter().find(|entry| entry.label.starts_with("Updated by"))).await;
    assert!(entry.label == "Updated by apt" && !entry.enabled, "{entry:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn quitting_in_the_menu_refuses_what_waits_and_ends_well() {
    let mut desk = Desk::new();
    let panel = Panel::showing(async || desk.start_hidden().await).await;
    desk.guard("everything", "http://127.0.0.1:9/mcp");
    let asked = Caller::register(desk.port, "Journey").await.ask().await;
    desk.on_screen(CONSENT).await;

    panel.choose("Quit").await;
    assert_eq!(param(&asked.sent_to().await, "error").as_deref(), Some("temporarily_unavailable"));
    assert!(desk.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tray_everything_works_and_the_launcher_says_how_many_wait() {
    until_there_is_no_tray().await;
    let bus = Connection::session().await.expect("a session bus");
    let updates = MatchRule::builder().msg_type(Type::Signal).interface("com.canonical.Unity.LauncherEntry").expect("a name");
    let mut told = MessageStream::for_match_rule(updates.build(), &bus, None).await.expect("listens");
    let mut desk = Desk::new();
    desk.start_hidden().await;
    desk.guard("everything", "http://127.0.0.1:9/mcp");
    let asked = Caller::register(desk.port, "Journey").await.ask().await;
    desk.on_screen(CONSENT).await;
    assert!(asked.waits());
    launcher_shows(&mut told, 1).await;
    drop(asked);
    launcher_shows(&mut told, 0).await;
}
