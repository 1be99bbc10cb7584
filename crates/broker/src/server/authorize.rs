//! `GET /oauth/authorize` and the ticket it leads to (protocol AZ-18).

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use doorward_oauth::token::{Ticket, Token};

use super::{App, loopback, only, page};
use crate::{
    broker::{Asked, Connection, Hop, Waited},
    refusal::Refusal,
};

pub(super) async fn authorize(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    // Not HEAD: a question is not raised by looking.
    only(&request, &[Method::GET], "GET")?;
    let activated = loopback::is_user_activated(request.headers());
    match app.broker.authorize(request.uri().query().unwrap_or_default(), activated).await? {
        Asked::Redirect(to) => redirect(&to),
        // REVEAL: the ticket names this request to the one who sent it.
        Asked::Ticket(ticket) => redirect(&format!("/oauth/authorize/wait/{}", ticket.reveal())),
    }
}

pub(super) async fn wait(
    State(app): State<App>,
    Extension(from): Extension<Connection>,
    Path(ticket): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    only(&request, &[Method::GET], "GET")?;
    let hop = if loopback::is_browser(request.headers()) { Hop::Page } else { Hop::Client(0) };
    fetch(&app, &ticket, hop, from).await
}

pub(super) async fn hold(
    State(app): State<App>,
    Extension(from): Extension<Connection>,
    Path((ticket, hop)): Path<(String, u32)>,
    request: Request,
) -> Result<Response, Refusal> {
    only(&request, &[Method::GET], "GET")?;
    let hop = if loopback::is_browser(request.headers()) { Hop::Browser(hop) } else { Hop::Client(hop) };
    fetch(&app, &ticket, hop, from).await
}

async fn fetch(app: &App, text: &str, hop: Hop, from: Connection) -> Result<Response, Refusal> {
    let ticket = Token::<Ticket>::parse(text).ok_or(Refusal::TicketGone)?;
    let held = |hop: u32| format!("/oauth/authorize/wait/{text}/hold/{hop}");
    match app.broker.wait(&ticket, hop, from).await? {
        Waited::Page { number, next } => Ok(page::waiting(number, &held(next))),
        Waited::Again(hop) => redirect(&held(hop)),
        Waited::Redirect(to) => redirect(&to),
    }
}

/// 303, so that nothing but a GET follows (AZ-11: never 307).
fn redirect(to: &str) -> Result<Response, Refusal> {
    let location = HeaderValue::from_str(to).map_err(|_| Refusal::TicketGone)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}
