//! The one place that turns a refusal into an answer.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use doorward_oauth::error::{Code, OAuthError};
use doorward_words::Says;
use serde_json::{Value, json};

use super::page;
use crate::{
    refusal::{BadMessage, Challenge, Refusal},
    store::StoreError,
};

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A client of an OAuth endpoint: `{error, error_description}` (RFC 6749 §5.2).
    OAuth,
    /// A person in a browser.
    Page,
    /// An MCP client: a JSON-RPC error, since a bare 4xx makes clients believe in an older server.
    JsonRpc,
}

impl Shape {
    /// The shape of answers at an address.
    pub fn of(path: &str) -> Self {
        match path {
            path if path.starts_with("/mcp/") => Self::JsonRpc,
            path if path.contains("/authorize") => Self::Page,
            _ => Self::OAuth,
        }
    }
}

/// The natural shape of each refusal, for handlers that return one.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let shape = match &self {
            Self::Unbound(_) | Self::Document(_) | Self::TicketGone | Self::AnsweredElsewhere | Self::NotANavigation => Shape::Page,
            Self::NoToken(_)
            | Self::BadToken(_)
            | Self::MalformedToken
            | Self::BadMessage(_)
            | Self::InsufficientScope(_)
            | Self::NoSession
            | Self::Paused(_)
            | Self::UpstreamDown { .. }
            | Self::UpstreamSilent { .. }
            | Self::UpstreamLogin { .. }
            | Self::UpstreamKey { .. }
            | Self::TakenBack
            | Self::UpstreamUnreadable { .. }
            | Self::UpstreamRedirect { .. } => Shape::JsonRpc,
            Self::NoHost
            | Self::ForeignHost
            | Self::ForeignOrigin
            | Self::OtherUser
            | Self::RootRelay
            | Self::UnknownPath
            | Self::Method(_)
            | Self::BodyTooLarge(_)
            | Self::BodyUnread
            | Self::ContentType(_)
            | Self::OAuth(_)
            | Self::NotYours
            | Self::NoKeys
            | Self::TooMany { .. }
            | Self::Store(_)
            | Self::UnknownServer => Shape::OAuth,
        };
        render(&self, shape)
    }
}

/// How a refusal looks on the wire.
struct Wire {
    status: StatusCode,
    /// For [`Shape::OAuth`].
    code: &'static str,
    /// For [`Shape::JsonRpc`]. -32000 is the first that JSON-RPC leaves to servers.
    json_rpc: i32,
    /// One more header.
    header: Option<(header::HeaderName, String)>,
}

/// Renders a refusal.
pub fn render(refusal: &Refusal, shape: Shape) -> Response {
    render_for(refusal, shape, None)
}

/// Renders a refusal of the JSON-RPC request with that id.
pub fn render_for(refusal: &Refusal, shape: Shape, id: Option<&Value>) -> Response {
    let wire = wire(refusal);
    let sentence = sentence(refusal);
    let mut response = match shape {
        Shape::Page => page::refusal(wire.status, &refusal.said()),
        Shape::OAuth => {
            let error = OAuthError::new(Code::InvalidRequest, sentence);
            (wire.status, Json(json!({ "error": wire.code, "error_description": error.description }))).into_response()
        }
        Shape::JsonRpc => (wire.status, Json(json_rpc(refusal, id))).into_response(),
    };
    if let Some((name, value)) = wire.header
        && let Ok(value) = HeaderValue::from_str(&value)
    {
        response.headers_mut().insert(name, value);
    }
    response.extensions_mut().insert(Rendered { refusal: refusal.clone(), shape, code: wire.code });
    response
}

/// A refusal in the words of JSON-RPC, for a stream that has begun.
pub fn json_rpc(refusal: &Refusal, id: Option<&Value>) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": wire(refusal).json_rpc, "message": sentence(refusal) } })
}

/// What an answer says no to, until it was written down.
#[derive(Clone)]
struct Rendered {
    refusal: Refusal,
    shape: Shape,
    code: &'static str,
}

