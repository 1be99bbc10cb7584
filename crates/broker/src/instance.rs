//! One running Doorward: what is started in which order, and how it ends.

use std::{
    fs::{File, TryLockError},
    io::Seek,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use doorward_oauth::issuer::DEFAULT_PORT;
use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    broker::{Broker, ToolSource, World},
    config::{Config, ConfigError, Places, Profile},
    consent::{ConsentQueue, Prompter},
    control::{Front, server::Control},
    documents::{DocumentSource, Internet},
    gateway::Upstream,
    peers::{OsPeers, PeerLookup},
    secrets::{self, Backend, KeyError, OsKeyring, SecretError, SecretStore},
    server::{self, BindError},
    store::{Store, StoreError, servers, settings},
    vault::Vault,
    world::{Clock, OsRandom, SystemClock},
};

/// How a person wants it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which set of data.
    pub profile: Profile,
    /// Another port than the configured one.
    pub port: Option<u16>,
    /// How a person is asked.
    pub front: Front,
    /// Which keyring.
    pub keyring: Backend,
}

/// What Doorward meets outside its own process. Tests put something else in the place of each.
pub struct Outside {
    /// The keyring.
    pub keyring: Arc<dyn SecretStore>,
    /// Where client ID metadata documents come from.
    pub documents: Arc<dyn DocumentSource>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who is at the other end of a connection.
    pub peers: Arc<dyn PeerLookup>,
    /// Where lists of tools come from; `None`: from the guarded servers.
    pub tools: Option<Arc<dyn ToolSource>>,
}

impl Outside {
    /// What there is, with this keyring.
    pub fn with(keyring: Arc<dyn SecretStore>) -> Self {
        Self { keyring, documents: Arc::new(Internet), clock: Arc::new(SystemClock), peers: Arc::new(OsPeers::default()), tools: None }
    }
}

/// Why Doorward does not start. Each is one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum StartError {
    /// It runs already.
    AlreadyRunning {
        /// How it runs, and its process id.
        holder: Said,
    },
    /// The folders or the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The port.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The data.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keyring.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A script may not answer for a person's own profile.
    Scripted(Said),
    /// Anything else the system refuses.
    System(#[from] std::io::Error),
}

impl Says for StartError {
    fn said(&self) -> Said {
        match self {
            Self::AlreadyRunning { holder } => Said::plain("start-already").with_said("holder", holder.clone()),
            Self::Config(error) => error.said(),
            Self::Bind(error) => error.said(),
            Self::Store(error) => error.said(),
            Self::Key(error) => error.said(),
            Self::Scripted(why) => Said::plain("start-scripted").with_said("why", why.clone()),
            Self::System(error) => Said::plain("start-cannot").with("why", error.to_string()),
        }
    }
}

/// A running Doorward. Dropping it does not stop it; [`Running::stop`] does.
pub struct Running {
    /// The broker.
    pub broker: Broker,
    /// Where its things lie.
    pub places: Places,
    store: Store,
    stop: CancellationToken,
    server: JoinHandle<()>,
    upstream: Upstream,
    /// Held for as long as this profile is in use.
    _lock: Lock,
}

/// How long an unlock dialog may wait for the person.
const UNLOCK: Duration = Duration::from_secs(60);
/// How often what has ended is forgotten.
const SWEEP: Duration = Duration::from_secs(10 * 60);

