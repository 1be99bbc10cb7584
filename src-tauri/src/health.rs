//! What the page Health says about the desktop around Doorward, besides what the broker finds out.

use doorward_broker::{config::Profile, health::Finding};
use doorward_words::Said;

use crate::{autostart, tray};

pub(crate) fn of_the_desktop(profile: &Profile) -> Vec<Finding> {
    let tray = if tray::is_there() {
        Finding::good("about-tray", &Said::plain("health-tray"))
    } else {
        Finding::note("about-tray", &Said::plain("health-no-tray"))
    };
    let autostart = match autostart::is_on(profile) {
        Some(true) => Finding::good("about-autostart", &Said::plain("health-autostart")),
        Some(false) => Finding::good("about-autostart", &Said::plain("health-no-autostart")),
        None => Finding::note("about-autostart", &Said::plain("health-autostart-unknown")),
    };
    let web_view = match tauri::webview_version() {
        Ok(version) => Finding::good("about-web-view", &Said::plain("health-web-view").with("version", version)),
        Err(error) => Finding::fault("about-web-view", &Said::plain("health-no-web-view").with("why", error.to_string())),
    };
    vec![tray, autostart, web_view]
}
