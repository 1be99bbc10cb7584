//! A server as a client's configuration describes it, and why Doorward cannot take one over.

use std::collections::BTreeMap;

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

    /// The variables whose values the client took from its own environment, by name.
    pub fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.templates().into_iter().flat_map(Template::variables).collect();
        names.sort_unstable();
        names.dedup();
        names
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

/// Why an entry stays as it is. Each is a sentence about the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// It leads to Doorward.
    #[error("It goes through Doorward already.")]
    Ours,
    /// The client does not use it.
    #[error("It is switched off in {0}.")]
    Off(Client),
    /// The entry, or a member of it, is not what it should be.
    #[error("Its entry is not as {0} wants it ({1}).")]
    Shape(Client, &'static str),
    /// The entry, or a member of it, is there twice.
    #[error("Its entry has {0:?} twice, and it cannot be known which one counts.")]
    Twice(String),
    /// It is reached by the transport that MCP had until March 2025.
    #[error("It speaks the old SSE transport, which Doorward does not.")]
    Sse,
    /// It is reached in another way.
    #[error("It is reached by {0:?}, which Doorward does not speak.")]
    Transport(String),
    /// It is neither started nor reached.
    #[error("Its entry has neither a command nor an address.")]
    Nothing,
    /// It is both started and reached.
    #[error("Its entry has both a command and an address.")]
    Both,
    /// The client starts programs only, and ignores an address.
    #[error("{0} starts programs only and ignores this entry.")]
    ProgramsOnly(Client),
    /// An extension of the client starts it.
    #[error("An extension of {0} starts it.")]
    Extension(Client),
    /// Part of it is known to the client only.
    #[error("Only the program it is set up in knows what stands for ${{{}}}.", .0.escape_debug())]
    Filled(String),
    /// What counts when a variable is not set is a secret.
    #[error("It has a secret written behind the variable {0}, for when that is not set.")]
    SecretOtherwise(String),
    /// The client has a login of its own at the server.
    #[error("{0} signs in to it, which Doorward cannot do yet.")]
    SignsIn(Client),
    /// A program that the client starts makes its headers.
    #[error("A program makes its headers.")]
    HeadersHelper,
    /// Its environment is in a file.
    #[error("Its environment is read from a file (envFile).")]
    EnvFile,
    /// The client locks it in.
    #[error("{0} runs it in a sandbox, which Doorward does not have.")]
    Sandbox(Client),
    /// It runs on another computer.
    #[error("{0} runs it on another computer.")]
    Elsewhere(Client),
    /// A path in it depends on where the client was started.
    #[error("Its {0} is a path from a folder that is not known.")]
    Relative(&'static str),
    /// Doorward would not take the address.
    #[error("{0}")]
    Address(&'static str),
    /// The entry is written in a way that this crate cannot change without touching something else.
    #[error("Its entry is written in a way that Doorward cannot change.")]
    Unchangeable,
    /// The client has no way to reach Doorward.
    #[error("{0} can only start programs, and there is none that leads to Doorward.")]
    NoBridge(Client),
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
