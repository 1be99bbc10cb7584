//! MCP 2026-07-28: each message stands for itself.

mod calls;
mod headers;
mod input;
mod listen;
mod seal;
mod tasks;

use std::sync::Arc;

use axum::{
    Json,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use futures_util::stream::BoxStream;
use serde_json::{Value, json};

pub(crate) use headers::is_named;
pub(crate) use seal::Seal;
pub(crate) use tasks::Tasks;

use crate::{
    App,
    catalogue::{self, prompts},
    failure::Failure,
    feed::Feed,
    legacy,
    message::{self, Message, Request},
    sse,
};

const VERSION: &str = "2026-07-28";
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const META_SERVER: &str = "io.modelcontextprotocol/serverInfo";
/// How long lists and contents may be kept, in milliseconds.
const TTL: u32 = 1_000;

/// What a request comes to.
enum Answer {
    /// A result, at once.
    Result(Value),
    /// Events, the last of which holds the result.
    Events(BoxStream<'static, String>),
}

/// Whether a message is of this revision, or of one that is not known. The others are named in a header, or not at all.
pub(crate) fn is_meant(headers: &HeaderMap, message: &Message) -> bool {
    let meta = message.params().and_then(|params| params.get("_meta"));
    meta.is_some_and(|meta| meta.get(META_VERSION).is_some())
        || headers::version(headers).is_some_and(|version| !legacy::VERSIONS.contains(&version))
}

/// A message.
pub(crate) async fn post(app: &Arc<App>, headers: &HeaderMap, message: Message) -> Response {
    let request = match message {
        Message::Request(request) => request,
        Message::Notification { .. } => return StatusCode::ACCEPTED.into_response(),
        Message::Response { .. } => return Failure::invalid_request("Nothing was asked").response(None),
    };
    match answer(app, headers, &request).await {
        Err(failure) => failure.response(Some(&request.id)),
        Ok(Answer::Events(events)) => sse::response(events),
        Ok(Answer::Result(result)) => {
            let reply = message::result(&request.id, &completed(&request.method, result));
            if sse::is_preferred(headers) {
                let feed = Feed::once();
                feed.send(&reply);
                feed.end();
                return sse::response(feed.read(0));
            }
            Json(reply).into_response()
        }
    }
}

async fn answer(app: &Arc<App>, headers: &HeaderMap, request: &Request) -> Result<Answer, Failure> {
    headers::check(headers, request)?;
    let result = match request.method.as_str() {
        "server/discover" => discover(),
        "subscriptions/listen" => return listen::open(app, request).map(Answer::Events),
        "tools/call" => return calls::call(app, request).await,
        "prompts/get" if request.text("name")? == prompts::ASKING => input::prompt(request)?,
        "tasks/get" => app.tasks.get(request)?,
        "tasks/update" => app.tasks.update(request)?,
        "tasks/cancel" => app.tasks.cancel(request)?,
        method => catalogue::answer(request).unwrap_or_else(|| Err(Failure::method_not_found(method)))?,
    };
    Ok(Answer::Result(result))
}

fn discover() -> Value {
    json!({
        "supportedVersions": [VERSION],
        "capabilities": {
            "tools": { "listChanged": true },
            "prompts": { "listChanged": true },
            "resources": { "subscribe": true },
            "completions": {},
            "logging": {},
            "extensions": { tasks::EXTENSION: {} },
        },
    })
}

/// A result with all that belongs to every result, and to those of its method.
fn completed(method: &str, mut result: Value) -> Value {
    if result.get("resultType").is_none() {
        result["resultType"] = json!("complete");
    }
    result["_meta"][META_SERVER] = catalogue::server_info();
    let may_be_kept = ["server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"];
    if may_be_kept.contains(&method) {
        result["ttlMs"] = json!(TTL);
        result["cacheScope"] = json!("private");
    }
    result
}

/// The last event of a stream.
fn last(feed: &Feed, request: &Request, result: Value) {
    feed.send(&message::result(&request.id, &completed(&request.method, result)));
    feed.end();
}

/// Refuses, unless the client declared this capability.
fn need(request: &Request, capability: &str) -> Result<(), Failure> {
    if has(request, capability) { Ok(()) } else { Err(Failure::missing_capability(&json!({ capability: {} }))) }
}

/// Whether the client declared this capability.
fn has(request: &Request, capability: &str) -> bool {
    request.meta(META_CAPABILITIES).is_some_and(|capabilities| capabilities.get(capability).is_some())
}
