//! What can be ticked when a program connects, what is proposed, and what the ticks come to.

use std::collections::BTreeMap;

use doorward_words::Said;
use serde::{Deserialize, Serialize};

use crate::{
    arguments::visible,
    tool::{Group, Looked, Mode, Subject},
};

/// What a server has to allow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// Its tools, in its own order.
    pub tools: Vec<OfferedTool>,
    /// Its prompts, all together; `None`: it has none.
    pub prompts: Option<Offered>,
    /// Its resources, all together; `None`: it has none.
    pub resources: Option<Offered>,
    /// Why its tools are not known; then there is nothing to tick yet.
    pub not_known: Option<Said>,
}

/// One tool that can be ticked. All texts are the server's own, made safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedTool {
    /// Its name.
    pub name: String,
    /// What the server calls it for people.
    pub title: Option<String>,
    /// What the server says that it does.
    pub description: Option<String>,
    /// What kind of thing it does, as far as the server says.
    pub group: Group,
    /// Whether somebody looked at that before. What changed cannot be ticked before somebody looked at the change.
    pub looked: Looked,
    /// What is proposed, and what held until now.
    pub offered: Offered,
}

/// What is proposed for something that can be ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offered {
    /// What is proposed.
    pub proposed: Mode,
    /// What holds for this App until now.
    pub now: Mode,
}

impl Offered {
    /// For an App that comes for the first time: looking is ticked and nothing else.
    pub fn first(group: Group) -> Self {
        let proposed = match group {
            Group::Look => Mode::Allow,
            Group::Change | Group::Run => Mode::Hide,
        };
        Self { proposed, now: Mode::Hide }
    }

    /// For an App that was allowed before: what holds.
    pub const fn again(now: Mode) -> Self {
        Self { proposed: now, now }
    }
}

/// What a person ticked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ticks {
    /// Tools by name. One that is not named is hidden.
    pub tools: BTreeMap<String, Mode>,
    /// The server's prompts.
    pub prompts: Option<Mode>,
    /// The server's resources.
    pub resources: Option<Mode>,
}

impl Ticks {
    /// Everything that is offered, allowed.
    pub fn all(offer: &Offer) -> Self {
        let tools = offer.tools.iter().filter(|tool| tool.can_be_ticked()).map(|tool| (tool.name.clone(), Mode::Allow)).collect();
        Self { tools, prompts: Some(Mode::Allow), resources: Some(Mode::Allow) }
    }
}

impl OfferedTool {
    /// Whether it can be allowed in this question.
    pub fn can_be_ticked(&self) -> bool {
        self.looked != Looked::Changed
    }
}

impl Offer {
    /// What is proposed.
    pub fn proposed(&self) -> Ticks {
        Ticks {
            tools: self.tools.iter().map(|tool| (tool.name.clone(), tool.offered.proposed)).collect(),
            prompts: self.prompts.map(|offered| offered.proposed),
            resources: self.resources.map(|offered| offered.proposed),
        }
    }

    /// What ticks come to: nothing that was not offered, and a tool that changed stays as it was.
    pub fn settle(&self, ticks: &Ticks) -> Vec<(Subject, Mode)> {
        let tools = self.tools.iter().map(|tool| {
            let ticked = ticks.tools.get(&tool.name).copied().unwrap_or(Mode::Hide);
            (Subject::Tool(tool.name.clone()), if tool.can_be_ticked() { ticked } else { tool.offered.now })
        });
        let whole = |subject, offered: Option<Offered>, ticked: Option<Mode>| {
            offered.map(|_| (subject, ticked.filter(|mode| *mode != Mode::Ask).unwrap_or(Mode::Hide)))
        };
        let prompts = whole(Subject::Prompts, self.prompts, ticks.prompts);
        tools.chain(prompts).chain(whole(Subject::Resources, self.resources, ticks.resources)).collect()
    }

    /// Whether a kind of tool is allowed in part at least; `None` when there is no tool of that kind.
    pub fn allows(&self, settled: &[(Subject, Mode)], group: Group) -> Option<bool> {
        let mut of_group = self.tools.iter().filter(|tool| tool.group == group).peekable();
        of_group.peek()?;
        let mode = |name: &str| settled.iter().find(|(subject, _)| matches!(subject, Subject::Tool(tool) if tool == name)).map(|(_, m)| *m);
        Some(of_group.any(|tool| mode(&tool.name).is_some_and(|mode| mode != Mode::Hide)))
    }
}

/// The most characters of a description that a window shows.
const DESCRIPTION: usize = 2_000;

/// A text of a server, bounded, in which everything can be seen.
pub fn short(text: &str) -> String {
    let shown = visible(text);
    if shown.chars().count() <= DESCRIPTION {
        return shown;
    }
    shown.chars().take(DESCRIPTION).chain(['\u{2026}']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, group: Group, looked: Looked, now: Mode) -> OfferedTool {
        let offered = if now == Mode::Hide { Offered::first(group) } else { Offered::again(now) };
        OfferedTool { name: name.into(), title: None, description: None, group, looked, offered }
    }

    fn offer() -> Offer {
        let tools = vec![
            tool("read", Group::Look, Looked::Known, Mode::Hide),
            tool("write", Group::Change, Looked::New, Mode::Hide),
            tool("odd", Group::Run, Looked::Changed, Mode::Ask),
        ];
        Offer { tools, prompts: Some(Offered::first(Group::Look)), resources: None, not_known: None }
    }

    fn modes(settled: &[(Subject, Mode)]) -> Vec<(&str, Mode)> {
        settled.iter().map(|(subject, mode)| (subject.name(), *mode)).collect()
    }

    #[test]
    fn looking_is_proposed_and_nothing_else() {
        let settled = offer().settle(&offer().proposed());
        assert_eq!(modes(&settled), [("read", Mode::Allow), ("write", Mode::Hide), ("odd", Mode::Ask), ("", Mode::Allow)]);
    }

    #[test]
    fn what_was_not_offered_cannot_be_ticked_and_what_changed_stays() {
        let mut ticks = Ticks::all(&offer());
        ticks.tools.insert("odd".into(), Mode::Allow);
        ticks.tools.insert("rm".into(), Mode::Allow);
        ticks.prompts = Some(Mode::Ask);
        let settled = offer().settle(&ticks);
        assert_eq!(modes(&settled), [("read", Mode::Allow), ("write", Mode::Allow), ("odd", Mode::Ask), ("", Mode::Hide)]);
        assert_eq!(modes(&offer().settle(&Ticks::default()))[..2], [("read", Mode::Hide), ("write", Mode::Hide)], "silence is no");
    }

    #[test]
    fn a_kind_is_allowed_as_soon_as_one_of_it_is() {
        let settled = offer().settle(&offer().proposed());
        let allows = |group| offer().allows(&settled, group);
        assert_eq!((allows(Group::Look), allows(Group::Change), allows(Group::Run)), (Some(true), Some(false), Some(true)));
        assert_eq!(Offer::default().allows(&[], Group::Look), None);
    }
}
