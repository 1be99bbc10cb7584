//! What a person sees and changes: servers, Apps, what happened. The window and the command line call these.

use std::{collections::BTreeMap, time::Duration};

use doorward_oauth::{
    grant::Grant,
    id::ServerName,
    program::Sighting,
    token::{Secret, Token},
};
use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};

use super::{Broker, Condition, connection::Patience};
use crate::{
    consent::view::{QuestionView, grouped},
    store::{
        StoreError, apps, calls, clients,
        events::Event,
        grants, programs,
        programs::Noted,
        servers,
        servers::{Reach, Server},
        tools::{self, Counts},
    },
};

/// A server as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerView {
    /// Its name.
    pub name: String,
    /// Where it really is, or the command that starts it.
    pub url: String,
    /// How it is, when Doorward starts it.
    #[serde(default)]
    pub condition: Option<Condition>,
    /// Whether the values of calls are written down.
    #[serde(default)]
    pub keeps_arguments: bool,
    /// Where programs find it.
    pub address: String,
    /// When it was added, in Unix seconds.
    pub added_at: i64,
    /// How many Apps may use it.
    pub apps: usize,
    /// How many tools it lists; `None`: they are not known yet.
    #[serde(default)]
    pub tools: Option<Counts>,
    /// What it needs that is in the keyring, by name: variables of a command, or headers.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Whether it validates tokens itself, at its own address.
    #[serde(default)]
    pub validates: bool,
    /// Whether a person paused it.
    #[serde(default)]
    pub paused: bool,
}

/// An App as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppView {
    /// Its id.
    pub id: String,
    /// The name it gave itself.
    pub name: Option<String>,
    /// The program that registered it.
    pub program: Option<String>,
    /// When it was first seen, in Unix seconds.
    pub first_seen_at: i64,
    /// How often it registered.
    pub registrations: u32,
    /// Its registrations but the newest, the newer ones first.
    #[serde(default)]
    pub other_registrations: Vec<RegistrationView>,
    /// What it may use.
    pub grants: Vec<GrantView>,
    /// The programs that had a part in its logins.
    #[serde(default)]
    pub programs: Vec<ProgramView>,
    /// Since when nothing is asked about it, in Unix seconds; `None`: it may ask.
    #[serde(default)]
    pub blocked_at: Option<i64>,
    /// Whether a person paused it.
    #[serde(default)]
    pub paused: bool,
    /// Whether a rule made it: then nothing is asked about it.
    #[serde(default)]
    pub made_by_rule: bool,
}

/// A program that had a part in an App's logins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramView {
    /// In what: `registered`, `asked`, `listened`, `redeemed`; `refused` for one that tried to redeem another one's answer.
    pub part: String,
    /// Its name; `None`: it could not be told.
    pub name: Option<String>,
    /// Its executable.
    pub executable: Option<String>,
    /// The script or package that it ran.
    pub script: Option<String>,
    /// Why it could not be told.
    #[serde(flatten, with = "doorward_words::beside::why")]
    pub why: Option<Said>,
    /// When it was seen first, in Unix seconds.
    pub first_at: i64,
    /// When it was seen last.
    pub last_at: i64,
    /// How often.
    pub times: u32,
}

impl From<Noted> for ProgramView {
    fn from(Noted { part, seen, first_at, last_at, times }: Noted) -> Self {
        let why = match &seen {
            Sighting::Seen(_) => None,
            Sighting::Nobody => Some(Said::plain("why-nobody-listened")),
            Sighting::CannotTell { why } => Some(why.clone()),
        };
        let program = seen.program().cloned();
        Self {
            part: part.as_str().to_owned(),
            name: program.as_ref().map(|program| program.name.clone()),
            executable: program.as_ref().map(|program| program.executable.clone()),
            script: program.and_then(|program| program.script),
            why,
            first_at: first_at.as_secs(),
            last_at: last_at.as_secs(),
            times,
        }
    }
}

