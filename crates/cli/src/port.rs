//! `doorward port`

use doorward_broker::{
    config_file::Setting,
    control::{Command, Reply},
    peers::OsPeers,
    server,
};
use doorward_clients::{
    backup::{Backups, NothingWritten, Written},
    moved::{MovePlan, plan},
    places::Home,
    seal::Seal,
};

use crate::{
    args::Port,
    call::Doorward,
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
        server::bind(to, &OsPeers::default()).await.map_err(Failure::failed)?;
    }
    let home = Home::of_this_user().ok_or_else(|| Failure::failed("This system does not say where your files are."))?;
    let planned = plan(&home, std::env::current_dir().ok().as_deref(), from, to);
    if json && wanted.dry_run {
        return print::json(&planned);
    }
    show(&planned, from)?;
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
    let changed = write(doorward, &planned)?;
    // Last, so that the same command goes on where it was stopped.
    if let Err(why) = settings::change(doorward, Setting::Port.name(), to.into()).await {
        let back = if changed.is_empty() { String::new() } else { format!(" To put the files back: doorward port {from} --from {to}") };
        return Err(Failure::failed(format!("config.toml was not changed: {why}{back}")));
    }
    let mut lines = changed;
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

fn show(planned: &MovePlan, from: u16) -> Outcome {
    for left in &planned.left {
        eprintln!("{} stays as it is: {}", print::tame(&left.path.to_string_lossy()), left.why);
    }
    if planned.files.is_empty() {
        return print::lines(&[format!("No program's configuration that Doorward knows leads to port {from}.")]);
    }
    let mut lines: Vec<String> = planned.files.iter().map(|file| format!("{}\n", file.diff.trim_end())).collect();
    lines.push("What is set up anywhere else needs the new address from you.".to_owned());
    print::lines(&lines)
}

/// Writes the files, and says which.
fn write(doorward: &Doorward, planned: &MovePlan) -> Result<Vec<String>, Failure> {
    if planned.files.is_empty() {
        return Ok(Vec::new());
    }
    // No copy is kept, so that there is nothing to close.
    let backups = Backups::new(doorward.places().imports(), Seal::Open);
    let Written { files, stopped } = backups.move_to(&planned.files).map_err(|error: NothingWritten| Failure::failed(error))?;
    let lines: Vec<String> = files.iter().map(|file| format!("Changed {}", file.display())).collect();
    match stopped {
        None => Ok(lines),
        Some(stopped) => {
            print::lines(&lines)?;
            let unwritten: Vec<String> = stopped.unwritten.iter().map(|file| file.display().to_string()).collect();
            let sentence = format!("{} These are as they were, and so is config.toml: {}", stopped.why, unwritten.join(", "));
            Err(Failure::failed(sentence))
        }
    }
}
