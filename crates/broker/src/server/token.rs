//! `POST /oauth/token` (OAuth 2.1 §3.2).

use std::time::Duration;

use axum::{
    Extension, Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use doorward_oauth::{
    error::{Code, OAuthError},
    grant::ACCESS_TOKEN_LIFETIME,
};
use serde::Serialize;

use super::{App, body, error, only};
use crate::{
    broker::{Connection, TokenResponse},
    refusal::Refusal,
};

/// RFC 6749 §5.1.
#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

pub(super) async fn token(State(app): State<App>, Extension(from): Extension<Connection>, request: Request) -> Response {
    let used_basic = request.headers().contains_key(header::AUTHORIZATION);
    match exchange(&app, from, request).await {
        Ok(tokens) => {
            let answer = Answer {
                // REVEAL: the answer is where both tokens are handed out.
                access_token: tokens.access.reveal(),
                token_type: "Bearer",
                expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
                scope: tokens.scopes.to_string(),
                refresh_token: tokens.refresh.as_ref().map(|refresh| refresh.reveal()),
            };
            Json(answer).into_response()
        }
        Err(refusal) => {
            let mut response = error::render(&refusal, error::Shape::OAuth);
            if used_basic && matches!(&refusal, Refusal::OAuth(error) if error.code == Code::InvalidClient) {
                // RFC 6749 §5.2: in the scheme the client used.
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"doorward\""));
            }
            response
        }
    }
}

async fn exchange(app: &App, from: Connection, request: Request) -> Result<TokenResponse, Refusal> {
    only(&request, &[Method::POST], "POST")?;
    body::must_be(request.headers(), "application/x-www-form-urlencoded")?;
    let basic = basic_client(request.headers())?;
    let limits = &app.broker.config().limits;
    let body = body::read(request.into_body(), limits.oauth_body, Duration::from_secs(limits.body_seconds)).await?;
    let body = std::str::from_utf8(&body).map_err(|_| OAuthError::new(Code::InvalidRequest, "The request body is not text."))?;
    app.broker.token(body, basic.as_deref(), from).await
}

/// The client id of an `Authorization: Basic` header. Every client here is public, so its secret proves nothing and is
/// not looked at.
fn basic_client(headers: &HeaderMap) -> Result<Option<String>, OAuthError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let unreadable = || OAuthError::new(Code::InvalidClient, "The Authorization header cannot be read.");
    let (scheme, credentials) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unreadable)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(unreadable());
    }
    let decoded = STANDARD.decode(credentials.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(unreadable)?;
    decoded.split_once(':').map(|(client, _)| Some(client.to_owned())).ok_or_else(unreadable)
}