impl Running {
    /// Starts. Nothing is served before everything is in place: the lock, the port, the data, the key.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub async fn start(options: Options, prompter: Arc<dyn Prompter>) -> Result<Self, StartError> {
        let keyring = OsKeyring::new(options.profile.keyring_service(), options.keyring);
        let outside = Outside::with(Arc::new(keyring));
        let places = Places::of(&options.profile)?;
        Self::start_with(options, places, outside, prompter).await
    }

    /// The same with other folders and another world around it, for tests.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start_with(options: Options, places: Places, outside: Outside, prompter: Arc<dyn Prompter>) -> Result<Self, StartError> {
        let started = Self::begin(options, places, outside, prompter).await;
        // Whoever started it is told in words of their own.
        if let Err(error) = &started {
            tracing::warn!(%error, "did not start");
        }
        started
    }

    async fn begin(options: Options, places: Places, outside: Outside, prompter: Arc<dyn Prompter>) -> Result<Self, StartError> {
        let Outside { keyring, documents, clock, peers, tools } = outside;
        private_files();
        places.make()?;
        let lock = Lock::take(&places, options.front)?;
        let _ = crate::log::start(&places.log());
        let mut config = Config::read(&places)?;
        config.port = options.port.unwrap_or(config.port);
        if options.front == Front::Scripted {
            check_scripted(&options, config.port)?;
        }
        let listeners = server::bind(config.port, peers.as_ref()).await?;
        let store = Store::open(&places.database())?;
        let key = match own(&store, options.front).await {
            Ok(()) => key(&store, keyring.clone()).await,
            Err(error) => Err(error),
        };
        let key = match key {
            Ok(key) => key,
            Err(error) => {
                store.close();
                return Err(error);
            }
        };
        let queue = ConsentQueue::new(prompter.clone(), clock.clone(), &config.limits);
        let vault = Vault::new(keyring.clone());
        let upstream = Upstream::new(vault.clone());
        let tools = tools.unwrap_or_else(|| Arc::new(upstream.clone()));
        let world = World {
            clock,
            random: Arc::new(OsRandom),
            peers,
            secrets: keyring,
            vault,
            documents,
            tools,
            config_file: places.config_file(),
        };
        let broker = Broker::new(config.port, config, world, store.clone(), key, queue).await?;
        let stop = CancellationToken::new();
        let control = Control { broker: broker.clone(), prompter, front: options.front, profile: options.profile.label().to_owned() };
        control.listen(&places.control_socket(), stop.clone())?;
        tokio::spawn(sweep(broker.clone(), stop.clone()));
        tokio::spawn(tell_changes(upstream.changes(), broker.clone(), stop.clone()));
        let known = broker.clone();
        tokio::spawn(async move { known.know_secrets().await });
        let server = tokio::spawn(server::serve(broker.clone(), upstream.clone(), listeners, stop.clone()));
        tracing::info!(address = broker.issuer().as_str(), front = ?options.front, profile = options.profile.label(), version = env!("CARGO_PKG_VERSION"), "started");
        Ok(Self { broker, places, store, stop, server, upstream, _lock: lock })
    }

    /// Ends: open questions are refused with the reason, open answers may finish, the data is closed.
    pub async fn stop(self) {
        self.broker.queue().close();
        // The refusals just given still have to leave.
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.stop.cancel();
        let _ = self.server.await;
        self.upstream.stop().await;
        let store = self.store.clone();
        self.broker.finish_activity().await;
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
        let _ = std::fs::remove_file(self.places.control_socket());
        tracing::info!("stopped");
    }
}

/// Files are private from the first one on: the database, its companions, the log, the socket.
fn private_files() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

fn check_scripted(options: &Options, port: u16) -> Result<(), StartError> {
    if options.profile.is_default() {
        return Err(StartError::Scripted(Said::plain("scripted-profile")));
    }
    if options.port.is_none() || port == DEFAULT_PORT {
        return Err(StartError::Scripted(Said::plain("scripted-port")));
    }
    Ok(())
}

/// Data that a person's own Doorward wrote is never opened by one in which scripts answer, and the other way round.
async fn own(store: &Store, front: Front) -> Result<(), StartError> {
    let owner = if front == Front::Scripted { "scripted" } else { "person" };
    let found = store
        .run(move |tx| {
            let found = settings::get(tx, settings::OWNER)?;
            if found.is_none() {
                settings::set(tx, settings::OWNER, owner)?;
            }
            Ok(found)
        })
        .await?;
    match found.as_deref() {
        Some(found) if found != owner && front == Front::Scripted => Err(StartError::Scripted(Said::plain("scripted-persons"))),
        Some(found) if found != owner => Err(StartError::Scripted(Said::plain("scripted-scripts"))),
        _ => Ok(()),
    }
}

