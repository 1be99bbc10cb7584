//! What the main window can call.

use std::collections::{BTreeMap, BTreeSet};

use doorward_broker::{
    broker::{
        AppView, AskedForAll, CallView, Disconnected, HistoryView, RuleKey, RuleLines, RulesView, ServerView, SettingView, Showing,
        ToolsForApps, TypedCommand, WhichCalls, WhichEvents, WhichRules,
    },
    consent::{PromptId, mutes::MutedView, view::QuestionView},
    health::Finding,
};
use doorward_clients::plan::Origin;
use doorward_oauth::tool::{Mode, Subject};
use doorward_words::spoken;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tauri::{AppHandle, Manager, Runtime};

use super::{Refused, broker, desktop, say};
use crate::{
    autostart, export,
    import::{self, Imported, Looked, Planned, Undone},
    tray::{self, Icon},
    windows::{AskAbout, OpenAt},
};

/// What the main window shows whatever page is up.
#[derive(Serialize)]
pub(crate) struct MainState {
    address: String,
    version: &'static str,
    /// The page to go to, when somebody asked for one outside of the window.
    page: Option<&'static str>,
    /// What to ask there.
    ask: Option<AskAbout>,
    /// Whether somebody who just begins has to know that there is no icon in the tray.
    no_tray: bool,
    paused: bool,
    /// When that ends by itself, in Unix seconds.
    paused_until: Option<i64>,
    muted: Vec<MutedView>,
    /// The Apps that a person never wants to be asked about.
    blocked: Vec<AppView>,
    requests: Vec<QuestionView>,
    apps: Vec<AppView>,
    servers: Vec<ServerView>,
}

/// What the page Settings shows.
#[derive(Serialize)]
pub(crate) struct Settings {
    settings: Vec<SettingView>,
    /// Where they are kept.
    file: String,
    /// Whether Doorward starts with the session; `None` when this system does not say.
    starts_at_login: Option<bool>,
}

/// A variable of a command that a person typed.
#[derive(Deserialize)]
pub(crate) struct Variable {
    name: String,
    value: String,
    /// Whether its value goes into the keyring.
    secret: bool,
}

/// So many lines are given at once, whatever a page asks for.
const MOST: u32 = 5_000;

#[tauri::command]
pub(crate) async fn main_state<R: Runtime>(app: AppHandle<R>) -> Result<MainState, Refused> {
    let broker = broker(&app)?;
    let servers = broker.servers().await.map_err(say)?;
    let goal = app.try_state::<OpenAt>().and_then(|at| at.take());
    Ok(MainState {
        address: format!("127.0.0.1:{}", broker.issuer().port()),
        version: env!("CARGO_PKG_VERSION"),
        page: goal.as_ref().map(|goal| goal.page),
        ask: goal.and_then(|goal| goal.ask),
        no_tray: servers.is_empty() && tray::find().await != Icon::Shown,
        paused: broker.is_paused(),
        paused_until: broker.paused_until().map(|until| until.as_secs()),
        muted: broker.queue().muted(),
        blocked: broker.blocked().await.map_err(say)?,
        requests: broker.requests(),
        apps: broker.apps().await.map_err(say)?,
        servers,
    })
}

#[tauri::command]
pub(crate) async fn main_history<R: Runtime>(
    app: AppHandle<R>,
    text: Option<String>,
    before: Option<i64>,
    most: u32,
) -> Result<Vec<HistoryView>, Refused> {
    broker(&app)?.history(WhichEvents { text, before, most: most.min(MOST) }).await.map_err(say)
}

#[tauri::command]
pub(crate) async fn main_calls<R: Runtime>(
    app: AppHandle<R>,
    text: Option<String>,
    before: Option<i64>,
    most: u32,
) -> Result<Vec<CallView>, Refused> {
    broker(&app)?.calls(WhichCalls { text, before, most: most.min(MOST), ..WhichCalls::default() }).await.map_err(say)
}

