//! The broker: one method for each thing that can be asked of it. It knows no HTTP and no window.
//!
//! The three ways in (`server`, `gateway`, `control`) call these methods and nothing below them.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use doorward_oauth::{
    id::{GrantId, ServerName},
    issuer::Issuer,
    preset::Policy,
    resource::Resource,
    time::UnixTime,
    token::VerifierKey,
};
use tokio::sync::watch;

use crate::{
    config::Config,
    config_file::ConfigFile,
    consent::ConsentQueue,
    documents::DocumentSource,
    health::Look,
    peers::PeerLookup,
    secrets::SecretStore,
    store::{Store, StoreError, events::Event, servers, servers::Server, settings as kept},
    vault::Vault,
    world::{Clock, RandomSource},
};

mod activity;
mod add;
mod admin;
mod authenticate;
mod authorize;
mod beforehand;
mod block;
mod calls;
mod changes;
mod condition;
mod connection;
mod device;
mod disconnect;
mod documents;
mod ends;
mod guard;
mod health;
mod history;
mod introspect;
mod line;
mod manage;
mod offers;
mod open;
mod pause;
mod permits;
mod push;
mod register;
mod restart;
mod revoke;
mod rulebook;
mod rules;
mod sessions;
mod settings;
mod signing;
mod throttle;
mod tickets;
mod token;
mod tools;
mod unfinished;

pub use activity::{CallAbout, CallView, OngoingCall, WhichCalls};
pub use add::{AddServerError, CommandView as CommandShown, Showing, TypedCommand};
pub use admin::{AppView, GrantView, NoSuch, ProgramView, RegistrationView, ServerView};
pub use authorize::{Asked, Hop, Waited};
pub use beforehand::{MadeRule, MakeRuleError, NewRule};
pub use calls::{Answered, AskedCall};
pub use condition::{Condition, ServerState};
pub use connection::Connection;
pub use device::DeviceResponse;
pub use disconnect::Disconnected;
pub use guard::{Guarded, UseToken};
pub use history::{EventSubject, HistoryView, WhichEvents};
pub use permits::Permit;
pub use push::PushedResponse;
pub use rulebook::{AskedForAll, RuleKey, RuleLine, RuleLines, WhichRules};
pub use rules::{RuleView, RulesView, SetRuleError};
pub use settings::{Preferences, SettingView};
pub use token::{AccessToken, TokenResponse, TokenSender};
pub use tools::{Listed, Listing, NotListed, ToolSource, ToolView, ToolsForApps, ToolsView};

use activity::Activity;
use calls::Calls;
use changes::Changes;
use device::Devices;
use documents::Documents;
use guard::UsedTokens;
use open::Streams;
use permits::Permits;
use push::Pushes;
use signing::Signing;
use throttle::{Denials, Failures, Throttle};
use tickets::Tickets;

/// What the broker stands on. Everything outside the process comes in through here.
pub struct World {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn RandomSource>,
    /// Who is at the other end.
    pub peers: Arc<dyn PeerLookup>,
    /// The keyring.
    pub secrets: Arc<dyn SecretStore>,
    /// What servers need of it.
    pub vault: Vault,
    /// Where client ID metadata documents come from.
    pub documents: Arc<dyn DocumentSource>,
    /// Where lists of tools come from.
    pub tools: Arc<dyn ToolSource>,
    /// Where a person sets things.
    pub config_file: ConfigFile,
}

/// The broker. Cheap to clone.
#[derive(Clone)]
pub struct Broker {
    inner: Arc<Inner>,
}

