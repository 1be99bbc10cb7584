//! What an App sees of its server's list of tools: those it may use, in the server's order, each as the server wrote it. All else
//! in an answer passes byte for byte.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use doorward_oauth::{
    id::ServerName,
    json::Members,
    tool::{Pin, Tool},
};
use futures_util::{Stream, StreamExt, stream};
use http_body_util::BodyExt;
use memchr::{memchr_iter, memchr2_iter};
use serde_json::{Value, json, value::RawValue};
use tokio::sync::watch;

use super::sse::{self, Events};
use crate::{
    broker::{Broker, Guarded, Permit},
    refusal::Refusal,
};

/// The longest answer that is read as a whole, in bytes, and the longest event.
const MOST: usize = 64 * 1024 * 1024;
/// How many tools a list may have.
const TOOLS: usize = 1_000;

/// Lets an App see of a server's answers what it may see.
#[derive(Clone)]
pub(super) struct Filter {
    broker: Broker,
    guarded: Guarded,
    /// Whether the client reads how long a list may be kept (MCP 2026-07-28 and later).
    of_today: bool,
    /// Whether the stream is one on which a client hears of changes.
    announces: Option<Announces>,
}

/// How a client is told on a stream that its list of tools has changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Announces {
    /// As in revisions with sessions.
    Plainly,
    /// To a subscription, by the id of the request that opened it (MCP 2026-07-28).
    To(Value),
}

impl Filter {
    pub(super) fn new(broker: &Broker, guarded: &Guarded, of_today: bool, announces: Option<Announces>) -> Self {
        Self { broker: broker.clone(), guarded: guarded.clone(), of_today, announces }
    }

    /// Filters an answer. A stream is looked at event by event, anything else as a whole: clients take an answer by its id,
    /// whatever it came as an answer to.
    ///
    /// # Errors
    /// [`Refusal::UpstreamUnreadable`] for what cannot be read: nothing of it passes.
    pub(super) async fn apply(self, response: Response) -> Result<Response, Refusal> {
        let (mut head, body) = response.into_parts();
        if sse::is_stream(&head.headers) {
            head.headers.remove(header::CONTENT_LENGTH);
            // Exactly, so that nobody takes it for something else.
            head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
            return Ok(Response::from_parts(head, Body::from_stream(self.events(body.into_data_stream()))));
        }
        let unreadable = || Refusal::UpstreamUnreadable { server: self.guarded.server.name.to_string() };
        let body = http_body_util::Limited::new(body, MOST).collect().await.map_err(|_| unreadable())?.to_bytes();
        let filtered = self.message(&body).await.map_err(|Unreadable| unreadable())?;
        head.headers.remove(header::CONTENT_LENGTH);
        let Some(filtered) = filtered else { return Ok(Response::from_parts(head, Body::from(body))) };
        head.headers.remove(header::ETAG);
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(Response::from_parts(head, Body::from(filtered)))
    }

    /// The same stream, with each list in it filtered. An event that cannot be judged ends it.
    fn events<E>(
        self,
        frames: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    {
        let news = self.broker.permits_changed();
        let listed = self.announces.is_some().then(|| self.listed()).flatten();
        let state = Passing { frames: Box::pin(frames), events: Events::default(), filter: self, news, listed, broken: None };
        stream::try_unfold(state, |mut state| async move { Ok(state.next().await?.map(|bytes| (bytes, state))) })
    }

    /// The tools that the App finds now.
    fn listed(&self) -> Option<Vec<String>> {
        let permit = self.broker.permit(&self.guarded.grant.app, &self.guarded.server.name).ok()?;
        Some(self.broker.listed_tools(&permit))
    }

    /// An event with its list filtered; `None` for one that passes as it is.
    async fn event(&self, event: &[u8]) -> std::io::Result<Option<Bytes>> {
        if !sse::is_plain(event) {
            return Err(std::io::Error::other("an event of the server can be read in two ways"));
        }
        let data = sse::data(event);
        if !may_name_tools(&data) {
            return Ok(None);
        }
        let filtered = self.message(&data).await.map_err(|Unreadable| std::io::Error::other("a list of the server cannot be read"))?;
        Ok(filtered.map(|filtered| sse::with_data(event, &filtered)))
    }

    /// A message with its list filtered, or several (MCP 2025-03-26); `None` when nothing in it is a list.
    async fn message(&self, message: &[u8]) -> Result<Option<String>, Unreadable> {
        let Ok(text) = std::str::from_utf8(message) else { return Err(Unreadable) };
        if !text.trim_start().starts_with('[') {
            return self.one(text).await;
        }
        let all: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| Unreadable)?;
        let (mut filtered, mut any) = (Vec::with_capacity(all.len()), false);
        for raw in all {
            let one = self.one(raw.get()).await?;
            any |= one.is_some();
            filtered.push(one.unwrap_or_else(|| raw.get().to_owned()));
        }
        Ok(any.then(|| format!("[{}]", filtered.join(","))))
    }

