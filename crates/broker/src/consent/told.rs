//! A question in sentences, for where no page shows it: the terminal, in English, and the toolkit's own dialog, in the person's language.

use doorward_oauth::{
    arguments::{Lead, visible_line},
    consent::{Difference, WhyAsked},
    grant::UNUSED_FOR,
    program::{Program, ProgramFile, Sighting, Signature},
    redirect::Destination,
    tool::{Group, Looked, Mode},
};
use doorward_words::{Said, Words};

use super::view::{CallView, OfferView, OfferedToolView, OfferedView, QuestionView};

/// How much of an argument is told.
const LONGEST: usize = 400;

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

    fn value(&self, tell: impl Fn(&Said) -> String) -> String {
        self.values.iter().map(tell).collect::<Vec<_>>().join(", ")
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

    /// The question for a terminal: plain text, no colour needed.
    pub fn text(&self) -> String {
        let line = |fact: Fact| {
            let value = fact.value(Said::to_string);
            fact.label.map_or_else(|| format!("  {value}"), |label| format!("  {:<16}{value}", label.to_string()))
        };
        let first = format!("Request {}: {}", self.id, self.sentence());
        std::iter::once(first).chain(self.facts().into_iter().map(line)).collect::<Vec<_>>().join("\n")
    }

    /// What is known about the question, a line each, in a language.
    pub fn lines(&self, words: &Words) -> String {
        let line = |fact: Fact| {
            let value = fact.value(|said| words.tell(said));
            fact.label.map_or(value.clone(), |label| words.say("fact", &[("label", words.tell(&label).into()), ("value", value.into())]))
        };
        self.facts().into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self.name_altered.then(|| Fact::sentence(Said::plain("name-altered"))).into_iter().collect();
        if let Some(call) = &self.call {
            facts.extend(call.facts());
            facts.push(Fact::new("called-by", program(&self.requester)));
            facts.push(Fact::new("registered-by", program(&self.registrant)));
        } else if let Some(new) = &self.new_server {
            facts.push(Fact::new("fact-command", [Said::verbatim(&new.command)]));
            facts.push(Fact::new("new-folder", [Said::verbatim(&new.folder)]));
            facts.extend(new.environment.iter().map(|(name, value)| Fact::new("new-variable", [variable(name, value.as_deref())])));
            let asked = if new.by_hand { vec![Said::plain("asked-by-you")] } else { program(&self.requester) };
            facts.push(Fact::new("asked-by", asked));
        } else if self.changes.is_empty() {
            facts.extend(self.connecting());
        } else {
            for change in &self.changes {
                for Difference { part, before, after } in &change.differences {
                    let what = Said::plain("fact-change").with("tool", visible_line(&change.tool)).with_said("part", part.clone());
                    facts.push(Fact::sentence(what));
                    facts.push(Fact::new("change-before", [Said::verbatim(before)]));
                    facts.push(Fact::new("change-after", [Said::verbatim(after)]));
                }
            }
        }
        facts
    }

    fn connecting(&self) -> Vec<Fact> {
        let known = |program: &String| Fact::sentence(Said::plain("known-as").with("program", visible_line(program)));
        let mut facts: Vec<Fact> = self.known_as.iter().map(known).collect();
        facts.extend(self.may());
        let days = UNUSED_FOR.as_secs() / (24 * 60 * 60);
        facts.push(Fact::new("fact-how-long", [Said::plain("fact-until").counting("days", days)]));
        facts.push(Fact::new("fact-answer", [answer_goes_to(&self.destination)]));
        let listener = match &self.listener {
            Sighting::Nobody => vec![Said::plain("fact-nobody")],
            Sighting::Seen(_) | Sighting::CannotTell { .. } => program(&self.listener),
        };
        facts.push(Fact::new("fact-waiting", listener));
        facts.push(Fact::new("registered-by", program(&self.registrant)));
        facts.push(Fact::new("asked-through", program(&self.requester)));
        let number = self.number.map(|number| Said::plain("fact-shows").with("number", number.to_string()));
        facts.extend(number.map(|number| Fact::new("fact-tab", [number])));
        facts
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
        let fact = |(label, mode)| Fact::new(label, offer.named(mode));
        let modes = [("may", Mode::Allow), ("fact-asks", Mode::Ask), ("fact-may-not", Mode::Hide)];
        modes.into_iter().map(fact).filter(|fact| !fact.values.is_empty()).collect()
    }
}

