//! What pages can call: each parses, calls the broker and puts its sentence on the way back. Which window may call which
//! is decided by the capabilities, before any of this runs.

use doorward_broker::{
    broker::{AppView, Broker, CallView, HistoryView, RulesView, ServerView, WhichCalls},
    consent::{PromptId, mutes::MutedView, view::QuestionView},
};
use doorward_oauth::{
    consent::{ConsentDecision, Denial},
    link::LeadsTo,
    tool::{Mode, Subject},
};
use doorward_words::spoken;
use serde::Serialize;
use tauri::{AppHandle, Manager, Runtime, State};

use crate::{app::Desktop, windows::OpenAt};

/// A sentence for the person.
type Refused = String;

/// What the consent window shows.
#[derive(Serialize)]
pub(crate) struct ConsentState {
    question: Option<QuestionView>,
    position: usize,
    total: usize,
    /// How many of them are of the same program.
    alike: usize,
}

/// What the main window shows.
#[derive(Serialize)]
pub(crate) struct MainState {
    address: String,
    version: &'static str,
    /// The page to go to, when somebody asked for one outside of the window.
    page: Option<&'static str>,
    paused: bool,
    /// When that ends by itself, in Unix seconds.
    paused_until: Option<i64>,
    muted: Vec<MutedView>,
    requests: Vec<QuestionView>,
    history: Vec<HistoryView>,
    apps: Vec<AppView>,
    servers: Vec<ServerView>,
}

/// How much history the main window shows.
const HISTORY: u32 = 20;
/// How many calls it shows at once.
const CALLS: u32 = 100;

fn say(error: impl ToString) -> Refused {
    error.to_string()
}

/// A page can be quicker than the start.
fn desktop<R: Runtime>(app: &AppHandle<R>) -> Result<State<'_, Desktop>, Refused> {
    app.try_state::<Desktop>().ok_or_else(|| spoken().say("still-starting", &[]))
}

fn broker<R: Runtime>(app: &AppHandle<R>) -> Result<Broker, Refused> {
    desktop(app).map(|desktop| desktop.broker.clone())
}

#[tauri::command]
pub(crate) fn consent_state<R: Runtime>(app: AppHandle<R>) -> Result<ConsentState, Refused> {
    let (question, position, total) = desktop(&app)?.prompter.current();
    let alike = question.as_ref().map_or(0, |question| broker(&app).map_or(0, |broker| broker.queue().alike(question)));
    Ok(ConsentState { question: question.as_ref().map(QuestionView::from), position, total, alike })
}

#[tauri::command]
pub(crate) fn consent_answer<R: Runtime>(
    app: AppHandle<R>,
    id: u64,
    decision: ConsentDecision,
    typed: Option<String>,
) -> Result<(), Refused> {
    let (broker, id) = (broker(&app)?, PromptId::from_number(id));
    let takes = broker.queue().find(id).is_none_or(|question| question.request.takes(&decision, typed.as_deref()));
    if !takes {
        tracing::info!(%id, "what was typed for a yes is not what is shown");
        return Err(spoken().say("typed-wrong", &[]));
    }
    broker.queue().answer(id, decision).map_err(say)
}

/// Says no to all that waits of the program that asks this.
#[tauri::command]
pub(crate) fn consent_deny_all<R: Runtime>(app: AppHandle<R>, id: u64) -> Result<(), Refused> {
    broker(&app)?.queue().deny_all(PromptId::from_number(id), &Denial::default());
    Ok(())
}

/// The person needs more time.
#[tauri::command]
pub(crate) fn consent_more_time<R: Runtime>(app: AppHandle<R>, id: u64) -> Result<(), Refused> {
    broker(&app)?.queue().extend(PromptId::from_number(id));
    Ok(())
}

/// Shows the question `step` places further on.
#[tauri::command]
pub(crate) fn consent_go<R: Runtime>(app: AppHandle<R>, step: isize) -> Result<(), Refused> {
    desktop(&app)?.prompter.go(step);
    Ok(())
}

/// Opens a page of the client's maker: one that the question names, and no other.
#[tauri::command]
pub(crate) fn consent_open<R: Runtime>(app: AppHandle<R>, id: u64, to: LeadsTo) -> Result<(), Refused> {
    let question = broker(&app)?.queue().find(PromptId::from_number(id));
    let links = question.as_ref().map(QuestionView::from).map(|view| view.links).unwrap_or_default();
    let link = links.into_iter().find(|link| link.to == to).ok_or_else(|| spoken().say("failed", &[]))?;
    open::that_detached(&link.url).map_err(|error| {
        tracing::warn!(%error, host = link.host, "a page could not be opened");
        spoken().say("page-not-opened", &[])
    })
}

#[tauri::command]
pub(crate) fn consent_later<R: Runtime>(app: AppHandle<R>, id: u64) -> Result<(), Refused> {
    let desktop = desktop(&app)?;
    desktop.broker.queue().put_off(PromptId::from_number(id));
    desktop.prompter.refresh();
    Ok(())
}

#[tauri::command]
pub(crate) fn consent_painted<R: Runtime>(app: AppHandle<R>, id: u64) -> Result<(), Refused> {
    desktop(&app)?.prompter.painted(PromptId::from_number(id));
    Ok(())
}

#[tauri::command]
pub(crate) async fn main_state<R: Runtime>(app: AppHandle<R>) -> Result<MainState, Refused> {
    let broker = broker(&app)?;
    Ok(MainState {
        address: format!("127.0.0.1:{}", broker.issuer().port()),
        version: env!("CARGO_PKG_VERSION"),
        page: app.try_state::<OpenAt>().and_then(|at| at.take()),
        paused: broker.is_paused(),
        paused_until: broker.paused_until().map(|until| until.as_secs()),
        muted: broker.queue().muted(),
        requests: broker.requests(),
        history: broker.history(HISTORY).await.map_err(say)?,
        apps: broker.apps().await.map_err(say)?,
        servers: broker.servers().await.map_err(say)?,
    })
}

#[tauri::command]
pub(crate) fn main_show_request<R: Runtime>(app: AppHandle<R>, id: u64) -> Result<(), Refused> {
    let desktop = desktop(&app)?;
    desktop.broker.queue().bring_back(PromptId::from_number(id));
    desktop.prompter.bring_to_front();
    Ok(())
}

#[tauri::command]
pub(crate) async fn main_disconnect<R: Runtime>(app: AppHandle<R>, app_id: String, server: Option<String>) -> Result<(), Refused> {
    broker(&app)?.disconnect(&app_id, server.as_deref()).await.map(drop).map_err(say)
}

#[tauri::command]
pub(crate) async fn main_add_server<R: Runtime>(app: AppHandle<R>, name: String, url: String) -> Result<(), Refused> {
    broker(&app)?.add_server(&name, &url).await.map(drop).map_err(say)
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
pub(crate) async fn main_calls<R: Runtime>(app: AppHandle<R>, before: Option<i64>) -> Result<Vec<CallView>, Refused> {
    broker(&app)?.calls(WhichCalls { before, most: CALLS, ..WhichCalls::default() }).await.map_err(say)
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
