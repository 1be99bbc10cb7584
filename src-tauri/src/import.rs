//! Taking servers over in the main window: looking, what would change, adding and writing, and putting files back. Files are read and
//! written off the threads that others wait for. What is planned and what is added, the command line has from the same place
//! (`doorward_clients::import`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use doorward_broker::{
    broker::{Broker, Showing, TypedCommand},
    world::{Clock, SystemClock},
};
use doorward_clients::{
    backup::{Backups, Import},
    client::Client,
    door::Door,
    import::{Addition, Findings, NotFilled},
    places::Home,
    plan::{NewServer, Origin, Plan, Taken},
    read::Found,
    seal::{BackupKey, Seal},
    template::Secret,
    undo::{How, NothingUndone},
};
use doorward_oauth::{id::ServerName, program::Sighting};
use doorward_words::{Said, Says, spoken};
use serde::Serialize;
use tauri::{AppHandle, Runtime};
use tokio::task::JoinSet;

use crate::{
    app::Desktop,
    commands::{Refused, say},
    windows,
};

/// So many servers are added at the same time.
const AT_ONCE: usize = 3;

/// What is in the files, and what can be undone.
#[derive(Debug, Serialize)]
pub(crate) struct Looked {
    servers: Vec<FoundView>,
    /// Files that cannot be read.
    unreadable: Vec<Unreadable>,
    imports: Vec<ImportView>,
    /// Whether an import is under way that another window began.
    under_way: bool,
    /// How one ended that nobody saw ending.
    ended: Option<Imported>,
}

#[derive(Debug, Serialize)]
struct FoundView {
    /// Tells it from every other one.
    origin: Origin,
    client: &'static str,
    place: Said,
    /// The command line or the address, secrets covered.
    what: Option<String>,
    /// Whether it is a command.
    starts: bool,
    /// The names of its secrets.
    secrets: Vec<String>,
    /// Why it stays as it is.
    stays: Option<Said>,
}

#[derive(Debug, Serialize)]
struct Unreadable {
    client: &'static str,
    why: Said,
}

/// The last import of a client's files.
#[derive(Debug, Serialize)]
struct ImportView {
    id: &'static str,
    client: &'static str,
    files: Vec<String>,
    /// In Unix seconds.
    when: u64,
}

/// What would change.
#[derive(Debug, Serialize)]
pub(crate) struct Planned {
    /// What is imported must have the same.
    mark: String,
    servers: Vec<NewView>,
    files: Vec<FileView>,
    left: Vec<LeftView>,
}

#[derive(Debug, Serialize)]
struct NewView {
    name: String,
    what: String,
    /// Whether it is a command, which is asked about.
    starts: bool,
    secrets: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FileView {
    client: &'static str,
    path: String,
    /// Lines, secrets covered.
    diff: String,
}

#[derive(Debug, Clone, Serialize)]
struct LeftView {
    name: String,
    why: Said,
}

/// What was done.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Imported {
    added: Vec<String>,
    not_added: Vec<LeftView>,
    /// The files that are new.
    files: Vec<String>,
    /// What kept files from being written.
    stopped: Option<Said>,
    /// The files that should be new and are as they were.
    unwritten: Vec<String>,
}

/// What was put back.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum Undone {
    Done {
        files: Vec<String>,
        /// Entries that stay, because somebody else changed them.
        kept: Vec<KeptView>,
        /// Servers that are still behind Doorward.
        servers: BTreeSet<String>,
        stopped: Option<Said>,
        unwritten: Vec<String>,
    },
    /// Nothing was: a file was changed since, so that its entries alone could be.
    Changed { why: Said },
}

#[derive(Debug, Serialize)]
pub(crate) struct KeptView {
    file: String,
    name: String,
}

/// Does what waits for the disk.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refused> + Send + 'static) -> Result<T, Refused> {
    tauri::async_runtime::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the work on files of other programs ended early");
        Err(spoken().say("failed", &[]))
    })
}

fn findings(port: u16) -> Result<Findings, Refused> {
    let home = Home::of_this_user().ok_or(NotFilled::Home).map_err(say)?;
    Ok(Findings::look(home, None, Door::at(port), |_| true))
}

