//! Which era a process speaks, and what it says about itself: the first words (MCP 2026-07-28, "stdio: Backward Compatibility").

use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::{
    flight::{Answered, Asked, WhenDropped},
    object::{Object, raw},
    rpc::{self, Outcome, Params, code},
    session::Version,
    trouble::Trouble,
    wire::{Question, Wire},
};

/// The revision of today that Doorward speaks.
pub(crate) const MODERN: &str = "2026-07-28";
/// Members of `_meta` (MCP 2026-07-28, "General fields").
pub(crate) const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
pub(crate) const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
pub(crate) const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
pub(crate) const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// How much a server may say about itself, in bytes. It is kept as long as it runs.
const LONGEST: usize = 1024 * 1024;

/// How a process is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// Each request by itself: 2026-07-28.
    Modern,
    /// In a session that was begun: 2025-11-25 and before.
    Legacy,
}

/// What a process said about itself.
#[derive(Debug)]
pub(crate) struct Greeting {
    pub(crate) era: Era,
    /// The revision it speaks.
    pub(crate) version: String,
    /// The result of `server/discover` or of `initialize`.
    pub(crate) result: Box<RawValue>,
    /// Its name and version.
    pub(crate) info: Option<Box<RawValue>>,
    pub(crate) can: Abilities,
}

/// What it can do, as far as Doorward must know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Abilities {
    pub(crate) tells_tools: bool,
    pub(crate) tells_prompts: bool,
    pub(crate) tells_resources: bool,
    pub(crate) subscribes: bool,
    pub(crate) logs: bool,
}

impl Abilities {
    /// Those in the result of a greeting.
    fn of(result: &Object<'_>) -> Self {
        let capabilities = result.get("capabilities").and_then(Object::read).unwrap_or_default();
        let has = |name: &str, flag: &str| {
            let part = capabilities.get(name).and_then(Object::read);
            part.and_then(|part| part.value(flag)).unwrap_or(false)
        };
        Self {
            tells_tools: has("tools", "listChanged"),
            tells_prompts: has("prompts", "listChanged"),
            tells_resources: has("resources", "listChanged"),
            subscribes: has("resources", "subscribe"),
            logs: capabilities.get("logging").is_some(),
        }
    }
}

/// What a process answered.
enum Reply {
    Result(Box<RawValue>),
    Error { code: i64, message: String, data: Option<Box<RawValue>> },
}

/// Greets a process: with the question of today, if `probe` says so, and if it does not know that, as before; `as_before` is called
/// then. Whoever calls this sees to it that it ends when the process does.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn greet(wire: &Wire, probe: bool, as_before: impl FnOnce()) -> Result<Greeting, Trouble> {
    let mut pending = None;
    if probe {
        let mut asked = ask(wire, "server/discover", discover()).await?;
        match timeout(wire.shared.settings.probe, reply(wire, &mut asked)).await {
            Ok(reply) => {
                if let Some(greeting) = modern(reply?, wire)? {
                    return Ok(greeting);
                }
            }
            // It may be slow, and answer both questions.
            Err(_) => pending = Some(asked),
        }
    }
    as_before();
    let mut asked = ask(wire, "initialize", initialize()).await?;
    match reply(wire, &mut asked).await? {
        Reply::Result(result) => {
            wire.tell("notifications/initialized", Params::default());
            Ok(legacy(&result))
        }
        Reply::Error { message, .. } => {
            // Not as before: then the answer to the first question counts.
            if let Some(mut pending) = pending
                && let Ok(first) = timeout(wire.shared.settings.probe, reply(wire, &mut pending)).await
                && let Some(greeting) = modern(first?, wire)?
            {
                return Ok(greeting);
            }
            Err(refused(wire, &message))
        }
    }
}

async fn ask(wire: &Wire, method: &str, params: Params<'_>) -> Result<Asked, Trouble> {
    // Taking it back would be one more message that an older server may not expect.
    wire.ask(Question { method, params, asker: None, when_dropped: WhenDropped::Leave }).await
}

