//! The command line's way in: a socket of this user's, never the TCP port. So no answer can ever come over HTTP.
//!
//! One connection carries one command and one reply, each a line of JSON.

use std::fmt;

use doorward_oauth::preset::{Policy, Preset};
use serde::{Deserialize, Serialize};

use crate::{
    broker::{AppView, ServerView, ToolsView},
    consent::view::QuestionView,
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
    },
    /// Make a new secret for a server to ask about tokens with.
    Credential {
        /// The server.
        name: String,
    },
    /// What may be registered and asked for.
    Policy,
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
    /// The open questions.
    Requests,
    /// Say yes.
    Approve {
        /// Which question.
        id: u64,
        /// What the person typed.
        typed: Option<String>,
    },
    /// Say no.
    Deny {
        /// Which question.
        id: u64,
    },
    /// Bring the window to the front.
    Raise,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "value", rename_all = "snake_case")]
pub enum Reply {
    /// To [`Command::Status`].
    Status(Status),
    /// To [`Command::Servers`].
    Servers(Vec<ServerView>),
    /// To [`Command::AddServer`].
    Added(ServerView),
    /// To [`Command::Credential`].
    Credential {
        /// The server, which is the user name.
        name: String,
        /// The password.
        secret: ToldOnce,
    },
    /// To [`Command::Policy`].
    Policy(Box<PolicyView>),
    /// To [`Command::Tools`].
    Tools(ToolsView),
    /// To [`Command::Apps`].
    Apps(Vec<AppView>),
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
