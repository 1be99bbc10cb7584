//! What is guarded, and what a guarded call is compared with: an MCP server that does as little as it can. A call of `echo`
//! gives back what it was sent, a call of `events` is answered with a stream as fast as it is read, and a GET opens a stream
//! on which nothing ever comes.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;

/// What it can do. It says that all of that only looks: this is what a person finds ticked.
const TOOLS: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[
{"name":"echo","description":"Gives back what it was sent.","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}},
"annotations":{"readOnlyHint":true}},
{"name":"events","description":"Sends many events.","inputSchema":{"type":"object","properties":{"event":{"type":"integer"},"bytes":{"type":"integer"}}},
"annotations":{"readOnlyHint":true}}]}}"#;
/// What a client of MCP 2026-07-28 is told that it has.
const HAS: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}}"#;
/// The same, told to a client that begins a session.
const BEGUN: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"bench","version":"1"}}}"#;
const EVENTS: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/event-stream")];
const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

/// The last event of each stream that has an end: the answer to the call.
pub(crate) const LAST: &str = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}\n\n";

/// The server.
pub(crate) fn mcp() -> Router {
    let sessions = Arc::new(AtomicU64::new(0));
    Router::new().fallback(any(async move |method: Method, body: Bytes| answer(&method, body, &sessions)))
}

fn answer(method: &Method, body: Bytes, sessions: &AtomicU64) -> Response {
    if *method == Method::GET {
        return (EVENTS, Body::from_stream(stream::pending::<Result<Bytes, Infallible>>())).into_response();
    }
    let text = std::str::from_utf8(&body).unwrap_or_default();
    // What is measured is found first, and nothing is parsed for it.
    if text.contains(r#""name":"echo""#) {
        return (JSON, body).into_response();
    }
    let message: Value = serde_json::from_str(text).unwrap_or_default();
    match message["method"].as_str() {
        Some("tools/call") => events(&message["params"]["arguments"]).unwrap_or(StatusCode::BAD_REQUEST.into_response()),
        Some("server/discover") => (JSON, HAS).into_response(),
        Some("tools/list") => (JSON, TOOLS).into_response(),
        Some("initialize") => {
            let session = sessions.fetch_add(1, Ordering::Relaxed);
            (JSON, [("mcp-session-id", format!("session-{session}"))], BEGUN).into_response()
        }
        _ => StatusCode::ACCEPTED.into_response(),
    }
}

/// A stream of `bytes` bytes in events of `event` bytes, and the answer after them.
fn events(wanted: &Value) -> Option<Response> {
    let (size, bytes) = (usize::try_from(wanted["event"].as_u64()?).ok()?, usize::try_from(wanted["bytes"].as_u64()?).ok()?);
    let all = std::iter::repeat_n(event(size)?, bytes / size).chain([Bytes::from_static(LAST.as_bytes())]);
    Some((EVENTS, Body::from_stream(stream::iter(all.map(Ok::<_, Infallible>)))).into_response())
}

/// An event of exactly that size that tells of something, as servers do while they work.
fn event(size: usize) -> Option<Bytes> {
    const BEGIN: &str =
        "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"";
    const END: &str = "\"}}\n\n";
    let filling = size.checked_sub(BEGIN.len() + END.len())?;
    Some(format!("{BEGIN}{}{END}", "x".repeat(filling)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_is_json_and_its_events_have_their_size() {
        for text in [TOOLS, HAS, BEGUN] {
            assert!(serde_json::from_str::<Value>(text).expect("JSON")["result"].is_object());
        }
        let event = event(1024).expect("large enough");
        assert_eq!((event.len(), event.ends_with(b"}}\n\n")), (1024, true));
        assert_eq!(super::event(10), None);
    }
}
