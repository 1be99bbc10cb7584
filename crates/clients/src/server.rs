//! A server as a client's configuration describes it, and why Doorward cannot take one over.

use std::{collections::BTreeMap, fmt};

use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    node::Twice,
    template::{Secret, Template},
};

/// How a server is started or reached. It can be printed and kept: no secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A program that speaks on its standard input and output.
    Stdio {
        /// The program.
        command: Template,
        /// Its arguments.
        args: Vec<Template>,
        /// Variables of its environment.
        env: BTreeMap<String, Template>,
        /// The folder it is started in; `None` when the client does not say.
        folder: Option<Template>,
    },
    /// A web address (streamable HTTP).
    Http {
        /// The address.
        url: Template,
        /// Headers that go with every request, by name in lower case.
        headers: BTreeMap<String, Template>,
    },
}

impl Kind {
    /// All texts of it.
    fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Stdio { command, args, env, folder } => std::iter::once(command).chain(args).chain(env.values()).chain(folder).collect(),
            Self::Http { url, headers } => std::iter::once(url).chain(headers.values()).collect(),
        }
    }

    /// Whether it is started.
    pub const fn is_command(&self) -> bool {
        match self {
            Self::Stdio { .. } => true,
            Self::Http { .. } => false,
        }
    }

    /// The variables whose values the client took from its own environment, by name.
    pub fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.templates().into_iter().flat_map(Template::variables).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The command line, or the address, with secrets covered.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdio { command, args, .. } => {
                command.fmt(f)?;
                args.iter().try_for_each(|arg| write!(f, " {arg}"))
            }
            Self::Http { url, .. } => url.fmt(f),
        }
    }
}

/// A server as a client's configuration describes it. As JSON it has the names of its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Server {
    /// How it is started or reached, with references in the places of secrets.
    pub kind: Kind,
    /// The secrets.
    pub secrets: Vec<Secret>,
}

impl Server {
    /// Why Doorward cannot start or reach it, although it could be read: what is shown of a command and of an address must be no
    /// secret.
    pub fn beyond_doorward(&self) -> Option<Why> {
        match &self.kind {
            Kind::Stdio { command, args, .. } => {
                std::iter::once(command).chain(args).any(Template::has_secret).then_some(Why::SecretInCommand)
            }
            Kind::Http { url, .. } => url.has_secret().then_some(Why::SecretInAddress),
        }
    }
}

/// Why an entry stays as it is. Each is a sentence about the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum Why {
    /// It leads to Doorward.
    Ours,
    /// The client does not use it.
    Off(Client),
    /// The entry is no object.
    NoObject(Client),
    /// A member of the entry is not what it should be.
    Shape(Client, &'static str),
    /// The entry, or a member of it, is there twice.
    Twice(String),
    /// It is reached by the transport that MCP had until March 2025.
    Sse,
    /// It is reached in another way.
    Transport(String),
    /// It is neither started nor reached.
    Nothing,
    /// It is both started and reached.
    Both,
    /// The client starts programs only, and ignores an address.
    ProgramsOnly(Client),
    /// An extension of the client starts it.
    Extension(Client),
    /// Part of it is known to the client only.
    Filled(String),
    /// What counts when a variable is not set is a secret.
    SecretOtherwise(String),
    /// The client has a login of its own at the server.
    SignsIn(Client),
    /// A program that the client starts makes its headers.
    HeadersHelper,
    /// Its environment is in a file.
    EnvFile,
    /// The client locks it in.
    Sandbox(Client),
    /// It runs on another computer.
    Elsewhere(Client),
    /// A path in it depends on where the client was started: its `command` or its `folder`.
    Relative(&'static str),
    /// Doorward would not take the address: which sentence says why.
    Address(&'static str),
    /// A secret is in its command line, where it would be shown.
    SecretInCommand,
    /// A secret is in its address, where it would be shown.
    SecretInAddress,
    /// The entry is written in a way that this crate cannot change without touching something else.
    Unchangeable,
    /// The client has no way to reach Doorward.
    NoBridge(Client),
}

impl Says for Why {
    fn said(&self) -> Said {
        let of = |id, client: &Client| Said::plain(id).with("client", client.title());
        let named = |id, name: &str| Said::plain(id).with("name", name.escape_debug().to_string());
        match self {
            Self::Ours => Said::plain("left-ours"),
            Self::Off(client) => of("left-off", client),
            Self::NoObject(client) => of("left-no-object", client),
            Self::Shape(client, what) => of("left-shape", client).with("what", *what),
            Self::Twice(name) => named("left-twice", name),
            Self::Sse => Said::plain("left-sse"),
            Self::Transport(name) => named("left-transport", name),
            Self::Nothing => Said::plain("left-nothing"),
            Self::Both => Said::plain("left-both"),
            Self::ProgramsOnly(client) => of("left-programs-only", client),
            Self::Extension(client) => of("left-extension", client),
            Self::Filled(name) => named("left-filled", name),
            Self::SecretOtherwise(name) => Said::plain("left-secret-otherwise").with("name", name.clone()),
            Self::SignsIn(client) => of("left-signs-in", client),
            Self::HeadersHelper => Said::plain("left-headers-helper"),
            Self::EnvFile => Said::plain("left-env-file"),
            Self::Sandbox(client) => of("left-sandbox", client),
            Self::Elsewhere(client) => of("left-elsewhere", client),
            Self::Relative(what) => Said::plain("left-relative").with("what", *what),
            Self::Address(id) => Said::plain(id),
            Self::SecretInCommand => Said::plain("left-secret-in-command"),
            Self::SecretInAddress => Said::plain("left-secret-in-address"),
            Self::Unchangeable => Said::plain("left-unchangeable"),
            Self::NoBridge(client) => of("left-no-bridge", client),
        }
    }
}

impl From<Twice> for Why {
    fn from(Twice(name): Twice) -> Self {
        Self::Twice(name)
    }
}

/// As JSON, the sentence.
impl Serialize for Why {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
