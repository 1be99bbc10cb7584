//! A question as every front end shows it: the window, the terminal, `requests --json`. One set of facts; [`told`](super::told) has the words.

use doorward_oauth::{
    arguments::{Argument, visible_line},
    consent::{Asker, Change, Compared, Connecting, ConsentKind, How, NewServer, WhyAsked},
    device::UserCode,
    link::Link,
    offer::{Offer, Offered, OfferedTool},
    program::Sighting,
    redirect::Destination,
    tool::{Group, Looked, Mode},
};
use doorward_words::Said;
use serde::{Deserialize, Serialize};

use super::queue::Question;

/// A question, flat and ready to show. Times are Unix seconds. What a kind of question has no use for is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuestionView {
    /// What people type.
    pub id: u64,
    /// `connect`, `reconnect`, `device`, `call`, `changed` or `add_server`.
    pub kind: String,
    /// For `reconnect`: when it was allowed.
    pub allowed_at: Option<i64>,
    /// For `device`: the code that the program shows. Kept from programs that list the requests.
    pub user_code: Option<UserCode>,
    /// The name the program gave itself.
    pub client_name: Option<String>,
    /// Whether that name has characters that are not seen by themselves.
    pub name_altered: bool,
    /// Whether that name is longer than what is shown of it.
    #[serde(default)]
    pub name_shortened: bool,
    /// The registration.
    pub client_id: String,
    /// The server asked for.
    pub server: String,
    /// The scopes on the wire.
    pub scopes: Vec<String>,
    /// What a program may do at a server that has no tools to tick.
    pub scope_words: Vec<Group>,
    /// Whether an App that was allowed before asks for more than it did then.
    #[serde(default)]
    pub wider: bool,
    /// Whether a program that is known asks for nothing new, waits for the answer itself, and keeps what it has for as long as before:
    /// then little has to be shown.
    #[serde(default)]
    pub unchanged: bool,
    /// Whether some of what it has ends before its access does, which a yes would change.
    #[serde(default)]
    pub temporary: bool,
    /// Another program that was allowed something under the same name.
    #[serde(default)]
    pub known_as: Option<String>,
    /// A name that its name looks like and is not.
    #[serde(default)]
    pub looks_like: Option<String>,
    /// Pages of the client's maker.
    #[serde(default)]
    pub links: Vec<Link>,
    /// What can be ticked; `None` when the question is about something else.
    pub offer: Option<OfferView>,
    /// The call that waits.
    pub call: Option<CallView>,
    /// The tools that changed.
    pub changes: Vec<Change>,
    /// The server that is to be added.
    pub new_server: Option<NewServer>,
    /// Where the answer goes.
    pub destination: Destination,
    /// The exact redirect URI.
    pub redirect_uri: String,
    /// The program that sent the request.
    pub requester: Sighting,
    /// The program that registered.
    pub registrant: Sighting,
    /// The program that waits on the redirect port.
    pub listener: Sighting,
    /// The number the browser tab shows. Kept from programs that list the requests.
    pub number: Option<u8>,
    /// Whether a browser tab shows a number at all.
    pub has_page: bool,
    /// The name of the program that causes the question, where it can be told.
    pub cause: Option<String>,
    /// What a person types in the window for a yes; `None` when the question is not about a connection.
    pub typing: Option<TypingView>,
    /// When it was asked.
    pub asked_at: i64,
    /// When silence becomes a no.
    pub expires_at: i64,
    /// Whether a person may take more time.
    pub more_time: bool,
}

/// What a person types in the window for a yes to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypingView {
    /// `number`, `code` or `place`.
    pub what: String,
    /// Whether it is typed in any case; otherwise only for a tool that deletes or runs which the App did not have.
    pub always: bool,
}

/// What can be ticked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OfferView {
    /// The server's tools, in its order.
    pub tools: Vec<OfferedToolView>,
    /// Its prompts, if it has any.
    pub prompts: Option<OfferedView>,
    /// Its resources, if it has any.
    pub resources: Option<OfferedView>,
    /// Why its tools are not known.
    #[serde(flatten, with = "doorward_words::beside::not_known")]
    pub not_known: Option<Said>,
}

/// One tool that can be ticked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferedToolView {
    /// Its name.
    pub name: String,
    /// What the server calls it for people.
    pub title: Option<String>,
    /// What the server says that it does.
    pub description: Option<String>,
    /// What kind of thing it does, as far as the server says.
    pub group: Group,
    /// Whether somebody looked at it before.
    pub looked: Looked,
    /// What is proposed.
    pub proposed: Mode,
    /// What held until now.
    pub now: Mode,
}

