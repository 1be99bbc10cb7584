//! A question in sentences, for where no page shows it: the terminal, in English, and the toolkit's own dialog, in the person's language.

use doorward_oauth::{
    arguments::{Lead, visible_line},
    consent::{Difference, WhyAsked},
    grant::UNUSED_FOR,
    program::{Program, ProgramFile, Sighting, Signature},
    redirect::Destination,
    tool::{Group, Looked, Mode},
};
use doorward_words::{Language, Said, Words};

use super::view::{CallView, OfferView, OfferedToolView, OfferedView, QuestionView};

/// An argument with more characters is told with their number, so that nobody takes its first screen for all of it.
const LONG: usize = 400;
/// How much of a command line is told, which its program chose and nobody allows.
const LONGEST_LINE: usize = 400;

/// One line about a question: what it is about, and what is known of that.
struct Fact {
    /// Nothing, where a sentence stands by itself.
    label: Option<Said>,
    values: Vec<Said>,
}

impl Fact {
    fn new(label: &'static str, values: impl IntoIterator<Item = Said>) -> Self {
        Self { label: Some(Said::plain(label)), values: values.into_iter().collect() }
    }

    fn sentence(said: Said) -> Self {
        Self { label: None, values: vec![said] }
    }

    fn in_english(&self) -> String {
        self.value(Words::of(Language::English), Said::to_string)
    }

    fn told(&self, words: &Words) -> String {
        self.value(words, |said| words.tell(said))
    }

    fn value(&self, words: &Words, tell: impl Fn(&Said) -> String) -> String {
        words.list(&self.values.iter().map(tell).collect::<Vec<_>>())
    }
}

impl QuestionView {
    /// The question in one sentence.
    pub fn sentence(&self) -> Said {
        let server = self.server.as_str();
        if self.new_server.is_some() {
            return Said::plain("start-as").with("server", server);
        }
        if !self.changes.is_empty() {
            return Said::plain("server-changed").with("server", server);
        }
        if let Some(call) = &self.call {
            return self.naming("wants-to-run").with("tool", visible_line(&call.tool)).with("server", server);
        }
        let wants = match self.kind.as_str() {
            "reconnect" if self.wider => "wants-more",
            "reconnect" => "again",
            "device" => "wants-with-code",
            _ => "wants",
        };
        self.naming(wants).with("server", server)
    }

    /// What a yes has done, in one sentence.
    pub fn allowed(&self) -> Said {
        let server = self.server.as_str();
        match &self.call {
            Some(call) => self.naming("allowed-call").with("tool", visible_line(&call.tool)).with("server", server),
            None if self.new_server.is_some() => Said::plain("added").with("server", server),
            None if self.changes.is_empty() => self.naming("allowed-use").with("server", server),
            None => Said::plain("allowed-change").with("server", server),
        }
    }

    fn naming(&self, message: &'static str) -> Said {
        let named = if self.client_name.is_some() { "yes" } else { "no" };
        Said::plain(message).with("named", named).with("name", self.client_name.as_deref().unwrap_or_default())
    }

    /// The question for a terminal: plain text, no colour needed. What others wrote stays to the right of the labels.
    pub fn text(&self) -> String {
        let line = |fact: Fact| {
            let value = fact.in_english();
            match fact.label {
                Some(label) => format!("  {:<17} {}", label.to_string(), value.replace('\n', &format!("\n{:20}", ""))),
                None => format!("  {}", value.replace('\n', "\n  ")),
            }
        };
        let first = format!("Request {}: {}", self.id, self.sentence());
        std::iter::once(first).chain(self.facts().into_iter().map(line)).collect::<Vec<_>>().join("\n")
    }