/// The key that belongs to the data, from the keyring, on a thread that may wait for an unlock dialog.
async fn key(store: &Store, keyring: Arc<dyn SecretStore>) -> Result<doorward_oauth::token::VerifierKey, StartError> {
    let known = store.read(|db| settings::get(db, settings::KEY_FINGERPRINT)).await?;
    let asked = known.clone();
    let asking = tokio::task::spawn_blocking(move || secrets::verifier_key(keyring.as_ref(), asked.as_deref(), &OsRandom));
    let key = match tokio::time::timeout(UNLOCK, asking).await {
        Ok(Ok(key)) => key?,
        Ok(Err(error)) => return Err(std::io::Error::other(error).into()),
        Err(_) => return Err(KeyError::Keyring(SecretError::TimedOut { seconds: UNLOCK.as_secs() }).into()),
    };
    if known.is_none() {
        let fingerprint = key.fingerprint();
        store.run(move |tx| settings::set(tx, settings::KEY_FINGERPRINT, &fingerprint)).await?;
    }
    Ok(key)
}

/// Has front ends look again when a server that Doorward starts runs, ends or fails.
async fn tell_changes(mut changes: watch::Receiver<u64>, broker: Broker, stop: CancellationToken) {
    loop {
        tokio::select! {
            changed = changes.changed() => match changed {
                Ok(()) => broker.changed(),
                Err(_) => return,
            },
            () = stop.cancelled() => return,
        }
    }
}

async fn sweep(broker: Broker, stop: CancellationToken) {
    loop {
        if let Err(error) = broker.sweep().await {
            tracing::warn!(%error, "what has ended could not be forgotten");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Forgets everything that was allowed in a profile that nobody has open, and the key it was allowed under.
///
/// # Errors
/// [`StartError`]; when Doorward runs, it is said and nothing is forgotten.
pub async fn reset(profile: &Profile, keyring: Backend, keep_servers: bool) -> Result<(), StartError> {
    let places = Places::of(profile)?;
    private_files();
    places.make()?;
    let _lock = Lock::take(&places, Front::Terminal)?;
    let store = Store::open(&places.database())?;
    let servers = if keep_servers { Vec::new() } else { store.read(servers::all).await? };
    store.run(move |tx| settings::forget_everything(tx, !keep_servers)).await?;
    store.close();
    let keyring = OsKeyring::new(profile.keyring_service(), keyring);
    let items: Vec<String> = servers.iter().map(|server| crate::vault::item(&server.name)).collect();
    let forget = move || items.iter().try_for_each(|item| keyring.delete(item)).and_then(|()| secrets::forget_keys(&keyring));
    tokio::task::spawn_blocking(forget).await.map_err(std::io::Error::other)?.map_err(KeyError::from)?;
    Ok(())
}

/// One owner for each profile. The system gives the lock back when the process ends, however it ends.
struct Lock {
    _file: File,
}

impl Lock {
    fn take(places: &Places, front: Front) -> Result<Self, StartError> {
        let path: PathBuf = places.data.join("lock");
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(|cause| match cause.kind() {
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                    StartError::Config(ConfigError::Folder { path: places.data.clone(), cause })
                }
                _ => StartError::System(cause),
            })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = serde_json::from_reader(file).map_or(Said::plain("holder-other"), |holder: Holder| holder.said());
                return Err(StartError::AlreadyRunning { holder });
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        file.rewind()?;
        serde_json::to_writer(&file, &Holder { front, pid: std::process::id() }).map_err(std::io::Error::from)?;
        Ok(Self { _file: file })
    }
}

/// Who holds the lock, as the lock's file says it for a second start.
#[derive(Serialize, Deserialize)]
struct Holder {
    front: Front,
    pid: u32,
}

impl Says for Holder {
    fn said(&self) -> Said {
        let holder = match self.front {
            Front::Desktop => Said::plain("holder-desktop"),
            Front::Terminal | Front::Scripted => Said::plain("holder-command").with("command", self.front.describe()),
        };
        holder.with("pid", self.pid.to_string())
    }
}
