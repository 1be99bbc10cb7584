//! `authorize`: a sound request becomes a ticket, a fetched ticket becomes a question, an answer becomes a redirect.

use std::{sync::Arc, time::Duration};

use doorward_oauth::{
    authorize::{AuthorizationRequest, AuthorizeQuery, Bound, Refused, ReturnTo, Unbound},
    consent::{Asker, Connecting, ConsentDecision, ConsentKind, ConsentRequest, How, Permission, Unanswered},
    error::{Code, OAuthError},
    exchange::StoredCode,
    grant::{CODE_LIFETIME, Grant, UNUSED_FOR},
    id::{ClientId, GrantId},
    policy::{self, Connect, Why},
    program::{Program, Sighting},
    redirect::Destination,
    token::{self, Ticket, Token},
    tool::Process,
};
use doorward_words::Said;
use rusqlite::Transaction;
use url::Url;

use super::{
    Broker, Connection,
    block::said_no,
    connection::{Late, Patience},
    ends::{Ends, Namesakes},
    offers::Ticked,
    tickets::{Outcome, Question, Sameness, Waiting},
};
use crate::{
    consent::{Asking, PromptId, mutes},
    refusal::Refusal,
    store::{
        Sql, StoreError, asked, clients,
        clients::StoredClient,
        codes,
        codes::{Bound as RedeemableBy, Found},
        events,
        events::Event,
        grants, programs,
        programs::Part,
        servers,
    },
};

/// How long one hop holds a browser: its next page comes before any of its time-outs.
const BROWSER_HOP: Duration = Duration::from_secs(25);
/// How long one hop holds any other client.
const CLIENT_HOP: Duration = Duration::from_secs(55);
/// How many hops a client other than a browser gets.
const CLIENT_HOPS: u32 = 8;
/// How many logins of one App at one server hold at once.
const MOST_SESSIONS: u32 = 32;

/// What to answer to an authorization request.
#[derive(Debug)]
pub enum Asked {
    /// Come and wait here.
    Ticket(Token<Ticket>),
    /// Back to the client, with an error.
    Redirect(String),
}

/// How a client fetches its ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hop {
    /// A browser opens the ticket: it gets a page with the number at once, which leads to the held form.
    Page,
    /// A browser, held.
    Browser(u32),
    /// Any other client, held.
    Client(u32),
}

/// What to answer to a client that waits.
#[derive(Debug)]
pub enum Waited {
    /// The page with this number; it continues with that hop.
    Page {
        /// The number.
        number: u8,
        /// The hop it continues with.
        next: u32,
    },
    /// Come back for that hop.
    Again(u32),
    /// Back to the client, with a code or an error.
    Redirect(String),
}

impl Broker {
    /// Checks an authorization request. Nothing is asked yet: clients fetch this address before they show it to a person.
    ///
    /// # Errors
    /// [`Refusal::Unbound`] when there is no address it could be answered at.
    pub async fn authorize(&self, query: &str, user_activated: bool) -> Result<Asked, Refusal> {
        let query = self.unpushed(AuthorizeQuery::parse(query)?)?;
        let id = query.client_id()?;
        self.know_document(&id).await?;
        let client = self.inner.store.look_up(|db| clients::find(db, &id))?.ok_or(Unbound::UnknownClient)?;
        let bound = self.bind(query, &client)?;
        let request = match bound.check(&id, self.issuer(), self.policy(), &self.resources_now()) {
            Ok(request) => request,
            Err(Refused { return_to, error }) => return self.refused_unasked(&return_to, &id, error),
        };
        if self.is_blocked(&client.app) {
            let name = client.client.name.as_ref().map(|name| name.as_str().to_owned());
            self.record_blocked(&client.app, name, request.server.clone()).await;
            return self.refused_unasked(&request.return_to, &id, unanswered(Unanswered::Blocked));
        }
        if let Connect::Refuse(error) =
            policy::connect(None, self.now(), request.silent, self.paused_for(&client.app, &request.server).as_ref())
        {
            return self.refused_unasked(&request.return_to, &id, error);
        }
        self.inner.queue.expect_question();
        Ok(Asked::Ticket(self.issue_ticket(request, user_activated)))
    }

    /// A refusal that no person was asked about. To an address on the web it travels only where somebody allowed that client
    /// something.
    fn refused_unasked(&self, return_to: &ReturnTo, client: &ClientId, error: OAuthError) -> Result<Asked, Refusal> {
        let leaves = matches!(return_to.redirect().destination(), Destination::Web { .. });
        if leaves && self.inner.store.look_up(|db| grants::of_client(db, client))?.is_empty() {
            return Err(Unbound::Untrusted(error).into());
        }
        Ok(Asked::Redirect(self.refused(return_to, client, &error)))
    }

