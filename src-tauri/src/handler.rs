//! Which program the desktop opens for the links of a private scheme.

/// What it is called, as the desktop shows it, and what is started, as any program of this user may have chosen the name; `None` where
/// there is none, or the desktop does not say. Reads files.
#[cfg(target_os = "linux")]
pub(crate) fn handler_of(scheme: &str) -> Option<(String, String)> {
    use gtk::gio::{AppInfo, prelude::AppInfoExt};
    let app = AppInfo::default_for_uri_scheme(scheme)?;
    let name = doorward_oauth::name::DisplayName::tame(&app.display_name())?;
    Some((name.as_str().to_owned(), app.executable().display().to_string()))
}

/// Only desktops on Linux are asked.
#[cfg(not(target_os = "linux"))]
pub(crate) fn handler_of(_: &str) -> Option<(String, String)> {
    None
}
