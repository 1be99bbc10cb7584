//! Requests that are under way at a process: whose they are, under which number the process knows them, and what came back.

use std::{
    collections::{HashMap, VecDeque},
    sync::Weak,
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc, oneshot},
    time::Instant,
};

use crate::{
    budget::Room,
    caller::CallerKey,
    level::Level,
    rpc::{Outcome, RequestId},
    session::SessionId,
    trouble::Trouble,
    wire::Wire,
};

/// How many notes may wait for a client that does not read them.
pub(crate) const NOTES: usize = 64;
/// How many requests are remembered whose clients went away without taking them back.
const LEFT: usize = 256;
/// For how long after a request what a process says of its own accord could still be about it.
const RECENT: Duration = Duration::from_secs(60);

/// Who asked, and how they know their request.
pub(crate) struct Asker {
    pub(crate) caller: CallerKey,
    /// For clients of older revisions.
    pub(crate) session: Option<SessionId>,
    pub(crate) id: RequestId,
    /// The progress token they gave.
    pub(crate) token: Option<RequestId>,
    /// The least important message of the log that they want to hear with the answer.
    pub(crate) level: Option<Level>,
}

/// A request under way.
pub(crate) struct Flight {
    /// `None` for what Doorward asks.
    pub(crate) asker: Option<Asker>,
    /// It is a `subscriptions/listen`: notes are what it is for, and none may be missing.
    pub(crate) listens: bool,
    pub(crate) notes: mpsc::Sender<Bytes>,
    answer: oneshot::Sender<Answered>,
    /// The process was told of it.
    written: bool,
    /// Nobody waits for the answer any more.
    left: bool,
}

/// What came of a request.
pub(crate) enum Answered {
    Said(Said),
    /// There was an answer and no room for it.
    Full,
    /// The process is gone.
    Gone(Trouble),
    /// There will be none: the client took the request back, or the process ended the subscription.
    Withdrawn,
}

/// An answer of the process: the JSON text of its result or error.
pub(crate) struct Said {
    pub(crate) outcome: Outcome<Bytes>,
    /// What the answer takes.
    pub(crate) room: Room,
}

/// All requests under way at one process.
#[derive(Default)]
pub(crate) struct Flights {
    last: u64,
    open: HashMap<u64, Flight>,
    left: VecDeque<u64>,
    /// Set when the process is gone: nothing can be asked any more.
    over: Option<Trouble>,
    /// Who asked lately, and when they began or ended to.
    recent: HashMap<CallerKey, Instant>,
}

impl Flights {
    /// Puts a new request on the list, and returns its number and where its notes and its answer will come out.
    ///
    /// # Errors
    /// [`Trouble`] when the process is gone, or `most` requests of the caller are under way.
    pub(crate) fn add(
        &mut self,
        asker: Option<Asker>,
        listens: bool,
        most: usize,
        too_many: impl FnOnce() -> Trouble,
    ) -> Result<(u64, mpsc::Receiver<Bytes>, oneshot::Receiver<Answered>), Trouble> {
        if let Some(trouble) = &self.over {
            return Err(trouble.clone());
        }
        if let Some(asker) = &asker {
            if self.of(&asker.caller).count() >= most {
                return Err(too_many());
            }
            self.recent.retain(|_, when| when.elapsed() < RECENT);
            self.recent.insert(asker.caller.clone(), Instant::now());
        }
        let (notes, notes_out) = mpsc::channel(NOTES);
        let (answer, answer_out) = oneshot::channel();
        self.last += 1;
        self.open.insert(self.last, Flight { asker, listens, notes, answer, written: false, left: false });
        Ok((self.last, notes_out, answer_out))
    }

    fn of(&self, caller: &CallerKey) -> impl Iterator<Item = &Flight> {
        self.waited_for().filter(move |flight| flight.asker.as_ref().is_some_and(|asker| asker.caller == *caller))
    }

    /// Those that somebody waits for.
    fn waited_for(&self) -> impl Iterator<Item = &Flight> {
        self.open.values().filter(|flight| !flight.left)
    }