/// Looks into the files of this person's programs.
pub(crate) async fn look(desktop: &Desktop) -> Result<Looked, Refused> {
    let (port, folder) = (desktop.broker.issuer().port(), desktop.places.imports());
    let (under_way, ended) = (desktop.imports.under_way(), desktop.imports.unseen());
    off_thread(move || {
        let findings = findings(port)?;
        let servers = findings.servers().map(FoundView::from).collect();
        let unreadable =
            findings.unreadable.iter().map(|(client, error)| Unreadable { client: client.title(), why: error.said() }).collect();
        // Only what is kept of the files as they were is closed; the list of it is not.
        let imports = if folder.is_dir() { Backups::new(folder, Seal::Open).imports().map_err(say)? } else { Vec::new() };
        let imports = Client::ALL.into_iter().filter_map(|client| last_of(client, &imports)).collect();
        Ok(Looked { servers, unreadable, imports, under_way, ended })
    })
    .await
}

impl From<&Found> for FoundView {
    fn from(found: &Found) -> Self {
        let server = found.server.as_ref();
        Self {
            origin: found.origin(),
            client: found.client.title(),
            place: found.place.said(),
            what: server.map(|server| server.kind.to_string()),
            starts: server.is_some_and(|server| server.kind.is_command()),
            secrets: server.map(|server| names(&server.secrets)).unwrap_or_default(),
            stays: found.stays().map(|why| why.said()),
        }
    }
}

fn names(secrets: &[Secret]) -> Vec<String> {
    secrets.iter().map(|secret| secret.name().to_owned()).collect()
}

/// What would be undone of a client: the newest come first.
fn last_of(client: Client, imports: &[Import]) -> Option<ImportView> {
    let last = imports.iter().find(|import| import.client == client)?;
    let files = imports.iter().filter(|import| import.client == client && import.run == last.run);
    let files = files.map(|import| import.path.display().to_string()).collect();
    Some(ImportView { id: client.id(), client: client.title(), files, when: last.when })
}

/// What would change for the chosen servers. Nothing does.
pub(crate) async fn plan(desktop: &Desktop, chosen: Vec<Origin>) -> Result<Planned, Refused> {
    let (port, taken) = (desktop.broker.issuer().port(), taken(&desktop.broker).await?);
    off_thread(move || Ok(Planned::from(findings(port)?.plan(&taken, |found| chosen.contains(&found.origin()))))).await
}

impl From<Plan> for Planned {
    fn from(plan: Plan) -> Self {
        let server = |new: &NewServer| NewView {
            name: new.name.to_string(),
            what: new.server.kind.to_string(),
            starts: new.server.kind.is_command(),
            secrets: names(&new.server.secrets),
        };
        Self {
            mark: plan.mark(),
            servers: plan.servers.iter().map(server).collect(),
            files: plan
                .files
                .into_iter()
                .map(|file| FileView { client: file.client.title(), path: file.path.display().to_string(), diff: file.diff })
                .collect(),
            left: plan.left.into_iter().map(|left| LeftView { name: left.entry.entry, why: left.why.said() }).collect(),
        }
    }
}

async fn taken(broker: &Broker) -> Result<Vec<Taken>, Refused> {
    let servers = broker.servers().await.map_err(say)?;
    Ok(servers.iter().filter_map(|server| Some(Taken { name: ServerName::parse(&server.name).ok()?, server: None })).collect())
}

/// The imports of this process: one at a time, and how the last one ended while nobody saw it.
#[derive(Default)]
pub(crate) struct Imports {
    under_way: AtomicBool,
    unseen: Mutex<Option<Imported>>,
}

impl Imports {
    /// `None` while there is another.
    fn begin(&self) -> Option<Turn<'_>> {
        // Not `then_some`: a turn that is not taken must not be dropped.
        (!self.under_way.swap(true, Ordering::AcqRel)).then(|| Turn(self))
    }

    fn under_way(&self) -> bool {
        self.under_way.load(Ordering::Acquire)
    }

    fn keep(&self, ended: Imported) {
        *self.unseen.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
    }

    /// It is seen then.
    fn unseen(&self) -> Option<Imported> {
        self.unseen.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The import that is under way, until this is dropped.
struct Turn<'i>(&'i Imports);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.under_way.store(false, Ordering::Release);
    }
}

