//! The endpoints that clients post forms to: token, revocation, introspection, pushed and device requests.

use std::time::Duration;

use axum::{
    Extension, Json,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use doorward_oauth::{
    error::{Code, OAuthError},
    grant::ACCESS_TOKEN_LIFETIME,
};
use serde::Serialize;

use super::{App, body, error, only};
use crate::{
    broker::{Connection, TokenResponse, TokenSender},
    refusal::Refusal,
};

/// A form, and who says to have sent it.
struct Form {
    body: String,
    authorization: Option<String>,
    origin: Option<String>,
}

/// RFC 6749 §5.1.
#[derive(Serialize)]
struct Tokens<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

/// `POST /oauth/token` (OAuth 2.1 §3.2).
pub(super) async fn token(State(app): State<App>, Extension(from): Extension<Connection>, request: Request) -> Response {
    answer(&app, request, async |form| {
        let tokens = app
            .broker
            .token(&form.body, form.authorization.as_deref(), TokenSender { connection: &from, origin: form.origin.as_deref() })
            .await?;
        Ok(handed_out(&tokens))
    })
    .await
}

fn handed_out(tokens: &TokenResponse) -> Response {
    let answer = Tokens {
        // REVEAL: the answer is where both tokens are handed out.
        access_token: tokens.access.reveal(),
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
        scope: tokens.scopes.to_string(),
        refresh_token: tokens.refresh.as_ref().map(|refresh| refresh.reveal()),
    };
    Json(answer).into_response()
}

/// `POST /oauth/revoke` (RFC 7009 §2).
pub(super) async fn revoke(State(app): State<App>, request: Request) -> Response {
    answer(&app, request, async |form| {
        app.broker.revoke(&form.body, form.authorization.as_deref()).await?;
        Ok(StatusCode::OK.into_response())
    })
    .await
}

/// `POST /oauth/introspect` (RFC 7662 §2).
pub(super) async fn introspect(State(app): State<App>, request: Request) -> Response {
    answer(&app, request, async |form| Ok(Json(app.broker.introspect(&form.body, form.authorization.as_deref()).await?).into_response()))
        .await
}

/// `POST /oauth/par` (RFC 9126 §2).
pub(super) async fn push(State(app): State<App>, request: Request) -> Response {
    answer(&app, request, async |form| {
        let pushed = app.broker.push(&form.body, form.authorization.as_deref()).await?;
        Ok((StatusCode::CREATED, Json(pushed)).into_response())
    })
    .await
}

/// `POST /oauth/device_authorization` (RFC 8628 §3.1).
pub(super) async fn device(State(app): State<App>, Extension(from): Extension<Connection>, request: Request) -> Response {
    answer(&app, request, async |form| {
        let asked = app.broker.authorize_device(&form.body, form.authorization.as_deref(), from).await?;
        Ok(Json(asked).into_response())
    })
    .await
}

/// Reads a form, answers it, and tells a client that used the `Authorization` header in the same scheme that it is not known
/// (RFC 6749 §5.2).
async fn answer(app: &App, request: Request, verb: impl AsyncFnOnce(Form) -> Result<Response, Refusal>) -> Response {
    let used_basic = request.headers().contains_key(header::AUTHORIZATION);
    let answered = match read(app, request).await {
        Ok(form) => verb(form).await,
        Err(refusal) => Err(refusal),
    };
    answered.unwrap_or_else(|refusal| {
        let mut response = error::render(&refusal, error::Shape::OAuth);
        if used_basic && matches!(&refusal, Refusal::OAuth(error) if error.code == Code::InvalidClient) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"doorward\""));
        }
        response
    })
}

async fn read(app: &App, request: Request) -> Result<Form, Refusal> {
    only(&request, &[Method::POST], "POST")?;
    body::must_be(request.headers(), "application/x-www-form-urlencoded")?;
    let sent: Vec<&HeaderValue> = request.headers().get_all(header::AUTHORIZATION).iter().collect();
    let authorization = match sent.as_slice() {
        [] => None,
        [once] => match once.to_str() {
            Ok(text) => Some(text.to_owned()),
            Err(_) => return Err(OAuthError::new(Code::InvalidClient, "The Authorization header cannot be read.").into()),
        },
        _ => return Err(OAuthError::new(Code::InvalidRequest, "There is more than one Authorization header.").into()),
    };
    let origin = request.headers().get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).map(str::to_owned);
    let limits = &app.broker.config().limits;
    let body = body::read(request.into_body(), limits.oauth_body, Duration::from_secs(limits.body_seconds)).await?;
    let body = String::from_utf8(body.into()).map_err(|_| OAuthError::new(Code::InvalidRequest, "The request body is not text."))?;
    Ok(Form { body, authorization, origin })
}
