//! One address for clients of both eras: what a request is, and who answers it.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    caller::CallerKey,
    era::{MODERN, PROTOCOL_VERSION},
    headers::{self, Mismatch},
    legacy,
    life::Life,
    log::shown,
    modern,
    rpc::{Message, NoMessage, Params, RequestId, code},
    stream,
    trouble::Trouble,
};

/// A request of a client, as far as both eras have it in common.
pub(crate) struct Call<'a> {
    pub(crate) life: &'a Arc<Life>,
    pub(crate) caller: CallerKey,
    pub(crate) headers: &'a HeaderMap,
}

/// A JSON-RPC request in it.
pub(crate) struct Asking<'a> {
    pub(crate) id: RequestId,
    pub(crate) method: &'a str,
    pub(crate) params: Params<'a>,
}

/// Why a request has no answer but an error.
pub(crate) enum Refused {
    /// It is not as it must be.
    Wrong { status: StatusCode, code: i64, message: String, data: Option<Box<RawValue>> },
    /// There is nobody to answer it.
    Trouble(Trouble),
}

impl Refused {
    pub(crate) fn wrong(code: i64, message: impl Into<String>) -> Self {
        Self::Wrong { status: StatusCode::BAD_REQUEST, code, message: message.into(), data: None }
    }

    /// A method that there is not, in the words of `who` does not have it.
    pub(crate) fn no_method(status: StatusCode, message: String) -> Self {
        Self::Wrong { status, code: code::METHOD_NOT_FOUND, message, data: None }
    }

    pub(crate) fn into_response(self, id: Option<&RequestId>) -> Response {
        match self {
            Self::Wrong { status, code, message, data } => stream::refusal(status, id, code, &message, data.as_deref()),
            Self::Trouble(trouble) => stream::trouble(&trouble, id),
        }
    }
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Mismatch> for Refused {
    fn from(mismatch: Mismatch) -> Self {
        Self::wrong(code::HEADER_MISMATCH, mismatch.to_string())
    }
}

/// Answers any request.
pub(crate) async fn answer(call: Call<'_>, method: &Method, body: &Bytes) -> Response {
    // One that is there twice, or is no text, is refused where a version is needed.
    let version = headers::one(call.headers, &headers::VERSION).ok().flatten();
    let is_modern = version.is_some_and(is_modern);
    match *method {
        Method::POST => post(&call, is_modern, body).await,
        // MCP 2026-07-28, "Earlier Streamable HTTP Revisions".
        Method::GET if !is_modern => legacy::get(&call).await,
        Method::DELETE if !is_modern => legacy::delete(&call),
        _ => {
            let allowed = if is_modern { "POST" } else { "POST, GET, DELETE" };
            let message = format!("Messages come by POST; {method} is not known here.");
            let mut response = stream::refusal(StatusCode::METHOD_NOT_ALLOWED, None, code::INVALID_REQUEST, &message, None);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
            response
        }
    }
}

/// Whether a version is one of today or later. Those are named by dates, and no name of before is greater.
fn is_modern(version: &str) -> bool {
    let is_date = version.len() == MODERN.len() && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_date && version >= MODERN
}

async fn post(call: &Call<'_>, is_modern: bool, body: &Bytes) -> Response {
    let message = match Message::read(body) {
        Ok(message) => message,
        Err(why) => {
            let (code, text) = match why {
                NoMessage::NoJson => (code::PARSE, "The body is no JSON text."),
                NoMessage::Batch => (code::INVALID_REQUEST, "Each message comes in a request of its own: batches are not taken."),
                NoMessage::Invalid => (code::INVALID_REQUEST, "The body is no JSON-RPC 2.0 message."),
            };
            return stream::refusal(StatusCode::BAD_REQUEST, None, code, text, None);
        }
    };
    let (id, answered) = match message {
        Message::Request { id, method, params } => {
            let answered = match Params::read(params) {
                Some(params) => request(call, is_modern, Asking { id: id.clone(), method: &method, params }).await,
                None => Err(Refused::wrong(code::INVALID_PARAMS, "The params are no object, or their _meta is none.")),
            };
            (Some(id), answered)
        }
        Message::Notification { method, params } => {
            let params = Params::read(params).unwrap_or_default();
            let answered = if is_modern || claims(&params) {
                modern::notification(call, &method)
            } else {
                legacy::notification(call, &method, &params)
            };
            (None, answered)
        }
        Message::Answer { .. } => (None, if is_modern { modern::no_answers() } else { legacy::answer(call) }),
    };
    answered.unwrap_or_else(|refused| refused.into_response(id.as_ref()))
}

async fn request(call: &Call<'_>, is_modern: bool, asking: Asking<'_>) -> Result<Response, Refused> {
    let claims = claims(&asking.params);
    if asking.method == "initialize" && !claims {
        // Before there was a version, there was no header that names it.
        let named = headers::one(call.headers, &headers::VERSION)?;
        if is_modern {
            let named = named.unwrap_or_default();
            return Err(Mismatch(format!("MCP-Protocol-Version says {}, where there is no initialize.", shown(named))).into());
        }
        return legacy::initialize(call, asking).await;
    }
    if is_modern || claims { modern::request(call, asking).await } else { legacy::request(call, asking).await }
}

/// Whether a message says of itself that it is of today: it names its version in its `_meta`.
fn claims(params: &Params<'_>) -> bool {
    params.meta.get(PROTOCOL_VERSION).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_today_are_dates_from_its_own_on() {
        for version in ["2026-07-28", "2026-12-01", "2099-01-01"] {
            assert!(is_modern(version), "{version}");
        }
        for version in ["2025-11-25", "2024-11-05", "1900-01-01", "DRAFT-2026-v1", "", "9", "latest"] {
            assert!(!is_modern(version), "{version}");
        }
    }
}
