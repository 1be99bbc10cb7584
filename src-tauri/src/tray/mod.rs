//! The tray icon and its menu. Everything is in the menu, because a click on the icon is not delivered on Linux; and
//! everything can be reached without a tray, because some desktops have none.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use doorward_broker::{broker::Broker, consent::Prompter};
use tauri::{AppHandle, Manager, image::Image, include_image, menu::MenuEvent, tray::TrayIconBuilder};

use crate::{
    app::Desktop,
    autostart, clipboard,
    windows::{self, AskAbout},
};

mod host;
mod menu;
mod shown;

pub(crate) use host::{Icon, find};
pub(crate) use shown::Shown;

const TRAY: &str = "doorward";
const WAITING: &str = "waiting";
const RESUME: &str = "resume";
const OPEN: &str = "open";
const SETTINGS: &str = "settings";
const AUTOSTART: &str = "autostart";
const LOGS: &str = "logs";
const QUIT: &str = "quit";
/// What an entry of a submenu begins with; what follows says of which App, server, program or time.
const DISCONNECT: &str = "disconnect ";
const ASK_ALL: &str = "ask-all ";
const PAUSE_APP: &str = "pause-app ";
const RESUME_APP: &str = "resume-app ";
const ADDRESS: &str = "address ";
const CLAUDE: &str = "claude ";
const RESTART: &str = "restart ";
const PAUSE_SERVER: &str = "pause-server ";
const RESUME_SERVER: &str = "resume-server ";
const UNMUTE: &str = "unmute ";
const PAUSE: &str = "pause ";

/// What the menu showed last: it is only made anew when that changes, since somebody may have it open.
#[derive(Default)]
struct Last(Mutex<Option<Shown>>);

/// Puts the icon up, where there can be one. Runs on the main thread.
pub(crate) fn build(app: &AppHandle) {
    if !can_be_made() {
        tracing::warn!("no tray: libayatana-appindicator3 is not installed; starting Doorward again opens its window");
        return;
    }
    if let Err(error) = try_build(app) {
        tracing::warn!(%error, "no tray");
    }
}

fn try_build(app: &AppHandle) -> tauri::Result<()> {
    app.manage(Last::default());
    let menu = menu::of(app, &Shown::default())?;
    let builder = TrayIconBuilder::with_id(TRAY).icon(icon(&Shown::default())).icon_as_template(TEMPLATE);
    builder.menu(&menu).on_menu_event(chosen).build(app)?;
    Ok(())
}

/// Brings icon and menu up to date. Runs on the main thread.
pub(crate) fn update(app: &AppHandle, shown: Shown) {
    let (Some(tray), Some(last)) = (app.tray_by_id(TRAY), app.try_state::<Last>()) else { return };
    let mut last = last.0.lock().unwrap_or_else(PoisonError::into_inner);
    if last.as_ref() == Some(&shown) {
        return;
    }
    let updated = tray
        .set_icon_with_as_template(Some(icon(&shown)), TEMPLATE)
        .and_then(|()| tray.set_title(Some(count(&shown))))
        .and_then(|()| menu::of(app, &shown))
        .and_then(|menu| tray.set_menu(Some(menu)));
    if let Err(error) = updated {
        tracing::warn!(%error, "the tray could not be brought up to date");
    }
    *last = Some(shown);
}

/// Whether the system gives the icon its colour. Elsewhere it is dark with a light edge, and seen on every panel.
const TEMPLATE: bool = cfg!(target_os = "macos");

#[cfg(target_os = "macos")]
macro_rules! drawing {
    ($edged:tt, $template:tt) => {
        include_image!($template)
    };
}

#[cfg(not(target_os = "macos"))]
macro_rules! drawing {
    ($edged:tt, $template:tt) => {
        include_image!($edged)
    };
}

/// Told apart by shape: a dot, a bar, an exclamation mark.
fn icon(shown: &Shown) -> Image<'static> {
    if shown.waiting > 0 {
        drawing!("src-tauri/icons/tray-waiting@2x.png", "src-tauri/icons/tray-waiting-template@2x.png")
    } else if shown.paused {
        drawing!("src-tauri/icons/tray-paused@2x.png", "src-tauri/icons/tray-paused-template@2x.png")
    } else if shown.faulty() {
        drawing!("src-tauri/icons/tray-fault@2x.png", "src-tauri/icons/tray-fault-template@2x.png")
    } else {
        drawing!("src-tauri/icons/tray-idle@2x.png", "src-tauri/icons/tray-idle-template@2x.png")
    }
}

