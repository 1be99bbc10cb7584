//! Who may speak to a server on loopback: nobody who thinks that it has another name, and no page from elsewhere (MCP, "Security
//! Best Practices", DNS rebinding).

use axum::{
    Json,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::failure::Failure;

/// Lets requests pass that name loopback.
pub(crate) async fn refuse(request: Request, next: Next) -> Response {
    if names_loopback(request.headers()) {
        next.run(request).await
    } else {
        let failure = Failure::invalid_request("This server is for programs of this computer");
        (StatusCode::FORBIDDEN, Json(failure.reply(None))).into_response()
    }
}

fn names_loopback(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or_default());
    let host = text(header::HOST).is_some_and(is_loopback);
    let origin = text(header::ORIGIN).is_none_or(|origin| origin.strip_prefix("http://").is_some_and(is_loopback));
    host && origin
}

/// Whether it is a loopback name, with any port or none.
fn is_loopback(authority: &str) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].into_iter().any(|name| {
        let rest = authority.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_loopback() {
        for good in ["127.0.0.1", "127.0.0.1:80", "localhost:3000", "[::1]:1"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in ["", "evil.example.com", "localhost.evil.example.com", "127.0.0.1.evil:80", "localhost:", "localhost:x", "[::1]x"] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
