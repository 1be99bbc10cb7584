//! The way from a guarded address to the server behind it.

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use crate::{
    broker::UseToken,
    refusal::Refusal,
    server::{App, LoopbackHost, error},
};

mod http;

pub(crate) use http::Upstream;

/// Any request to `/mcp/NAME`. The token is checked before the method and before the body is read.
pub(crate) async fn call(
    State(app): State<App>,
    Extension(LoopbackHost(host)): Extension<LoopbackHost>,
    Path(server): Path<String>,
    request: Request,
) -> Response {
    let guarded = match bearer(request.headers()) {
        Ok(token) => app.broker.guard(&server, host, token).await,
        Err(refusal) => Err(refusal),
    };
    let answered = match guarded {
        Ok(guarded) => app.upstream.forward(guarded, request, app.broker.config().limits.mcp_body).await,
        Err(refusal) => Err(refusal),
    };
    answered.unwrap_or_else(|refusal| match refusal {
        Refusal::UnknownServer => refusal.into_response(),
        other => error::render(&other, error::Shape::JsonRpc),
    })
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
