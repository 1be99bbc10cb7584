//! The tray icon and its menu. Everything is in the menu, because a click on the icon is not delivered on Linux; and
//! everything can be reached without a tray, because some desktops have none.

use tauri::{
    AppHandle, Manager, Wry,
    image::Image,
    include_image,
    menu::{CheckMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem},
    tray::TrayIconBuilder,
};

use crate::{app::Desktop, windows};
use doorward_broker::consent::Prompter;

const TRAY: &str = "doorward";
const WAITING: &str = "waiting";
const PAUSE: &str = "pause";
const OPEN: &str = "open";
const LOGS: &str = "logs";
const QUIT: &str = "quit";

/// The entries that change.
struct Entries {
    waiting: MenuItem<Wry>,
    pause: CheckMenuItem<Wry>,
}

/// Puts the icon up, where there can be one. Runs on the main thread.
pub(crate) fn build(app: &AppHandle) {
    if !can_have_a_tray() {
        tracing::warn!("no tray: libayatana-appindicator3 is not installed; starting Doorward again opens its window");
        return;
    }
    if let Err(error) = try_build(app) {
        tracing::warn!(%error, "no tray");
    }
}

fn try_build(app: &AppHandle) -> tauri::Result<()> {
    let address =
        app.try_state::<Desktop>().map(|desktop| desktop.broker.issuer().port()).map(|port| format!("Doorward \u{b7} 127.0.0.1:{port}"));
    let header = MenuItem::with_id(app, "header", address.unwrap_or_default(), false, None::<&str>)?;
    let entries = Entries {
        waiting: MenuItem::with_id(app, WAITING, waiting_text(0), false, None::<&str>)?,
        pause: CheckMenuItem::with_id(app, PAUSE, "Pause everything", true, false, None::<&str>)?,
    };
    let open = MenuItem::with_id(app, OPEN, "Open Doorward\u{2026}", true, None::<&str>)?;
    let logs = MenuItem::with_id(app, LOGS, "Show the log\u{2026}", true, None::<&str>)?;
    let quit = MenuItem::with_id(app, QUIT, "Quit", true, None::<&str>)?;
    let line = || PredefinedMenuItem::separator(app);
    let menu = Menu::with_items(app, &[&header, &entries.waiting, &line()?, &entries.pause, &line()?, &open, &logs, &line()?, &quit])?;
    TrayIconBuilder::with_id(TRAY).icon(icon(0, false)).menu(&menu).title("Doorward").on_menu_event(chosen).build(app)?;
    app.manage(entries);
    Ok(())
}

/// Shows how many requests wait, and whether everything is paused. Runs on the main thread.
pub(crate) fn update(app: &AppHandle, waiting: usize, paused: bool) {
    let (Some(tray), Some(entries)) = (app.tray_by_id(TRAY), app.try_state::<Entries>()) else { return };
    let updated = tray
        .set_icon(Some(icon(waiting, paused)))
        .and_then(|()| entries.waiting.set_text(waiting_text(waiting)))
        .and_then(|()| entries.waiting.set_enabled(waiting > 0))
        .and_then(|()| entries.pause.set_checked(paused));
    if let Err(error) = updated {
        tracing::warn!(%error, "the tray could not be brought up to date");
    }
}

fn waiting_text(count: usize) -> String {
    match count {
        0 => "No requests waiting".to_owned(),
        1 => "1 request waiting\u{2026}".to_owned(),
        count => format!("{count} requests waiting\u{2026}"),
    }
}

/// Told apart by shape: a dot, a bar.
fn icon(waiting: usize, paused: bool) -> Image<'static> {
    match (waiting, paused) {
        (1.., _) => include_image!("src-tauri/icons/tray-waiting@2x.png"),
        (0, true) => include_image!("src-tauri/icons/tray-paused@2x.png"),
        (0, false) => include_image!("src-tauri/icons/tray-idle@2x.png"),
    }
}

fn chosen(app: &AppHandle, event: MenuEvent) {
    let Some(desktop) = app.try_state::<Desktop>() else { return };
    match event.id().as_ref() {
        WAITING => {
            desktop.prompter.raise();
        }
        OPEN => windows::open_main(app),
        LOGS => {
            // A folder that Doorward made, and one argument: nothing in it comes from outside.
            if let Err(error) = open::that_detached(&desktop.places.state) {
                tracing::warn!(%error, "the log folder could not be opened");
            }
        }
        PAUSE => {
            let (app, broker) = (app.clone(), desktop.broker.clone());
            tauri::async_runtime::spawn(async move {
                if let Err(error) = broker.set_paused(!broker.is_paused()).await {
                    tracing::error!(%error, "pausing failed");
                    // The toolkit has set the check mark already.
                    let (handle, waiting) = (app.clone(), *broker.queue().waiting().borrow());
                    let _ = app.run_on_main_thread(move || update(&handle, waiting, broker.is_paused()));
                }
            });
        }
        QUIT => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                if let Some(desktop) = app.try_state::<Desktop>() {
                    desktop.quit(&app).await;
                }
            });
        }
        _ => {}
    }
}

/// The tray library is loaded when the icon is made, and its absence would be a crash.
fn can_have_a_tray() -> bool {
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
