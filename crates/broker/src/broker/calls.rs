//! `calls`: asking about a call that waits, and what becomes of the answer.
//!
//! Equal calls share one question: same App, server, tool and arguments. The call that raised it may give up, since clients have
//! time-outs; the question stays, and its answer serves the next equal call, once.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_oauth::{
    arguments::{self, ArgumentsHash, Lead, PathArgument},
    consent::{After, Asker, Calling, ConsentDecision, ConsentKind, ConsentRequest, Unanswered, Until, WhyAsked},
    id::{AppId, GrantId, ServerName},
    program::Sighting,
    time::UnixTime,
    tool::{Group, Mode, Pin, Rule, Subject},
};
use doorward_words::Said as Sentence;
use secrecy::ExposeSecret;
use serde_json::{Value, value::RawValue};
use tokio::sync::{Notify, watch};
use url::Url;

use super::{Broker, Connection, Guarded, add::is_this_computer, authorize::process_of, connection::Patience};
use crate::{
    consent::PromptId,
    refusal::Refusal,
    store::{
        StoreError, calls, clients, events,
        events::Event,
        rules,
        servers::{Reach, Server},
        tools,
    },
};

/// How long a question about a call stays open, and how long an answer that came late is good for.
const OPEN: Duration = Duration::from_secs(10 * 60);
/// How long a no to a tool that is not allowed yet is remembered.
const NO_MEANS_NO: Duration = Duration::from_secs(60);
/// How many calls are asked about, or have an answer that waits, at once.
const MOST: usize = 200;

/// A call to ask about.
#[derive(Debug)]
pub struct AskedCall<'a> {
    /// On whose word, and where to.
    pub guarded: &'a Guarded,
    /// The tool.
    pub tool: &'a str,
    /// What it is called with.
    pub arguments: Option<&'a RawValue>,
    /// Why it is asked about.
    pub why: WhyAsked,
    /// Who calls.
    pub from: &'a Connection,
    /// The session that it came in, and the request's id there, by which its client can cancel it.
    pub session: Option<&'a str>,
    /// See `session`.
    pub request: Option<&'a Value>,
    /// Whether a connection that breaks says nothing about the call, as in older revisions of MCP.
    pub outlives_connection: bool,
}

/// What became of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// Yes.
    Allowed,
    /// No, with the person's own words.
    Denied(Option<String>),
    /// The person said "later".
    PutOff,
    /// Nobody could be asked, or nobody answered.
    Unanswered(Unanswered),
}

/// Two calls with the same of these are one question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Same {
    pub(super) app: AppId,
    pub(super) server: ServerName,
    pub(super) tool: String,
    arguments: ArgumentsHash,
}

/// The calls that are asked about, and answers that wait for their call.
#[derive(Default)]
pub(super) struct Calls {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashMap<Same, Arc<Pending>>,
    /// Until when a no to a tool counts for further calls of it.
    denied: HashMap<(AppId, ServerName, String), UnixTime>,
}

struct Pending {
    asked_at: UnixTime,
    answer: watch::Sender<Option<Said>>,
    prompt: watch::Sender<Option<PromptId>>,
    /// The calls that wait for it now.
    waiting: Mutex<Vec<Arc<Waiter>>>,
    /// Everybody who waited went away for good.
    abandoned: Notify,
}

/// A call that waits.
struct Waiter {
    request: RequestKey,
    cancelled: Notify,
}

/// What a client cancels a request by. Two programs with the same tokens may use the same.
#[derive(Debug, Clone, PartialEq)]
struct RequestKey {
    grant: GrantId,
    session: Option<String>,
    id: Option<Value>,
}

/// How a question about a call ended.
#[derive(Debug, Clone)]
enum Said {
    /// Yes, for one call: taken by the first that comes.
    Once(Arc<Mutex<bool>>),
    /// Yes, by a rule that is on the disk.
    ByRule,
    Denied(Option<String>),
    Unanswered(Unanswered),
}

