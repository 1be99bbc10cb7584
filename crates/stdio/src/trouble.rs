//! What can go wrong between a client and a process: one sentence each, for whoever reads the client's error.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;

/// Why a process is not there any more, after "NAME ended: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Ending {
    #[error("its process ended {how}")]
    Exit { how: String },
    #[error("it wrote a line of more than {bytes} bytes, which is more than any message may have")]
    LongLine { bytes: usize },
    #[error("it wrote {lines} lines in a row to its standard output that are no messages")]
    Garbage { lines: u32 },
    #[error("it closed its standard output")]
    Closed,
}

/// Why a request has no answer of the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("{server} could not be started: {why}")]
    NotStarted { server: Arc<str>, why: String },
    #[error("{server} failed while it started: {ending}. What it wrote is in its log in Doorward.")]
    EndedAtStart { server: Arc<str>, ending: Ending },
    #[error("{server} was started and did not answer within {} s. What it wrote is in its log in Doorward.", .after.as_secs())]
    SilentAtStart { server: Arc<str>, after: Duration },
    #[error("{server} was started and refused to begin: {said}")]
    RefusedAtStart { server: Arc<str>, said: String },
    #[error("{server} ended: {ending}. Whether this request was carried out is not known.")]
    Ended { server: Arc<str>, ending: Ending },
    #[error("{server} was stopped in Doorward. Whether this request was carried out is not known.")]
    Stopped { server: Arc<str> },
    #[error("{server} is not running, and Doorward tries to start it again in {seconds} s. Last time: {last}")]
    Waiting { server: Arc<str>, last: String, seconds: u128 },
    #[error("{server} has {most} requests under way. Try again when one of them is done.")]
    TooMany { server: Arc<str>, most: usize },
    #[error("{server} does not read what it is sent. Doorward waited {} s.", .after.as_secs())]
    Deaf { server: Arc<str>, after: Duration },
    #[error("The answers of {server} that wait to be read take all the room that Doorward has for them. Try again when some were read.")]
    Full { server: Arc<str> },
    #[error("The request is longer than Doorward can hand over to {server}.")]
    TooLong { server: Arc<str> },
    #[error("The operating system gives no random bits, without which no session can be opened.")]
    NoRandomness,
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
