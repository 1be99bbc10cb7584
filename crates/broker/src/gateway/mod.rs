//! The way from a guarded address to the server behind it.

use std::time::Duration;

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, Method, header},
    response::{IntoResponse, Response},
};
use doorward_oauth::issuer::LoopbackName;
use serde_json::Value;

use crate::{
    broker::UseToken,
    refusal::Refusal,
    server::{App, LoopbackHost, body, error},
};

mod http;
mod list;
mod message;
mod sse;

pub(crate) use http::Upstream;

use message::Message;

/// How long a client may take to send one message.
const MESSAGE: Duration = Duration::from_secs(60);
/// The header that names a session (MCP 2025-11-25 and older).
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// A refusal, with the id of the request that is refused, where there is one.
struct Refused {
    refusal: Refusal,
    id: Option<Value>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, id: None }
    }
}

/// Any request to `/mcp/NAME`. The token is checked before the method and before the body is read.
pub(crate) async fn call(
    State(app): State<App>,
    Extension(LoopbackHost(host)): Extension<LoopbackHost>,
    Path(server): Path<String>,
    request: Request,
) -> Response {
    pass(&app, &server, host, request).await.unwrap_or_else(|Refused { refusal, id }| match refusal {
        Refusal::UnknownServer => refusal.into_response(),
        other => error::render_for(&other, error::Shape::JsonRpc, id.as_ref()),
    })
}

/// Judges a request and passes it on.
async fn pass(app: &App, server: &str, host: LoopbackName, request: Request) -> Result<Response, Refused> {
    let guarded = app.broker.guard(server, host, bearer(request.headers())?).await?;
    let (head, body) = request.into_parts();
    let body = body::read(body, app.broker.config().limits.mcp_body, MESSAGE).await?;
    // Streams are opened and sessions are ended without a message. Whatever has a body is one.
    let has_message = head.method == Method::POST || !body.is_empty();
    let message = if has_message { Some(Message::read(&body).map_err(Refusal::from)?) } else { None };
    let id = message.as_ref().and_then(|message| message.id.clone());
    let refused = |refusal| Refused { refusal, id: id.clone() };
    if let Some(message) = &message {
        message.agrees_with(&head.headers).map_err(|bad| refused(bad.into()))?;
    }
    let mut sessions = head.headers.get_all(SESSION).iter();
    let named = sessions.next().cloned();
    if let Some(session) = &named {
        // Of two, the server could believe the other one.
        let only = if sessions.next().is_none() { session.to_str().ok() } else { None };
        app.broker.check_session(&guarded, only.ok_or_else(|| refused(Refusal::NoSession))?).map_err(refused)?;
    }
    let response = app.upstream.forward(&guarded, head, body).await.map_err(refused)?;
    // Most servers repeat the id in each answer.
    if let Some(opened) = response.headers().get(SESSION).filter(|opened| named.as_ref() != Some(opened))
        && let Ok(opened) = opened.to_str()
    {
        app.broker.session_opened(&guarded, opened).await.map_err(|error| refused(error.into()))?;
    }
    Ok(response)
}

/// RFC 6750 §2.1: the header, once, and nowhere else (RES-04, RES-07). The scheme's case does not matter.
fn bearer(headers: &HeaderMap) -> Result<UseToken, Refusal> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (sent.next(), sent.next()) {
        (None, _) => return Ok(UseToken::None),
        (Some(value), None) => value.to_str().map_err(|_| Refusal::MalformedToken)?,
        (Some(_), Some(_)) => return Err(Refusal::MalformedToken),
    };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(UseToken::None);
    }
    Ok(UseToken::Bearer(token.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(values: &[&'static str]) -> Result<UseToken, Refusal> {
        let headers = values.iter().map(|value| (header::AUTHORIZATION, value.parse().expect("a value"))).collect();
        bearer(&headers)
    }

    #[test]
    fn res04_res05_one_header_any_case() {
        assert!(matches!(sent(&[]), Ok(UseToken::None)));
        assert!(matches!(sent(&["bEaReR x"]), Ok(UseToken::Bearer(token)) if token == "x"));
        assert!(matches!(sent(&["Bearer"]), Ok(UseToken::Bearer(token)) if token.is_empty()));
        assert!(matches!(sent(&["Basic x"]), Ok(UseToken::None)));
        assert!(matches!(sent(&["Bearer x", "Bearer y"]), Err(Refusal::MalformedToken)));
    }
}
