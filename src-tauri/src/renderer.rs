//! Some graphics drivers draw nothing through WebKit's DMA-BUF renderer. A Doorward whose window stayed blank begins without it the next
//! time: a web view takes it from the environment, which only changes before there are threads.

use std::{
    fs,
    path::{Path, PathBuf},
};

use doorward_broker::config::{Places, Profile};

/// What WebKit looks for, and what somebody may have set.
const VARIABLE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Begins without the renderer, if a window stayed blank with it and nobody chose otherwise.
#[expect(unsafe_code, reason = "the environment is changed before any other thread exists")]
pub(crate) fn prepare(profile: &Profile) {
    let stayed_blank = Places::of(profile).is_ok_and(|places| mark(&places.state).exists());
    if stayed_blank && std::env::var_os(VARIABLE).is_none() {
        // SAFETY: `main` calls this before anything else starts, when this thread is the only one.
        unsafe { std::env::set_var(VARIABLE, "1") };
    }
}

/// A window stayed blank.
pub(crate) fn stayed_blank(state: &Path) {
    if std::env::var_os(VARIABLE).is_some() {
        return;
    }
    match fs::write(mark(state), "") {
        Ok(()) => tracing::warn!("the next start does without the DMA-BUF renderer"),
        Err(error) => tracing::warn!(%error, "it cannot be kept that the window stayed blank"),
    }
}

fn mark(state: &Path) -> PathBuf {
    state.join("blank-window")
}