impl State {
    /// Takes a question out, if it is still the one that is asked for such calls.
    fn forget(&mut self, same: &Same, pending: &Arc<Pending>) {
        if self.open.get(same).is_some_and(|known| Arc::ptr_eq(known, pending)) {
            self.open.remove(same);
        }
    }
}

impl Calls {
    pub(super) fn sweep(&self, now: UnixTime) {
        let mut state = self.lock();
        state.open.retain(|_, pending| now < pending.asked_at.plus(OPEN).plus(OPEN));
        state.denied.retain(|_, until| now < *until);
    }

    /// Whether a person said no to that tool a moment ago.
    fn said_no(&self, same: &Same, now: UnixTime) -> bool {
        let key = (same.app.clone(), same.server.clone(), same.tool.clone());
        self.lock().denied.get(&key).is_some_and(|until| now < *until)
    }

    /// Forgets a question that nobody waits for, or that was ended. `false` when somebody does.
    fn abandon(&self, same: &Same, pending: &Arc<Pending>) -> bool {
        let mut state = self.lock();
        let waits = state.open.get(same).is_some_and(|known| Arc::ptr_eq(known, pending)) && !pending.lock().is_empty();
        if !waits {
            state.forget(same, pending);
        }
        !waits
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestKey {
    fn new(guarded: &Guarded, session: Option<&str>, id: Option<&Value>) -> Self {
        Self { grant: guarded.grant.id.clone(), session: session.map(str::to_owned), id: id.cloned() }
    }
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Waiter>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of those who wait and are gone. `true` when nobody is left.
    fn leave(&self, gone: impl Fn(&Arc<Waiter>) -> bool) -> bool {
        let mut waiting = self.lock();
        waiting.retain(|waiter| !gone(waiter));
        waiting.is_empty()
    }
}

/// One call that waits. Dropping it while it waits means that its client went away for good.
struct WaitingCall<'p> {
    pending: &'p Pending,
    waiter: Arc<Waiter>,
    gone_for_good: bool,
}

impl<'p> WaitingCall<'p> {
    fn of(pending: &'p Pending, call: &AskedCall<'_>) -> Self {
        let request = RequestKey::new(call.guarded, call.session, call.request);
        let waiter = Arc::new(Waiter { request, cancelled: Notify::new() });
        pending.lock().push(waiter.clone());
        Self { pending, waiter, gone_for_good: !call.outlives_connection }
    }
}

impl Drop for WaitingCall<'_> {
    fn drop(&mut self) {
        if self.pending.leave(|waiter| Arc::ptr_eq(waiter, &self.waiter)) && self.gone_for_good {
            self.pending.abandoned.notify_one();
        }
    }
}

