//! `doorward pause`, `doorward resume`, `doorward unmute`

use std::time::Duration;

use doorward_broker::control::{Command, Reply};

use crate::{
    apps,
    args::Paused,
    call::{Doorward, unexpected},
    exit::{Code, Failure, Outcome},
    print,
};

pub(crate) async fn pause(doorward: &Doorward, long: Option<Duration>, what: Paused, json: bool) -> Outcome {
    if let Some((command, name)) = one(doorward, what, true).await? {
        return told(doorward, command, &format!("Paused: nothing of {name} passes until you resume it"), json).await;
    }
    let seconds = long.map(|long| long.as_secs());
    let until = if long.is_some() { "for that long" } else { "until you resume" };
    told(doorward, Command::Pause { seconds }, &format!("Paused: nothing passes {until}"), json).await
}

pub(crate) async fn resume(doorward: &Doorward, what: Paused, json: bool) -> Outcome {
    if let Some((command, name)) = one(doorward, what, false).await? {
        return told(doorward, command, &format!("Resumed: {name} goes on"), json).await;
    }
    told(doorward, Command::Resume, "Resumed", json).await
}

/// What pauses one App or one server, or lets it go on, with its name; `None`: everything is meant.
async fn one(doorward: &Doorward, what: Paused, paused: bool) -> Result<Option<(Command, String)>, Failure> {
    Ok(match (what.app, what.server) {
        (Some(which), _) => {
            let app = apps::named(doorward, &which).await?;
            let name = apps::name(&app).to_owned();
            Some((Command::PauseApp { app: app.id, paused }, name))
        }
        (None, Some(server)) => Some((Command::PauseServer { server: server.clone(), paused }, server)),
        (None, None) => None,
    })
}

pub(crate) async fn unmute(doorward: &Doorward, name: &str, json: bool) -> Outcome {
    let muted = match doorward.call(Command::Status).await? {
        Reply::Status(status) => status.muted,
        other => return Err(unexpected(&other)),
    };
    let meant = muted.into_iter().find(|muted| muted.name == name || muted.program == name);
    let meant = meant.ok_or_else(|| Failure::new(Code::NotFound, format!("{name} is not muted. See: doorward status")))?;
    told(doorward, Command::Unmute { program: meant.program }, &format!("{} is heard again", meant.name), json).await
}

async fn told(doorward: &Doorward, command: Command, done: &str, json: bool) -> Outcome {
    match doorward.call(command).await? {
        Reply::Done => print::done(json, done.to_owned()),
        other => Err(unexpected(&other)),
    }
}