    /// A refusal that travels by redirect, and its line in the log.
    fn refused(&self, return_to: &ReturnTo, client: &ClientId, error: &OAuthError) -> String {
        tracing::info!(trace = self.trace_id(), %client, %error, "an authorization request was refused");
        return_to.with_error(error)
    }

    /// Matches the redirect of a request against what its client registered.
    pub(super) fn bind(&self, query: AuthorizeQuery, client: &StoredClient) -> Result<Bound, Unbound> {
        query.bind(&client.client, client.shared || self.policy().authorization.redirect_uri_required, self.issuer())
    }

    fn issue_ticket(&self, request: AuthorizationRequest, may_take_focus: bool) -> Token<Ticket> {
        let draw = || self.inner.world.random.draw();
        let ticket = Token::from_random(draw());
        let sameness = Sameness {
            client: request.client.clone(),
            redirect_uri: request.return_to.redirect().as_str().to_owned(),
            state: request.return_to.state().map(str::to_owned),
            challenge: *request.challenge.as_bytes(),
            server: request.server.clone(),
        };
        let now = self.now();
        let new = |taken: &[u8]| Waiting::new(request, sameness.clone(), free_number(taken, draw()), may_take_focus);
        self.inner.tickets.issue(ticket.digest(), sameness.clone(), new, now);
        ticket
    }

    /// Fetches a ticket: raises its question the first time, and waits for the answer for one hop.
    ///
    /// # Errors
    /// [`Refusal::TicketGone`], [`Refusal::AnsweredElsewhere`], [`Refusal::Store`].
    pub async fn wait(&self, ticket: &Token<Ticket>, hop: Hop, from: Connection) -> Result<Waited, Refusal> {
        let ticket = ticket.digest();
        let waiting = self.inner.tickets.find(&ticket, self.now()).ok_or(Refusal::TicketGone)?;
        if waiting.is_over() {
            return Err(Refusal::TicketGone);
        }
        let holding = waiting.hold(&ticket);
        if waiting.is_first(&ticket) {
            // Asked now, while its connection is certainly open: a page is answered at once and may be all it wants.
            let destination = waiting.peek(|request| request.return_to.redirect().destination().clone()).ok_or(Refusal::TicketGone)?;
            let (ends, late) = self.both_ends(from, destination).await;
            self.raise(&waiting, matches!(hop, Hop::Page | Hop::Browser(_)), ends, late);
        }
        let (patience, next) = match hop {
            Hop::Page => (Duration::ZERO, Waited::Page { number: waiting.number, next: 1 }),
            Hop::Browser(n) => (BROWSER_HOP, Waited::Page { number: waiting.number, next: n.saturating_add(1) }),
            Hop::Client(n) if n < CLIENT_HOPS => (CLIENT_HOP, Waited::Again(n + 1)),
            // Nobody who hops on counts for ever: the last hop waits for the question's own deadline.
            Hop::Client(_) => (self.inner.config.patience(), Waited::Again(CLIENT_HOPS)),
        };
        let Ok(outcome) = tokio::time::timeout(patience, holding.outcome()).await else {
            holding.delivered();
            return Ok(next);
        };
        let request = match waiting.take(&ticket) {
            Some(request) => Some(request),
            None => waiting.inherit().await,
        };
        holding.delivered();
        self.inner.tickets.forget(&ticket);
        let request = request.ok_or(Refusal::AnsweredElsewhere)?;
        self.deliver(request, outcome, &waiting).await.map(Waited::Redirect)
    }

    /// Puts the question up, in a task of its own: it outlives the hop that raised it.
    fn raise(&self, waiting: &Arc<Waiting>, has_page: bool, ends: Ends, late: Late<Ends>) {
        let (this, waiting) = (self.clone(), waiting.clone());
        tokio::spawn(async move {
            let outcome = tokio::select! {
                outcome = this.ask(&waiting, has_page, ends, late) => outcome,
                why = waiting.ended() => Err(why),
            };
            waiting.settle(outcome.clone());
            if let Err(why) = outcome {
                this.record_unanswered(&waiting, why).await;
            }
        });
    }