async fn reply(wire: &Wire, asked: &mut Asked) -> Result<Reply, Trouble> {
    let server = || wire.shared.server.clone();
    let said = match asked.answer().await {
        Answered::Said(said) => said,
        Answered::Gone(trouble) => return Err(trouble),
        Answered::Full | Answered::Withdrawn => return Err(Trouble::Full { server: server() }),
    };
    match said.outcome {
        Outcome::Result(result) if result.len() > LONGEST => Err(refused(wire, "What it says about itself has no end.")),
        Outcome::Result(result) => {
            let text = String::from_utf8_lossy(&result).into_owned();
            Ok(Reply::Result(RawValue::from_string(text).unwrap_or_default()))
        }
        Outcome::Error(error) => {
            let (code, message) = rpc::read_error(&error);
            let data = serde_json::from_slice::<Object<'_>>(&error).ok().and_then(|error| error.get("data").map(ToOwned::to_owned));
            Ok(Reply::Error { code, message, data })
        }
    }
}

fn refused(wire: &Wire, message: &str) -> Trouble {
    Trouble::RefusedAtStart { server: wire.shared.server.clone(), said: wire.shared.log.shown(message) }
}

/// What the answer to the question of today says: the greeting of a server of today, or `None` for one of before.
fn modern(reply: Reply, wire: &Wire) -> Result<Option<Greeting>, Trouble> {
    match reply {
        Reply::Result(result) => {
            let members = Object::read(&result).unwrap_or_default();
            let versions: Vec<String> = members.value("supportedVersions").unwrap_or_default();
            if !versions.iter().any(|version| version == MODERN) {
                return Ok(None);
            }
            let meta = members.get("_meta").and_then(Object::read).unwrap_or_default();
            // Drafts of the revision had it in the result itself.
            let info = meta.get(SERVER_INFO).or(members.get("serverInfo")).map(ToOwned::to_owned);
            let can = Abilities::of(&members);
            Ok(Some(Greeting { era: Era::Modern, version: MODERN.to_owned(), info, can, result: result.clone() }))
        }
        // A server of today that does not speak this revision: it may know an older one, or says so.
        Reply::Error { code: code::UNSUPPORTED_VERSION, message, data } => {
            let supported: Vec<String> =
                data.as_deref().and_then(Object::read).and_then(|data| data.value("supported")).unwrap_or_default();
            let knows_older = supported.iter().any(|version| version.as_str() < MODERN);
            if knows_older { Ok(None) } else { Err(refused(wire, &format!("{message} It supports {}.", supported.join(", ")))) }
        }
        Reply::Error { code: code::HEADER_MISMATCH | code::MISSING_CAPABILITY, message, .. } => Err(refused(wire, &message)),
        Reply::Error { .. } => Ok(None),
    }
}

fn legacy(result: &RawValue) -> Greeting {
    let members = Object::read(result).unwrap_or_default();
    let (version, info) = (members.value("protocolVersion"), members.get("serverInfo").map(ToOwned::to_owned));
    let version = version.unwrap_or_else(|| Version::LATEST.text().to_owned());
    Greeting { era: Era::Legacy, version, info, can: Abilities::of(&members), result: result.to_owned() }
}

/// Doorward as a client. It shares a server between programs, so it offers it nothing that belongs to one of them.
fn client() -> Box<RawValue> {
    raw(&serde_json::json!({ "name": "doorward", "title": "Doorward", "version": env!("CARGO_PKG_VERSION") }))
}

fn discover() -> Params<'static> {
    let mut params = Params::default();
    described(&mut params, None);
    params
}

/// Adds what each request of today must carry.
pub(crate) fn described<'a>(params: &mut Params<'a>, info: Option<Box<RawValue>>) {
    params.meta.set(PROTOCOL_VERSION, raw(MODERN));
    params.meta.set(CLIENT_INFO, info.unwrap_or_else(client));
    params.meta.set(CLIENT_CAPABILITIES, raw(&serde_json::json!({})));
}

fn initialize() -> Params<'static> {
    let mut params = Params::default();
    params.members.set("protocolVersion", raw(Version::LATEST.text()));
    params.members.set("capabilities", raw(&serde_json::json!({})));
    params.members.set("clientInfo", client());
    params
}
