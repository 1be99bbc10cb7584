//! `unfinished`: questions that are open are on the disk, too. Those that ended with Doorward, because it crashed or the computer did,
//! are told at the next start: they were refused.

use std::{collections::BTreeMap, sync::Arc};

use doorward_oauth::{
    arguments::visible_line,
    consent::{ConsentKind, ConsentRequest},
    time::UnixTime,
};
use doorward_words::Said;
use tokio::sync::mpsc;

use crate::{
    consent::{Journal, PromptId, Question},
    store::{
        Store, events,
        events::{Event, Subject},
        unfinished::{self, Unfinished},
    },
};

/// How many changes are written at once.
const MOST: usize = 128;

enum Change {
    Put(PromptId, Unfinished),
    Ended(PromptId),
}

/// Writes down which questions are open, beside those who ask.
pub(super) struct OpenQuestions {
    changes: mpsc::UnboundedSender<Change>,
}

impl OpenQuestions {
    /// Ends with the queue that it serves.
    pub(super) fn kept_in(store: Store) -> Arc<Self> {
        let (changes, mut arriving) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut arrived = Vec::new();
            while arriving.recv_many(&mut arrived, MOST).await > 0 {
                // What is over already is not written.
                let (mut put, mut ended) = (BTreeMap::new(), Vec::new());
                for change in arrived.drain(..) {
                    match change {
                        Change::Put(id, question) => drop(put.insert(id, question)),
                        Change::Ended(id) if put.remove(&id).is_some() => {}
                        Change::Ended(id) => ended.push(id),
                    }
                }
                if put.is_empty() && ended.is_empty() {
                    continue;
                }
                let written = store.run(move |tx| {
                    put.iter().try_for_each(|(id, question)| unfinished::note(tx, id.number(), question))?;
                    ended.iter().try_for_each(|id| unfinished::forget(tx, id.number()))
                });
                if let Err(error) = written.await {
                    tracing::warn!(%error, "which questions are open could not be written down");
                }
            }
        });
        Arc::new(Self { changes })
    }
}

impl Journal for OpenQuestions {
    fn put(&self, question: &Question) {
        // Who would write it is gone when the data is closed.
        let _ = self.changes.send(Change::Put(question.id, of(&question.request)));
    }

    fn ended(&self, id: PromptId) {
        let _ = self.changes.send(Change::Ended(id));
    }
}

/// What is written down of a question if it never ends.
fn of(request: &ConsentRequest) -> Unfinished {
    let why = || Said::plain("unanswered-crashed");
    let detail = match &request.kind {
        ConsentKind::Call(call) => Said::plain("event-call-unanswered").with("tool", visible_line(&call.tool)).with_said("why", why()),
        ConsentKind::Changed(changes) => {
            let tools = changes.iter().map(|change| visible_line(&change.tool));
            Said::plain("event-changed-unanswered").listing("tools", tools).with_said("why", why())
        }
        ConsentKind::Connect(_) | ConsentKind::AddServer(_) => why(),
    };
    let client_name = request.kind.asker().and_then(|asker| asker.client_name.as_ref()).map(|name| name.as_str().to_owned());
    let subject = if request.kind.asker().is_some() { Subject::App } else { Subject::Server };
    let program = request.kind.behind().map(|program| program.file().to_owned());
    Unfinished { subject, client_name, program, server: request.server.clone(), detail }
}

/// Writes down what the last run left open. Nothing that is missing here keeps Doorward from starting.
pub(super) async fn tell(store: &Store, now: UnixTime) {
    let refused = move |tx: &rusqlite::Transaction<'_>, Unfinished { subject, client_name, program, server, detail }| {
        events::add(tx, &Event { subject, client_name, program, ..Event::new(now, "refused", server, detail) })
    };
    let left = store
        .run(move |tx| {
            let left = unfinished::take(tx)?;
            let many = left.len();
            left.into_iter().try_for_each(|question| refused(tx, question))?;
            Ok(many)
        })
        .await;
    match left {
        Ok(0) => {}
        Ok(left) => tracing::warn!(questions = left, "Doorward ended before these questions were answered: they were refused"),
        Err(error) => tracing::warn!(%error, "what was open when Doorward ended could not be written down"),
    }
}
