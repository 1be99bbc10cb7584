//! The two lines to a running process: what many clients ask goes in on one, what comes out of the other goes to the one whom
//! it is for.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use bytes::Bytes;
use serde_json::value::RawValue;
use tokio::{
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    budget::Budget,
    change::Change,
    declared::Declared,
    era::Era,
    flight::{Answered, Asked, Asker, Flight, Flights, Hold, Said, WhenDropped},
    hearers::Hearers,
    level::Level,
    log::{Log, shown},
    object::raw,
    rpc::{self, Message, NoMessage, Outcome, Params, RequestId, code},
    session::SessionId,
    settings::Settings,
    stream,
    trouble::Trouble,
};

/// How many requests may wait for the process to read them.
const DATA: usize = 16;
/// How many cancellations and refusals may. What does not fit is not said: the process does not read.
const CONTROL: usize = 1024;
/// The member of `_meta` that ties a notification to its subscription (MCP 2026-07-28, "Subscriptions").
pub(crate) const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// What all processes of a server share, one after the other.
pub(crate) struct Shared {
    pub(crate) server: Arc<str>,
    pub(crate) settings: Settings,
    pub(crate) log: Log,
    pub(crate) hearers: Hearers,
    /// For what waits to be read by the process.
    inbound: Budget,
    /// For answers that wait to be read by clients.
    outbound: Budget,
    /// For all else that does: who does not read it must not stop the answers of others.
    notes: Budget,
    places: Arc<Semaphore>,
}

impl Shared {
    pub(crate) fn new(server: Arc<str>, settings: Settings) -> Self {
        let notes = Budget::new(settings.room_notes);
        Self {
            log: Log::new(settings.log, settings.log_line),
            hearers: Hearers::new(&settings, notes.clone()),
            inbound: Budget::new(settings.room_in),
            outbound: Budget::new(settings.room_out),
            notes,
            places: Arc::new(Semaphore::new(settings.requests.min(Semaphore::MAX_PERMITS))),
            server,
            settings,
        }
    }
}

/// The connection to one process.
pub(crate) struct Wire {
    pub(crate) shared: Arc<Shared>,
    /// What its tools want to see in headers.
    pub(crate) declared: Declared,
    /// Known once it was greeted.
    pub(crate) era: OnceLock<Era>,
    flights: Mutex<Flights>,
    data: mpsc::Sender<Request>,
    control: mpsc::Sender<Vec<u8>>,
    over: CancellationToken,
    me: Weak<Self>,
}

/// A request on its way to the process.
pub(crate) struct Request {
    pub(crate) number: u64,
    pub(crate) line: Bytes,
}

/// What the writing end takes from.
pub(crate) struct Queues {
    pub(crate) data: mpsc::Receiver<Request>,
    pub(crate) control: mpsc::Receiver<Vec<u8>>,
}

/// What is to be asked.
pub(crate) struct Question<'a> {
    pub(crate) method: &'a str,
    pub(crate) params: Params<'a>,
    /// `None` for what Doorward wants to know.
    pub(crate) asker: Option<Asker>,
    pub(crate) when_dropped: WhenDropped,
}

impl Wire {
    pub(crate) fn new(shared: Arc<Shared>) -> (Arc<Self>, Queues) {
        let (data, data_out) = mpsc::channel(DATA);
        let (control, control_out) = mpsc::channel(CONTROL);
        let wire = Arc::new_cyclic(|me| Self {
            shared,
            declared: Declared::default(),
            era: OnceLock::new(),
            flights: Mutex::default(),
            data,
            control,
            over: CancellationToken::new(),
            me: me.clone(),
        });
        (wire, Queues { data: data_out, control: control_out })
    }

