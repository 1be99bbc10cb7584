//! `changes`: a tool that its server describes otherwise than when somebody looked is paused for everybody, and one question shows
//! what is different.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_oauth::{
    arguments::{visible, visible_line},
    consent::{Change, ConsentDecision, ConsentKind, ConsentRequest, Difference},
    id::ServerName,
    time::UnixTime,
    tool::{Looked, Pin},
};
use doorward_words::Said;
use serde_json::Value;

use super::Broker;
use crate::store::{StoreError, events, events::Event, tools, tools::StoredTool};

/// How long a question about changes stays open.
const OPEN: Duration = Duration::from_secs(60 * 60);
/// How long nobody is asked again who said no, or nothing.
const QUIET: Duration = Duration::from_secs(10 * 60);
/// The most characters of one part that are shown.
const PART: usize = 20_000;

/// Which servers people are asked about, or were lately.
#[derive(Default)]
pub(super) struct Changes {
    state: Mutex<HashMap<ServerName, Asked>>,
}

/// Whether a question about a server is open.
enum Asked {
    Open,
    /// It ended without a yes: nobody is asked again before this.
    Until(UnixTime),
}

impl Changes {
    /// Takes the turn to ask about a server. `false`: somebody does already, or did a moment ago.
    fn begin(&self, server: &ServerName, now: UnixTime, anew: bool) -> bool {
        let mut state = self.lock();
        let busy = match state.get(server) {
            Some(Asked::Open) => true,
            Some(Asked::Until(until)) => !anew && now < *until,
            None => false,
        };
        if !busy {
            state.insert(server.clone(), Asked::Open);
        }
        !busy
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ServerName, Asked>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// A server is not there any more.
    pub(super) fn forget_changes(&self, server: &str) {
        self.inner.changes_asked.lock().retain(|known, _| known.as_str() != server);
    }

    /// Puts the question about what changed at a server, unless it is open. `anew`: something changed just now.
    pub(crate) fn ask_about_changes(&self, server: &ServerName, anew: bool) {
        if !self.inner.changes_asked.begin(server, self.now(), anew) {
            return;
        }
        let (this, server) = (self.clone(), server.clone());
        tokio::spawn(async move {
            let looked = this.put_changes(&server).await;
            if let Err(error) = &looked {
                tracing::error!(%error, %server, "what changed could not be read or written");
            }
            match looked {
                Ok(true) => drop(this.inner.changes_asked.lock().remove(&server)),
                // It is quiet already.
                Ok(false) => {}
                Err(_) => this.quiet(&server),
            }
        });
    }

    /// A question ended without a yes: it is not put again by itself for a while.
    fn quiet(&self, server: &ServerName) {
        self.inner.changes_asked.lock().insert(server.clone(), Asked::Until(self.now().plus(QUIET)));
    }

    /// Asks, and notes that somebody looked. `true` when nothing is paused any more.
    async fn put_changes(&self, server: &ServerName) -> Result<bool, StoreError> {
        let all = self.inner.store.look_up(|db| tools::all(db, server))?;
        let changed: Vec<&StoredTool> = all.iter().filter(|tool| tool.looked == Looked::Changed).collect();
        if changed.is_empty() {
            return Ok(true);
        }
        let pins: Vec<(String, Pin)> = changed.iter().map(|tool| (tool.name.clone(), tool.pin)).collect();
        let names = pins.iter().map(|(name, _)| visible_line(name));
        let kind = ConsentKind::Changed(changed.into_iter().filter_map(change).collect());
        let question = ConsentRequest { server: server.clone(), kind, may_take_focus: false, asked_at: self.now() };
        let outcome = match self.inner.queue.put(question, OPEN) {
            Ok(asking) => {
                self.changed();
                asking.answer().await
            }
            Err(why) => Err(why),
        };
        let (outcome, detail, looked) = match outcome {
            Ok(ConsentDecision::Allow(_)) => ("allowed", Said::plain("event-looked-at").listing("tools", names), true),
            Ok(ConsentDecision::Deny(_)) => ("denied", Said::plain("event-kept-blocked").listing("tools", names), false),
            Err(why) => (
                why.as_outcome(),
                Said::plain("event-changed-unanswered").listing("tools", names).with_said("why", why.to_the_person()),
                false,
            ),
        };
        if !looked {
            // Before anybody can read that it ended: who then looks for it is asked again.
            self.quiet(server);
        }
        let event = Event { subject: events::Subject::Server, ..Event::new(self.now(), outcome, server.clone(), detail) };
        let name = server.clone();
        let kept = move |tx: &rusqlite::Transaction<'_>| {
            if looked {
                for (tool, pin) in &pins {
                    // What changed again meanwhile stays paused.
                    tools::look(tx, &name, tool, *pin)?;
                }
            }
            events::add(tx, &event)
        };
        self.inner.store.run(kept).await?;
        self.inner.permits.forget();
        self.changed();
        Ok(looked)
    }
}

/// What is different, part by part.
fn change(tool: &StoredTool) -> Option<Change> {
    let before = &tool.looked_at.as_ref()?.definition;
    let differences = Pin::PINNED
        .into_iter()
        .filter(|part| before.get(part) != tool.definition.get(part))
        .map(|part| {
            let (before, after) = from_the_difference(&shown(before.get(part)), &shown(tool.definition.get(part)));
            Difference { part: in_words(part), before, after }
        })
        .collect();
    Some(Change { tool: tool.name.clone(), differences })
}

/// What a part of a description is called.
fn in_words(part: &str) -> Said {
    match part {
        "title" => Said::plain("tool-title"),
        "description" => Said::plain("tool-description"),
        "inputSchema" => Said::plain("tool-input"),
        "outputSchema" => Said::plain("tool-output"),
        "annotations" => Said::plain("tool-annotations"),
        other => Said::verbatim(other),
    }
}

fn shown(part: Option<&Value>) -> String {
    match part {
        None => "\u{2014}".to_owned(),
        Some(Value::String(text)) => visible(text),
        Some(value) => visible(&serde_json::to_string_pretty(value).unwrap_or_default()),
    }
}

/// Two texts as far as they can be shown. Long ones begin a little before the first difference, so that it is on the screen.
fn from_the_difference(before: &str, after: &str) -> (String, String) {
    const A_LITTLE: usize = 200;
    let same = before.chars().zip(after.chars()).take_while(|(one, other)| one == other).count();
    let skip = if before.chars().count().max(after.chars().count()) <= PART { 0 } else { same.saturating_sub(A_LITTLE) };
    let cut = |text: &str| {
        let mut rest = text.chars().skip(skip);
        let kept: String = rest.by_ref().take(PART).collect();
        let (begin, end) = (if skip > 0 { "\u{2026}" } else { "" }, if rest.next().is_some() { "\u{2026}" } else { "" });
        format!("{begin}{kept}{end}")
    };
    (cut(before), cut(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_of_long_texts_is_shown() {
        let (short, other) = from_the_difference("Reads.", "Reads and sends.");
        assert_eq!((short.as_str(), other.as_str()), ("Reads.", "Reads and sends."));
        let long = "x".repeat(PART * 2);
        let (before, after) = from_the_difference(&long, &format!("{long} and sends."));
        assert!(after.ends_with(" and sends.") && before != after && after.starts_with('\u{2026}'));
    }
}
