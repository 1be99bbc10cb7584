//! Clients of protocol revisions before 2026-07-28 (MCP 2025-11-25, "Streamable HTTP"): in sessions, which Doorward keeps.

use std::sync::Arc;

use axum::{
    http::{HeaderValue, StatusCode},
    response::Response,
};
use serde_json::value::RawValue;

use crate::{
    answer::Rendering,
    endpoint::{Asking, Call, Refused},
    era::{self, Era, Greeting, LOG_LEVEL},
    flight::{Asker, WhenDropped},
    headers::{self, SESSION, VERSION},
    level::Level,
    life::Life,
    log::shown,
    object::{Object, raw},
    rpc::{self, Outcome, Params, RequestId, code},
    running::Outcomes,
    session::{Session, SessionId, Version},
    stream, subscribing,
    trouble::Trouble,
    uses::Use,
    wire::Question,
};

/// Opens a session and answers what the process said about itself.
///
/// # Errors
/// [`Refused`].
pub(crate) async fn initialize(call: &Call<'_>, asking: Asking<'_>) -> Result<Response, Refused> {
    let Some(version) = asking.params.members.value::<String>("protocolVersion") else {
        return Err(Refused::wrong(code::INVALID_PARAMS, "The params name no protocolVersion."));
    };
    let _use = call.life.uses.begin();
    let running = call.life.running().await?;
    let version = Version::agreed(&version, &running.greeting.version);
    let client = asking.params.members.get("clientInfo").map(ToOwned::to_owned);
    let session = call.life.shared.hearers.open(&call.caller, client).ok_or(Trouble::NoRandomness)?;
    let result = begun(&running.greeting, version, &call.life.shared.server);
    let mut response = stream::message(StatusCode::OK, rpc::answer(&asking.id, Outcome::Result(result.get().as_bytes())));
    if let Ok(named) = HeaderValue::from_str(session.text()) {
        response.headers_mut().insert(&SESSION, named);
    }
    Ok(response)
}

/// The result of `initialize`.
fn begun(greeting: &Greeting, version: Version, server: &str) -> Box<RawValue> {
    let said = Object::read(&greeting.result).unwrap_or_default();
    let info = greeting.info.clone().unwrap_or_else(|| raw(&serde_json::json!({ "name": server, "version": "unknown" })));
    let mut result = Object::default();
    result.set("protocolVersion", raw(version.text()));
    result.set("capabilities", capabilities(&said));
    result.set("serverInfo", info);
    if let Some(instructions) = said.get("instructions") {
        result.set("instructions", instructions.to_owned());
    }
    result.raw()
}

/// What a process can do for clients that share it. Tasks of 2025-11-25 belong to a connection: everybody would see those of
/// everybody else.
pub(crate) fn capabilities(said: &Object<'_>) -> Box<RawValue> {
    let mut capabilities = said.get("capabilities").and_then(Object::read).unwrap_or_default();
    capabilities.remove("tasks");
    capabilities.raw()
}

/// The session that a request names.
fn session(call: &Call<'_>) -> Result<SessionId, Refused> {
    let wrong = |status, message: &str| Refused::Wrong { status, code: code::INVALID_REQUEST, message: message.to_owned(), data: None };
    let one = |name| headers::one(call.headers, name).map_err(|mismatch| Refused::wrong(code::INVALID_REQUEST, mismatch.0));
    if let Some(version) = one(&VERSION)?.filter(|version| Version::read(version).is_none()) {
        return Err(wrong(StatusCode::BAD_REQUEST, &format!("Version {} of the protocol is not spoken here.", shown(version))));
    }
    let named = one(&SESSION)?.ok_or_else(|| wrong(StatusCode::BAD_REQUEST, "Mcp-Session-Id is missing: begin with initialize."))?;
    let session = SessionId::named(named);
    let is_there = call.life.shared.hearers.session(&call.caller, &session, |_| ()).is_some();
    is_there.then_some(session).ok_or_else(|| wrong(StatusCode::NOT_FOUND, "There is no such session: begin anew with initialize."))
}

