//! Who hears what a server says by itself: the streams of sessions, and the subscriptions that Doorward keeps for a server
//! that knows none.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use crate::{
    answer::subscription_ended,
    budget::Budget,
    caller::CallerKey,
    change::{Change, Filter},
    level::Level,
    rpc::{self, Outcome, Params, RequestId},
    session::{Session, SessionId, Sessions},
    settings::Settings,
    stream,
    wire::SUBSCRIPTION,
};

/// How many events may wait for a client that does not read them.
const EVENTS: usize = 64;

/// What comes out of a stream.
pub(crate) enum Event {
    Data(Bytes),
    /// It ends as it should.
    End,
}

/// Where the events of a stream come out. If it runs dry without an [`Event::End`], something is missing.
pub(crate) type Events = mpsc::Receiver<Event>;

/// The other end of a stream.
pub(crate) struct Sink {
    into: mpsc::Sender<Event>,
    /// Tells it from the one that replaced it.
    number: u64,
}

impl Sink {
    /// `false` if it does not fit, which is the end of the stream.
    fn give(&self, event: Event) -> bool {
        self.into.try_send(event).is_ok()
    }
}

/// A subscription that Doorward keeps.
struct Subscription {
    id: RequestId,
    filter: Filter,
    sink: Sink,
}

/// Everybody who hears a server.
pub(crate) struct Hearers {
    inner: Mutex<Inner>,
    room: Budget,
    settings: Settings,
}

#[derive(Default)]
struct Inner {
    sessions: Sessions,
    subscriptions: HashMap<u64, Subscription>,
    last: u64,
}

impl Inner {
    /// How many resources are named in all.
    fn resources(&self) -> usize {
        let of_sessions = self.sessions.all().map(|session| session.uris.len()).sum::<usize>();
        of_sessions + self.subscriptions.values().map(|subscription| subscription.filter.uris.len()).sum::<usize>()
    }

    fn sink(&mut self) -> (Sink, Events, u64) {
        self.last += 1;
        let (into, events) = mpsc::channel(EVENTS);
        (Sink { into, number: self.last }, events, self.last)
    }
}

