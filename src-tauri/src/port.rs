//! The port cannot be had: a person says what becomes of it, in the toolkit's own dialogs. Nothing moves by itself.

use std::path::Path;

use doorward_broker::{
    config::Places,
    config_file::Setting,
    peers::OsPeers,
    server::{self, BindError},
    store::{Store, servers},
};
use doorward_clients::{
    backup::Backups,
    door::Door,
    moved::{MovePlan, MovedFile, plan},
    places::Home,
    seal::Seal,
};
use doorward_oauth::{arguments::visible_line, name::DisplayName};
use doorward_words::{Said, Says, spoken};
use tauri::AppHandle;

use crate::{fallback, speech};

/// Asks what to do. `true`: start again, as things are by now. `false`: quit.
///
/// `given`: the port is not the configured one but was named at the start, and so is not a setting that could be changed.
pub(crate) async fn settle(app: &AppHandle, places: &Places, given: bool, error: &BindError) -> bool {
    eprintln!("doorward-desktop: {error}");
    if let Ok(config) = places.config_file().read() {
        speech::choose(config.language);
    }
    loop {
        let mut answers = vec![(said("port-quit"), Answer::Quit), (said("port-again"), Answer::Again)];
        if !given {
            answers.insert(1, (said("port-other"), Answer::Other));
        }
        let again = answers.len() - 1;
        match choose(app, spoken().tell(&headline(error)), why(error, given), answers, again).await {
            Some(Answer::Again) => return true,
            Some(Answer::Other) if move_from(app, places, error.port()).await => return true,
            Some(Answer::Other) => {}
            Some(Answer::Quit) | None => return false,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Again,
    Other,
    Quit,
}

fn said(id: &'static str) -> String {
    spoken().say(id, &[])
}

fn headline(error: &BindError) -> Said {
    match error {
        BindError::Taken { port, holder } => Said::plain("port-held").with("port", port.to_string()).with_said("holder", holder.clone()),
        BindError::Refused { .. } => error.said(),
    }
}

fn why(error: &BindError, given: bool) -> String {
    spoken().say(if given { "port-given" } else { "port-stays" }, &[("port", error.port().to_string().into())])
}

/// Proposes the next free port, and moves there if the person wants it. `false` when Doorward stays where it is.
async fn move_from(app: &AppHandle, places: &Places, from: u16) -> bool {
    let Some(to) = server::free_above(from, &OsPeers::default()).await else {
        tell(app, Said::plain("port-none-free").with("port", from.to_string())).await;
        return false;
    };
    let data = places.database();
    let planned = off_thread(move || Home::of_this_user().map(|home| plan(&home, None, &door(&data, from), to))).await.flatten();
    let Some(planned) = planned else {
        tell(app, failed(Said::plain("config-no-home"))).await;
        return false;
    };
    let question = spoken().tell(&Said::plain("port-move").with("from", from.to_string()).with("to", to.to_string()));
    let yes = spoken().tell(&Said::plain("port-move-yes").with("to", to.to_string()));
    if choose(app, question, changes(&planned, from), vec![(said("cancel"), false), (yes, true)], 0).await != Some(true) {
        return false;
    }
    match carry_out(places.clone(), planned, from, to).await {
        Some(Ok(())) => {
            tracing::info!(from, to, "the person chose another port");
            true
        }
        Some(Err(said)) => {
            tracing::warn!(from, to, cause = %said, "the port was not changed");
            tell(app, said).await;
            false
        }
        None => false,
    }
}

/// Where Doorward was, with the servers that it guards as far as its data can be read: there may be none yet, or of another version.
fn door(data: &Path, port: u16) -> Door {
    match Store::inspect(data, servers::all) {
        Ok(servers) => Door::at(port).with_servers(servers.into_iter().map(|server| server.name)),
        Err(error) => {
            tracing::info!(%error, "the servers are not known");
            Door::at(port)
        }
    }
}

/// What would change, for the person.
fn changes(planned: &MovePlan, from: u16) -> String {
    let named = |path: &Path| visible_line(&path.to_string_lossy());
    let mut lines = Vec::new();
    match planned.files.len() {
        0 => lines.push(spoken().say("port-move-none", &[("from", from.to_string().into())])),
        files => {
            lines.push(spoken().say("port-move-files", &[("n", files.into())]));
            lines.extend(planned.files.iter().map(|file| {
                let values = [("program", file.client.title().into()), ("names", entries(file).into()), ("file", named(&file.path).into())];
                spoken().say("port-move-file", &values)
            }));
        }
    }
    if !planned.left.is_empty() {
        lines.push(String::new());
    }
    lines.extend(planned.left.iter().map(|left| spoken().say("port-move-left", &[("file", named(&left.path).into())])));
    lines.push(String::new());
    lines.push(said("port-move-elsewhere"));
    lines.join("\n")
}

/// What a program calls the servers whose addresses change, each once.
fn entries(file: &MovedFile) -> String {
    let mut names: Vec<String> = Vec::new();
    for entry in &file.entries {
        let name = DisplayName::tame(&entry.name).map_or_else(|| visible_line(&entry.name), |name| name.as_str().to_owned());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    spoken().list(&names)
}

/// Moves, if the port is still free. `None` when Doorward is about to end.
async fn carry_out(places: Places, planned: MovePlan, from: u16, to: u16) -> Option<Result<(), Said>> {
    // Looked at again, since an answer takes its time, and held until the setting is written.
    let held = match server::bind(to, &OsPeers::default()).await {
        Ok(held) => held,
        Err(error) => return Some(Err(failed(headline(&error)))),
    };
    let written = off_thread(move || write(&places, &planned, from, to)).await;
    drop(held);
    written
}

/// Writes the files and then the setting, so that the same choice goes on where it was stopped.
fn write(places: &Places, planned: &MovePlan, from: u16, to: u16) -> Result<(), Said> {
    let mut written = Vec::new();
    let stopped = |why: Said, written: &[String]| {
        if written.is_empty() {
            return failed(why);
        }
        let said = Said::plain("port-move-stopped").with("from", from.to_string()).with("to", to.to_string());
        said.with_said("why", why).listing("files", written)
    };
    if !planned.files.is_empty() {
        // No copy is kept, so that there is nothing to close.
        let backups = Backups::new(places.imports(), Seal::Open);
        let done = backups.move_to(&planned.files).map_err(|error| failed(Said::verbatim(error.to_string())))?;
        written.extend(done.files.iter().map(|file| visible_line(&file.to_string_lossy())));
        if let Some(early) = done.stopped {
            return Err(stopped(Said::verbatim(early.why.to_string()), &written));
        }
    }
    let set = places.config_file().set(Setting::Port, &to.into());
    set.map(drop).map_err(|error| stopped(error.said(), &written))
}

fn failed(why: Said) -> Said {
    Said::plain("port-move-failed").with_said("why", why)
}

/// Shows a message and waits for an answer. `None` when it was closed, or nothing can be shown.
async fn choose<T: Copy>(app: &AppHandle, message: String, detail: String, answers: Vec<(String, T)>, default: usize) -> Option<T> {
    let labels: Vec<String> = answers.iter().map(|(label, _)| label.clone()).collect();
    let title = said("port-title");
    let chosen = on_main(app, move || fallback::choose(&title, &message, &detail, &labels, default)).await.flatten()?;
    answers.get(chosen).map(|(_, answer)| *answer)
}

async fn tell(app: &AppHandle, said: Said) {
    let sentence = spoken().tell(&said);
    on_main(app, move || fallback::tell(&sentence)).await;
}

/// Runs on the main thread and waits for what comes of it.
async fn on_main<T: Send + 'static>(app: &AppHandle, show: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = tokio::sync::oneshot::channel();
    app.run_on_main_thread(move || drop(done.send(show()))).ok()?;
    result.await.ok()
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tauri::async_runtime::spawn_blocking(work).await.ok()
}
