//! The tray icon and its menu. Everything is in the menu, because a click on the icon is not delivered on Linux; and
//! everything can be reached without a tray, because some desktops have none.

use std::{sync::Mutex, time::Duration};

use doorward_broker::{broker::Broker, consent::Prompter};
use doorward_oauth::consent::UNNAMED;
use tauri::{
    AppHandle, Manager, Wry,
    image::Image,
    include_image,
    menu::{IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu},
    tray::TrayIconBuilder,
};

use crate::{app::Desktop, clipboard, windows};

const TRAY: &str = "doorward";
const WAITING: &str = "waiting";
const RESUME: &str = "resume";
const OPEN: &str = "open";
const LOGS: &str = "logs";
const QUIT: &str = "quit";
/// What an entry of a submenu begins with; what follows says of which App, server or time.
const APPS: &str = "apps ";
const ADDRESS: &str = "address ";
const CLAUDE: &str = "claude ";
const PAUSE: &str = "pause ";
/// How many things that happened are in the menu.
const RECENT: u32 = 5;

/// What the menu shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    waiting: usize,
    paused: bool,
    /// Each App's name and id, and a line for each server it may use.
    apps: Vec<(String, String, Vec<String>)>,
    /// Each server's name, and how it is.
    servers: Vec<(String, String)>,
    /// How many servers Doorward has started.
    running: usize,
    recent: Vec<String>,
}

/// What the menu showed last: it is only made anew when that changes, since somebody may have it open.
#[derive(Default)]
struct Last(Mutex<Option<Shown>>);

