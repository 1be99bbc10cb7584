//! `add`: putting servers behind Doorward. A server at an address only needs a person's word; a command is shown in full, and
//! answered in the window or at the terminal, before it ever runs.

use std::{collections::BTreeMap, path::Path};

use doorward_oauth::{
    arguments::{visible, visible_line},
    consent::{ConsentDecision, ConsentKind, ConsentRequest, NewServer, Unanswered},
    id::{BadServerName, ServerName},
    program::Sighting,
};
use doorward_stdio::environment;
use doorward_words::{Said, Says};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use url::{Host, Url};
use zeroize::Zeroizing;

use super::{Broker, ServerView};
use crate::{
    secrets::{BACKUP_KEY_ITEM, SecretError},
    store::{
        StoreError,
        events::{Event, Subject},
        servers::{self, CommandLine, Reach, Server},
        tools,
    },
};

/// Why a server was not added.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.said())]
pub enum AddServerError {
    /// The name cannot be used.
    #[error(transparent)]
    Name(#[from] BadServerName),
    /// The name is in use.
    Taken(ServerName),
    /// The address, a header or a variable cannot be used.
    Unusable(Said),
    /// The program is not where programs are looked for.
    NoProgram {
        /// What was to be started.
        program: String,
        /// Where it was looked for.
        searched: Vec<String>,
    },
    /// The person said no.
    Denied,
    /// Nobody said anything.
    Unanswered(#[from] Unanswered),
    /// The keyring does not take a secret.
    #[error(transparent)]
    Keyring(#[from] SecretError),
    /// The data could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Says for AddServerError {
    fn said(&self) -> Said {
        match self {
            Self::Name(error) => error.said(),
            Self::Taken(name) => Said::plain("add-taken").with("server", name.to_string()),
            Self::Unusable(said) => said.clone(),
            Self::NoProgram { program, searched } => {
                Said::plain("add-no-program").with("program", program.clone()).listing("searched", searched)
            }
            Self::Denied => Said::plain("add-denied"),
            Self::Unanswered(why) => Said::plain("add-unanswered").with_said("why", why.to_the_person()),
            Self::Keyring(error) => error.said(),
            Self::Store(error) => error.said(),
        }
    }
}

/// A command that is to start a server, as a person typed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedCommand {
    /// The program, by its name or its path.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder it runs in, absolute.
    pub folder: String,
    /// Variables that it gets besides, which are no secret.
    pub environment: BTreeMap<String, String>,
    /// The names of variables whose values go into the keyring.
    pub secrets: Vec<String>,
    /// Whether each App gets a process of its own.
    #[serde(default)]
    pub per_app: bool,
}

/// How a person comes to see a command in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Showing {
    /// It was seen at a terminal, and answered with yes there.
    Seen,
    /// It is asked about.
    Asked,
    /// It is asked about where a person has just asked for it in another window of Doorward's: so it may take the keyboard, and no
    /// program is muted or held up for it.
    AskedByHand,
}

/// A command as it would run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandView {
    /// The complete command, with the absolute path of its program.
    pub command: String,
    /// The folder it runs in.
    pub folder: String,
    /// The names of the variables that it gets, and the values of those that are no secret.
    pub environment: Vec<(String, Option<String>)>,
}

impl From<&CommandLine> for CommandView {
    fn from(command: &CommandLine) -> Self {
        let variable = |(name, value): (&String, &Option<String>)| (visible_line(name), value.as_deref().map(visible_line));
        Self {
            command: command.shown(),
            folder: visible_line(&command.folder),
            environment: command.environment.iter().map(variable).collect(),
        }
    }
}

impl Broker {
    /// Puts a server at an address behind Doorward. `headers` let Doorward in there, and go into the keyring.
    ///
    /// # Errors
    /// [`AddServerError`].
    pub async fn add_server_with(
        &self,
        name: &str,
        url: &str,
        headers: BTreeMap<String, SecretString>,
    ) -> Result<ServerView, AddServerError> {
        let name = self.free_name(name)?;
        let url = check_upstream(url, self.issuer().port())?.into();
        for (header, value) in &headers {
            check_header(header, value)?;
        }
        let reach = Reach::Address { url, headers: headers.keys().cloned().collect() };
        self.keep_server(Server { name, reach, added_at: self.now(), validates: false, paused: false }, headers).await
    }

    /// Puts a server at an address behind Doorward.
    ///
    /// # Errors
    /// [`AddServerError`].
    pub async fn add_server(&self, name: &str, url: &str) -> Result<ServerView, AddServerError> {
        self.add_server_with(name, url, BTreeMap::new()).await
    }

    /// Makes a server known that validates tokens itself: it stays where it is, and only its tokens come from here.
    ///
    /// # Errors
    /// [`AddServerError`].
    pub async fn add_resource_server(&self, name: &str, url: &str) -> Result<ServerView, AddServerError> {
        let name = self.free_name(name)?;
        let url = check_upstream(url, self.issuer().port())?.into();
        let reach = Reach::Address { url, headers: Vec::new() };
        self.keep_server(Server { name, reach, added_at: self.now(), validates: true, paused: false }, BTreeMap::new()).await
    }

