//! The menu, made of what it shows.

use doorward_words::{Value, spoken};
use tauri::{
    AppHandle, Manager, Wry,
    menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu},
};

use super::{
    ADDRESS, ASK_ALL, AUTOSTART, CLAUDE, DISCONNECT, LOGS, OPEN, PAUSE, PAUSE_APP, PAUSE_SERVER, QUIT, RESTART, RESUME, RESUME_APP,
    RESUME_SERVER, SETTINGS, Shown, UNMUTE, WAITING,
};
use crate::app::Desktop;

type Entry = Box<dyn IsMenuItem<Wry>>;

/// The whole menu.
pub(super) fn of(app: &AppHandle, shown: &Shown) -> tauri::Result<Menu<Wry>> {
    let line = || PredefinedMenuItem::separator(app).map(|line| Box::new(line) as Entry);
    let port = app.try_state::<Desktop>().map(|desktop| desktop.broker.issuer().port());
    let header = port.map(|port| format!("Doorward \u{b7} 127.0.0.1:{port}")).unwrap_or_default();
    let mut entries = vec![disabled(app, &header)?, waiting(app, shown.waiting)?];
    for (program, text) in &shown.muted {
        entries.push(item(app, &format!("{UNMUTE}{program}"), text)?);
    }
    entries.extend([line()?, apps(app, shown)?, servers(app, shown)?, recent(app, shown)?, line()?, pause(app, shown.paused)?, line()?]);
    entries.extend([entry(app, OPEN, "tray-open")?, entry(app, SETTINGS, "tray-settings")?, entry(app, LOGS, "tray-log")?]);
    if let Some(on) = shown.starts_at_login {
        let text = spoken().say("setting-autostart", &[]);
        entries.push(Box::new(CheckMenuItem::with_id(app, AUTOSTART, plain(&text), true, on, None::<&str>)?));
    }
    if let Some(by) = &shown.updated_by {
        entries.push(disabled(app, &spoken().say("tray-updated-by", &[("by", by.as_str().into())]))?);
    }
    entries.extend([line()?, item(app, QUIT, &counted("tray-quit", shown.running))?]);
    let entries: Vec<&dyn IsMenuItem<Wry>> = entries.iter().map(AsRef::as_ref).collect();
    Menu::with_items(app, &entries)
}

fn waiting(app: &AppHandle, count: usize) -> tauri::Result<Entry> {
    Ok(Box::new(MenuItem::with_id(app, WAITING, plain(&counted("tray-waiting", count)), count > 0, None::<&str>)?))
}

fn pause(app: &AppHandle, paused: bool) -> tauri::Result<Entry> {
    if paused {
        return entry(app, RESUME, "resume");
    }
    let times = [("900", "tray-quarter"), ("3600", "tray-hour"), ("", "tray-open-end")];
    let times = times.into_iter().map(|(seconds, message)| entry(app, &format!("{PAUSE}{seconds}"), message));
    submenu(app, "pause-for", &spoken().say("tray-pause", &[]), times.collect::<Result<_, _>>()?)
}

fn apps(app: &AppHandle, shown: &Shown) -> tauri::Result<Entry> {
    let mut all = Vec::new();
    for one in &shown.apps {
        let mut entries = one.lines.iter().map(|line| disabled(app, line)).collect::<Result<Vec<_>, _>>()?;
        entries.push(entry(app, &format!("{ASK_ALL}{}", one.id), "ask-all")?);
        let (kind, message) = if one.paused { (RESUME_APP, "resume") } else { (PAUSE_APP, "pause") };
        entries.push(entry(app, &format!("{kind}{}", one.id), message)?);
        entries.push(entry(app, &format!("{DISCONNECT}{}", one.id), "disconnect")?);
        all.push(submenu(app, &format!("app {}", one.id), &one.name, entries)?);
    }
    submenu(app, "apps", &spoken().say("apps", &[]), all)
}

fn servers(app: &AppHandle, shown: &Shown) -> tauri::Result<Entry> {
    let mut all = Vec::new();
    for one in &shown.servers {
        let id = |kind: &str| format!("{kind}{}", one.name);
        let mut entries =
            vec![disabled(app, &one.state)?, entry(app, &id(ADDRESS), "copy-address")?, entry(app, &id(CLAUDE), "tray-copy-claude")?];
        if one.started_here {
            entries.push(entry(app, &id(RESTART), "restart")?);
        }
        let (kind, message) = if one.paused { (RESUME_SERVER, "resume") } else { (PAUSE_SERVER, "pause") };
        entries.push(entry(app, &id(kind), message)?);
        all.push(submenu(app, &id("server "), &one.name, entries)?);
    }
    submenu(app, "servers", &spoken().say("servers", &[]), all)
}

fn recent(app: &AppHandle, shown: &Shown) -> tauri::Result<Entry> {
    let lines = shown.recent.iter().map(|line| disabled(app, line)).collect::<Result<_, _>>()?;
    submenu(app, "recent", &spoken().say("tray-recent", &[]), lines)
}

/// A submenu that can be opened if there is something in it.
fn submenu(app: &AppHandle, id: &str, text: &str, entries: Vec<Entry>) -> tauri::Result<Entry> {
    let menu = Submenu::with_id(app, id, plain(text), !entries.is_empty())?;
    for entry in &entries {
        menu.append(entry.as_ref())?;
    }
    Ok(Box::new(menu))
}

fn entry(app: &AppHandle, id: &str, message: &str) -> tauri::Result<Entry> {
    item(app, id, &spoken().say(message, &[]))
}

fn item(app: &AppHandle, id: &str, text: &str) -> tauri::Result<Entry> {
    Ok(Box::new(MenuItem::with_id(app, id, plain(text), true, None::<&str>)?))
}

fn disabled(app: &AppHandle, text: &str) -> tauri::Result<Entry> {
    Ok(Box::new(MenuItem::new(app, plain(text), false, None::<&str>)?))
}

/// A text as it is: in menus `&` marks the letter that chooses an entry.
fn plain(text: &str) -> String {
    text.replace('&', "&&")
}

fn counted(message: &str, n: usize) -> String {
    spoken().say(message, &[("n", Value::from(n))])
}