impl Hearers {
    pub(crate) fn new(settings: &Settings, room: Budget) -> Self {
        Self { inner: Mutex::default(), room, settings: settings.clone() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session. `None` without randomness.
    pub(crate) fn open(&self, caller: &CallerKey, client: Option<Box<RawValue>>) -> Option<SessionId> {
        self.inner().sessions.open(caller.clone(), client, &self.settings)
    }

    /// What `look` finds in the session of that name; `None` if the caller has none.
    pub(crate) fn session<T>(&self, caller: &CallerKey, id: &SessionId, look: impl FnOnce(&mut Session) -> T) -> Option<T> {
        self.inner().sessions.get(caller, id, self.settings.session_idle).map(look)
    }

    /// Ends a session. Its stream ends with it.
    pub(crate) fn close(&self, id: &SessionId) {
        let mut inner = self.inner();
        if let Some(stream) = inner.sessions.get_mut(id).and_then(|session| session.stream.take()) {
            stream.give(Event::End);
        }
        inner.sessions.remove(id);
    }

    /// Opens the stream of a session. One that it had before ends: whoever comes back does not know that it is still there.
    pub(crate) fn stream(&self, id: &SessionId) -> Option<(Events, u64)> {
        let mut inner = self.inner();
        let (sink, events, number) = inner.sink();
        if let Some(before) = inner.sessions.get_mut(id)?.stream.replace(sink) {
            before.give(Event::End);
        }
        Some((events, number))
    }

    /// The stream of a session was closed by its client.
    pub(crate) fn stream_closed(&self, id: &SessionId, number: u64) {
        if let Some(session) = self.inner().sessions.get_mut(id) {
            session.stream.take_if(|sink| sink.number == number);
        }
    }

    /// Keeps a subscription, unless there are too many.
    pub(crate) fn subscribe(&self, id: RequestId, filter: Filter) -> Option<(Events, u64)> {
        let mut inner = self.inner();
        let most = self.settings.subscriptions;
        if inner.subscriptions.len() >= most || inner.resources() + filter.uris.len() > most {
            return None;
        }
        let (sink, events, number) = inner.sink();
        inner.subscriptions.insert(number, Subscription { id, filter, sink });
        Some((events, number))
    }

    /// From now on a session is told about a resource. `Some(false)` if it was already, `None` if there are too many.
    pub(crate) fn add(&self, caller: &CallerKey, id: &SessionId, uri: &str) -> Option<bool> {
        let mut inner = self.inner();
        let is_room = inner.resources() < self.settings.subscriptions;
        let session = inner.sessions.get(caller, id, self.settings.session_idle)?;
        if session.uris.contains(uri) {
            return Some(false);
        }
        let fits = is_room && session.uris.len() < self.settings.resources;
        fits.then(|| session.uris.insert(uri.to_owned()))
    }

    /// A subscription gets to hear of these resources, and of no others that it asked for.
    pub(crate) fn narrow(&self, number: u64, uris: &[String]) {
        if let Some(subscription) = self.inner().subscriptions.get_mut(&number) {
            subscription.filter.uris = uris.to_vec();
        }
    }

    /// A subscription was closed by its client.
    pub(crate) fn unsubscribe(&self, number: u64) {
        self.inner().subscriptions.remove(&number);
    }

    /// The resources that somebody wants to hear of.
    pub(crate) fn uris(&self) -> Vec<String> {
        let inner = self.inner();
        let of_sessions = inner.sessions.all().flat_map(|session| &session.uris);
        let of_subscriptions = inner.subscriptions.values().flat_map(|subscription| &subscription.filter.uris);
        let mut uris: Vec<String> = of_sessions.chain(of_subscriptions).cloned().collect();
        uris.sort_unstable();
        uris.dedup();
        uris
    }

    /// Whether somebody wants to hear of a resource.
    pub(crate) fn wants(&self, uri: &str) -> bool {
        let inner = self.inner();
        inner.sessions.all().any(|session| session.uris.contains(uri))
            || inner.subscriptions.values().any(|subscription| subscription.filter.uris.iter().any(|wanted| wanted == uri))
    }

    /// The most talkative level that a session asked for.
    pub(crate) fn level(&self) -> Option<Level> {
        self.inner().sessions.all().filter_map(|session| session.level).min()
    }

    /// Whether a session has a stream.
    pub(crate) fn has_streams(&self) -> bool {
        self.inner().sessions.all().any(|session| session.stream.is_some())
    }

    /// Tells a change to those who want to hear of it.
    pub(crate) fn heard(&self, method: &str, change: &Change, params: Params<'_>) {
        let mut inner = self.inner();
        let event = |params| self.room.hold(stream::event(rpc::event(method, params)));
        inner.subscriptions.retain(|_, subscription| {
            if !subscription.filter.wants(change) {
                return true;
            }
            let mut params = params.clone();
            params.meta.set(SUBSCRIPTION, subscription.id.raw());
            event(params).is_some_and(|event| subscription.sink.give(Event::Data(event)))
        });
        let event = event(params);
        for session in inner.sessions.all_mut() {
            let wants = match change {
                Change::Tools | Change::Prompts | Change::Resources => true,
                Change::Updated(uri) => session.uris.contains(uri),
            };
            if wants {
                tell(session, event.clone());
            }
        }
    }

    /// Tells a message of the log to the sessions of a caller.
    pub(crate) fn log(&self, caller: &CallerKey, level: Level, frame: Vec<u8>) {
        let mut inner = self.inner();
        let event = self.room.hold(stream::event(frame));
        // Until a client says what it wants, the server may decide (MCP 2025-11-25, "Logging").
        let hears = |session: &&mut Session| session.caller == *caller && level >= session.level.unwrap_or(Level::Info);
        for session in inner.sessions.all_mut().filter(hears) {
            tell(session, event.clone());
        }
    }

    /// The process is gone: subscriptions break off, and whoever kept them may ask again. Sessions do not belong to a process.
    pub(crate) fn cut_subscriptions(&self) {
        self.inner().subscriptions.clear();
    }

    /// The server is stopped: subscriptions end as they should.
    pub(crate) fn end_subscriptions(&self) {
        for (_, Subscription { id, sink, .. }) in self.inner().subscriptions.drain() {
            let frame = rpc::answer(&id, Outcome::Result(subscription_ended(&id).get().as_bytes()));
            if let Some(event) = self.room.hold(stream::event(frame)) {
                sink.give(Event::Data(event));
                sink.give(Event::End);
            }
        }
    }

    /// The server is no more: every session and every stream ends.
    pub(crate) fn end(&self) {
        self.end_subscriptions();
        for session in std::mem::take(&mut self.inner().sessions).all() {
            if let Some(stream) = &session.stream {
                stream.give(Event::End);
            }
        }
    }
}

/// A stream that has no room for an event breaks off, so that its client knows that something is missing.
fn tell(session: &mut Session, event: Option<Bytes>) {
    session.stream.take_if(|stream| !event.is_some_and(|event| stream.give(Event::Data(event))));
}