    /// What a command would run as: found where the person's own shell finds programs.
    ///
    /// # Errors
    /// [`AddServerError::NoProgram`], [`AddServerError::Unusable`].
    pub async fn resolve(&self, typed: TypedCommand) -> Result<CommandLine, AddServerError> {
        let folder = Path::new(&typed.folder);
        if !folder.is_absolute() || !folder.is_dir() {
            return Err(AddServerError::Unusable(Said::plain("add-no-folder").with("folder", visible(&typed.folder))));
        }
        let path = environment::login_path().await.text;
        let program = environment::resolve(&typed.program, &path, folder).map_err(|missing| AddServerError::NoProgram {
            program: visible(&missing.program),
            searched: missing.searched.iter().map(|folder| folder.display().to_string()).collect(),
        })?;
        let program = program.into_os_string().into_string().map_err(|_| unusable("add-path-no-text"))?;
        let plain = typed.environment.into_iter().map(|(name, value)| (name, Some(value)));
        let environment: BTreeMap<String, Option<String>> = plain.chain(typed.secrets.into_iter().map(|name| (name, None))).collect();
        if environment.keys().any(|name| name.is_empty() || name.contains(['=', '\0'])) {
            return Err(unusable("add-variable-name"));
        }
        Ok(CommandLine { program, arguments: typed.arguments, folder: typed.folder, path, environment, per_app: typed.per_app })
    }

    /// Asks the person whether a command may start a server, which is then added and started once, so that its tools are known.
    ///
    /// # Errors
    /// [`AddServerError`]; nothing ran then.
    pub async fn add_command(
        &self,
        name: &str,
        command: CommandLine,
        secrets: BTreeMap<String, SecretString>,
        requester: Sighting,
        showing: Showing,
    ) -> Result<ServerView, AddServerError> {
        let name = self.free_name(name)?;
        if let Some(missing) = command.environment.iter().find(|(name, value)| value.is_none() && !secrets.contains_key(*name)) {
            return Err(AddServerError::Unusable(Said::plain("add-value-missing").with("name", missing.0)));
        }
        let asked_by = asked_by(&requester, showing);
        let answer = match showing {
            Showing::Seen => Ok(ConsentDecision::as_shown()),
            Showing::Asked => self.ask_about_command(&name, &command, requester, false).await,
            Showing::AskedByHand => self.ask_about_command(&name, &command, requester, true).await,
        };
        // Only the program: what follows it may hold what is nobody's business.
        let program = Path::new(&command.program).file_name().map(|file| visible(&file.to_string_lossy())).unwrap_or_default();
        let happened = |outcome, said: Said| {
            let detail = said.with("command", program).with_said("who", asked_by);
            Event { subject: Subject::Server, ..Event::new(self.now(), outcome, name.clone(), detail) }
        };
        match answer {
            Ok(ConsentDecision::Allow(_)) => {
                let added = happened("allowed", Said::plain("event-server-added"));
                let reach = Reach::Command(command);
                let server = Server { name, reach, added_at: self.now(), validates: false, paused: false };
                let kept = self.keep_server(server, secrets).await;
                match &kept {
                    Ok(_) => self.record(added).await,
                    Err(error) => tracing::warn!(server = %added.server, %error, "a server that was allowed could not be added"),
                }
                kept
            }
            Ok(ConsentDecision::Deny(_)) => {
                self.record(happened("denied", Said::plain("event-server-said-no"))).await;
                Err(AddServerError::Denied)
            }
            // What was not even put is not history: a program could fill it.
            Err(why @ (Unanswered::Full | Unanswered::Muted)) => {
                tracing::info!(server = %name, outcome = why.as_outcome(), "nobody was asked about a server");
                Err(why.into())
            }
            Err(why) => {
                let said = Said::plain("event-server-unanswered").with_said("why", why.to_the_person());
                self.record(happened(why.as_outcome(), said)).await;
                Err(why.into())
            }
        }
    }

    async fn ask_about_command(
        &self,
        name: &ServerName,
        command: &CommandLine,
        requester: Sighting,
        by_hand: bool,
    ) -> Result<ConsentDecision, Unanswered> {
        let CommandView { command, folder, environment } = CommandView::from(command);
        let kind = ConsentKind::AddServer(Box::new(NewServer { requester, by_hand, command, folder, environment }));
        let question = ConsentRequest { server: name.clone(), kind, may_take_focus: by_hand, asked_at: self.now() };
        if self.too_many_questions(&question) {
            return Err(Unanswered::Full);
        }
        self.changed();
        let outcome = self.inner.queue.ask(question).await;
        self.changed();
        outcome
    }

    fn free_name(&self, name: &str) -> Result<ServerName, AddServerError> {
        let name = ServerName::parse(name)?;
        if self.server_now(&name).is_some() { Err(AddServerError::Taken(name)) } else { Ok(name) }
    }

