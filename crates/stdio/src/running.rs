//! A process that was greeted, and what Doorward asks it on behalf of those who hear it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::{
    change::Filter,
    era::{self, Era, Greeting},
    flight::{Answered, Asked, Next, WhenDropped},
    level::Level,
    object::raw,
    rpc::{Outcome, Params},
    trouble::Trouble,
    wire::{Question, Wire},
};

/// How long a process may take to answer what Doorward asks it besides.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running process.
pub(crate) struct Running {
    pub(crate) wire: Arc<Wire>,
    pub(crate) greeting: Greeting,
    /// At a server of today, what is heard of it: a subscription for each resource, and one for its lists.
    heard: Mutex<HashMap<Heard, Asked>>,
    /// The level of its log, at a server of before that was told one.
    level: Mutex<Option<Level>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Heard {
    Lists,
    Resource(String),
}

/// What a process answered to Doorward: the JSON text of its error, if it is one.
pub(crate) type Outcomes = Result<Result<(), Vec<u8>>, Trouble>;

impl Running {
    pub(crate) fn new(wire: Arc<Wire>, greeting: Greeting) -> Self {
        // A second time is not possible: it was greeted once.
        let _ = wire.era.set(greeting.era);
        Self { wire, greeting, heard: Mutex::default(), level: Mutex::default() }
    }

    fn heard(&self) -> MutexGuard<'_, HashMap<Heard, Asked>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for what a server of before knows, and waits for its answer.
    ///
    /// # Errors
    /// [`Trouble`].
    async fn ask(&self, method: &str, name: &'static str, value: Box<RawValue>) -> Outcomes {
        let mut params = Params::default();
        params.members.set(name, value);
        let question = Question { method, params, asker: None, when_dropped: WhenDropped::Leave };
        let mut asked = self.wire.ask(question).await?;
        outcome(self, timeout(PATIENCE, asked.answer()).await.ok())
    }

    /// Sees to it that changes of a resource are heard.
    pub(crate) async fn want(&self, uri: &str) -> Outcomes {
        match self.greeting.era {
            Era::Legacy => self.ask("resources/subscribe", "uri", raw(uri)).await,
            Era::Modern => self.listen(Heard::Resource(uri.to_owned())).await,
        }
    }

    /// Nobody wants to hear of a resource any more.
    pub(crate) async fn unwant(&self, uri: &str) -> Outcomes {
        match self.greeting.era {
            Era::Legacy => self.ask("resources/unsubscribe", "uri", raw(uri)).await,
            Era::Modern => {
                let ended = self.heard().remove(&Heard::Resource(uri.to_owned()));
                drop(ended);
                Ok(Ok(()))
            }
        }
    }

    /// Sees to it that changes of lists are heard, where there are any to hear. A server of before tells them unasked.
    pub(crate) async fn want_lists(&self) -> Outcomes {
        let can = self.greeting.can;
        let tells = can.tells_tools || can.tells_prompts || can.tells_resources;
        if self.greeting.era == Era::Modern && tells { self.listen(Heard::Lists).await } else { Ok(Ok(())) }
    }

    async fn listen(&self, what: Heard) -> Outcomes {
        if self.heard().contains_key(&what) {
            return Ok(Ok(()));
        }
        let can = self.greeting.can;
        let filter = match &what {
            Heard::Lists => Filter { tools: can.tells_tools, prompts: can.tells_prompts, resources: can.tells_resources, uris: Vec::new() },
            Heard::Resource(uri) => Filter { uris: vec![uri.clone()], ..Filter::default() },
        };
        let mut params = Params::default();
        era::described(&mut params, None);
        params.members.set("notifications", filter.raw());
        let question = Question { method: "subscriptions/listen", params, asker: None, when_dropped: WhenDropped::Cancel };
        let mut asked = self.wire.ask(question).await?;
        match timeout(PATIENCE, asked.next()).await {
            // It was acknowledged. If somebody else was faster, this one ends again.
            Ok(Next::Note(_)) => {
                self.heard().entry(what).or_insert(asked);
                Ok(Ok(()))
            }
            Ok(Next::Answer(answered)) => outcome(self, Some(answered)),
            Err(_) => outcome(self, None),
        }
    }

    /// Sees to it that messages of the log are said from this level on, by a server of before. Never fewer than somebody wants.
    pub(crate) async fn say(&self, level: Level) -> Outcomes {
        let outcome = self.ask("logging/setLevel", "level", raw(level.name())).await?;
        if outcome.is_ok() {
            *self.level.lock().unwrap_or_else(PoisonError::into_inner) = Some(level);
        }
        Ok(outcome)
    }

    /// The level that it was told.
    pub(crate) fn level(&self) -> Option<Level> {
        *self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells a new process what its hearers want, who heard the one before it.
    pub(crate) async fn tell_wants(&self) {
        let hearers = &self.wire.shared.hearers;
        let mut failed = 0;
        if hearers.has_streams() {
            failed += usize::from(!matches!(self.want_lists().await, Ok(Ok(()))));
        }
        if let (Era::Legacy, true, Some(level)) = (self.greeting.era, self.greeting.can.logs, hearers.level()) {
            failed += usize::from(!matches!(self.say(level).await, Ok(Ok(()))));
        }
        for uri in hearers.uris() {
            failed += usize::from(!matches!(self.want(&uri).await, Ok(Ok(()))));
        }
        if failed > 0 {
            tracing::warn!(server = %self.wire.shared.server, failed, "a new process does not tell all that the one before told");
        }
    }
}

fn outcome(running: &Running, answered: Option<Answered>) -> Outcomes {
    let server = || running.wire.shared.server.clone();
    match answered {
        Some(Answered::Said(said)) => match said.outcome {
            Outcome::Result(_) => Ok(Ok(())),
            Outcome::Error(error) => Ok(Err(error.to_vec())),
        },
        Some(Answered::Gone(trouble)) => Err(trouble),
        Some(Answered::Full) => Err(Trouble::Full { server: server() }),
        Some(Answered::Withdrawn) => Ok(Ok(())),
        None => Err(Trouble::Deaf { server: server(), after: PATIENCE }),
    }
}
