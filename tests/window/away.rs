//! When nobody is there: this test plays the part of the desktop that locks the screen, and of the one that keeps sessions.

use std::time::Duration;

use doorward_tests::{
    caller::{BROWSER, Caller},
    desk::Desk,
    eventually,
    screen::{CONSENT, MAIN},
};
use zbus::{
    Connection,
    connection::Builder,
    fdo, interface,
    object_server::SignalEmitter,
    zvariant::{ObjectPath, OwnedObjectPath},
};

use crate::{
    driven::Driven,
    notices::{Said, clicked, desktop_shows, notified},
};

struct ScreenSaver;

#[interface(name = "org.freedesktop.ScreenSaver")]
impl ScreenSaver {
    fn get_active(&self) -> bool {
        false
    }

    #[zbus(signal)]
    async fn active_changed(emitter: &SignalEmitter<'_>, locked: bool) -> zbus::Result<()>;
}

const SCREEN_SAVER: &str = "/org/freedesktop/ScreenSaver";

async fn screen_saver() -> Connection {
    let builder = Builder::session().expect("a session bus").serve_at(SCREEN_SAVER, ScreenSaver).expect("served");
    builder.name("org.freedesktop.ScreenSaver").expect("a name").build().await.expect("the only one")
}

async fn lock(bus: &Connection, locked: bool) {
    let emitter = SignalEmitter::new(bus, SCREEN_SAVER).expect("a path");
    ScreenSaver::active_changed(&emitter, locked).await.expect("sent");
}

/// A desk whose questions wait for so many seconds.
fn desk_with_patience(seconds: u32) -> Desk {
    let desk = Desk::new();
    let folder = desk.home().join(".config/doorward").join(format!("profile-{}", desk.profile));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("config.toml"), format!("[limits]\nanswer_seconds = {seconds}\n")).expect("written");
    desk
}

/// Waits until Doorward has heard that the person is away or back.
async fn heard(desk: &Desk, what: &str, times: usize) {
    eventually(&format!("{times} times: {what}"), async || (desk.log().matches(what).count() >= times).then_some(())).await;
}

const AWAY: &str = "the person is away";
const BACK: &str = "the person is back";