    async fn keep_server(&self, server: Server, secrets: BTreeMap<String, SecretString>) -> Result<ServerView, AddServerError> {
        {
            // One at a time, so that nobody's secrets come to stand beside another one's server.
            let _turn = self.inner.adding.lock().await;
            let name = self.free_name(server.name.as_str())?;
            if !secrets.is_empty() {
                self.inner.world.vault.set(&name, secrets).await?;
            }
            let added = server.clone();
            let kept = self.inner.store.run(move |tx| servers::add(tx, &added)).await;
            if !matches!(kept, Ok(true)) {
                self.inner.world.vault.set(&name, BTreeMap::new()).await?;
            }
            if !kept? {
                return Err(AddServerError::Taken(name));
            }
            self.reread_servers().await?;
        }
        if !server.validates {
            // Who adds a server looks at its tools.
            let _ = self.meet(&server, true).await;
        }
        tracing::info!(server = %server.name, "a server was added");
        self.changed();
        let tools = self.inner.store.look_up(|db| tools::counts(db, &server.name)).ok().flatten();
        Ok(ServerView { tools, ..self.server_view(&server, 0) })
    }
}

impl Broker {
    /// The key that closes backups of configuration files, which hold what was moved into the keyring. Made when it is first needed.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn backup_key(&self) -> Result<Zeroizing<[u8; 32]>, SecretError> {
        let (secrets, new) = (self.inner.world.secrets.clone(), Zeroizing::new(self.draw()));
        let get_or_make = move || {
            if let Some(kept) = secrets.get(BACKUP_KEY_ITEM)? {
                let kept: [u8; 32] =
                    kept.as_slice().try_into().map_err(|_| SecretError::Damaged { cause: "the key of backups".to_owned() })?;
                return Ok(Zeroizing::new(kept));
            }
            secrets.put(BACKUP_KEY_ITEM, new.as_slice())?;
            Ok(new)
        };
        tokio::task::spawn_blocking(get_or_make).await.unwrap_or_else(|error| Err(SecretError::NoService { cause: error.to_string() }))
    }
}

/// A header that Doorward may send of its own: one that names the message or its way would change what was judged.
fn check_header(name: &str, value: &SecretString) -> Result<(), AddServerError> {
    use secrecy::ExposeSecret;
    const NEVER: [&str; 8] = ["host", "content-length", "content-type", "accept", "connection", "transfer-encoding", "cookie", "origin"];
    let lower = name.to_ascii_lowercase();
    let token = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !token || NEVER.contains(&lower.as_str()) || lower.starts_with("mcp-") {
        return Err(AddServerError::Unusable(Said::plain("add-header").with("name", visible(name))));
    }
    // REVEAL: only looked at.
    if value.expose_secret().bytes().any(|b| b < 0x20 || b == 0x7F) {
        return Err(AddServerError::Unusable(Said::plain("add-header-value").with("name", name)));
    }
    Ok(())
}

/// Who wants a server to be added.
fn asked_by(requester: &Sighting, showing: Showing) -> Said {
    match (showing, requester.program()) {
        (Showing::AskedByHand, _) => Said::plain("event-asked-by-you"),
        (Showing::Seen | Showing::Asked, Some(program)) => Said::verbatim(format!("{} ({})", program.name, program.pid)),
        (Showing::Seen | Showing::Asked, None) => Said::plain("event-asked-by-unknown"),
    }
}

fn unusable(why: &'static str) -> AddServerError {
    AddServerError::Unusable(Said::plain(why))
}

/// Whether the address is on loopback.
pub(super) fn is_this_computer(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Upstreams are http on this computer or https anywhere, never Doorward itself.
fn check_upstream(text: &str, own_port: u16) -> Result<Url, AddServerError> {
    let url = Url::parse(text.trim()).map_err(|_| unusable("add-no-address"))?;
    let on_loopback = is_this_computer(&url);
    match url.scheme() {
        "https" => {}
        "http" if on_loopback => {}
        "http" => return Err(unusable("add-needs-https")),
        _ => return Err(unusable("add-no-http")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(unusable("add-with-password")); // it would be shown and kept in clear
    }
    if url.fragment().is_some() {
        return Err(unusable("add-with-fragment"));
    }
    if on_loopback && url.port_or_known_default() == Some(own_port) {
        return Err(unusable("add-own-address"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstreams_are_http_here_or_https_anywhere() {
        for good in [
            "http://127.0.0.1:3001/mcp",
            "http://localhost:1/",
            "http://[::1]:3001/mcp",
            "https://mcp.example.com/x?y=1",
            " http://127.0.0.1:3001/mcp\n",
        ] {
            assert!(check_upstream(good, 8765).is_ok(), "{good}");
        }
        for bad in [
            "",
            "everything",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "http://example.com/mcp",
            "http://192.168.0.1/mcp",
            "http://u:p@127.0.0.1:3001/mcp",
            "http://127.0.0.1:3001/mcp#x",
            "http://127.0.0.1:8765/mcp/everything",
            "http://localhost:8765/mcp/everything",
        ] {
            assert!(check_upstream(bad, 8765).is_err(), "{bad}");
        }
    }
}
