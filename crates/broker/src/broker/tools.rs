//! `tools`: what each guarded server can do, as it says itself, and what of that somebody looked at.

use std::pin::Pin;

use doorward_oauth::{
    id::ServerName,
    tool::{Group, Looked, Tool},
};
use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Broker, Condition, NoSuch, RulesView};
use crate::store::{
    StoreError,
    servers::{self, Server},
    tools::{self, News, StoredTool},
};

/// Why a server's tools are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum NotListed {
    /// Nobody answers.
    Silent,
    /// It wants a login.
    Login,
    /// What it says is no answer.
    Strange(Said),
}

impl Says for NotListed {
    fn said(&self) -> Said {
        match self {
            Self::Silent => Said::plain("list-silent"),
            Self::Login => Said::plain("list-login"),
            Self::Strange(what) => Said::plain("list-strange").with_said("what", what.clone()),
        }
    }
}

/// What a server has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    /// Its tools, each as it describes it, in its order.
    pub tools: Vec<Value>,
    /// Whether it has prompts.
    pub prompts: bool,
    /// Whether it has resources.
    pub resources: bool,
}

/// A list under way.
pub type Listing<'a> = Pin<Box<dyn Future<Output = Result<Listed, NotListed>> + Send + 'a>>;

/// Where lists of tools come from: the servers, or a test.
pub trait ToolSource: Send + Sync + 'static {
    /// Asks a server what it has.
    fn tools<'a>(&'a self, server: &'a Server) -> Listing<'a>;
    /// A server is not there any more.
    fn forget(&self, _server: &ServerName) {}
    /// How a server is that Doorward starts; `None` for any other.
    fn condition(&self, _server: &Server) -> Option<Condition> {
        None
    }
}

/// The tools of a server as people see them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolsView {
    /// The server.
    pub server: String,
    /// The tools, in the server's order.
    pub tools: Vec<ToolView>,
    /// Why the server could not be asked now; then these are the tools that it listed last.
    #[serde(flatten, with = "doorward_words::beside::not_now")]
    pub not_now: Option<Said>,
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
    /// Whether somebody looked at what the server says about it now.
    pub looked: Looked,
}

/// The tools of a server as it listed them last, with what each App may use of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolsForApps {
    /// The tools, in the server's order.
    pub tools: Vec<ToolView>,
    /// What holds for each App that may use the server.
    pub apps: Vec<RulesView>,
}

impl From<StoredTool> for ToolView {
    fn from(stored: StoredTool) -> Self {
        let text = |name: &str| stored.definition.get(name).and_then(Value::as_str).map(str::to_owned);
        Self { title: text("title"), description: text("description"), name: stored.name, group: stored.group, looked: stored.looked }
    }
}

impl Broker {
    /// The tools of a server: asked for now, or as it listed them last if it cannot be asked. What changed is asked about.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn tools(&self, name: &str) -> Result<ToolsView, NoSuch> {
        let server = ServerName::parse(name).ok().and_then(|name| self.server_now(&name)).ok_or_else(|| NoSuch::Server(name.to_owned()))?;
        let not_now = match self.inner.world.tools.tools(&server).await {
            Ok(listed) => {
                self.keep_list(&server, listed, false).await?;
                None
            }
            Err(why) => Some(why.said()),
        };
        let name = server.name.clone();
        let kept = self.inner.store.read(move |db| tools::all(db, &name)).await?;
        if kept.iter().any(|tool| tool.looked == Looked::Changed) {
            // Who asks wants to know, whatever was said before.
            self.ask_about_changes(&server.name, true);
        }
        Ok(ToolsView { server: server.name.to_string(), tools: kept.into_iter().map(ToolView::from).collect(), not_now })
    }

    /// The tools of a server, which is not asked now, and what each App may use of them.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn tools_for_apps(&self, name: &str) -> Result<ToolsForApps, NoSuch> {
        let server = ServerName::parse(name).map_err(|_| NoSuch::Server(name.to_owned()))?;
        let apps = self.rules(None, Some(name)).await?;
        let kept = self.inner.store.read(move |db| tools::all(db, &server)).await?;
        Ok(ToolsForApps { tools: kept.into_iter().map(ToolView::from).collect(), apps })
    }

    /// Asks a server that is not known yet what it has; `by_a_person`: somebody looks at it now.
    ///
    /// # Errors
    /// A sentence that says why it is not known.
    pub(super) async fn meet(&self, server: &Server, by_a_person: bool) -> Result<(), Said> {
        let met = match self.inner.world.tools.tools(server).await {
            Ok(listed) => self.keep_list(server, listed, by_a_person).await.map_err(|error| error.said()),
            Err(why) => Err(why.said()),
        };
        if let Err(why) = &met {
            tracing::info!(server = %server.name, why = why.to_string(), "the tools of a server are not known yet");
        }
        met
    }

    /// Keeps what a server said that it has.
    async fn keep_list(&self, server: &Server, listed: Listed, by_a_person: bool) -> Result<(), StoreError> {
        let (list, asked, now) = (read_all(listed.tools), server.clone(), self.now());
        let news = self
            .inner
            .store
            .run(move |tx| {
                // Removed meanwhile, and perhaps another one under its name: what was said is not about that.
                let there = servers::find(tx, &asked.name)?.map(|found| Server { paused: asked.paused, ..found });
                if there.as_ref() != Some(&asked) {
                    return Ok(News::default());
                }
                servers::set_listed(tx, &asked.name, listed.prompts, listed.resources, now)?;
                tools::keep(tx, &asked.name, &list, by_a_person)
            })
            .await?;
        self.heard(&server.name, &news);
        Ok(())
    }

    /// Keeps what passed by in an answer to an App.
    pub(crate) async fn note_list(&self, server: &ServerName, definitions: Vec<Value>) -> Result<(), StoreError> {
        let (list, name) = (read_all(definitions), server.clone());
        let news = self.inner.store.run(move |tx| tools::note(tx, &name, &list)).await?;
        self.heard(server, &news);
        Ok(())
    }

    fn heard(&self, server: &ServerName, News { added, changed }: &News) {
        self.inner.permits.forget();
        if !added.is_empty() || !changed.is_empty() {
            tracing::info!(%server, added = added.len(), changed = changed.len(), "a server lists other tools than before");
            self.changed();
        }
        if !changed.is_empty() {
            self.ask_about_changes(server, true);
        }
    }
}

fn read_all(definitions: Vec<Value>) -> Vec<(Tool, Value)> {
    definitions.into_iter().filter_map(|definition| Some((Tool::read(&definition)?, definition))).collect()
}
