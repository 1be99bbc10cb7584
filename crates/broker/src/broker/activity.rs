//! `activity`: what Apps did. Calls are written down in groups, a moment after they ended, so that no call waits for the disk; where
//! more come than can be written, calls wait for their turn, and none is left out.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use doorward_oauth::{
    arguments,
    id::{AppId, ServerName},
    time::UnixTime,
};
use doorward_words::Said;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::{
    sync::mpsc::{self, OwnedPermit},
    task::JoinHandle,
};

use super::{Broker, Connection, Guarded, Permit, open::Counted};
use crate::store::{
    StoreError,
    calls::{self, StoredCall, Which},
    search::Search,
};

/// How many calls wait to be written down at the most.
const WAITING: usize = 8_192;
/// How long a call waits for others to be written down with, as long as they are few.
const TOGETHER: Duration = Duration::from_millis(250);
/// So many are written down at once.
const MANY: usize = 512;
/// The most characters of a name that are kept.
const NAME: usize = 256;
/// The most characters of a call's values that are kept, where a person wants them.
const ARGUMENTS: usize = 4_096;

/// Where ended calls go.
#[derive(Default)]
pub(super) struct Activity {
    writer: Mutex<Option<Writer>>,
}

struct Writer {
    to: mpsc::Sender<StoredCall>,
    task: JoinHandle<()>,
}

/// A call that goes on. What became of it is written down when this is dropped.
pub struct OngoingCall {
    call: StoredCall,
    began: Instant,
    /// Its place among those to be written down.
    turn: Option<OwnedPermit<StoredCall>>,
    /// How large the whole answer is, if that is known.
    length: Option<u64>,
    _counted: Counted,
}

impl OngoingCall {
    /// What decided, by the name of its sentence (`decided-…`).
    pub fn decided(&mut self, passed: bool, why: &'static str) {
        self.call.passed = passed;
        why.clone_into(&mut self.call.why);
    }

    /// How it ended, by the name of its sentence (`ended-…`).
    pub fn ended(&mut self, how: &'static str) {
        how.clone_into(&mut self.call.ended);
    }

    /// How large the whole answer will be.
    pub const fn expects(&mut self, length: Option<u64>) {
        self.length = length;
    }

    /// More bytes of the answer went to the client.
    pub const fn received(&mut self, bytes: usize) {
        self.call.received += bytes as u64;
    }
}

impl Drop for OngoingCall {
    fn drop(&mut self) {
        if self.length == Some(self.call.received) {
            self.ended("ended-answered");
        }
        self.call.milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(turn) = self.turn.take() {
            turn.send(self.call.clone());
        }
    }
}

/// One call as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// Its number, which counts up.
    pub number: i64,
    /// When it came, in Unix seconds.
    pub at: i64,
    /// The App's id.
    pub app: String,
    /// The name the App gave itself.
    pub app_name: Option<String>,
    /// The program that called, where it could be told.
    pub program: Option<String>,
    /// The server.
    pub server: String,
    /// What was to be done.
    pub method: String,
    /// The tool, the prompt, or the address of the resource.
    pub name: Option<String>,
    /// Whether it passed.
    pub passed: bool,
    /// What decided, in a word.
    #[serde(flatten, with = "doorward_words::beside::why")]
    pub why: Said,
    /// How it ended, in a word.
    #[serde(flatten, with = "doorward_words::beside::ended")]
    pub ended: Said,
    /// How long it took, with the time that a person took.
    pub milliseconds: u64,
    /// How large the message was, in bytes.
    pub sent: u64,
    /// How large the answer was, in bytes.
    pub received: u64,
    /// What kind of values it was called with.
    pub shape: String,
    /// The values, where a person wants them.
    pub arguments: Option<String>,
}

/// Which calls to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WhichCalls {
    /// Of this App only, by its id.
    pub app: Option<String>,
    /// At this server only.
    pub server: Option<String>,
    /// Before the one with this number: the next page.
    pub before: Option<i64>,
    /// Not earlier than this, in Unix seconds.
    pub since: Option<i64>,
    /// Those in which each of these words is somewhere: in App, program, server, method, name or decision.
    pub text: Option<String>,
    /// How many at the most.
    pub most: u32,
}

