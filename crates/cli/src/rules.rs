//! `doorward rules`

use doorward_broker::{
    broker::RulesView,
    control::{Command, Reply},
};
use doorward_oauth::{
    consent::UNNAMED,
    tool::{Looked, Mode},
};

use crate::{
    apps,
    args::Rules,
    call::{Doorward, unexpected},
    exit::Outcome,
    print,
};

pub(crate) async fn rules(doorward: &Doorward, rules: Rules, json: bool) -> Outcome {
    let app = match &rules.app {
        Some(which) => Some(apps::named(doorward, which).await?.id),
        None => None,
    };
    match (app, rules.server, rules.tool, rules.mode) {
        (Some(app), Some(server), Some(tool), Some(mode)) => set(doorward, app, server, tool, mode.into(), json).await,
        (app, server, ..) => list(doorward, app, server, json).await,
    }
}

async fn set(doorward: &Doorward, app: String, server: String, tool: String, mode: Mode, json: bool) -> Outcome {
    let sentence = format!("{tool} on {server}: {} from the next call on", mode.as_str());
    match doorward.call(Command::SetRule { app, server, tool, mode }).await? {
        Reply::Done => print::done(json, sentence),
        other => Err(unexpected(&other)),
    }
}

async fn list(doorward: &Doorward, app: Option<String>, server: Option<String>, json: bool) -> Outcome {
    let rules = match doorward.call(Command::Rules { app, server }).await? {
        Reply::Rules(rules) => rules,
        other => return Err(unexpected(&other)),
    };
    if json {
        return print::json(&rules);
    }
    if rules.is_empty() {
        return print::lines(&["No app may use anything.".to_owned()]);
    }
    let rows: Vec<Vec<String>> = rules.iter().flat_map(rows).collect();
    print::table(&["APP", "SERVER", "TOOL", "MAY", "ENDS"], &rows)
}

fn rows(view: &RulesView) -> Vec<Vec<String>> {
    let app = view.app_name.as_deref().unwrap_or(UNNAMED);
    let row = |tool: &str, may: &str, ends: String| vec![app.to_owned(), view.server.clone(), tool.to_owned(), may.to_owned(), ends];
    let tools = view.tools.iter().map(|tool| {
        let may = match tool.looked {
            Looked::Changed => "paused: changed",
            Looked::New => "hide: new",
            Looked::Known => tool.mode.as_str(),
        };
        let ends = match (tool.ends_at, tool.ends_with) {
            (Some(at), _) => print::moment(at),
            (None, Some(pid)) => format!("with process {pid}"),
            (None, None) => String::new(),
        };
        row(&print::tame(&tool.tool), may, ends)
    });
    let whole = |what: &str, mode: Option<Mode>| mode.map(|mode| row(what, mode.as_str(), String::new()));
    tools.chain(whole("(prompts)", view.prompts)).chain(whole("(resources)", view.resources)).collect()
}