impl Shown {
    /// Reads it. What cannot be read is left out: the rest of the menu is needed all the more.
    pub(crate) async fn now(broker: &Broker) -> Self {
        let apps = broker.apps().await.unwrap_or_default().into_iter().map(|app| {
            let lines = app.grants.iter().map(|grant| grant.server.clone()).collect();
            (app.name.unwrap_or_else(|| UNNAMED.to_owned()), app.id, lines)
        });
        let servers = broker.servers().await.unwrap_or_default();
        let running = servers.iter().filter(|server| server.condition.as_ref().is_some_and(|it| it.state.runs())).count();
        let recent = broker.history(RECENT).await.unwrap_or_default().into_iter().map(|event| {
            let name = event.client_name.unwrap_or_else(|| UNNAMED.to_owned());
            format!("{name} \u{b7} {}: {}", event.server, event.outcome)
        });
        Self {
            waiting: *broker.queue().waiting().borrow(),
            paused: broker.is_paused(),
            apps: apps.collect(),
            running,
            servers: servers.into_iter().map(|server| (server.name, server.condition.map_or(server.url, |it| it.words))).collect(),
            recent: recent.collect(),
        }
    }
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

/// Whether there is one, as far as Doorward can tell.
pub(crate) fn is_there() -> bool {
    can_have_a_tray()
}

fn try_build(app: &AppHandle) -> tauri::Result<()> {
    app.manage(Last::default());
    let menu = menu(app, &Shown::default())?;
    TrayIconBuilder::with_id(TRAY).icon(icon(0, false)).menu(&menu).title("Doorward").on_menu_event(chosen).build(app)?;
    Ok(())
}

/// Brings icon and menu up to date. Runs on the main thread.
pub(crate) fn update(app: &AppHandle, shown: Shown) {
    let (Some(tray), Some(last)) = (app.tray_by_id(TRAY), app.try_state::<Last>()) else { return };
    let mut last = last.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if last.as_ref() == Some(&shown) {
        return;
    }
    let updated =
        tray.set_icon(Some(icon(shown.waiting, shown.paused))).and_then(|()| menu(app, &shown)).and_then(|menu| tray.set_menu(Some(menu)));
    if let Err(error) = updated {
        tracing::warn!(%error, "the tray could not be brought up to date");
    }
    *last = Some(shown);
}

fn menu(app: &AppHandle, shown: &Shown) -> tauri::Result<Menu<Wry>> {
    let item = |id: &str, text: &str, enabled: bool| MenuItem::with_id(app, id, text, enabled, None::<&str>);
    let port = app.try_state::<Desktop>().map(|desktop| desktop.broker.issuer().port());
    let header = item("header", &port.map(|port| format!("Doorward \u{b7} 127.0.0.1:{port}")).unwrap_or_default(), false)?;
    let waiting = item(WAITING, &waiting_text(shown.waiting), shown.waiting > 0)?;
    let pause: Box<dyn IsMenuItem<Wry>> = if shown.paused {
        Box::new(item(RESUME, "Resume", true)?)
    } else {
        let times = [("900", "15 minutes"), ("3600", "1 hour"), ("", "Until I resume")];
        let pause = Submenu::with_id(app, "pause-for", "Pause everything", true)?;
        for (seconds, text) in times {
            pause.append(&item(&format!("{PAUSE}{seconds}"), text, true)?)?;
        }
        Box::new(pause)
    };
    let quit = match shown.running {
        0 => "Quit".to_owned(),
        1 => "Quit (stops 1 server)".to_owned(),
        running => format!("Quit (stops {running} servers)"),
    };
    let (open, logs, quit) =
        (item(OPEN, "Open Doorward\u{2026}", true)?, item(LOGS, "Show the log\u{2026}", true)?, item(QUIT, &quit, true)?);
    let (apps, servers, recent) = (apps(app, shown)?, servers(app, shown)?, recent(app, shown)?);
    let line = || PredefinedMenuItem::separator(app);
    Menu::with_items(
        app,
        &[&header, &waiting, &line()?, &apps, &servers, &recent, &line()?, pause.as_ref(), &line()?, &open, &logs, &line()?, &quit],
    )
}

fn apps(app: &AppHandle, shown: &Shown) -> tauri::Result<Submenu<Wry>> {
    let all = Submenu::with_id(app, "apps", "Apps", !shown.apps.is_empty())?;
    for (name, id, servers) in &shown.apps {
        let one = Submenu::with_id(app, format!("app {id}"), name, true)?;
        for server in servers {
            one.append(&MenuItem::new(app, server, false, None::<&str>)?)?;
        }
        // It only leads to the question: nothing is taken away by a slip of the mouse.
        one.append(&MenuItem::with_id(app, format!("{APPS}{id}"), "Disconnect\u{2026}", true, None::<&str>)?)?;
        all.append(&one)?;
    }
    Ok(all)
}

fn servers(app: &AppHandle, shown: &Shown) -> tauri::Result<Submenu<Wry>> {
    let all = Submenu::with_id(app, "servers", "Servers", !shown.servers.is_empty())?;
    for (name, state) in &shown.servers {
        let one = Submenu::with_id(app, format!("server {name}"), name, true)?;
        one.append(&MenuItem::new(app, state, false, None::<&str>)?)?;
        one.append(&MenuItem::with_id(app, format!("{ADDRESS}{name}"), "Copy address", true, None::<&str>)?)?;
        one.append(&MenuItem::with_id(
            app,
            format!("{CLAUDE}{name}"),
            "Copy \u{201c}claude mcp add \u{2026}\u{201d}",
            true,
            None::<&str>,
        )?)?;
        all.append(&one)?;
    }
    Ok(all)
}

fn recent(app: &AppHandle, shown: &Shown) -> tauri::Result<Submenu<Wry>> {
    let all = Submenu::with_id(app, "recent", "Recent", !shown.recent.is_empty())?;
    for line in &shown.recent {
        all.append(&MenuItem::new(app, line, false, None::<&str>)?)?;
    }
    Ok(all)
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
    let id = event.id().as_ref();
    match id {
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
        RESUME => pause(&desktop.broker, Some(Duration::ZERO)),
        QUIT => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move {
                if let Some(desktop) = app.try_state::<Desktop>() {
                    desktop.quit(&app).await;
                }
            });
        }
        _ => {
            if let Some(seconds) = id.strip_prefix(PAUSE) {
                pause(&desktop.broker, seconds.parse().ok().map(Duration::from_secs));
            } else if id.starts_with(APPS) {
                windows::open_main_at(app, "apps");
            } else if let Some(server) = id.strip_prefix(ADDRESS) {
                clipboard::copy(app, &address(&desktop.broker, server));
            } else if let Some(server) = id.strip_prefix(CLAUDE) {
                let address = address(&desktop.broker, server);
                clipboard::copy(app, &format!("claude mcp add --transport http {server} {address}"));
            }
        }
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
