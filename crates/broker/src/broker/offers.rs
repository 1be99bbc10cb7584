//! What can be ticked when a program connects, and what the ticks become.

use std::time::Duration;

use doorward_oauth::{
    consent::{Permission, Until},
    id::{AppId, ServerName},
    offer::{Offer, Offered, OfferedTool, short},
    scope::Scopes,
    time::UnixTime,
    tool::{Ends, Group, Pin, Process, Rule, Subject},
};
use doorward_words::{Said, Says as _};
use rusqlite::{Connection, Transaction};
use serde_json::Value;

use super::{Broker, NotListed};
use crate::store::{Sql, StoreError, asked, rules, servers, tools, tools::StoredTool};

/// How long a server may take to say what it has while a person waits for a question.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a person was shown of a server, and the descriptions that stood behind it.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    pub(super) offer: Offer,
    /// Whether something that the App may use ends by itself.
    pub(super) temporary: bool,
    pins: Vec<(String, Pin)>,
}

/// What a person's ticks come to.
#[derive(Debug, Clone)]
pub(super) struct Ticked {
    rules: Vec<(Subject, Rule)>,
    /// The tools that were looked at with it.
    looked: Vec<(String, Pin)>,
    /// What the program asked for.
    asked: Scopes,
    /// The label on the wire.
    pub(super) scopes: Scopes,
}

impl Broker {
    /// What an App can be allowed at a server. A server that was never asked is asked now: by `http` only, and not for long.
    pub(super) async fn shown(&self, app: &AppId, server: &ServerName, again: bool) -> Result<Shown, StoreError> {
        let Some(guarded) = self.server_now(server).filter(|server| !server.validates) else { return Ok(Shown::default()) };
        let known = self.inner.store.look_up(|db| servers::listed(db, server))?.is_some_and(|listed| listed.known);
        let not_known = if known { None } else { self.meet_in_haste(&guarded).await };
        let now = self.now();
        let read = |db: &Connection| Ok((tools::all(db, server)?, rules::of(db, app, server)?, servers::listed(db, server)?));
        let (tools, rules, listed) = self.inner.store.look_up(read)?;
        let mode = |subject: &Subject| {
            let rule = rules.iter().find(|(known, _)| known == subject).map(|(_, rule)| *rule);
            Rule::at(rule, now, |process| self.inner.world.peers.runs(process))
        };
        let offered = |subject: &Subject, group| if again { Offered::again(mode(subject)) } else { Offered::first(group) };
        let whole = |has: bool, subject: &Subject| has.then(|| offered(subject, Group::Look));
        let offer = Offer {
            prompts: listed.and_then(|listed| whole(listed.prompts, &Subject::Prompts)),
            resources: listed.and_then(|listed| whole(listed.resources, &Subject::Resources)),
            tools: tools.iter().map(|tool| offered_tool(tool, offered(&Subject::Tool(tool.name.clone()), tool.group))).collect(),
            not_known,
        };
        let temporary = again && rules.iter().any(|(_, rule)| rule.ends != Ends::WithAccess);
        Ok(Shown { offer, temporary, pins: tools.into_iter().map(|tool| (tool.name, tool.pin)).collect() })
    }

    async fn meet_in_haste(&self, server: &servers::Server) -> Option<Said> {
        match tokio::time::timeout(PATIENCE, self.meet(server, false)).await {
            Ok(met) => met.err(),
            Err(_) => Some(NotListed::Silent.said()),
        }
    }

    /// What a person's answer comes to. `program` is the one that asked.
    pub(super) fn ticked(
        &self,
        shown: &Shown,
        permission: &Permission,
        asked: &Scopes,
        server: &ServerName,
        program: Option<Process>,
    ) -> Ticked {
        let settled = shown.offer.settle(permission.ticks.as_ref().unwrap_or(&shown.offer.proposed()));
        let ends = self.ends(permission.until.unwrap_or(Until::TakenBack), program);
        let looked = |(name, _): &&(String, Pin)| shown.offer.tools.iter().any(|tool| tool.name == *name && tool.can_be_ticked());
        Ticked {
            asked: asked.clone(),
            scopes: asked.ticked(server, &self.policy().registration, |group| shown.offer.allows(&settled, group)),
            looked: shown.pins.iter().filter(looked).cloned().collect(),
            rules: settled.into_iter().map(|(subject, mode)| (subject, Rule { ends, ..Rule::lasting(mode) })).collect(),
        }
    }

    /// When something that is allowed for so long ends. What cannot be tied to a program ends soon.
    pub(super) fn ends(&self, until: Until, program: Option<Process>) -> Ends {
        const SOON: Duration = Duration::from_secs(10 * 60);
        let soon = Ends::At { at: self.now().plus(SOON) };
        match until {
            Until::Once | Until::TenMinutes => soon,
            Until::Today => Ends::At { at: end_of_day(self.now()) },
            Until::ProgramEnds => program.map_or(soon, |process| Ends::With { process }),
            Until::TakenBack => Ends::WithAccess,
        }
    }
}

impl Ticked {
    /// Puts the ticks in place of what was said before.
    pub(super) fn store(&self, tx: &Transaction<'_>, app: &AppId, server: &ServerName, now: UnixTime) -> Sql<()> {
        rules::forget(tx, app, Some(server))?;
        asked::note(tx, app, server, &self.asked)?;
        for (subject, rule) in &self.rules {
            rules::set(tx, app, server, subject, *rule, now)?;
        }
        for (tool, pin) in &self.looked {
            // One that changed while it was shown stays as it was: paused, or hidden.
            tools::look(tx, server, tool, *pin)?;
        }
        Ok(())
    }
}

fn offered_tool(tool: &StoredTool, offered: Offered) -> OfferedTool {
    let text = |name: &str| tool.definition.get(name).and_then(Value::as_str).map(short);
    OfferedTool {
        name: tool.name.clone(),
        title: text("title"),
        description: text("description"),
        group: tool.group,
        looked: tool.looked,
        offered,
    }
}

/// The next midnight where this computer is.
fn end_of_day(now: UnixTime) -> UnixTime {
    let midnight = jiff::Timestamp::from_second(now.as_secs())
        .ok()
        .and_then(|now| now.to_zoned(jiff::tz::TimeZone::system()).tomorrow().ok()?.start_of_day().ok())
        .map(|midnight| UnixTime::from_secs(midnight.timestamp().as_second()));
    midnight.unwrap_or_else(|| now.plus(Duration::from_secs(24 * 60 * 60)))
}
