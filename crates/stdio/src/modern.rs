//! Clients of today (MCP 2026-07-28): each request stands by itself, and its headers say what its body says.

use axum::{http::StatusCode, response::Response};
use serde_json::value::RawValue;

use crate::{
    answer::Rendering,
    endpoint::{Asking, Call, Refused},
    era::{CLIENT_CAPABILITIES, CLIENT_INFO, Era, LOG_LEVEL, MODERN, PROTOCOL_VERSION, SERVER_INFO},
    flight::{Asker, WhenDropped},
    headers,
    legacy::capabilities,
    level::Level,
    log::shown,
    object::{Object, raw},
    rpc::{self, Outcome, RequestId, code},
    running::Running,
    session::Version,
    stream, subscribing,
    wire::Question,
};

/// What servers of before know of what clients of today may ask. The rest is answered here, or there is none of it.
const KNOWN_BEFORE: [&str; 8] = [
    "tools/list",
    "tools/call",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "completion/complete",
];

/// What there is no more. None of it may reach a server, which could fall back to the revision of before for everybody.
const GONE: [&str; 5] = ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];

/// All versions that are spoken at this address.
fn supported() -> Vec<&'static str> {
    [MODERN].into_iter().chain(Version::ALL.map(Version::text)).collect()
}

/// Answers a request.
///
/// # Errors
/// [`Refused`].
pub(crate) async fn request(call: &Call<'_>, asking: Asking<'_>) -> Result<Response, Refused> {
    check(call, &asking)?;
    let no_method = |who: &str| Refused::no_method(StatusCode::NOT_FOUND, format!("{who} has no method {}.", shown(asking.method)));
    if GONE.contains(&asking.method) {
        return Err(no_method("This protocol revision"));
    }
    let in_use = call.life.uses.begin();
    let running = call.life.running().await?;
    if asking.method == "server/discover" {
        return Ok(stream::message(StatusCode::OK, rpc::answer(&asking.id, Outcome::Result(discovered(&running).get().as_bytes()))));
    }
    if asking.method == "tools/call"
        && let Some(tool) = asking.params.members.value::<String>("name")
    {
        running.wire.declared.agree(call.headers, &tool, asking.params.members.get("arguments"))?;
    }
    let takes_streams = headers::takes_streams(call.headers);
    if asking.method == "subscriptions/listen" {
        if !takes_streams {
            let message = "A subscription is a stream: the client must accept text/event-stream.".to_owned();
            return Err(Refused::Wrong { status: StatusCode::NOT_ACCEPTABLE, code: code::INVALID_REQUEST, message, data: None });
        }
        if running.greeting.era == Era::Legacy {
            return subscribing::keep(call, running, asking, in_use).await;
        }
    }
    let level = level(&asking)?;
    let Asking { id, method, mut params } = asking;
    if running.greeting.era == Era::Legacy {
        if !KNOWN_BEFORE.contains(&method) {
            return Err(Refused::no_method(StatusCode::NOT_FOUND, format!("This server has no method {}.", shown(method))));
        }
        for member in [PROTOCOL_VERSION, CLIENT_CAPABILITIES, CLIENT_INFO, LOG_LEVEL] {
            params.meta.remove(member);
        }
        if let Some(level) = level.filter(|level| running.greeting.can.logs && running.level().is_none_or(|said| *level < said)) {
            // Without it the request is answered all the same.
            let _ = running.say(level).await;
        }
    }
    let token = params.meta.get("progressToken").and_then(RequestId::read);
    let asker = Some(Asker { caller: call.caller.clone(), session: None, id: id.clone(), token, level });
    let asked = running.wire.ask(Question { method, params, asker, when_dropped: WhenDropped::Cancel }).await?;
    let rendering = Rendering { id, client: Era::Modern, method: method.to_owned(), running };
    let keep_alive = call.life.shared.settings.keep_alive;
    Ok(stream::answer(asked, rendering, takes_streams, keep_alive, in_use).await)
}

