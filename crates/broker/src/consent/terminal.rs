//! Asking on the terminal that `doorward serve --no-gui` runs in.

use std::{
    collections::BTreeMap,
    io::{BufRead, IsTerminal, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use doorward_oauth::consent::{ConsentDecision, Denial};
use doorward_words::Said;

use super::{
    mutes,
    queue::{ConsentQueue, PromptId, Prompter, Question},
    view::QuestionView,
};

/// What stands on the terminal when several questions are open: they are gone through App by App.
#[derive(Default)]
struct Open {
    questions: BTreeMap<PromptId, QuestionView>,
    /// The program that is denied with all of its questions, where there is one.
    nuisances: BTreeMap<PromptId, (String, String)>,
    /// The question that is answered now, or was last: its App's come next.
    last: Option<QuestionView>,
    /// The question that is being answered here: whoever does needs not be told that it ended.
    answering: Option<PromptId>,
}

impl Open {
    /// The question that a line answers: the oldest, of the same App as the one before if there is one.
    fn current(&mut self) -> Option<&QuestionView> {
        let last = self.last.take();
        let same = last.and_then(|last| self.questions.values().find(|question| question.belongs_to(&last)));
        let current = same.or_else(|| self.questions.values().next())?;
        self.last = Some(current.clone());
        Some(current)
    }

    /// What can be typed about a question.
    fn hint(&self, question: &QuestionView) -> String {
        let mut hint = format!("To allow request {}, type: {}   To deny it, type: no", question.id, question.hint());
        let of = self.nuisances.get(&PromptId::from_number(question.id));
        if self.nuisances.values().filter(|other| Some(*other) == of).count() > 1 {
            hint.push_str("   To deny all of the same program, type: no all");
        }
        if question.more_time {
            hint.push_str("   For more time, type: more");
        }
        hint
    }
}

/// Prints each question. With a person at the terminal it reads the answer there; without one it says how to answer
/// from another terminal.
pub struct TerminalPrompter {
    interactive: bool,
    tells_numbers: bool,
    open: Mutex<Open>,
}

impl TerminalPrompter {
    /// A prompter on this process's standard input and error. `tells_numbers`: whether the number of the browser tab is printed, which
    /// only scripts need that answer without a person.
    pub fn new(tells_numbers: bool) -> Arc<Self> {
        let interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Arc::new(Self { interactive, tells_numbers, open: Mutex::default() })
    }

    /// Reads answers from the terminal until it is closed. Does nothing when there is none.
    pub fn listen(self: &Arc<Self>, queue: ConsentQueue) {
        if !self.interactive {
            return;
        }
        let this = self.clone();
        // A thread of its own: reading a terminal blocks for as long as the person likes.
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                let Ok(line) = line else { return };
                if let Some(reply) = this.answer(&queue, line.trim()) {
                    say(&reply);
                }
            }
        });
    }

    /// Understands one line and answers the question with it that is the first now.
    fn answer(&self, queue: &ConsentQueue, line: &str) -> Option<String> {
        let (id, shown) = {
            let mut open = self.lock();
            let Some(shown) = open.current().cloned() else {
                return (!line.is_empty()).then(|| "Nothing is waiting.".to_owned());
            };
            (PromptId::from_number(shown.id), shown)
        };
        // What is typed is compared with what was put, not with what is printed.
        let Some(question) = queue.find(id) else { return Some("That request is not waiting any more.".to_owned()) };
        let question = QuestionView::from(&question);
        let decision = match line {
            "no" | "n" | "deny" => ConsentDecision::deny(),
            "no all" => match queue.deny_all(id, &Denial::default()) {
                0 => ConsentDecision::deny(),
                denied => return Some(format!("Denied {denied}. Nothing was given.")),
            },
            "more" => return Some(self.more_time(queue, id)),
            typed if !typed.is_empty() && question.is_allowed_by(typed) => ConsentDecision::as_shown(),
            _ => return Some(self.lock().hint(&shown)),
        };
        let is_yes = decision.is_yes();
        self.lock().answering = Some(id);
        let answered = queue.answer(id, decision);
        self.lock().answering = None;
        Some(match answered {
            Ok(()) if is_yes => question.allowed().to_string(),
            Ok(()) => "Denied. Nothing was given.".to_owned(),
            Err(gone) => gone.to_string(),
        })
    }

    fn more_time(&self, queue: &ConsentQueue, id: PromptId) -> String {
        if !queue.extend(id) {
            return format!("Request {id} cannot wait longer.");
        }
        let Some(question) = queue.find(id) else { return format!("Request {id} is not waiting any more.") };
        let view = self.shown(&question);
        let said = format!("Request {id} now waits until {}.", view.refused_at());
        self.lock().questions.entry(id).and_modify(|known| *known = view);
        said
    }

    /// A question as it is printed.
    fn shown(&self, question: &Question) -> QuestionView {
        let view = QuestionView::from(question);
        if self.tells_numbers { view } else { view.without_what_is_compared() }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn say(text: &str) {
    // Nobody is left to be told when the terminal is gone.
    let _ = writeln!(std::io::stderr(), "{text}");
}

impl Prompter for TerminalPrompter {
    fn show(&self, question: &Question) {
        let view = self.shown(question);
        let mut open = self.lock();
        open.questions.insert(question.id, view.clone());
        open.nuisances.extend(mutes::nuisance(&question.request).map(|of| (question.id, of)));
        // The one that a line answers, which is an older one if another is open.
        let next = match open.current().cloned() {
            Some(current) if self.interactive => open.hint(&current),
            _ => format!("Answer it from a terminal: doorward approve {0}   or: doorward deny {0}", view.id),
        };
        say(&format!("\n{}\n{next}", view.text()));
    }

    fn learned(&self, question: &Question) {
        let view = self.shown(question);
        say(&format!("\nNow it is known who asks.\n{}", view.text()));
        self.lock().questions.entry(question.id).and_modify(|known| *known = view);
    }

    fn notice(&self, said: &Said) {
        say(&format!("\n{said}"));
    }

    fn withdraw(&self, id: PromptId) {
        let mut open = self.lock();
        open.nuisances.remove(&id);
        if open.questions.remove(&id).is_some() {
            if open.answering != Some(id) {
                say(&format!("Request {id} is not waiting any more."));
            }
            if let (true, Some(next)) = (self.interactive, open.current().cloned()) {
                say(&open.hint(&next));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use doorward_oauth::{
        consent::{Change, ConsentKind, ConsentRequest},
        id::ServerName,
        time::UnixTime,
    };

    use super::*;

    fn question(id: u64, server: &str) -> Question {
        let request = ConsentRequest {
            server: ServerName::parse(server).expect("a name"),
            kind: ConsentKind::Changed(vec![Change { tool: "read".into(), differences: Vec::new() }]),
            may_take_focus: false,
            asked_at: UnixTime::from_secs(0),
        };
        let expires_at = UnixTime::from_secs(300);
        Question { id: PromptId::from_number(id), request, expires_at, put_off: false, extensions: 0, learned: false }
    }

    #[test]
    fn a_line_answers_the_oldest_question_and_then_those_that_belong_to_it() {
        let terminal = TerminalPrompter::new(false);
        for (id, server) in [(1, "files"), (2, "notes"), (3, "files"), (4, "notes")] {
            terminal.show(&question(id, server));
        }
        for expected in [1, 3, 2, 4] {
            let current = terminal.lock().current().expect("one is open").id;
            assert_eq!(current, expected);
            terminal.withdraw(PromptId::from_number(current));
        }
        assert!(terminal.lock().current().is_none());
    }

    #[test]
    fn more_time_is_offered_as_long_as_there_is_any() {
        let terminal = TerminalPrompter::new(false);
        let hint = |extensions| {
            let view = terminal.shown(&Question { extensions, ..question(1, "files") });
            terminal.lock().hint(&view)
        };
        assert_eq!(hint(9), "To allow request 1, type: files   To deny it, type: no   For more time, type: more");
        assert_eq!(hint(10), "To allow request 1, type: files   To deny it, type: no");
    }
}
