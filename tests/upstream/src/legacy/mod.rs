//! MCP 2025-11-25 and the two revisions before it: sessions, streams in both directions, and requests of the server.

mod calls;
mod elicitations;
mod session;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

pub(crate) use session::Sessions;
use session::{SESSION, Session};

use crate::{
    App,
    catalogue::{self, Era, tools},
    changes::Change,
    failure::Failure,
    feed::{self, Feed},
    message::{self, Message, Request},
    modern, sse,
};

/// The newest first.
pub(crate) const VERSIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

/// A message.
pub(crate) fn post(app: &App, headers: &HeaderMap, message: Message) -> Response {
    let id = match &message {
        Message::Request(request) if request.method == "initialize" => return initialize(app, headers, request),
        Message::Request(request) => Some(&request.id),
        Message::Notification { .. } | Message::Response { .. } => None,
    };
    let session = match app.sessions.named(headers) {
        Ok(session) => session,
        Err(status) => return no_session(status, id),
    };
    match message {
        Message::Request(request) if calls::is_talk(&request) => talk(session, request),
        Message::Request(request) => reply(headers, &session, &request.id, answer(app, &session, &request)),
        Message::Notification { .. } => StatusCode::ACCEPTED.into_response(),
        Message::Response { id, answer } => {
            session.answered(&id, answer);
            StatusCode::ACCEPTED.into_response()
        }
    }
}

/// Calls a tool that talks with the client. A client that goes away cancels nothing in these revisions: it may come back for
/// the answer.
fn talk(session: Arc<Session>, request: Request) -> Response {
    let feed = session.open();
    let events = feed.read(0);
    tokio::spawn(async move {
        let outcome = calls::talk(&session, &feed, &request).await;
        feed.send(&reply_to(&request.id, outcome));
        feed.end();
    });
    sse::response(events)
}

/// Opens a stream for what belongs to no request, or reads on in one that was cut off.
pub(crate) async fn get(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if modern::is_named(&headers) {
        return only_post();
    }
    let session = match app.sessions.named(&headers) {
        Ok(session) => session,
        Err(status) => return no_session(status, None),
    };
    if let Some(last) = headers.get("last-event-id") {
        let place = last.to_str().ok().and_then(feed::after);
        let found = place.and_then(|(number, from)| Some((session.feed(number)?, from)));
        return found.map_or_else(|| StatusCode::BAD_REQUEST.into_response(), |(feed, from)| sse::response(feed.read(from)));
    }
    let (feed, mut changes) = (Feed::once(), app.changes.watch());
    // So that the client sees at once that the stream is open.
    feed.comment("open");
    let events = feed.read(0);
    tokio::spawn(async move {
        let mut ended = session.ended();
        loop {
            tokio::select! {
                change = changes.next() => match change {
                    Some(change) => tell(&session, &feed, change),
                    None => return,
                },
                () = feed.left() => return,
                // That the session is gone is an end, too.
                _ = ended.wait_for(|ended| *ended) => return,
            }
        }
    });
    sse::response(events)
}

/// Ends a session.
pub(crate) async fn delete(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if modern::is_named(&headers) {
        return only_post();
    }
    match app.sessions.end(&headers) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(status) => no_session(status, None),
    }
}

fn tell(session: &Session, feed: &Feed, change: Change) {
    let is_wanted = match change {
        Change::Tools | Change::Prompts => true,
        Change::Resource(uri) => session.watches(uri),
    };
    if is_wanted {
        let (method, params) = change.notification();
        feed.send(&message::notification(method, &params));
    }
}

fn initialize(app: &App, headers: &HeaderMap, request: &Request) -> Response {
    let wanted = request.params.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
    let version = VERSIONS.into_iter().find(|version| *version == wanted).unwrap_or(VERSIONS[0]);
    let capabilities = request.params.get("capabilities").cloned().unwrap_or_default();
    let Some((name, session)) = app.sessions.begin(version, capabilities) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let result = json!({
        "protocolVersion": version,
        "capabilities": {
            "tools": { "listChanged": true },
            "prompts": { "listChanged": true },
            "resources": { "subscribe": true },
            "completions": {},
            "logging": {},
        },
        "serverInfo": catalogue::server_info(),
    });
    ([(SESSION, name)], reply(headers, &session, &request.id, Ok(result))).into_response()
}

/// Answers what needs no talk.
fn answer(app: &App, session: &Session, request: &Request) -> Result<Value, Failure> {
    match request.method.as_str() {
        "ping" => Ok(json!({})),
        "logging/setLevel" => session.set_level(request.text("level")?),
        "resources/subscribe" => session.watch(request.text("uri")?),
        "resources/unsubscribe" => {
            session.unwatch(request.text("uri")?);
            Ok(json!({}))
        }
        "tools/call" => {
            let name = request.text("name")?;
            let called = tools::call(name, request.arguments(), &app.changes);
            called.map_or_else(|| tools::not_here(name, Era::Legacy), Ok)
        }
        method => catalogue::answer(request).unwrap_or_else(|| Err(Failure::method_not_found(method))),
    }
}

/// An answer as the client would rather have it. Errors of the protocol have no status of their own in these revisions.
fn reply(headers: &HeaderMap, session: &Session, id: &Value, outcome: Result<Value, Failure>) -> Response {
    let reply = reply_to(id, outcome);
    if !sse::is_preferred(headers) {
        return Json(reply).into_response();
    }
    let feed = session.open();
    feed.send(&reply);
    feed.end();
    sse::response(feed.read(0))
}

fn reply_to(id: &Value, outcome: Result<Value, Failure>) -> Value {
    match outcome {
        Ok(result) => message::result(id, &result),
        Err(failure) => failure.reply(Some(id)),
    }
}

fn only_post() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")]).into_response()
}

fn no_session(status: StatusCode, id: Option<&Value>) -> Response {
    let why = if status == StatusCode::NOT_FOUND { "There is no such session" } else { "The header Mcp-Session-Id is missing" };
    (status, Json(Failure::invalid_request(why).reply(id))).into_response()
}
