//! `doorward port`

use std::path::PathBuf;

use doorward_broker::{
    config_file::Setting,
    control::{Command, Reply},
    peers::OsPeers,
    server::{self, BindError},
    store::{Store, servers},
};
use doorward_clients::{
    backup::{Backups, NothingWritten, Written},
    door::Door,
    moved::{MovePlan, plan},
    places::Home,
    seal::Seal,
};
use doorward_oauth::id::ServerName;
use tokio::net::TcpListener;

use crate::{
    args::Port,
    call::{Doorward, unexpected},
    exit::{Code, Failure, Outcome},
    print, settings, terminal,
};

/// Has Doorward listen on another port from its next start on, and the configuration of the programs lead there.
pub(crate) async fn port(doorward: &Doorward, wanted: Port, json: bool) -> Outcome {
    let in_force = port_in_force(doorward).await?;
    let configured = doorward.places().config_file().read().map_err(Failure::failed)?.port;
    let (from, to) = (wanted.from.or(in_force).unwrap_or(configured), wanted.port);
    if from == to {
        let sentence = format!("Port {to} is the one that your programs are set to. If they are set to another one: --from PORT");
        return Err(Failure::new(Code::Usage, sentence));
    }
    if in_force != Some(to) {
        take(to).await?;
    }
    let home = Home::of_this_user().ok_or_else(|| Failure::failed("This system does not say where your files are."))?;
    let door = match guarded(doorward, in_force.is_some()).await? {
        Some(servers) => Door::at(from).with_servers(servers),
        None => Door::at(from),
    };
    let planned = plan(&home, std::env::current_dir().ok().as_deref(), &door, to);
    if json && wanted.dry_run {
        return print::json(&planned);
    }
    show(&planned, from, json)?;
    if wanted.dry_run {
        return Ok(());
    }
    let question = match planned.files.len() {
        0 => format!("Use port {to} from now on? [y/N]"),
        1 => format!("Use port {to} from now on, and write this file? [y/N]"),
        files => format!("Use port {to} from now on, and write these {files} files? [y/N]"),
    };
    if !matches!(terminal::ask(&question, "Another port needs a person at a terminal.")?.as_str(), "y" | "Y" | "yes") {
        return Err(Failure::failed("Nothing was changed."));
    }
    // Looked at again, since an answer takes its time, and held until the setting is written.
    let held = if in_force == Some(to) { Vec::new() } else { take(to).await? };
    let Written { files, stopped } = write(doorward, &planned)?;
    if let Some(stopped) = stopped {
        let unwritten: Vec<String> = stopped.unwritten.iter().map(|file| file.display().to_string()).collect();
        let sentence = format!("{} These are as they were, and so is config.toml: {}", stopped.why, unwritten.join(", "));
        return stopped_after(&files, sentence, json);
    }
    // Last, so that the same command goes on where it was stopped.
    if let Err(why) = settings::change(doorward, Setting::Port.name(), to.into()).await {
        let back = if files.is_empty() { String::new() } else { format!(" To put the files back: doorward port {from} --from {to}") };
        return stopped_after(&files, format!("config.toml was not changed: {why}{back}"), json);
    }
    drop(held);
    let mut lines = changed(&files);
    lines.push(match in_force {
        Some(now) if now != to => format!("Doorward stays at port {now} until it is started anew."),
        _ => format!("Doorward is at port {to}."),
    });
    if json { print::done(true, lines.join("\n")) } else { print::lines(&lines) }
}

/// Where a running Doorward is.
async fn port_in_force(doorward: &Doorward) -> Result<Option<u16>, Failure> {
    match doorward.call(Command::Status).await {
        Ok(Reply::Status(status)) => {
            let port = status.address.rsplit(':').next().and_then(|port| port.parse().ok());
            port.map(Some).ok_or_else(|| Failure::failed("Doorward did not say where it is."))
        }
        Ok(_) => Err(Failure::failed("Doorward did not say how it is.")),
        Err(failure) if failure.is(Code::NotRunning) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Takes a port.
async fn take(port: u16) -> Result<Vec<TcpListener>, Failure> {
    server::bind(port, &OsPeers::default()).await.map_err(|error| {
        let why = match &error {
            BindError::Taken { holder, .. } => format!("Port {port} is held by {holder}."),
            BindError::Refused { .. } => error.to_string(),
        };
        Failure::failed(format!("{why} Nothing was changed."))
    })
}

/// The servers that Doorward guards. `None` when that is not known: there may be no data yet, or data of another version.
async fn guarded(doorward: &Doorward, runs: bool) -> Result<Option<Vec<ServerName>>, Failure> {
    if !runs {
        let servers = Store::inspect(&doorward.places().database(), servers::all).ok();
        return Ok(servers.map(|servers| servers.into_iter().map(|server| server.name).collect()));
    }
    match doorward.call(Command::Servers).await? {
        Reply::Servers(servers) => Ok(Some(servers.iter().filter_map(|server| ServerName::parse(&server.name).ok()).collect())),
        other => Err(unexpected(&other)),
    }
}

/// Shows what would change. Where the answer is JSON, that is not part of it.
fn show(planned: &MovePlan, from: u16, json: bool) -> Outcome {
    for left in &planned.left {
        eprintln!("{} stays as it is: {}", print::tame(&left.path.to_string_lossy()), left.why);
    }
    let mut lines: Vec<String> = planned.files.iter().map(|file| format!("{}\n", file.diff.trim_end())).collect();
    lines.push(match planned.files.len() {
        0 => format!("No program's configuration that Doorward knows leads to port {from}."),
        _ => "What is set up anywhere else needs the new address from you.".to_owned(),
    });
    if json {
        for line in &lines {
            eprintln!("{line}");
        }
        return Ok(());
    }
    print::lines(&lines)
}

/// Writes the files.
fn write(doorward: &Doorward, planned: &MovePlan) -> Result<Written, Failure> {
    if planned.files.is_empty() {
        return Ok(Written { files: Vec::new(), stopped: None });
    }
    // No copy is kept, so that there is nothing to close.
    let backups = Backups::new(doorward.places().imports(), Seal::Open);
    backups.move_to(&planned.files).map_err(|error: NothingWritten| Failure::failed(error))
}

fn changed(files: &[PathBuf]) -> Vec<String> {
    files.iter().map(|file| format!("Changed {}", file.display())).collect()
}

/// Fails, and says which files were written before.
fn stopped_after(files: &[PathBuf], sentence: String, json: bool) -> Outcome {
    if !files.is_empty() {
        let lines = changed(files);
        if json {
            print::json(&serde_json::json!({ "done": false, "message": format!("{}\n{sentence}", lines.join("\n")) }))?;
        } else {
            print::lines(&lines)?;
        }
    }
    Err(Failure::failed(sentence))
}
