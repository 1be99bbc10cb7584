//! The command line's way in: a socket of this user's, never the TCP port. So no answer can ever come over HTTP.
//!
//! One connection carries one command and one reply, each a line of JSON.

use std::{collections::BTreeMap, fmt};

use doorward_oauth::{
    consent::{After, ConsentKind, Permission, Until},
    offer::Ticks,
    preset::{Policy, Preset},
    tool::Mode,
};
use serde::{Deserialize, Serialize};

use crate::{
    broker::{
        AppView, AskedForAll, CallView, CommandShown, Disconnected, HistoryView, NewRule, RuleLines, RulesView, ServerView, SettingView,
        ToolsView, TypedCommand, WhichCalls, WhichEvents, WhichRules,
    },
    consent::{mutes::MutedView, view::QuestionView},
    health::Finding,
};

pub mod client;
pub mod server;
mod transport;

/// What can be asked of a running Doorward.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Command {
    /// How it is.
    Status,
    /// The guarded servers.
    Servers,
    /// Put a server behind Doorward. The person was asked on the terminal.
    AddServer {
        /// Its name.
        name: String,
        /// Where it is.
        url: String,
        /// Whether it validates tokens itself.
        #[serde(default)]
        validates: bool,
        /// Headers that let Doorward in there.
        #[serde(default)]
        headers: BTreeMap<String, ToldOnce>,
    },
    /// What a command would run as.
    Resolve {
        /// As it was typed.
        command: TypedCommand,
    },
    /// Put a server behind Doorward that Doorward starts.
    AddCommand {
        /// Its name.
        name: String,
        /// As it was typed.
        command: TypedCommand,
        /// The values of its secrets.
        secrets: BTreeMap<String, ToldOnce>,
        /// What the person typed who has seen the whole command on a terminal.
        typed: Option<String>,
    },
    /// Make a new secret for a server to ask about tokens with.
    Credential {
        /// The server.
        name: String,
    },
    /// What may be registered and asked for.
    Policy,
    /// What a person set.
    Settings,
    /// Change one setting.
    SetSetting {
        /// Its name, as `config.toml` has it.
        key: String,
        /// What it is to be, as JSON or as it was typed.
        value: serde_json::Value,
    },
    /// Take a server away.
    RemoveServer {
        /// Its name.
        name: String,
    },
    /// What a server can do, as it says itself.
    Tools {
        /// The server.
        name: String,
    },
    /// The Apps with what they may use.
    Apps,
    /// Take back what an App may use.
    Revoke {
        /// The App's id.
        app: String,
        /// At this server only.
        server: Option<String>,
    },
    /// What Apps may use, tool by tool.
    Rules {
        /// Of this App only, by its id.
        app: Option<String>,
        /// At this server only.
        server: Option<String>,
    },
    /// Change what holds for a tool. By command, only less can be allowed.
    SetRule {
        /// The App's id.
        app: String,
        /// The server.
        server: String,
        /// The tool, or `prompts` or `resources`.
        tool: String,
        /// What holds from now on.
        mode: Mode,
    },
    /// Give access before anybody asks, as a token that is told once.
    MakeRule {
        /// What is given.
        rule: NewRule,
        /// What the person typed who has seen on a terminal what it is.
        typed: Option<String>,
    },
    /// All rules as one list, a page of them.
    AllRules(WhichRules),
    /// Ask about every call of an App from now on.
    AskForEverything {
        /// The App's id.
        app: String,
    },
    /// The key that closes backups of configuration files.
    BackupKey,
    /// What Apps did.
    Calls(WhichCalls),
    /// How questions ended, and what was taken back.
    History(WhichEvents),
    /// Whether the values of calls at a server are written down.
    KeepArguments {
        /// The server.
        server: String,
        /// Whether they are.
        keep: bool,
    },
    /// Whether everything works.
    Health,
    /// Pause everything.
    Pause {
        /// For so many seconds; `None`: until somebody resumes.
        seconds: Option<u64>,
    },
    /// Go on.
    Resume,
    /// Pause one App, or let it go on.
    PauseApp {
        /// Its id.
        app: String,
        /// Whether it is paused from now on.
        paused: bool,
    },
    /// Pause one server, or let it go on.
    PauseServer {
        /// Its name.
        server: String,
        /// Whether it is paused from now on.
        paused: bool,
    },
    /// Hear a muted program again.
    Unmute {
        /// As [`Status::muted`] names it.
        program: String,
    },
    /// Let an App ask again that a person never wanted to be asked about.
    Unblock {
        /// The App's id.
        app: String,
    },
    /// The open questions.
    Requests,
    /// Say yes.
    Approve {
        /// Which question.
        id: u64,
        /// What the person typed.
        typed: Option<String>,
        /// What the person chose besides.
        #[serde(default)]
        choice: Choice,
    },
    /// Say no.
    Deny {
        /// Which question.
        id: u64,
        /// What the agent is told.
        #[serde(default)]
        reason: Option<String>,
        /// What comes of it besides.
        #[serde(default)]
        after: After,
        /// To all open questions of the same program.
        #[serde(default)]
        all: bool,
    },
    /// Let a question wait as long again.
    MoreTime {
        /// Which question.
        id: u64,
    },
    /// Bring the window to the front.
    Raise,
}

/// What a person chose with a yes. The default is what the question proposes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// Everything that can be ticked.
    pub all: bool,
    /// These tools, besides what is proposed.
    pub allow: Vec<String>,
    /// These tools, asking each time.
    pub ask: Vec<String>,
    /// Not these tools, although they are proposed.
    pub hide: Vec<String>,
    /// For how long.
    pub until: Option<Until>,
}

