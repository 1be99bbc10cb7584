//! The two windows. Everything here runs on the main thread. No title carries a name that a program chose.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use doorward_broker::consent::{Question, view::QuestionView};
use doorward_words::spoken;
use serde::Serialize;
use tauri::{
    AppHandle, Emitter, LogicalSize, Manager, Runtime, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent, webview::PageLoadEvent,
};

use crate::{
    app::Desktop,
    place::{self, Room, Sizes},
    speech,
};

const CONSENT: &str = "consent";
const MAIN: &str = "main";

/// How large the consent window is, in logical pixels; lower for who signs in again and asks for nothing new.
const CONSENT_SIZE: LogicalSize<f64> = LogicalSize::new(480.0, 600.0);
const LOWER: LogicalSize<f64> = LogicalSize::new(480.0, 420.0);
const CONSENT_SIZES: Sizes = Sizes { own: &[CONSENT_SIZE, LOWER], least: LogicalSize::new(380.0, 420.0) };

/// Makes the consent window ahead of its question, hidden.
pub(crate) fn warm_consent(app: &AppHandle) -> tauri::Result<()> {
    if app.get_webview_window(CONSENT).is_none() {
        make_consent(app, false, CONSENT_SIZE)?;
    }
    Ok(())
}

/// Shows the consent window, or tells the one that is shown to look again. `anew`: the question was not the one it shows, or a person
/// asked for it. Otherwise whoever went elsewhere since is left there.
pub(crate) fn show_consent(app: &AppHandle, question: &Question, may_take_focus: bool, anew: bool) -> tauri::Result<()> {
    let wanted = if QuestionView::from(question).unchanged { LOWER } else { CONSENT_SIZE };
    let Some(window) = app.get_webview_window(CONSENT) else {
        return make_consent(app, true, wanted).map(|window| prepare_focus(&window, may_take_focus));
    };
    let shown = window.is_visible()?;
    if shown {
        place::fit(&window, Some(wanted), &CONSENT_SIZES);
    } else if let Some(room) = Room::at_the_pointer(app) {
        room.hold(&window, wanted, &CONSENT_SIZES);
    }
    window.emit_to(CONSENT, "consent-changed", ())?;
    prepare_focus(&window, may_take_focus);
    if !shown {
        window.show()?;
    }
    if may_take_focus && (anew || !shown) {
        window.unminimize()?;
        window.set_focus()?;
    }
    Ok(())
}

/// Tells the consent window that something is known about its question which was not known before.
pub(crate) fn tell_consent(app: &AppHandle) {
    if let Err(error) = app.emit_to(CONSENT, "consent-changed", ()) {
        tracing::warn!(%error, "the consent window could not be told");
    }
}

/// Whether the consent window has the keyboard.
pub(crate) fn consent_has_focus(app: &AppHandle) -> bool {
    app.get_webview_window(CONSENT).is_some_and(|window| window.is_focused().unwrap_or(false))
}

/// Ends the consent window: its memory comes back.
pub(crate) fn close_consent(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(CONSENT)
        && let Err(error) = window.destroy()
    {
        tracing::warn!(%error, "the consent window could not be closed");
    }
}

fn make_consent(app: &AppHandle, shown: bool, size: LogicalSize<f64>) -> tauri::Result<WebviewWindow> {
    let window = WebviewWindowBuilder::new(app, CONSENT, WebviewUrl::App("consent.html".into()))
        .title(spoken().say("title-request", &[]))
        .initialization_script(speech::script())
        .inner_size(size.width, size.height)
        .visible(false)
        .always_on_top(true)
        // Shown when its styles are there: no white flash.
        .on_page_load(move |window, load| {
            if shown && load.event() == PageLoadEvent::Finished {
                let _ = window.show();
            }
        })
        .build()?;
    if let Some(room) = Room::at_the_pointer(app) {
        room.hold(&window, size, &CONSENT_SIZES);
    }
    place::follow_monitor(&window, &CONSENT_SIZES);
    #[cfg(target_os = "linux")]
    if let Ok(window) = window.gtk_window() {
        use gtk::prelude::WidgetExtManual;
        window.connect_map_event(|window, _| {
            call_attention(window);
            gtk::glib::Propagation::Proceed
        });
    }
    let app = app.clone();
    window.on_window_event(move |event| {
        // Closing means "later": only an answer, the deadline or the client's end takes a question away.
        if let (WindowEvent::CloseRequested { api, .. }, Some(desktop)) = (event, app.try_state::<Desktop>()) {
            api.prevent_close();
            if let (Some(question), _, _) = desktop.prompter.current() {
                desktop.broker.queue().put_off(question.id);
            }
            desktop.prompter.refresh();
        }
    });
    Ok(window)
}