/// Prompts or resources, all together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfferedView {
    /// What is proposed.
    pub proposed: Mode,
    /// What held until now.
    pub now: Mode,
}

/// A call that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallView {
    /// The tool.
    pub tool: String,
    /// What the server says that it does.
    pub description: Option<String>,
    /// What kind of thing it does, as far as the server says.
    pub group: Group,
    /// Why it is asked about.
    pub why: WhyAsked,
    /// What it is called with.
    pub arguments: Vec<Argument>,
    /// How often such a call passed lately.
    pub passed: u32,
    /// When it last did.
    pub last_passed_at: Option<i64>,
}

impl From<&Offer> for OfferView {
    fn from(offer: &Offer) -> Self {
        let whole = |offered: &Offered| OfferedView { proposed: offered.proposed, now: offered.now };
        let tool = |tool: &OfferedTool| OfferedToolView {
            name: tool.name.clone(),
            title: tool.title.clone(),
            description: tool.description.clone(),
            group: tool.group,
            looked: tool.looked,
            proposed: tool.offered.proposed,
            now: tool.offered.now,
        };
        Self {
            tools: offer.tools.iter().map(tool).collect(),
            prompts: offer.prompts.as_ref().map(whole),
            resources: offer.resources.as_ref().map(whole),
            not_known: offer.not_known.clone(),
        }
    }
}

impl From<&Question> for QuestionView {
    fn from(question: &Question) -> Self {
        let request = &question.request;
        let mut view = Self {
            id: question.id.number(),
            kind: request.kind.as_str().to_owned(),
            allowed_at: None,
            user_code: None,
            client_name: None,
            name_altered: false,
            name_shortened: false,
            client_id: String::new(),
            server: request.server.to_string(),
            scopes: Vec::new(),
            scope_words: Vec::new(),
            wider: false,
            unchanged: false,
            temporary: false,
            known_as: None,
            looks_like: None,
            links: Vec::new(),
            offer: None,
            call: None,
            changes: Vec::new(),
            new_server: None,
            destination: Destination::Fetched,
            redirect_uri: String::new(),
            requester: Sighting::Nobody,
            registrant: Sighting::Nobody,
            listener: Sighting::Nobody,
            number: None,
            has_page: false,
            cause: request.kind.cause().and_then(Sighting::program).map(|program| program.name.clone()),
            typing: None,
            asked_at: request.asked_at.as_secs(),
            expires_at: question.expires_at.as_secs(),
            more_time: question.can_wait_longer(),
        };
        if let Some(asker) = request.kind.asker() {
            view.set_asker(asker);
        }
        match &request.kind {
            ConsentKind::Connect(connecting) => {
                view.set_connecting(connecting);
                // What is up keeps its form.
                view.unchanged &= !question.learned;
            }
            ConsentKind::Call(calling) => {
                view.call = Some(CallView {
                    tool: calling.tool.clone(),
                    description: calling.description.clone(),
                    group: calling.group,
                    why: calling.why,
                    arguments: calling.arguments.clone(),
                    passed: calling.passed,
                    last_passed_at: calling.last_passed_at.map(|at| at.as_secs()),
                });
            }
            ConsentKind::Changed(changes) => view.changes = changes.clone(),
            ConsentKind::AddServer(new) => {
                view.requester = new.requester.clone();
                view.new_server = Some((**new).clone());
            }
        }
        view
    }
}

impl QuestionView {
    fn set_asker(&mut self, asker: &Asker) {
        self.client_name = asker.client_name.as_ref().map(|name| name.as_str().to_owned());
        self.name_altered = asker.client_name.as_ref().is_some_and(|name| name.altered());
        self.name_shortened = asker.client_name.as_ref().is_some_and(|name| name.shortened());
        self.client_id = asker.client.to_string();
        self.requester = asker.requester.clone();
        self.registrant = asker.registrant.clone();
    }

