//! What can go wrong between a client and a process: one sentence each, for whoever reads the client's error.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use doorward_words::{Said, Says};

/// Why a process is not there any more, after "NAME ended: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub(crate) enum Ending {
    Exit { how: Said },
    LongLine { bytes: usize },
    Garbage { lines: u32 },
    Closed,
}

impl Says for Ending {
    fn said(&self) -> Said {
        match self {
            Self::Exit { how } => Said::plain("ending-exit").with_said("how", how.clone()),
            Self::LongLine { bytes } => Said::plain("ending-long-line").with("bytes", bytes.to_string()),
            Self::Garbage { lines } => Said::plain("ending-garbage").with("lines", lines.to_string()),
            Self::Closed => Said::plain("ending-closed"),
        }
    }
}

/// Why a request has no answer of the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub(crate) enum Trouble {
    NotStarted { server: Arc<str>, why: Said },
    EndedAtStart { server: Arc<str>, ending: Ending },
    SilentAtStart { server: Arc<str>, after: Duration },
    RefusedAtStart { server: Arc<str>, said: String },
    Ended { server: Arc<str>, ending: Ending },
    Stopped { server: Arc<str> },
    Waiting { server: Arc<str>, last: Said, seconds: u128 },
    TooMany { server: Arc<str>, most: usize },
    Deaf { server: Arc<str>, after: Duration },
    Full { server: Arc<str> },
    TooLong { server: Arc<str> },
    NoRandomness,
}

impl Says for Trouble {
    fn said(&self) -> Said {
        match self {
            Self::NotStarted { server, why } => {
                Said::plain("trouble-not-started").with("server", server.to_string()).with_said("why", why.clone())
            }
            Self::EndedAtStart { server, ending } => {
                Said::plain("trouble-ended-at-start").with("server", server.to_string()).with_said("ending", ending.said())
            }
            Self::SilentAtStart { server, after } => {
                Said::plain("trouble-silent-at-start").with("server", server.to_string()).with("seconds", after.as_secs().to_string())
            }
            Self::RefusedAtStart { server, said } => {
                Said::plain("trouble-refused-at-start").with("server", server.to_string()).with("said", said.clone())
            }
            Self::Ended { server, ending } => {
                Said::plain("trouble-ended").with("server", server.to_string()).with_said("ending", ending.said())
            }
            Self::Stopped { server } => Said::plain("trouble-stopped").with("server", server.to_string()),
            Self::Waiting { server, last, seconds } => Said::plain("trouble-waiting")
                .with("server", server.to_string())
                .with_said("last", last.clone())
                .with("seconds", seconds.to_string()),
            Self::TooMany { server, most } => {
                Said::plain("trouble-too-many").with("server", server.to_string()).with("most", most.to_string())
            }
            Self::Deaf { server, after } => {
                Said::plain("trouble-deaf").with("server", server.to_string()).with("seconds", after.as_secs().to_string())
            }
            Self::Full { server } => Said::plain("trouble-full").with("server", server.to_string()),
            Self::TooLong { server } => Said::plain("trouble-too-long").with("server", server.to_string()),
            Self::NoRandomness => Said::plain("trouble-no-randomness"),
        }
    }
}

impl Trouble {
    /// The status of the answer. Never one below 500: clients conclude from those which revision a server speaks.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotStarted { .. }
            | Self::EndedAtStart { .. }
            | Self::RefusedAtStart { .. }
            | Self::Ended { .. }
            | Self::Stopped { .. }
            | Self::TooLong { .. } => StatusCode::BAD_GATEWAY,
            Self::Waiting { .. } | Self::TooMany { .. } | Self::Full { .. } | Self::NoRandomness => StatusCode::SERVICE_UNAVAILABLE,
            Self::SilentAtStart { .. } | Self::Deaf { .. } => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// When it makes sense to try again (RFC 9110 §10.2.3), in seconds.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Waiting { seconds, .. } => u64::try_from(*seconds).ok(),
            Self::TooMany { .. } | Self::Full { .. } => Some(1),
            Self::NotStarted { .. }
            | Self::EndedAtStart { .. }
            | Self::SilentAtStart { .. }
            | Self::RefusedAtStart { .. }
            | Self::Ended { .. }
            | Self::Stopped { .. }
            | Self::Deaf { .. }
            | Self::TooLong { .. }
            | Self::NoRandomness => None,
        }
    }
}
