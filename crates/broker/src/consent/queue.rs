//! The queue of open questions. All that is subtle is here, once: an answer counts once, silence refuses, a client that
//! goes away takes its question with it, and a front end only ever opens and closes.
//!
//! A question is over at the moment that people were told, or after the time they were given, whichever comes first. Timers stand
//! still while a computer sleeps, and clocks are set: so both are looked at, every [`LOOK`] and at each answer.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use doorward_oauth::{
    arguments::visible_line,
    consent::{After, ConsentDecision, ConsentKind, ConsentRequest, Denial, How, Unanswered},
    program::Sighting,
    time::UnixTime,
};
use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

use super::mutes::{self, Ended, MutedView, Mutes, Patience};
use crate::{config::Limits, world::Clock};

/// How often it is looked whether the moment came: so long after a sleep at the most a question lapses that ended meanwhile.
const LOOK: Duration = Duration::from_secs(1);

/// Names one open question while Doorward runs. Small, because people type it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromptId(u64);

impl PromptId {
    /// The id a person typed or a page sent back.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The number people type.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for PromptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A question that waits for an answer.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its id.
    pub id: PromptId,
    /// What is asked. Never changes, but that the system may name the programs at both ends late: see [`ConsentQueue::learn`].
    pub request: ConsentRequest,
    /// When silence becomes a no.
    pub expires_at: UnixTime,
    /// Whether a person said "later".
    pub put_off: bool,
    /// How often a person took more time.
    pub extensions: u32,
    /// Whether the programs at its ends were named after it was put.
    pub learned: bool,
}

impl Question {
    /// Whether a person may take more time: while the program waits by itself, and ten times.
    pub fn can_wait_longer(&self) -> bool {
        let waits = match &self.request.kind {
            ConsentKind::Connect(connecting) => !matches!(connecting.how, How::Device { .. }),
            ConsentKind::Changed(_) => true,
            // The person's own, and there may be several to read.
            ConsentKind::AddServer(new) => new.by_hand,
            ConsentKind::Call(_) => false,
        };
        waits && self.extensions < 10
    }
}

/// Somewhere a question can be put in front of a person: a window, a terminal, a test.
pub trait Prompter: Send + Sync + 'static {
    /// Puts the question up and returns at once. The answer comes through [`ConsentQueue::answer`].
    fn show(&self, question: &Question);
    /// Takes it down: answered, timed out, or the client hung up.
    fn withdraw(&self, id: PromptId);
    /// The system has named the programs at both ends of a question that is up.
    fn learned(&self, question: &Question) {
        let _ = question;
    }
    /// Tells something that nobody has to answer: a notification on a desktop, a line in a terminal.
    fn notice(&self, said: &Said) {
        let _ = said;
    }
    /// A program registered or authorizes: a question is likely within seconds.
    fn expect_question(&self) {}
    /// Brings the window to the front. `false` when there is none.
    fn raise(&self) -> bool {
        false
    }
}

/// Where it is kept which questions are open. Both return at once.
pub trait Journal: Send + Sync + 'static {
    /// A question was put.
    fn put(&self, question: &Question);
    /// It ended, in whatever way.
    fn ended(&self, id: PromptId);
}

/// The question is not open (any more).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub struct NotPending;

impl Says for NotPending {
    fn said(&self) -> Said {
        Said::plain("not-waiting")
    }
}

/// The open questions.
#[derive(Clone)]
pub struct ConsentQueue {
    inner: Arc<Inner>,
}

struct Inner {
    prompter: Arc<dyn Prompter>,
    clock: Arc<dyn Clock>,
    patience: Duration,
    capacity: usize,
    mutes: Mutex<Mutes>,
    state: Mutex<State>,
    waiting: watch::Sender<usize>,
    journal: OnceLock<Arc<dyn Journal>>,
}

#[derive(Default)]
struct State {
    last_id: u64,
    open: BTreeMap<PromptId, Open>,
    closed: bool,
}

struct Open {
    question: Question,
    painted: bool,
    /// When the time is up that the person was given, as timers count it.
    ends: Instant,
    answer: oneshot::Sender<Result<ConsentDecision, Unanswered>>,
}

