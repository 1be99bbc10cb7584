//! `doorward status`

use doorward_broker::control::{Command, Front, Reply, Status};

use crate::{
    call::{Doorward, unexpected},
    exit::Outcome,
    print,
};

pub(crate) async fn status(doorward: &Doorward, json: bool) -> Outcome {
    match doorward.call(Command::Status).await? {
        Reply::Status(status) if json => print::json(&status),
        Reply::Status(status) => print::lines(&describe(&status)),
        other => Err(unexpected(&other)),
    }
}

fn describe(status: &Status) -> Vec<String> {
    let mut lines = vec![
        format!("Doorward {} listens on {} ({}, pid {})", status.version, status.address, status.front.describe(), status.pid),
        format!("Profile {}, {} guarded server(s), {} request(s) waiting", status.profile, status.servers, status.waiting),
    ];
    if status.paused {
        let until = status.paused_until.map_or_else(String::new, |until| format!(" until {}", print::moment(until)));
        lines.push(format!("Everything is paused{until}"));
    }
    lines.extend(status.muted.iter().map(|muted| format!("{} is muted until {}", muted.name, print::moment(muted.until))));
    if status.front == Front::Scripted {
        lines.push("SCRIPTED APPROVAL IS ON: scripts answer requests here, no person is asked".to_owned());
    }
    lines
}
