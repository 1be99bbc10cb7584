//! `doorward import`, `doorward undo`

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use doorward_broker::{
    broker::TypedCommand,
    control::{Command, Front, Reply, ToldOnce},
    world::{Clock, SystemClock},
};
use doorward_clients::{
    backup::Backups,
    client::Client,
    door::Door,
    places::Home,
    plan::{NewServer, Plan, Taken, plan},
    read::{Config, Found, survey},
    seal::{BackupKey, Seal},
    server::{Kind, Server},
    template::{Part, Secret, Template},
    undo::{How, NothingUndone},
};
use doorward_oauth::id::ServerName;

use crate::{
    add,
    args::{Import, Undo},
    call::{Doorward, unexpected},
    exit::{Code, Failure, Outcome},
    print, terminal,
};

const NEEDS_PERSON: &str = "Importing needs a person at a terminal.";

pub(crate) async fn import(doorward: &Doorward, import: Import, json: bool) -> Outcome {
    let Reply::Status(status) = doorward.call(Command::Status).await? else {
        return Err(Failure::failed("Doorward did not say how it is."));
    };
    if import.yes && status.front != Front::Scripted {
        return Err(Failure::new(
            Code::NeedsPerson,
            "--yes works only where scripted approval is on; leave it out and answer the questions.",
        ));
    }
    let door = door(&status.address)?;
    let home = Home::of_this_user().ok_or_else(|| Failure::failed("This system does not say where your files are."))?;
    let project = std::env::current_dir().ok();
    let configs = readable(&home, project.as_deref(), &door, &import);
    show_found(&configs, json && import.dry_run)?;

    let taken = taken(doorward).await?;
    let wanted = |found: &Found| {
        let named = import.servers.is_empty() || import.servers.contains(&found.name);
        named && found.server.as_ref().is_some_and(|server| unsupported(server).is_none())
    };
    let planned = plan(&configs, &door, &taken, wanted);
    if planned.files.is_empty() {
        return print::lines(&["There is nothing to import.".to_owned()]);
    }
    if import.dry_run {
        return if json { print::json(&planned) } else { show_plan(&planned) };
    }
    show_plan(&planned)?;
    if !import.yes {
        let question = format!("Put {} behind Doorward and write these files? [y/N]", count(planned.servers.len(), "server"));
        if !matches!(terminal::ask(&question, NEEDS_PERSON)?.as_str(), "y" | "Y" | "yes") {
            return Err(Failure::failed("Nothing was changed."));
        }
    }

    let (added, failed) = add_all(doorward, &planned, status.front).await;
    for (name, why) in &failed {
        eprintln!("{name} was not added: {why}");
    }
    // Only what is really behind Doorward leads there afterwards.
    let taken: Vec<Taken> = taken.into_iter().chain(added).collect();
    let not_added: BTreeSet<_> =
        planned.servers.iter().filter(|new| failed.iter().any(|(name, _)| *name == new.name)).flat_map(origins).collect();
    let done = plan(&configs, &door, &taken, |found| wanted(found) && !not_added.contains(&(found.file.clone(), found.name.clone())));
    if done.files.is_empty() {
        return Err(Failure::failed("No file was changed."));
    }
    let when = SystemClock.now().as_secs().cast_unsigned();
    let written = backups(doorward).await?.write(&done.files, when).map_err(Failure::failed)?;
    let mut lines: Vec<String> = written.files.iter().map(|file| format!("Changed {}", file.display())).collect();
    if let Some(stopped) = written.stopped {
        print::lines(&lines)?;
        let unwritten: Vec<String> = stopped.unwritten.iter().map(|file| file.display().to_string()).collect();
        return Err(Failure::failed(format!("{} These are as they were: {}", stopped.why, unwritten.join(", "))));
    }
    lines.push("To put a program's files back: doorward undo CLIENT".to_owned());
    if json { print::json(&done) } else { print::lines(&lines) }
}

