//! What the consent window can call.

use doorward_broker::consent::{PromptId, view::QuestionView};
use doorward_oauth::{
    consent::{ConsentDecision, Denial},
    link::LeadsTo,
    redirect::Destination,
};
use doorward_words::spoken;
use serde::Serialize;
use tauri::{AppHandle, Runtime};

use super::{Refused, broker, desktop, say};
use crate::handler;

/// What the consent window shows.
#[derive(Serialize)]
pub(crate) struct ConsentState {
    question: Option<QuestionView>,
    position: usize,
    total: usize,
    /// How many of them are of the same program.
    alike: usize,
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

/// The program that the desktop opens where an answer goes to a private scheme. Asked beside the question: it may take a while.
#[tauri::command]
pub(crate) async fn consent_handler<R: Runtime>(app: AppHandle<R>, id: u64) -> Result<Option<(String, String)>, Refused> {
    let question = broker(&app)?.queue().find(PromptId::from_number(id));
    let Some(Destination::PrivateScheme { scheme }) = question.as_ref().map(|question| QuestionView::from(question).destination) else {
        return Ok(None);
    };
    let asked = tauri::async_runtime::spawn_blocking(move || handler::handler_of(&scheme)).await;
    Ok(asked.ok().flatten())
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
