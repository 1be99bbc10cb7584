//! Authorization requests that wait, and who waits for them (AZ-18, AZ-19).
//!
//! A sound request gets a *ticket*; only fetching the ticket raises the question. Equal requests share one question. The
//! ticket that raised it owns the answer: another tab with the same address gets nothing. A waiting client is held in
//! hops, so the question outlives a hop that was delivered by ten seconds; a connection that breaks while it is held ends
//! it at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_oauth::{
    authorize::AuthorizationRequest,
    consent::{ConsentDecision, Unanswered},
    id::{AppId, ClientId, ServerName},
    program::Sighting,
    time::UnixTime,
    token::{Digest, Ticket},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::offers::Shown;

/// How long a ticket can be fetched.
pub(super) const TICKET_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// How long a question outlives a hop that was delivered.
const GRACE: Duration = Duration::from_secs(10);
/// How many tickets there are at once. Above it the oldest that nobody waits with goes.
const MOST: usize = 500;

/// What a person said, or why nobody did.
pub(super) type Outcome = Result<ConsentDecision, Unanswered>;

/// Two requests with the same of these are one question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Sameness {
    pub(super) client: ClientId,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) challenge: [u8; 32],
    pub(super) server: ServerName,
}

/// One question, shared by the tickets of equal requests.
pub(super) struct Waiting {
    pub(super) sameness: Sameness,
    /// Whether the question may take the keyboard.
    pub(super) may_take_focus: bool,
    /// The number that pages show.
    pub(super) number: u8,
    /// Ends the question without an answer.
    ended: CancellationToken,
    answered: watch::Sender<Option<Outcome>>,
    stage: Mutex<Stage>,
}

struct Stage {
    /// Taken by whoever delivers the answer: the code is minted once.
    request: Option<AuthorizationRequest>,
    /// The ticket that raised the question, and so owns the answer.
    owner: Option<Digest<Ticket>>,
    /// The tickets that are being held now; one may be held several times.
    held: Vec<Digest<Ticket>>,
    /// Counts hops, so that an old grace period does not end a newer wait.
    hops: u64,
    /// What the question showed.
    shown: Option<Question>,
    /// Why the question ended without an answer.
    ended_by: Unanswered,
}

/// What a question showed, which is what its answer is about.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The App.
    pub(super) app: AppId,
    /// The program that waited on the redirect port.
    pub(super) listener: Sighting,
    /// The one that opened the request.
    pub(super) requester: Sighting,
    /// The one that registered.
    pub(super) registrant: Sighting,
    /// What could be ticked.
    pub(super) shown: Shown,
}

#[derive(Default)]
pub(super) struct Tickets {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    by_ticket: HashMap<Digest<Ticket>, Issued>,
    by_sameness: HashMap<Sameness, Arc<Waiting>>,
    /// How many tickets were ever issued.
    issued: u64,
}

struct Issued {
    at: UnixTime,
    /// Tells the older from the younger within one second.
    number: u64,
    waiting: Arc<Waiting>,
}

impl Tickets {
    /// Issues a ticket for a request. If an equal one waits already, the ticket shares its question.
    pub(super) fn issue(&self, ticket: Digest<Ticket>, sameness: Sameness, new: impl FnOnce(&[u8]) -> Waiting, now: UnixTime) {
        let mut state = self.lock();
        let waiting = match state.by_sameness.get(&sameness) {
            Some(waiting) if waiting.is_open() => waiting.clone(),
            _ => {
                let numbers: Vec<u8> = state.by_sameness.values().map(|waiting| waiting.number).collect();
                let waiting = Arc::new(new(&numbers));
                state.by_sameness.insert(sameness, waiting.clone());
                waiting
            }
        };
        if state.by_ticket.len() >= MOST {
            // A flood of requests costs nobody a question that is being asked.
            let of_no_use = |(ticket, issued): &(&Digest<Ticket>, &Issued)| (issued.waiting.is_owned_by(ticket), issued.number);
            let first = state.by_ticket.iter().min_by_key(of_no_use).map(|(ticket, _)| ticket.clone());
            if let Some(first) = first {
                state.forget(&first);
            }
        }
        state.issued += 1;
        let number = state.issued;
        state.by_ticket.insert(ticket, Issued { at: now, number, waiting });
    }

    /// The question of a ticket.
    pub(super) fn find(&self, ticket: &Digest<Ticket>, now: UnixTime) -> Option<Arc<Waiting>> {
        let mut state = self.lock();
        let issued = state.by_ticket.get_mut(ticket).filter(|issued| now < issued.at.plus(TICKET_LIFETIME))?;
        if issued.waiting.is_open() {
            // A person may take more time than a ticket lives that nobody waits with.
            issued.at = now;
        }
        Some(issued.waiting.clone())
    }

    /// Forgets a ticket that brought its answer.
    pub(super) fn forget(&self, ticket: &Digest<Ticket>) {
        self.lock().forget(ticket);
    }

    /// The open questions of the same client that would be answered at the same address. Programs that run twice share a
    /// client, and wait at addresses of their own.
    pub(super) fn replaced_by(&self, new: &Sameness) -> Vec<Arc<Waiting>> {
        let replaced = |old: &Sameness| old != new && old.client == new.client && old.redirect_uri == new.redirect_uri;
        self.lock().by_sameness.values().filter(|waiting| replaced(&waiting.sameness) && waiting.is_open()).cloned().collect()
    }

