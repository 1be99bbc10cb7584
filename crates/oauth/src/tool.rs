//! Tools: as a server describes them, and as a person allows them.
//!
//! What a server says about a tool is a hint and never a permission. What counts is what a person said about exactly that
//! description: a tool that changed is another tool until somebody looked at it.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{name::is_unseen, time::UnixTime};

/// One tool of a server, as its list describes it (MCP, `tools/list`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its name, by which it is called.
    pub name: String,
    /// What the server calls it for people.
    pub title: Option<String>,
    /// What the server says that it does.
    pub description: Option<String>,
    /// What kind of thing it does, as far as the server says.
    pub group: Group,
    /// Recognises this description.
    pub pin: Pin,
}

/// What a tool does, in the three words of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Looks at things.
    Look,
    /// Changes things, or does not say.
    Change,
    /// Deletes or runs things.
    Run,
}

impl Group {
    /// All of them, the most harmless first.
    pub const ALL: [Self; 3] = [Self::Look, Self::Change, Self::Run];

    /// The word for it, which is also the end of its scope.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Change => "change",
            Self::Run => "run",
        }
    }

    /// The group with that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == word)
    }

    fn of(annotations: Option<&Value>) -> Self {
        let hint = |name: &str| annotations.and_then(|all| all.get(name)).and_then(Value::as_bool);
        match (hint("readOnlyHint"), hint("destructiveHint")) {
            // Both is a contradiction: the worse is believed.
            (_, Some(true)) => Self::Run,
            (Some(true), _) => Self::Look,
            (Some(false) | None, _) => Self::Change,
        }
    }
}

/// SHA-256 of what a server says about a tool, in an order of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin([u8; 32]);

impl Pin {
    /// What a person looks at when deciding about a tool, and what a model reads.
    pub const PINNED: [&str; 6] = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];

    fn of(definition: &Value) -> Self {
        let mut text = String::new();
        for name in Self::PINNED {
            let _ = write!(text, "{name}=");
            match definition.get(name) {
                Some(value) => canonical(value, &mut text),
                None => text.push('-'),
            }
            text.push('\n');
        }
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The digest as it is stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest as it was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// JSON with the members of each object in the order of their names: the same description whatever order it was sent in.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in sorted {
                let _ = write!(text, "{}:", Value::from(name.as_str()));
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let _ = write!(text, "{value}");
        }
    }
}

impl Tool {
    /// The longest name that can be called.
    const LONGEST: usize = 256;

    /// Reads one entry of a list. `None` for one without a name to call it by, or with one that looks like another.
    pub fn read(definition: &Value) -> Option<Self> {
        // There are readers that take the one for the other (Go's `encoding/json`), and only the one was looked at.
        let members = definition.as_object()?;
        let in_disguise =
            |name: &String| Pin::PINNED.into_iter().any(|pinned| pinned != name && pinned.to_uppercase() == name.to_uppercase());
        if members.keys().any(in_disguise) {
            return None;
        }
        let text = |name: &str| definition.get(name).and_then(Value::as_str).map(str::to_owned);
        let name = text("name")
            .filter(|name| !name.is_empty() && name.len() <= Self::LONGEST && name.chars().all(|c| !c.is_control() && !is_unseen(c)))?;
        let annotations = definition.get("annotations");
        let title = text("title").or_else(|| Some(annotations?.get("title")?.as_str()?.to_owned()));
        Some(Self { name, title, description: text("description"), group: Group::of(annotations), pin: Pin::of(definition) })
    }
}

/// What a person said about a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It may be called.
    Allow,
    /// Each call is asked about.
    Ask,
    /// It is not there for this App.
    Hide,
}

impl Mode {
    /// All of them, the widest first.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Ask, Self::Hide];

    /// One word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Hide => "hide",
        }
    }

    /// Whether it allows more than another.
    pub const fn is_wider_than(self, other: Self) -> bool {
        matches!((self, other), (Self::Allow, Self::Ask | Self::Hide) | (Self::Ask, Self::Hide))
    }

    /// The mode with that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

/// What a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// One tool.
    Tool(String),
    /// All prompts of the server.
    Prompts,
    /// All resources of the server.
    Resources,
}