    async fn ask(&self, waiting: &Arc<Waiting>, has_page: bool, ends: Ends, mut late: Late<Ends>) -> Outcome {
        for older in self.inner.tickets.replaced_by(&waiting.sameness) {
            // One open question for each login of a client: a new one takes the place of an abandoned one.
            older.end(Unanswered::Superseded);
        }
        let Ok(Some((stored, registrant, known))) = self.facts(&waiting.sameness) else { return Err(Unanswered::NotShown) };
        let Some((destination, redirect_uri, scopes)) = waiting.peek(|request| {
            let redirect = request.return_to.redirect();
            (redirect.destination().clone(), redirect.as_str().to_owned(), request.scopes.clone())
        }) else {
            return Err(Unanswered::HungUp);
        };
        if self.inner.denials.is_fresh(&stored.app, &waiting.sameness.server, self.now()) {
            return Err(Unanswered::JustDenied);
        }
        let paused = self.paused_for(&stored.app, &waiting.sameness.server);
        let how = match (policy::connect(known.as_ref(), self.now(), false, paused.as_ref()), &known) {
            (Connect::Refuse(_), _) => return Err(Unanswered::NotShown),
            (Connect::Ask(Why::SigningInAgain), Some(grant)) => {
                let asked = self.inner.store.look_up(|db| asked::at(db, &stored.app, &waiting.sameness.server));
                let wider = asked.map_err(|_| Unanswered::NotShown)?.is_some_and(|asked| !scopes.within(&asked));
                How::Again { allowed_at: grant.created_at, wider }
            }
            (Connect::Ask(Why::SigningInAgain | Why::FirstTime), _) => How::First,
        };
        let server = waiting.sameness.server.clone();
        let again = matches!(how, How::Again { .. });
        let shown = self.shown(&stored.app, &server, again).await.map_err(|_| Unanswered::NotShown)?;
        let Namesakes { known_as, looks_like } = self.namesakes(&stored.app).map_err(|_| Unanswered::NotShown)?;
        let ends = late.arrived().unwrap_or(ends);
        if !late.is_awaited() {
            late = self.signatures_of(&ends);
        }
        let Ends { requester, listener, .. } = ends;
        let listener = listener?;
        let connecting = Connecting {
            asker: Asker {
                client_name: stored.client.name.clone(),
                client: stored.client.id.clone(),
                requester: requester.clone(),
                registrant: registrant.clone(),
            },
            how,
            scopes,
            destination,
            redirect_uri,
            listener: listener.clone(),
            number: has_page.then_some(waiting.number),
            offer: shown.offer.clone(),
            temporary: shown.temporary,
            links: stored.client.links(),
            known_as,
            looks_like,
        };
        let question = ConsentRequest {
            server,
            kind: ConsentKind::Connect(Box::new(connecting)),
            may_take_focus: waiting.may_take_focus,
            asked_at: self.now(),
        };
        waiting.remember(Question { app: stored.app.clone(), listener, requester, registrant, shown });
        if self.too_many_questions(&question) {
            return Err(Unanswered::Full);
        }
        self.changed();
        let outcome = match self.put_unless_blocked(&stored.app, question) {
            Ok(asking) => self.answered(asking, waiting, late).await,
            Err(why) => Err(why),
        };
        self.changed();
        if let Ok(ConsentDecision::Deny(denial)) = &outcome {
            self.inner.denials.note(stored.app.clone(), waiting.sameness.server.clone(), self.now());
            self.heed(&stored.app, denial).await;
        }
        outcome
    }

    /// Waits for the answer, and shows who is at both ends when the system says so late.
    async fn answered(&self, asking: Asking, waiting: &Waiting, mut late: Late<Ends>) -> Outcome {
        let id = asking.id();
        let answer = asking.answer();
        tokio::pin!(answer);
        let outcome = loop {
            tokio::select! {
                biased;
                ends = late.arrives(), if late.is_awaited() => {
                    late = ends.as_ref().map_or_else(Late::nothing, |ends| self.signatures_of(ends));
                    self.learn(id, waiting, ends)?;
                }
                outcome = &mut answer => break outcome,
            }
        };
        // What a yes gives is bound to the program that waits for it: that is worth another moment.
        if matches!(outcome, Ok(ConsentDecision::Allow(_)))
            && late.is_awaited()
            && let Ok(ends) = tokio::time::timeout(Patience::Decision.bound(), late.arrives()).await
        {
            self.learn(id, waiting, ends)?;
        }
        outcome
    }

    /// Takes in what the system said late. An error when the question must not be answered at all.
    fn learn(&self, id: PromptId, waiting: &Waiting, ends: Option<Ends>) -> Result<(), Unanswered> {
        let Some(Ends { requester, listener, .. }) = ends else { return Ok(()) };
        let listener = listener?;
        waiting.learn(&requester, &listener);
        self.inner.queue.learn(id, &requester, &listener);
        self.changed();
        Ok(())
    }

