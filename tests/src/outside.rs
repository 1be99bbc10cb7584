//! Time, the internet and a slow system, as doubles.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use doorward_broker::{
    broker::{Listed, Listing, ToolSource},
    documents::{DocumentSource, Fetched, Fetching, NotFetched},
    peers::{OsPeers, OtherUser, PeerLookup, User},
    store::servers::Server,
    world::{Clock, SystemClock},
};
use doorward_oauth::{
    document::{Caching, DocumentUrl},
    program::{Sighting, Signature},
    time::UnixTime,
    tool::Process,
};
use doorward_words::Said;
use serde_json::{Value, json};

/// The computer's clock, ahead of itself by as much as a test says.
#[derive(Debug, Default)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_secs()).expect("some time"), Ordering::SeqCst);
    }

    /// Somebody sets the clock back.
    pub fn set_back(&self, time: Duration) {
        self.0.fetch_sub(i64::try_from(time.as_secs()).expect("some time"), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(SystemClock.now().as_secs() + self.0.load(Ordering::SeqCst))
    }
}

/// Who signed the programs on a slow computer.
pub const SIGNED_BY: &str = "Example";

/// The system, which takes so long to say who waits on a port. Where that takes any time, it has not looked at signatures either, until
/// it is asked for a process; this one has one then.
pub struct SlowPeers {
    system: OsPeers,
    slow: Duration,
}

impl SlowPeers {
    /// One that takes so long.
    pub fn new(slow: Duration) -> Self {
        Self { system: OsPeers::default(), slow }
    }

    fn signed(&self, mut seen: Sighting, signature: Signature) -> Sighting {
        if let Sighting::Seen(program) = &mut seen
            && !self.slow.is_zero()
        {
            program.signature = signature;
        }
        seen
    }
}

impl PeerLookup for SlowPeers {
    fn user_behind(&self, peer: SocketAddr, ours: SocketAddr) -> User {
        self.system.user_behind(peer, ours)
    }

    fn behind(&self, peer: SocketAddr, ours: SocketAddr) -> Sighting {
        self.system.behind(peer, ours)
    }

    fn remembered_behind(&self, peer: SocketAddr, ours: SocketAddr) -> Option<Sighting> {
        self.system.remembered_behind(peer, ours)
    }

    fn listening_on(&self, host: &str, port: u16) -> Result<Sighting, OtherUser> {
        std::thread::sleep(self.slow);
        self.system.listening_on(host, port).map(|seen| self.signed(seen, Signature::CannotTell { why: Said::plain("why-late") }))
    }

    fn process(&self, pid: u32) -> Sighting {
        self.signed(self.system.process(pid), Signature::Signed { by: SIGNED_BY.to_owned() })
    }

    fn runs(&self, process: Process) -> bool {
        self.system.runs(process)
    }

    fn has_terminal(&self, pid: u32) -> bool {
        self.system.has_terminal(pid)
    }
}

/// What servers say that they have, without being asked: what they are sent is what a test sends.
#[derive(Debug)]
pub struct Tools(Mutex<Vec<Value>>);

impl Default for Tools {
    /// One that looks, so that it is proposed.
    fn default() -> Self {
        Self(Mutex::new(vec![json!({ "name": "look", "annotations": { "readOnlyHint": true } })]))
    }
}

impl Tools {
    /// From now on every server has these tools.
    pub fn are(&self, tools: &[Value]) {
        *self.0.lock().expect("lock") = tools.to_vec();
    }
}

impl ToolSource for Tools {
    fn tools<'a>(&'a self, _: &'a Server) -> Listing<'a> {
        let tools = self.0.lock().expect("lock").clone();
        Box::pin(async { Ok(Listed { tools, prompts: true, resources: true }) })
    }
}

/// An internet that has these documents and nothing else.
#[derive(Debug, Default)]
pub struct Published {
    documents: Mutex<HashMap<String, (String, Option<String>)>>,
    fetched: AtomicUsize,
}

impl Published {
    /// Publishes a document, in place of an older one, with a `Cache-Control` header or without.
    pub fn put(&self, url: &str, document: &str, cache_control: Option<&str>) {
        self.documents.lock().expect("lock").insert(url.to_owned(), (document.to_owned(), cache_control.map(str::to_owned)));
    }

    /// How often anything was fetched.
    pub fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}

impl DocumentSource for Published {
    fn fetch<'a>(&'a self, url: &'a DocumentUrl) -> Fetching<'a> {
        self.fetched.fetch_add(1, Ordering::SeqCst);
        let found = self.documents.lock().expect("lock").get(url.as_str()).cloned();
        let fetched = found
            .map(|(body, cache_control)| Fetched { body: body.into_bytes(), caching: Caching { cache_control, ..Caching::default() } });
        Box::pin(async move { fetched.ok_or_else(|| NotFetched(format!("{} answered 404", url.host()))) })
    }
}
