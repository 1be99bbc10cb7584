//! Asking and telling without a web view, in the toolkit's own dialogs. Allow is never the default and needs the same
//! pause as in the window.

use doorward_broker::consent::{PromptId, Question};
use tauri::{AppHandle, Manager};

use crate::app::Desktop;

/// Puts a question in a native dialog, if it is still open. Runs on the main thread and returns at once.
pub(crate) fn ask(app: &AppHandle, question: &Question) {
    // Whoever answers it from now on also withdraws it, and that comes to this thread later.
    if app.try_state::<Desktop>().is_some_and(|desktop| desktop.broker.queue().find(question.id).is_some()) {
        native::ask(app, question);
    }
}

/// Puts it anew, with what is known by now. Runs on the main thread.
pub(crate) fn ask_anew(app: &AppHandle, question: &Question) {
    native::withdraw(question.id);
    ask(app, question);
}

/// Whether a question is in a native dialog. Runs on the main thread.
pub(crate) fn is_asking(id: PromptId) -> bool {
    native::is_asking(id)
}

/// Brings the native dialog of a question to the front; `false` when there is none. Runs on the main thread.
pub(crate) fn bring_to_front(id: PromptId) -> bool {
    native::bring_to_front(id)
}

/// Whether a native dialog with a question has the keyboard. Runs on the main thread.
pub(crate) fn has_focus() -> bool {
    native::has_focus()
}

/// Takes the native dialog of a question down, if there is one.
pub(crate) fn withdraw(app: &AppHandle, id: PromptId) {
    let _ = app.run_on_main_thread(move || native::withdraw(id));
}

/// Says one sentence and waits until it was read. Runs on the main thread.
pub(crate) fn tell(sentence: &str) {
    native::tell(sentence);
}

/// Shows a message and waits for one of these answers, of which there are at most three: which one it was. `None` when the message was
/// closed without one. Runs on the main thread.
pub(crate) fn choose(title: &str, message: &str, detail: &str, answers: &[String], default: usize) -> Option<usize> {
    native::choose(title, message, detail, answers, default)
}

#[cfg(target_os = "linux")]
mod native {
    use std::{
        cell::{Cell, RefCell},
        collections::HashMap,
        rc::Rc,
        time::Duration,
    };

    use doorward_broker::consent::{PromptId, Question, view::QuestionView};
    use doorward_oauth::consent::ConsentDecision;
    use doorward_words::spoken;
    use gtk::{
        Adjustment, ButtonsType, DialogFlags, Entry, Label, MessageDialog, MessageType, ResponseType, ScrolledWindow, TextView, Window,
        WrapMode, glib, prelude::*,
    };
    use tauri::{AppHandle, Manager};

    use crate::app::Desktop;

    /// How long Allow stays inactive after the dialog gains the focus.
    const PAUSE: Duration = Duration::from_millis(700);
    /// A text with more characters is scrolled.
    const ROOM: usize = 2_000;

    thread_local! {
        /// The dialogs that are up. Only the main thread touches them.
        static OPEN: RefCell<HashMap<PromptId, MessageDialog>> = RefCell::default();
    }

