//! How many requests wait, on the launcher of the desktop: for those without a tray. Launchers of Ubuntu, KDE and GNOME's docks show it.

use std::collections::HashMap;

use zbus::{Connection, zvariant::Value};

/// The entry that packages put into the menu, by which launchers know a program.
const ENTRY: &str = "application://Doorward.desktop";
const PLACE: &str = "/com/canonical/unity/launcherentry/doorward";
const LAUNCHER: &str = "com.canonical.Unity.LauncherEntry";

/// What the launcher was told. It forgets that when the connection ends.
#[derive(Default)]
pub(crate) struct Badge {
    bus: Option<Connection>,
    shown: usize,
}

impl Badge {
    /// Shows how many wait; nothing when none does.
    pub(crate) async fn show(&mut self, waiting: usize) {
        if self.shown == waiting {
            return;
        }
        self.shown = waiting;
        if let Err(error) = self.tell(waiting).await {
            tracing::debug!(%error, "the launcher could not be told how many requests wait");
        }
    }

    async fn tell(&mut self, waiting: usize) -> zbus::Result<()> {
        let bus = match self.bus.take() {
            Some(bus) => bus,
            None => Connection::session().await?,
        };
        let count = i64::try_from(waiting).unwrap_or(i64::MAX);
        let facts = HashMap::from([("count", Value::from(count)), ("count-visible", Value::from(waiting > 0))]);
        bus.emit_signal(None::<&str>, PLACE, LAUNCHER, "Update", &(ENTRY, facts)).await?;
        self.bus = Some(bus);
        Ok(())
    }
}