/// Puts the chosen servers behind Doorward, each command after a yes in the consent window, and writes what leads to those that were
/// added. Only what the person saw is done: a plan with another mark is not. Closing the window meanwhile stops nothing; the next one
/// shows how it ended, and a notification says that it did.
pub(crate) async fn import<R: Runtime>(
    app: &AppHandle<R>,
    desktop: &Desktop,
    chosen: Vec<Origin>,
    mark: String,
) -> Result<Imported, Refused> {
    let turn = desktop.imports.begin().ok_or_else(|| spoken().say("backup-busy", &[]))?;
    let asked_in = windows::which_main(app);
    let done = carry_out(desktop, chosen, mark).await;
    let unseen = windows::which_main(app) != asked_in;
    if let (true, Ok(done)) = (unseen, &done) {
        desktop.imports.keep(done.clone());
    }
    drop(turn);
    if unseen {
        desktop.prompter.import_ended(done.as_ref().ok().map(|done| done.added.len()));
    }
    done
}

async fn carry_out(desktop: &Desktop, chosen: Vec<Origin>, mark: String) -> Result<Imported, Refused> {
    let broker = &desktop.broker;
    let (port, taken) = (broker.issuer().port(), taken(broker).await?);
    let (findings, planned, taken, chosen) = off_thread(move || {
        let findings = findings(port)?;
        let planned = findings.plan(&taken, |found| chosen.contains(&found.origin()));
        if planned.mark() == mark { Ok((findings, planned, taken, chosen)) } else { Err(spoken().say("import-changed", &[])) }
    })
    .await?;

    let mut done = Imported::default();
    let mut failed = Vec::new();
    for (name, outcome) in add_all(broker, &findings, &planned.servers).await {
        match outcome {
            Ok(()) => done.added.push(name.to_string()),
            Err(why) => {
                done.not_added.push(LeftView { name: name.to_string(), why });
                failed.push(name);
            }
        }
    }
    if done.added.is_empty() {
        return Ok(done);
    }
    // What is there by now stays there, whatever comes: the person hears of it together with what does not work.
    let backups = match backups(desktop).await {
        Ok(backups) => backups,
        Err(why) => return Ok(Imported { stopped: Some(why), unwritten: paths(&planned), ..done }),
    };
    off_thread(move || {
        let plan = findings.plan_of_added(&planned, &failed, &taken, |found| chosen.contains(&found.origin()));
        match backups.write(&plan.files, SystemClock.now().as_secs().cast_unsigned()) {
            Ok(written) => {
                done.files = written.files.iter().map(|file| file.display().to_string()).collect();
                if let Some(stopped) = written.stopped {
                    done.unwritten = stopped.unwritten.iter().map(|file| file.display().to_string()).collect();
                    done.stopped = Some(stopped.why.said());
                }
            }
            Err(error) => {
                done.unwritten = paths(&plan);
                done.stopped = Some(error.said());
            }
        }
        Ok(done)
    })
    .await
}

fn paths(plan: &Plan) -> Vec<String> {
    plan.files.iter().map(|file| file.path.display().to_string()).collect()
}

/// Adds servers, and says in their order what came of each. A few at a time, so that a person answers one question after the other
/// without waiting for what was started, while there is room for the questions of other programs and none lapses unread.
async fn add_all(broker: &Broker, findings: &Findings, servers: &[NewServer]) -> Vec<(ServerName, Result<(), Said>)> {
    let requester = broker.process(std::process::id()).await;
    let (mut outcomes, mut adding) = (BTreeMap::new(), JoinSet::new());
    for (at, new) in servers.iter().enumerate() {
        let (name, broker, requester) = (new.name.to_string(), broker.clone(), requester.clone());
        match findings.addition(new, |name| std::env::var(name).ok()) {
            Err(why) => drop(outcomes.insert(at, Err(why.said()))),
            Ok(addition) => drop(adding.spawn(async move { (at, add(&broker, &name, addition, requester).await) })),
        }
        if adding.len() == AT_ONCE {
            outcomes.extend(next_of(&mut adding).await);
        }
    }
    while !adding.is_empty() {
        outcomes.extend(next_of(&mut adding).await);
    }
    let outcome = |at| outcomes.remove(&at).unwrap_or_else(|| Err(Said::plain("failed")));
    let outcomes: Vec<Result<(), Said>> = (0..servers.len()).map(outcome).collect();
    servers.iter().map(|new| new.name.clone()).zip(outcomes).collect()
}

