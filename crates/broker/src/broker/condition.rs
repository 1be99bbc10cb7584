//! How a server is that Doorward starts.

use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};

/// How a server is that Doorward starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What it is doing.
    #[serde(flatten)]
    pub state: ServerState,
    /// The same in words.
    pub words: String,
    /// The last lines of its log.
    pub log: Vec<String>,
}

/// What a server is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ServerState {
    /// There is no process.
    #[default]
    Stopped,
    /// A process is being started.
    Starting,
    /// It runs.
    Running {
        /// The number of its process, or of one of them.
        pid: u32,
        /// How many processes there are: one for each App, where each has its own.
        processes: usize,
        /// The revision of MCP that it speaks.
        protocol: String,
    },
    /// The last start or the last process failed.
    Failed {
        /// Why, in the words of whoever noticed.
        #[serde(flatten, with = "doorward_words::beside::reason")]
        reason: Said,
    },
}

impl Condition {
    /// What a server is doing, with its log.
    pub fn new(state: ServerState, log: Vec<String>) -> Self {
        Self { words: state.said().to_string(), state, log }
    }
}

impl ServerState {
    /// Whether there is a process that answers.
    pub const fn runs(&self) -> bool {
        matches!(self, Self::Running { .. })
    }

    /// Whether somebody has to look after it.
    pub const fn failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

impl Says for ServerState {
    fn said(&self) -> Said {
        match self {
            Self::Stopped => Said::plain("server-stopped"),
            Self::Starting => Said::plain("server-starting"),
            Self::Running { pid, processes, protocol } => {
                Said::plain("server-running").counting("n", *processes).with("pid", pid.to_string()).with("protocol", protocol.clone())
            }
            Self::Failed { reason } => Said::plain("server-failed").with_said("reason", reason.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_told_by_its_kind_and_in_words() {
        let running = |processes| ServerState::Running { pid: 7, processes, protocol: "2026-07-28".into() };
        for (state, words, json) in [
            (ServerState::Stopped, "Stopped. The next call starts it.", r#"{"state":"stopped""#),
            (ServerState::Starting, "Starting.", r#"{"state":"starting""#),
            (running(1), "Running as process 7 (MCP 2026-07-28).", r#"{"state":"running","pid":7,"processes":1,"protocol":"2026-07-28""#),
            (
                running(3),
                "Running as 3 processes, one for each app (MCP 2026-07-28).",
                r#"{"state":"running","pid":7,"processes":3,"protocol":"2026-07-28""#,
            ),
            (ServerState::Failed { reason: Said::verbatim("It ended.") }, "Failed. It ended.", r#"{"state":"failed","reason":"It ended.""#),
        ] {
            let condition = Condition::new(state, vec!["a line".into()]);
            assert_eq!(condition.words, words);
            let told = serde_json::to_string(&condition).expect("JSON");
            assert_eq!(told, format!(r#"{json},"words":"{words}","log":["a line"]}}"#));
            assert_eq!(serde_json::from_str::<Condition>(&told).expect("reads"), condition);
        }
    }
}