impl Choice {
    /// What the choice comes to in a question.
    ///
    /// # Errors
    /// A sentence when it names what the question does not offer.
    pub fn of(&self, kind: &ConsentKind) -> Result<Permission, String> {
        let ConsentKind::Connect(connecting) = kind else {
            // `all` says: whatever there is. A call has nothing to choose.
            let ticks = !(self.allow.is_empty() && self.ask.is_empty() && self.hide.is_empty());
            return if ticks {
                Err("Only a connection has tools to choose.".to_owned())
            } else {
                Ok(Permission { ticks: None, until: self.until })
            };
        };
        let offer = &connecting.offer;
        let mut ticks = if self.all { Ticks::all(offer) } else { offer.proposed() };
        for (names, mode) in [(&self.allow, Mode::Allow), (&self.ask, Mode::Ask), (&self.hide, Mode::Hide)] {
            for name in names {
                match offer.tools.iter().find(|tool| tool.name == *name) {
                    Some(tool) if tool.can_be_ticked() => drop(ticks.tools.insert(name.clone(), mode)),
                    Some(_) => return Err(format!("{name} changed since somebody looked at it: it is paused until then.")),
                    None => return Err(format!("The server has no tool called {name}.")),
                }
            }
        }
        Ok(Permission { ticks: Some(ticks), until: self.until })
    }
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "value", rename_all = "snake_case")]
pub enum Reply {
    /// To [`Command::Status`].
    Status(Status),
    /// To [`Command::Servers`].
    Servers(Vec<ServerView>),
    /// To [`Command::AddServer`] and [`Command::AddCommand`].
    Added(ServerView),
    /// To [`Command::Resolve`].
    Resolved(CommandShown),
    /// To [`Command::MoreTime`]: the question, with its new end.
    Waits(Box<QuestionView>),
    /// To [`Command::Credential`].
    Credential {
        /// The server, which is the user name.
        name: String,
        /// The password.
        secret: ToldOnce,
    },
    /// To [`Command::Policy`].
    Policy(Box<PolicyView>),
    /// To [`Command::Settings`].
    Settings(Vec<SettingView>),
    /// To [`Command::SetSetting`].
    Setting(Box<SettingView>),
    /// To [`Command::Tools`].
    Tools(ToolsView),
    /// To [`Command::Apps`].
    Apps(Vec<AppView>),
    /// To [`Command::BackupKey`]: 256 bits in hexadecimal.
    BackupKey(ToldOnce),
    /// To [`Command::Rules`].
    Rules(Vec<RulesView>),
    /// To [`Command::MakeRule`].
    MadeRule {
        /// The id of the App that was made for it.
        app: String,
        /// What opens the server.
        token: ToldOnce,
        /// When it ends, in Unix seconds.
        ends_at: i64,
        /// Where the server is found.
        address: String,
    },
    /// To [`Command::AllRules`].
    AllRules(RuleLines),
    /// To [`Command::AskForEverything`].
    AskedForAll(AskedForAll),
    /// To [`Command::Revoke`].
    Disconnected(Disconnected),
    /// To [`Command::Calls`].
    Calls(Vec<CallView>),
    /// To [`Command::History`].
    History(Vec<HistoryView>),
    /// To [`Command::Health`].
    Health(Vec<Finding>),
    /// To [`Command::Requests`].
    Requests(Vec<QuestionView>),
    /// It is done.
    Done,
    /// The window is in front: the person answers there.
    Raised,
    /// It is not done.
    Failed {
        /// For programs.
        code: Failure,
        /// For people.
        message: String,
    },
}

/// A secret on its way to the person who asked for it. It does not print.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToldOnce(pub String);

impl fmt::Debug for ToldOnce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToldOnce(..)")
    }
}

/// The policy in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    /// The preset it builds on.
    pub preset: Preset,
    /// Its values.
    pub rules: Policy,
}

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// There is no such thing.
    NotFound,
    /// A person at a terminal is needed.
    NeedsPerson,
    /// What was typed is not what was asked for.
    WrongPhrase,
    /// The program that asks may not answer itself.
    SelfApproval,
    /// Anything else.
    Failed,
}

/// How a running Doorward is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// Where programs find it.
    pub address: String,
    /// How it asks a person.
    pub front: Front,
    /// Which profile it serves.
    pub profile: String,
    /// Whether everything is paused.
    pub paused: bool,
    /// When that ends by itself, in Unix seconds.
    #[serde(default)]
    pub paused_until: Option<i64>,
    /// The programs that are not asked about for a while.
    #[serde(default)]
    pub muted: Vec<MutedView>,
    /// How many questions wait.
    pub waiting: usize,
    /// How many servers it guards.
    pub servers: usize,
}

impl Status {
    /// Where the authorization server's metadata is.
    pub fn metadata(&self) -> String {
        format!("{}/.well-known/oauth-authorization-server", self.address)
    }
}

/// How a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Front {
    /// In a window.
    Desktop,
    /// On a terminal.
    Terminal,
    /// Not at all: a script answers. Started on purpose, for tests and for agents in containers.
    Scripted,
}

impl Front {
    /// In words.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Desktop => "the desktop app",
            Self::Terminal => "doorward serve",
            Self::Scripted => "doorward serve --scripted-approval",
        }
    }
}