    pub(super) fn ask(app: &AppHandle, question: &Question) {
        let id = question.id;
        if is_asking(id) {
            return;
        }
        // Texts and no markup: names that programs chose are data.
        let mut view = QuestionView::from(question);
        let typing = view.typing.take().filter(|typing| typing.always);
        if typing.is_some() {
            // What is typed is not read off this dialog.
            view.number = None;
        }
        let sentence = spoken().tell(&view.sentence());
        let known = view.lines(spoken());
        let is_long = known.chars().count() > ROOM;
        let dialog = MessageDialog::new(None::<&Window>, DialogFlags::empty(), MessageType::Question, ButtonsType::None, &sentence);
        // What is long is allowed only once its end was on the screen.
        let gate = Rc::new(Gate { seen: Cell::new(!is_long), turn: Cell::new(0) });
        if is_long {
            scrolled(&dialog, &known, &gate);
        } else {
            dialog.set_secondary_text(Some(&known));
        }
        let known = if is_long { String::new() } else { known };
        dialog.set_title(&spoken().say("title-request", &[]));
        for (message, response) in [("deny", ResponseType::Reject), ("later", ResponseType::Cancel), ("allow", ResponseType::Accept)] {
            dialog.add_button(&spoken().say(message, &[]), response);
        }
        dialog.set_default_response(ResponseType::Cancel);
        let typed = typing.and_then(|typing| field(&dialog, &typing.what));
        dialog.set_response_sensitive(ResponseType::Accept, false);
        let focused = gate.clone();
        dialog.connect_is_active_notify(move |dialog| focused.wait(dialog));
        let (app, request) = (app.clone(), question.request.clone());
        dialog.connect_response(move |dialog, response| {
            // Taking a dialog down is no answer: the question may be in another one by now.
            if OPEN.with_borrow(|open| open.get(&id) != Some(dialog)) {
                return;
            }
            let Some(desktop) = app.try_state::<Desktop>() else { return };
            let queue = desktop.broker.queue();
            let typed = typed.as_ref().map(|typed| typed.text().to_string());
            if response == ResponseType::Accept && !request.takes(&ConsentDecision::as_shown(), typed.as_deref()) {
                dialog.set_secondary_text(Some(format!("{}\n\n{known}", spoken().say("typed-wrong", &[])).trim_end()));
                return;
            }
            let answered = match response {
                ResponseType::Accept => queue.answer(id, ConsentDecision::as_shown()),
                ResponseType::Reject => queue.answer(id, ConsentDecision::deny()),
                _ => {
                    queue.put_off(id);
                    desktop.prompter.refresh();
                    Ok(())
                }
            };
            if answered.is_err() {
                tracing::info!(%id, "the answer came too late");
            }
            // Once only: an answer withdraws its question, which may have closed the dialog already.
            if OPEN.with_borrow_mut(|open| open.remove(&id)).is_some() {
                dialog.close();
            }
        });
        OPEN.with_borrow_mut(|open| open.insert(id, dialog.clone()));
        // As for the window: a program that asks may be seen, but not take the keyboard.
        dialog.set_focus_on_map(question.request.may_take_focus);
        dialog.set_keep_above(true);
        dialog.show_all();
        // Only a window that is on the screen can ask for attention.
        dialog.set_urgency_hint(true);
    }

    /// When Allow works in a dialog: once all of it was on the screen, and it had the focus for a whole pause since.
    struct Gate {
        seen: Cell<bool>,
        turn: Cell<u64>,
    }

    impl Gate {
        /// Begins the pause: whoever was elsewhere meanwhile waits anew.
        fn wait(self: &Rc<Self>, dialog: &MessageDialog) {
            let turn = self.turn.get() + 1;
            self.turn.set(turn);
            dialog.set_response_sensitive(ResponseType::Accept, false);
            if !(dialog.is_active() && self.seen.get()) {
                return;
            }
            let (gate, dialog) = (self.clone(), dialog.clone());
            glib::timeout_add_local_once(PAUSE, move || {
                if gate.turn.get() == turn {
                    dialog.set_response_sensitive(ResponseType::Accept, true);
                }
            });
        }
    }

    /// A text that has more than one screen, and notes when its end was on it.
    fn scrolled(dialog: &MessageDialog, text: &str, gate: &Rc<Gate>) {
        let Ok(area) = dialog.message_area().downcast::<gtk::Box>() else { return };
        let view = TextView::new();
        view.set_editable(false);
        view.set_cursor_visible(false);
        view.set_accepts_tab(false);
        view.set_wrap_mode(WrapMode::WordChar);
        if let Some(buffer) = view.buffer() {
            buffer.set_text(text);
        }
        let window = ScrolledWindow::new(None::<&Adjustment>, None::<&Adjustment>);
        window.set_min_content_width(520);
        window.set_min_content_height(320);
        window.add(&view);
        let (dialog, gate) = (dialog.clone(), gate.clone());
        window.vadjustment().connect_value_changed(move |at| {
            if !gate.seen.get() && at.page_size() > 1.0 && at.value() + at.page_size() >= at.upper() - 4.0 {
                gate.seen.set(true);
                gate.wait(&dialog);
            }
        });
        area.pack_start(&window, true, true, 0);
    }