impl From<(i64, StoredCall)> for CallView {
    fn from((number, call): (i64, StoredCall)) -> Self {
        Self {
            number,
            at: call.at.as_secs(),
            app: call.app.to_string(),
            app_name: call.app_name,
            program: call.program,
            server: call.server.to_string(),
            method: call.method,
            name: call.name,
            passed: call.passed,
            why: calls::in_words(&call.why),
            ended: calls::in_words(&call.ended),
            milliseconds: call.milliseconds,
            sent: call.sent,
            received: call.received,
            shape: call.shape,
            arguments: call.arguments,
        }
    }
}

/// What a call is about.
#[derive(Debug)]
pub struct CallAbout<'a> {
    /// What is to be done.
    pub method: &'a str,
    /// The tool, the prompt, or the address of the resource.
    pub name: Option<&'a str>,
    /// What it is called with.
    pub arguments: Option<&'a RawValue>,
    /// How large the message is, in bytes.
    pub sent: usize,
    /// Who calls.
    pub from: &'a Connection,
}

impl Activity {
    fn lock(&self) -> MutexGuard<'_, Option<Writer>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write(broker: Broker, mut ended: mpsc::Receiver<StoredCall>) {
    let mut group = Vec::new();
    while ended.recv_many(&mut group, WAITING).await > 0 {
        if group.len() < MANY && !ended.is_closed() {
            tokio::time::sleep(TOGETHER).await;
        }
        while let Ok(more) = ended.try_recv() {
            group.push(more);
        }
        let calls = std::mem::take(&mut group);
        if let Err(error) = broker.inner.store.run(move |tx| calls::add(tx, &calls)).await {
            tracing::error!(%error, "calls could not be written down");
        }
        broker.changed();
    }
}

impl Broker {
    /// Begins to write a call down. Waits when more calls come than can be written.
    pub async fn begin_call(&self, guarded: &Guarded, permit: &Permit, about: CallAbout<'_>) -> OngoingCall {
        let at = self.now();
        let turn = self.to_writer().reserve_owned().await.ok();
        let kept = about.arguments.filter(|_| permit.keeps_arguments());
        let call = StoredCall {
            at,
            app: guarded.grant.app.clone(),
            app_name: permit.app_name().map(str::to_owned),
            program: self.name_behind(about.from).await,
            server: guarded.server.name.clone(),
            method: about.method.to_owned(),
            name: about.name.map(|name| arguments::visible(name).chars().take(NAME).collect()),
            passed: false,
            why: String::new(),
            ended: "ended-cut".to_owned(),
            milliseconds: 0,
            sent: about.sent as u64,
            received: 0,
            shape: arguments::shape(about.arguments, permit.arguments_of(about.name.unwrap_or_default())),
            arguments: kept.map(|arguments| self.masked(arguments.get())),
        };
        OngoingCall { call, began: Instant::now(), turn, length: None, _counted: guarded.count(true) }
    }

    /// The values of a call as they may be written down: without what Doorward keeps for servers, and not all of them.
    fn masked(&self, arguments: &str) -> String {
        let secrets = self.inner.world.vault.known();
        // REVEAL: compared with what is written down, in order to cover it.
        let masked = secrets.iter().fold(arguments.to_owned(), |text, secret| arguments::mask(&text, secret.expose_secret()));
        masked.chars().take(ARGUMENTS).collect()
    }

    /// The way to the writer, which is started with the first call.
    fn to_writer(&self) -> mpsc::Sender<StoredCall> {
        let start = || {
            let (to, ended) = mpsc::channel(WAITING);
            Writer { to, task: tokio::spawn(write(self.clone(), ended)) }
        };
        self.inner.activity.lock().get_or_insert_with(start).to.clone()
    }

    /// Writes down what has ended, before the data is closed.
    pub(crate) async fn finish_activity(&self) {
        let writer = self.inner.activity.lock().take();
        if let Some(Writer { to, task }) = writer {
            drop(to);
            // Calls that go on hold a turn of theirs: the last of them ends with the server.
            let _ = tokio::time::timeout(Duration::from_secs(2), task).await;
        }
    }

    /// What Apps did, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn calls(&self, which: WhichCalls) -> Result<Vec<CallView>, StoreError> {
        let which = Which {
            app: which.app.map(AppId::from_text),
            server: which.server.and_then(|name| ServerName::parse(&name).ok()),
            before: which.before,
            since: which.since.map(UnixTime::from_secs),
            search: Search::of(which.text.as_deref()),
            most: which.most,
        };
        let found = self.inner.store.read(move |db| calls::newest(db, &which)).await?;
        Ok(found.into_iter().map(CallView::from).collect())
    }
}
