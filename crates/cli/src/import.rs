//! `doorward import`, `doorward undo`

use std::collections::BTreeSet;

use doorward_broker::{
    broker::TypedCommand,
    control::{Command, Front, Reply, ToldOnce},
    world::{Clock, SystemClock},
};
use doorward_clients::{
    backup::Backups,
    client::Client,
    door::Door,
    import::{Addition, Findings},
    places::Home,
    plan::{NewServer, Plan, Taken},
    read::Found,
    seal::{BackupKey, Seal},
    template::Secret,
    undo::{How, NothingUndone},
};
use doorward_oauth::id::ServerName;
use secrecy::{ExposeSecret, SecretString};

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
    let asked = |client: Client| import.from.is_empty() || import.from.iter().any(|id| id == client.id());
    let findings = Findings::look(home, project.as_deref(), door, asked);
    for (_, error) in &findings.unreadable {
        eprintln!("{error}");
    }
    show_found(&findings, json && import.dry_run)?;

    let taken = taken(doorward).await?;
    let wanted = |found: &Found| import.servers.is_empty() || import.servers.contains(&found.name);
    let planned = findings.plan(&taken, wanted);
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

    let mut failed = Vec::new();
    for new in &planned.servers {
        if let Err(why) = put_behind(doorward, &findings, new, status.front).await {
            failed.push((new.name.clone(), why));
        }
    }
    for (name, why) in &failed {
        eprintln!("{name} was not added: {why}");
    }
    let failed: Vec<ServerName> = failed.into_iter().map(|(name, _)| name).collect();
    let done = findings.plan_of_added(&planned, &failed, &taken, wanted);
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

fn show_found(findings: &Findings, quiet: bool) -> Outcome {
    if quiet {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = findings.servers().map(row).collect();
    if rows.is_empty() {
        return print::lines(&["No program has a server configured.".to_owned()]);
    }
    print::table(&["PROGRAM", "SERVER", "WHERE", "WHAT", "SECRETS", ""], &rows)
}

fn row(found: &Found) -> Vec<String> {
    let what = found.server.as_ref().map(|server| server.kind.to_string());
    let secrets = found.server.as_ref().map(|server| server.secrets.iter().map(Secret::name).collect::<Vec<_>>().join(", "));
    vec![
        found.client.to_string(),
        print::tame(&found.name),
        print::tame(&found.place.to_string()),
        print::tame(&what.unwrap_or_default()),
        print::tame(&secrets.unwrap_or_default()),
        found.stays().map(|why| why.to_string()).unwrap_or_default(),
    ]
}

fn show_plan(plan: &Plan) -> Outcome {
    let left = plan.left.iter().map(|left| format!("{} stays as it is: {}", print::tame(&left.entry.entry), left.why));
    let files = plan.files.iter().map(|file| format!("\n{}", file.diff.trim_end()));
    print::lines(&left.chain(files).collect::<Vec<_>>())
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

/// Puts a server of a plan behind Doorward: a command is shown and answered.
async fn put_behind(doorward: &Doorward, findings: &Findings, new: &NewServer, front: Front) -> Outcome {
    let name = new.name.to_string();
    let command = match findings.addition(new, |variable| std::env::var(variable).ok()).map_err(Failure::failed)? {
        Addition::Address { url, headers } => {
            let headers = headers.into_iter().map(told).collect();
            Command::AddServer { name, url, validates: false, headers }
        }
        Addition::Command { program, arguments, folder, environment, secrets } => {
            let names = secrets.keys().cloned().collect();
            let command = TypedCommand { program, arguments, folder, environment, secrets: names, per_app: false };
            let typed = add::confirmed(doorward, &name, &command, front).await?;
            Command::AddCommand { name, command, secrets: secrets.into_iter().map(told).collect(), typed }
        }
    };
    doorward.call(command).await.map(drop)
}

fn told((name, value): (String, SecretString)) -> (String, ToldOnce) {
    // REVEAL: on its way to the running Doorward, over a socket that only this user reads.
    (name, ToldOnce(value.expose_secret().to_owned()))
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
