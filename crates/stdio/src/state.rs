//! What a server is doing, for people to see.

use std::time::SystemTime;

use doorward_words::Said;

/// What a server is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// There is no process. The next request starts one.
    Stopped,
    /// A process is being started and greeted.
    Starting {
        /// Since when.
        since: SystemTime,
    },
    /// A process is there.
    Running {
        /// Its number in the operating system.
        pid: u32,
        /// Since when it answers.
        since: SystemTime,
        /// The revision of MCP that it speaks.
        protocol: String,
    },
    /// The last start or the last process failed.
    Failed {
        /// Why: one or two sentences for people.
        reason: Said,
        /// From when on the next request, or somebody who listens, starts it again.
        next_try: SystemTime,
    },
}