/// Answers a request in a session.
///
/// # Errors
/// [`Refused`].
pub(crate) async fn request(call: &Call<'_>, asking: Asking<'_>) -> Result<Response, Refused> {
    let session = session(call)?;
    if asking.method == "ping" {
        // That the process must be there for it, nobody says; and it would never be idle.
        return Ok(stream::message(StatusCode::OK, rpc::answer(&asking.id, Outcome::Result(b"{}"))));
    }
    if matches!(asking.method, "server/discover" | "subscriptions/listen") || asking.method.starts_with("tasks/") {
        return Err(Refused::no_method(StatusCode::OK, format!("There is no {} here in this protocol revision.", shown(asking.method))));
    }
    let in_use = call.life.uses.begin();
    match asking.method {
        "resources/subscribe" => subscribe(call, &session, &asking).await,
        "resources/unsubscribe" => unsubscribe(call, &session, &asking).await,
        "logging/setLevel" => set_level(call, &session, &asking).await,
        _ => pass(call, session, asking, in_use).await,
    }
}

/// Passes a request on to the process.
async fn pass(call: &Call<'_>, session: SessionId, asking: Asking<'_>, in_use: Use) -> Result<Response, Refused> {
    let running = call.life.running().await?;
    let Asking { id, method, mut params } = asking;
    let about = |session: &mut Session| (session.client.clone(), session.level);
    let (client, level) = call.life.shared.hearers.session(&call.caller, &session, about).unwrap_or_default();
    let level = match running.greeting.era {
        Era::Legacy => Some(level.unwrap_or(Level::Info)),
        Era::Modern => {
            era::described(&mut params, client);
            params.meta.remove(LOG_LEVEL);
            if let Some(level) = level {
                params.meta.set(LOG_LEVEL, raw(level.name()));
            }
            level
        }
    };
    let token = params.meta.get("progressToken").and_then(RequestId::read);
    let asker = Some(Asker { caller: call.caller.clone(), session: Some(session), id: id.clone(), token, level });
    let asked = running.wire.ask(Question { method, params, asker, when_dropped: WhenDropped::Leave }).await?;
    let rendering = Rendering { id, client: Era::Legacy, method: method.to_owned(), running };
    let (takes_streams, keep_alive) = (headers::takes_streams(call.headers), call.life.shared.settings.keep_alive);
    Ok(stream::answer(asked, rendering, takes_streams, keep_alive, in_use).await)
}

fn done(asking: &Asking<'_>, outcome: Outcomes) -> Result<Response, Refused> {
    let frame = match outcome? {
        Ok(()) => rpc::answer(&asking.id, Outcome::Result(b"{}")),
        Err(error) => rpc::answer(&asking.id, Outcome::Error(&error)),
    };
    Ok(stream::message(StatusCode::OK, frame))
}

async fn subscribe(call: &Call<'_>, session: &SessionId, asking: &Asking<'_>) -> Result<Response, Refused> {
    let uri = uri(asking)?;
    let running = call.life.running().await?;
    if !running.greeting.can.subscribes {
        return Err(Refused::no_method(StatusCode::OK, "This server does not tell when resources change.".to_owned()));
    }
    let hearers = &call.life.shared.hearers;
    // Before the process is asked: what it tells from then on must be heard.
    let Some(is_new) = hearers.add(&call.caller, session, &uri) else {
        return Err(Refused::wrong(code::INVALID_PARAMS, "The session is told about as many resources as there may be."));
    };
    let outcome = running.want(&uri).await;
    if is_new && !matches!(outcome, Ok(Ok(()))) {
        hearers.session(&call.caller, session, |session| session.uris.remove(&uri));
    }
    done(asking, outcome)
}

async fn unsubscribe(call: &Call<'_>, session: &SessionId, asking: &Asking<'_>) -> Result<Response, Refused> {
    let uri = uri(asking)?;
    let hearers = &call.life.shared.hearers;
    hearers.session(&call.caller, session, |session| session.uris.remove(&uri));
    match call.life.present() {
        Some(running) if !hearers.wants(&uri) => done(asking, running.unwant(&uri).await),
        Some(_) | None => done(asking, Ok(Ok(()))),
    }
}