/// Without a click or key of the person behind it, a question may appear but not take the keyboard.
fn prepare_focus(window: &WebviewWindow, may_take_focus: bool) {
    #[cfg(target_os = "linux")]
    {
        use gtk::prelude::GtkWindowExt;
        if let Ok(window) = window.gtk_window() {
            window.set_focus_on_map(may_take_focus);
            if !window.is_active() {
                call_attention(&window);
            }
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (window, may_take_focus);
}

/// How large the main window is, in logical pixels.
const MAIN_SIZE: LogicalSize<f64> = LogicalSize::new(860.0, 600.0);
const MAIN_SIZES: Sizes = Sizes { own: &[MAIN_SIZE], least: LogicalSize::new(560.0, 400.0) };

/// Has the desktop point at a window. GTK forgets it of one that is not on the screen yet, and does not say it twice.
#[cfg(target_os = "linux")]
fn call_attention(window: &gtk::ApplicationWindow) {
    use gtk::prelude::GtkWindowExt;
    window.set_urgency_hint(false);
    window.set_urgency_hint(true);
}

/// How many main windows were made so far.
static MAINS: AtomicU64 = AtomicU64::new(0);

/// Tells the main window that there is from earlier and later ones; `None` while there is none.
pub(crate) fn which_main<R: Runtime>(app: &AppHandle<R>) -> Option<u64> {
    app.get_webview_window(MAIN).map(|_| MAINS.load(Ordering::Relaxed))
}

/// Opens the main window, or brings it to the front.
pub(crate) fn open_main(app: &AppHandle) {
    let opened = match app.get_webview_window(MAIN) {
        Some(window) => window.unminimize().and_then(|()| window.set_focus()),
        None => WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("main.html".into()))
            .title("Doorward")
            .initialization_script(speech::script())
            .inner_size(MAIN_SIZE.width, MAIN_SIZE.height)
            .visible(false)
            .on_page_load(|window, load| {
                if load.event() == PageLoadEvent::Finished {
                    let _ = window.show();
                    let _ = window.set_focus();
                }
            })
            .build()
            .map(|window| {
                MAINS.fetch_add(1, Ordering::Relaxed);
                if let Some(room) = Room::at_the_pointer(app) {
                    room.hold(&window, MAIN_SIZE, &MAIN_SIZES);
                }
                place::follow_monitor(&window, &MAIN_SIZES);
            }),
    };
    if let Err(error) = opened {
        tracing::error!(%error, "the main window cannot be opened");
    }
}

/// The same at one of its pages.
pub(crate) fn open_main_at(app: &AppHandle, page: &'static str) {
    open_main_to(app, Goal { page, ask: None });
}

/// The same with a question about an App.
pub(crate) fn open_main_asking(app: &AppHandle, ask: AskAbout) {
    open_main_to(app, Goal { page: "apps", ask: Some(ask) });
}

fn open_main_to(app: &AppHandle, goal: Goal) {
    app.manage(OpenAt(Mutex::new(None)));
    if let Some(at) = app.try_state::<OpenAt>() {
        *at.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(goal);
    }
    open_main(app);
    main_changed(app);
}

/// Makes the main window anew, if there is one: its texts are there before it is.
pub(crate) fn reopen_main(app: &AppHandle) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    if window.destroy().is_err() {
        return;
    }
    // Its name is free a moment later.
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if app.get_webview_window(MAIN).is_none() {
                let handle = app.clone();
                let _ = app.run_on_main_thread(move || open_main_at(&handle, "settings"));
                return;
            }
        }
        tracing::error!("the main window does not close");
    });
}

/// Where the main window is to go.
pub(crate) struct Goal {
    pub(crate) page: &'static str,
    /// What it is to ask there.
    pub(crate) ask: Option<AskAbout>,
}

/// A question about an App, which a person answers.
#[derive(Serialize)]
pub(crate) struct AskAbout {
    /// `disconnect` or `ask-all`.
    pub(crate) what: &'static str,
    /// The id of the App.
    pub(crate) app: String,
}

/// Where the main window is to go next, told once.
pub(crate) struct OpenAt(Mutex<Option<Goal>>);

impl OpenAt {
    pub(crate) fn take(&self) -> Option<Goal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Tells the main window, if there is one, to look again.
pub(crate) fn main_changed(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        let _ = window.emit_to(MAIN, "main-changed", ());
    }
}
