//! The desktop shell: windows and the tray around a [`doorward_broker`]. The only code that knows Tauri.
//!
//! It opens and closes windows and passes on what a person clicks; what a question is and when it ends is the queue's
//! business. In reading order: [`app`] starts and ends everything, `prompts` shows and withdraws the consent window,
//! `windows` makes them, `commands` is all that pages can call, `tray` is the menu, `import` takes servers over,
//! `speech` the person's language, `fallback` asks without a web view, `port` is what to do when the port is taken,
//! `renderer` how web views draw, `packaged` knows who updates Doorward.

mod app;
mod autostart;
#[cfg(target_os = "linux")]
mod away;
#[cfg(target_os = "linux")]
mod badge;
mod clipboard;
mod commands;
mod export;
mod fallback;
mod handler;
mod health;
mod import;
mod notices;
mod packaged;
mod place;
mod port;
mod prompts;
#[cfg(target_os = "linux")]
mod renderer;
mod speech;
mod tray;
mod windows;

pub use app::{Start, run, with_commands};

/// Prepares what web views find in their environment. `main` calls this while it has no other thread.
pub fn prepare_web_views(start: &Start) {
    #[cfg(target_os = "linux")]
    renderer::prepare(&start.profile());
    #[cfg(not(target_os = "linux"))]
    let _ = start;
}

/// Makes sure that no program that started this one can drive its windows.
#[expect(unsafe_code, reason = "the environment is changed before any other thread exists")]
pub fn forbid_automation() {
    // SAFETY: `main` calls this first, when this thread is the only one.
    unsafe { std::env::remove_var("TAURI_WEBVIEW_AUTOMATION") };
}
