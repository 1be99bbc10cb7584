//! Web pages that the user lets in, by their origin: what browsers must be told for them (Fetch, CORS protocol). Without such a
//! list, which is how Doorward starts, no answer carries any of these headers.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{App, loopback};

/// What clients in web pages send.
const ALLOWED: &str = "authorization, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id";
/// What they must be able to read.
const EXPOSED: &str = "www-authenticate, mcp-session-id";
/// A client whose headers are named after parameters asks for each of them.
const PARAMETERS: &str = "mcp-param-";

/// The origin that an answer may be read by.
pub(super) fn origin(app: &App, request: &Request) -> Option<HeaderValue> {
    if loopback::is_navigated_to(request.uri().path()) {
        return None;
    }
    let allowed = loopback::allowed_origin(request.headers(), &app.broker.config().allowed_origins)?;
    HeaderValue::from_str(allowed).ok()
}

/// The answer to a preflight request, which carries no token and opens nothing.
pub(super) fn preflight(request: &Request) -> Option<Response> {
    let asks = request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|names| names.to_str().ok()).unwrap_or_default();
    let parameters = asked.split(',').map(str::trim).filter(|name| {
        name.starts_with(PARAMETERS) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    let names = std::iter::once(ALLOWED).chain(parameters).collect::<Vec<_>>().join(", ");
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, DELETE")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_str(&names).ok()?),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
    ];
    asks.then(|| (StatusCode::NO_CONTENT, headers).into_response())
}

/// Lets a page of `origin` read an answer.
pub(super) fn allow(response: &mut Response, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    // Otherwise browsers keep the answer from every other origin's page, allowed or not.
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
}