    /// About to be written: `false` if nobody wants it any more.
    pub(crate) fn writes(&mut self, number: u64) -> bool {
        self.open.get_mut(&number).is_some_and(|flight| {
            flight.written = true;
            true
        })
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Flight> {
        self.open.get(&number)
    }

    /// The only request of a client, among those that fit, that is under way and no subscription.
    pub(crate) fn only(&self, fits: impl Fn(&Asker) -> bool) -> Option<&Flight> {
        let mut candidates = self.waited_for().filter(|flight| !flight.listens && flight.asker.as_ref().is_some_and(&fits));
        candidates.next().filter(|_| candidates.next().is_none())
    }

    /// The only caller whom something could be about that the process says to nobody in particular: nobody else has a request
    /// under way, or had one lately.
    pub(crate) fn only_caller(&self) -> Option<&CallerKey> {
        let under_way = self.waited_for().filter_map(|flight| flight.asker.as_ref()).map(|asker| &asker.caller);
        let recent = self.recent.iter().filter(|(_, when)| when.elapsed() < RECENT).map(|(caller, _)| caller);
        let mut callers = under_way.chain(recent);
        let first = callers.next()?;
        callers.all(|other| other == first).then_some(first)
    }

    /// A request is no longer under way, as far as its client is concerned.
    fn ended(&mut self, flight: &Flight) {
        if let Some(asker) = &flight.asker {
            self.recent.insert(asker.caller.clone(), Instant::now());
        }
    }

    /// The number of a request that a client names.
    pub(crate) fn find(&self, session: &SessionId, id: &RequestId) -> Option<u64> {
        let named = |asker: &Asker| asker.session.as_ref() == Some(session) && asker.id == *id;
        self.open.iter().find(|(_, flight)| flight.asker.as_ref().is_some_and(named)).map(|(number, _)| *number)
    }

    /// The answer came, or there will be none. Whoever waits is told; the process is not.
    pub(crate) fn close(&mut self, number: u64, answered: impl FnOnce() -> Answered) {
        let Some(flight) = self.open.remove(&number) else { return };
        self.ended(&flight);
        if !flight.left {
            // Who waited may be gone in this moment.
            let _ = flight.answer.send(answered());
        }
    }

    /// Takes a request back. `true` if the process must be told.
    pub(crate) fn withdraw(&mut self, number: u64) -> bool {
        let Some(flight) = self.open.remove(&number) else { return false };
        self.ended(&flight);
        let _ = flight.answer.send(Answered::Withdrawn);
        flight.written
    }

    /// Nobody waits for the answer any more; the request goes on.
    pub(crate) fn leave(&mut self, number: u64) {
        let Some(flight) = self.open.get_mut(&number) else { return };
        flight.left = true;
        self.left.push_back(number);
        while self.left.len() > LEFT {
            let forgotten = self.left.pop_front();
            forgotten.map(|number| self.open.remove(&number));
        }
    }

    /// Why nothing can be asked any more, if that is so.
    pub(crate) fn over(&self) -> Option<&Trouble> {
        self.over.as_ref()
    }

    /// The process is gone.
    pub(crate) fn end(&mut self, trouble: &Trouble) {
        self.over.get_or_insert_with(|| trouble.clone());
        for (_, flight) in self.open.drain() {
            let _ = flight.answer.send(Answered::Gone(trouble.clone()));
        }
    }
}

/// What becomes of a request when nobody waits for its answer any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenDropped {
    /// The process is told to stop (MCP 2026-07-28, "Cancellation").
    Cancel,
    /// It goes on (MCP 2025-11-25: a disconnect is no cancellation).
    Leave,
}

/// A request that was sent.
pub(crate) struct Asked {
    notes: mpsc::Receiver<Bytes>,
    answer: oneshot::Receiver<Answered>,
    _hold: Hold,
}

/// Ends the request when it is dropped before the answer came.
pub(crate) struct Hold {
    pub(crate) wire: Weak<Wire>,
    pub(crate) number: u64,
    pub(crate) when_dropped: WhenDropped,
    /// The place that it takes.
    pub(crate) _place: Option<OwnedSemaphorePermit>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(wire) = self.wire.upgrade() {
            wire.dropped(self.number, self.when_dropped);
        }
    }
}

/// What comes next of a request.
pub(crate) enum Next {
    /// An event for its client, as it is sent.
    Note(Bytes),
    Answer(Answered),
}

impl Asked {
    pub(crate) fn new(notes: mpsc::Receiver<Bytes>, answer: oneshot::Receiver<Answered>, hold: Hold) -> Self {
        Self { notes, answer, _hold: hold }
    }

    /// Notes in their order, and then the answer. To be called until that came. Nothing is lost when the future is dropped.
    pub(crate) async fn next(&mut self) -> Next {
        tokio::select! {
            // What was said before the answer is told before it.
            biased;
            Some(note) = self.notes.recv() => Next::Note(note),
            answer = &mut self.answer => Next::Answer(answer.unwrap_or(Answered::Withdrawn)),
        }
    }

    /// The answer, whatever was said before it.
    pub(crate) async fn answer(&mut self) -> Answered {
        loop {
            if let Next::Answer(answered) = self.next().await {
                return answered;
            }
        }
    }
}