impl Broker {
    /// Asks about a call and waits for `budget` at the most; `None` when that is over. Dropping the future takes the question down,
    /// unless another call waits for it.
    ///
    /// # Errors
    /// [`Refusal::BadMessage`] for arguments that could be read in two ways, [`Refusal::Store`].
    pub async fn ask_about(&self, call: &AskedCall<'_>, budget: Duration) -> Result<Option<Answered>, Refusal> {
        let same = Same {
            app: call.guarded.grant.app.clone(),
            server: call.guarded.server.name.clone(),
            tool: call.tool.to_owned(),
            arguments: ArgumentsHash::of(call.arguments)?,
        };
        let deadline = tokio::time::Instant::now() + budget;
        loop {
            if self.is_blocked(&same.app) {
                return Ok(Some(Answered::Unanswered(Unanswered::Blocked)));
            }
            if call.why == WhyAsked::NotAllowedYet && self.inner.calls.said_no(&same, self.now()) {
                return Ok(Some(Answered::Unanswered(Unanswered::JustDenied)));
            }
            let Some(pending) = self.pending(&same, call).await? else {
                return Ok(Some(Answered::Unanswered(Unanswered::Full)));
            };
            let mut waiting = WaitingCall::of(&pending, call);
            let waiter = waiting.waiter.clone();
            let said = tokio::select! {
                biased;
                () = waiter.cancelled.notified() => {
                    waiting.gone_for_good = false;
                    return Ok(Some(Answered::Unanswered(Unanswered::HungUp)));
                }
                said = said(&pending) => said,
                () = self.put_off(&pending) => {
                    waiting.gone_for_good = false;
                    return Ok(Some(Answered::PutOff));
                }
                () = tokio::time::sleep_until(deadline) => {
                    waiting.gone_for_good = false;
                    return Ok(None);
                }
            };
            waiting.gone_for_good = false;
            drop(waiting);
            match said {
                Said::Once(taken) => {
                    let mine = !std::mem::replace(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner), true);
                    self.inner.calls.lock().forget(&same, &pending);
                    if mine {
                        return Ok(Some(Answered::Allowed));
                    }
                    // Another equal call was quicker: this one is asked about anew.
                }
                Said::ByRule => return Ok(Some(Answered::Allowed)),
                Said::Denied(reason) => return Ok(Some(Answered::Denied(reason))),
                Said::Unanswered(why) => return Ok(Some(Answered::Unanswered(why))),
            }
        }
    }

    /// A client cancels a request of its own (MCP, `notifications/cancelled`).
    pub fn cancel_call(&self, guarded: &Guarded, session: Option<&str>, request: &Value) {
        let request = RequestKey::new(guarded, session, Some(request));
        let is_it = |waiter: &Arc<Waiter>| waiter.request == request;
        let waits_for = |pending: &&Arc<Pending>| pending.lock().iter().any(is_it);
        let Some(pending) = self.inner.calls.lock().open.values().find(waits_for).cloned() else { return };
        let cancelled = |waiter: &Arc<Waiter>| {
            let gone = is_it(waiter);
            if gone {
                waiter.cancelled.notify_one();
            }
            gone
        };
        if pending.leave(cancelled) {
            pending.abandoned.notify_one();
        }
    }

    /// Ends questions about calls, and forgets answers that wait for their call: what they rest on is not there any more.
    pub(super) fn end_calls(&self, ends: impl Fn(&Same) -> bool) {
        self.inner.calls.lock().open.retain(|same, pending| {
            let ends = ends(same);
            if ends {
                pending.abandoned.notify_one();
            }
            !ends
        });
    }

    /// The question about equal calls, put now if there is none. `None` when there are too many.
    async fn pending(&self, same: &Same, call: &AskedCall<'_>) -> Result<Option<Arc<Pending>>, Refusal> {
        let now = self.now();
        {
            let mut state = self.inner.calls.lock();
            if let Some(known) = state.open.get(same) {
                if now < known.asked_at.plus(OPEN).plus(OPEN) {
                    return Ok(Some(known.clone()));
                }
                state.open.remove(same);
            }
        }
        let (question, pin) = self.call_question(call).await?;
        let pending = Arc::new(Pending {
            asked_at: now,
            answer: watch::Sender::new(None),
            prompt: watch::Sender::new(None),
            waiting: Mutex::default(),
            abandoned: Notify::new(),
        });
        {
            let mut state = self.inner.calls.lock();
            // An equal call may have been quicker.
            if let Some(known) = state.open.get(same) {
                return Ok(Some(known.clone()));
            }
            if state.open.len() >= MOST {
                return Ok(None);
            }
            state.open.insert(same.clone(), pending.clone());
        }
        let (this, same, asked) = (self.clone(), same.clone(), pending.clone());
        let why = call.why;
        tokio::spawn(async move { this.put_call(&same, &asked, question, pin, why).await });
        Ok(Some(pending))
    }

    /// Everything a person is shown about a call, and the description of the tool that stands behind it.
    async fn call_question(&self, call: &AskedCall<'_>) -> Result<(ConsentRequest, Option<Pin>), Refusal> {
        let (grant, server) = (&call.guarded.grant, call.guarded.server.name.clone());
        let (stored, registrant, tool, (passed, last_passed_at)) = self.inner.store.look_up(|db| {
            let stored = clients::find(db, &grant.client)?;
            let registrant = clients::registrant(db, &grant.client)?;
            let tool = tools::all(db, &server)?.into_iter().find(|tool| tool.name == call.tool);
            Ok((stored, registrant, tool, calls::passed(db, &grant.app, &server, call.tool)?))
        })?;
        let paths = arguments::paths(call.arguments);
        let (requester, leads) = tokio::join!(self.program_behind(call.from, Patience::Question), leads_of(&paths, &call.guarded.server));
        let description = tool.as_ref().and_then(|tool| tool.definition.get("description")?.as_str().map(arguments::visible));
        // Whatever Doorward keeps for servers: a model that got hold of one may send it anywhere.
        let secrets = self.inner.world.vault.known();
        // REVEAL: compared with what is shown, in order to cover it.
        let secrets: Vec<&str> = secrets.iter().map(|secret| secret.expose_secret()).collect();
        let mut rows = arguments::rows(call.arguments, &secrets)?;
        for (path, places) in paths.iter().zip(leads) {
            let said = (!path.whole).then_some(path.path.as_str());
            let leads = places.iter().map(|place| Lead::new(said, &place.to_string_lossy(), &secrets));
            if let Some(row) = rows.get_mut(path.row) {
                row.leads.extend(leads);
            }
        }
        let calling = Calling {
            asker: Asker {
                client_name: stored.and_then(|stored| stored.client.name),
                client: grant.client.clone(),
                requester,
                registrant: registrant.unwrap_or(Sighting::Nobody),
            },
            tool: call.tool.to_owned(),
            description,
            group: tool.as_ref().map_or(Group::Change, |tool| tool.group),
            why: call.why,
            arguments: rows,
            passed,
            last_passed_at,
        };
        let kind = ConsentKind::Call(Box::new(calling));
        Ok((ConsentRequest { server, kind, may_take_focus: false, asked_at: self.now() }, tool.map(|tool| tool.pin)))
    }

    /// Puts the question, and makes of the answer what it says. The rule is on the disk before anybody who waits is told.
    async fn put_call(&self, same: &Same, pending: &Arc<Pending>, question: ConsentRequest, pin: Option<Pin>, why: WhyAsked) {
        let program = question.kind.asker().and_then(|asker| asker.requester.program().map(process_of));
        let name = question.kind.asker().and_then(|asker| asker.client_name.as_ref().map(|name| name.as_str().to_owned()));
        let file = question.kind.behind().map(|program| program.file().to_owned());
        let too_many = self.too_many_questions(&question);
        let asked = if too_many { Err(Unanswered::Full) } else { self.inner.queue.put(question, OPEN) };
        let outcome = match asked {
            Err(why) => Err(why),
            // See `ask_unless_blocked`.
            Ok(_) if self.is_blocked(&same.app) => Err(Unanswered::Blocked),
            Ok(asking) => {
                pending.prompt.send_replace(Some(asking.id()));
                self.changed();
                let answer = asking.answer();
                tokio::pin!(answer);
                loop {
                    tokio::select! {
                        outcome = &mut answer => break outcome,
                        () = pending.abandoned.notified() => {
                            // Somebody may have joined meanwhile; who comes now raises a question anew.
                            if self.inner.calls.abandon(same, pending) {
                                break Err(Unanswered::HungUp);
                            }
                        }
                    }
                }
            }
        };
        let event = |outcome: &str, detail: Sentence| Event {
            client_name: name.clone(),
            program: file.clone(),
            ..Event::new(self.now(), outcome, same.server.clone(), detail)
        };
        let about_tool = |id: &'static str| Sentence::plain(id).with("tool", arguments::visible_line(&same.tool));
        let said = match outcome {
            Ok(ConsentDecision::Allow(permission)) => {
                let until = permission.until.unwrap_or(Until::Once);
                let after = match why {
                    WhyAsked::EachTime => Mode::Ask,
                    WhyAsked::NotAllowedYet => Mode::Hide,
                };
                let rule = match until {
                    Until::Once => None,
                    until => Some(Rule { mode: Mode::Allow, ends: self.ends(until, program), after }),
                };
                let event = event("allowed", about_tool(how_long(until)));
                match self.keep_answer(same, rule, pin, event).await {
                    Ok(true) if rule.is_some() => Said::ByRule,
                    Ok(true) => Said::Once(Arc::default()),
                    // The yes was for another tool than it is by now.
                    Ok(false) => Said::Unanswered(Unanswered::Superseded),
                    Err(error) => {
                        tracing::error!(%error, "an answer could not be written down, so it does not count");
                        Said::Unanswered(Unanswered::NotShown)
                    }
                }
            }
            Ok(ConsentDecision::Deny(denial)) => {
                if why == WhyAsked::NotAllowedYet {
                    let key = (same.app.clone(), same.server.clone(), same.tool.clone());
                    self.inner.calls.lock().denied.insert(key, self.now().plus(NO_MEANS_NO));
                }
                self.heed(&same.app, &denial).await;
                let said = if denial.after == After::Never { "event-said-never-to" } else { "event-said-no-to" };
                self.record(event("denied", about_tool(said))).await;
                Said::Denied(denial.reason)
            }
            Err(why) => {
                self.record(event(why.as_outcome(), about_tool("event-call-unanswered").with_said("why", why.to_the_person()))).await;
                Said::Unanswered(why)
            }
        };
        self.changed();
        let waits_for_its_call = matches!(said, Said::Once(_));
        pending.answer.send_replace(Some(said));
        if !waits_for_its_call {
            self.inner.calls.lock().forget(same, pending);
        }
    }

    /// Writes an answer down: that the tool was looked at, the rule, and what happened, in one transaction. `false`, and nothing is
    /// written, when the tool is not what was shown any more.
    async fn keep_answer(&self, same: &Same, rule: Option<Rule>, pin: Option<Pin>, event: Event) -> Result<bool, StoreError> {
        let (same, now) = (same.clone(), self.now());
        let kept = move |tx: &rusqlite::Transaction<'_>| {
            let is_as_shown = match pin {
                Some(pin) => tools::look(tx, &same.server, &same.tool, pin)?,
                None => false,
            };
            if !is_as_shown {
                return Ok(false);
            }
            if let Some(rule) = rule {
                rules::set(tx, &same.app, &same.server, &Subject::Tool(same.tool.clone()), rule, now)?;
            }
            events::add(tx, &event).map(|()| true)
        };
        let kept = self.inner.store.run(kept).await?;
        self.inner.permits.forget();
        Ok(kept)
    }

    /// Waits until the person says "later" to a question.
    async fn put_off(&self, pending: &Pending) {
        let mut prompt = pending.prompt.subscribe();
        // The sender lives as long as the question does.
        let Some(id) = prompt.wait_for(Option::is_some).await.ok().and_then(|id| *id) else { return std::future::pending().await };
        let mut waiting = self.inner.queue.waiting();
        loop {
            match self.inner.queue.find(id) {
                Some(question) if question.put_off => return,
                Some(_) if waiting.changed().await.is_ok() => {}
                Some(_) | None => return std::future::pending().await,
            }
        }
    }
}

