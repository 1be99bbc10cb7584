//! Answers that are streams of server-sent events.

use std::convert::Infallible;

use axum::{
    body::Body,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt};

const EVENTS: &str = "text/event-stream";
const JSON: &str = "application/json";

/// An answer out of events.
pub(crate) fn response(events: impl Stream<Item = String> + Send + 'static) -> Response {
    let headers = [(header::CONTENT_TYPE.as_str(), EVENTS), (header::CACHE_CONTROL.as_str(), "no-cache"), ("x-accel-buffering", "no")];
    (headers, Body::from_stream(events.map(Ok::<_, Infallible>))).into_response()
}

/// Whether a client would rather have events than one JSON object: it names them first. Most name JSON first.
pub(crate) fn is_preferred(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    match (accepted.find(EVENTS), accepted.find(JSON)) {
        (Some(events), Some(json)) => events < json,
        (events, _) => events.is_some(),
    }
}