#[tokio::test(flavor = "multi_thread")]
async fn what_lapsed_on_a_locked_screen_is_told_once_after_unlocking() {
    let ((bus, mut said), saver) = (desktop_shows().await, screen_saver().await);
    let desktop = Driven::in_use(desk_with_patience(2)).await;
    lock(&saver, true).await;
    heard(&desktop.desk, AWAY, 1).await;

    let first = Caller::register_through_curl(desktop.desk.port, "Look at <b>me</b>").await.ask().await;
    let second = Caller::register_through_curl(desktop.desk.port, "Another").await.ask().await;
    desktop.look_at_consent().await;
    assert!(first.sent_to().await.contains("access_denied"), "the deadline runs");
    assert!(second.sent_to().await.contains("access_denied"));
    desktop.desk.off_screen(CONSENT).await;
    // Twice nobody answered: that the program is muted is told as always.
    let told: Vec<Said> = std::iter::from_fn(|| said.try_recv().ok()).collect();
    assert!(!told.iter().any(|said| matches!(said, Said::Shown { body, .. } if body.contains("Open Doorward"))), "{told:?}");

    lock(&saver, false).await;
    let lapsed = "2 requests lapsed while you were away: everything. Nothing was given.";
    let number = eventually("what lapsed is told", async || {
        let (number, text) = notified(&mut said).await;
        (text == lapsed).then_some(number)
    })
    .await;
    lock(&saver, true).await;
    heard(&desktop.desk, AWAY, 2).await;
    lock(&saver, false).await;
    heard(&desktop.desk, BACK, 2).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(said.try_recv().is_err(), "once");

    clicked(&bus, number).await;
    desktop.look_at_main().await;
    let list = eventually("the page Requests shows how they ended", async || {
        desktop.text("#page-requests").await.filter(|text| text.contains("Not answered in time"))
    })
    .await;
    assert_eq!(list.matches("Not answered in time").count(), 2, "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_on_a_locked_screen_reaches_for_the_keyboard_after_unlocking_only() {
    let ((_bus, mut said), saver) = (desktop_shows().await, screen_saver().await);
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let main = desktop.desk.on_screen(MAIN).await;
    main.focus();
    lock(&saver, true).await;
    heard(&desktop.desk, AWAY, 1).await;

    let caller = Caller::register(desktop.desk.port, "Journey").await;
    let ticket = caller.ticket(&BROWSER).await;
    let held = caller.hold(&ticket, &BROWSER).await;
    let window = desktop.look_at_consent().await;
    desktop.desk.terminal(&["approve", "1"]);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(main.has_focus() && !window.has_focus(), "not by a click, and not by command");
    assert!(!desktop.is_enabled("#allow").await, "and nothing is allowed without");

    lock(&saver, false).await;
    eventually("the question has the keyboard", async || window.has_focus().then_some(())).await;
    assert_eq!(desktop.desk.requests().len(), 1);
    assert!(said.try_recv().is_err(), "the window is all that is needed");
    drop(held);
    desktop.desk.off_screen(CONSENT).await;

    // What nobody clicked for is notified instead, and once.
    lock(&saver, true).await;
    heard(&desktop.desk, AWAY, 2).await;
    let asked = Caller::register(desktop.desk.port, "Another").await.ask().await;
    desktop.look_at_consent().await;
    assert!(said.try_recv().is_err(), "nobody would see it");
    lock(&saver, false).await;
    let (_, text) = notified(&mut said).await;
    assert_eq!(text, "A program wants to use everything. Open Doorward to answer.");
    assert!(asked.waits());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_turned_notifications_off_is_not_told_what_lapsed() {
    let ((_bus, mut said), saver) = (desktop_shows().await, screen_saver().await);
    let desktop = Driven::in_use(desk_with_patience(1)).await;
    desktop.desk.person_types("settings set notifications false");
    lock(&saver, true).await;
    heard(&desktop.desk, AWAY, 1).await;
    Caller::register(desktop.desk.port, "Journey").await.ask().await.sent_to().await;
    lock(&saver, false).await;
    heard(&desktop.desk, BACK, 1).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(said.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desktop_that_ends_while_it_locks_does_not_lock_for_ever() {
    let saver = screen_saver().await;
    let mut desk = Desk::new();
    desk.start_hidden().await;
    heard(&desk, "listening for locks and sleep", 1).await;
    lock(&saver, true).await;
    heard(&desk, AWAY, 1).await;
    drop(saver);
    heard(&desk, BACK, 1).await;
}

struct Login;

#[interface(name = "org.freedesktop.login1.Manager")]
impl Login {
    fn get_session(&self, id: &str) -> fdo::Result<OwnedObjectPath> {
        assert_eq!(id, "auto");
        Ok(ObjectPath::from_static_str_unchecked(SESSION).into())
    }

    #[zbus(signal)]
    async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, begins: bool) -> zbus::Result<()>;
}

struct LoginSession {
    locked: bool,
}

#[interface(name = "org.freedesktop.login1.Session")]
impl LoginSession {
    #[zbus(property)]
    fn locked_hint(&self) -> bool {
        self.locked
    }
}

const LOGIN: &str = "/org/freedesktop/login1";
const SESSION: &str = "/org/freedesktop/login1/session/c1";

#[tokio::test(flavor = "multi_thread")]
async fn a_sleep_and_a_locked_session_are_being_away_too() {
    let builder = Builder::session().expect("a bus").serve_at(LOGIN, Login).expect("served");
    let builder = builder.serve_at(SESSION, LoginSession { locked: true }).expect("served");
    let bus = builder.name("org.freedesktop.login1").expect("a name").build().await.expect("the only one");
    let session = bus.object_server().interface::<_, LoginSession>(SESSION).await.expect("served");
    let locked = async |locked: bool| {
        session.get_mut().await.locked = locked;
        session.get().await.locked_hint_changed(session.signal_emitter()).await.expect("sent");
    };

    let mut desk = Desk::new();
    desk.with_variable("DBUS_SYSTEM_BUS_ADDRESS", &std::env::var("DBUS_SESSION_BUS_ADDRESS").expect("a bus"));
    desk.start_hidden().await;
    heard(&desk, AWAY, 1).await;
    locked(false).await;
    heard(&desk, BACK, 1).await;

    let emitter = SignalEmitter::new(&bus, LOGIN).expect("a path");
    Login::prepare_for_sleep(&emitter, true).await.expect("sent");
    heard(&desk, AWAY, 2).await;
    // As a desktop that locks before it sleeps.
    locked(true).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    Login::prepare_for_sleep(&emitter, false).await.expect("sent");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(desk.log().matches(BACK).count(), 1, "awake, and locked still");
    locked(false).await;
    heard(&desk, BACK, 2).await;
}
