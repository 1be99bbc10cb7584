//! Asking on the terminal that `doorward serve --no-gui` runs in.

use std::{
    collections::BTreeMap,
    io::{BufRead, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
};

use doorward_oauth::consent::ConsentDecision;
use doorward_words::Said;

use super::{
    queue::{ConsentQueue, PromptId, Prompter, Question},
    view::QuestionView,
};

/// Prints each question. With a person at the terminal it reads the answer there; without one it says how to answer
/// from another terminal.
pub struct TerminalPrompter {
    interactive: bool,
    open: Mutex<BTreeMap<PromptId, QuestionView>>,
}

impl TerminalPrompter {
    /// A prompter on this process's standard input and error.
    pub fn new() -> Arc<Self> {
        let interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Arc::new(Self { interactive, open: Mutex::default() })
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

    /// Understands one line and answers the oldest question with it.
    fn answer(&self, queue: &ConsentQueue, line: &str) -> Option<String> {
        let first = self.open.lock().unwrap_or_else(PoisonError::into_inner).values().next().cloned();
        let Some(question) = first else {
            return (!line.is_empty()).then(|| "Nothing is waiting.".to_owned());
        };
        let decision = match line {
            "" => return Some(hint(&question)),
            "no" | "n" | "deny" => ConsentDecision::deny(),
            typed if question.is_allowed_by(typed) => ConsentDecision::as_shown(),
            _ => return Some(hint(&question)),
        };
        let is_yes = decision.is_yes();
        Some(match queue.answer(PromptId::from_number(question.id), decision) {
            Ok(()) if is_yes => question.allowed().to_string(),
            Ok(()) => "Denied. Nothing was given.".to_owned(),
            Err(gone) => gone.to_string(),
        })
    }
}

fn hint(question: &QuestionView) -> String {
    format!("To allow request {}, type: {}   To deny it, type: no", question.id, question.hint())
}

fn say(text: &str) {
    // Nobody is left to be told when the terminal is gone.
    let _ = writeln!(std::io::stderr(), "{text}");
}

impl Prompter for TerminalPrompter {
    fn show(&self, question: &Question) {
        let view = QuestionView::from(question);
        let next = if self.interactive {
            hint(&view)
        } else {
            format!("Answer it from a terminal: doorward approve {0}   or: doorward deny {0}", view.id)
        };
        say(&format!("\n{}\n{next}", view.text()));
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(question.id, view);
    }

    fn learned(&self, question: &Question) {
        let view = QuestionView::from(question);
        say(&format!("\nNow it is known who asks.\n{}", view.text()));
        self.open.lock().unwrap_or_else(PoisonError::into_inner).entry(question.id).and_modify(|known| *known = view);
    }

    fn notice(&self, said: &Said) {
        say(&format!("\n{said}"));
    }

    fn withdraw(&self, id: PromptId) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.remove(&id).is_some() {
            say(&format!("Request {id} is not waiting any more."));
            if let (true, Some(next)) = (self.interactive, open.values().next()) {
                say(&hint(next));
            }
        }
    }
}
