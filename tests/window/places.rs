//! Where windows open, how large they are, and what they cover.

use std::process::{Child, Command, Stdio};

use doorward_tests::{
    caller::{BROWSER, Caller},
    desk::Desk,
    eventually,
    screen::{CONSENT, Monitor, OnScreen, Part, point_at},
};

use crate::{
    driven::Driven,
    notices::{desktop_shows, notified},
};

const LEFT: Part = Part { x: 0, y: 0, width: 640, height: 800 };
const RIGHT: Part = Part { x: 640, y: 0, width: 640, height: 800 };

/// Waits until a window has come to rest in a part of the screen.
async fn comes_to(window: &OnScreen, part: Part) {
    let what = format!("{part:?} holds the window");
    eventually(&what, async || part.holds(&window.part()).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_opens_within_the_monitor_and_follows_it() {
    let monitor = Monitor::shows(RIGHT).await;
    point_at(1200, 400);
    let mut desk = Desk::new();
    desk.start_hidden().await;
    desk.guard("everything", "http://127.0.0.1:9/mcp");
    let asked = Caller::register(desk.port, "Journey").await.ask().await;
    comes_to(&desk.on_screen(CONSENT).await, RIGHT).await;
    drop(asked);
    desk.off_screen(CONSENT).await;

    // Made ahead of its question, when the monitor was elsewhere.
    monitor.moves_to(LEFT).await;
    point_at(100, 400);
    let caller = Caller::register(desk.port, "Another").await;
    eventually("a window is made ahead", async || (desk.web_views().len() == 1).then_some(())).await;
    monitor.moves_to(RIGHT).await;
    point_at(1200, 400);
    let _asked = caller.ask().await;
    let window = desk.on_screen(CONSENT).await;
    comes_to(&window, RIGHT).await;

    // Its monitor is unplugged, and then there is a next question.
    point_at(100, 400);
    monitor.moves_to(LEFT).await;
    comes_to(&window, LEFT).await;
    let _next = Caller::register(desk.port, "Next").await.ask().await;
    comes_to(&window, LEFT).await;
    assert_eq!(desk.requests().len(), 2);
    assert_eq!(desk.complaints(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_never_larger_than_its_monitor() {
    let small = Part { x: 0, y: 0, width: 800, height: 400 };
    let _monitor = Monitor::shows(small).await;
    point_at(100, 100);
    let desktop = Driven::first_start().await;
    comes_to(&desktop.look_at_main().await, small).await;
    desktop.desk.guard("everything", "http://127.0.0.1:9/mcp");
    let _asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    let window = desktop.look_at_consent().await;
    comes_to(&window, small).await;
    let buttons = desktop.script("return ['deny', 'later', 'allow'].every((id) => { const box = document.getElementById(id).getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; })").await;
    assert_eq!(buttons, true, "what answers can be seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_twice_the_scale_a_window_is_twice_as_large_where_there_is_room() {
    for (width, height, inner) in [(1280, 800, 960), (800, 600, 768)] {
        let part = Part { x: 0, y: 0, width, height };
        let _monitor = Monitor::shows(part).await;
        point_at(100, 100);
        let mut desk = Desk::new();
        desk.with_variable("GDK_SCALE", "2");
        let desktop = Driven::in_use(desk).await;
        let _asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
        let window = desktop.look_at_consent().await;
        comes_to(&window, part).await;
        assert_eq!(desktop.script("return innerWidth * devicePixelRatio").await, inner);
    }
}

/// A program that fills the whole screen, until this is dropped.
struct FullScreen(Child);

impl FullScreen {
    async fn start() -> (Self, OnScreen) {
        let script = "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk; \
                      w = Gtk.Window(title='A film'); w.fullscreen(); w.show(); Gtk.main()";
        let child = Command::new("/usr/bin/python3").args(["-c", script]).stdin(Stdio::null()).spawn().expect("python3");
        let this = Self(child);
        let window = eventually("a full-screen window", async || OnScreen::find(this.0.id(), "A film")).await;
        eventually("it fills the screen", async || window.property("_NET_WM_STATE").contains("_NET_WM_STATE_FULLSCREEN").then_some(()))
            .await;
        window.focus();
        (this, window)
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The one of two windows that is above the other.
fn upper<'w>(one: &'w OnScreen, other: &'w OnScreen) -> Option<&'w OnScreen> {
    let stacked = OnScreen::stacked();
    let place = |window| stacked.iter().position(|known| known == window);
    Some(if place(one)? > place(other)? { one } else { other })
}

#[tokio::test(flavor = "multi_thread")]
async fn in_full_screen_a_question_leaves_the_keyboard_and_is_notified() {
    let (_bus, mut said) = desktop_shows().await;
    let desktop = Driven::in_use(Desk::new()).await;
    let (_film, film) = FullScreen::start().await;
    let asked = Caller::register(desktop.desk.port, "Journey").await.ask().await;
    let window = desktop.look_at_consent().await;
    assert_eq!(notified(&mut said).await.1, "A program wants to use everything. Open Doorward to answer.");
    assert!(film.has_focus(), "a program cannot take the keyboard");
    eventually("it asks for attention", async || {
        let urgent = window.property("WM_HINTS").contains("urgency") || window.property("_NET_WM_STATE").contains("DEMANDS_ATTENTION");
        urgent.then_some(())
    })
    .await;
    assert!(window.property("_NET_WM_STATE").contains("_NET_WM_STATE_ABOVE"));
    assert!(film.property("_NET_WM_STATE").contains("_NET_WM_STATE_FULLSCREEN"), "it still fills the screen");
    drop(asked);
    desktop.desk.off_screen(CONSENT).await;

    // A person's own click led there.
    let caller = Caller::register(desktop.desk.port, "Another").await;
    let ticket = caller.ticket(&BROWSER).await;
    let _held = caller.hold(&ticket, &BROWSER).await;
    let window = desktop.look_at_consent().await;
    eventually("the question has the keyboard", async || window.has_focus().then_some(())).await;
    eventually("and is above", async || (upper(&window, &film) == Some(&window)).then_some(())).await;
}