fn uri(asking: &Asking<'_>) -> Result<String, Refused> {
    let uri = asking.params.members.value::<String>("uri").filter(|uri| uri.len() <= subscribing::LONGEST_URI);
    uri.ok_or_else(|| Refused::wrong(code::INVALID_PARAMS, "The params name no uri, or too long a one."))
}

async fn set_level(call: &Call<'_>, session: &SessionId, asking: &Asking<'_>) -> Result<Response, Refused> {
    let level = asking.params.members.value::<String>("level").and_then(|level| Level::read(&level));
    let level = level.ok_or_else(|| Refused::wrong(code::INVALID_PARAMS, "The params name no level."))?;
    let running = call.life.running().await?;
    if !running.greeting.can.logs {
        return Err(Refused::no_method(StatusCode::OK, "This server says nothing about a log.".to_owned()));
    }
    let hearers = &call.life.shared.hearers;
    hearers.session(&call.caller, session, |session| session.level = Some(level));
    match (running.greeting.era, hearers.level()) {
        // All sessions share the process: it must say what the most curious of them wants.
        (Era::Legacy, Some(lowest)) => done(asking, running.say(lowest).await),
        (Era::Legacy, None) | (Era::Modern, _) => done(asking, Ok(Ok(()))),
    }
}

/// Takes a notification.
///
/// # Errors
/// [`Refused`].
pub(crate) fn notification(call: &Call<'_>, method: &str, params: &Params<'_>) -> Result<Response, Refused> {
    let session = session(call)?;
    // The others are about what Doorward offers to no server, or are for a session of its own.
    if method == "notifications/cancelled"
        && let Some(id) = params.members.get("requestId").and_then(RequestId::read)
        && let Some(running) = call.life.present()
    {
        running.wire.cancel(&session, &id);
    }
    Ok(stream::empty(StatusCode::ACCEPTED))
}

/// Takes an answer. Doorward asked nothing.
///
/// # Errors
/// [`Refused`].
pub(crate) fn answer(call: &Call<'_>) -> Result<Response, Refused> {
    session(call).map(|_| stream::empty(StatusCode::ACCEPTED))
}

/// A stream that is closed when its client has gone.
struct Listening {
    life: Arc<Life>,
    session: SessionId,
    number: u64,
    _use: Use,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.life.shared.hearers.stream_closed(&self.session, self.number);
    }
}

/// Opens the stream of a session.
pub(crate) async fn get(call: &Call<'_>) -> Response {
    let session = match session(call) {
        Ok(session) if headers::takes_streams(call.headers) => session,
        Ok(_) => {
            let message = "This is a stream: the client must accept text/event-stream.";
            return stream::refusal(StatusCode::NOT_ACCEPTABLE, None, code::INVALID_REQUEST, message, None);
        }
        Err(refused) => return refused.into_response(None),
    };
    let in_use = call.life.uses.begin();
    let Some((events, number)) = call.life.shared.hearers.stream(&session) else {
        return stream::empty(StatusCode::NOT_FOUND);
    };
    let listening = Listening { life: Arc::clone(call.life), session, number, _use: in_use };
    match call.life.present() {
        Some(running) => drop(tokio::spawn(async move { running.want_lists().await })),
        // A process that starts asks for itself.
        None => call.life.wake(),
    }
    stream::heard(None, events, call.life.shared.settings.keep_alive, listening)
}

/// Ends a session.
pub(crate) fn delete(call: &Call<'_>) -> Response {
    match session(call) {
        Ok(session) => {
            let hearers = &call.life.shared.hearers;
            let uris = hearers.session(&call.caller, &session, |session| std::mem::take(&mut session.uris)).unwrap_or_default();
            hearers.close(&session);
            subscribing::forget(call.life, uris.into_iter().collect());
            stream::empty(StatusCode::NO_CONTENT)
        }
        Err(refused) => refused.into_response(None),
    }
}