    /// The client, who registered it, and the grant its App already has at that server.
    fn facts(&self, Sameness { client, server, .. }: &Sameness) -> Result<Option<(StoredClient, Sighting, Option<Grant>)>, StoreError> {
        self.inner.store.look_up(|db| {
            let (Some(stored), Some(registrant)) = (clients::find(db, client)?, clients::registrant(db, client)?) else {
                return Ok(None);
            };
            let known = grants::newest(db, &stored.app, server)?;
            Ok(Some((stored, registrant, known)))
        })
    }

    /// Whether the program that causes a question has as many open ones as one program may have. A call that a person wants to be
    /// asked about each time counts here, although it never mutes its program.
    pub(super) fn too_many_questions(&self, new: &ConsentRequest) -> bool {
        let cause = |request: &ConsentRequest| mutes::cause(request).map(|(program, _)| program);
        let (new, open) = (cause(new), self.inner.queue.open());
        let of_same = open.iter().filter(|question| cause(&question.request) == new).count();
        new.is_some() && of_same >= self.inner.config.limits.questions_per_program
    }

    /// Turns an answer into the redirect that tells the client. The grant and the code are on disk before it leaves.
    async fn deliver(&self, request: AuthorizationRequest, outcome: Outcome, waiting: &Waiting) -> Result<String, Refusal> {
        match outcome {
            Ok(ConsentDecision::Allow(permission)) => {
                match self.mint(&request, waiting.shown().ok_or(Refusal::TicketGone)?, &permission).await {
                    Ok(code) => Ok(request.return_to.with_code(&code)),
                    // The client waits at its redirect, and would for good if it were told nothing (RFC 6749 §4.1.2.1).
                    Err(refusal) => {
                        if let Refusal::Store(error) = &refusal {
                            tracing::error!(trace = self.trace_id(), %error, "what was allowed could not be written down");
                        }
                        Ok(self.refused(&request.return_to, &request.client, &not_minted(&refusal)))
                    }
                }
            }
            Ok(ConsentDecision::Deny(denial)) => {
                self.record(self.event(waiting, "denied", said_no(&denial))).await;
                let denied = OAuthError::new(Code::AccessDenied, "The user denied the request.");
                Ok(self.refused(&request.return_to, &request.client, &denied))
            }
            Err(why) => Ok(self.refused(&request.return_to, &request.client, &unanswered(why))),
        }
    }

    /// Stores the grant, its code and the event in one transaction.
    async fn mint(&self, request: &AuthorizationRequest, asked: Question, permission: &Permission) -> Result<Token<token::Code>, Refusal> {
        let inner = &self.inner;
        let now = self.now();
        let code: Token<token::Code> = Token::from_random(inner.world.random.draw());
        let digest = code.digest();
        let stored = StoredCode {
            client: request.client.clone(),
            challenge: request.challenge.clone(),
            redirect_uri: request.return_to.redirect().as_str().to_owned(),
            server: request.server.clone(),
            ends_at: now.plus(CODE_LIFETIME),
            spent: false,
            failures: 0,
        };
        let (process, app) = (asked.listener.program().map(process_of), asked.app.clone());
        let ticked = self.ticked(&asked.shown, permission, &request.scopes, &request.server, process);
        let grant = Grant {
            id: GrantId::new(self.milliseconds(), self.draw()),
            app: asked.app.clone(),
            client: request.client.clone(),
            server: request.server.clone(),
            scopes: ticked.scopes.clone(),
            created_at: now,
            last_used_at: None,
            ends_at: now.plus(UNUSED_FOR),
        };
        let program = asked.listener.program().map(Program::identity);
        let found = Found { code: stored, grant: grant.id.clone(), refreshes: request.refreshes, bound: bound_to(&asked, request) };
        let minted = inner
            .store
            .run(move |tx| {
                // Disconnected or removed while the question was open: then there is nothing to give.
                let Some(client) = clients::find(tx, &grant.client)? else { return Ok(None) };
                // Replaced meanwhile by something else than what was shown: the yes was not for that (SEC-C4).
                if grant.app != client.app {
                    return Ok(None);
                }
                let Some(ended) = allow(tx, &client, &grant, program.as_deref(), &ticked)? else { return Ok(None) };
                codes::add(tx, &digest, &found)?;
                for (part, seen) in
                    [(Part::Registered, &asked.registrant), (Part::Asked, &asked.requester), (Part::Listened, &asked.listener)]
                {
                    programs::note(tx, &grant.app, part, seen, now)?;
                }
                Ok(Some(ended))
            })
            .await?;
        self.inner.permits.forget();
        self.end_calls(|same| same.app == app && same.server == request.server);
        self.changed();
        self.close_streams(&minted.ok_or(Refusal::TicketGone)?);
        Ok(code)
    }

