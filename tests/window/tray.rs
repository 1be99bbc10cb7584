//! The tray: this test plays the desktop's part (StatusNotifierWatcher) and uses the menu as a panel does.

use std::{collections::HashMap, path::Path};

use doorward_tests::{
    caller::Caller,
    desk::Desk,
    eventually,
    flow::param,
    programs,
    screen::{CONSENT, MAIN},
    without_isolation,
};
use tokio::sync::mpsc;
use zbus::{
    Connection, Proxy, fdo, interface,
    message::Header,
    names::BusName,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

use crate::driven::Driven;

/// Where desktops keep their list of tray icons.
struct Watcher(mpsc::UnboundedSender<(String, String)>);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// `item` is a path at the sender, or a bus name.
    fn register_status_notifier_item(&self, item: &str, #[zbus(header)] header: Header<'_>) -> fdo::Result<()> {
        let sender = header.sender().ok_or_else(|| fdo::Error::Failed("nobody".to_owned()))?;
        let (name, path) = if item.starts_with('/') { (sender.as_str(), item) } else { (item, "/StatusNotifierItem") };
        self.0.send((name.to_owned(), path.to_owned())).map_err(|error| fdo::Error::Failed(error.to_string()))
    }

    fn register_status_notifier_host(&self, _host: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// An entry as a panel shows it.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    id: i32,
    label: String,
    enabled: bool,
    /// The submenus that it is in.
    above: Vec<String>,
}

type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// Waits until the tray of the test before is gone.
async fn until_there_is_no_tray() {
    let bus = Connection::session().await.expect("a session bus");
    let names = fdo::DBusProxy::new(&bus).await.expect("the bus");
    let watcher = BusName::try_from("org.kde.StatusNotifierWatcher").expect("a name");
    eventually("there is no tray", async || (!names.name_has_owner(watcher.clone()).await.expect("told")).then_some(())).await;
}

/// A panel with Doorward's icon in it.
struct Panel {
    menu: Proxy<'static>,
}

impl Panel {
    /// Begins to be the session's tray; `start` starts the app.
    async fn showing(start: impl AsyncFnOnce()) -> Self {
        until_there_is_no_tray().await;
        let (found, mut items) = mpsc::unbounded_channel();
        let builder = zbus::connection::Builder::session().expect("a session bus");
        let builder = builder.serve_at("/StatusNotifierWatcher", Watcher(found)).expect("served");
        let bus: Connection = builder.name("org.kde.StatusNotifierWatcher").expect("a name").build().await.expect("the only tray");
        start().await;
        let (name, path) = eventually("an icon appears", async || items.try_recv().ok()).await;
        let item = Proxy::new(&bus, name.clone(), path, "org.kde.StatusNotifierItem").await.expect("an item");
        assert_eq!(item.get_property::<String>("Status").await.expect("a status"), "Active");
        let menu: OwnedObjectPath = item.get_property("Menu").await.expect("a menu");
        Self { menu: Proxy::new(&bus, name, menu, "com.canonical.dbusmenu").await.expect("a menu") }
    }

    /// The menu from top to bottom, without its lines, with what its submenus have.
    async fn entries(&self) -> Vec<Entry> {
        let all = (0_i32, -1_i32, Vec::<String>::new());
        let (_revision, root): (u32, Layout) = self.menu.call("GetLayout", &all).await.expect("a layout");
        let mut all = Vec::new();
        Entry::read_all(root, &[], &mut all);
        all
    }

    async fn labels(&self) -> Vec<String> {
        self.entries().await.into_iter().filter(|entry| entry.above.is_empty()).map(|entry| entry.label).collect()
    }

    /// The entry with this label, once there is one.
    async fn entry(&self, label: &str) -> Entry {
        eventually(&format!("the menu has {label:?}"), async || self.entries().await.into_iter().find(|entry| entry.label == label)).await
    }

    /// Chooses an entry.
    async fn choose(&self, label: &str) {
        self.choose_where(&format!("the menu has {label:?}"), |entry| entry.label == label).await;
    }

    /// Chooses an entry in a submenu.
    async fn choose_in(&self, menus: &[&str], label: &str) {
        self.choose_where(&format!("{menus:?} has {label:?}"), |entry| entry.label == label && entry.above == menus).await;
    }

    /// A menu that was made anew between looking and choosing has other numbers.
    async fn choose_where(&self, what: &str, there: impl Fn(&Entry) -> bool) {
        eventually(what, async || {
            let entry = self.entries().await.into_iter().find(&there)?;
            assert!(entry.enabled, "{entry:?}");
            let event = (entry.id, "clicked", Value::from(""), 0_u32);
            self.menu.call::<_, _, ()>("Event", &event).await.ok()
        })
        .await;
    }
}

impl Entry {
    fn read_all((_, _, children): Layout, above: &[String], all: &mut Vec<Self>) {
        for child in children {
            let child: Layout = child.try_into().expect("an entry");
            let entry = Self::read(&child, above);
            let below = entry.iter().map(|entry| entry.label.clone());
            let below: Vec<String> = above.iter().cloned().chain(below).collect();
            all.extend(entry);
            Self::read_all(child, &below, all);
        }
    }

    fn read((id, properties, _): &Layout, above: &[String]) -> Option<Self> {
        let of = |name: &str| properties.get(name).map(|value| value.try_clone().expect("cloned"));
        let label = without_isolation(&String::try_from(of("label")?).expect("text"));
        let enabled = of("enabled").is_none_or(|value| bool::try_from(value).expect("a boolean"));
        Some(Self { id: *id, label, enabled, above: above.to_vec() })
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
    desk.on_screen(CONSENT).await.close();
    desk.off_screen(CONSENT).await;
    panel.choose("1 request waiting\u{2026}").await;
    let window = desktop.look_at_consent().await;
    eventually("the question has the keyboard", async || window.has_focus().then_some(())).await;

    let second = Caller::register(desk.port, "Second").await.ask().await;
    panel.entry("2 requests waiting\u{2026}").await;
    drop((first, second));
    panel.entry("No requests waiting").await;
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
    desktop.press("#add-name").await;
    eventually("the window has the keyboard", async || window.has_focus().then_some(())).await;
    window.key("ctrl+v");
    eventually("it can be pasted", async || (desktop.value("#add-name").await == command).then_some(())).await;

    for other in ["Ask for everything\u{2026}", "Disconnect\u{2026}"] {
        panel.choose(other).await;
    }
    eventually("the page Apps", async || desktop.text("#app-list h2").await.filter(|name| name == "\u{201c}Journey\u{201d}")).await;
    assert_eq!(caller.call(&token).await.status, 502, "nothing was taken away");
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
async fn without_a_tray_everything_works() {
    until_there_is_no_tray().await;
    let mut desk = Desk::new();
    desk.start_hidden().await;
    desk.guard("everything", "http://127.0.0.1:9/mcp");
    let asked = Caller::register(desk.port, "Journey").await.ask().await;
    desk.on_screen(CONSENT).await;
    assert!(asked.waits());
}