/// The order is that of the official servers: what the body must have, what it says of its version, then the headers.
fn check(call: &Call<'_>, asking: &Asking<'_>) -> Result<(), Refused> {
    let meta = &asking.params.meta;
    let version: Option<String> = meta.value(PROTOCOL_VERSION);
    let capabilities = meta.get(CLIENT_CAPABILITIES).and_then(Object::read);
    let twice = [PROTOCOL_VERSION, CLIENT_CAPABILITIES, LOG_LEVEL, "progressToken"].into_iter().find(|member| meta.has_twice(member));
    if let Some(member) = twice {
        return Err(Refused::wrong(code::INVALID_PARAMS, format!("The params have {member} twice in their _meta.")));
    }
    let (Some(version), Some(_)) = (version, capabilities) else {
        let missing = if meta.value::<String>(PROTOCOL_VERSION).is_none() { PROTOCOL_VERSION } else { CLIENT_CAPABILITIES };
        return Err(Refused::wrong(code::INVALID_PARAMS, format!("The params have no {missing} in their _meta, or no sound one.")));
    };
    let named = headers::one(call.headers, &headers::VERSION)?;
    let mismatch = |text: String| Err(headers::Mismatch(text).into());
    match named {
        Some(named) if named != version => {
            return mismatch(format!("MCP-Protocol-Version says {}, the body says {}.", shown(named), shown(&version)));
        }
        Some(_) | None => {}
    }
    if version != MODERN {
        let (message, status) = (format!("Version {} of the protocol is not spoken here.", shown(&version)), StatusCode::BAD_REQUEST);
        let data = raw(&serde_json::json!({ "supported": supported(), "requested": shown(&version) }));
        return Err(Refused::Wrong { status, code: code::UNSUPPORTED_VERSION, message, data: Some(data) });
    }
    if named.is_none() {
        return mismatch(format!("MCP-Protocol-Version is missing. The body says {version}."));
    }
    let name: Option<String> = headers::named_by(asking.method).and_then(|member| asking.params.members.value(member));
    headers::agree(call.headers, asking.method, name.as_deref())?;
    Ok(())
}

fn level(asking: &Asking<'_>) -> Result<Option<Level>, Refused> {
    let Some(named) = asking.params.meta.get(LOG_LEVEL) else { return Ok(None) };
    let level = serde_json::from_str::<String>(named.get()).ok().and_then(|level| Level::read(&level));
    level.map(Some).ok_or_else(|| Refused::wrong(code::INVALID_PARAMS, format!("{LOG_LEVEL} names no level.")))
}

/// What the process said about itself, as a server of today says it.
fn discovered(running: &Running) -> Box<RawValue> {
    let greeting = &running.greeting;
    let said = Object::read(&greeting.result).unwrap_or_default();
    let mut result = match greeting.era {
        Era::Modern => said,
        Era::Legacy => {
            let mut result = Object::default();
            result.set("resultType", raw("complete"));
            result.set("capabilities", capabilities(&said));
            if let Some(instructions) = said.get("instructions") {
                result.set("instructions", instructions.to_owned());
            }
            if let Some(info) = &greeting.info {
                let mut meta = Object::default();
                meta.set(SERVER_INFO, info.clone());
                result.set("_meta", meta.raw());
            }
            result
        }
    };
    result.set("supportedVersions", raw(&supported()));
    for (name, unknown) in [("resultType", raw("complete")), ("ttlMs", raw(&0)), ("cacheScope", raw("private"))] {
        if result.get(name).is_none() {
            result.set(name, unknown);
        }
    }
    result.raw()
}

/// Takes a notification. There is none that means anything here: closing the connection is what takes a request back.
///
/// # Errors
/// [`Refused`] when the headers name another method.
pub(crate) fn notification(call: &Call<'_>, method: &str) -> Result<Response, Refused> {
    let named = headers::one(call.headers, &headers::METHOD)?;
    match named.filter(|named| *named != method) {
        Some(named) => Err(headers::Mismatch(format!("Mcp-Method says {}, the body says {}.", shown(named), shown(method))).into()),
        None => Ok(stream::empty(StatusCode::ACCEPTED)),
    }
}

/// Servers of today ask nothing, so there is nothing to answer.
///
/// # Errors
/// Always.
pub(crate) fn no_answers() -> Result<Response, Refused> {
    Err(Refused::wrong(code::INVALID_REQUEST, "Servers ask nothing in this protocol revision: there is nothing to answer."))
}