pub(crate) async fn undo(doorward: &Doorward, undo: Undo, json: bool) -> Outcome {
    let client = client(&undo.client)?;
    let how = if undo.entries { How::Entries } else { How::Whole };
    let undone = backups(doorward).await?.undo(client, how).map_err(|error| match &error {
        NothingUndone::Changed(_) => Failure::failed(format!("{error} For that: doorward undo {} --entries", undo.client)),
        NothingUndone::NoImport(_) => Failure::new(Code::NotFound, error),
        NothingUndone::Gone(_)
        | NothingUndone::NoEntry(_)
        | NothingUndone::Unreadable(_)
        | NothingUndone::Unwritable(_)
        | NothingUndone::Backup(_) => Failure::failed(error),
    })?;
    let mut lines: Vec<String> = undone.imports.iter().map(|import| format!("Put back {}", import.path.display())).collect();
    lines.extend(undone.kept.iter().map(|(file, name)| format!("Left {} in {}: it was changed since", print::tame(name), file.display())));
    if let Some(stopped) = undone.stopped {
        print::lines(&lines)?;
        return Err(Failure::failed(stopped.why));
    }
    let servers: BTreeSet<&str> = undone.imports.iter().flat_map(|import| import.servers.iter().map(String::as_str)).collect();
    if !servers.is_empty() {
        let names: Vec<&str> = servers.into_iter().collect();
        lines.push(format!("Still behind Doorward: {}. To take one away: doorward server remove NAME", names.join(", ")));
    }
    if json { print::done(true, lines.join("\n")) } else { print::lines(&lines) }
}

fn client(id: &str) -> Result<Client, Failure> {
    Client::named(id).ok_or_else(|| {
        let known: Vec<&str> = Client::ALL.into_iter().map(Client::id).collect();
        Failure::new(Code::Usage, format!("There is no program {id}. There are: {}", known.join(", ")))
    })
}