    /// What is known about the question, a line each, in a language.
    pub fn lines(&self, words: &Words) -> String {
        let line = |fact: Fact| {
            let value = fact.told(words);
            fact.label.map_or(value.clone(), |label| words.say("fact", &[("label", words.tell(&label).into()), ("value", value.into())]))
        };
        self.facts().into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = self.against();
        let name = [(self.name_altered, "name-altered"), (self.name_shortened, "name-shortened")];
        facts.extend(name.into_iter().filter(|(is_so, _)| *is_so).map(|(_, said)| Fact::sentence(Said::plain(said))));
        if let Some(call) = &self.call {
            facts.extend(call.facts());
            facts.push(Fact::new("called-by", program(&self.requester)));
            facts.push(Fact::new("registered-by", self.beside(&self.registrant, &self.requester)));
            facts.push(Fact::new("detail-client", [Said::verbatim(visible_line(&self.client_id))]));
        } else if let Some(new) = &self.new_server {
            facts.push(Fact::new("fact-command", [Said::verbatim(&new.command)]));
            facts.push(Fact::new("new-folder", [Said::verbatim(&new.folder)]));
            facts.extend(new.environment.iter().map(|(name, value)| Fact::new("new-variable", [variable(name, value.as_deref())])));
            let asked = if new.by_hand { vec![Said::plain("asked-by-you")] } else { program(&self.requester) };
            facts.push(Fact::new("asked-by", asked));
        } else if self.changes.is_empty() {
            facts.extend(self.connecting());
        } else {
            facts.push(Fact::sentence(Said::plain("changed-text")));
            for change in &self.changes {
                for Difference { part, before, after } in &change.differences {
                    let what = Said::plain("fact-change").with("tool", visible_line(&change.tool)).with_said("part", part.clone());
                    facts.push(Fact::sentence(what));
                    facts.push(Fact::new("change-before", [Said::verbatim(before)]));
                    facts.push(Fact::new("change-after", [Said::verbatim(after)]));
                }
            }
        }
        facts.push(Fact::new("fact-refused", [Said::verbatim(self.refused_at())]));
        facts
    }

    /// When silence becomes a no, in this computer's time zone.
    pub fn refused_at(&self) -> String {
        moment(self.expires_at, "%Y-%m-%d %H:%M")
    }

    /// What speaks against a yes, which is told before all else.
    fn against(&self) -> Vec<Fact> {
        let connects = self.call.is_none() && self.new_server.is_none() && self.changes.is_empty();
        let both = self
            .listener
            .program()
            .zip(self.registrant.program())
            .filter(|(listener, registrant)| connects && listener.identity() != registrant.identity());
        let other = both.map(|(listener, registrant)| {
            let exact = listener.name == registrant.name;
            let other = Said::plain("other-program").with_said("listener", in_a_word(listener, exact));
            Fact::sentence(other.with_said("registrant", in_a_word(registrant, exact)))
        });
        let known = |program: &String| Fact::sentence(Said::plain("known-as").with("program", visible_line(program)));
        let like = |name: &String| Fact::sentence(Said::plain("looks-like").with("name", visible_line(name)));
        other.into_iter().chain(self.known_as.iter().map(known)).chain(self.looks_like.iter().map(like)).collect()
    }

    fn connecting(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self.history().map(Fact::sentence).into_iter().collect();
        facts.extend(self.may());
        let days = UNUSED_FOR.as_secs() / (24 * 60 * 60);
        facts.push(Fact::new("fact-how-long", [Said::plain("fact-until").counting("days", days)]));
        facts.push(Fact::new("fact-answer", [answer_goes_to(&self.destination)]));
        let listener = match &self.listener {
            Sighting::Nobody => vec![Said::plain("fact-nobody")],
            Sighting::Seen(_) | Sighting::CannotTell { .. } => program(&self.listener),
        };
        facts.push(Fact::new("fact-waiting", listener));
        facts.push(Fact::new("registered-by", self.beside(&self.registrant, &self.listener)));
        facts.push(Fact::new("asked-through", self.beside(&self.requester, &self.listener)));
        let tab = match self.number {
            Some(number) => Some(Said::plain("fact-shows").with("number", number.to_string())),
            None => self.has_page.then(|| Said::plain("fact-shows-number")),
        };
        facts.extend(tab.map(|tab| Fact::new("fact-tab", [tab])));
        facts.push(Fact::new("detail-client", [Said::verbatim(visible_line(&self.client_id))]));
        facts.push(Fact::new("detail-redirect", [Said::verbatim(visible_line(&self.redirect_uri))]));
        let scopes = match &self.scopes[..] {
            [] => Said::plain("detail-scopes-none"),
            scopes => Said::verbatim(visible_line(&scopes.join(" "))),
        };
        facts.push(Fact::new("detail-scopes", [scopes]));
        facts
    }

    /// Whether it was allowed before. A code is shown by programs of both kinds.
    fn history(&self) -> Option<Said> {
        match (self.allowed_at, self.kind.as_str()) {
            (Some(at), _) => Some(Said::plain("allowed-on").with("day", moment(at, "%Y-%m-%d"))),
            (None, "reconnect") => Some(Said::plain("allowed-before")),
            (None, "connect") => Some(Said::plain("first-request")),
            (None, _) => None,
        }
    }

