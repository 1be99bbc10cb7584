//! A Doorward in this process: real sockets, a real SQLite file, a keyring in memory, a scripted person.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use doorward_broker::{
    broker::{Broker, ToolSource},
    config::{Places, Profile},
    control::Front,
    documents::{DocumentSource, Internet},
    instance::{Options, Outside, Running, StartError},
    secrets::{Backend, MemoryKeyring},
};
use tempfile::TempDir;

use crate::{
    free_port,
    http::{self, Answer},
    outside::{Published, SlowPeers, TestClock, Tools},
    person::{Habit, Person},
};

/// A running Doorward with everything around it.
pub struct Doorward {
    pub broker: Broker,
    pub port: u16,
    pub person: Arc<Person>,
    pub keyring: Arc<MemoryKeyring>,
    pub clock: Arc<TestClock>,
    pub tools: Arc<Tools>,
    pub folder: Arc<TempDir>,
    running: Option<Running>,
}

/// The world beside it, as far as it is a double.
struct Beside {
    documents: Arc<dyn DocumentSource>,
    clock: Arc<TestClock>,
    /// What servers say that they have; `None`: they are asked.
    tools: Option<Arc<Tools>>,
    /// How long the system takes to say who is at the other end.
    slow: Duration,
}

impl Default for Beside {
    fn default() -> Self {
        Self { documents: Arc::new(Internet), clock: Arc::default(), tools: Some(Arc::default()), slow: Duration::ZERO }
    }
}

/// Limits that no ordinary journey meets.
pub const GENEROUS: &str = "[limits]\nregistrations = 10000\nregistrations_per_program = 10000\nunapproved_clients = 10000\nquestions_per_program = 50\ndenials = 1000\nunanswered = 1000\n";

impl Doorward {
    /// One with a person who says yes.
    pub async fn start() -> Self {
        Self::with(Habit::Allows, GENEROUS).await
    }

    /// One with this person and this `config.toml`.
    pub async fn with(habit: Habit, config: &str) -> Self {
        Self::open(configured(config), Arc::default(), free_port(), habit).await.expect("starts")
    }

    /// One with a person who says yes, where these documents are on the internet.
    pub async fn with_documents(documents: Arc<Published>, config: &str) -> Self {
        let world = Beside { documents, ..Beside::default() };
        Self::begin(configured(config), Arc::default(), free_port(), Habit::Allows, world).await.expect("starts")
    }

    /// One on what another left behind.
    pub async fn open(folder: Arc<TempDir>, keyring: Arc<MemoryKeyring>, port: u16, habit: Habit) -> Result<Self, StartError> {
        Self::begin(folder, keyring, port, habit, Beside::default()).await
    }

    /// One on a computer that takes so long to say which program is at the other end.
    pub async fn on_a_slow_computer(habit: Habit, slow: Duration) -> Self {
        let world = Beside { slow, ..Beside::default() };
        Self::begin(configured(GENEROUS), Arc::default(), free_port(), habit, world).await.expect("starts")
    }

    /// One whose servers are really asked for what they have, and started.
    pub async fn with_servers(habit: Habit) -> Self {
        Self::reopen_with_servers(configured(GENEROUS), Arc::default(), free_port(), habit).await
    }

    /// The same on what another left behind.
    pub async fn reopen_with_servers(folder: Arc<TempDir>, keyring: Arc<MemoryKeyring>, port: u16, habit: Habit) -> Self {
        let world = Beside { tools: None, ..Beside::default() };
        Self::begin(folder, keyring, port, habit, world).await.expect("starts")
    }

    async fn begin(
        folder: Arc<TempDir>,
        keyring: Arc<MemoryKeyring>,
        port: u16,
        habit: Habit,
        Beside { documents, clock, tools: told, slow }: Beside,
    ) -> Result<Self, StartError> {
        let person = Person::who(habit);
        let options = Options { profile: Profile::default(), port: Some(port), front: Front::Terminal, keyring: Backend::System };
        let tools = told.clone().unwrap_or_default();
        let outside = Outside {
            keyring: keyring.clone(),
            documents,
            clock: clock.clone(),
            peers: Arc::new(SlowPeers::new(slow)),
            tools: told.map(|tools| tools as Arc<dyn ToolSource>),
        };
        let running = Running::start_with(options, Places::below(folder.path()), outside, person.clone()).await?;
        let broker = running.broker.clone();
        person.meet(broker.queue().clone());
        Ok(Self { broker, port, person, keyring, clock, tools, folder, running: Some(running) })
    }

    /// With a server called `everything` at `url`.
    pub async fn guarding(url: &str) -> Self {
        let doorward = Self::start().await;
        doorward.broker.add_server("everything", url).await.expect("added");
        doorward
    }

    /// Stops it and gives what is left for [`Doorward::open`].
    pub async fn stop(mut self) -> (Arc<TempDir>, Arc<MemoryKeyring>, u16) {
        self.running.take().expect("running").stop().await;
        (self.folder.clone(), self.keyring.clone(), self.port)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The Host header that is expected.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// An absolute address.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Its folders.
    pub fn places(&self) -> Places {
        Places::below(self.folder.path())
    }

    /// Its database file.
    pub fn database(&self) -> std::path::PathBuf {
        self.places().database()
    }

    /// Sends a request with plain headers.
    pub async fn send(&self, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
        http::raw(self.address(), http::request(method, target, &self.host(), headers, body).as_bytes()).await
    }

    /// GETs without any header of a browser.
    pub async fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &[], "").await
    }

    /// POSTs JSON.
    pub async fn post_json(&self, target: &str, body: &str) -> Answer {
        self.send("POST", target, &["Content-Type: application/json"], body).await
    }

    /// POSTs a form.
    pub async fn post_form(&self, target: &str, body: &str) -> Answer {
        self.send("POST", target, &["Content-Type: application/x-www-form-urlencoded"], body).await
    }
}

/// Whether any file below `folder` contains `needle`.
pub fn any_file_contains(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return any_file_contains(&path, needle);
        }
        std::fs::read(&path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    })
}

/// A folder with this `config.toml`.
fn configured(config: &str) -> Arc<TempDir> {
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let places = Places::below(folder.path());
    std::fs::create_dir_all(&places.config).expect("a folder");
    std::fs::write(places.config.join("config.toml"), config).expect("written");
    folder
}