struct Inner {
    issuer: Issuer,
    config: Config,
    world: World,
    store: Store,
    key: VerifierKey,
    queue: ConsentQueue,
    tickets: Tickets,
    pushes: Pushes,
    devices: Devices,
    documents: Documents,
    signing: Signing,
    throttle: Throttle,
    failures: Failures,
    denials: Denials,
    turned: block::Turned,
    /// What is in the store, at hand: every request asks about it, and it changes when a person says so.
    servers: Mutex<Arc<[Server]>>,
    pause: pause::Pause,
    changes: watch::Sender<u64>,
    /// What ends when a grant is taken back.
    streams: Streams,
    /// Counts what was taken back, so that a call decided a moment before notices.
    taken_back: AtomicU64,
    /// The tokens that were used lately.
    used: UsedTokens,
    /// What Apps may use, as it was read lately.
    permits: Permits,
    /// The calls that people are asked about.
    calls: Calls,
    /// The servers whose changes people are asked about.
    changes_asked: Changes,
    activity: Activity,
    /// What a person prefers now; the rest of the configuration holds until a restart.
    preferences: Mutex<Preferences>,
    /// What the front end finds out about what is around it.
    look: OnceLock<Look>,
    /// Whether something of Doorward's own did not work when it was looked at last.
    ill: AtomicBool,
    /// Held while the configuration is changed.
    setting: tokio::sync::Mutex<()>,
    /// Held while a server is added or removed, together with its secrets.
    adding: tokio::sync::Mutex<()>,
}