impl Subject {
    /// One word for its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Tool(_) => "tool",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
        }
    }

    /// The tool's name, or nothing.
    pub fn name(&self) -> &str {
        match self {
            Self::Tool(name) => name,
            Self::Prompts | Self::Resources => "",
        }
    }

    /// The subject of that kind and name.
    pub fn of(kind: &str, name: String) -> Option<Self> {
        match kind {
            "tool" => Some(Self::Tool(name)),
            "prompts" => Some(Self::Prompts),
            "resources" => Some(Self::Resources),
            _ => None,
        }
    }
}

/// When a rule ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "when")]
pub enum Ends {
    /// With the App's access.
    WithAccess,
    /// At a moment.
    At {
        /// Which one.
        at: UnixTime,
    },
    /// When a process ends.
    With {
        /// Which one.
        process: Process,
    },
}

/// One run of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Process {
    /// Its process id.
    pub pid: u32,
    /// When it started, in Unix seconds: tells a reused process id apart.
    pub started: u64,
}

/// What a person said about one tool for one App, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What was said.
    pub mode: Mode,
    /// When it ends.
    pub ends: Ends,
    /// What holds then: what was asked about before is asked about again.
    pub after: Mode,
}

impl Rule {
    /// A rule that holds as long as the App's access does.
    pub const fn lasting(mode: Mode) -> Self {
        Self { mode, ends: Ends::WithAccess, after: Mode::Hide }
    }

    /// The rule after somebody who may only take away said `to`, where `now` holds: it ends when it would have ended, and then no
    /// more holds than `to` either. `None` when that would allow more than now.
    pub fn narrowed(rule: Option<Self>, now: Mode, to: Mode) -> Option<Self> {
        let less = |said: Self| Self { mode: to, after: if said.after.is_wider_than(to) { to } else { said.after }, ..said };
        (!to.is_wider_than(now)).then(|| rule.map_or(Self::lasting(to), less))
    }

    /// What holds at a moment; `runs` says whether a process still runs. Without a rule a tool is hidden.
    pub fn at(rule: Option<Self>, now: UnixTime, runs: impl Fn(Process) -> bool) -> Mode {
        rule.map_or(Mode::Hide, |rule| if rule.is_over(now, runs) { rule.after } else { rule.mode })
    }

    /// Whether it ended by itself.
    pub fn is_over(self, now: UnixTime, runs: impl Fn(Process) -> bool) -> bool {
        match self.ends {
            Ends::WithAccess => false,
            Ends::At { at } => now >= at,
            Ends::With { process } => !runs(process),
        }
    }
}