    async fn record_unanswered(&self, waiting: &Waiting, why: Unanswered) {
        self.record(self.event(waiting, why.as_outcome(), why.to_the_person())).await;
    }

    fn event(&self, waiting: &Waiting, outcome: &str, detail: Said) -> Event {
        let (client_name, registrant) = match self.facts(&waiting.sameness) {
            Ok(Some((stored, registrant, _))) => (stored.client.name.map(|name| name.as_str().to_owned()), Some(registrant)),
            Ok(None) | Err(_) => (None, None),
        };
        let listener = waiting.shown().map(|asked| asked.listener);
        let program = [listener, registrant].iter().flatten().find_map(Sighting::program).map(|program| program.file().to_owned());
        Event { client_name, program, ..Event::new(self.now(), outcome, waiting.sameness.server.clone(), detail) }
    }
}

/// What a client is told when nobody answered: a plain no where somebody could have, "try again" where not.
pub(super) fn unanswered(why: Unanswered) -> OAuthError {
    let code = match why {
        Unanswered::TimedOut
        | Unanswered::HungUp
        | Unanswered::Superseded
        | Unanswered::JustDenied
        | Unanswered::Muted
        | Unanswered::Blocked
        | Unanswered::ForeignListener => Code::AccessDenied,
        Unanswered::Full | Unanswered::NotShown | Unanswered::Quitting => Code::TemporarilyUnavailable,
    };
    OAuthError::new(code, why.to_string())
}

/// What a client is told when a yes gave nothing.
fn not_minted(refusal: &Refusal) -> OAuthError {
    match refusal {
        Refusal::TicketGone => {
            OAuthError::new(Code::AccessDenied, "The client, its access or the server changed while the question was open.")
        }
        _ => OAuthError::new(Code::ServerError, "Doorward could not write down the answer. Its log says why."),
    }
}

/// Stores an "Allow" and writes it down. Gives the older grants that made room for it; `None` when the server is gone.
pub(super) fn allow(
    tx: &Transaction<'_>,
    client: &StoredClient,
    grant: &Grant,
    program: Option<&str>,
    ticked: &Ticked,
) -> Sql<Option<Vec<GrantId>>> {
    if servers::find(tx, &grant.server)?.is_none() {
        return Ok(None);
    }
    grants::add(tx, grant, program)?;
    ticked.store(tx, &grant.app, &grant.server, grant.created_at)?;
    let event = Event {
        client_name: client.client.name.as_ref().map(|name| name.as_str().to_owned()),
        // The script of an interpreter, or else the executable.
        program: program.and_then(|identity| identity.lines().last()).map(str::to_owned),
        ..Event::new(grant.created_at, "allowed", grant.server.clone(), Said::plain("event-allowed"))
    };
    events::add(tx, &event)?;
    grants::keep_newest(tx, grant, MOST_SESSIONS).map(Some)
}

/// Who may redeem the code that answers a request: the family of the program that waited, and the pages that it serves.
fn bound_to(asked: &Question, request: &AuthorizationRequest) -> Option<RedeemableBy> {
    let listener = asked.listener.program()?.clone();
    let origin = Url::parse(request.return_to.redirect().as_str()).ok().map(|uri| uri.origin().ascii_serialization());
    let page = origin.zip(asked.requester.program().map(Program::identity));
    Some(RedeemableBy { listener: Program { arguments: Vec::new(), ..listener }, page })
}

/// The run of a program that something can be tied to.
pub(super) const fn process_of(program: &Program) -> Process {
    Process { pid: program.pid, started: program.started }
}

/// A number from 10 to 99 that no open question has, if there is one left.
fn free_number(taken: &[u8], bits: [u8; 32]) -> u8 {
    let candidates = bits.iter().map(|byte| 10 + byte % 90);
    candidates.clone().find(|number| !taken.contains(number)).unwrap_or(10 + bits[0] % 90)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_two_digits_and_differ_while_they_can() {
        let mut taken = Vec::new();
        for n in 0..60_u8 {
            let bits = std::array::from_fn(|i| n.wrapping_mul(31).wrapping_add(i as u8 * 7));
            let number = free_number(&taken, bits);
            assert!((10..=99).contains(&number));
            taken.push(number);
        }
    }
}