    fn set_connecting(&mut self, connecting: &Connecting) {
        (self.allowed_at, self.user_code) = match &connecting.how {
            How::First => (None, None),
            How::Again { allowed_at, wider } => {
                self.wider = *wider;
                (Some(allowed_at.as_secs()), None)
            }
            How::Device { user_code } => (None, Some(user_code.clone())),
        };
        self.scopes = connecting.scopes.iter().map(str::to_owned).collect();
        let may = |group: &Group| connecting.scopes.covers(&format!("{}:{}", self.server, group.as_str()));
        self.scope_words = Group::ALL.into_iter().filter(may).collect();
        self.known_as = connecting.known_as.clone();
        self.looks_like = connecting.looks_like.clone();
        self.links = connecting.links.clone();
        self.offer = Some(OfferView::from(&connecting.offer));
        self.destination = connecting.destination.clone();
        self.redirect_uri = connecting.redirect_uri.clone();
        self.listener = connecting.listener.clone();
        self.number = connecting.number;
        self.has_page = connecting.number.is_some();
        let what = match connecting.compared() {
            Compared::Number(_) => "number",
            Compared::Code(_) => "code",
            Compared::Place(_) => "place",
        };
        self.typing = Some(TypingView { what: what.to_owned(), always: connecting.must_always_type() });
        let keeps = |tool: &OfferedTool| tool.offered.proposed != Mode::Hide && tool.looked != Looked::Changed;
        self.temporary = connecting.temporary;
        let measured = !connecting.must_always_type() && !connecting.temporary;
        self.unchanged = self.kind == "reconnect" && !self.wider && measured && connecting.offer.tools.iter().any(keeps);
    }
}

impl QuestionView {
    /// What a person types to say yes at a terminal: the code that the program shows or the number that a browser page
    /// shows, otherwise the application's name as shown, or where the answer goes when the program has no name; for a call its tool,
    /// for a change or a new server its server. A reflex does not do it.
    pub fn phrase(&self) -> String {
        match (&self.call, &self.user_code, self.number, &self.client_name) {
            (Some(call), ..) => call.tool.clone(),
            (None, Some(code), ..) => code.to_string(),
            (None, None, Some(number), _) => number.to_string(),
            (None, None, None, Some(name)) => name.clone(),
            (None, None, None, None) if !self.changes.is_empty() || self.new_server.is_some() => self.server.clone(),
            (None, None, None, None) => self.destination.to_string(),
        }
    }

    /// What a person types, in words that do not tell it.
    pub fn typed(&self) -> &'static str {
        match () {
            () if self.call.is_some() => "the name of the tool",
            () if self.kind == "device" => "the code that the program shows",
            () if self.has_page => "the number that the browser tab shows",
            () if self.client_name.is_some() => "its name as shown",
            () if !self.changes.is_empty() || self.new_server.is_some() => "the name of the server",
            () => "where the answer goes, as shown",
        }
    }

    /// What a person is told to type. The number and the code are not told: who types them has seen them in the tab, or at the program
    /// that asks.
    pub fn hint(&self) -> String {
        let is_compared = self.call.is_none() && (self.kind == "device" || (self.has_page && self.number.is_none()));
        if is_compared { self.typed().to_owned() } else { visible_line(&self.phrase()) }
    }

    /// Whether two questions are gone through together: those of one App, or of one server where there is none. A name alone makes no
    /// App, since every program chooses its own.
    pub fn belongs_to(&self, other: &Self) -> bool {
        let has_app = self.client_name.is_some() || self.cause.is_some();
        self.client_name == other.client_name && self.cause == other.cause && (has_app || self.server == other.server)
    }

    /// The same question without what ties it to a browser tab or to a program: who types that has seen it there.
    #[must_use]
    pub fn without_what_is_compared(mut self) -> Self {
        (self.number, self.user_code) = (None, None);
        self
    }

    /// Whether a person typed it.
    pub fn is_allowed_by(&self, typed: &str) -> bool {
        match &self.user_code {
            Some(code) => code.is_typed_as(typed),
            None => !typed.trim().is_empty() && typed.trim() == self.phrase(),
        }
    }
}

/// Questions of one App one after the other, and the App first whose question is the oldest.
pub fn grouped<T>(asked: Vec<T>, view: impl Fn(&T) -> QuestionView) -> Vec<T> {
    let mut groups: Vec<(QuestionView, Vec<T>)> = Vec::new();
    for one in asked {
        let its = view(&one);
        match groups.iter_mut().find(|(first, _)| its.belongs_to(first)) {
            Some((_, group)) => group.push(one),
            None => groups.push((its, vec![one])),
        }
    }
    groups.into_iter().flat_map(|(_, group)| group).collect()
}

impl OfferView {
    /// Whether there is nothing to tick.
    pub const fn is_empty(&self) -> bool {
        self.tools.is_empty() && self.prompts.is_none() && self.resources.is_none()
    }
}
