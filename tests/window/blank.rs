//! A web view that never draws is a known fault of some graphics drivers. The question is put all the same.

use doorward_tests::{
    assistive::Person,
    caller::{Asked, Caller},
    desk::{Desk, signal},
    eventually,
    flow::param,
    screen::{CONSENT, OnScreen},
};

/// A question in a native dialog, because the web view that was made ahead stands still.
struct InADialog {
    desk: Desk,
    asked: Asked,
    dialog: OnScreen,
}

impl InADialog {
    async fn asked() -> Self {
        let mut desk = Desk::new();
        desk.start_hidden().await;
        desk.guard("everything", "http://127.0.0.1:9/mcp");
        let caller = Caller::register(desk.port, "Journey").await;
        let web_view = eventually("a window is made ahead", async || desk.web_views().first().copied()).await;
        assert!(signal(web_view, "STOP"));

        let asked = caller.ask().await;
        let blank = desk.on_screen(CONSENT).await;
        let dialog = eventually("a dialog", async || OnScreen::all(desk.pid, CONSENT).into_iter().find(|window| *window != blank)).await;
        Self { desk, asked, dialog }
    }

    /// Both windows are gone, and the toolkit has nothing to complain about.
    async fn over(&self) {
        self.desk.off_screen(CONSENT).await;
        assert_eq!(self.desk.complaints(), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_native_dialog_takes_the_place_of_a_window_that_stays_blank() {
    let question = InADialog::asked().await;
    eprintln!("dialog has focus {}", question.dialog.has_focus());
    let mut person = Person::who_wants_to_allow(question.desk.pid);
    person.sees_it_disabled().await;
    question.dialog.focus();
    person.presses().await;
    question.over().await;
    assert!(param(&question.asked.sent_to().await, "code").is_some());
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
    let InADialog { desk, asked, dialog } = InADialog::asked().await;
    drop(asked);
    eventually("the dialog is gone", async || (!OnScreen::all(desk.pid, CONSENT).contains(&dialog)).then_some(())).await;
    eventually("nothing waits", async || desk.requests().is_empty().then_some(())).await;
    assert_eq!(desk.complaints(), "");
}
