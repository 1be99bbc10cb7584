//! Notifications: this test plays the desktop's part (org.freedesktop.Notifications).

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use doorward_tests::{
    caller::{BROWSER, Caller},
    eventually,
    flow::param,
    screen::{CONSENT, MAIN},
    without_isolation,
};
use tokio::sync::mpsc;
use zbus::{Connection, interface, object_server::SignalEmitter, zvariant::OwnedValue};

use crate::driven::Driven;

/// What was asked of the desktop.
#[derive(Debug, PartialEq)]
pub enum Said {
    Shown { number: u32, summary: String, body: String, actions: Vec<String> },
    Closed(u32),
}

struct Notifications {
    said: mpsc::UnboundedSender<Said>,
    last: AtomicU32,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[expect(clippy::too_many_arguments, reason = "as the specification has it")]
    fn notify(
        &self,
        _app: &str,
        _replaces: u32,
        _icon: &str,
        summary: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expires: i32,
    ) -> u32 {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let _ = self.said.send(Said::Shown { number, summary, body, actions });
        number
    }

    fn close_notification(&self, number: u32) {
        let _ = self.said.send(Said::Closed(number));
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, number: u32, action: &str) -> zbus::Result<()>;
}

const PATH: &str = "/org/freedesktop/Notifications";

/// Plays the desktop: what it is asked to show comes out of the channel.
pub async fn desktop_shows() -> (Connection, mpsc::UnboundedReceiver<Said>) {
    let (said, heard) = mpsc::unbounded_channel();
    let builder = zbus::connection::Builder::session().expect("a session bus");
    let builder = builder.serve_at(PATH, Notifications { said, last: AtomicU32::new(0) }).expect("served");
    (builder.name("org.freedesktop.Notifications").expect("a name").build().await.expect("the only one"), heard)
}

/// The text of the next notification.
pub async fn notified(heard: &mut mpsc::UnboundedReceiver<Said>) -> (u32, String) {
    eventually("a notification", async || match heard.try_recv().ok()? {
        Said::Shown { number, body, .. } => Some((number, without_isolation(&body))),
        Said::Closed(_) => None,
    })
    .await
}

/// Clicks a notification.
pub async fn clicked(bus: &Connection, number: u32) {
    let emitter = SignalEmitter::new(bus, PATH).expect("a path");
    Notifications::action_invoked(&emitter, number, "default").await.expect("clicked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_notified_without_names_or_buttons_and_a_click_opens_it() {
    let (bus, mut heard) = desktop_shows().await;
    let desktop = Driven::start().await;
    let caller = Caller::register_through_curl(desktop.desk.port, "Approve <b>me</b>").await;
    let asked = caller.ask().await;
    let shown = eventually("a notification", async || heard.try_recv().ok()).await;
    let Said::Shown { number, summary, body, actions } = shown else { panic!("{shown:?}") };
    assert_eq!(
        (summary.as_str(), body.as_str()),
        ("Doorward", "A program wants to use \u{2068}everything\u{2069}. Open Doorward to answer.")
    );
    assert_eq!(actions, ["default", "Open Doorward"], "a click, and no button");

    let window = desktop.look_at_consent().await;
    assert!(!window.has_focus(), "nobody did anything for it");
    clicked(&bus, number).await;
    eventually("the question has the keyboard", async || window.has_focus().then_some(())).await;
    assert!(asked.waits(), "a click on it answers nothing");

    desktop.press("#deny").await;
    assert_eq!(param(&asked.sent_to().await, "error").as_deref(), Some("access_denied"));
    assert_eq!(eventually("it goes", async || heard.try_recv().ok()).await, Said::Closed(number));
    desktop.desk.off_screen(CONSENT).await;
    assert!(heard.try_recv().is_err(), "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_goes_to_the_question_that_the_notification_is_about() {
    let (bus, mut heard) = desktop_shows().await;
    let desktop = Driven::start().await;
    let mut asked = Vec::new();
    let mut numbers = Vec::new();
    for name in ["First", "Second"] {
        asked.push(Caller::register(desktop.desk.port, name).await.ask().await);
        numbers.push(notified(&mut heard).await.0);
    }
    let shows = async |name: &str| {
        desktop.look_at_consent().await;
        eventually(name, async || desktop.text("#sentence").await.filter(|text| text.contains(name))).await;
    };
    shows("First").await;
    clicked(&bus, numbers[1]).await;
    shows("Second").await;

    // Both are put off. A click brings back the one that it is about, and leaves the other where it is.
    for _ in 0..2 {
        desktop.press("#later").await;
    }
    desktop.desk.off_screen(CONSENT).await;
    clicked(&bus, numbers[0]).await;
    shows("First").await;
    let window = desktop.desk.on_screen(CONSENT).await;
    eventually("it has the keyboard", async || window.has_focus().then_some(())).await;
    desktop.press("#deny").await;
    desktop.desk.off_screen(CONSENT).await;
    assert!(asked[1].waits() && desktop.desk.requests().len() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_a_click_raised_is_notified_when_it_does_not_get_the_keyboard() {
    let (_bus, mut heard) = desktop_shows().await;
    let desktop = Driven::first_start().await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let main = desktop.desk.on_screen(MAIN).await;
    let ask = async |name: &str| {
        let caller = Caller::register(desktop.desk.port, name).await;
        let ticket = caller.ticket(&BROWSER).await;
        let held = caller.hold(&ticket, &BROWSER).await;
        let window = desktop.look_at_consent().await;
        eventually("the question has the keyboard", async || window.has_focus().then_some(())).await;
        (held, window)
    };
    let (held, window) = ask("Seen").await;
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    assert!(window.has_focus() && heard.try_recv().is_err(), "it is in view");
    drop(held);
    desktop.desk.off_screen(CONSENT).await;
    while heard.try_recv().is_ok() {}

    let (_held, window) = ask("Unseen").await;
    main.focus();
    assert!(!window.has_focus());
    assert_eq!(notified(&mut heard).await.1, "A program wants to use everything. Open Doorward to answer.");
}