/// Whether a client asks for problem details (RFC 9457 §3).
pub(super) fn wants_problem(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|accept| accept.to_str().is_ok_and(|accept| accept.contains(PROBLEM)))
}

const PROBLEM: &str = "application/problem+json";

/// Writes a refusal down under a trace id. Failures of ours at the OAuth endpoints, and every error for a client that asks for
/// it, are told as problem details with that id (RFC 9457); the members of OAuth's own shape stay beside them.
pub(super) fn traced(mut response: Response, wants_problem: bool, trace_id: impl FnOnce() -> String) -> Response {
    let Some(Rendered { refusal, shape, code }) = response.extensions_mut().remove() else { return response };
    let (status, trace) = (response.status(), trace_id());
    log(&refusal, status, &trace);
    let ours = matches!(refusal, Refusal::Store(_) | Refusal::NoKeys);
    if shape != Shape::OAuth || !(ours || wants_problem) {
        return response;
    }
    let error = OAuthError::new(Code::ServerError, sentence(&refusal));
    let problem = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": error.description,
        "trace_id": trace,
        "metadata": { "error": code },
        "error": code,
        "error_description": error.description,
    });
    let (parts, _) = response.into_parts();
    let mut told = (parts.status, Json(problem)).into_response();
    for (name, value) in &parts.headers {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            told.headers_mut().insert(name, value.clone());
        }
    }
    told.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    told
}

fn sentence(refusal: &Refusal) -> String {
    match refusal {
        Refusal::OAuth(error) => error.description.to_string(),
        other => other.to_string(),
    }
}

