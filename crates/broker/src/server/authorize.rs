//! `GET /oauth/authorize` and the ticket it leads to (protocol AZ-18).

use std::time::Duration;

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use doorward_oauth::{
    authorize::Unbound,
    token::{Ticket, Token},
};

use super::{App, body, loopback, only, page};
use crate::{
    broker::{Asked, Connection, Hop, Waited},
    refusal::Refusal,
};

pub(super) async fn authorize(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    // Not HEAD: a question is not raised by looking.
    only(&request, &[Method::GET, Method::POST], "GET, POST")?;
    let activated = loopback::is_user_activated(request.headers());
    let query = match request.method() {
        &Method::POST => form(&app, request).await?,
        _ => request.uri().query().unwrap_or_default().to_owned(),
    };
    match app.broker.authorize(&query, activated).await? {
        Asked::Redirect(to) => redirect(&to),
        // REVEAL: the ticket names this request to the one who sent it.
        Asked::Ticket(ticket) => redirect(&format!("/oauth/authorize/wait/{}", ticket.reveal())),
    }
}

/// The same parameters in a body (OAuth 2.1 §3.1). What a body that is none means is said by the checks that follow.
async fn form(app: &App, request: Request) -> Result<String, Refusal> {
    body::must_be(request.headers(), "application/x-www-form-urlencoded")?;
    let limits = &app.broker.config().limits;
    let body = body::read(request.into_body(), limits.oauth_body, Duration::from_secs(limits.body_seconds)).await?;
    String::from_utf8(body.into()).map_err(|_| Unbound::Unreadable.into())
}

/// Where a program that polls sends a person (RFC 8628 §3.3): the answer is given in the window, so there is nothing to do here.
pub(super) async fn device(request: Request) -> Result<Response, Refusal> {
    only(&request, &[Method::GET], "GET")?;
    Ok(page::device())
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
    Path((ticket, hop)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Refusal> {
    only(&request, &[Method::GET], "GET")?;
    let hop: u32 = hop.parse().map_err(|_| Refusal::TicketGone)?;
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
