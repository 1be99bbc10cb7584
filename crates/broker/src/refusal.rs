//! Every "no" of the broker, in one enum. HTTP renders it in `server/error`, the command line in its own words.

use std::time::Duration;

use doorward_oauth::{authorize::Unbound, error::OAuthError, json::Ambiguous, policy::Paused};
use doorward_words::{Said, Says};

use crate::store::StoreError;

const NO_PAGE: Said = Said::plain("refused-no-page");
const OVER: Said = Said::plain("refused-over");
const ELSEWHERE: Said = Said::plain("refused-elsewhere");

fn no_document(why: &str) -> Said {
    Said::plain("refused-document").with("why", why)
}

/// A "no". Each is one helpful sentence; the exact cause is in the log.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    // At the door: before any handler.
    /// No Host header, or several.
    #[error("The request must name exactly one host.")]
    NoHost,
    /// A name that is not this computer's loopback: DNS rebinding.
    #[error("Doorward answers only to 127.0.0.1, localhost and [::1] on its own port.")]
    ForeignHost,
    /// A web page of another origin.
    #[error("Web pages cannot talk to Doorward.")]
    ForeignOrigin,
    /// A browser request that is no plain navigation.
    #[error("{NO_PAGE}")]
    NotANavigation,
    /// A program of another user of this computer.
    #[error("Doorward serves only the user who started it.")]
    OtherUser,
    /// A program behind a relay that runs as root, such as Docker's or WSL's.
    #[error(
        "This connection comes through a relay that runs as root, as containers use; Doorward cannot tell who is behind it. allow_containers = true in config.toml lets such connections in."
    )]
    RootRelay,
    /// No such address.
    #[error("There is nothing at this address.")]
    UnknownPath,
    /// The method is not one of these.
    #[error("This address takes {0} only.")]
    Method(&'static str),
    /// The body is larger than this many bytes.
    #[error("The request body is larger than {0} bytes.")]
    BodyTooLarge(usize),
    /// The body did not come in time, or broke off.
    #[error("The request body did not arrive completely.")]
    BodyUnread,
    /// The body is of another type.
    #[error("The request body must be {0}.")]
    ContentType(&'static str),

    // The OAuth endpoints.
    /// An error of the protocol, as JSON.
    #[error("{0}")]
    OAuth(OAuthError),
    /// An authorization request that cannot be answered by a redirect.
    #[error(transparent)]
    Unbound(#[from] Unbound),
    /// The document of a client cannot be had, or is no good.
    #[error("{}", no_document(.0))]
    Document(String),
    /// The token does not open this registration, or there is none (RFC 7592 §2).
    #[error("The registration access token does not open this registration.")]
    NotYours,
    /// The keys for signed tokens cannot be used.
    #[error("Doorward cannot sign a token: its keys are in the keyring, which does not answer.")]
    NoKeys,
    /// A ticket that is unknown, used or too old.
    #[error("{OVER}")]
    TicketGone,
    /// The request was answered where it was asked first.
    #[error("{ELSEWHERE}")]
    AnsweredElsewhere,
    /// Too many, too fast.
    #[error("Too many requests; try again in {retry_after} seconds.")]
    TooMany {
        /// Seconds until it may be tried again.
        retry_after: u64,
    },
    /// The data could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),

    // The guard.
    /// No token was sent. The challenge is in the answer.
    #[error("This server is guarded by Doorward: a program needs a token to use it.")]
    NoToken(Challenge),
    /// The token opens nothing here.
    #[error("The token is unknown, has ended, was taken back, or is for another server.")]
    BadToken(Challenge),
    /// Two tokens, or no bearer token at all.
    #[error("Send exactly one Authorization header, with a bearer token.")]
    MalformedToken,
    /// What was sent cannot be judged, so it does not pass.
    #[error(transparent)]
    BadMessage(#[from] BadMessage),
    /// The App may not use that, and its client can ask for more (RFC 6750 §3.1).
    #[error("This needs more than the user allowed. Ask for the scope that is named.")]
    InsufficientScope(Challenge),
    /// A session that another grant opened, or that nobody opened here.
    #[error("There is no such session. Begin a new one.")]
    NoSession,
    /// No such server.
    #[error("Doorward guards no server of this name.")]
    UnknownServer,
    /// A person paused it.
    #[error(transparent)]
    Paused(#[from] Paused),
    /// The server cannot be reached.
    #[error("The server \u{201c}{server}\u{201d} does not answer at {url}. Is it running?")]
    UpstreamDown {
        /// Its name.
        server: String,
        /// Where it should be.
        url: String,
    },
    /// The server took the request and does not answer.
    #[error("The server \u{201c}{server}\u{201d} took the request and did not answer in {minutes} minutes.")]
    UpstreamSilent {
        /// Its name.
        server: String,
        /// How long Doorward waited.
        minutes: u64,
    },
    /// The server itself asks for a login.
    #[error("The server \u{201c}{server}\u{201d} itself asks for a login, which Doorward cannot give it yet.")]
    UpstreamLogin {
        /// Its name.
        server: String,
    },
    /// A key that the server needs is not in the keyring, or the keyring does not answer.
    #[error("Doorward cannot get what lets it in at the server \u{201c}{server}\u{201d} from the keyring.")]
    UpstreamKey {
        /// Its name.
        server: String,
    },
    /// Access was taken back while the call was under way.
    #[error("Access was taken back while this call was under way.")]
    TakenBack,
    /// The server's answer cannot be read, so nothing of it passes.
    #[error("The server \u{201c}{server}\u{201d} answered in a way that Doorward cannot read.")]
    UpstreamUnreadable {
        /// Its name.
        server: String,
    },
    /// The server sends the client elsewhere.
    #[error("The server \u{201c}{server}\u{201d} answered with a redirect, which Doorward does not follow.")]
    UpstreamRedirect {
        /// Its name.
        server: String,
    },
}

/// Why a body is no message that can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// No JSON, or not of the shape.
    #[error("The body is no JSON-RPC message.")]
    NoMessage,
    /// Several at once, which no current revision knows.
    #[error("Send one JSON-RPC message at a time.")]
    Batch,
    /// A header says something else than the body (MCP 2026-07-28, "Request Headers").
    #[error("{0} must say what the body says.")]
    Header(&'static str),
}

/// What a client without a good token is told (RFC 9728 §5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Where the resource's metadata is, on the host the client used.
    pub resource_metadata: String,
    /// What to ask for.
    pub scope: String,
}

/// What a person reads in a browser tab. What only programs meet stays in the words of the protocol.
impl Says for Refusal {
    fn said(&self) -> Said {
        match self {
            Self::NotANavigation => NO_PAGE,
            Self::TicketGone => OVER,
            Self::AnsweredElsewhere => ELSEWHERE,
            Self::Document(why) => no_document(why),
            Self::Unbound(unbound) => unbound.said(),
            Self::Store(error) => error.said(),
            Self::OAuth(error) => Said::verbatim(error.description.as_ref()),
            other => Said::verbatim(other.to_string()),
        }
    }
}

impl Refusal {
    /// Too fast: come back after `wait`, told in whole seconds and at least one.
    pub fn too_many(wait: Duration) -> Self {
        Self::TooMany { retry_after: wait.as_secs().max(1) }
    }
}

impl From<Ambiguous> for Refusal {
    fn from(_: Ambiguous) -> Self {
        Self::BadMessage(BadMessage::NoMessage)
    }
}

impl From<Ambiguous> for BadMessage {
    fn from(_: Ambiguous) -> Self {
        Self::NoMessage
    }
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}
