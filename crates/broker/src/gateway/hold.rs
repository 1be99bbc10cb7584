//! Calls that wait for a person. A client that wants to hear how it goes on gets a stream at once; any other waits for its answer.
//! Clients have time-outs, so neither waits for ever: then the call ends with words that say to call again, and the question stays.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use doorward_oauth::{
    consent::{Unanswered, WhyAsked},
    policy::ToolCall,
    tool::Group,
};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::MissedTickBehavior};

use super::{Going, Refused, answers::Answer, sse};
use crate::{
    broker::{Answered, AskedCall, OngoingCall},
    refusal::Refusal,
    server::error,
};

/// How often a client that wants to hear how it goes on is told.
const PROGRESS: Duration = Duration::from_secs(5);
/// The longest answer that is put into a stream as one event, in bytes.
const MOST: usize = 64 * 1024 * 1024;

/// What is to be done with a call once it was asked about.
enum Next {
    PassOn,
    Answer(Answer),
    Refuse(Refusal),
}

/// Holds a call and asks.
pub(super) async fn hold(going: Going, call: OngoingCall, why: WhyAsked) -> Result<Response, Refused> {
    match going.message.progress.clone() {
        Some(token) if takes_streams(&going.head.headers) => Ok(in_a_stream(going, call, why, token)),
        Some(_) | None => in_one_answer(going, call, why).await,
    }
}

fn takes_streams(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/event-stream")))
}

async fn in_one_answer(going: Going, mut call: OngoingCall, why: WhyAsked) -> Result<Response, Refused> {
    let budget = Duration::from_secs(going.app.broker.config().limits.call_seconds);
    let asked = ask(&going, why, budget).await.map_err(|refusal| going.refused(refusal))?;
    match decide(&going, &mut call, asked, true) {
        Next::PassOn => going.pass_on(call).await,
        Next::Answer(answer) => Ok(answer.into_response()),
        Next::Refuse(refusal) => Err(going.refused(refusal)),
    }
}

async fn ask(going: &Going, why: WhyAsked, budget: Duration) -> Result<Option<Answered>, Refusal> {
    let about = AskedCall {
        guarded: &going.guarded,
        tool: going.message.name.as_deref().unwrap_or_default(),
        arguments: going.message.arguments.as_deref(),
        why,
        from: &going.from,
        session: going.session.as_deref(),
        request: going.message.id.as_ref(),
        outlives_connection: !going.of_today(),
    };
    tokio::select! {
        asked = going.app.broker.ask_about(&about, budget) => asked,
        // The connection ends with the access, and with a pause.
        () = going.guarded.taken_back.cancelled() => Err(going.app.broker.why_cut(&going.guarded, Refusal::TakenBack)),
    }
}

/// What becomes of a call. `can_step_up`: its client can still be told to ask for more.
fn decide(going: &Going, call: &mut OngoingCall, asked: Option<Answered>, can_step_up: bool) -> Next {
    let tool = going.message.name.as_deref().unwrap_or_default();
    let group = going.permit.group(tool).unwrap_or(Group::Change);
    let step_up = || going.app.broker.step_up(&going.guarded, going.host, group).filter(|_| can_step_up);
    let (word, text) = match asked {
        Some(Answered::Allowed) => {
            // It may have changed while the call waited.
            let now = going.app.broker.permit(&going.guarded.grant.app, &going.guarded.server.name);
            return match now.map(|permit| going.app.broker.judge_tool(&permit, tool)) {
                Ok(ToolCall::Pass | ToolCall::Ask(_)) => {
                    call.decided(true, "decided-when-asked");
                    Next::PassOn
                }
                Ok(ToolCall::RefuseChanged | ToolCall::RefuseUnknown) => {
                    call.decided(false, "decided-changed-meanwhile");
                    call.ended("ended-refused");
                    Next::Answer(going.asked_by().tool_error(&format!("The server changed {tool} while this call waited. It is paused.")))
                }
                Err(error) => Next::Refuse(error.into()),
            };
        }
        Some(Answered::Denied(None)) => ("decided-denied", format!("The user did not allow this call of {tool}.")),
        Some(Answered::Denied(Some(reason))) => {
            ("decided-denied", format!("The user did not allow this call of {tool}. They say: {reason}"))
        }
        None => (
            "decided-not-yet",
            format!(
                "Doorward is asking the user about this call of {tool}, and they have not answered yet. \
                 Call it again with the same arguments: their answer counts for that call."
            ),
        ),
        Some(Answered::PutOff) => {
            call.decided(false, "decided-put-off");
            call.ended("ended-refused");
            let later = format!("The user will decide about this call of {tool} later. Go on without it, or call it again.");
            return step_up().map_or_else(|| Next::Answer(going.asked_by().tool_error(&later)), Next::Refuse);
        }
        Some(Answered::Unanswered(Unanswered::JustDenied)) => {
            ("decided-denied-before", format!("The user did not allow {tool} a moment ago. Do not call it again now."))
        }
        Some(Answered::Unanswered(Unanswered::Blocked)) => {
            ("decided-not-asked", format!("The user does not want to be asked about this app again. Do not call {tool} again."))
        }
        Some(Answered::Unanswered(why)) => {
            call.decided(false, "decided-could-not-ask");
            call.ended("ended-refused");
            let text = format!("Doorward could not get an answer about this call of {tool}. {why}");
            return step_up().map_or_else(|| Next::Answer(going.asked_by().tool_error(&text)), Next::Refuse);
        }
    };
    call.decided(false, word);
    call.ended("ended-refused");
    Next::Answer(going.asked_by().tool_error(&text))
}

