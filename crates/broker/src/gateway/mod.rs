//! The way from a guarded address to the server behind it.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use doorward_oauth::{issuer::LoopbackName, json::Members};
use futures_util::StreamExt;
use serde_json::Value;

use crate::{
    broker::{CallAbout, Connection, Guarded, OngoingCall, Permit, UseToken},
    refusal::{BadMessage, Refusal},
    server::{App, LoopbackHost, body, error},
};

mod answers;
mod commands;
mod filter;
mod hold;
mod http;
mod judge;
mod list;
mod message;
mod sse;

pub(crate) use http::Upstream;

use answers::For;
use filter::{Announces, Filter};
use judge::Verdict;
use message::Message;

/// How long a client may take to send one message.
const MESSAGE: Duration = Duration::from_secs(60);
/// The header that names a session (MCP 2025-11-25 and older).
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// A refusal, with the id of the request that is refused, where there is one.
struct Refused {
    refusal: Refusal,
    id: Option<Value>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, id: None }
    }
}

/// Any request to `/mcp/NAME`. The token is checked before the method and before the body is read.
pub(crate) async fn call(
    State(app): State<App>,
    Extension(LoopbackHost(host)): Extension<LoopbackHost>,
    Extension(from): Extension<Connection>,
    Path(server): Path<String>,
    request: Request,
) -> Response {
    pass(&app, &server, host, from, request).await.unwrap_or_else(|Refused { refusal, id }| match refusal {
        Refusal::UnknownServer => refusal.into_response(),
        other => error::render_for(&other, error::Shape::JsonRpc, id.as_ref()),
    })
}

/// Judges a request, and passes it on.
async fn pass(app: &App, server: &str, host: LoopbackName, from: Connection, request: Request) -> Result<Response, Refused> {
    // What methods there are is no secret (RFC 9110 §9.3.7); no server hears of the question.
    if request.method() == Method::OPTIONS && app.broker.is_guarded(server) {
        return Ok((StatusCode::NO_CONTENT, [(header::ALLOW, "POST, GET, DELETE, OPTIONS")]).into_response());
    }
    let guarded = app.broker.guard(server, host, bearer(request.headers())?).await?;
    let (head, body) = request.into_parts();
    let body = body::read(body, app.broker.config().limits.mcp_body, MESSAGE).await?;
    // Streams are opened and sessions are ended without a message. Whatever has a body is one.
    if head.method != Method::POST && body.is_empty() {
        let session = own_session(app, &guarded, &head.headers)?;
        let announces = (head.method == Method::GET).then_some(Announces::Plainly);
        return forward(app, &guarded, head, body, Passage { session, of_today: false, announces, is_call: false })
            .await
            .map_err(Refused::from);
    }
    let message = Message::read(&body).map_err(Refusal::from)?;
    let refused = |refusal| Refused { refusal, id: message.id.clone() };
    message.agrees_with(&head.headers).map_err(|bad| refused(bad.into()))?;
    let session = own_session(app, &guarded, &head.headers).map_err(refused)?;
    let permit = app.broker.permit(&guarded.grant.app, &guarded.server.name).map_err(|error| refused(error.into()))?;
    let going = Going { app: app.clone(), guarded, permit, head, body, message, session, host, from };
    going.on().await
}

/// A message on its way.
struct Going {
    app: App,
    guarded: Guarded,
    /// What the App may do.
    permit: Arc<Permit>,
    head: Parts,
    body: Bytes,
    message: Message,
    /// The session that the client names.
    session: Option<String>,
    host: LoopbackName,
    from: Connection,
}

impl Going {
    fn of_today(&self) -> bool {
        self.message.is_of_today(&self.head.headers)
    }

    fn asked_by(&self) -> For<'_> {
        For { id: self.message.id.as_ref(), of_today: self.of_today() }
    }

    fn refused(&self, refusal: Refusal) -> Refused {
        Refused { refusal, id: self.message.id.clone() }
    }

    /// Judges the message, and passes it on.
    async fn on(self) -> Result<Response, Refused> {
        if let Some(request) = &self.message.cancels {
            self.app.broker.cancel_call(&self.guarded, self.session.as_deref(), request);
        }
        let verdict = judge::judge(&self.app.broker, &self.permit, &self.message, self.asked_by());
        let Some(mut call) = self.begin_call().await else {
            return match verdict {
                Verdict::Pass => self.forward().await,
                Verdict::Refuse(why, answer) => {
                    tracing::info!(trace = self.app.broker.trace_id(), why, "a message was refused");
                    Ok(answer.into_response())
                }
                // Only calls are asked about.
                Verdict::Ask(_) => Err(self.refused(BadMessage::NoMessage.into())),
            };
        };
        match verdict {
            Verdict::Pass => {
                call.decided(true, "decided-allowed");
                self.pass_on(call).await
            }
            Verdict::Refuse(why, answer) => {
                tracing::info!(trace = self.app.broker.trace_id(), why, "a call was refused");
                if why == judge::CHANGED {
                    self.app.broker.ask_about_changes(&self.guarded.server.name, false);
                }
                call.decided(false, why);
                call.ended("ended-refused");
                Ok(answer.into_response())
            }
            Verdict::Ask(why) => {
                call.decided(false, "decided-no-answer");
                hold::hold(self, call, why).await
            }
        }
    }

    /// Begins to write a call down, if it is one that people want to see.
    async fn begin_call(&self) -> Option<OngoingCall> {
        let method = self.message.method.as_deref().filter(|method| is_call(method))?;
        let about = CallAbout {
            method,
            name: self.message.name.as_deref(),
            arguments: self.message.arguments.as_deref(),
            sent: self.body.len(),
            from: &self.from,
        };
        Some(self.app.broker.begin_call(&self.guarded, &self.permit, about).await)
    }

    /// Passes a call on, and writes down what becomes of it.
    async fn pass_on(self, mut call: OngoingCall) -> Result<Response, Refused> {
        let response = self.forward().await.inspect_err(|_| call.ended("ended-server-failed"))?;
        if !response.status().is_success() {
            call.ended("ended-server-refused");
            return Ok(response);
        }
        let (head, body) = response.into_parts();
        // Who reads a body of a known length does not ask for its end.
        let length: Option<u64> = head.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        call.expects(length);
        let mut call = Some(call);
        let frames = body.into_data_stream().map(Some).chain(futures_util::stream::once(async { None }));
        // The last is none: what was before it was all.
        let counted = frames.filter_map(move |frame| {
            match (&frame, &mut call) {
                (Some(Ok(bytes)), Some(call)) => call.received(bytes.len()),
                (Some(Err(_)), _) => {}
                (None, call) => {
                    if let Some(mut call) = call.take() {
                        call.ended("ended-answered");
                    }
                }
                (Some(Ok(_)), None) => {}
            }
            std::future::ready(frame)
        });
        Ok(Response::from_parts(head, Body::from_stream(counted)))
    }

    async fn forward(self) -> Result<Response, Refused> {
        let of_today = self.of_today();
        let Self { app, guarded, head, body, message, session, .. } = self;
        let method = message.method.as_deref();
        let listens = of_today && method == Some("subscriptions/listen") && wants_tool_changes(&body);
        let announces = message.id.clone().filter(|_| listens).map(Announces::To);
        let passage = Passage { session, of_today, announces, is_call: method.is_some_and(is_call) };
        forward(&app, &guarded, head, body, passage).await.map_err(|refusal| Refused { refusal, id: message.id })
    }
}

