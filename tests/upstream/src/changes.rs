//! What changes while clients watch. Nothing does by itself: there are tools that say so.

use serde_json::{Value, json};
use tokio::sync::broadcast;

/// How many changes a client that watches may be behind.
const BEHIND: usize = 64;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The content of a resource.
    Resource(&'static str),
}

impl Change {
    /// The notification of it: its method and its parameters.
    pub(crate) fn notification(self) -> (&'static str, Value) {
        match self {
            Self::Tools => ("notifications/tools/list_changed", json!({})),
            Self::Prompts => ("notifications/prompts/list_changed", json!({})),
            Self::Resource(uri) => ("notifications/resources/updated", json!({ "uri": uri })),
        }
    }
}

/// Tells of changes.
#[derive(Debug)]
pub(crate) struct Changes(broadcast::Sender<Change>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND))
    }
}

impl Changes {
    /// Tells everybody who watches.
    pub(crate) fn tell(&self, change: Change) {
        // Nobody may watch.
        let _ = self.0.send(change);
    }

    /// Watches from now on.
    pub(crate) fn watch(&self) -> Watch {
        Watch(self.0.subscribe())
    }
}

/// The changes from a moment on.
#[derive(Debug)]
pub(crate) struct Watch(broadcast::Receiver<Change>);

impl Watch {
    /// The next one; `None` when the server ends.
    pub(crate) async fn next(&mut self) -> Option<Change> {
        loop {
            match self.0.recv().await {
                Ok(change) => return Some(change),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
