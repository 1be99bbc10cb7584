//! `/oauth/register` (RFC 7591), and what a client does with its registration afterwards (RFC 7592).

use std::time::Duration;

use axum::{
    Extension, Json,
    extract::{Path, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use doorward_oauth::token::{Management, Token};
use serde_json::Value;

use super::{App, body, only};
use crate::{broker::Connection, refusal::Refusal};

pub(super) async fn register(
    State(app): State<App>,
    Extension(from): Extension<Connection>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    if !app.broker.takes_registrations() {
        return Err(Refusal::UnknownPath);
    }
    only(&request, &[Method::POST], "POST")?;
    let body = metadata(&app, request).await?;
    Ok((StatusCode::CREATED, Json(app.broker.register(&body, from).await?)))
}

pub(super) async fn manage(
    State(app): State<App>,
    Extension(from): Extension<Connection>,
    Path(client): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    only(&request, &[Method::GET, Method::PUT, Method::DELETE], "GET, PUT, DELETE")?;
    let token = bearer(request.headers());
    match *request.method() {
        Method::GET => Ok(Json(app.broker.read_registration(&client, token).await?).into_response()),
        Method::PUT => {
            let body = metadata(&app, request).await?;
            Ok(Json(app.broker.replace_registration(&client, token, &body, from).await?).into_response())
        }
        _ => {
            app.broker.remove_registration(&client, token).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
    }
}

/// JSON only: a web page cannot send it across origins without asking first (D1-C5).
async fn metadata(app: &App, request: Request) -> Result<Bytes, Refusal> {
    body::must_be(request.headers(), "application/json")?;
    let limits = &app.broker.config().limits;
    body::read(request.into_body(), limits.oauth_body, Duration::from_secs(limits.body_seconds)).await
}

/// The registration access token; `None` for anything else.
fn bearer(headers: &HeaderMap) -> Option<Token<Management>> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (sent.next(), sent.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { Token::parse(token.trim()) } else { None }
}