/// What came of the next one that ends; nothing when it ended early, which is not the others' trouble.
async fn next_of(adding: &mut JoinSet<(usize, Result<(), Said>)>) -> Option<(usize, Result<(), Said>)> {
    let ended = adding.join_next().await?;
    ended.inspect_err(|error| tracing::error!(%error, "adding a server ended early")).ok()
}

async fn add(broker: &Broker, name: &str, addition: Addition, requester: Sighting) -> Result<(), Said> {
    let added = match addition {
        Addition::Address { url, headers } => broker.add_server_with(name, &url, headers).await,
        Addition::Command { program, arguments, folder, environment, secrets } => {
            let names = secrets.keys().cloned().collect();
            let typed = TypedCommand { program, arguments, folder, environment, secrets: names, per_app: false };
            let command = broker.resolve(typed).await.map_err(|error| error.said())?;
            broker.add_command(name, command, secrets, requester, Showing::AskedByHand).await
        }
    };
    added.map(drop).map_err(|error| error.said())
}

/// Puts the files of a program back as they were before the last import, or only the entries that import changed.
pub(crate) async fn undo(desktop: &Desktop, client: &str, entries: bool) -> Result<Undone, Refused> {
    let client = Client::named(client).ok_or_else(|| spoken().say("failed", &[]))?;
    let backups = backups(desktop).await.map_err(say)?;
    let undone = off_thread(move || {
        let how = if entries { How::Entries } else { How::Whole };
        let undone = match backups.undo(client, how) {
            Ok(undone) => undone,
            Err(error @ NothingUndone::Changed(_)) => return Ok(Undone::Changed { why: error.said() }),
            Err(error) => return Err(say(error)),
        };
        let (stopped, unwritten) = undone.stopped.map(|stopped| (stopped.why.said(), stopped.unwritten)).unzip();
        Ok(Undone::Done {
            files: undone.imports.iter().map(|import| import.path.display().to_string()).collect(),
            kept: undone.kept.into_iter().map(|(file, name)| KeptView { file: file.display().to_string(), name }).collect(),
            servers: undone.imports.into_iter().flat_map(|import| import.servers).collect(),
            stopped,
            unwritten: unwritten.unwrap_or_default().iter().map(|file| file.display().to_string()).collect(),
        })
    });
    let there: BTreeSet<String> = desktop.broker.servers().await.map_err(say)?.into_iter().map(|server| server.name).collect();
    let mut undone = undone.await?;
    if let Undone::Done { servers, .. } = &mut undone {
        servers.retain(|server| there.contains(server));
    }
    Ok(undone)
}

/// Where imports are remembered, closed with a key that is in the keyring.
async fn backups(desktop: &Desktop) -> Result<Backups, Said> {
    let key = desktop.broker.backup_key().await.map_err(|error| error.said())?;
    Ok(Backups::new(desktop.places.imports(), Seal::With(BackupKey::from_bytes(*key))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_import_has_to_wait_until_the_first_one_ended() {
        let imports = Imports::default();
        let first = imports.begin().expect("nobody imports");
        assert!(imports.begin().is_none() && imports.begin().is_none() && imports.under_way(), "nor does asking end it");
        drop(first);
        assert!(imports.begin().is_some());
    }

    #[tokio::test]
    async fn one_that_ends_early_leaves_the_others_alone() {
        let mut adding = JoinSet::new();
        adding.spawn(async { panic!("on purpose") });
        assert_eq!(next_of(&mut adding).await, None);
        adding.spawn(async { (4, Ok(())) });
        assert_eq!(next_of(&mut adding).await, Some((4, Ok(()))));
    }
}