    pub(super) fn sweep(&self, now: UnixTime) {
        let mut state = self.lock();
        let is_old = |(_, issued): &(&Digest<Ticket>, &Issued)| now >= issued.at.plus(TICKET_LIFETIME);
        let old: Vec<Digest<Ticket>> = state.by_ticket.iter().filter(is_old).map(|(ticket, _)| ticket.clone()).collect();
        for ticket in &old {
            state.forget(ticket);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget(&mut self, ticket: &Digest<Ticket>) {
        let Some(Issued { waiting, .. }) = self.by_ticket.remove(ticket) else { return };
        let shared = self.by_ticket.values().any(|other| Arc::ptr_eq(&other.waiting, &waiting));
        if !shared && self.by_sameness.get(&waiting.sameness).is_some_and(|known| Arc::ptr_eq(known, &waiting)) {
            self.by_sameness.remove(&waiting.sameness);
            waiting.end(Unanswered::HungUp);
        }
    }
}

impl Waiting {
    pub(super) fn new(request: AuthorizationRequest, sameness: Sameness, number: u8, may_take_focus: bool) -> Self {
        Self {
            sameness,
            may_take_focus,
            number,
            ended: CancellationToken::new(),
            answered: watch::Sender::new(None),
            stage: Mutex::new(Stage {
                request: Some(request),
                owner: None,
                held: Vec::new(),
                hops: 0,
                shown: None,
                ended_by: Unanswered::HungUp,
            }),
        }
    }

    /// Not delivered and not given up.
    fn is_open(&self) -> bool {
        !self.ended.is_cancelled() && self.lock().request.is_some()
    }

    /// Delivered, or given up before anybody could be asked: there is nothing to wait for.
    pub(super) fn is_over(&self) -> bool {
        let unsettled = self.answered.borrow().is_none();
        self.lock().request.is_none() || (unsettled && self.ended.is_cancelled())
    }

    /// Ends the question without an answer.
    pub(super) fn end(&self, why: Unanswered) {
        self.lock().ended_by = why;
        self.ended.cancel();
    }

    /// Waits until the question has ended without an answer, and says why.
    pub(super) async fn ended(&self) -> Unanswered {
        self.ended.cancelled().await;
        self.lock().ended_by
    }

    /// Remembers what is shown.
    pub(super) fn remember(&self, question: Question) {
        self.lock().shown = Some(question);
    }

    /// Remembers what is shown since the system named both ends.
    pub(super) fn learn(&self, requester: &Sighting, listener: &Sighting) {
        if let Some(shown) = self.lock().shown.as_mut() {
            (shown.requester, shown.listener) = (requester.clone(), listener.clone());
        }
    }

    /// What was shown; nothing before the question was raised.
    pub(super) fn shown(&self) -> Option<Question> {
        self.lock().shown.clone()
    }

    /// Somebody fetches a ticket. `true` for the first one: the question is to be raised now.
    pub(super) fn is_first(&self, ticket: &Digest<Ticket>) -> bool {
        let mut stage = self.lock();
        if stage.owner.is_some() {
            return false;
        }
        stage.owner = Some(ticket.clone());
        true
    }

    /// Whether this is the ticket that raised the question.
    fn is_owned_by(&self, ticket: &Digest<Ticket>) -> bool {
        self.lock().owner.as_ref() == Some(ticket)
    }

    /// What is known of the request while it has not been delivered.
    pub(super) fn peek<T>(&self, look: impl FnOnce(&AuthorizationRequest) -> T) -> Option<T> {
        self.lock().request.as_ref().map(look)
    }

    /// Tells everybody who waits how the question ended.
    pub(super) fn settle(&self, outcome: Outcome) {
        self.answered.send_replace(Some(outcome));
    }

    /// Holds a client for one hop. The guard says how the hop ended; dropping it means the connection broke.
    pub(super) fn hold(self: &Arc<Self>, ticket: &Digest<Ticket>) -> Holding {
        let mut stage = self.lock();
        stage.held.push(ticket.clone());
        stage.hops += 1;
        drop(stage);
        Holding { waiting: self.clone(), ticket: ticket.clone(), delivered: false }
    }

    /// Takes the request for delivery, if this ticket owns the answer.
    pub(super) fn take(&self, ticket: &Digest<Ticket>) -> Option<AuthorizationRequest> {
        let mut stage = self.lock();
        if stage.owner.as_ref() == Some(ticket) { stage.request.take() } else { None }
    }

    /// Takes a request whose owner went away, after giving it the grace period to come back for the answer.
    pub(super) async fn inherit(&self) -> Option<AuthorizationRequest> {
        tokio::time::sleep(GRACE).await;
        self.lock().request.take()
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One client that is being held for one hop.
pub(super) struct Holding {
    waiting: Arc<Waiting>,
    ticket: Digest<Ticket>,
    delivered: bool,
}

impl Holding {
    /// Waits for the end of the question.
    pub(super) async fn outcome(&self) -> Outcome {
        let mut answered = self.waiting.answered.subscribe();
        // The sender lives as long as this guard does.
        let outcome = answered.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        outcome.unwrap_or(Err(Unanswered::Quitting))
    }

    /// This hop's answer is on its way; the client is expected back.
    pub(super) fn delivered(mut self) {
        self.delivered = true;
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let mut stage = self.waiting.lock();
        if let Some(at) = stage.held.iter().position(|ticket| *ticket == self.ticket) {
            stage.held.remove(at);
        }
        let (alone, hop) = (stage.held.is_empty(), stage.hops);
        drop(stage);
        if !alone {
            return;
        }
        if !self.delivered {
            self.waiting.end(Unanswered::HungUp);
            return;
        }
        let waiting = self.waiting.clone();
        tokio::spawn(async move {
            tokio::time::sleep(GRACE).await;
            let nobody_came = {
                let stage = waiting.lock();
                stage.held.is_empty() && stage.hops == hop
            };
            if nobody_came {
                waiting.end(Unanswered::HungUp);
            }
        });
    }
}
