//! What can be said about a program on this computer, as plain facts. Looking them up is the broker's job.

use serde::{Deserialize, Serialize};

/// One process as the operating system describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The process id, good only together with `started`.
    pub pid: u32,
    /// The name to show: the script or package for an interpreter, otherwise the executable's file name.
    pub name: String,
    /// The executable's absolute path.
    pub executable: String,
    /// For interpreters (python, node, …): the script or package they run.
    pub script: Option<String>,
    /// The command line, chosen by the program itself.
    pub arguments: Vec<String>,
    /// The processes above it, nearest first, up to the first graphical application or the session.
    pub parents: Vec<Parent>,
    /// When it started, in Unix seconds: tells a reused process id apart.
    pub started: u64,
}

/// One process above another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The process id.
    pub pid: u32,
    /// Its file name.
    pub name: String,
    /// When it started, in Unix seconds.
    #[serde(default)]
    pub started: u64,
}

impl Program {
    /// What makes two runs the same program: the executable, and the script for an interpreter.
    pub fn identity(&self) -> String {
        match &self.script {
            Some(script) => format!("{}\n{script}", self.executable),
            None => self.executable.clone(),
        }
    }
}

/// The answer to "which program is it?". The third state is always honest: nothing is made up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Sighting {
    /// This one.
    Seen(Program),
    /// There is none: nothing listens on that port.
    Nobody,
    /// It cannot be told, and this is why, in words for people.
    CannotTell {
        /// One sentence.
        why: String,
    },
}

impl Sighting {
    /// The program, when it is known.
    pub const fn program(&self) -> Option<&Program> {
        match self {
            Self::Seen(program) => Some(program),
            Self::Nobody | Self::CannotTell { .. } => None,
        }
    }

    /// The same without the command line, which may carry secrets and so never rests on disk.
    #[must_use]
    pub fn without_arguments(mut self) -> Self {
        if let Self::Seen(program) = &mut self {
            program.arguments.clear();
        }
        self
    }

    /// The state in which nothing is claimed.
    pub fn cannot_tell(why: impl Into<String>) -> Self {
        Self::CannotTell { why: why.into() }
    }
}