impl OfferView {
    /// What is proposed to be allowed, asked about, or hidden.
    fn named(&self, mode: Mode) -> Vec<Said> {
        let named = |tool: &OfferedToolView| match tool.looked {
            Looked::Changed => Said::plain("fact-paused").with("tool", visible_line(&tool.name)),
            Looked::New | Looked::Known => Said::verbatim(visible_line(&tool.name)),
        };
        let whole =
            |what: &'static str, offered: &Option<OfferedView>| offered.as_ref().filter(|o| o.proposed == mode).map(|_| Said::plain(what));
        let tools = self.tools.iter().filter(|tool| tool.proposed == mode).map(named);
        tools.chain(whole("fact-prompts", &self.prompts)).chain(whole("fact-resources", &self.resources)).collect()
    }
}

impl CallView {
    fn facts(&self) -> Vec<Fact> {
        let why = match self.why {
            WhyAsked::EachTime => "call-each-time",
            WhyAsked::NotAllowedYet => "call-not-allowed-yet",
        };
        let mut facts = vec![Fact::new("fact-because", [Said::plain(why)])];
        for argument in &self.arguments {
            let shown: String = argument.value.chars().take(LONGEST).collect();
            let value = if argument.length > LONGEST {
                Said::plain("fact-cut").with("value", shown).counting("n", argument.length)
            } else {
                Said::verbatim(shown)
            };
            let values = std::iter::once(value).chain(argument.leads.iter().map(leading)).collect();
            facts.push(Fact { label: Some(Said::verbatim(&argument.name)), values });
        }
        facts.push(Fact::new("fact-passed", [Said::plain("fact-times").counting("n", self.passed)]));
        facts
    }
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
    let chain = Said::verbatim(visible_line(&format!("{} ({}){}", program.name, program.pid, above.concat())));
    let executable = visible_line(&program.executable);
    let runs = match &program.script {
        Some(script) => Said::plain("fact-runs").with("executable", executable).with("script", visible_line(script)),
        None => Said::verbatim(executable),
    };
    [Some(chain), Some(runs), signature(&program.signature), file(program.file)].into_iter().flatten().collect()
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
mod tests {
    use doorward_oauth::program::Parent;
    use doorward_words::Language;

    use super::*;

    #[test]
    fn a_program_is_told_with_its_signature_and_up_to_the_window_it_came_from() {
        let parent = |name: &str, graphical| Parent { pid: 1, name: name.into(), started: 1, graphical };
        let known = Program {
            pid: 7,
            name: "agent".into(),
            executable: "/bin/agent".into(),
            script: None,
            arguments: vec![],
            parents: vec![parent("zsh", false), parent("xterm", true), parent("openbox", true)],
            started: 1,
            signature: Signature::default(),
            file: ProgramFile::default(),
        };
        let line = |known: &Program| Fact::new("asked-by", program(&Sighting::Seen(known.clone()))).value(Said::to_string);
        assert_eq!(line(&known), "agent (7) < zsh < xterm, /bin/agent");
        let signed = Program { signature: Signature::Signed { by: "Example\nLtd".into() }, ..known.clone() };
        assert!(line(&signed).starts_with("agent (7) < zsh < xterm, /bin/agent, signed by Example"), "{}", line(&signed));
        assert!(!line(&signed).contains('\n'), "what a certificate says stays on one line");
        let gone = Program { file: ProgramFile::ChangedOrGone, signature: Signature::Unsigned, ..known };
        assert_eq!(line(&gone), "agent (7) < zsh < xterm, /bin/agent, not signed, its file was changed or is gone since it started");
    }

    #[test]
    fn who_may_be_seen_is_told_in_the_language_of_the_person() {
        let words = Words::of(Language::German);
        let fact = Fact::new("asked-by", program(&Sighting::Nobody));
        assert_eq!(fact.value(|said| words.tell(said)), words.say("fact-not-seen", &[]));
        assert_ne!(fact.value(|said| words.tell(said)), fact.value(Said::to_string));
    }
}