/// One server an App may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    /// The server.
    pub server: String,
    /// When a person allowed it, in Unix seconds.
    pub allowed_at: i64,
    /// When it was last used.
    pub last_used_at: Option<i64>,
    /// When it ends unless used before.
    pub ends_at: i64,
    /// How many tools it was allowed, asked about each time or not.
    #[serde(default)]
    pub tools: u32,
    /// How many calls it made there in the last 30 days, passed or not.
    #[serde(default)]
    pub calls: u32,
}

/// One registration of an App: many programs register anew at each login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationView {
    /// The client identifier that it got.
    pub client: String,
    /// When it registered, in Unix seconds.
    pub at: i64,
}

impl From<&apps::Access> for GrantView {
    fn from(access: &apps::Access) -> Self {
        Self {
            server: access.server.to_string(),
            allowed_at: access.allowed_at.as_secs(),
            last_used_at: access.last_used_at.map(|at| at.as_secs()),
            ends_at: access.ends_at.as_secs(),
            tools: access.tools,
            calls: 0,
        }
    }
}

/// Calls are counted for so long.
const CALLS_COUNTED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// There is no such thing to act on.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.said())]
pub enum NoSuch {
    /// No such server.
    Server(String),
    /// No such App.
    App(String),
    /// No such App that is never asked about.
    Blocked(String),
    /// The data could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Says for NoSuch {
    fn said(&self) -> Said {
        match self {
            Self::Server(name) => Said::plain("no-such-server").with("server", name.clone()),
            Self::App(name) => Said::plain("no-such-app").with("app", name.clone()),
            Self::Blocked(name) => Said::plain("no-such-blocked").with("app", name.clone()),
            Self::Store(error) => error.said(),
        }
    }
}