    async fn one(&self, text: &str) -> Result<Option<String>, Unreadable> {
        let Some(members) = object_in(text)? else { return Ok(None) };
        let Some(result) = members.get("result").map_err(|_| Unreadable)? else { return Ok(None) };
        let Some(result) = object_in(result.get())? else { return Ok(None) };
        let Some(tools) = result.get("tools").map_err(|_| Unreadable)? else { return Ok(None) };
        let tools: Vec<&RawValue> = serde_json::from_str(tools.get()).map_err(|_| Unreadable)?;
        if tools.len() > TOOLS {
            return Err(Unreadable);
        }
        let kept = self.kept(&tools).await?;
        let filtered = rebuilt(&result, &kept, self.of_today);
        let others = members.iter().filter(|(name, _)| *name != "result").map(|(name, value)| member(name, value.get()));
        Ok(Some(object(others.chain([member("result", &filtered)]))))
    }

    /// Those of a server's tools that the App finds. What is new to Doorward, or not what it was, is kept in mind first.
    async fn kept<'t>(&self, tools: &[&'t RawValue]) -> Result<Vec<&'t RawValue>, Unreadable> {
        let (app, server): (_, &ServerName) = (&self.guarded.grant.app, &self.guarded.server.name);
        let read: Vec<(&RawValue, String, Pin, Value)> = tools
            .iter()
            .filter_map(|raw| {
                // A description with a member twice could be read as another one than was looked at.
                doorward_oauth::json::canonical(raw).ok()?;
                let definition: Value = serde_json::from_str(raw.get()).ok()?;
                let tool = Tool::read(&definition)?;
                Some((*raw, tool.name, tool.pin, definition))
            })
            .collect();
        let mut permit = self.broker.permit(app, server).map_err(|_| Unreadable)?;
        let is_news = |(_, name, pin, _): &&(&RawValue, String, Pin, Value)| !permit.knows(name, *pin);
        let news: Vec<Value> = read.iter().filter(is_news).map(|(.., definition)| definition.clone()).collect();
        if !news.is_empty() {
            self.broker.note_list(server, news).await.map_err(|_| Unreadable)?;
            permit = self.broker.permit(app, server).map_err(|_| Unreadable)?;
        }
        let permit: &Permit = &permit;
        Ok(read.iter().filter(|(_, name, pin, _)| self.broker.lists_tool(permit, name, *pin)).map(|(raw, ..)| *raw).collect())
    }
}

/// A stream on its way.
struct Passing<S> {
    frames: std::pin::Pin<Box<S>>,
    events: Events,
    filter: Filter,
    /// Says when people change what Apps may use.
    news: watch::Receiver<u64>,
    /// The tools that the client was last told of; `None` where it is not told.
    listed: Option<Vec<String>>,
    /// Why nothing more passes.
    broken: Option<std::io::Error>,
}

