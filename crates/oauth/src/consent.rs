//! Exactly what a person is shown, and what a person can say.

use serde::{Deserialize, Serialize};

use crate::{
    device::UserCode,
    id::{ClientId, ServerName},
    name::DisplayName,
    program::Sighting,
    redirect::Destination,
    scope::Scopes,
    time::UnixTime,
};

/// One question. Everything in it was fixed before it was shown and does not change while it is on screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRequest {
    /// What is asked.
    pub kind: ConsentKind,
    /// The name the program gave itself; `None` when it gave none.
    pub client_name: Option<DisplayName>,
    /// The registration that asks.
    pub client: ClientId,
    /// The server asked for.
    pub server: ServerName,
    /// The coarse label on the wire.
    pub scopes: Scopes,
    /// Where the answer goes.
    pub destination: Destination,
    /// The exact redirect URI.
    pub redirect_uri: String,
    /// The program that sent the request, nearly always a browser.
    pub requester: Sighting,
    /// The program that registered the client.
    pub registrant: Sighting,
    /// The program that waits for the answer on the redirect port.
    pub listener: Sighting,
    /// Two digits that the browser tab shows too; `None` when no page can show them.
    pub number: Option<u8>,
    /// Whether the window may take the keyboard: only after a click or a key of the person (`Sec-Fetch-User`).
    pub may_take_focus: bool,
    /// When it was asked.
    pub asked_at: UnixTime,
}

/// What kind of question it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ConsentKind {
    /// A program wants to use a server for the first time.
    Connect,
    /// A program that was allowed before signs in again.
    Reconnect {
        /// When it was allowed.
        allowed_at: UnixTime,
    },
    /// A program without a browser asks, shows this code, and fetches the answer itself (RFC 8628).
    Device {
        /// The code, to be compared.
        user_code: UserCode,
    },
}

impl ConsentKind {
    /// One word for lists and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Reconnect { .. } => "reconnect",
            Self::Device { .. } => "device",
        }
    }
}

impl ConsentRequest {
    /// The name as lists show it.
    pub fn shown_name(&self) -> &str {
        self.client_name.as_ref().map_or(UNNAMED, DisplayName::as_str)
    }
}

/// How a program without a name is shown.
pub const UNNAMED: &str = "A program without a name";

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentDecision {
    /// Yes, to what was shown.
    Allow,
    /// No.
    Deny,
}

/// Nobody said anything. Refuses like a no, and is never reported as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The deadline passed.
    #[error("Nobody answered in time.")]
    TimedOut,
    /// The program that asked went away.
    #[error("The program that asked went away before it was answered.")]
    HungUp,
    /// Too many questions are open already.
    #[error("Too many questions are waiting already.")]
    Full,
    /// There was no way to show the question.
    #[error("The question could not be shown on this computer.")]
    NotShown,
    /// The same program asked again before anybody answered.
    #[error("A newer request of the same program took its place.")]
    Superseded,
    /// The person denied the same a moment ago: some programs ask again at once.
    #[error("The user denied the same request a moment ago.")]
    JustDenied,
    /// A program of another user waits on the redirect port.
    #[error("A program of another user of this computer waits where the answer would go.")]
    ForeignListener,
    /// Doorward is quitting.
    #[error("Doorward was closed before anybody answered.")]
    Quitting,
}

impl Unanswered {
    /// One word for the history.
    pub const fn as_outcome(self) -> &'static str {
        match self {
            Self::TimedOut => "lapsed",
            Self::JustDenied => "denied",
            Self::HungUp | Self::Superseded | Self::Quitting => "withdrawn",
            Self::Full | Self::NotShown | Self::ForeignListener => "refused",
        }
    }
}
