//! `tools`: what each guarded server can do, as it says itself, and what of that somebody looked at.

use std::pin::Pin;

use doorward_oauth::{
    id::ServerName,
    tool::{Group, Tool},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Broker, NoSuch};
use crate::store::{
    StoreError,
    servers::Server,
    tools::{self, News, Standing, StoredTool},
};

/// Why a server's tools are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotListed {
    /// Nobody answers.
    #[error("It does not answer.")]
    Silent,
    /// It wants a login.
    #[error("It asks for a login of its own, which Doorward cannot give it yet.")]
    Login,
    /// What it says is no answer.
    #[error("It does not answer as an MCP server does: {0}.")]
    Strange(String),
}

/// A list under way.
pub type Listing<'a> = Pin<Box<dyn Future<Output = Result<Vec<Value>, NotListed>> + Send + 'a>>;

/// Where lists of tools come from: the servers, or a test.
pub trait ToolSource: Send + Sync + 'static {
    /// Asks a server for its tools, each as it describes it, in its order.
    fn tools<'a>(&'a self, server: &'a Server) -> Listing<'a>;
}

/// The tools of a server as people see them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolsView {
    /// The server.
    pub server: String,
    /// The tools, in the server's order.
    pub tools: Vec<ToolView>,
    /// Why the server could not be asked now; then these are the tools that it listed last.
    pub not_now: Option<String>,
}

/// A tool as people see it. All texts are the server's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolView {
    /// Its name, by which it is called.
    pub name: String,
    /// What the server calls it for people.
    pub title: Option<String>,
    /// What the server says that it does.
    pub description: Option<String>,
    /// What kind of thing it does, as far as the server says.
    pub group: Group,
    /// `new`: nobody looked at it. `known`: somebody did. `changed`: at something else.
    pub standing: String,
}

impl From<StoredTool> for ToolView {
    fn from(stored: StoredTool) -> Self {
        let text = |name: &str| stored.definition.get(name).and_then(Value::as_str).map(str::to_owned);
        let standing = match stored.standing {
            Standing::New => "new",
            Standing::Known => "known",
            Standing::Changed(_) => "changed",
        };
        Self {
            title: text("title"),
            description: text("description"),
            name: stored.name,
            group: stored.group,
            standing: standing.to_owned(),
        }
    }
}

impl Broker {
    /// The tools of a server: asked for now, or as it listed them last if it cannot be asked.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn tools(&self, name: &str) -> Result<ToolsView, NoSuch> {
        let server = ServerName::parse(name).ok().and_then(|name| self.server_now(&name)).ok_or_else(|| NoSuch::Server(name.to_owned()))?;
        let not_now = match self.inner.world.tools.tools(&server).await {
            Ok(definitions) => {
                self.listed(&server.name, definitions, false).await?;
                None
            }
            Err(why) => Some(why.to_string()),
        };
        let name = server.name.clone();
        let kept = self.inner.store.read(move |db| tools::all(db, &name)).await?;
        Ok(ToolsView { server: server.name.to_string(), tools: kept.into_iter().map(ToolView::from).collect(), not_now })
    }

    /// A server that was just added is asked for its tools; who adds it looks at them.
    pub(super) async fn meet(&self, server: &Server) {
        let met = match self.inner.world.tools.tools(server).await {
            Ok(definitions) => self.listed(&server.name, definitions, true).await.map_err(|error| error.to_string()),
            Err(why) => Err(why.to_string()),
        };
        if let Err(why) = met {
            tracing::info!(server = %server.name, why, "the tools of a new server are not known yet");
        }
    }

    /// A server listed its tools.
    async fn listed(&self, server: &ServerName, definitions: Vec<Value>, by_a_person: bool) -> Result<(), StoreError> {
        let list: Vec<(Tool, Value)> =
            definitions.into_iter().filter_map(|definition| Some((Tool::read(&definition)?, definition))).collect();
        let name = server.clone();
        let News { added, changed } = self.inner.store.run(move |tx| tools::keep(tx, &name, &list, by_a_person)).await?;
        if !added.is_empty() || !changed.is_empty() {
            tracing::info!(%server, added = added.len(), changed = changed.len(), "a server lists other tools than before");
            self.changed();
        }
        Ok(())
    }
}