impl<S, E> Passing<S>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// The next events.
    async fn next(&mut self) -> std::io::Result<Option<Bytes>> {
        loop {
            let passed = self.complete().await;
            if !passed.is_empty() {
                return Ok(Some(passed));
            }
            if let Some(broken) = self.broken.take() {
                return Err(broken);
            }
            if self.events.len() > MOST {
                return Err(std::io::Error::other("an event of the server does not end"));
            }
            tokio::select! {
                frame = self.frames.next() => match frame {
                    Some(frame) => self.events.push(&frame.map_err(std::io::Error::other)?),
                    // What is left is no event: nobody may read it.
                    None => return Ok(None),
                },
                Ok(()) = self.news.changed(), if self.listed.is_some() => {
                    let now = self.filter.listed();
                    if now != self.listed && now.is_some() {
                        self.listed = now;
                        return Ok(self.filter.announces.as_ref().map(Announces::event));
                    }
                }
            }
        }
    }
}

impl<S> Passing<S> {
    /// All events that are complete, judged. Those that follow one another as they came are not copied.
    async fn complete(&mut self) -> Bytes {
        let mut passed = BytesMut::new();
        while self.broken.is_none()
            && let Some(event) = self.events.next()
        {
            match self.filter.event(&event).await {
                Ok(None) => passed.unsplit(event),
                Ok(Some(filtered)) => passed.extend_from_slice(&filtered),
                Err(why) => self.broken = Some(why),
            }
        }
        passed.freeze()
    }
}

impl Announces {
    fn event(&self) -> Bytes {
        let mut message = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" });
        if let Self::To(subscription) = self {
            message["params"] = json!({ "_meta": { "io.modelcontextprotocol/subscriptionId": subscription } });
        }
        Bytes::from(format!("event: message\ndata: {message}\n\n"))
    }
}

/// It cannot be read as what it says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unreadable;

/// Whether a message could have a member that some reader takes for a list of tools, however that spells it: in any case, or with
/// escapes. What could not is not read any further.
fn may_name_tools(message: &[u8]) -> bool {
    let named = |at: usize| at.checked_sub(3).is_some_and(|begin| message[begin..at].eq_ignore_ascii_case(b"too"));
    let spells = |at: usize| !matches!(message.get(at + 1), Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'));
    memchr2_iter(b'l', b'L', message).any(named) || memchr_iter(b'\\', message).any(spells)
}

/// The object that a text is. `None` for what no reader takes for one; what one could, and we cannot, is an error.
fn object_in(text: &str) -> Result<Option<Members<'_>>, Unreadable> {
    // Some readers pass over a byte order mark.
    let begin = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    match Members::read(text) {
        Ok(members) => Ok(Some(members)),
        Err(_) if begin.starts_with(['{', '[']) => Err(Unreadable),
        Err(_) => Ok(None),
    }
}

/// A result with other tools, and only for this client to keep (MCP 2026-07-28, "Caching").
fn rebuilt(result: &Members<'_>, tools: &[&RawValue], of_today: bool) -> String {
    let list: Vec<&str> = tools.iter().map(|raw| raw.get()).collect();
    let mut scoped = false;
    let members: Vec<String> = result
        .iter()
        .map(|(name, value)| match name {
            "tools" => member(name, &format!("[{}]", list.join(","))),
            "cacheScope" => {
                scoped = true;
                member(name, "\"private\"")
            }
            _ => member(name, value.get()),
        })
        .collect();
    let private = (of_today && !scoped).then(|| member("cacheScope", "\"private\""));
    object(members.into_iter().chain(private))
}

fn member(name: &str, value: &str) -> String {
    format!("{}:{value}", Value::from(name))
}

fn object(members: impl IntoIterator<Item = String>) -> String {
    format!("{{{}}}", members.into_iter().collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_tools_is_looked_for_however_it_is_spelled() {
        let result = |member: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{{member}:[]}}}}"#);
        for spelled in
            [r#""tools""#, r#""Tools""#, r#""TOOLS""#, "\"tool\u{17f}\"", r#""\u0074ools""#, r#""t\x6fols""#, r#""to\ols""#, "'tools'"]
        {
            assert!(may_name_tools(result(spelled).as_bytes()), "{spelled}");
        }
        for other in [r#""content""#, r#""to\nols""#, r#""too""#, r#""ool""#, r#""\"""#] {
            assert!(!may_name_tools(result(other).as_bytes()), "{other}");
        }
        assert!(!may_name_tools(b"ool"));
        assert!(may_name_tools(b"\"\\"), "an escape that is not complete");
    }
}
