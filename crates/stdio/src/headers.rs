//! Headers that repeat what the body says (MCP 2026-07-28, "Streamable HTTP: Request Metadata"). Whoever processes the body must
//! refuse a request whose headers say something else.

use axum::http::{HeaderMap, HeaderName};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::log::shown;

/// The revision of the protocol.
pub(crate) static VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
/// The session, before 2026-07-28.
pub(crate) static SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
/// What is to be done, since 2026-07-28.
pub(crate) static METHOD: HeaderName = HeaderName::from_static("mcp-method");
static NAME: HeaderName = HeaderName::from_static("mcp-name");

/// A header that says something else than the body, or that is not there: one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Header mismatch: {0}")]
pub(crate) struct Mismatch(pub(crate) String);

/// The text of a header that may be there once.
///
/// # Errors
/// [`Mismatch`] for two of them, and for characters that no header has.
pub(crate) fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Mismatch> {
    let mut sent = headers.get_all(name).iter();
    match (sent.next(), sent.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| Mismatch(format!("{name} has characters that a header must not have.")))?;
            Ok(Some(text.trim_matches([' ', '\t'])))
        }
        (Some(_), Some(_)) => Err(Mismatch(format!("{name} is there twice."))),
    }
}

/// What a value stands for: itself, or what `=?base64?…?=` hides ("Value Encoding").
///
/// # Errors
/// [`Mismatch`].
pub(crate) fn decoded(name: &HeaderName, value: &str) -> Result<String, Mismatch> {
    let Some(coded) = value.strip_prefix("=?base64?").and_then(|value| value.strip_suffix("?=")) else { return Ok(value.to_owned()) };
    let decoded = STANDARD.decode(coded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.ok_or_else(|| Mismatch(format!("what {name} has between =?base64? and ?= is not Base64 of a text.")))
}

/// The member of the params that `Mcp-Name` repeats. The last three are those of the Tasks extension.
pub(crate) fn named_by(method: &str) -> Option<&'static str> {
    match method {
        "tools/call" | "prompts/get" => Some("name"),
        "resources/read" => Some("uri"),
        "tasks/get" | "tasks/update" | "tasks/cancel" => Some("taskId"),
        _ => None,
    }
}

/// Checks the headers that every request has, besides the version: `method`, and the `name` that it is about.
///
/// # Errors
/// [`Mismatch`].
pub(crate) fn agree(headers: &HeaderMap, method: &str, name: Option<&str>) -> Result<(), Mismatch> {
    match one(headers, &METHOD)? {
        None => return Err(Mismatch(format!("Mcp-Method is missing. The body says {}.", shown(method)))),
        Some(said) if said != method => return Err(Mismatch(format!("Mcp-Method says {}, the body says {}.", shown(said), shown(method)))),
        Some(_) => {}
    }
    match (one(headers, &NAME)?, name) {
        (None, None) => Ok(()),
        (None, Some(name)) => Err(Mismatch(format!("Mcp-Name is missing. The body says {}.", shown(name)))),
        (Some(said), name) => match (decoded(&NAME, said)?, name) {
            (said, Some(name)) if said == name => Ok(()),
            (said, Some(name)) => Err(Mismatch(format!("Mcp-Name says {}, the body says {}.", shown(&said), shown(name)))),
            // It repeats nothing that there is, and nobody may conclude anything from it.
            (said, None) => Err(Mismatch(format!("Mcp-Name says {}, the body names nothing.", shown(&said)))),
        },
    }
}

/// Whether a client takes an answer that is a stream.
pub(crate) fn takes_streams(headers: &HeaderMap) -> bool {
    let kinds = headers.get_all(axum::http::header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(','));
    kinds.map(|kind| kind.split(';').next().unwrap_or_default().trim()).any(|kind| kind.eq_ignore_ascii_case("text/event-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, axum::http::HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        headers
    }

    #[test]
    fn headers_that_repeat_the_body_pass() {
        for (sent, method, name) in [
            (&[("mcp-method", "tools/list")][..], "tools/list", None),
            (&[("mcp-method", "tools/call"), ("mcp-name", "rm")], "tools/call", Some("rm")),
            (&[("mcp-method", " tools/call\t"), ("mcp-name", "=?base64?cm0=?=")], "tools/call", Some("rm")),
            (&[("mcp-method", "tools/call"), ("mcp-name", "=?base64?5LiW55WM?=")], "tools/call", Some("世界")),
            (&[("mcp-method", "resources/read"), ("mcp-name", "file:///a b")], "resources/read", Some("file:///a b")),
        ] {
            assert_eq!(agree(&headers(sent), method, name), Ok(()), "{sent:?}");
        }
    }

    #[test]
    fn headers_that_say_something_else_are_refused() {
        for (sent, name) in [
            (&[][..], Some("rm")),
            (&[("mcp-method", "tools/call")], Some("rm")),
            (&[("mcp-method", "tools/list"), ("mcp-name", "rm")], Some("rm")),
            (&[("mcp-method", "tools/call"), ("mcp-name", "ls")], Some("rm")),
            (&[("mcp-method", "tools/call"), ("mcp-name", "Rm")], Some("rm")),
            (&[("mcp-method", "tools/call"), ("mcp-name", "=?base64?bHM=?=")], Some("rm")),
            (&[("mcp-method", "tools/call"), ("mcp-name", "=?base64?cm0?=")], Some("rm")),
            (&[("mcp-method", "tools/call"), ("mcp-name", "=?BASE64?cm0=?=")], Some("rm")),
            (&[("mcp-method", "tools/call"), ("mcp-name", "rm"), ("mcp-name", "rm")], Some("rm")),
            (&[("mcp-method", "tools/call"), ("mcp-method", "tools/call"), ("mcp-name", "rm")], Some("rm")),
            (&[("mcp-method", "tools/call"), ("mcp-name", "世界")], Some("世界")),
            (&[("mcp-method", "tools/call"), ("mcp-name", "rm")], None),
        ] {
            assert!(agree(&headers(sent), "tools/call", name).is_err(), "{sent:?}");
        }
    }

    #[test]
    fn only_a_client_that_says_so_takes_streams() {
        assert!(takes_streams(&headers(&[("accept", "application/json, text/event-stream;q=0.5")])));
        assert!(takes_streams(&headers(&[("accept", "application/json"), ("accept", "Text/Event-Stream")])));
        assert!(!takes_streams(&headers(&[("accept", "*/*")])) && !takes_streams(&headers(&[])));
    }
}