/// Writes all calls into a file in the folder for downloads, and says which one.
#[tauri::command]
pub(crate) async fn main_export_calls<R: Runtime>(app: AppHandle<R>) -> Result<String, Refused> {
    let folder = app.path().download_dir().or_else(|_| app.path().home_dir());
    let folder = folder.map_err(|error| spoken().say("export-failed", &[("cause", error.to_string().into())]))?;
    export::calls(&broker(&app)?, folder).await
}

#[tauri::command]
pub(crate) async fn main_all_rules<R: Runtime>(
    app: AppHandle<R>,
    text: Option<String>,
    ending: bool,
    after: Option<RuleKey>,
    most: u32,
) -> Result<RuleLines, Refused> {
    broker(&app)?.all_rules(WhichRules { text, ending, after, most: most.min(MOST), ..WhichRules::default() }).await.map_err(say)
}

#[tauri::command]
pub(crate) fn main_show_request<R: Runtime>(app: AppHandle<R>, id: u64) -> Result<(), Refused> {
    desktop(&app)?.prompter.bring_up(PromptId::from_number(id));
    Ok(())
}

#[tauri::command]
pub(crate) async fn main_disconnect<R: Runtime>(
    app: AppHandle<R>,
    app_id: String,
    server: Option<String>,
) -> Result<Disconnected, Refused> {
    broker(&app)?.disconnect(&app_id, server.as_deref()).await.map_err(say)
}

#[tauri::command]
pub(crate) async fn main_set_app_paused<R: Runtime>(app: AppHandle<R>, app_id: String, paused: bool) -> Result<(), Refused> {
    broker(&app)?.set_app_paused(&app_id, paused).await.map_err(say)
}

#[tauri::command]
pub(crate) async fn main_set_server_paused<R: Runtime>(app: AppHandle<R>, name: String, paused: bool) -> Result<(), Refused> {
    broker(&app)?.set_server_paused(&name, paused).await.map_err(say)
}

#[tauri::command]
pub(crate) async fn main_restart_server<R: Runtime>(app: AppHandle<R>, name: String) -> Result<(), Refused> {
    broker(&app)?.restart_server(&name).await.map_err(say)
}

#[tauri::command]
pub(crate) async fn main_ask_for_all<R: Runtime>(app: AppHandle<R>, app_id: String) -> Result<AskedForAll, Refused> {
    broker(&app)?.ask_for_everything(&app_id).await.map_err(say)
}

#[tauri::command]
pub(crate) async fn main_unblock<R: Runtime>(app: AppHandle<R>, app_id: String) -> Result<(), Refused> {
    broker(&app)?.unblock(&app_id).await.map_err(say)
}

#[tauri::command]
pub(crate) async fn main_add_server<R: Runtime>(app: AppHandle<R>, name: String, url: String) -> Result<(), Refused> {
    broker(&app)?.add_server(&name, &url).await.map(drop).map_err(say)
}

#[tauri::command]
pub(crate) async fn main_add_command<R: Runtime>(
    app: AppHandle<R>,
    name: String,
    line: String,
    folder: String,
    variables: Vec<Variable>,
) -> Result<(), Refused> {
    let broker = broker(&app)?;
    let home = std::env::home_dir().unwrap_or_default();
    let mut typed = TypedCommand::of_line(&line, &folder, &home).map_err(say)?;
    if let Some(name) = named_twice(&variables) {
        return Err(spoken().say("add-variable-twice", &[("name", name.into())]));
    }
    let mut secrets = BTreeMap::new();
    for Variable { name, value, secret } in variables {
        if secret {
            typed.secrets.push(name.clone());
            secrets.insert(name, value.into());
        } else {
            typed.environment.insert(name, value);
        }
    }
    let command = broker.resolve(typed).await.map_err(say)?;
    let requester = broker.process(std::process::id()).await;
    broker.add_command(&name, command, secrets, requester, Showing::AskedByHand).await.map(drop).map_err(say)
}

/// The name that several variables have, of which only one would count.
fn named_twice(variables: &[Variable]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    variables.iter().map(|variable| variable.name.as_str()).find(|name| !seen.insert(*name))
}

#[tauri::command]
pub(crate) async fn main_import_look<R: Runtime>(app: AppHandle<R>) -> Result<Looked, Refused> {
    import::look(&*desktop(&app)?).await
}

