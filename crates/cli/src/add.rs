//! `doorward add`

use std::{collections::BTreeMap, path::PathBuf};

use doorward_broker::{
    broker::{CommandShown, ServerView, TypedCommand},
    control::{Command, Front, Reply, Status, ToldOnce},
};

use crate::{
    args::Add,
    call::{Doorward, unexpected},
    exit::{Code, Failure, Outcome},
    print, terminal,
};

const NEEDS_PERSON: &str = "Adding a server needs a person at a terminal.";

pub(crate) async fn add(doorward: &Doorward, add: Add, json: bool) -> Outcome {
    let Reply::Status(status) = doorward.call(Command::Status).await? else {
        return Err(Failure::failed("Doorward did not say how it is."));
    };
    if add.yes && status.front != Front::Scripted {
        return Err(Failure::new(
            Code::NeedsPerson,
            "--yes works only where scripted approval is on; leave it out and answer the question.",
        ));
    }
    let command = match (&add.url, add.command.is_empty()) {
        (Some(url), _) => at_address(&add, url)?,
        (None, _) => command(doorward, &add, status.front).await?,
    };
    match doorward.call(command).await? {
        Reply::Added(server) if json => print::json(&server),
        Reply::Added(server) => added(&server, &status),
        other => Err(unexpected(&other)),
    }
}

fn at_address(add: &Add, url: &str) -> Result<Command, Failure> {
    if !add.yes {
        let question = if add.validates_tokens {
            format!("Give programs you allow signed tokens for {url} as \u{201c}{}\u{201d}? It checks them itself. [y/N]", add.name)
        } else {
            format!("Put {url} behind Doorward as \u{201c}{}\u{201d}? Programs you allow will reach it there. [y/N]", add.name)
        };
        if !matches!(terminal::ask(&question, NEEDS_PERSON)?.as_str(), "y" | "Y" | "yes") {
            return Err(Failure::failed("Nothing was added."));
        }
    }
    let headers = values(&add.header)?;
    Ok(Command::AddServer { name: add.name.clone(), url: url.to_owned(), validates: add.validates_tokens, headers })
}

/// A command, with what the person said to it here if there is no window to say it in.
async fn command(doorward: &Doorward, add: &Add, front: Front) -> Result<Command, Failure> {
    let (program, arguments) = add.command.split_first().ok_or_else(|| Failure::failed("Give the command after two dashes."))?;
    let environment = add.env.iter().map(|pair| variable(pair)).collect::<Result<_, _>>()?;
    let command = TypedCommand {
        program: program.clone(),
        arguments: arguments.to_vec(),
        folder: folder(add.folder.clone())?,
        environment,
        secrets: add.secret.clone(),
        per_app: add.per_app,
    };
    let typed = confirmed(doorward, &add.name, &command, front).await?;
    Ok(Command::AddCommand { name: add.name.clone(), command, secrets: values(&add.secret)?, typed })
}

/// Shows a command in full, as it would run. Gives what the person typed, if there is no window to answer in.
pub(crate) async fn confirmed(doorward: &Doorward, name: &str, command: &TypedCommand, front: Front) -> Result<Option<String>, Failure> {
    let shown = match doorward.call(Command::Resolve { command: command.clone() }).await? {
        Reply::Resolved(shown) => shown,
        other => return Err(unexpected(&other)),
    };
    eprintln!("{}", text(&shown));
    match front {
        Front::Terminal => terminal::ask(&format!("To have it started as the server {name}, type: {name}"), NEEDS_PERSON).map(Some),
        Front::Desktop => {
            eprintln!("Answer in Doorward's window.");
            Ok(None)
        }
        Front::Scripted => Ok(None),
    }
}

/// The whole command, as it would run.
fn text(shown: &CommandShown) -> String {
    let mut lines = vec![format!("Command   {}", shown.command), format!("Folder    {}", shown.folder)];
    for (name, value) in &shown.environment {
        lines.push(format!("Variable  {name}={}", value.as_deref().unwrap_or("(from the keyring)")));
    }
    lines.join("\n")
}

fn variable(pair: &str) -> Result<(String, String), Failure> {
    let split = pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    split.ok_or_else(|| Failure::new(Code::Usage, format!("--env takes NAME=VALUE, not {pair}.")))
}

fn folder(given: Option<PathBuf>) -> Result<String, Failure> {
    let folder = std::path::absolute(given.unwrap_or_else(|| PathBuf::from("."))).map_err(Failure::failed)?;
    folder.into_os_string().into_string().map_err(|_| Failure::failed("The folder's path is no text."))
}

/// Asks for the values of secrets, which do not belong on a command line.
fn values(names: &[String]) -> Result<BTreeMap<String, ToldOnce>, Failure> {
    names.iter().map(|name| Ok((name.clone(), ToldOnce(terminal::secret(name)?)))).collect()
}

fn added(server: &ServerView, status: &Status) -> Outcome {
    if server.validates {
        return print::lines(&[
            format!("Tokens for {} are signed. Their keys are named by jwks_uri in {}", server.address, status.metadata()),
            format!("If it asks about tokens instead, give it a secret: doorward server credential {}", server.name),
        ]);
    }
    print::lines(&[
        format!("{} is guarded at {}", server.name, server.address),
        format!("For Claude Code: claude mcp add --transport http {} {}", server.name, server.address),
    ])
}