/// Where the paths of a call lead, as the server would find them; nothing for one that is on another computer.
async fn leads_of(paths: &[PathArgument], server: &Server) -> Vec<Vec<PathBuf>> {
    let folder = match &server.reach {
        Reach::Command(command) => Some(PathBuf::from(&command.folder)),
        Reach::Address { url, .. } if Url::parse(url).is_ok_and(|url| is_this_computer(&url)) => None,
        Reach::Address { .. } => return Vec::new(),
    };
    crate::paths::leads(paths.iter().map(|path| path.path.clone()).collect(), folder).await
}

/// Waits for the end of a question.
async fn said(pending: &Pending) -> Said {
    let mut answer = pending.answer.subscribe();
    // The sender lives as long as the call that waits.
    let said = answer.wait_for(Option::is_some).await.ok().and_then(|said| said.clone());
    said.unwrap_or(Said::Unanswered(Unanswered::Quitting))
}

/// What is said about a call that was allowed for so long.
const fn how_long(until: Until) -> &'static str {
    match until {
        Until::Once => "event-allowed-once",
        Until::TenMinutes => "event-allowed-ten-minutes",
        Until::Today => "event-allowed-today",
        Until::ProgramEnds => "event-allowed-program-ends",
        Until::TakenBack => "event-allowed-taken-back",
    }
}
