//! What is around Doorward on a desktop, besides what the broker finds out: for the page Health and `doorward doctor`.

use doorward_broker::{config::Profile, health::Finding};
use doorward_words::Said;

use crate::{
    autostart,
    tray::{self, Icon},
};

pub(crate) async fn of_the_desktop(profile: &Profile) -> Vec<Finding> {
    let tray = match tray::find().await {
        Icon::Shown => Finding::good("about-tray", &Said::plain("health-tray")),
        Icon::Nowhere => Finding::note("about-tray", &Said::plain("health-tray-nowhere")),
        Icon::NoLibrary => Finding::note("about-tray", &Said::plain("health-no-tray")),
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
