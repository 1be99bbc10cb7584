//! The desktop app.

// No console window on Windows.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

use clap::Parser;
use doorward_desktop::{Start, prepare_web_views, run};

fn main() -> ExitCode {
    // WebKit lets itself be remote-controlled when this is set, in release builds too. Only a build for tests may keep it.
    #[cfg(not(feature = "e2e"))]
    doorward_desktop::forbid_automation();
    let start = Start::parse();
    prepare_web_views(&start);
    run(start)
}
