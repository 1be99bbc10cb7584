//! Exactly what a person is shown, and what a person can say.

use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};

use crate::{
    arguments::Argument,
    device::UserCode,
    id::{ClientId, ServerName},
    link::Link,
    name::DisplayName,
    offer::{Offer, OfferedTool, Ticks},
    program::{Program, Sighting},
    redirect::Destination,
    scope::Scopes,
    time::UnixTime,
    tool::{Group, Subject},
};

/// One question. Everything in it was fixed before it was shown and does not change while it is on screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRequest {
    /// The server it is about.
    pub server: ServerName,
    /// What is asked.
    pub kind: ConsentKind,
    /// Whether the window may take the keyboard: only after a click or a key of the person (`Sec-Fetch-User`).
    pub may_take_focus: bool,
    /// When it was asked.
    pub asked_at: UnixTime,
}

/// What kind of question it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsentKind {
    /// A program wants to use a server.
    Connect(Box<Connecting>),
    /// A program calls a tool that is not simply allowed, and waits.
    Call(Box<Calling>),
    /// A server describes tools otherwise than when somebody looked.
    Changed(Vec<Change>),
    /// A server is to be added that Doorward starts.
    AddServer(Box<NewServer>),
}

/// The program behind a question, as far as it can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The name the program gave itself; `None` when it gave none.
    pub client_name: Option<DisplayName>,
    /// The registration that asks.
    pub client: ClientId,
    /// The program that sent the request; for a connection nearly always a browser.
    pub requester: Sighting,
    /// The program that registered the client.
    pub registrant: Sighting,
}

/// A program that wants to use a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connecting {
    /// Who asks.
    pub asker: Asker,
    /// How it comes here.
    pub how: How,
    /// The coarse label on the wire.
    pub scopes: Scopes,
    /// Where the answer goes.
    pub destination: Destination,
    /// The exact redirect URI.
    pub redirect_uri: String,
    /// The program that waits for the answer on the redirect port.
    pub listener: Sighting,
    /// Two digits that the browser tab shows too; `None` when no page can show them.
    pub number: Option<u8>,
    /// What can be ticked.
    pub offer: Offer,
    /// Whether something that is proposed to be kept ends by itself, which a yes would change.
    pub temporary: bool,
    /// Pages of the client's maker.
    pub links: Vec<Link>,
    /// Another program that a person allowed something under the same name, where the one that registered was never allowed anything.
    pub known_as: Option<String>,
    /// A name that its name looks like and is not.
    pub looks_like: Option<String>,
}

/// What a person compares before saying yes to a connection, and types where that is asked for: that what asks in the browser or in the
/// terminal is what is shown here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// The number on the page.
    Number(u8),
    /// The code that the program shows (RFC 8628).
    Code(UserCode),
    /// Where the answer goes, when nothing else shows anything.
    Place(String),
}

impl Compared {
    /// Whether a person typed it.
    pub fn is_typed_as(&self, typed: &str) -> bool {
        match self {
            Self::Number(number) => typed.trim() == number.to_string(),
            Self::Code(code) => code.is_typed_as(typed),
            Self::Place(place) => typed.trim().eq_ignore_ascii_case(place),
        }
    }
}

impl Connecting {
    /// What is compared.
    pub fn compared(&self) -> Compared {
        match (&self.how, self.number) {
            (How::Device { user_code }, _) => Compared::Code(user_code.clone()),
            (How::First | How::Again { .. }, Some(number)) => Compared::Number(number),
            (How::First | How::Again { .. }, None) => Compared::Place(self.destination.to_string()),
        }
    }

    /// Whether the program that will have the answer is the one that registered. What cannot be told is not.
    pub fn is_same_program(&self) -> bool {
        let identity = |sighting: &Sighting| sighting.program().map(Program::identity);
        identity(&self.listener).is_some_and(|listener| identity(&self.asker.registrant) == Some(listener))
    }

    /// Whether it has to be typed for this yes: where the program is another one, also than a person knows under that name or one that
    /// looks like it, or cannot be told, and for a tool that deletes or runs which the App did not have.
    pub fn must_type(&self, permission: &Permission) -> bool {
        let settled = self.offer.settle(permission.ticks.as_ref().unwrap_or(&self.offer.proposed()));
        let gains = |tool: &OfferedTool| {
            let ticked = settled.iter().find(|(subject, _)| *subject == Subject::Tool(tool.name.clone()));
            tool.group == Group::Run && ticked.is_some_and(|(_, mode)| mode.is_wider_than(tool.offered.now))
        };
        self.must_always_type() || self.offer.tools.iter().any(gains)
    }