    /// A field below the text, for what has to be typed.
    fn field(dialog: &MessageDialog, what: &str) -> Option<Entry> {
        let message = match what {
            "number" => "type-number",
            "code" => "type-code",
            _ => "type-place",
        };
        let area = dialog.message_area().downcast::<gtk::Box>().ok()?;
        let (label, entry) = (Label::new(Some(&spoken().say(message, &[]))), Entry::new());
        label.set_mnemonic_widget(Some(&entry));
        area.add(&label);
        area.add(&entry);
        Some(entry)
    }

    pub(super) fn is_asking(id: PromptId) -> bool {
        OPEN.with_borrow(|open| open.contains_key(&id))
    }

    pub(super) fn bring_to_front(id: PromptId) -> bool {
        let dialog = OPEN.with_borrow(|open| open.get(&id).cloned());
        dialog.inspect(GtkWindowExt::present).is_some()
    }

    pub(super) fn has_focus() -> bool {
        OPEN.with_borrow(|open| open.values().any(GtkWindowExt::is_active))
    }

    pub(super) fn withdraw(id: PromptId) {
        if let Some(dialog) = OPEN.with_borrow_mut(|open| open.remove(&id)) {
            dialog.close();
        }
    }

    pub(super) fn tell(sentence: &str) {
        let dialog = MessageDialog::new(None::<&Window>, DialogFlags::MODAL, MessageType::Error, ButtonsType::Close, sentence);
        dialog.set_title("Doorward");
        dialog.run();
        dialog.close();
    }

    pub(super) fn choose(title: &str, message: &str, detail: &str, answers: &[String], default: usize) -> Option<usize> {
        let dialog = MessageDialog::new(None::<&Window>, DialogFlags::MODAL, MessageType::Warning, ButtonsType::None, message);
        dialog.set_title(title);
        dialog.set_secondary_text(Some(detail));
        for (answer, number) in answers.iter().zip(0_u16..) {
            dialog.add_button(answer, ResponseType::Other(number));
            if usize::from(number) == default {
                dialog.set_default_response(ResponseType::Other(number));
            }
        }
        let chosen = dialog.run();
        dialog.close();
        if let ResponseType::Other(number) = chosen { Some(number.into()) } else { None }
    }
}

#[cfg(not(target_os = "linux"))]
mod native {
    use doorward_broker::consent::{PromptId, Question};
    use doorward_oauth::consent::Unanswered;
    use rfd::{MessageButtons, MessageDialog, MessageDialogResult, MessageLevel};
    use tauri::{AppHandle, Manager};

    use crate::app::Desktop;

    /// Without a web view there is no way to ask here: the answer is no, for the true reason.
    pub(super) fn ask(app: &AppHandle, question: &Question) {
        if let Some(desktop) = app.try_state::<Desktop>() {
            let _ = desktop.broker.queue().give_up(question.id, Unanswered::NotShown);
        }
    }

    pub(super) fn is_asking(_: PromptId) -> bool {
        false
    }

    pub(super) fn bring_to_front(_: PromptId) -> bool {
        false
    }

    pub(super) fn has_focus() -> bool {
        false
    }

    pub(super) fn withdraw(_: PromptId) {}

    pub(super) fn tell(sentence: &str) {
        let dialog = MessageDialog::new().set_level(MessageLevel::Error).set_title("Doorward").set_description(sentence);
        dialog.set_buttons(MessageButtons::Ok).show();
    }

    pub(super) fn choose(title: &str, message: &str, detail: &str, answers: &[String], default: usize) -> Option<usize> {
        // The first button is the one that Enter presses.
        let mut order: Vec<usize> = (0..answers.len()).rev().collect();
        order.sort_by_key(|at| *at != default);
        let buttons = match order.iter().filter_map(|at| answers.get(*at).cloned()).collect::<Vec<_>>().as_slice() {
            [one] => MessageButtons::OkCustom(one.clone()),
            [one, other] => MessageButtons::OkCancelCustom(one.clone(), other.clone()),
            [one, other, third] => MessageButtons::YesNoCancelCustom(one.clone(), other.clone(), third.clone()),
            _ => return None,
        };
        let dialog =
            MessageDialog::new().set_level(MessageLevel::Warning).set_title(title).set_description(format!("{message}\n\n{detail}"));
        match dialog.set_buttons(buttons).show() {
            MessageDialogResult::Custom(chosen) => answers.iter().position(|answer| *answer == chosen),
            _ => None,
        }
    }
}
