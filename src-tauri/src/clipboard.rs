//! Copying from the tray, where no page can do it.

use tauri::AppHandle;

/// Puts a text into the clipboard. Runs on the main thread.
#[cfg(target_os = "linux")]
pub(crate) fn copy(_: &AppHandle, text: &str) {
    let clipboard = gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD);
    clipboard.set_text(text);
    clipboard.store();
}

/// The page Servers has what can be copied.
#[cfg(not(target_os = "linux"))]
pub(crate) fn copy(app: &AppHandle, _: &str) {
    crate::windows::open_main_at(app, "servers");
}