fn door(address: &str) -> Result<Door, Failure> {
    let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
    port.map(Door::at).ok_or_else(|| Failure::failed("Doorward did not say where it is."))
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The files that can be read; what cannot is said.
fn readable(home: &Home, project: Option<&std::path::Path>, door: &Door, import: &Import) -> Vec<Config> {
    let asked = |client: Client| import.from.is_empty() || import.from.iter().any(|id| id == client.id());
    let sightings = survey(home, project, door).into_iter().filter(|sighting| asked(sighting.file.client));
    sightings
        .filter_map(|sighting| match sighting.config {
            Ok(config) => Some(config),
            Err(error) => {
                eprintln!("{error}");
                None
            }
        })
        .collect()
}

fn show_found(configs: &[Config], quiet: bool) -> Outcome {
    if quiet {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = configs.iter().flat_map(Config::servers).map(row).collect();
    if rows.is_empty() {
        return print::lines(&["No program has a server configured.".to_owned()]);
    }
    print::table(&["PROGRAM", "SERVER", "WHERE", "WHAT", "SECRETS", ""], &rows)
}

fn row(found: &Found) -> Vec<String> {
    let what = found.server.as_ref().map(|server| match &server.kind {
        Kind::Stdio { command, args, .. } => std::iter::once(command).chain(args).map(ToString::to_string).collect::<Vec<_>>().join(" "),
        Kind::Http { url, .. } => url.to_string(),
    });
    let secrets = found.server.as_ref().map(|server| server.secrets.iter().map(Secret::name).collect::<Vec<_>>().join(", "));
    let why = found.why_not.as_ref().map(ToString::to_string).or_else(|| found.server.as_ref().and_then(unsupported));
    vec![
        found.client.to_string(),
        print::tame(&found.name),
        print::tame(&found.place.to_string()),
        print::tame(&what.unwrap_or_default()),
        print::tame(&secrets.unwrap_or_default()),
        why.unwrap_or_default(),
    ]
}

/// Why Doorward cannot start or reach a server that could be read.
fn unsupported(server: &Server) -> Option<String> {
    let secret = |template: &Template| template.parts().iter().any(|part| matches!(part, Part::Secret(_)));
    match &server.kind {
        Kind::Stdio { command, args, .. } if std::iter::once(command).chain(args).any(secret) => {
            Some("A secret is in its command line, where every program of yours can see it. Give it in a variable first.".to_owned())
        }
        Kind::Http { url, .. } if secret(url) => Some("A secret is in its address. Give it in a header first.".to_owned()),
        Kind::Stdio { .. } | Kind::Http { .. } => None,
    }
}

fn show_plan(plan: &Plan) -> Outcome {
    let left = plan.left.iter().map(|left| format!("{} stays as it is: {}", print::tame(&left.entry.entry), left.why));
    let files = plan.files.iter().map(|file| format!("\n{}", file.diff.trim_end()));
    print::lines(&left.chain(files).collect::<Vec<_>>())
}

fn origins(new: &NewServer) -> impl Iterator<Item = (PathBuf, String)> {
    new.from.iter().map(|origin| (origin.file.clone(), origin.entry.clone()))
}

/// The names that are taken.
async fn taken(doorward: &Doorward) -> Result<Vec<Taken>, Failure> {
    match doorward.call(Command::Servers).await? {
        Reply::Servers(servers) => {
            Ok(servers.iter().filter_map(|server| Some(Taken { name: ServerName::parse(&server.name).ok()?, server: None })).collect())
        }
        other => Err(unexpected(&other)),
    }
}

/// Puts the servers of a plan behind Doorward, one by one: each command is shown and answered.
async fn add_all(doorward: &Doorward, plan: &Plan, front: Front) -> (Vec<Taken>, Vec<(ServerName, String)>) {
    let (mut added, mut failed) = (Vec::new(), Vec::new());
    for new in &plan.servers {
        let outcome = match command(doorward, new, front).await {
            Ok(command) => doorward.call(command).await,
            Err(why) => Err(why),
        };
        match outcome {
            Ok(_) => added.push(Taken { name: new.name.clone(), server: Some(new.server.clone()) }),
            Err(why) => failed.push((new.name.clone(), why.to_string())),
        }
    }
    (added, failed)
}

async fn command(doorward: &Doorward, new: &NewServer, front: Front) -> Result<Command, Failure> {
    let filled = |template: &Template| filled(template, &new.server.secrets);
    let name = new.name.to_string();
    match &new.server.kind {
        Kind::Http { url, headers } => {
            let headers =
                headers.iter().map(|(name, value)| Ok((name.clone(), ToldOnce(filled(value)?)))).collect::<Result<_, Failure>>()?;
            Ok(Command::AddServer { name, url: filled(url)?, validates: false, headers })
        }
        Kind::Stdio { command, args, env, folder } => {
            let (mut environment, mut secrets) = (BTreeMap::new(), BTreeMap::new());
            for (name, value) in env {
                let is_secret = value.parts().iter().any(|part| matches!(part, Part::Secret(_)));
                let value_filled = filled(value)?;
                if is_secret {
                    secrets.insert(name.clone(), ToldOnce(value_filled));
                } else {
                    environment.insert(name.clone(), value_filled);
                }
            }
            let folder = match folder {
                Some(folder) => filled(folder)?,
                None => dirs_home()?,
            };
            let arguments = args.iter().map(filled).collect::<Result<_, Failure>>()?;
            let names = secrets.keys().cloned().collect();
            let typed = TypedCommand { program: filled(command)?, arguments, folder, environment, secrets: names, per_app: false };
            let word = add::confirmed(doorward, &name, &typed, front).await?;
            Ok(Command::AddCommand { name, command: typed, secrets, typed: word })
        }
    }
}

fn dirs_home() -> Result<String, Failure> {
    let home = Home::of_this_user().and_then(|home| home.folder().to_str().map(str::to_owned));
    home.ok_or_else(|| Failure::failed("This system does not say where your files are."))
}

/// A text with its secrets, and with the variables that the client would have filled in.
fn filled(template: &Template, secrets: &[Secret]) -> Result<String, Failure> {
    let part = |part: &Part| match part {
        Part::Text(text) => Ok(text.clone()),
        // REVEAL: on its way to the running Doorward, over a socket that only this user reads.
        Part::Secret(name) => secrets
            .iter()
            .find(|secret| secret.name() == name)
            .map(|secret| secret.reveal().to_owned())
            .ok_or_else(|| Failure::failed(format!("Its secret {name} could not be read."))),
        Part::Variable { name, otherwise } => std::env::var(name)
            .ok()
            .or_else(|| otherwise.clone())
            .ok_or_else(|| Failure::failed(format!("It takes {name} from the environment, where it is not set."))),
    };
    template.parts().iter().map(part).collect()
}

/// Where imports are remembered, closed with a key that is in the keyring.
async fn backups(doorward: &Doorward) -> Result<Backups, Failure> {
    let key = match doorward.call(Command::BackupKey).await? {
        Reply::BackupKey(ToldOnce(text)) => text,
        other => return Err(unexpected(&other)),
    };
    let bytes: Vec<u8> = (0..key.len()).step_by(2).filter_map(|at| u8::from_str_radix(key.get(at..at + 2)?, 16).ok()).collect();
    let bits: [u8; 32] = bytes.try_into().map_err(|_| Failure::failed("The key of the backups is damaged."))?;
    Ok(Backups::new(doorward.places().imports(), Seal::With(BackupKey::from_bytes(bits))))
}
