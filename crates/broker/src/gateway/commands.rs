//! Servers that Doorward starts: one process for each, shared by all Apps unless a person wants one for each App, begun with the first
//! call that passes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_oauth::id::{AppId, ServerName};
use doorward_stdio::{Command, Commanding, Launch, NoCommand, Settings, Value};
use doorward_words::{Said, Says as _};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    broker::{Condition, ServerState},
    store::servers::{CommandLine, Reach, Server},
    vault::Vault,
};

/// How long a start may take: the first time, some programs are fetched first.
const START: Duration = Duration::from_secs(120);

/// The servers that were needed so far. Cheap to clone.
#[derive(Clone)]
pub(super) struct Commands {
    vault: Vault,
    known: Arc<Mutex<Processes>>,
    /// Counts up whenever one of them starts, runs, ends or fails.
    changes: watch::Sender<u64>,
}

/// By server, and by App where each has its own.
type Processes = HashMap<(ServerName, Option<AppId>), Known>;

struct Known {
    command: CommandLine,
    server: doorward_stdio::Server,
    gone: CancellationToken,
}

impl Known {
    /// Whoever still has it finds nothing running, and starts nothing.
    fn end(self) {
        self.gone.cancel();
        tokio::spawn(async move { self.server.stop().await });
    }
}

/// Gives the command of a server when its process is started.
struct Starting {
    name: ServerName,
    command: CommandLine,
    vault: Vault,
    /// It was removed, or replaced by another one: it does not start again.
    gone: CancellationToken,
}

impl Launch for Starting {
    fn command(&self) -> Commanding<'_> {
        Box::pin(async move {
            if self.gone.is_cancelled() {
                return Err(NoCommand(Said::plain("command-removed")));
            }
            let secrets = self.vault.of(&self.name).await.map_err(|error| NoCommand(error.said()))?;
            let mut environment = vec![("PATH".to_owned(), Value::Plain(self.command.path.clone()))];
            environment.extend(inherited());
            for (name, value) in &self.command.environment {
                let value = match (value, secrets.get(name)) {
                    (Some(plain), _) => Value::Plain(plain.clone()),
                    (None, Some(secret)) => Value::Secret(secret.clone()),
                    (None, None) => {
                        return Err(NoCommand(Said::plain("command-no-value").with("name", name.clone())));
                    }
                };
                environment.retain(|(known, _)| known != name);
                environment.push((name.clone(), value));
            }
            Ok(Command {
                program: self.command.program.clone().into(),
                arguments: self.command.arguments.clone(),
                folder: self.command.folder.clone().into(),
                environment,
            })
        })
    }
}

/// What programs need in order to find their way, and nothing that could be a secret of another program.
fn inherited() -> impl Iterator<Item = (String, Value)> {
    const NAMES: [&str; 20] = [
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
        "TMPDIR",
        "XDG_RUNTIME_DIR",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
        "SystemRoot",
        "SystemDrive",
        "USERPROFILE",
        "APPDATA",
        "LOCALAPPDATA",
        "TEMP",
        "TMP",
    ];
    NAMES.into_iter().filter_map(|name| Some((name.to_owned(), Value::Plain(std::env::var(name).ok()?))))
}

impl Commands {
    pub(super) fn new(vault: Vault) -> Self {
        Self { vault, known: Arc::default(), changes: watch::Sender::new(0) }
    }

    /// The server of that command, for an App, or for Doorward itself. Nothing is started by asking for it.
    pub(super) fn of(&self, server: &Server, command: &CommandLine, app: Option<&AppId>) -> doorward_stdio::Server {
        let key = (server.name.clone(), app.filter(|_| command.per_app).cloned());
        let mut known = self.lock();
        if let Some(known) = known.get(&key).filter(|known| known.command == *command) {
            return known.server.clone();
        }
        let gone = CancellationToken::new();
        let starting = Starting { name: server.name.clone(), command: command.clone(), vault: self.vault.clone(), gone: gone.clone() };
        let started =
            doorward_stdio::Server::new(server.name.as_str(), Arc::new(starting), Settings { start: START, ..Settings::default() });
        let (mut state, changes) = (started.changes(), self.changes.clone());
        tokio::spawn(async move {
            while state.changed().await.is_ok() {
                changes.send_modify(|count| *count += 1);
            }
        });
        if let Some(other) = known.insert(key, Known { command: command.clone(), server: started.clone(), gone }) {
            other.end();
        }
        started
    }

    /// A server is not there any more: its process ends.
    pub(super) fn forget(&self, server: &ServerName) {
        let ended: Vec<Known> = self.lock().extract_if(|(name, _), _| name == server).map(|(_, known)| known).collect();
        for known in ended {
            known.end();
        }
    }

    /// Counts up whenever one of them starts, runs, ends or fails.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// How a server is that Doorward starts.
    pub(super) fn condition(&self, server: &Server) -> Option<Condition> {
        let Reach::Command(_) = &server.reach else { return None };
        let known: Vec<doorward_stdio::Server> =
            self.lock().iter().filter(|((name, _), _)| *name == server.name).map(|(_, known)| known.server.clone()).collect();
        let log = known.iter().flat_map(|known| known.log().iter().map(|line| line.text.clone()).collect::<Vec<_>>()).collect();
        // The most telling of several: what failed, then what runs.
        let state = known.iter().map(doorward_stdio::Server::state).max_by_key(rank);
        let running = known.iter().filter(|known| matches!(known.state(), doorward_stdio::State::Running { .. })).count();
        let state = state.map_or_else(ServerState::default, |state| told(state, running));
        Some(Condition::new(state, log))
    }

    /// Ends all processes, and waits for that.
    pub(super) async fn stop(&self) {
        let all: Vec<doorward_stdio::Server> = self.lock().drain().map(|(_, known)| known.server).collect();
        doorward_stdio::stop_all(all).await;
    }

    fn lock(&self) -> MutexGuard<'_, Processes> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn rank(state: &doorward_stdio::State) -> u8 {
    use doorward_stdio::State;
    match state {
        State::Stopped => 0,
        State::Starting { .. } => 1,
        State::Running { .. } => 2,
        State::Failed { .. } => 3,
    }
}

/// What it is doing; `processes`: how many of them run.
fn told(state: doorward_stdio::State, processes: usize) -> ServerState {
    use doorward_stdio::State;
    match state {
        State::Stopped => ServerState::Stopped,
        State::Starting { .. } => ServerState::Starting,
        State::Running { pid, protocol, .. } => ServerState::Running { pid, processes: processes.max(1), protocol },
        State::Failed { reason, .. } => ServerState::Failed { reason },
    }
}
