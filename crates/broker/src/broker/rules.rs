//! `rules`: what people said about tools, shown and changed.

use doorward_oauth::{
    id::{AppId, ServerName},
    offer::short,
    tool::{Ends, Group, Looked, Mode, Rule, Subject},
};
use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};

use super::{Broker, NoSuch};
use crate::store::{StoreError, apps, rules, servers, tools};

/// What one App may use of one server, as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesView {
    /// The App's id.
    pub app: String,
    /// The name the App gave itself.
    pub app_name: Option<String>,
    /// The server.
    pub server: String,
    /// The server's tools, in its order.
    pub tools: Vec<RuleView>,
    /// What holds for its prompts; `None`: it has none.
    pub prompts: Option<Mode>,
    /// What holds for its resources; `None`: it has none.
    pub resources: Option<Mode>,
}

/// What holds for one tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    /// The tool.
    pub tool: String,
    /// What the server says that it does.
    pub description: Option<String>,
    /// What kind of thing it does, as far as the server says.
    pub group: Group,
    /// Whether somebody looked at what the server says about it now. What changed is paused, whatever holds.
    pub looked: Looked,
    /// What holds now.
    pub mode: Mode,
    /// When that ends by itself, in Unix seconds.
    pub ends_at: Option<i64>,
    /// With which process it ends.
    pub ends_with: Option<u32>,
}

/// Why a rule was not changed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.said())]
pub enum SetRuleError {
    /// There is no such App or server.
    #[error(transparent)]
    NoSuch(#[from] NoSuch),
    /// The server lists no such tool.
    NoTool(String),
    /// It would give more, and the one who asks may only take away.
    Wider,
}

impl Says for SetRuleError {
    fn said(&self) -> Said {
        match self {
            Self::NoSuch(error) => error.said(),
            Self::NoTool(name) => Said::plain("no-such-tool").with("tool", name.clone()),
            Self::Wider => Said::plain("rule-wider"),
        }
    }
}

impl From<StoreError> for SetRuleError {
    fn from(error: StoreError) -> Self {
        Self::NoSuch(error.into())
    }
}

impl Broker {
    /// What Apps may use, tool by tool: of one App or of all, at one server or at all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rules(&self, app: Option<&str>, server: Option<&str>) -> Result<Vec<RulesView>, StoreError> {
        let (now, peers) = (self.now(), self.inner.world.peers.clone());
        let (app, server) = (app.map(str::to_owned), server.map(str::to_owned));
        let read = move |db: &rusqlite::Connection| {
            let mut views = Vec::new();
            for access in apps::access(db, now)? {
                if app.as_ref().is_some_and(|app| app != access.app.as_str())
                    || server.as_ref().is_some_and(|s| s != access.server.as_str())
                {
                    continue;
                }
                let rules = rules::of(db, &access.app, &access.server)?;
                let rule = |subject: &Subject| rules.iter().find(|(known, _)| known == subject).map(|(_, rule)| *rule);
                let mode = |subject: &Subject| Rule::at(rule(subject), now, |process| peers.runs(process));
                let listed = servers::listed(db, &access.server)?;
                let view = |tool: tools::StoredTool| {
                    let subject = Subject::Tool(tool.name.clone());
                    let (ends_at, ends_with) = match rule(&subject).map(|rule| rule.ends) {
                        Some(Ends::At { at }) => (Some(at.as_secs()), None),
                        Some(Ends::With { process }) => (None, Some(process.pid)),
                        Some(Ends::WithAccess) | None => (None, None),
                    };
                    RuleView {
                        description: tool.definition.get("description").and_then(|text| Some(short(text.as_str()?))),
                        group: tool.group,
                        looked: tool.looked,
                        mode: mode(&subject),
                        ends_at,
                        ends_with,
                        tool: tool.name,
                    }
                };
                views.push(RulesView {
                    tools: tools::all(db, &access.server)?.into_iter().map(view).collect(),
                    prompts: listed.filter(|listed| listed.prompts).map(|_| mode(&Subject::Prompts)),
                    resources: listed.filter(|listed| listed.resources).map(|_| mode(&Subject::Resources)),
                    app_name: apps::name(db, &access.app)?,
                    app: access.app.to_string(),
                    server: access.server.to_string(),
                });
            }
            Ok(views)
        };
        self.inner.store.read(read).await
    }

    /// Changes what holds for a tool, or for `prompts` or `resources`, from the next call on. Who allows a tool that nobody looked at
    /// looks at it now. `may_widen`: whether more may be allowed than now.
    ///
    /// # Errors
    /// [`SetRuleError`].
    pub async fn set_rule(&self, app: &str, server: &str, subject: Subject, mode: Mode, may_widen: bool) -> Result<(), SetRuleError> {
        let views = self.rules(Some(app), Some(server)).await?;
        let view = views.into_iter().next().ok_or_else(|| NoSuch::App(app.to_owned()))?;
        let missing = match &subject {
            Subject::Tool(name) => (!view.tools.iter().any(|tool| tool.tool == *name)).then(|| name.clone()),
            Subject::Prompts => view.prompts.is_none().then(|| "prompts".to_owned()),
            Subject::Resources => view.resources.is_none().then(|| "resources".to_owned()),
        };
        if let Some(missing) = missing {
            return Err(SetRuleError::NoTool(missing));
        }
        let server_name = ServerName::parse(server).map_err(|_| NoSuch::Server(server.to_owned()))?;
        let (id, at, peers) = (AppId::from_text(app), self.now(), self.inner.world.peers.clone());
        let changed = subject.clone();
        let set = move |tx: &rusqlite::Transaction<'_>| {
            let said = rules::of(tx, &id, &server_name)?.into_iter().find(|(known, _)| *known == changed).map(|(_, rule)| rule);
            let now = Rule::at(said, at, |process| peers.runs(process));
            let rule = if may_widen { Some(Rule::lasting(mode)) } else { Rule::narrowed(said, now, mode) };
            let Some(rule) = rule else { return Ok(false) };
            rules::set(tx, &id, &server_name, &changed, rule, at)?;
            if let (true, Subject::Tool(name), Mode::Allow | Mode::Ask) = (may_widen, &changed, mode)
                && let Some(tool) = tools::all(tx, &server_name)?.into_iter().find(|tool| tool.name == *name)
                && tool.looked == Looked::New
            {
                tools::look(tx, &server_name, name, tool.pin)?;
            }
            Ok(true)
        };
        if !self.inner.store.run(set).await? {
            return Err(SetRuleError::Wider);
        }
        // What was answered before is not what holds now.
        self.end_calls(|same| same.app.as_str() == app && same.server.as_str() == server && same.tool == subject.name());
        self.inner.permits.forget();
        tracing::info!(app, server, kind = subject.kind(), tool = subject.name(), mode = mode.as_str(), "a rule was changed");
        self.changed();
        Ok(())
    }

    /// Says whether the values of calls at a server are written down.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn keep_arguments(&self, server: &str, keep: bool) -> Result<(), NoSuch> {
        let name = ServerName::parse(server).map_err(|_| NoSuch::Server(server.to_owned()))?;
        if !self.inner.store.run(move |tx| servers::set_keeps_arguments(tx, &name, keep)).await? {
            return Err(NoSuch::Server(server.to_owned()));
        }
        self.inner.permits.forget();
        tracing::info!(server, keep, "a person said whether the values of calls are written down");
        self.changed();
        Ok(())
    }
}