#[tauri::command]
pub(crate) async fn main_import_plan<R: Runtime>(app: AppHandle<R>, chosen: Vec<Origin>) -> Result<Planned, Refused> {
    import::plan(&*desktop(&app)?, chosen).await
}

#[tauri::command]
pub(crate) async fn main_import<R: Runtime>(app: AppHandle<R>, chosen: Vec<Origin>, mark: String) -> Result<Imported, Refused> {
    import::import(&app, &*desktop(&app)?, chosen, mark).await
}

#[tauri::command]
pub(crate) async fn main_undo<R: Runtime>(app: AppHandle<R>, client: String, entries: bool) -> Result<Undone, Refused> {
    import::undo(&*desktop(&app)?, &client, entries).await
}

#[tauri::command]
pub(crate) async fn main_remove_server<R: Runtime>(app: AppHandle<R>, name: String) -> Result<(), Refused> {
    broker(&app)?.remove_server(&name).await.map_err(say)
}

#[tauri::command]
pub(crate) async fn main_rules<R: Runtime>(app: AppHandle<R>, app_id: String, server: String) -> Result<Option<RulesView>, Refused> {
    broker(&app)?.rules(Some(&app_id), Some(&server)).await.map(|rules| rules.into_iter().next()).map_err(say)
}

#[tauri::command]
pub(crate) async fn main_server_tools<R: Runtime>(app: AppHandle<R>, name: String) -> Result<ToolsForApps, Refused> {
    broker(&app)?.tools_for_apps(&name).await.map_err(say)
}

#[tauri::command]
pub(crate) async fn main_set_rule<R: Runtime>(
    app: AppHandle<R>,
    app_id: String,
    server: String,
    kind: String,
    name: String,
    mode: Mode,
) -> Result<(), Refused> {
    let subject = Subject::of(&kind, name).ok_or_else(|| spoken().say("failed", &[]))?;
    broker(&app)?.set_rule(&app_id, &server, subject, mode, true).await.map_err(say)
}

#[tauri::command]
pub(crate) async fn main_set_paused<R: Runtime>(app: AppHandle<R>, paused: bool) -> Result<(), Refused> {
    broker(&app)?.set_paused(paused).await.map_err(say)
}

#[tauri::command]
pub(crate) fn main_unmute<R: Runtime>(app: AppHandle<R>, program: String) -> Result<(), Refused> {
    broker(&app)?.queue().unmute(&program);
    Ok(())
}

#[tauri::command]
pub(crate) async fn main_settings<R: Runtime>(app: AppHandle<R>) -> Result<Settings, Refused> {
    let settings = broker(&app)?.settings().await.map_err(say)?;
    let desktop = desktop(&app)?;
    Ok(Settings {
        settings,
        file: desktop.places.config.join("config.toml").display().to_string(),
        starts_at_login: autostart::is_on(&desktop.profile),
    })
}

#[tauri::command]
pub(crate) async fn main_set_setting<R: Runtime>(app: AppHandle<R>, key: String, value: Value) -> Result<(), Refused> {
    broker(&app)?.set_setting(&key, value).await.map(drop).map_err(say)
}

#[tauri::command]
pub(crate) async fn main_set_autostart<R: Runtime>(app: AppHandle<R>, on: bool) -> Result<(), Refused> {
    let profile = desktop(&app)?.profile.clone();
    autostart::set(&profile, on)?;
    broker(&app)?.changed();
    Ok(())
}

#[tauri::command]
pub(crate) async fn main_health<R: Runtime>(app: AppHandle<R>) -> Result<Vec<Finding>, Refused> {
    Ok(broker(&app)?.health().await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_there_twice_is_found_whether_it_is_a_secret_or_not() {
        let variable = |name: &str, secret| Variable { name: name.to_owned(), value: "x".to_owned(), secret };
        assert_eq!(named_twice(&[variable("A", false), variable("B", true)]), None);
        assert_eq!(named_twice(&[variable("A", false), variable("B", true), variable("A", true)]), Some("A"));
    }
}