    /// Whether it has to be typed for any yes.
    pub fn must_always_type(&self) -> bool {
        let is_namesake = self.known_as.is_some() || self.looks_like.is_some();
        !self.is_same_program() || is_namesake || self.listener.program().is_some_and(Program::is_doubtful)
    }
}

/// How a program comes to ask for a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// For the first time.
    First,
    /// It was allowed before, and signs in again.
    Again {
        /// When it was allowed.
        allowed_at: UnixTime,
        /// Whether it asks for more than it did then.
        wider: bool,
    },
    /// It has no browser, shows this code, and fetches the answer itself (RFC 8628).
    Device {
        /// The code, to be compared.
        user_code: UserCode,
    },
}

/// A call that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calling {
    /// Who calls.
    pub asker: Asker,
    /// The tool's name.
    pub tool: String,
    /// What the server says that it does.
    pub description: Option<String>,
    /// What kind of thing it does, as far as the server says.
    pub group: Group,
    /// Why it is asked about.
    pub why: WhyAsked,
    /// What it is called with.
    pub arguments: Vec<Argument>,
    /// How often such a call of this App passed lately.
    pub passed: u32,
    /// When it last did.
    pub last_passed_at: Option<UnixTime>,
}

/// A command that is to start a server, in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewServer {
    /// The program that wants it to be added.
    pub requester: Sighting,
    /// Whether a person asked for it in a window of Doorward's.
    #[serde(default)]
    pub by_hand: bool,
    /// The command with the absolute path of its program, as it could be typed.
    pub command: String,
    /// The folder it runs in.
    pub folder: String,
    /// The names of the variables that it gets, and the values of those that are no secret.
    pub environment: Vec<(String, Option<String>)>,
}

/// Why a call is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyAsked {
    /// The person wants to be asked each time.
    EachTime,
    /// The App may not use this tool yet.
    NotAllowedYet,
}

/// A tool whose description is another one than somebody looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its name.
    pub tool: String,
    /// What differs, in the server's words.
    pub differences: Vec<Difference>,
}

/// One part of a description that changed. Characters that cannot be seen are shown as what they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which part.
    #[serde(flatten, with = "doorward_words::beside::part")]
    pub part: Said,
    /// As somebody looked at it.
    pub before: String,
    /// As it is now.
    pub after: String,
}

impl ConsentKind {
    /// One word for lists and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Connect(connecting) => match connecting.how {
                How::First => "connect",
                How::Again { .. } => "reconnect",
                How::Device { .. } => "device",
            },
            Self::Call(_) => "call",
            Self::Changed(_) => "changed",
            Self::AddServer(_) => "add_server",
        }
    }

    /// The program behind the question; `None` when Doorward itself asks.
    pub const fn asker(&self) -> Option<&Asker> {
        match self {
            Self::Connect(connecting) => Some(&connecting.asker),
            Self::Call(calling) => Some(&calling.asker),
            Self::Changed(_) | Self::AddServer(_) => None,
        }
    }

    /// The program that would use what is asked for, as far as the system says: the one that waits for the answer, or else registered, or
    /// the one that calls.
    pub fn behind(&self) -> Option<&Program> {
        match self {
            Self::Connect(connecting) => connecting.listener.program().or_else(|| connecting.asker.registrant.program()),
            Self::Call(calling) => calling.asker.requester.program(),
            Self::Changed(_) | Self::AddServer(_) => None,
        }
    }

    /// The program that causes the question; `None` when a server does, or the person.
    pub const fn cause(&self) -> Option<&Sighting> {
        match self {
            Self::Connect(connecting) => Some(&connecting.asker.registrant),
            Self::Call(calling) => Some(&calling.asker.registrant),
            Self::AddServer(adding) if !adding.by_hand => Some(&adding.requester),
            Self::AddServer(_) | Self::Changed(_) => None,
        }
    }
}

impl ConsentRequest {
    /// Whether a yes in the window counts, with what the person typed there.
    pub fn takes(&self, decision: &ConsentDecision, typed: Option<&str>) -> bool {
        match (decision, &self.kind) {
            (ConsentDecision::Allow(permission), ConsentKind::Connect(connecting)) if connecting.must_type(permission) => {
                typed.is_some_and(|typed| connecting.compared().is_typed_as(typed))
            }
            _ => true,
        }
    }

