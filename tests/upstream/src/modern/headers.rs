//! The headers that repeat the body (SEP-2243, SEP-2575): they must be there, and say the same.

use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{META_CAPABILITIES, META_VERSION, VERSION};
use crate::{catalogue::tools, failure::Failure, message::Request};

/// The revision that the headers name.
pub(super) fn version(headers: &HeaderMap) -> Option<&str> {
    headers.get("mcp-protocol-version")?.to_str().ok()
}

/// Whether the headers name this revision.
pub(crate) fn is_named(headers: &HeaderMap) -> bool {
    version(headers) == Some(VERSION)
}

/// Checks everything that must hold for every request.
pub(super) fn check(headers: &HeaderMap, request: &Request) -> Result<(), Failure> {
    let said = request.meta(META_VERSION).and_then(Value::as_str);
    let said = said.ok_or_else(|| Failure::invalid_params(format!("_meta lacks {META_VERSION}")))?;
    if !request.meta(META_CAPABILITIES).is_some_and(Value::is_object) {
        return Err(Failure::invalid_params(format!("_meta lacks {META_CAPABILITIES}")));
    }
    if version(headers) != Some(said) {
        return Err(Failure::header_mismatch("MCP-Protocol-Version is not the version in _meta"));
    }
    if said != VERSION {
        return Err(Failure::unsupported_version(said, &[VERSION]));
    }
    agrees(headers, "Mcp-Method", Some(&request.method))?;
    if let Some(parameter) = named_by(&request.method) {
        agrees(headers, "Mcp-Name", request.params.get(parameter).and_then(Value::as_str))?;
    }
    if request.method == "tools/call" {
        for (argument, suffix) in tools::mirrored(request.text("name")?) {
            let said = request.arguments().get(argument).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            agrees(headers, &format!("Mcp-Param-{suffix}"), said.as_deref())?;
        }
    }
    Ok(())
}

/// The parameter that the header `Mcp-Name` repeats.
fn named_by(method: &str) -> Option<&'static str> {
    match method {
        "tools/call" | "prompts/get" => Some("name"),
        "resources/read" => Some("uri"),
        "tasks/get" | "tasks/update" | "tasks/cancel" => Some("taskId"),
        _ => None,
    }
}

fn agrees(headers: &HeaderMap, name: &str, said: Option<&str>) -> Result<(), Failure> {
    let mut sent = headers.get_all(name).iter();
    let is_same = match (sent.next(), sent.next()) {
        (None, _) => said.is_none(),
        (Some(sent), None) => sent.to_str().ok().and_then(decoded).as_deref() == said && said.is_some(),
        (Some(_), Some(_)) => false,
    };
    if is_same { Ok(()) } else { Err(Failure::header_mismatch(format!("{name} is not what the body says"))) }
}

/// The value of a header, out of Base64 where it is marked so.
fn decoded(text: &str) -> Option<String> {
    match text.strip_prefix("=?base64?").and_then(|text| text.strip_suffix("?=")) {
        None => Some(text.to_owned()),
        Some(coded) => String::from_utf8(STANDARD.decode(coded).ok()?).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_marked_is_base64() {
        for (sent, read) in [
            ("SGVsbG8=", Some("SGVsbG8=")),
            ("=?base64?SGVsbG8=?=", Some("Hello")),
            ("=?base64?SGVsbG8=", Some("=?base64?SGVsbG8=")),
            ("=?base64?SGVsbG8?=", None),
            ("=?base64?SGVs!!!bG8=?=", None),
        ] {
            assert_eq!(decoded(sent).as_deref(), read, "{sent}");
        }
    }
}
