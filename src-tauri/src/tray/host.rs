//! Whether somebody shows the icon. Some desktops have no tray, and none says so by itself.

/// Where the icon is, as far as Doorward can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    /// In a panel.
    Shown,
    /// Nowhere: no panel of this desktop shows icons.
    Nowhere,
    /// Nowhere: the library that shows it is not installed.
    NoLibrary,
}

/// Looks for the icon. Panels come and go, so it may be elsewhere the next time.
pub(crate) async fn find() -> Icon {
    if !super::can_be_made() {
        return Icon::NoLibrary;
    }
    if native::is_shown().await { Icon::Shown } else { Icon::Nowhere }
}

#[cfg(target_os = "linux")]
mod native {
    use std::time::Duration;

    use zbus::{Connection, Proxy, fdo::DBusProxy, names::BusName};

    /// Where panels and icons find each other (StatusNotifierItem).
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    /// How long the desktop may take to say so.
    const PATIENCE: Duration = Duration::from_secs(2);

    pub(super) async fn is_shown() -> bool {
        match tokio::time::timeout(PATIENCE, has_host()).await {
            Ok(Ok(shown)) => shown,
            Ok(Err(error)) => {
                tracing::debug!(%error, "this desktop does not say whether it shows the icon");
                false
            }
            Err(_) => false,
        }
    }

    async fn has_host() -> zbus::Result<bool> {
        let bus = Connection::session().await?;
        // Asking for the name itself could start somebody.
        let there = DBusProxy::new(&bus).await?.name_has_owner(BusName::try_from(WATCHER)?).await?;
        if !there {
            return Ok(false);
        }
        let watcher = Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
        watcher.get_property("IsStatusNotifierHostRegistered").await
    }
}

#[cfg(not(target_os = "linux"))]
mod native {
    pub(super) async fn is_shown() -> bool {
        true
    }
}