fn in_a_stream(going: Going, call: OngoingCall, why: WhyAsked, token: Value) -> Response {
    let (events, sent) = mpsc::channel::<std::io::Result<Bytes>>(8);
    tokio::spawn(async move {
        tokio::select! {
            () = wait(going, call, why, &token, &events) => {}
            // The client went away.
            () = events.closed() => {}
        }
    });
    let frames = stream::unfold(sent, |mut sent| async move { Some((sent.recv().await?, sent)) });
    let mut response = Response::new(Body::from_stream(frames));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Tells the client that it waits until there is an answer, and then that.
async fn wait(going: Going, mut call: OngoingCall, why: WhyAsked, token: &Value, events: &mpsc::Sender<std::io::Result<Bytes>>) {
    let budget = Duration::from_secs(going.app.broker.config().limits.call_with_progress_seconds);
    let mut ticks = tokio::time::interval(PROGRESS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let asked = {
        let asking = ask(&going, why, budget);
        tokio::pin!(asking);
        let mut told = 0_u32;
        loop {
            tokio::select! {
                asked = &mut asking => break asked,
                _ = ticks.tick() => {
                    told += 1;
                    let _ = events.send(Ok(progress(token, told))).await;
                }
            }
        }
    };
    let next = match asked {
        Ok(asked) => decide(&going, &mut call, asked, false),
        Err(refusal) => Next::Refuse(refusal),
    };
    let id = going.message.id.clone();
    let trace = going.app.broker.trace_id();
    let refused = |refusal: &Refusal| {
        tracing::info!(trace, error = %refusal, "a call was refused in its stream");
        Ok(Bytes::from(format!("data: {}\n\n", error::json_rpc(refusal, id.as_ref()))))
    };
    match next {
        Next::Answer(answer) => drop(events.send(Ok(Bytes::from(answer.into_event()))).await),
        Next::Refuse(refusal) => drop(events.send(refused(&refusal)).await),
        Next::PassOn => match going.pass_on(call).await {
            Ok(response) => relay(response, id.as_ref(), events).await,
            Err(Refused { refusal, .. }) => drop(events.send(refused(&refusal)).await),
        },
    }
}

/// How a client is told that it waits. It counts up and stays below zero, where the server begins to count.
fn progress(token: &Value, told: u32) -> Bytes {
    let params = json!({ "progressToken": token, "progress": -1.0 / f64::from(told), "message": "Waiting for your answer in Doorward" });
    let message = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params });
    Bytes::from(format!("event: message\ndata: {message}\n\n"))
}

/// Puts the server's answer into the stream: its events, or its message as one.
async fn relay(response: Response, id: Option<&Value>, events: &mpsc::Sender<std::io::Result<Bytes>>) {
    let (head, body) = response.into_parts();
    if sse::is_stream(&head.headers) {
        let mut frames = body.into_data_stream();
        while let Some(frame) = frames.next().await {
            if events.send(frame.map_err(std::io::Error::other)).await.is_err() {
                return;
            }
        }
        return;
    }
    let body = http_body_util::Limited::new(body, MOST).collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let is_message = serde_json::from_slice::<serde_json::Map<String, Value>>(&body).is_ok();
    let message = if is_message { String::from_utf8_lossy(&body).into_owned() } else { strange(head.status.as_u16(), id) };
    let _ = events.send(Ok(sse::with_data(b"event: message", &message))).await;
}

fn strange(status: u16, id: Option<&Value>) -> String {
    let message = format!("The server answered with status {status} and no message.");
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32_000, "message": message } }).to_string()
}