impl Broker {
    /// Takes a server away, with everything that was allowed at it; its open streams end.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn remove_server(&self, name: &str) -> Result<(), NoSuch> {
        let parsed = ServerName::parse(name).map_err(|_| NoSuch::Server(name.to_owned()))?;
        let _turn = self.inner.adding.lock().await;
        let ended = self
            .inner
            .store
            .run(move |tx| {
                let ended = grants::at_server(tx, &parsed)?;
                Ok(servers::remove(tx, &parsed)?.then_some(ended))
            })
            .await?
            .ok_or_else(|| NoSuch::Server(name.to_owned()))?;
        self.reread_servers().await?;
        self.inner.permits.forget();
        self.end_calls(|same| same.server.as_str() == name);
        self.forget_changes(name);
        self.close_streams(&ended);
        if let Ok(gone) = ServerName::parse(name) {
            self.inner.world.tools.forget(&gone);
            if let Err(error) = self.inner.world.vault.set(&gone, BTreeMap::new()).await {
                tracing::warn!(%error, server = name, "its secrets stay in the keyring");
            }
        }
        tracing::info!(server = name, "a server was removed");
        self.changed();
        Ok(())
    }

    /// Gives a server a new secret to ask about tokens with (RFC 7662 §2.1). It is told once; an older one is void.
    ///
    /// # Errors
    /// [`NoSuch`].
    pub async fn new_credential(&self, name: &str) -> Result<Token<Secret>, NoSuch> {
        let parsed = ServerName::parse(name).map_err(|_| NoSuch::Server(name.to_owned()))?;
        let secret = Token::from_random(self.draw());
        let digest = self.inner.key.digest(&secret);
        if !self.inner.store.run(move |tx| servers::set_credential(tx, &parsed, &digest)).await? {
            return Err(NoSuch::Server(name.to_owned()));
        }
        tracing::info!(server = name, "a server got a new credential");
        Ok(secret)
    }

    /// The servers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn servers(&self) -> Result<Vec<ServerView>, StoreError> {
        let now = self.now();
        let read = move |db: &rusqlite::Connection| {
            let servers = servers::all(db)?;
            let mut all = Vec::new();
            for server in servers {
                let (keeps, tools) = (servers::keeps_arguments(db, &server.name)?, tools::counts(db, &server.name)?);
                all.push((server, keeps, tools));
            }
            Ok((all, apps::access(db, now)?))
        };
        let (servers, access) = self.inner.store.read(read).await?;
        let used_by = |server: &Server| access.iter().filter(|access| access.server == server.name).count();
        let view = |(server, keeps_arguments, tools): (Server, bool, Option<Counts>)| ServerView {
            keeps_arguments,
            tools,
            ..self.server_view(&server, used_by(&server))
        };
        Ok(servers.into_iter().map(view).collect())
    }

    /// The Apps that may use something.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn apps(&self) -> Result<Vec<AppView>, StoreError> {
        let apps = self.app_views(apps::approved).await?;
        Ok(apps.into_iter().filter(|view| !view.grants.is_empty()).collect())
    }

    /// Apps as people see them.
    pub(super) async fn app_views(&self, which: apps::Listing) -> Result<Vec<AppView>, StoreError> {
        let now = self.now();
        let read = move |db: &rusqlite::Connection| {
            let mut all = Vec::new();
            for (app, registrations) in which(db)? {
                let (programs, issued) = (programs::of_app(db, &app.id)?, clients::issued(db, &app.id)?);
                all.push((app, registrations, programs, issued));
            }
            Ok((all, apps::access(db, now)?, calls::since(db, now.minus(CALLS_COUNTED))?))
        };
        let (apps, access, calls) = self.inner.store.read(read).await?;
        let grant = |access: &apps::Access| {
            let calls = calls.get(&(access.app.clone(), access.server.clone())).copied().unwrap_or(0);
            GrantView { calls, ..GrantView::from(access) }
        };
        let views = apps.into_iter().map(|(app, registrations, programs, issued)| AppView {
            programs: programs.into_iter().map(ProgramView::from).collect(),
            grants: access.iter().filter(|access| access.app == app.id).map(grant).collect(),
            other_registrations: issued
                .into_iter()
                .skip(1)
                .map(|(client, at)| RegistrationView { client: client.to_string(), at: at.as_secs() })
                .collect(),
            id: app.id.to_string(),
            name: app.name,
            program: app.program,
            first_seen_at: app.first_seen_at.as_secs(),
            blocked_at: app.blocked_at.map(|at| at.as_secs()),
            paused: app.paused,
            made_by_rule: app.made_by_rule,
            registrations,
        });
        Ok(views.collect())
    }

    /// The open questions.
    pub fn requests(&self) -> Vec<QuestionView> {
        grouped(self.queue().open().iter().map(QuestionView::from).collect(), Clone::clone)
    }

    /// The program with that process id, looked up off the async threads.
    pub async fn process(&self, pid: u32) -> Sighting {
        self.look_up(Patience::Decision, move |peers| peers.process(pid)).await.unwrap_or_else(Sighting::from)
    }

    pub(super) fn grant_event(&self, grant: &Grant, outcome: &str, detail: Said) -> Event {
        let client_name = self.inner.store.look_up(|db| apps::name(db, &grant.app)).ok().flatten();
        Event { client_name, ..Event::new(self.now(), outcome, grant.server.clone(), detail) }
    }

    pub(super) fn server_view(&self, server: &Server, apps: usize) -> ServerView {
        let (url, secrets) = match &server.reach {
            Reach::Address { url, headers } => (url.clone(), headers.clone()),
            Reach::Command(command) => {
                let kept = command.environment.iter().filter(|(_, value)| value.is_none());
                (command.shown(), kept.map(|(name, _)| name.clone()).collect())
            }
        };
        ServerView {
            name: server.name.to_string(),
            address: if server.validates { url.clone() } else { self.issuer().at(&format!("/mcp/{}", server.name)) },
            url,
            condition: self.inner.world.tools.condition(server),
            keeps_arguments: false,
            added_at: server.added_at.as_secs(),
            apps,
            tools: None,
            secrets,
            validates: server.validates,
            paused: server.paused,
        }
    }
}
