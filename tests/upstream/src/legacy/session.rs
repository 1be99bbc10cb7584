//! Sessions: what a client said about itself, its streams, and what it was asked.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::http::{HeaderMap, HeaderName, StatusCode};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use crate::{catalogue::steps, failure::Failure, feed::Feed};

/// The header that names a session.
pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// How many sessions there may be at a time.
const SESSIONS: usize = 1_000;
/// How many streams of a session can be read on.
const FEEDS: usize = 32;
/// How many resources a session may watch.
const WATCHED: usize = 100;
/// How long a client may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// From here on a stream may begin with an event without content.
const WITH_EMPTY_EVENTS: &str = "2025-11-25";

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Arc<Session>>>);

impl Sessions {
    /// Begins one and gives its name; `None` when there are too many.
    pub(super) fn begin(&self, version: &'static str, capabilities: Value) -> Option<(String, Arc<Session>)> {
        let mut name = [0_u8; 16];
        SystemRandom::new().fill(&mut name).ok()?;
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let session = Arc::new(Session::new(version, capabilities));
        let mut all = self.0.lock().expect("nobody panics with it");
        if all.len() == SESSIONS {
            return None;
        }
        all.insert(name.clone(), session.clone());
        Some((name, session))
    }

    /// The session that a request names, or the status that refuses it.
    pub(super) fn named(&self, headers: &HeaderMap) -> Result<Arc<Session>, StatusCode> {
        let name = name(headers)?;
        self.0.lock().expect("nobody panics with it").get(name).cloned().ok_or(StatusCode::NOT_FOUND)
    }

    /// Ends the session that a request names.
    pub(super) fn end(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        let name = name(headers)?;
        let session = self.0.lock().expect("nobody panics with it").remove(name).ok_or(StatusCode::NOT_FOUND)?;
        session.ended.send_replace(true);
        Ok(())
    }
}

fn name(headers: &HeaderMap) -> Result<&str, StatusCode> {
    headers.get(SESSION).and_then(|name| name.to_str().ok()).ok_or(StatusCode::BAD_REQUEST)
}

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    version: &'static str,
    capabilities: Value,
    /// The least important level of the log that the client wants.
    level: Mutex<String>,
    watched: Mutex<HashSet<String>>,
    feeds: Mutex<VecDeque<Arc<Feed>>>,
    opened: AtomicU64,
    /// What the client was asked and did not answer yet.
    asked: Mutex<HashMap<u64, oneshot::Sender<Result<Value, Value>>>>,
    questions: AtomicU64,
    ended: watch::Sender<bool>,
}

impl Session {
    fn new(version: &'static str, capabilities: Value) -> Self {
        Self {
            version,
            capabilities,
            level: Mutex::new("debug".to_owned()),
            watched: Mutex::default(),
            feeds: Mutex::default(),
            opened: AtomicU64::new(0),
            asked: Mutex::default(),
            questions: AtomicU64::new(0),
            ended: watch::Sender::default(),
        }
    }

    /// Opens a stream.
    pub(super) fn open(&self) -> Arc<Feed> {
        if self.version < WITH_EMPTY_EVENTS {
            return Arc::new(Feed::once());
        }
        let feed = Arc::new(Feed::resumable(self.opened.fetch_add(1, Ordering::Relaxed)));
        let mut feeds = self.feeds.lock().expect("nobody panics with it");
        if feeds.len() == FEEDS {
            feeds.pop_front();
        }
        feeds.push_back(feed.clone());
        feed
    }

    /// A stream that was opened before.
    pub(super) fn feed(&self, number: u64) -> Option<Arc<Feed>> {
        self.feeds.lock().expect("nobody panics with it").iter().find(|feed| feed.number() == Some(number)).cloned()
    }

    /// Whether it was ended.
    pub(super) fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }

    /// Sets the least important level of the log that is sent.
    pub(super) fn set_level(&self, level: &str) -> Result<Value, Failure> {
        if !steps::is_level(level) {
            return Err(Failure::invalid_params(format!("Unknown level: {level}")));
        }
        level.clone_into(&mut self.level.lock().expect("nobody panics with it"));
        Ok(json!({}))
    }

    /// Whether the client wants what is `info`.
    pub(super) fn wants_info(&self) -> bool {
        steps::tells_info(&self.level.lock().expect("nobody panics with it"))
    }

    /// Watches a resource.
    pub(super) fn watch(&self, uri: &str) -> Result<Value, Failure> {
        let mut watched = self.watched.lock().expect("nobody panics with it");
        if watched.len() == WATCHED && !watched.contains(uri) {
            return Err(Failure::internal("Too many resources are watched"));
        }
        watched.insert(uri.to_owned());
        Ok(json!({}))
    }

    /// Watches a resource no longer.
    pub(super) fn unwatch(&self, uri: &str) {
        self.watched.lock().expect("nobody panics with it").remove(uri);
    }

    /// Whether a resource is watched.
    pub(super) fn watches(&self, uri: &str) -> bool {
        self.watched.lock().expect("nobody panics with it").contains(uri)
    }

    /// Asks the client on a stream and waits for its answer. The error is a sentence.
    pub(super) async fn ask(&self, feed: &Feed, method: &str, params: &Value) -> Result<Value, String> {
        let needed = method.split('/').next().unwrap_or_default();
        if self.capabilities.get(needed).is_none() {
            return Err(format!("The client does not support {needed}"));
        }
        let id = self.questions.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.asked.lock().expect("nobody panics with it").insert(id, sender);
        feed.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        let answer = tokio::time::timeout(PATIENCE, receiver).await;
        self.asked.lock().expect("nobody panics with it").remove(&id);
        match answer {
            Ok(Ok(Ok(result))) => Ok(result),
            Ok(Ok(Err(error))) => Err(format!("The client refused: {error}")),
            Ok(Err(_)) | Err(_) => Err("The client did not answer".to_owned()),
        }
    }

    /// Takes an answer of the client. What nobody waits for is dropped.
    pub(super) fn answered(&self, id: &Value, answer: Result<Value, Value>) {
        let waiting = id.as_u64().and_then(|id| self.asked.lock().expect("nobody panics with it").remove(&id));
        if let Some(waiting) = waiting {
            // Who asked may have lost patience.
            let _ = waiting.send(answer);
        }
    }
}