    fn flights(&self) -> MutexGuard<'_, Flights> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn server(&self) -> Arc<str> {
        Arc::clone(&self.shared.server)
    }

    /// Ends when the process is not to be used any more.
    pub(crate) fn over(&self) -> &CancellationToken {
        &self.over
    }

    /// From now on nothing can be asked. Who waits for an answer is told why there will be none.
    pub(crate) fn end(&self, trouble: &Trouble) {
        self.flights().end(trouble);
        self.over.cancel();
    }

    /// Sends a request, once there is room for it. The answer comes out of what is returned.
    ///
    /// # Errors
    /// [`Trouble`] when the process is gone or does not read, or too much is under way.
    pub(crate) async fn ask(&self, mut question: Question<'_>) -> Result<Asked, Trouble> {
        let settings = &self.shared.settings;
        let too_many = |most| Trouble::TooMany { server: self.server(), most };
        let place = match &question.asker {
            Some(_) => Some(Arc::clone(&self.shared.places).try_acquire_owned().map_err(|_| too_many(settings.requests))?),
            None => None,
        };
        let wants_progress = question.asker.as_ref().is_some_and(|asker| asker.token.is_some());
        let (most, listens) = (settings.requests_per_caller, question.method == "subscriptions/listen");
        let (number, notes, answer) = self.flights().add(question.asker.take(), listens, most, || too_many(most))?;
        let hold = Hold { wire: self.me.clone(), number, when_dropped: question.when_dropped, _place: place };
        let asked = Asked::new(notes, answer, hold);
        if wants_progress {
            question.params.meta.set("progressToken", raw(&number));
        }
        self.send(number, question).await?;
        Ok(asked)
    }

    async fn send(&self, number: u64, question: Question<'_>) -> Result<(), Trouble> {
        let after = self.shared.settings.deaf;
        let deaf = || Trouble::Deaf { server: self.server(), after };
        let sending = async {
            // Before there is one more copy of what the client sent.
            let room =
                self.shared.inbound.wait(question.params.length()).await.ok_or_else(|| Trouble::TooLong { server: self.server() })?;
            let line = room.fill(rpc::request(number, question.method, question.params));
            self.data.send(Request { number, line }).await.map_err(|_| deaf())
        };
        tokio::select! {
            biased;
            () = self.over.cancelled() => Err(self.flights().over().cloned().unwrap_or_else(deaf)),
            sent = timeout(after, sending) => sent.unwrap_or_else(|_| Err(deaf())),
        }
    }

    /// Tells the process something that has no answer.
    pub(crate) fn tell(&self, method: &str, params: Params<'_>) {
        let _ = self.control.try_send(rpc::notification(method, params));
    }

    /// A request is about to be written: `false` if nobody wants it any more.
    pub(crate) fn writes(&self, number: u64) -> bool {
        self.flights().writes(number)
    }

    /// Nobody waits for the answer any more.
    pub(crate) fn dropped(&self, number: u64, when_dropped: WhenDropped) {
        match when_dropped {
            WhenDropped::Cancel => self.withdraw(number),
            WhenDropped::Leave => self.flights().leave(number),
        }
    }

    /// A client of an older revision takes a request back.
    pub(crate) fn cancel(&self, session: &SessionId, id: &RequestId) {
        let number = self.flights().find(session, id);
        if let Some(number) = number {
            self.withdraw(number);
        }
    }

    fn withdraw(&self, number: u64) {
        let must_know = self.flights().withdraw(number);
        if must_know {
            let mut params = Params::default();
            params.members.set("requestId", raw(&number));
            params.members.set("reason", raw("The client does not wait for it any more."));
            self.tell("notifications/cancelled", params);
        }
    }

    /// A line that the process wrote.
    ///
    /// # Errors
    /// [`NoMessage`].
    pub(crate) fn take(&self, line: &Bytes) -> Result<(), NoMessage> {
        match Message::read(line)? {
            Message::Answer { id: Some(id), outcome } => self.answered(line, &id, outcome),
            // An answer to nothing in particular: it could not read what it was sent.
            Message::Answer { id: None, .. } => self.shared.log.remark("The server could not read a message that it was sent."),
            Message::Notification { method, params } => self.told(&method, Params::read(params).unwrap_or_default()),
            Message::Request { id, method, .. } => self.refuse(&id, &method),
        }
        Ok(())
    }

    fn answered(&self, line: &Bytes, id: &RequestId, outcome: Outcome<&RawValue>) {
        // Some servers make a string of it.
        let Ok(number) = id.text().trim_matches('"').parse() else { return };
        let part = |text: &RawValue| line.slice_ref(text.get().as_bytes());
        self.flights().close(number, || match self.shared.outbound.take(line.len()) {
            None => Answered::Full,
            Some(room) => Answered::Said(Said {
                outcome: match outcome {
                    Outcome::Result(result) => Outcome::Result(part(result)),
                    Outcome::Error(error) => Outcome::Error(part(error)),
                },
                room,
            }),
        });
    }

    /// The process asks Doorward: it was told that there is nothing to be had, except for a sign of life.
    fn refuse(&self, id: &RequestId, method: &str) {
        let mut frame = if method == "ping" {
            rpc::answer(id, Outcome::Result(b"{}"))
        } else {
            let message = format!("Doorward offers servers no {}: it shares this server between programs.", shown(method));
            rpc::refusal(Some(id), &rpc::error(code::METHOD_NOT_FOUND, &message, None))
        };
        rpc::one_line(&mut frame);
        frame.push(b'\n');
        let _ = self.control.try_send(frame);
    }

    /// The process says something by itself.
    fn told(&self, method: &str, mut params: Params<'_>) {
        match method {
            "notifications/progress" => self.progressed(method, params),
            "notifications/message" => self.logged(method, params),
            // The end of a subscription (MCP 2026-07-28, "Cancellation").
            "notifications/cancelled" => {
                if let Some(number) = params.members.get("requestId").and_then(rpc::number) {
                    let mut flights = self.flights();
                    if flights.get(number).is_some_and(|flight| flight.listens) {
                        flights.close(number, || Answered::Withdrawn);
                    }
                }
            }
            _ => {
                if method == "notifications/tools/list_changed" {
                    self.declared.forget();
                }
                let subscription = params.meta.remove(SUBSCRIPTION).and_then(|raw| rpc::number(&raw));
                match subscription {
                    Some(number) => self.subscribed(number, method, params),
                    None => self.changed(method, params),
                }
            }
        }
    }

    fn progressed(&self, method: &str, mut params: Params<'_>) {
        let Some(number) = params.members.get("progressToken").and_then(rpc::number) else { return };
        let flights = self.flights();
        let Some(flight) = flights.get(number) else { return };
        if let Some(token) = flight.asker.as_ref().and_then(|asker| asker.token.as_ref()) {
            params.members.set("progressToken", token.raw());
            // Who does not read learns of the next one.
            self.note(flight, method, params);
        }
    }

    /// Messages of the log do not say which request they are about. They go where no other caller can read them, or nowhere.
    fn logged(&self, method: &str, params: Params<'_>) {
        let level = params.members.value::<String>("level").and_then(|level| Level::read(&level)).unwrap_or(Level::Info);
        let flights = self.flights();
        // A server of today says it during the request, and only if that asked for it. One of before says it whenever it likes.
        let is_modern = self.era.get() == Some(&Era::Modern);
        let caller = if is_modern { None } else { flights.only_caller() };
        if !is_modern && caller.is_none() {
            return;
        }
        if let Some(flight) = flights.only(|asker| !is_modern || asker.level.is_some()) {
            if flight.asker.as_ref().and_then(|asker| asker.level).is_some_and(|least| level >= least) {
                self.note(flight, method, params);
            }
        } else if let Some(caller) = caller {
            self.shared.hearers.log(caller, level, rpc::event(method, params));
        }
    }

    /// Something for a subscription.
    fn subscribed(&self, number: u64, method: &str, mut params: Params<'_>) {
        let mut flights = self.flights();
        let Some(flight) = flights.get(number).filter(|flight| flight.listens) else { return };
        match &flight.asker {
            Some(asker) => {
                params.meta.set(SUBSCRIPTION, asker.id.raw());
                if !self.note(flight, method, params) {
                    // It must not miss one and go on: it may ask again, and look anew.
                    flights.close(number, || Answered::Full);
                }
            }
            None if method == "notifications/subscriptions/acknowledged" => {
                let _ = flight.notes.try_send(Bytes::new());
            }
            None => {
                drop(flights);
                self.changed(method, params);
            }
        }
    }

    fn changed(&self, method: &str, params: Params<'_>) {
        if let Some(change) = Change::read(method, &params.members) {
            self.shared.hearers.heard(method, &change, params);
        }
    }

    /// Adds a note to a request. `false` if it did not fit.
    fn note(&self, flight: &Flight, method: &str, params: Params<'_>) -> bool {
        let held = self.shared.notes.hold(stream::event(rpc::event(method, params)));
        held.is_some_and(|held| flight.notes.try_send(held).is_ok())
    }
}