impl Broker {
    /// A broker on `port`, with its data open and its key in hand.
    ///
    /// # Errors
    /// [`StoreError`] when the data cannot be read.
    pub async fn new(
        port: u16,
        config: Config,
        world: World,
        store: Store,
        key: VerifierKey,
        queue: ConsentQueue,
    ) -> Result<Self, StoreError> {
        unfinished::tell(&store, world.clock.now()).await;
        queue.keep(unfinished::OpenQuestions::kept_in(store.clone()));
        let (paused, servers) = store.read(|db| Ok((kept::get(db, kept::PAUSED)?, servers::all(db)?))).await?;
        let inner = Inner {
            issuer: Issuer::on_port(port),
            throttle: Throttle::new(&config.limits, &config.rules.registration),
            failures: Failures::default(),
            denials: Denials::default(),
            preferences: Mutex::new(Preferences::from(&config)),
            look: OnceLock::new(),
            ill: AtomicBool::new(false),
            setting: tokio::sync::Mutex::default(),
            turned: block::Turned::default(),
            config,
            world,
            store,
            key,
            queue,
            tickets: Tickets::default(),
            pushes: Pushes::default(),
            devices: Devices::default(),
            documents: Documents::default(),
            signing: Signing::default(),
            servers: Mutex::new(servers.into()),
            pause: pause::Pause::stored(paused.as_deref()),
            changes: watch::Sender::new(0),
            streams: Streams::default(),
            taken_back: AtomicU64::new(0),
            used: UsedTokens::default(),
            permits: Permits::default(),
            calls: Calls::default(),
            changes_asked: Changes::default(),
            activity: Activity::default(),
            adding: tokio::sync::Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Who we are on the wire.
    pub fn issuer(&self) -> &Issuer {
        &self.inner.issuer
    }

    /// What a person set.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// What may be registered and asked for.
    pub fn policy(&self) -> &Policy {
        &self.inner.config.rules
    }

    /// The servers there are now, by name.
    pub(crate) fn servers_now(&self) -> Arc<[Server]> {
        self.inner.servers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One of them.
    pub(crate) fn server_now(&self, name: &ServerName) -> Option<Server> {
        self.servers_now().iter().find(|server| server.name == *name).cloned()
    }

    fn server_names(&self) -> Vec<ServerName> {
        self.servers_now().iter().map(|server| server.name.clone()).collect()
    }

    fn resources_now(&self) -> Vec<Resource> {
        self.servers_now().iter().map(Server::resource).collect()
    }

    /// Brings the list up to date after a change in the store.
    async fn reread_servers(&self) -> Result<(), StoreError> {
        let servers = self.inner.store.read(servers::all).await?;
        *self.inner.servers.lock().unwrap_or_else(PoisonError::into_inner) = servers.into();
        Ok(())
    }

    /// Fetches what servers need from the keyring, so that it is covered wherever people see calls.
    pub(crate) async fn know_secrets(&self) {
        for server in self.servers_now().iter() {
            if let Err(error) = self.inner.world.vault.of(&server.name).await {
                tracing::warn!(%error, server = %server.name, "what a server needs could not be fetched");
            }
        }
    }

    /// A name for one refusal, to find its line in the log by.
    pub(crate) fn trace_id(&self) -> String {
        self.draw().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    fn draw(&self) -> [u8; 32] {
        self.inner.world.random.draw()
    }

    /// The open questions.
    pub fn queue(&self) -> &ConsentQueue {
        &self.inner.queue
    }

    /// Who is at the other end of a socket.
    pub fn peers(&self) -> &Arc<dyn PeerLookup> {
        &self.inner.world.peers
    }

    /// Counts up whenever something a person can see has changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// The current moment.
    pub fn now(&self) -> UnixTime {
        self.inner.world.clock.now()
    }

    fn milliseconds(&self) -> u64 {
        self.inner.world.clock.milliseconds()
    }

    /// Whether this is the first start with this data. Answers `true` once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn greet(&self) -> Result<bool, StoreError> {
        let first = |tx: &rusqlite::Transaction<'_>| {
            let first = kept::get(tx, kept::GREETED)?.is_none();
            kept::set(tx, kept::GREETED, "yes")?;
            Ok(first)
        };
        self.inner.store.run(first).await
    }

    /// Forgets what has ended: tickets, codes, tokens, grants, registrations nobody approved, old events.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sweep(&self) -> Result<(), StoreError> {
        use std::time::Duration;

        use crate::store::{calls, clients, codes, events, grants, rules, tokens};
        const CODES_KEPT: Duration = Duration::from_secs(60 * 60);
        const EVENTS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
        let now = self.now();
        let unapproved_kept = Duration::from_secs(self.inner.config.limits.unapproved_seconds);
        self.inner.tickets.sweep(now);
        self.inner.pushes.sweep(now);
        self.inner.devices.sweep(now);
        self.inner.documents.sweep(now);
        self.inner.throttle.sweep();
        self.inner.failures.sweep(now);
        self.inner.calls.sweep(now);
        let forgotten = self
            .inner
            .store
            .run(move |tx| {
                Ok(tokens::forget_ended(tx, now)?
                    + codes::forget_ended(tx, now.minus(CODES_KEPT))?
                    + grants::forget_ended(tx, now)?
                    + rules::forget_ended(tx, now)?
                    + clients::forget_idle(tx, now.minus(unapproved_kept))?
                    + events::forget(tx, now.minus(EVENTS_KEPT))?
                    + calls::forget(tx, now.minus(EVENTS_KEPT))?)
            })
            .await?;
        if forgotten > 0 {
            tracing::debug!(forgotten, "forgot what had ended");
        }
        Ok(())
    }

    /// Writes down what happened, for people. A full disk must not turn a "no" into something else, so it only logs.
    async fn record(&self, event: Event) {
        tracing::info!(outcome = event.outcome, server = %event.server, detail = event.detail.to_string(), "request");
        if let Err(error) = self.inner.store.run(move |tx| crate::store::events::add(tx, &event)).await {
            tracing::error!(%error, "an event could not be written down");
            self.inner.ill.store(true, Ordering::Relaxed);
        }
        self.changed();
    }

    /// Something that front ends show is another than before.
    pub fn changed(&self) {
        self.inner.changes.send_modify(|count| *count += 1);
    }

    /// Calls that are being decided are decided once more, and nothing that was known about tokens counts.
    fn decide_anew(&self) {
        self.inner.taken_back.fetch_add(1, Ordering::SeqCst);
    }

    /// Ends all open streams.
    fn close_all_streams(&self) {
        self.decide_anew();
        self.inner.streams.end_all();
    }

    /// Ends the open streams of grants that are gone from the store.
    fn close_streams(&self, grants: &[GrantId]) {
        if grants.is_empty() {
            return;
        }
        // Before the lock: a call that read its grant earlier either sees this count or has its stream in the map.
        self.decide_anew();
        self.inner.streams.end(grants);
    }
}
