//! `POST /oauth/register` (RFC 7591).

use std::time::Duration;

use axum::{
    Extension, Json,
    extract::{Request, State},
    http::{Method, StatusCode},
};
use doorward_oauth::client::RegistrationResponse;

use super::{App, body, only};
use crate::{broker::Connection, refusal::Refusal};

pub(super) async fn register(
    State(app): State<App>,
    Extension(from): Extension<Connection>,
    request: Request,
) -> Result<(StatusCode, Json<RegistrationResponse>), Refusal> {
    only(&request, &[Method::POST], "POST")?;
    // JSON only: a web page cannot send it across origins without asking first (D1-C5).
    body::must_be(request.headers(), "application/json")?;
    let limits = &app.broker.config().limits;
    let body = body::read(request.into_body(), limits.oauth_body, Duration::from_secs(limits.body_seconds)).await?;
    let registered = app.broker.register(&body, from).await?;
    Ok((StatusCode::CREATED, Json(RegistrationResponse::from(&registered.0))))
}