    /// The programs that have a part in asking, and so may not answer.
    pub fn parties(&self) -> Vec<&Sighting> {
        let asker = self.kind.asker().into_iter().flat_map(|asker| [&asker.requester, &asker.registrant]);
        let other = match &self.kind {
            ConsentKind::Connect(connecting) => Some(&connecting.listener),
            ConsentKind::AddServer(new) => Some(&new.requester),
            ConsentKind::Call(_) | ConsentKind::Changed(_) => None,
        };
        asker.chain(other).collect()
    }
}

/// How a program without a name is shown.
pub const UNNAMED: &str = "A program without a name";

/// What a person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentDecision {
    /// Yes.
    Allow(Permission),
    /// No.
    Deny(Denial),
}

/// What exactly was allowed. The default is what the question proposes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Permission {
    /// What was ticked; `None`: what was proposed.
    pub ticks: Option<Ticks>,
    /// For how long; `None`: a connection until it is taken back, a call this once.
    pub until: Option<Until>,
}

/// What a person says with a no.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Denial {
    /// What the agent is told, in the person's own words.
    pub reason: Option<String>,
    /// What comes of it besides.
    pub after: After,
}

/// What comes of a no, besides that nothing is given now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// Nothing.
    #[default]
    Nothing,
    /// The program that asks is not heard for an hour.
    Mute,
    /// Nothing is asked about the App again until the person says otherwise. What it was allowed before stays allowed.
    Never,
}

/// For how long something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// One call.
    Once,
    /// Ten minutes.
    TenMinutes,
    /// The end of this day.
    Today,
    /// The program that asks ends.
    ProgramEnds,
    /// The person takes it back.
    TakenBack,
}

impl ConsentDecision {
    /// Yes, to what was shown.
    pub const fn as_shown() -> Self {
        Self::Allow(Permission { ticks: None, until: None })
    }

    /// No, without a word.
    pub const fn deny() -> Self {
        Self::Deny(Denial { reason: None, after: After::Nothing })
    }

    /// Whether it is a yes.
    pub const fn is_yes(&self) -> bool {
        matches!(self, Self::Allow(_))
    }
}

/// Nobody said anything. Refuses like a no, and is never reported as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum Unanswered {
    /// The deadline passed.
    TimedOut,
    /// The program that asked went away.
    HungUp,
    /// Too many questions are open already.
    Full,
    /// There was no way to show the question.
    NotShown,
    /// The same program asked again before anybody answered.
    Superseded,
    /// The person denied the same a moment ago: some programs ask again at once.
    JustDenied,
    /// The person was asked by this program again and again, or muted it.
    Muted,
    /// The person said never to ask about this App again.
    Blocked,
    /// A program of another user waits on the redirect port.
    ForeignListener,
    /// Doorward is quitting.
    Quitting,
}

impl Says for Unanswered {
    fn said(&self) -> Said {
        Said::plain(match self {
            Self::TimedOut => "unanswered-timed-out",
            Self::HungUp => "unanswered-hung-up",
            Self::Full => "unanswered-full",
            Self::NotShown => "unanswered-not-shown",
            Self::Superseded => "unanswered-superseded",
            Self::JustDenied => "unanswered-just-denied",
            Self::Muted => "unanswered-muted",
            Self::Blocked => "unanswered-blocked",
            Self::ForeignListener => "unanswered-foreign-listener",
            Self::Quitting => "unanswered-quitting",
        })
    }
}

impl Unanswered {
    /// The same for the person at the computer, who is not told about "the user".
    pub fn to_the_person(self) -> Said {
        match self {
            Self::JustDenied => Said::plain("event-just-denied"),
            Self::Muted => Said::plain("event-muted"),
            Self::Blocked => Said::plain("event-asked-though-never"),
            other => other.said(),
        }
    }

    /// One word for the history.
    pub const fn as_outcome(self) -> &'static str {
        match self {
            Self::TimedOut => "lapsed",
            Self::JustDenied => "denied",
            Self::HungUp | Self::Quitting => "withdrawn",
            Self::Superseded => "superseded",
            Self::Full | Self::NotShown | Self::Muted | Self::Blocked | Self::ForeignListener => "refused",
        }
    }
}