impl Open {
    fn is_over(&self, now: UnixTime) -> bool {
        // Moments are whole seconds, so the one that people were told is over when it is past.
        now > self.question.expires_at || Instant::now() >= self.ends
    }
}

impl ConsentQueue {
    /// A queue that shows questions through `prompter`, within these limits.
    pub fn new(prompter: Arc<dyn Prompter>, clock: Arc<dyn Clock>, limits: &Limits) -> Self {
        let mutes = Mutes::new(Patience { denials: limits.denials, unanswered: limits.unanswered });
        let inner = Inner {
            prompter,
            clock,
            patience: Duration::from_secs(limits.answer_seconds),
            capacity: limits.questions,
            mutes: Mutex::new(mutes),
            state: Mutex::default(),
            waiting: watch::Sender::new(0),
            journal: OnceLock::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Has it kept from now on which questions are open. Only the first journal counts.
    pub fn keep(&self, journal: Arc<dyn Journal>) {
        let _ = self.inner.journal.set(journal);
    }

    /// Puts a question to the person and waits. `Ok` means a person spoke. Dropping the future withdraws the question.
    ///
    /// # Errors
    /// [`Unanswered`]: nobody did.
    pub async fn ask(&self, request: ConsentRequest) -> Result<ConsentDecision, Unanswered> {
        self.put(request, self.inner.patience)?.answer().await
    }

    /// Puts a question to the person, who has `patience` to answer. Dropping what comes back withdraws it.
    ///
    /// # Errors
    /// [`Unanswered`]: it could not be put.
    pub fn put(&self, request: ConsentRequest, patience: Duration) -> Result<Asking, Unanswered> {
        let cause = mutes::nuisance(&request);
        if cause.as_ref().is_some_and(|(program, _)| self.mutes().until(program, self.inner.clock.now()).is_some()) {
            return Err(Unanswered::Muted);
        }
        let (question, answer) = self.open_question(request, patience)?;
        let asking = Asking { answer, cause, withdraw: Withdraw { queue: self.clone(), id: question.id } };
        self.inner.prompter.show(&question);
        Ok(asking)
    }

    fn open_question(
        &self,
        request: ConsentRequest,
        patience: Duration,
    ) -> Result<(Question, oneshot::Receiver<Result<ConsentDecision, Unanswered>>), Unanswered> {
        let mut state = self.lock();
        if state.closed {
            return Err(Unanswered::Quitting);
        }
        if state.open.len() >= self.inner.capacity {
            return Err(Unanswered::Full);
        }
        state.last_id += 1;
        let id = PromptId(state.last_id);
        let expires_at = request.asked_at.plus(patience);
        let question = Question { id, request, expires_at, put_off: false, extensions: 0, learned: false };
        let (answer, answered) = oneshot::channel();
        state.open.insert(id, Open { question: question.clone(), painted: false, ends: Instant::now() + patience, answer });
        self.inner.waiting.send_replace(state.open.len());
        if let Some(journal) = self.inner.journal.get() {
            journal.put(&question);
        }
        Ok((question, answered))
    }

    /// Answers a question. Whoever takes it out of the queue has decided; a second answer comes too late.
    ///
    /// # Errors
    /// [`NotPending`].
    pub fn answer(&self, id: PromptId, decision: ConsentDecision) -> Result<(), NotPending> {
        if self.is_over(id) {
            self.give_up(id, Unanswered::TimedOut)?;
            return Err(NotPending);
        }
        self.settle(id, Ok(decision))
    }

    /// How many open questions are caused by the program that causes this one.
    pub fn alike(&self, question: &Question) -> usize {
        let Some(of) = mutes::nuisance(&question.request) else { return 0 };
        self.open().iter().filter(|other| mutes::nuisance(&other.request).as_ref() == Some(&of)).count()
    }

    /// Says the same no to all open questions of the program that causes this one. Gives how many that were.
    pub fn deny_all(&self, id: PromptId, denial: &Denial) -> usize {
        let Some(of) = self.find(id).and_then(|question| mutes::nuisance(&question.request)) else { return 0 };
        let same = self.open().into_iter().filter(|question| mutes::nuisance(&question.request).as_ref() == Some(&of));
        same.filter(|question| self.answer(question.id, ConsentDecision::Deny(denial.clone())).is_ok()).count()
    }

    /// The programs that are muted now.
    pub fn muted(&self) -> Vec<MutedView> {
        self.mutes().all(self.inner.clock.now())
    }

    /// Hears a muted program again. `false` when it is not muted.
    pub fn unmute(&self, program: &str) -> bool {
        let was = self.mutes().unmute(program);
        self.inner.waiting.send_modify(|_| {});
        was
    }

    /// Notes how a question ended, for the program that caused it.
    fn note(&self, cause: (String, String), ended: Ended) {
        let (now, name) = (self.inner.clock.now(), cause.1.clone());
        let Some(until) = self.mutes().note(cause, ended, now) else { return };
        let minutes = until.since(now).as_secs().div_ceil(60);
        tracing::warn!(program = name, minutes, "a program asked again and again, and is muted");
        self.notice(&Said::plain("notice-muted").with("program", visible_line(&name)).counting("n", minutes));
        self.inner.waiting.send_modify(|_| {});
    }

    fn mutes(&self) -> MutexGuard<'_, Mutes> {
        self.inner.mutes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a question that cannot be answered any more, with the true reason.
    ///
    /// # Errors
    /// [`NotPending`].
    pub fn give_up(&self, id: PromptId, why: Unanswered) -> Result<(), NotPending> {
        self.settle(id, Err(why))
    }

    fn settle(&self, id: PromptId, outcome: Result<ConsentDecision, Unanswered>) -> Result<(), NotPending> {
        let open = self.take(id).ok_or(NotPending)?;
        self.inner.prompter.withdraw(id);
        // A client that hung up this very moment no longer listens: then nobody was answered.
        open.answer.send(outcome).map_err(|_| NotPending)
    }

    fn take(&self, id: PromptId) -> Option<Open> {
        let mut state = self.lock();
        let open = state.open.remove(&id)?;
        self.inner.waiting.send_replace(state.open.len());
        if let Some(journal) = self.inner.journal.get() {
            journal.ended(id);
        }
        Some(open)
    }

    /// The person needs more time: the question waits once more as long as such a question does. `false` when it was extended often
    /// enough, or is of a kind whose program does not wait longer (WCAG 2.2.1).
    pub fn extend(&self, id: PromptId) -> bool {
        let now = self.inner.clock.now();
        let mut state = self.lock();
        let can_be = |open: &&mut Open| open.question.can_wait_longer() && !open.is_over(now);
        let Some(open) = state.open.get_mut(&id).filter(can_be) else { return false };
        open.question.extensions += 1;
        open.question.expires_at = open.question.expires_at.plus(self.inner.patience);
        open.ends += self.inner.patience;
        true
    }

    /// Whether the time of a question is up, although it is still open.
    fn is_over(&self, id: PromptId) -> bool {
        let now = self.inner.clock.now();
        self.lock().open.get(&id).is_some_and(|open| open.is_over(now))
    }

    /// How long to wait before it is looked again whether a question is over.
    fn until_next_look(&self, id: PromptId) -> Duration {
        let left = self.lock().open.get(&id).map(|open| open.ends.saturating_duration_since(Instant::now()));
        left.map_or(LOOK, |left| left.min(LOOK))
    }

    /// "Later": the question stays open, and is no longer the one that is shown first. It has to be drawn anew.
    pub fn put_off(&self, id: PromptId) {
        if let Some(open) = self.lock().open.get_mut(&id) {
            open.question.put_off = true;
            open.painted = false;
        }
        // Who waits for the answer may want to know.
        self.inner.waiting.send_modify(|_| {});
    }

    /// "Now": the opposite of [`ConsentQueue::put_off`].
    pub fn bring_back(&self, id: PromptId) {
        if let Some(open) = self.lock().open.get_mut(&id) {
            open.question.put_off = false;
        }
    }

    /// Corrects who asks for a connection and who waits for the answer, as far as a question was put before that was known.
    pub fn learn(&self, id: PromptId, requester: &Sighting, listener: &Sighting) {
        let learned = {
            let mut state = self.lock();
            let Some(Open { question, .. }) = state.open.get_mut(&id) else { return };
            let ConsentKind::Connect(connecting) = &mut question.request.kind else { return };
            if (&connecting.asker.requester, &connecting.listener) == (requester, listener) {
                return;
            }
            (connecting.asker.requester, connecting.listener) = (requester.clone(), listener.clone());
            question.learned = true;
            question.clone()
        };
        self.inner.prompter.learned(&learned);
    }

    /// The page has drawn its first frame of this question.
    pub fn painted(&self, id: PromptId) {
        if let Some(open) = self.lock().open.get_mut(&id) {
            open.painted = true;
        }
    }

    /// Whether a question is still open and was not drawn, or not since it was last put off.
    pub fn is_blank(&self, id: PromptId) -> bool {
        self.lock().open.get(&id).is_some_and(|open| !open.painted)
    }

    /// The open questions, oldest first.
    pub fn open(&self) -> Vec<Question> {
        self.lock().open.values().map(|open| open.question.clone()).collect()
    }

    /// One open question.
    pub fn find(&self, id: PromptId) -> Option<Question> {
        self.lock().open.get(&id).map(|open| open.question.clone())
    }

    /// How many questions wait, now and after each change of a question.
    pub fn waiting(&self) -> watch::Receiver<usize> {
        self.inner.waiting.subscribe()
    }

    /// Has the front end tell something that nobody has to answer.
    pub fn notice(&self, said: &Said) {
        self.inner.prompter.notice(said);
    }

    /// Says to the front end that a question is likely within seconds.
    pub fn expect_question(&self) {
        self.inner.prompter.expect_question();
    }

    /// Ends every question, and every later one, with [`Unanswered::Quitting`].
    pub fn close(&self) {
        let open: Vec<PromptId> = {
            let mut state = self.lock();
            state.closed = true;
            state.open.keys().copied().collect()
        };
        for id in open {
            let _ = self.give_up(id, Unanswered::Quitting);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds this lock can panic half way through a change.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that was put.
pub struct Asking {
    answer: oneshot::Receiver<Result<ConsentDecision, Unanswered>>,
    cause: Option<(String, String)>,
    withdraw: Withdraw,
}

impl Asking {
    /// Its id.
    pub const fn id(&self) -> PromptId {
        self.withdraw.id
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// [`Unanswered`]: nobody spoke.
    pub async fn answer(self) -> Result<ConsentDecision, Unanswered> {
        let Self { mut answer, cause, withdraw } = self;
        let outcome = loop {
            match tokio::time::timeout(withdraw.queue.until_next_look(withdraw.id), &mut answer).await {
                Ok(Ok(outcome)) => break outcome,
                // The sender only goes away with the queue itself.
                Ok(Err(_)) => break Err(Unanswered::Quitting),
                Err(_) if withdraw.queue.is_over(withdraw.id) => break Err(Unanswered::TimedOut),
                Err(_) => {}
            }
        };
        let (Some(cause), queue) = (cause, &withdraw.queue) else { return outcome };
        match &outcome {
            Ok(ConsentDecision::Allow(_)) => queue.note(cause, Ended::Allowed),
            Ok(ConsentDecision::Deny(Denial { after: After::Mute, .. })) => queue.mutes().mute(cause, queue.inner.clock.now()),
            Ok(ConsentDecision::Deny(_)) => queue.note(cause, Ended::Denied),
            Err(Unanswered::TimedOut) => queue.note(cause, Ended::TimedOut),
            Err(_) => {}
        }
        outcome
    }
}

/// Takes the question down however the wait ends, also when it is dropped because the client hung up.
struct Withdraw {
    queue: ConsentQueue,
    id: PromptId,
}

impl Drop for Withdraw {
    fn drop(&mut self) {
        if self.queue.take(self.id).is_some() {
            self.queue.inner.prompter.withdraw(self.id);
        }
    }
}

#[cfg(test)]
mod tests;