/// Whether a person looked at what a server says about a tool now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Looked {
    /// Nobody ever did.
    New,
    /// Yes.
    Known,
    /// At something else.
    Changed,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(definition: &Value) -> Tool {
        Tool::read(definition).expect("a tool")
    }

    #[test]
    fn groups_come_from_hints_and_silence_is_change() {
        for (annotations, group) in [
            (json!({ "readOnlyHint": true }), Group::Look),
            (json!({ "readOnlyHint": true, "destructiveHint": false }), Group::Look),
            (json!({ "destructiveHint": true }), Group::Run),
            (json!({ "readOnlyHint": true, "destructiveHint": true }), Group::Run),
            (json!({ "readOnlyHint": false, "destructiveHint": false }), Group::Change),
            (json!({ "readOnlyHint": "true" }), Group::Change),
            (json!({}), Group::Change),
            (json!(null), Group::Change),
        ] {
            assert_eq!(read(&json!({ "name": "x", "annotations": annotations })).group, group, "{annotations}");
        }
        assert_eq!(read(&json!({ "name": "x" })).group, Group::Change);
    }

    #[test]
    fn who_may_only_take_away_allows_nothing_then_or_later() {
        let soon = Ends::At { at: UnixTime::from_secs(10) };
        for said in [None, Some(Rule::lasting(Mode::Allow)), Some(Rule { mode: Mode::Allow, ends: soon, after: Mode::Ask })] {
            for (at, to) in [0, 20].into_iter().flat_map(|at| Mode::ALL.map(|to| (UnixTime::from_secs(at), to))) {
                let now = Rule::at(said, at, |_| true);
                let narrowed = Rule::narrowed(said, now, to);
                assert_eq!(narrowed.is_none(), to.is_wider_than(now), "{said:?}, {to:?}");
                for (later, rule) in [5, 15, 25].into_iter().filter_map(|later| Some((UnixTime::from_secs(later), narrowed?))) {
                    let holds = Rule::at(Some(rule), later, |_| true);
                    assert!(!holds.is_wider_than(to) && (later < at || !holds.is_wider_than(Rule::at(said, later, |_| true))), "{rule:?}");
                }
                assert!(narrowed.is_none_or(|rule| Rule::at(Some(rule), at, |_| true) == to));
            }
        }
    }

    #[test]
    fn the_order_of_members_is_no_change_and_everything_else_is() {
        let first = r#"{"name":"x","description":"d","inputSchema":{"type":"object","properties":{"a":{"type":"string"},"b":{}}}}"#;
        let other = r#"{"inputSchema":{"properties":{"b":{},"a":{"type":"string"}},"type":"object"},"description":"d","name":"x"}"#;
        let parse = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
        let pin = |value: &Value| read(value).pin;
        let original = parse(first);
        assert_eq!(pin(&original), pin(&parse(other)));
        for (member, value) in [
            ("title", json!("X")),
            ("description", json!("d\u{200b}")),
            ("inputSchema", json!({ "type": "object" })),
            ("outputSchema", json!({})),
            ("annotations", json!({ "readOnlyHint": true })),
            ("name", json!("y")),
        ] {
            let mut changed = original.clone();
            changed[member] = value;
            assert_ne!(pin(&changed), pin(&original), "{member}");
        }
        let mut decorated = original.clone();
        decorated["_meta"] = json!({ "version": 2 });
        decorated["icons"] = json!([]);
        assert_eq!(pin(&decorated), pin(&original), "what no model reads is not pinned");
    }

    #[test]
    fn values_cannot_pose_as_structure() {
        let pin = |value: Value| read(&value).pin;
        assert_ne!(
            pin(json!({ "name": "x", "title": "a\ndescription=\"b\"" })),
            pin(json!({ "name": "x", "title": "a", "description": "b" }))
        );
        assert_ne!(pin(json!({ "name": "x", "inputSchema": ["a", "b"] })), pin(json!({ "name": "x", "inputSchema": ["a,b"] })));
        assert_ne!(pin(json!({ "name": "x", "title": null })), pin(json!({ "name": "x" })));
    }

    #[test]
    fn a_rule_holds_until_its_end_and_none_hides() {
        let rule = |mode, ends| Some(Rule { mode, ends, after: Mode::Hide });
        let at = |rule, now, runs: bool| Rule::at(rule, UnixTime::from_secs(now), |_| runs);
        assert_eq!(at(None, 5, true), Mode::Hide);
        assert_eq!(at(rule(Mode::Allow, Ends::WithAccess), 5, true), Mode::Allow);
        let six = Ends::At { at: UnixTime::from_secs(6) };
        assert_eq!((at(rule(Mode::Ask, six), 5, true), at(rule(Mode::Ask, six), 6, true)), (Mode::Ask, Mode::Hide));
        let asked_again = Some(Rule { mode: Mode::Allow, ends: six, after: Mode::Ask });
        assert_eq!((at(asked_again, 5, true), at(asked_again, 6, true)), (Mode::Allow, Mode::Ask));
        let process = Ends::With { process: Process { pid: 7, started: 1 } };
        assert_eq!((at(rule(Mode::Allow, process), 5, true), at(rule(Mode::Allow, process), 5, false)), (Mode::Allow, Mode::Hide));
    }

    #[test]
    fn what_cannot_be_called_is_no_tool() {
        for bad in [
            json!({}),
            json!({ "name": "" }),
            json!({ "name": 1 }),
            json!("x"),
            json!({ "name": "x".repeat(257) }),
            json!({ "name": "rm\u{200b}" }),
            json!({ "name": "x", "Description": "y" }),
        ] {
            assert_eq!(Tool::read(&bad), None, "{bad}");
        }
    }
}