    /// A program, in short where it is one that is told already.
    fn beside(&self, sighting: &Sighting, told: &Sighting) -> Vec<Said> {
        let same = sighting.program().zip(told.program());
        match same.filter(|(one, other)| one.pid == other.pid && one.identity() == other.identity()) {
            Some((same, _)) => vec![Said::plain("same-program").with("process", process(same))],
            None => program(sighting),
        }
    }

    /// What it would be allowed, as proposed.
    fn may(&self) -> Vec<Fact> {
        let Some(offer) = self.offer.as_ref().filter(|offer| !offer.is_empty()) else {
            let why = self.offer.as_ref().and_then(|offer| offer.not_known.clone());
            let groups = || match &self.scope_words[..] {
                [] => vec![Said::plain("may-nothing")],
                groups => groups.iter().map(|group| in_words(*group)).collect(),
            };
            return vec![Fact::new("may", why.map_or_else(groups, |why| vec![Said::plain("fact-no-tool").with_said("why", why)]))];
        };
        let modes = [("may", Mode::Allow), ("fact-asks", Mode::Ask), ("fact-may-not", Mode::Hide)];
        modes.into_iter().flat_map(|(label, mode)| offer.named(mode).into_iter().map(move |values| Fact::new(label, values))).collect()
    }
}

impl OfferView {
    /// What is proposed to be allowed, asked about, or hidden: the tools of each group, and what is offered as a whole.
    fn named(&self, mode: Mode) -> Vec<Vec<Said>> {
        let named = |tool: &OfferedToolView| match tool.looked {
            Looked::Changed => Said::plain("fact-paused").with("tool", visible_line(&tool.name)),
            Looked::New | Looked::Known => Said::verbatim(visible_line(&tool.name)),
        };
        let groups = Group::ALL.into_iter().map(|group| {
            let tools: Vec<Said> = self.tools.iter().filter(|tool| tool.proposed == mode && tool.group == group).map(named).collect();
            let heading = Said::plain(heading(group)).counting("n", tools.len());
            let first = |tool| Said::plain("fact-group").with_said("group", heading.clone()).with_said("tool", tool);
            tools.into_iter().enumerate().map(|(at, tool)| if at == 0 { first(tool) } else { tool }).collect()
        });
        let whole = |what: &'static str, offered: &Option<OfferedView>| {
            offered.as_ref().filter(|offered| offered.proposed == mode).map(|_| Said::plain(what))
        };
        let wholes = whole("fact-prompts", &self.prompts).into_iter().chain(whole("fact-resources", &self.resources)).collect();
        groups.chain([wholes]).filter(|values: &Vec<Said>| !values.is_empty()).collect()
    }
}

impl CallView {
    fn facts(&self) -> Vec<Fact> {
        let why = match self.why {
            WhyAsked::EachTime => "call-each-time",
            WhyAsked::NotAllowedYet => "call-not-allowed-yet",
        };
        let passed = match self.last_passed_at {
            Some(at) if self.passed > 0 => Said::plain("call-passed").counting("n", self.passed).with("when", moment(at, "%Y-%m-%d %H:%M")),
            Some(_) | None => Said::plain("call-never-passed"),
        };
        let mut facts = vec![Fact::new("fact-because", [Said::plain(why)]), Fact::sentence(passed)];
        facts.extend(self.description.iter().map(|says| Fact::new("fact-server-says", [Said::verbatim(visible_line(says))])));
        if self.arguments.is_empty() {
            facts.push(Fact::sentence(Said::plain("call-without-arguments")));
        }
        for argument in &self.arguments {
            // Between the parts of JSON these are but room.
            let shown = argument.value.replace(['\n', '\t'], " ");
            let value = match () {
                () if argument.cut => Said::plain("fact-cut").with("value", shown).counting("n", argument.length),
                () if argument.length > LONG => Said::plain("fact-long").with("value", shown).counting("n", argument.length),
                () => Said::verbatim(shown),
            };
            let values = std::iter::once(value).chain(argument.leads.iter().map(leading)).collect();
            // Its name is chosen by who calls, and must not look like a fact.
            facts.push(Fact { label: Some(Said::plain("fact-argument").with("name", &argument.name)), values });
        }
        facts
    }
}

