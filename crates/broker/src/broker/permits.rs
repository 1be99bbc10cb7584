//! What each App may use of each server: the rules that people made, with what is known about the tools. Read from the store
//! once, and again after each change.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use doorward_oauth::{
    id::{AppId, ServerName},
    policy::{self, ToolCall},
    tool::{Group, Looked, Mode, Pin, Rule, Subject},
};

use tokio::sync::watch;

use super::Broker;
use crate::store::{StoreError, apps, rules, servers, tools};

/// What one App may use of one server.
#[derive(Debug)]
pub struct Permit {
    app_name: Option<String>,
    keeps_arguments: bool,
    tools: HashMap<String, Permitted>,
    prompts: Option<Rule>,
    resources: Option<Rule>,
}

/// What is known about one tool.
#[derive(Debug)]
struct Permitted {
    group: Group,
    /// What the server says about it now.
    pin: Pin,
    /// What somebody looked at.
    looked_pin: Option<Pin>,
    rule: Option<Rule>,
    /// The names of its arguments, as its schema has them.
    arguments: Vec<String>,
}

impl Permitted {
    fn looked(&self) -> Looked {
        looked(self.looked_pin, self.pin)
    }
}

fn looked(looked_pin: Option<Pin>, pin: Pin) -> Looked {
    match looked_pin {
        None => Looked::New,
        Some(looked) if looked == pin => Looked::Known,
        Some(_) => Looked::Changed,
    }
}

/// The permits that were asked for lately.
#[derive(Default)]
pub(super) struct Permits {
    state: Mutex<State>,
    /// Counts changes, for those who wait for one.
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// Counts changes, so that what was read before one is not kept after it.
    changes: u64,
    known: HashMap<(AppId, ServerName), Arc<Permit>>,
}

/// How many permits are remembered.
const MOST: usize = 1_024;

impl Permits {
    /// Something changed: everything is read anew.
    pub(super) fn forget(&self) {
        let mut state = self.lock();
        state.changes += 1;
        state.known.clear();
        drop(state);
        self.changed.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// What an App may use of a server now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn permit(&self, app: &AppId, server: &ServerName) -> Result<Arc<Permit>, StoreError> {
        let key = (app.clone(), server.clone());
        let changes = {
            let state = self.inner.permits.lock();
            if let Some(known) = state.known.get(&key) {
                return Ok(known.clone());
            }
            state.changes
        };
        let (tools, rules, app_name, keeps_arguments) = self.inner.store.look_up(|db| {
            let rules = rules::of(db, app, server)?;
            Ok((tools::all(db, server)?, rules, apps::name(db, app)?, servers::keeps_arguments(db, server)?))
        })?;
        let mut rules: HashMap<Subject, Rule> = rules.into_iter().collect();
        let tools = tools.into_iter().map(|tool| {
            let rule = rules.remove(&Subject::Tool(tool.name.clone()));
            let looked_pin = tool.looked_at.as_ref().map(|looked| looked.pin);
            let permitted = Permitted { group: tool.group, pin: tool.pin, looked_pin, rule, arguments: tool.argument_names() };
            (tool.name, permitted)
        });
        let tools = tools.collect();
        let (prompts, resources) = (rules.remove(&Subject::Prompts), rules.remove(&Subject::Resources));
        let permit = Arc::new(Permit { app_name, keeps_arguments, tools, prompts, resources });
        let mut state = self.inner.permits.lock();
        if state.changes == changes {
            if state.known.len() >= MOST {
                state.known.clear();
            }
            state.known.insert(key, permit.clone());
        }
        Ok(permit)
    }

    /// Counts up whenever something that Apps may use may have changed.
    pub(crate) fn permits_changed(&self) -> watch::Receiver<u64> {
        self.inner.permits.changed.subscribe()
    }

    /// The tools that an App finds, in the order of their names.
    pub(crate) fn listed_tools(&self, permit: &Permit) -> Vec<String> {
        let listed = permit.tools.iter().filter(|(_, tool)| policy::is_listed(tool.looked(), self.mode(tool.rule)));
        let mut names: Vec<String> = listed.map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names
    }

    /// What holds now of a rule.
    fn mode(&self, rule: Option<Rule>) -> Mode {
        Rule::at(rule, self.now(), |process| self.inner.world.peers.runs(process))
    }

    /// What to do with a call of a tool.
    pub fn judge_tool(&self, permit: &Permit, tool: &str) -> ToolCall {
        let known = permit.tools.get(tool);
        policy::tool_call(known.map(Permitted::looked), known.map_or(Mode::Hide, |tool| self.mode(tool.rule)))
    }

    /// Whether an App finds a tool in the list of its server, which describes it so now.
    pub fn lists_tool(&self, permit: &Permit, tool: &str, pin: Pin) -> bool {
        let known = permit.tools.get(tool);
        known.is_some_and(|known| policy::is_listed(looked(known.looked_pin, pin), self.mode(known.rule)))
    }

    /// Whether an App may use the prompts or the resources of its server.
    pub fn may_use(&self, permit: &Permit, subject: &Subject) -> bool {
        let rule = match subject {
            Subject::Prompts => permit.prompts,
            Subject::Resources => permit.resources,
            Subject::Tool(name) => permit.tools.get(name).and_then(|tool| tool.rule),
        };
        self.mode(rule) == Mode::Allow
    }
}

impl Permit {
    /// Whether a tool is known as its server describes it now.
    pub fn knows(&self, tool: &str, pin: Pin) -> bool {
        self.tools.get(tool).is_some_and(|known| known.pin == pin)
    }

    /// The name the App gave itself.
    pub(super) fn app_name(&self) -> Option<&str> {
        self.app_name.as_deref()
    }

    /// Whether the values of calls are written down.
    pub(super) const fn keeps_arguments(&self) -> bool {
        self.keeps_arguments
    }

    /// The names of a tool's arguments, as its schema has them.
    pub(super) fn arguments_of(&self, tool: &str) -> &[String] {
        self.tools.get(tool).map_or(&[], |known| &known.arguments)
    }

    /// What kind of thing a tool does, as far as its server says.
    pub fn group(&self, tool: &str) -> Option<Group> {
        self.tools.get(tool).map(|known| known.group)
    }
}
