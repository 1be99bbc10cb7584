//! `doorward rules`

use doorward_broker::{
    broker::{AskedForAll, RuleLine, RulesView, WhichRules},
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

/// How many rules are asked for at once.
const PAGE: u32 = 500;

pub(crate) async fn rules(doorward: &Doorward, rules: Rules, json: bool) -> Outcome {
    let app = match &rules.app {
        Some(which) => Some(apps::named(doorward, which).await?.id),
        None => None,
    };
    if let (Some(app), true) = (&app, rules.ask_for_everything) {
        return ask_for_everything(doorward, app.clone(), json).await;
    }
    if rules.search.is_some() || rules.ending {
        let which = WhichRules { app, server: rules.server, text: rules.search, ending: rules.ending, after: None, most: PAGE };
        return flat(doorward, which, json).await;
    }
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

async fn ask_for_everything(doorward: &Doorward, app: String, json: bool) -> Outcome {
    match doorward.call(Command::AskForEverything { app }).await? {
        Reply::AskedForAll(changed) if json => print::json(&changed),
        Reply::AskedForAll(AskedForAll { tools, hidden }) => {
            let mut lines = vec![format!("Every call is asked about from now on: {tools} tool(s) that were simply allowed.")];
            if hidden > 0 {
                lines.push(format!("Prompts and resources cannot be asked about: {hidden} that were allowed are hidden."));
            }
            print::lines(&lines)
        }
        other => Err(unexpected(&other)),
    }
}

/// The rules that were made, all pages of them.
async fn flat(doorward: &Doorward, mut which: WhichRules, json: bool) -> Outcome {
    let mut all = Vec::new();
    loop {
        let page = match doorward.call(Command::AllRules(which.clone())).await? {
            Reply::AllRules(page) => page,
            other => return Err(unexpected(&other)),
        };
        all.extend(page.rules);
        match page.next {
            Some(next) => which.after = Some(next),
            None => break,
        }
    }
    if json {
        return print::json(&all);
    }
    if all.is_empty() {
        return print::lines(&["No such rule.".to_owned()]);
    }
    let row = |rule: &RuleLine| {
        let app = rule.app_name.as_deref().unwrap_or(UNNAMED).to_owned();
        let what = if rule.name.is_empty() { format!("({})", rule.kind) } else { print::tame(&rule.name) };
        vec![app, rule.server.clone(), what, rule.mode.as_str().to_owned(), ends(rule.ends_at, rule.ends_with), print::moment(rule.set_at)]
    };
    print::table(&["APP", "SERVER", "TOOL", "MAY", "ENDS", "SINCE"], &all.iter().map(row).collect::<Vec<_>>())
}

fn ends(at: Option<i64>, with: Option<u32>) -> String {
    match (at, with) {
        (Some(at), _) => print::moment(at),
        (None, Some(pid)) => format!("with process {pid}"),
        (None, None) => String::new(),
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
        row(&print::tame(&tool.tool), may, ends(tool.ends_at, tool.ends_with))
    });
    let whole = |what: &str, mode: Option<Mode>| mode.map(|mode| row(what, mode.as_str(), String::new()));
    tools.chain(whole("(prompts)", view.prompts)).chain(whole("(resources)", view.resources)).collect()
}
