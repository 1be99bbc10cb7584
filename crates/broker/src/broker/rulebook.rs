//! All rules as one list, and all of an App changed at once.

use doorward_oauth::{
    id::AppId,
    tool::{Ends, Mode, Rule, Subject},
};
use serde::{Deserialize, Serialize};

use super::{Broker, NoSuch};
use crate::store::{StoreError, grants, rules, rules::ListedRule, search::Search};

/// One rule, with whom it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleLine {
    /// The App's id.
    pub app: String,
    /// The name the App gave itself.
    pub app_name: Option<String>,
    /// The server.
    pub server: String,
    /// `tool`, `prompts` or `resources`.
    pub kind: String,
    /// The tool, or nothing.
    pub name: String,
    /// What holds now.
    pub mode: Mode,
    /// When that ends by itself, in Unix seconds.
    pub ends_at: Option<i64>,
    /// With which process it ends.
    pub ends_with: Option<u32>,
    /// When somebody said so, in Unix seconds.
    pub set_at: i64,
}

/// Names one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleKey {
    /// The App's id.
    pub app: String,
    /// The server.
    pub server: String,
    /// `tool`, `prompts` or `resources`.
    pub kind: String,
    /// The tool, or nothing.
    pub name: String,
}

/// Which rules to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WhichRules {
    /// Of this App only, by its id.
    pub app: Option<String>,
    /// At this server only.
    pub server: Option<String>,
    /// Those in which each of these words is somewhere: in App, server, tool, kind or mode.
    pub text: Option<String>,
    /// Only those that end by themselves.
    pub ending: bool,
    /// After this one: the next page.
    pub after: Option<RuleKey>,
    /// How many at the most.
    pub most: u32,
}

/// A page of rules, in the order of Apps as they were first seen, servers and tools.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleLines {
    /// The rules.
    pub rules: Vec<RuleLine>,
    /// After which one the next page begins; `None`: there is none.
    pub next: Option<RuleKey>,
}

/// What was changed by asking for everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedForAll {
    /// How many tools are asked about from now on that were simply allowed.
    pub tools: usize,
    /// How many prompts and resources, each of one server as a whole, are hidden: nobody can be asked about those.
    pub hidden: usize,
}

impl RuleLine {
    fn key(&self) -> RuleKey {
        RuleKey { app: self.app.clone(), server: self.server.clone(), kind: self.kind.clone(), name: self.name.clone() }
    }
}

impl WhichRules {
    fn wants(&self, line: &RuleLine, search: &Search) -> bool {
        let of_app = self.app.as_ref().is_none_or(|app| *app == line.app);
        let at_server = self.server.as_ref().is_none_or(|server| *server == line.server);
        let ends = line.ends_at.is_some() || line.ends_with.is_some();
        let texts = [line.app_name.as_deref(), Some(&line.server), Some(&line.name), Some(&line.kind), Some(line.mode.as_str())];
        of_app && at_server && (ends || !self.ending) && search.finds(&texts)
    }
}

impl Broker {
    /// All rules of Apps that have access, a page of them. One that ended and left nothing behind is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_rules(&self, which: WhichRules) -> Result<RuleLines, StoreError> {
        let (now, peers) = (self.now(), self.inner.world.peers.clone());
        let read = move |db: &rusqlite::Connection| {
            let search = Search::of(which.text.as_deref());
            let (most, mut page) = (which.most as usize, RuleLines::default());
            let after = which.after.clone().unwrap_or_default();
            rules::walk(db, [&after.app, &after.server, &after.kind, &after.name], now, |listed| {
                let is_over = listed.rule.is_over(now, |process| peers.runs(process));
                let Some(line) = line(listed, is_over) else { return true };
                if !which.wants(&line, &search) {
                    return true;
                }
                if page.rules.len() < most {
                    page.rules.push(line);
                    return true;
                }
                // There is one more.
                page.next = page.rules.last().map(RuleLine::key);
                false
            })?;
            Ok(page)
        };
        self.inner.store.read(read).await
    }

    /// Every call of an App is asked about from now on: whatever is simply allowed, at whatever server, becomes asked about, and ends
    /// when it would have ended. Prompts and resources cannot be asked about, and are hidden.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn ask_for_everything(&self, app: &str) -> Result<AskedForAll, NoSuch> {
        let (id, now, peers) = (AppId::from_text(app), self.now(), self.inner.world.peers.clone());
        let ask = move |tx: &rusqlite::Transaction<'_>| {
            if grants::of_app(tx, &id)?.is_empty() {
                return Ok(None);
            }
            let mut changed = AskedForAll::default();
            for (server, subject, rule) in rules::of_app(tx, &id)? {
                let holds = Rule::at(Some(rule), now, |process| peers.runs(process));
                let to = match (&subject, holds) {
                    (Subject::Tool(_), Mode::Allow) => Mode::Ask,
                    (Subject::Prompts | Subject::Resources, Mode::Allow) => Mode::Hide,
                    (_, Mode::Ask | Mode::Hide) => continue,
                };
                let Some(narrowed) = Rule::narrowed(Some(rule), holds, to) else { continue };
                rules::set(tx, &id, &server, &subject, narrowed, now)?;
                match to {
                    Mode::Ask => changed.tools += 1,
                    Mode::Allow | Mode::Hide => changed.hidden += 1,
                }
            }
            Ok(Some(changed))
        };
        let changed = self.inner.store.run(ask).await?.ok_or_else(|| NoSuch::App(app.to_owned()))?;
        self.inner.permits.forget();
        tracing::info!(app, ?changed, "a person wants to be asked about everything an app does");
        self.changed();
        Ok(changed)
    }
}

/// A rule as people see it; `None` for one that ended and left nothing behind.
fn line(listed: ListedRule, is_over: bool) -> Option<RuleLine> {
    let ListedRule { app, app_name, server, subject, rule, made_at } = listed;
    let mode = if is_over { rule.after } else { rule.mode };
    if is_over && mode == Mode::Hide {
        return None;
    }
    let (ends_at, ends_with) = match rule.ends {
        Ends::At { at } if !is_over => (Some(at.as_secs()), None),
        Ends::With { process } if !is_over => (None, Some(process.pid)),
        Ends::At { .. } | Ends::With { .. } | Ends::WithAccess => (None, None),
    };
    Some(RuleLine {
        app: app.to_string(),
        app_name,
        server: server.to_string(),
        kind: subject.kind().to_owned(),
        name: subject.name().to_owned(),
        mode,
        ends_at,
        ends_with,
        set_at: made_at.as_secs(),
    })
}