/// How many requests wait, beside the icon where there is room for it.
fn count(shown: &Shown) -> String {
    if shown.waiting > 0 { shown.waiting.to_string() } else { String::new() }
}

fn chosen(app: &AppHandle, event: MenuEvent) {
    let Some(desktop) = app.try_state::<Desktop>() else { return };
    let id = event.id().as_ref();
    match id {
        WAITING => {
            desktop.prompter.raise();
        }
        OPEN => windows::open_main(app),
        SETTINGS => windows::open_main_at(app, "settings"),
        AUTOSTART => {
            let on = autostart::is_on(&desktop.profile) == Some(true);
            if let Err(error) = autostart::set(&desktop.profile, !on) {
                tracing::warn!(error, "starting at login could not be changed");
            }
            desktop.broker.changed();
        }
        LOGS => {
            // A folder that Doorward made, and one argument: nothing in it comes from outside.
            if let Err(error) = open::that_detached(&desktop.places.state) {
                tracing::warn!(%error, "the log folder could not be opened");
            }
        }
        RESUME => pause(&desktop.broker, Some(Duration::ZERO)),
        QUIT => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                if let Some(desktop) = app.try_state::<Desktop>() {
                    desktop.quit(&app).await;
                }
            });
        }
        _ => chosen_of(app, &desktop.broker, id),
    }
}

/// An entry that says of which App, server or time.
fn chosen_of(app: &AppHandle, broker: &Broker, id: &str) {
    let after = |kind: &str| id.strip_prefix(kind).map(str::to_owned);
    if let Some(seconds) = after(PAUSE) {
        pause(broker, seconds.parse().ok().map(Duration::from_secs));
    } else if let Some(of) = after(DISCONNECT) {
        // It only leads to the question: nothing changes by a slip of the mouse.
        windows::open_main_asking(app, AskAbout { what: "disconnect", app: of });
    } else if let Some(of) = after(ASK_ALL) {
        windows::open_main_asking(app, AskAbout { what: "ask-all", app: of });
    } else if let Some(server) = after(ADDRESS) {
        clipboard::copy(app, &address(broker, &server));
    } else if let Some(server) = after(CLAUDE) {
        clipboard::copy(app, &format!("claude mcp add --transport http {server} {}", address(broker, &server)));
    } else if let Some(program) = after(UNMUTE) {
        broker.queue().unmute(&program);
    } else {
        let (broker, id) = (broker.clone(), id.to_owned());
        tauri::async_runtime::spawn(async move {
            let after = |kind: &str| id.strip_prefix(kind);
            let done = if let Some(server) = after(RESTART) {
                broker.restart_server(server).await
            } else if let Some(server) = after(PAUSE_SERVER) {
                broker.set_server_paused(server, true).await
            } else if let Some(server) = after(RESUME_SERVER) {
                broker.set_server_paused(server, false).await
            } else if let Some(app) = after(PAUSE_APP) {
                broker.set_app_paused(app, true).await
            } else if let Some(app) = after(RESUME_APP) {
                broker.set_app_paused(app, false).await
            } else {
                Ok(())
            };
            if let Err(error) = done {
                tracing::error!(%error, "what was chosen in the tray could not be done");
            }
        });
    }
}

fn address(broker: &Broker, server: &str) -> String {
    broker.issuer().at(&format!("/mcp/{server}"))
}

/// Pauses for so long; for no time at all is going on, and `None` is until a person does.
fn pause(broker: &Broker, long: Option<Duration>) {
    let broker = broker.clone();
    tauri::async_runtime::spawn(async move {
        let done = match long {
            Some(Duration::ZERO) => broker.set_paused(false).await,
            Some(long) => broker.pause_for(long).await,
            None => broker.set_paused(true).await,
        };
        if let Err(error) = done {
            tracing::error!(%error, "pausing failed");
        }
    });
}

/// Whether the icon can be made: its library is loaded then, and its absence would be a crash.
fn can_be_made() -> bool {
    #[cfg(target_os = "linux")]
    {
        #[expect(unsafe_code, reason = "loading the library the tray itself loads a moment later runs nothing that would not run anyway")]
        // SAFETY: the library's initialisers are those of GTK, which is up already.
        let found = |name| unsafe { libloading::Library::new(name) }.map(std::mem::forget).is_ok();
        ["libayatana-appindicator3.so.1", "libappindicator3.so.1"].into_iter().any(found)
    }
    #[cfg(not(target_os = "linux"))]
    true
}
