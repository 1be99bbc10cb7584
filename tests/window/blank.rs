//! A web view that never draws is a known fault of some graphics drivers. The question is put all the same.

use std::time::{Duration, Instant};

use doorward_tests::{
    assistive::{self, Person},
    caller::{Asked, Caller},
    desk::{Desk, signal},
    eventually,
    flow::param,
    programs::Process,
    screen::{CONSENT, MAIN, OnScreen},
};

/// A question in a native dialog, because the web view that was made ahead stands still.
struct InADialog {
    desk: Desk,
    asked: Asked,
    dialog: OnScreen,
}

impl InADialog {
    /// Asked while the person is in another window.
    async fn asked() -> Self {
        Self::asked_at(Desk::new(), CONSENT).await
    }

    /// Asked there, where windows with a question have that title.
    async fn asked_at(mut desk: Desk, title: &str) -> Self {
        desk.start_hidden().await;
        desk.guard("everything", "http://127.0.0.1:9/mcp");
        let caller = Caller::register(desk.port, "Journey").await;
        let web_view = eventually("a window is made ahead", async || desk.web_views().first().copied()).await;
        assert!(signal(web_view, "STOP"));
        raise(&desk);
        let main = desk.on_screen(MAIN).await;
        main.focus();

        let asked = caller.ask().await;
        let blank = desk.on_screen(title).await;
        let dialog = eventually("a dialog instead of the blank window", async || match &OnScreen::all(desk.pid, title)[..] {
            [only] if *only != blank => Some(only.clone()),
            _ => None,
        })
        .await;
        assert!(main.has_focus(), "a program cannot take the keyboard");
        Self { desk, asked, dialog }
    }

    /// The dialog is gone, no other window took its place, and the toolkit has nothing to complain about.
    async fn over(&self) {
        self.desk.off_screen(CONSENT).await;
        assert_eq!(self.desk.complaints(), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_stops_drawing_is_replaced_for_the_next_question() {
    let mut desk = Desk::new();
    desk.start_hidden().await;
    desk.guard("everything", "http://127.0.0.1:9/mcp");
    let first = Caller::register(desk.port, "First").await.ask().await;
    eventually("the first is painted", async || desk.log().contains("painted").then_some(())).await;
    let _second = Caller::register(desk.port, "Second").await.ask().await;
    eventually("two requests wait", async || (desk.requests().len() == 2).then_some(())).await;
    let window = desk.on_screen(CONSENT).await;

    assert!(signal(desk.web_views()[0], "STOP"));
    drop(first);
    eventually("a dialog instead of the window", async || {
        matches!(&OnScreen::all(desk.pid, CONSENT)[..], [only] if *only != window).then_some(())
    })
    .await;
    let mut person = Person::who_wants_to_allow(desk.pid);
    person.sees_it_disabled().await;
}

/// Starts the app again, which brings what waits to the front.
fn raise(desk: &Desk) {
    let again = desk.graphical(desk.program("doorward-desktop")).args(desk.arguments()).status();
    assert!(again.expect("runs").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_native_dialog_takes_the_place_of_a_window_that_stays_blank() {
    let question = InADialog::asked().await;
    let mut person = Person::who_wants_to_allow(question.desk.pid);
    person.sees_it_disabled().await;
    let focused = Instant::now();
    question.dialog.focus();
    person.presses().await;
    assert!(focused.elapsed() >= Duration::from_millis(690), "the same pause as in the window");
    question.over().await;
    assert!(param(&question.asked.sent_to().await, "code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pause_of_the_native_dialog_begins_anew_with_each_focus() {
    let question = InADialog::asked().await;
    let mut person = Person::who_wants_to_allow(question.desk.pid);
    person.sees_it_disabled().await;
    let main = question.desk.on_screen(MAIN).await;
    question.dialog.focus();
    tokio::time::sleep(Duration::from_millis(400)).await;
    main.focus();
    let again = Instant::now();
    question.dialog.focus();
    person.presses().await;
    assert!(again.elapsed() >= Duration::from_millis(690), "{:?} after it came back", again.elapsed());
    question.over().await;
    assert!(param(&question.asked.sent_to().await, "code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_window_stayed_blank_the_next_start_does_without_the_renderer_that_does_it() {
    const RENDERER: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    let mut desk = Desk::new();
    // The screen of these tests does without it from the beginning.
    let start = |desk: &Desk| {
        Process::start(desk.graphical(desk.program("doorward-desktop")).args(desk.arguments()).arg("--hidden").env_remove(RENDERER))
    };
    let has_it = |web_view: u32| {
        let environment = std::fs::read(format!("/proc/{web_view}/environ")).expect("readable");
        environment.split(|byte| *byte == 0).any(|variable| variable == format!("{RENDERER}=1").as_bytes())
    };
    desk.app = Some(start(&desk));
    desk.serving().await;
    desk.guard("everything", "http://127.0.0.1:9/mcp");
    let caller = Caller::register(desk.port, "Journey").await;
    let web_view = eventually("a window is made ahead", async || desk.web_views().first().copied()).await;
    assert!(!has_it(web_view));
    assert!(signal(web_view, "STOP"));
    let _asked = caller.ask().await;
    eventually("it is kept", async || desk.log().contains("the next start does without").then_some(())).await;
    desk.kill().await;

    desk.app = Some(start(&desk));
    desk.serving().await;
    raise(&desk);
    let web_view = eventually("a window", async || desk.web_views().first().copied()).await;
    assert!(has_it(web_view));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blank_window_never_covers_the_native_dialog() {
    let question = InADialog::asked().await;
    let _second = Caller::register(question.desk.port, "Second").await.ask().await;
    eventually("two requests wait", async || (question.desk.requests().len() == 2).then_some(())).await;
    raise(&question.desk);
    eventually("the dialog has the keyboard", async || question.dialog.has_focus().then_some(())).await;
    assert_eq!(OnScreen::all(question.desk.pid, CONSENT), std::slice::from_ref(&question.dialog));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_native_dialog_tells_all_that_is_known_in_the_persons_language() {
    let mut desk = Desk::new();
    desk.with_variable("LC_ALL", "de_AT.UTF-8");
    let question = InADialog::asked_at(desk, "Doorward: Anfrage").await;
    let told = eventually("what the dialog says", async || assistive::read(question.desk.pid).await).await.join("\n");
    for said in ["„Journey“ möchte everything nutzen", "Antwort geht an: 127.0.0.1:", "Wartet dort: ", "Registriert von: ", "Ablehnen"]
    {
        assert!(told.contains(said), "{said} in: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_native_dialog_keeps_the_request_open() {
    let question = InADialog::asked().await;
    question.dialog.close();
    question.over().await;
    assert!(question.asked.waits() && question.desk.requests().len() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_up_takes_the_native_dialog_down() {
    let InADialog { desk, asked, .. } = InADialog::asked().await;
    drop(asked);
    desk.off_screen(CONSENT).await;
    eventually("nothing waits", async || desk.requests().is_empty().then_some(())).await;
    assert_eq!(desk.complaints(), "");
}
