//! A question as every front end shows it: the window, the terminal, `requests --json`. One set of facts and words.

use doorward_oauth::{
    consent::{ConsentKind, UNNAMED},
    device::UserCode,
    grant::UNUSED_FOR,
    program::Sighting,
    redirect::Destination,
};
use serde::{Deserialize, Serialize};

use super::queue::Question;

/// A question, flat and ready to show. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuestionView {
    /// What people type.
    pub id: u64,
    /// `connect`, `reconnect` or `device`.
    pub kind: String,
    /// For `reconnect`: when it was allowed.
    pub allowed_at: Option<i64>,
    /// For `device`: the code that the program shows. Kept from programs that list the requests.
    pub user_code: Option<UserCode>,
    /// The name the program gave itself.
    pub client_name: Option<String>,
    /// Whether that name had characters that are not shown.
    pub name_altered: bool,
    /// The registration.
    pub client_id: String,
    /// The server asked for.
    pub server: String,
    /// The scopes on the wire.
    pub scopes: Vec<String>,
    /// The scopes in words.
    pub scope_words: Vec<String>,
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
    /// When it was asked.
    pub asked_at: i64,
    /// When silence becomes a no.
    pub expires_at: i64,
}

impl From<&Question> for QuestionView {
    fn from(question: &Question) -> Self {
        let request = &question.request;
        let (allowed_at, user_code) = match &request.kind {
            ConsentKind::Connect => (None, None),
            ConsentKind::Reconnect { allowed_at } => (Some(allowed_at.as_secs()), None),
            ConsentKind::Device { user_code } => (None, Some(user_code.clone())),
        };
        Self {
            id: question.id.number(),
            kind: request.kind.as_str().to_owned(),
            allowed_at,
            user_code,
            client_name: request.client_name.as_ref().map(|name| name.as_str().to_owned()),
            name_altered: request.client_name.as_ref().is_some_and(|name| name.altered()),
            client_id: request.client.to_string(),
            server: request.server.to_string(),
            scopes: request.scopes.iter().map(str::to_owned).collect(),
            scope_words: vec!["Use all of its tools: look, change, and delete or run".to_owned()],
            destination: request.destination.clone(),
            redirect_uri: request.redirect_uri.clone(),
            requester: request.requester.clone(),
            registrant: request.registrant.clone(),
            listener: request.listener.clone(),
            number: request.number,
            has_page: request.number.is_some(),
            asked_at: request.asked_at.as_secs(),
            expires_at: question.expires_at.as_secs(),
        }
    }
}

impl QuestionView {
    /// The name as lists show it.
    pub fn shown_name(&self) -> &str {
        self.client_name.as_deref().unwrap_or(UNNAMED)
    }

    /// What a person types to say yes at a terminal: the code that the program shows or the number that a browser page
    /// shows, otherwise the application's name as shown, or where the answer goes when the program has no name. A reflex does
    /// not do it.
    pub fn phrase(&self) -> String {
        match (&self.user_code, self.number, &self.client_name) {
            (Some(code), ..) => code.to_string(),
            (None, Some(number), _) => number.to_string(),
            (None, None, Some(name)) => name.clone(),
            (None, None, None) => self.destination.to_string(),
        }
    }

    /// What a person is told to type. A code is not told: who types it has seen it at the program that asks.
    pub fn hint(&self) -> String {
        match (&self.user_code, self.number) {
            (Some(_), _) => "the code that the program shows".to_owned(),
            (None, Some(_)) | (None, None) => self.phrase(),
        }
    }

    /// Whether a person typed it.
    pub fn is_allowed_by(&self, typed: &str) -> bool {
        match &self.user_code {
            Some(code) => code.is_typed_as(typed),
            None => typed.trim() == self.phrase(),
        }
    }

    /// The question for a terminal: plain text, no colour needed.
    pub fn text(&self) -> String {
        let sentence = match self.kind.as_str() {
            "reconnect" => format!("\u{201c}{}\u{201d} is signing in again to {}", self.shown_name(), self.server),
            "device" => format!("\u{201c}{}\u{201d} wants to use {}, and shows a code", self.shown_name(), self.server),
            _ => format!("\u{201c}{}\u{201d} wants to use {}", self.shown_name(), self.server),
        };
        let mut lines = vec![format!("Request {}: {sentence}", self.id)];
        if self.name_altered {
            lines.push("  Its name has characters that are not shown.".to_owned());
        }
        lines.push(format!("  May             {}", self.scope_words.join("; ")));
        lines.push(format!(
            "  How long        until you take it back; it ends after {} days without use",
            UNUSED_FOR.as_secs() / (24 * 60 * 60)
        ));
        lines.push(format!("  Answer goes to  {}", self.answer_goes_to()));
        lines.push(format!("  Waiting there   {}", describe(&self.listener, "nothing on this computer")));
        lines.push(format!("  Registered by   {}", describe(&self.registrant, "cannot tell")));
        lines.push(format!("  Asked through   {}", describe(&self.requester, "cannot tell")));
        if let Some(number) = self.number {
            lines.push(format!("  Browser tab     shows {number}"));
        }
        lines.join("\n")
    }

    fn answer_goes_to(&self) -> String {
        match &self.destination {
            Destination::Loopback { .. } => self.destination.to_string(),
            Destination::PrivateScheme { scheme } => format!("the program that opens {scheme}: links"),
            Destination::Web { host } => format!("{host} (it leaves this computer)"),
            Destination::Fetched => "the program that asked, which fetches it".to_owned(),
        }
    }
}

/// A sighting in one line.
pub fn describe(sighting: &Sighting, nobody: &str) -> String {
    match sighting {
        Sighting::Seen(program) => {
            let above: Vec<String> = program.parents.iter().map(|parent| format!(" < {}", parent.name)).collect();
            let what = program
                .script
                .as_ref()
                .map_or_else(|| program.executable.clone(), |script| format!("{} running {script}", program.executable));
            format!("{} ({}){}, {what}", program.name, program.pid, above.concat())
        }
        Sighting::Nobody => nobody.to_owned(),
        Sighting::CannotTell { why } => format!("cannot tell: {why}"),
    }
}
