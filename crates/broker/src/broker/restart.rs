//! `restart`: ends the processes of a server that Doorward starts, and starts it anew.

use doorward_oauth::id::ServerName;

use super::{Broker, NoSuch};

impl Broker {
    /// Ends a server's processes, with the calls that run in them, and starts it anew in the background. A server at an address of its
    /// own is only asked for its tools again.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn restart_server(&self, name: &str) -> Result<(), NoSuch> {
        let parsed = ServerName::parse(name).map_err(|_| NoSuch::Server(name.to_owned()))?;
        let server = self.server_now(&parsed).ok_or_else(|| NoSuch::Server(name.to_owned()))?;
        self.inner.world.tools.forget(&parsed);
        tracing::info!(server = name, "a person restarted a server");
        self.changed();
        let this = self.clone();
        tokio::spawn(async move {
            // Why it failed is logged there, and shown as the server's condition.
            let _ = this.meet(&server, false).await;
            this.changed();
        });
        Ok(())
    }
}
