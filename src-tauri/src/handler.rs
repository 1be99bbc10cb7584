//! Which program the desktop opens for the links of a private scheme.

/// What it is called, as the desktop shows it; `None` where there is none, or the desktop does not say. Reads files.
#[cfg(target_os = "linux")]
pub(crate) fn name_for(scheme: &str) -> Option<String> {
    use gtk::gio::{AppInfo, prelude::AppInfoExt};
    let app = AppInfo::default_for_uri_scheme(scheme)?;
    doorward_oauth::name::DisplayName::tame(&app.display_name()).map(|name| name.as_str().to_owned())
}

/// Only desktops on Linux are asked.
#[cfg(not(target_os = "linux"))]
pub(crate) fn name_for(_: &str) -> Option<String> {
    None
}
