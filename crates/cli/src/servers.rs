//! `doorward servers`, `doorward tools`, `doorward server …`

use doorward_broker::{
    broker::{ServerView, ToolView},
    control::{Command, Reply},
};
use doorward_oauth::tool::{Group, Looked};

use crate::{
    call::{Doorward, unexpected},
    exit::Outcome,
    print,
};

pub(crate) async fn list(doorward: &Doorward, json: bool) -> Outcome {
    match doorward.call(Command::Servers).await? {
        Reply::Servers(servers) if json => print::json(&servers),
        Reply::Servers(servers) if servers.is_empty() => {
            print::lines(&["No servers yet. Add one: doorward add NAME http://127.0.0.1:3001/mcp".to_owned()])
        }
        Reply::Servers(servers) => {
            let row = |server: ServerView| {
                let paused = if server.paused { " (paused)" } else { "" };
                vec![format!("{}{paused}", server.name), server.address, server.url, server.apps.to_string()]
            };
            let rows: Vec<Vec<String>> = servers.into_iter().map(row).collect();
            print::table(&["NAME", "ADDRESS", "SERVER", "APPS"], &rows)
        }
        other => Err(unexpected(&other)),
    }
}

pub(crate) async fn tools(doorward: &Doorward, name: &str, json: bool) -> Outcome {
    let listed = match doorward.call(Command::Tools { name: name.to_owned() }).await? {
        Reply::Tools(listed) if json => return print::json(&listed),
        Reply::Tools(listed) => listed,
        other => return Err(unexpected(&other)),
    };
    if let Some(why) = &listed.not_now {
        print::lines(&[format!("{name} cannot be asked for its tools now. {why}")])?;
    }
    if listed.tools.is_empty() {
        return print::lines(&[format!("No tools of {name} are known.")]);
    }
    let row = |tool: &ToolView| {
        let does = match tool.group {
            Group::Look => "looks",
            Group::Change => "changes",
            Group::Run => "deletes or runs",
        };
        let looked = match tool.looked {
            Looked::New => "new",
            Looked::Known => "known",
            Looked::Changed => "changed: paused",
        };
        vec![print::tame(&tool.name), does.to_owned(), looked.to_owned(), print::tame(tool.description.as_deref().unwrap_or_default())]
    };
    print::table(&["NAME", "DOES", "STATE", "SAYS OF ITSELF"], &listed.tools.iter().map(row).collect::<Vec<_>>())
}

pub(crate) async fn credential(doorward: &Doorward, name: &str, json: bool) -> Outcome {
    match doorward.call(Command::Credential { name: name.to_owned() }).await? {
        Reply::Credential { name, secret } if json => print::json(&serde_json::json!({ "user": name, "password": secret.0 })),
        Reply::Credential { name, secret } => print::lines(&[
            format!("User      {name}"),
            format!("Password  {}", secret.0),
            "It is shown this once. The server sends both in a Basic header to /oauth/introspect.".to_owned(),
        ]),
        other => Err(unexpected(&other)),
    }
}

pub(crate) async fn keep_arguments(doorward: &Doorward, server: String, keep: bool, json: bool) -> Outcome {
    let what = if keep { "are" } else { "are not" };
    let sentence = format!("What the tools of {server} are called with: the values {what} written down from now on");
    match doorward.call(Command::KeepArguments { server, keep }).await? {
        Reply::Done => print::done(json, sentence),
        other => Err(unexpected(&other)),
    }
}

pub(crate) async fn remove(doorward: &Doorward, name: &str, json: bool) -> Outcome {
    match doorward.call(Command::RemoveServer { name: name.to_owned() }).await? {
        Reply::Done => print::done(json, format!("{name} is no longer guarded; what was allowed at it is void")),
        other => Err(unexpected(&other)),
    }
}
