//! A question as every front end shows it: the window, the terminal, `requests --json`. One set of facts and words.

use doorward_oauth::{
    consent::{ConsentKind, UNNAMED},
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
    /// `connect` or `reconnect`.
    pub kind: String,
    /// For `reconnect`: when it was allowed.
    pub allowed_at: Option<i64>,
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
        let allowed_at = match &request.kind {
            ConsentKind::Connect => None,
            ConsentKind::Reconnect { allowed_at } => Some(allowed_at.as_secs()),
        };
        Self {
            id: question.id.number(),
            kind: request.kind.as_str().to_owned(),
            allowed_at,
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

    /// What a person types to say yes at a terminal: the number where a browser page shows one, otherwise the
    /// application's name as shown, or where the answer goes when the program has no name. A reflex does not do it.
    pub fn phrase(&self) -> String {
        match (self.number, &self.client_name) {
            (Some(number), _) => number.to_string(),
            (None, Some(name)) => name.clone(),
            (None, None) => self.destination.to_string(),
        }
    }

    /// The question for a terminal: plain text, no colour needed.
    pub fn text(&self) -> String {
        let sentence = match self.kind.as_str() {
            "reconnect" => format!("\u{201c}{}\u{201d} is signing in again to {}", self.shown_name(), self.server),
            _ => format!("\u{201c}{}\u{201d} wants to use {}", self.shown_name(), self.server),
        };
        let mut lines = vec![format!("Request {}: {sentence}", self.id)];
        if self.name_altered {
            lines.push("  Its name has characters that are not shown.".to_owned());
        }
        lines.push(format!("  May             {}", self.scope_words.join("; ")));
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