/// Whether a subscription is to changes of the list of tools (MCP 2026-07-28, `subscriptions/listen`).
fn wants_tool_changes(body: &[u8]) -> bool {
    let wants = || {
        let message = Members::read(std::str::from_utf8(body).ok()?).ok()?;
        let params = message.read_as::<Members<'_>>("params").ok()??;
        let notifications = params.read_as::<Members<'_>>("notifications").ok()??;
        notifications.read_as::<bool>("toolsListChanged").ok()?
    };
    wants().unwrap_or(false)
}

/// Whether a method is a call that people want to see.
fn is_call(method: &str) -> bool {
    matches!(method, "tools/call" | "prompts/get" | "resources/read" | "resources/subscribe")
}

/// What is to be known about a request that passes.
struct Passage {
    session: Option<String>,
    of_today: bool,
    announces: Option<Announces>,
    is_call: bool,
}

/// Passes a request to its server, and the answer back, as far as the App may see it.
async fn forward(app: &App, guarded: &Guarded, head: Parts, body: Bytes, passage: Passage) -> Result<Response, Refusal> {
    let Passage { session, of_today, announces, is_call } = passage;
    let response = app.upstream.forward(guarded, head, body).await.map_err(|refusal| app.broker.why_cut(guarded, refusal))?;
    // Most servers repeat the id in each answer.
    let opened = response.headers().get(SESSION).and_then(|opened| opened.to_str().ok());
    if let Some(opened) = opened.filter(|opened| session.as_deref() != Some(opened)) {
        app.broker.session_opened(guarded, opened).await?;
    }
    // A call is counted by what is written down of it.
    let counted = (!is_call && sse::is_stream(response.headers())).then(|| guarded.count(false));
    let (head, body) = Filter::new(&app.broker, guarded, of_today, announces).apply(response).await?.into_parts();
    let Some(counted) = counted else { return Ok(Response::from_parts(head, body)) };
    let frames = body.into_data_stream().map(move |frame| {
        // It is open for as long as somebody reads it.
        let _ = &counted;
        frame
    });
    Ok(Response::from_parts(head, Body::from_stream(frames)))
}

/// The session that a request names, which must be one of its grant's.
fn own_session(app: &App, guarded: &Guarded, headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut sessions = headers.get_all(SESSION).iter();
    let Some(named) = sessions.next() else { return Ok(None) };
    // Of two, the server could believe the other one.
    let only = if sessions.next().is_none() { named.to_str().ok() } else { None };
    let only = only.ok_or(Refusal::NoSession)?;
    app.broker.check_session(guarded, only)?;
    Ok(Some(only.to_owned()))
}

/// RFC 6750 §2.1: the header, once, and nowhere else (RES-04, RES-07). The scheme's case does not matter.
fn bearer(headers: &HeaderMap) -> Result<UseToken, Refusal> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (sent.next(), sent.next()) {
        (None, _) => return Ok(UseToken::None),
        (Some(value), None) => value.to_str().map_err(|_| Refusal::MalformedToken)?,
        (Some(_), Some(_)) => return Err(Refusal::MalformedToken),
    };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(UseToken::None);
    }
    Ok(UseToken::Bearer(token.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(values: &[&'static str]) -> Result<UseToken, Refusal> {
        let headers = values.iter().map(|value| (header::AUTHORIZATION, value.parse().expect("a value"))).collect();
        bearer(&headers)
    }

    #[test]
    fn res04_res05_one_header_any_case() {
        assert!(matches!(sent(&[]), Ok(UseToken::None)));
        assert!(matches!(sent(&["bEaReR x"]), Ok(UseToken::Bearer(token)) if token == "x"));
        assert!(matches!(sent(&["Bearer"]), Ok(UseToken::Bearer(token)) if token.is_empty()));
        assert!(matches!(sent(&["Basic x"]), Ok(UseToken::None)));
        assert!(matches!(sent(&["Bearer x", "Bearer y"]), Err(Refusal::MalformedToken)));
    }
}