fn wire(refusal: &Refusal) -> Wire {
    const BAD: &str = "invalid_request";
    const DOWN: &str = "temporarily_unavailable";
    let plain = |status, code| Wire { status, code, json_rpc: -32_000, header: None };
    let with = |status, code, name, value| Wire { header: Some((name, value)), ..plain(status, code) };
    match refusal {
        Refusal::NoHost | Refusal::BodyUnread | Refusal::ContentType(_) | Refusal::MalformedToken => plain(StatusCode::BAD_REQUEST, BAD),
        Refusal::ForeignHost | Refusal::ForeignOrigin | Refusal::NotANavigation | Refusal::OtherUser | Refusal::RootRelay => {
            plain(StatusCode::FORBIDDEN, BAD)
        }
        Refusal::UnknownPath | Refusal::UnknownServer => plain(StatusCode::NOT_FOUND, "not_found"),
        // As servers of MCP 2025-11-25 say that a session is gone.
        Refusal::NoSession => Wire { json_rpc: -32_001, ..plain(StatusCode::NOT_FOUND, "not_found") },
        Refusal::BadMessage(bad) => Wire { json_rpc: code_of(*bad), ..plain(StatusCode::BAD_REQUEST, BAD) },
        Refusal::Method(allowed) => with(StatusCode::METHOD_NOT_ALLOWED, BAD, header::ALLOW, (*allowed).to_owned()),
        Refusal::BodyTooLarge(_) => plain(StatusCode::PAYLOAD_TOO_LARGE, BAD),
        Refusal::OAuth(error) => plain(status_of(error.code), error.code.as_str()),
        Refusal::Unbound(_) | Refusal::Document(_) => plain(StatusCode::BAD_REQUEST, BAD),
        // 401 also for a registration that is gone (RFC 7592 §2.1): which ids there are is nobody's business.
        Refusal::NotYours => {
            with(StatusCode::UNAUTHORIZED, "invalid_token", header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"".to_owned())
        }
        Refusal::NoKeys => plain(StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        Refusal::TicketGone => plain(StatusCode::GONE, BAD),
        Refusal::AnsweredElsewhere => plain(StatusCode::CONFLICT, BAD),
        Refusal::TooMany { retry_after } => with(StatusCode::TOO_MANY_REQUESTS, DOWN, header::RETRY_AFTER, retry_after.to_string()),
        Refusal::Store(StoreError::Full) => with(StatusCode::SERVICE_UNAVAILABLE, DOWN, header::RETRY_AFTER, "60".to_owned()),
        Refusal::Store(
            StoreError::Newer { .. }
            | StoreError::ReadOnly { .. }
            | StoreError::Damaged { .. }
            | StoreError::Other { .. }
            | StoreError::Closed,
        ) => plain(StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        Refusal::NoToken(challenge) => with(StatusCode::UNAUTHORIZED, BAD, header::WWW_AUTHENTICATE, bearer(challenge, None)),
        Refusal::BadToken(challenge) => {
            with(StatusCode::UNAUTHORIZED, "invalid_token", header::WWW_AUTHENTICATE, bearer(challenge, Some("invalid_token")))
        }
        Refusal::InsufficientScope(challenge) => {
            with(StatusCode::FORBIDDEN, "insufficient_scope", header::WWW_AUTHENTICATE, bearer(challenge, Some("insufficient_scope")))
        }
        // 503 and not 4xx: those make a client conclude something about the server's protocol.
        Refusal::Paused(_) => with(StatusCode::SERVICE_UNAVAILABLE, DOWN, header::RETRY_AFTER, "60".to_owned()),
        Refusal::UpstreamSilent { .. } => plain(StatusCode::GATEWAY_TIMEOUT, DOWN),
        Refusal::UpstreamDown { .. }
        | Refusal::UpstreamLogin { .. }
        | Refusal::UpstreamKey { .. }
        | Refusal::TakenBack
        | Refusal::UpstreamUnreadable { .. }
        | Refusal::UpstreamRedirect { .. } => plain(StatusCode::BAD_GATEWAY, DOWN),
    }
}

/// The codes of JSON-RPC, and of MCP 2026-07-28 for a header that disagrees.
const fn code_of(bad: BadMessage) -> i32 {
    match bad {
        BadMessage::NoMessage => -32_700,
        BadMessage::Batch => -32_600,
        BadMessage::Header(_) => -32_020,
    }
}

/// RFC 6749 §5.2: 401 for a client that is not known, 400 for the rest.
const fn status_of(code: Code) -> StatusCode {
    match code {
        Code::InvalidClient => StatusCode::UNAUTHORIZED,
        Code::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        Code::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::InvalidRequest
        | Code::InvalidGrant
        | Code::UnauthorizedClient
        | Code::UnsupportedGrantType
        | Code::UnsupportedResponseType
        | Code::InvalidScope
        | Code::InvalidTarget
        | Code::AccessDenied
        | Code::InteractionRequired
        | Code::InvalidRedirectUri
        | Code::InvalidClientMetadata
        | Code::RequestNotSupported
        | Code::RequestUriNotSupported
        | Code::InvalidToken
        | Code::AuthorizationPending
        | Code::SlowDown
        | Code::ExpiredToken => StatusCode::BAD_REQUEST,
    }
}

/// RES-05: the scheme first, values quoted, no commas inside them.
fn bearer(challenge: &Challenge, error: Option<&str>) -> String {
    let error = error.map(|error| format!("error=\"{error}\", ")).unwrap_or_default();
    format!("Bearer {error}resource_metadata=\"{}\", scope=\"{}\"", challenge.resource_metadata, challenge.scope)
}

fn log(refusal: &Refusal, status: StatusCode, trace: &str) {
    match refusal {
        Refusal::Store(error) => tracing::error!(trace, %error, "the data could not be used"),
        other => tracing::info!(trace, status = status.as_u16(), "{other}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use doorward_oauth::{authorize::Unbound, id::ServerName, policy::Paused};
    use http_body_util::BodyExt;

    use super::*;

    fn every_refusal() -> Vec<Refusal> {
        let challenge = Challenge {
            resource_metadata: "http://127.0.0.1:8765/.well-known/oauth-protected-resource/mcp/files".into(),
            scope: "files".into(),
        };
        let server = || "files".to_owned();
        vec![
            Refusal::NoHost,
            Refusal::ForeignHost,
            Refusal::ForeignOrigin,
            Refusal::NotANavigation,
            Refusal::OtherUser,
            Refusal::RootRelay,
            Refusal::UnknownPath,
            Refusal::Method("POST"),
            Refusal::BodyTooLarge(65_536),
            Refusal::BodyUnread,
            Refusal::ContentType("application/json"),
            Refusal::OAuth(OAuthError::new(Code::InvalidClientMetadata, "The request body is not valid JSON.")),
            Refusal::OAuth(OAuthError::new(Code::InvalidClient, "The client is not registered here, or not any more. Register again.")),
            Refusal::OAuth(OAuthError::new(Code::InvalidGrant, "The code has expired.")),
            Refusal::Unbound(Unbound::Unreadable),
            Refusal::Unbound(Unbound::NoClient),
            Refusal::Unbound(Unbound::UnknownClient),
            Refusal::Unbound(Unbound::UnknownRedirect),
            Refusal::Unbound(Unbound::UnknownRequest),
            Refusal::Unbound(Unbound::Untrusted(OAuthError::new(Code::InvalidRequest, "code_challenge is required (RFC 7636)."))),
            Refusal::Document("client.example did not answer in 5 seconds".into()),
            Refusal::NotYours,
            Refusal::NoKeys,
            Refusal::TicketGone,
            Refusal::AnsweredElsewhere,
            Refusal::TooMany { retry_after: 6 },
            Refusal::Store(StoreError::Full),
            Refusal::Store(StoreError::ReadOnly { detail: "attempt to write a readonly database".into() }),
            Refusal::Store(StoreError::Other { detail: doorward_words::Said::verbatim("database is locked") }),
            Refusal::Store(StoreError::Closed),
            Refusal::NoToken(challenge.clone()),
            Refusal::BadToken(challenge.clone()),
            Refusal::InsufficientScope(challenge),
            Refusal::MalformedToken,
            Refusal::BadMessage(BadMessage::NoMessage),
            Refusal::BadMessage(BadMessage::Batch),
            Refusal::BadMessage(BadMessage::Header("Mcp-Name")),
            Refusal::NoSession,
            Refusal::UnknownServer,
            Refusal::Paused(Paused::Everything),
            Refusal::Paused(Paused::App),
            Refusal::Paused(Paused::Server(ServerName::parse("files").expect("a name"))),
            Refusal::UpstreamDown { server: server(), url: "http://127.0.0.1:3001/mcp".into() },
            Refusal::UpstreamSilent { server: server(), minutes: 10 },
            Refusal::UpstreamLogin { server: server() },
            Refusal::UpstreamUnreadable { server: server() },
            Refusal::UpstreamKey { server: server() },
            Refusal::TakenBack,
            Refusal::UpstreamRedirect { server: server() },
        ]
    }

    /// One page on which every "no" can be read as it looks on the wire.
    #[tokio::test]
    async fn every_refusal_on_the_wire() {
        let mut sheet = String::new();
        for refusal in every_refusal() {
            let response = refusal.clone().into_response();
            let (parts, body) = response.into_parts();
            let body = body.collect().await.expect("a body").to_bytes();
            let mut body = String::from_utf8_lossy(&body).into_owned();
            if let Some(page) = body.split("<main>").nth(1) {
                body = format!("<main>{}", page.split("</main>").next().unwrap_or_default());
            }
            writeln!(sheet, "{}", parts.status).expect("writes");
            for name in [header::WWW_AUTHENTICATE, header::ALLOW, header::RETRY_AFTER] {
                if let Some(value) = parts.headers.get(&name) {
                    writeln!(sheet, "{name}: {}", value.to_str().expect("text")).expect("writes");
                }
            }
            writeln!(sheet, "{body}\n").expect("writes");
        }
        insta::assert_snapshot!("refusals", sheet);
    }

    #[tokio::test]
    async fn az15_pages_have_no_script_and_cannot_be_framed() {
        let response = Refusal::TicketGone.into_response();
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.ends_with("frame-ancestors 'none'"), "{policy}");
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let html = String::from_utf8_lossy(&body);
        assert!(!html.contains("<script") && !html.contains("<form") && !html.contains("<button"));
    }
}