/// A moment, in this computer's time zone. Digits are read in every language.
fn moment(seconds: i64, format: &str) -> String {
    let at = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system()).strftime(format).to_string()
}

const fn heading(group: Group) -> &'static str {
    match group {
        Group::Look => "group-look",
        Group::Change => "group-change",
        Group::Run => "group-run",
    }
}

/// The name of a program, or enough of it to tell it from another of the same name.
fn in_a_word(program: &Program, exact: bool) -> Said {
    match &program.script {
        _ if !exact => Said::verbatim(&program.name),
        Some(script) => Said::plain("other-script").with("name", &program.name).with("script", visible_line(script)),
        None => Said::verbatim(visible_line(&program.executable)),
    }
}

fn process(program: &Program) -> String {
    format!("{} ({})", program.name, program.pid)
}

/// Where a path really leads.
fn leading(lead: &Lead) -> Said {
    let said = match &lead.path {
        Some(path) => Said::plain("call-path-leads-to").with("path", path),
        None => Said::plain("call-leads-to"),
    };
    said.with("to", &lead.to)
}

fn variable(name: &str, value: Option<&str>) -> Said {
    match value {
        Some(value) => Said::verbatim(format!("{name}={value}")),
        None => Said::plain("fact-kept").with("name", name),
    }
}

fn answer_goes_to(destination: &Destination) -> Said {
    match destination {
        Destination::Loopback { .. } => Said::verbatim(destination.to_string()),
        Destination::PrivateScheme { scheme } => Said::plain("fact-opens").with("scheme", scheme),
        Destination::Web { host } => Said::plain("fact-leaves").with("host", host),
        Destination::Fetched => Said::plain("fact-fetched"),
    }
}

/// What may be done, in words.
const fn in_words(group: Group) -> Said {
    Said::plain(match group {
        Group::Look => "scope-look",
        Group::Change => "scope-change",
        Group::Run => "scope-run",
    })
}

/// What is known of a program.
fn program(sighting: &Sighting) -> Vec<Said> {
    match sighting {
        Sighting::Seen(program) => seen(program),
        Sighting::Nobody => vec![Said::plain("fact-not-seen")],
        Sighting::CannotTell { why } => vec![Said::plain("fact-cannot-tell").with_said("why", why.clone())],
    }
}

fn seen(program: &Program) -> Vec<Said> {
    let above: Vec<String> = program.shown_parents().iter().map(|parent| format!(" < {}", parent.name)).collect();
    let chain = Said::verbatim(visible_line(&format!("{}{}", process(program), above.concat())));
    let executable = visible_line(&program.executable);
    let runs = match &program.script {
        Some(script) => Said::plain("fact-runs").with("executable", executable).with("script", visible_line(script)),
        None => Said::verbatim(executable),
    };
    [Some(chain), Some(runs), signature(&program.signature), file(program.file), command_line(program)].into_iter().flatten().collect()
}

/// The command line, one that shows where each argument begins and ends.
fn command_line(program: &Program) -> Option<Said> {
    let quoted = |word: &String| {
        let plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || "\"'\\".contains(c));
        visible_line(&if plain { word.clone() } else { serde_json::Value::from(word.as_str()).to_string() })
    };
    let line = program.arguments.iter().map(quoted).collect::<Vec<_>>().join(" ");
    let length = line.chars().count();
    let shown = match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => Said::plain("fact-cut").with("value", &line[..end]).counting("n", length),
        None => Said::verbatim(line),
    };
    (length > 0).then(|| Said::plain("fact-command-line").with_said("line", shown))
}

/// What is said about a signature; nothing where programs are not signed.
fn signature(signature: &Signature) -> Option<Said> {
    match signature {
        Signature::NotLooked => None,
        Signature::Unsigned => Some(Said::plain("fact-unsigned")),
        Signature::Signed { by } => Some(Said::plain("fact-signed").with("by", visible_line(by))),
        Signature::Broken => Some(Said::plain("fact-broken")),
        Signature::CannotTell { why } => Some(Said::plain("fact-signer-unknown").with_said("why", why.clone())),
    }
}

/// What is said about a program's file when it is no longer the one that runs.
const fn file(file: ProgramFile) -> Option<Said> {
    match file {
        ProgramFile::AsStarted => None,
        ProgramFile::ChangedOrGone => Some(Said::plain("fact-file")),
    }
}

#[cfg(test)]
mod tests;
