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
    let rest = unfold(Some(exchange), |going| async {
        let mut exchange = going?;
        match exchange.next().await {
            Piece::Note(note) => Some((Ok(note), Some(exchange))),
            Piece::Last(last) => Some((last, None)),
            Piece::End => None,
        }
    });
    events(Body::from_stream(iter([Ok(first)]).chain(rest)))
}

/// A piece of a stream.
enum Piece {
    Note(Bytes),
    Last(io::Result<Bytes>),
    End,
}

impl Exchange {
    async fn next(&mut self) -> Piece {
        let answered = match timeout(self.keep_alive, self.asked.next()).await {
            Err(_) => return Piece::Note(Bytes::from_static(STILL_HERE)),
            Ok(Next::Note(note)) => return Piece::Note(note),
            Ok(Next::Answer(answered)) => answered,
        };
        let listens = self.rendering.method == "subscriptions/listen";
        match (self.rendering.tell(answered), listens) {
            (Told::Frame(_, frame), _) => Piece::Last(Ok(framed(frame))),
            (Told::Nothing, _) => Piece::End,
            // Something is missing that no message could make good.
            (Told::Trouble(trouble), true) => Piece::Last(Err(io::Error::other(trouble))),
            (Told::Trouble(trouble), false) => {
                let error = rpc::error(code::INTERNAL, &trouble.to_string(), None);
                Piece::Last(Ok(event(rpc::refusal(Some(&self.rendering.id), &error)).into()))
            }
        }
    }
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
