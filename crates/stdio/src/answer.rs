//! How the answer of a process is told to a client of either era.

use std::sync::Arc;

use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    era::{Era, SERVER_INFO},
    flight::{Answered, Said},
    object::{Object, raw},
    rpc::{self, Outcome, RequestId, code},
    running::Running,
    trouble::Trouble,
    wire::SUBSCRIPTION,
};

/// What an answer is told by.
pub(crate) struct Rendering {
    /// The id that the client knows.
    pub(crate) id: RequestId,
    /// The era of the client.
    pub(crate) client: Era,
    pub(crate) method: String,
    pub(crate) running: Arc<Running>,
}

/// An answer as the client is told it.
pub(crate) enum Told {
    /// A message, and the status it has where it is the whole of an answer.
    Frame(StatusCode, Bytes),
    /// Nothing: the request was taken back.
    Nothing,
    /// There is no answer of the server.
    Trouble(Trouble),
}

/// Results that say how long they may be kept (MCP 2026-07-28, "Caching").
fn is_cacheable(method: &str) -> bool {
    matches!(method, "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list" | "resources/read")
}

impl Rendering {
    /// Tells an answer.
    pub(crate) fn tell(&self, answered: Answered) -> Told {
        let server = || self.running.wire.shared.server.clone();
        let Said { outcome, room } = match answered {
            Answered::Said(said) => said,
            Answered::Full => return Told::Trouble(Trouble::Full { server: server() }),
            Answered::Gone(trouble) => return Told::Trouble(trouble),
            Answered::Withdrawn => return Told::Nothing,
        };
        let (status, mut frame) = match outcome {
            Outcome::Result(result) => {
                if self.method == "tools/list" {
                    self.running.wire.declared.learn(&result);
                }
                match self.client {
                    Era::Modern => (StatusCode::OK, self.modern_result(&result)),
                    Era::Legacy => (StatusCode::OK, self.legacy_result(&result)),
                }
            }
            Outcome::Error(error) => match self.client {
                Era::Modern => self.modern_error(&error),
                Era::Legacy => (StatusCode::OK, rpc::answer(&self.id, Outcome::Error(&error))),
            },
        };
        rpc::one_line(&mut frame);
        Told::Frame(status, room.fill(frame))
    }

    /// With what each result of today must have. What is there stays.
    fn modern_result(&self, result: &[u8]) -> Vec<u8> {
        let Ok(mut members) = serde_json::from_slice::<Object<'_>>(result) else { return self.no_result() };
        let is_legacy = self.running.greeting.era == Era::Legacy;
        let mut changed = false;
        if members.get("resultType").is_none() {
            members.set("resultType", raw("complete"));
            changed = true;
        }
        if is_cacheable(&self.method) && members.value::<String>("resultType").as_deref() == Some("complete") {
            // Nothing is known about how long it holds, nor whether it is the same for everybody.
            for (name, unknown) in [("ttlMs", raw(&0)), ("cacheScope", raw("private"))] {
                if members.get(name).is_none() {
                    members.set(name, unknown);
                    changed = true;
                }
            }
        }
        let text = members.get("_meta").map(ToOwned::to_owned);
        if let (true, Some(info)) = (is_legacy, &self.running.greeting.info)
            && let Some(mut meta) = text.as_deref().map_or_else(|| Some(Object::default()), Object::read)
            && meta.get(SERVER_INFO).is_none()
        {
            meta.set(SERVER_INFO, info.clone());
            members.set("_meta", meta.raw());
            changed = true;
        }
        if !changed {
            return rpc::answer(&self.id, Outcome::Result(result));
        }
        let mut text = Vec::with_capacity(result.len() + 256);
        members.write(&mut text);
        rpc::answer(&self.id, Outcome::Result(&text))
    }

    /// As it is, unless it asks for something that clients of before do not know.
    fn legacy_result(&self, result: &[u8]) -> Vec<u8> {
        if self.running.greeting.era == Era::Modern {
            let kind = serde_json::from_slice::<Object<'_>>(result).ok().and_then(|members| members.value::<String>("resultType"));
            if kind.is_some_and(|kind| kind != "complete") {
                let message = "The server wants to ask for more before it answers, which clients of this protocol revision do not know.";
                return rpc::answer(&self.id, Outcome::Error(rpc::error(code::INTERNAL, message, None).get().as_bytes()));
            }
        }
        rpc::answer(&self.id, Outcome::Result(result))
    }

    fn no_result(&self) -> Vec<u8> {
        let message = "The server answered with something that is no result.";
        rpc::answer(&self.id, Outcome::Error(rpc::error(code::INTERNAL, message, None).get().as_bytes()))
    }

    /// With the status that goes with its code (MCP 2026-07-28, "Streamable HTTP", "General fields").
    fn modern_error(&self, error: &[u8]) -> (StatusCode, Vec<u8>) {
        let status = match rpc::read_error(error).0 {
            code::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
            code::HEADER_MISMATCH | code::MISSING_CAPABILITY | code::UNSUPPORTED_VERSION => StatusCode::BAD_REQUEST,
            // Servers of today must not use this code any more.
            code::RESOURCE_NOT_FOUND if self.running.greeting.era == Era::Legacy => {
                return (StatusCode::OK, rpc::answer(&self.id, Outcome::Error(recoded(error, code::INVALID_PARAMS).as_bytes())));
            }
            _ => StatusCode::OK,
        };
        (status, rpc::answer(&self.id, Outcome::Error(error)))
    }
}

/// The same error under another code.
fn recoded(error: &[u8], code: i64) -> String {
    let mut members = serde_json::from_slice::<Object<'_>>(error).unwrap_or_default();
    members.set("code", raw(&code));
    members.raw().get().to_owned()
}

/// The result that ends a subscription as it should (MCP 2026-07-28, `SubscriptionsListenResult`).
pub(crate) fn subscription_ended(id: &RequestId) -> Box<RawValue> {
    let mut meta = Object::default();
    meta.set(SUBSCRIPTION, id.raw());
    let mut members = Object::default();
    members.set("resultType", raw("complete"));
    members.set("_meta", meta.raw());
    members.raw()
}
