//! What the page Health says about the desktop around Doorward, besides what the broker finds out.

use doorward_broker::{
    config::Profile,
    health::{Condition, Finding},
};

use crate::{autostart, tray};

pub(crate) fn of_the_desktop(profile: &Profile) -> Vec<Finding> {
    let tray = if tray::is_there() {
        Finding::good("tray", "The icon is in the tray, if this desktop has one.")
    } else {
        let says = "This desktop has no tray that Doorward can use. Start Doorward again to open its window.";
        Finding::new("tray", Condition::Note, says)
    };
    let autostart = match autostart::is_on(profile) {
        Some(true) => Finding::good("autostart", "Doorward starts at login."),
        Some(false) => Finding::good("autostart", "Doorward does not start at login."),
        None => Finding::new("autostart", Condition::Note, "This system does not say whether Doorward starts at login."),
    };
    let web_view = match tauri::webview_version() {
        Ok(version) => Finding::good("web view", format!("Windows are drawn by version {version} of the system's web view.")),
        Err(error) => Finding::fault("web view", format!("The system has no web view to draw windows: {error}")),
    };
    vec![tray, autostart, web_view]
}
