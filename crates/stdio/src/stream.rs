//! Answers as HTTP sends them: one message, or a stream of events that ends with it (MCP 2026-07-28, "Receiving Messages").

use std::{io, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{iter, unfold},
};
use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::{
    answer::{Rendering, Told},
    flight::{Answered, Asked, Next},
    hearers::{Event, Events},
    rpc::{self, RequestId, code},
    trouble::Trouble,
    uses::Use,
};

/// A comment: it says that there is still somebody.
const STILL_HERE: &[u8] = b":\n\n";

/// A message as an event.
pub(crate) fn event(frame: Vec<u8>) -> Vec<u8> {
    let mut event = Vec::with_capacity(frame.len() + 32);
    event.extend_from_slice(b"event: message\ndata: ");
    event.extend_from_slice(&frame);
    rpc::one_line(&mut event["event: message\n".len()..]);
    event.extend_from_slice(b"\n\n");
    event
}

/// One message as an answer.
pub(crate) fn message(status: StatusCode, frame: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(frame.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A refusal as an answer.
pub(crate) fn refusal(status: StatusCode, id: Option<&RequestId>, code: i64, text: &str, data: Option<&RawValue>) -> Response {
    message(status, rpc::refusal(id, &rpc::error(code, text, data)))
}

/// What went wrong, as an answer.
pub(crate) fn trouble(trouble: &Trouble, id: Option<&RequestId>) -> Response {
    let mut response = refusal(trouble.status(), id, code::INTERNAL, &trouble.to_string(), None);
    if let Some(seconds) = trouble.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn events(body: Body) -> Response {
    let mut response = Response::new(body);
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Or a reverse proxy could keep events back.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A request that is under way, and its client.
struct Exchange {
    asked: Asked,
    rendering: Rendering,
    keep_alive: Duration,
    _use: Use,
}

/// Answers a request: with a message if that is all there is to say, with a stream if there is more, or if it takes long and the
/// client takes streams.
pub(crate) async fn answer(asked: Asked, rendering: Rendering, takes_streams: bool, keep_alive: Duration, in_use: Use) -> Response {
    let mut exchange = Exchange { asked, rendering, keep_alive, _use: in_use };
    if !takes_streams {
        let answered = exchange.asked.answer().await;
        return whole(&exchange.rendering, answered, false);
    }
    let first = match timeout(keep_alive, exchange.asked.next()).await {
        Ok(Next::Answer(answered)) => return whole(&exchange.rendering, answered, true),
        Ok(Next::Note(note)) => note,
        Err(_) => Bytes::from_static(STILL_HERE),
    };
    events(Body::from_stream(unfold(State::Begun(first, exchange), |state| async {
        match state {
            State::Begun(first, exchange) => Some((Ok(first), State::Going(exchange))),
            State::Going(exchange) => Some(go_on(exchange).await).filter(|(item, _)| !matches!(item, Ok(bytes) if bytes.is_empty())),
            State::Done => None,
        }
    })))
}

/// How far a stream is.
enum State {
    Begun(Bytes, Exchange),
    Going(Exchange),
    Done,
}

/// The next piece of a stream. An empty one is its end.
async fn go_on(mut exchange: Exchange) -> (io::Result<Bytes>, State) {
    let answered = match timeout(exchange.keep_alive, exchange.asked.next()).await {
        Err(_) => return (Ok(Bytes::from_static(STILL_HERE)), State::Going(exchange)),
        Ok(Next::Note(note)) => return (Ok(note), State::Going(exchange)),
        Ok(Next::Answer(answered)) => answered,
    };
    let rendering = &exchange.rendering;
    let breaks_off = rendering.method == "subscriptions/listen" && matches!(answered, Answered::Full | Answered::Gone(_));
    let last = match rendering.tell(answered) {
        // Something is missing, and no message says so (MCP 2026-07-28, "Subscriptions").
        Told::Trouble(trouble) if breaks_off => Err(io::Error::other(trouble)),
        Told::Trouble(trouble) => {
            let error = rpc::error(code::INTERNAL, &trouble.to_string(), None);
            Ok(event(rpc::refusal(Some(&rendering.id), &error)).into())
        }
        Told::Frame(_, frame) => Ok(framed(frame)),
        Told::Nothing => Ok(Bytes::new()),
    };
    (last, State::Done)
}

/// The last event. The message keeps the room that it takes until it is sent.
fn framed(frame: Bytes) -> Bytes {
    struct Framed {
        event: Vec<u8>,
        _frame: Bytes,
    }
    impl AsRef<[u8]> for Framed {
        fn as_ref(&self) -> &[u8] {
            &self.event
        }
    }
    Bytes::from_owner(Framed { event: event(frame.to_vec()), _frame: frame })
}

fn whole(rendering: &Rendering, answered: Answered, takes_streams: bool) -> Response {
    match rendering.tell(answered) {
        Told::Frame(status, frame) => message(status, frame),
        Told::Trouble(what) => trouble(&what, Some(&rendering.id)),
        // A stream that ends without an answer: the client does not wait for one.
        Told::Nothing if takes_streams => events(Body::empty()),
        Told::Nothing => refusal(StatusCode::OK, Some(&rendering.id), code::INTERNAL, "The request was taken back.", None),
    }
}

/// A stream of what is heard of a server. `first` is told before, `closing` is dropped when the client has gone.
pub(crate) fn heard(first: Option<Bytes>, from: Events, keep_alive: Duration, closing: impl Send + 'static) -> Response {
    let rest = unfold(Some((from, closing)), move |state| async move {
        let (mut from, closing) = state?;
        match timeout(keep_alive, from.recv()).await {
            Err(_) => Some((Ok(Bytes::from_static(STILL_HERE)), Some((from, closing)))),
            Ok(Some(Event::Data(event))) => Some((Ok(event), Some((from, closing)))),
            Ok(Some(Event::End)) => None,
            // Something is missing, which the client learns from a stream that breaks off.
            Ok(None) => Some((Err(io::Error::other("events were lost")), None)),
        }
    });
    events(Body::from_stream(iter(first.map(Ok)).chain(rest)))
}

/// A stream that has said all.
pub(crate) fn said(events_of_it: Vec<u8>) -> Response {
    events(Body::from(events_of_it))
}
