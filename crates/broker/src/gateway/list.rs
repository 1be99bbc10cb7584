//! Asks a server for its tools, as a client of either era: first as one of today (MCP 2026-07-28, without a session), and if
//! the server does not know that, as one of before (2025-11-25: begin, list, end).

use std::time::Duration;

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
        header::{ACCEPT, CONTENT_TYPE},
    },
};
use doorward_oauth::name::DisplayName;
use doorward_stdio::CallerKey;
use doorward_words::Said;
use futures_util::StreamExt;
use reqwest::Client;
use serde_json::{Value, json};

use super::{
    SESSION,
    sse::{self, Events},
};
use crate::broker::{Listed, NotListed};

const MODERN: &str = "2026-07-28";
const LEGACY: &str = "2025-11-25";
/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same for a server that has to be started first: the first time, it may have to be fetched.
const START: Duration = Duration::from_secs(120);
/// How much of what a server says is read, in bytes: all its answers together.
const MOST: usize = 16 * 1024 * 1024;
/// How many tools a server may have.
const TOOLS: usize = 1_000;
/// How many pages a list may have.
const PAGES: u32 = 100;

fn strange(what: &'static str) -> NotListed {
    NotListed::Strange(Said::plain(what))
}

/// Where a server is asked.
pub(super) enum At<'a> {
    /// At an address, with the headers that let Doorward in.
    Address { http: &'a Client, url: &'a str, headers: HeaderMap },
    /// A process, which is started for it.
    Command(doorward_stdio::Server),
}

/// What a server has: its tools in its order, each as it describes it, and whether it has prompts and resources.
///
/// # Errors
/// [`NotListed`].
pub(super) async fn tools(at: &At<'_>) -> Result<Listed, NotListed> {
    let mut server = Server { at, unread: MOST };
    let asking = async {
        match server.list_as_today().await {
            Err(Asked::Older) => server.list_as_before().await,
            Err(Asked::NotListed(why)) => Err(why),
            Ok(listed) => Ok(listed),
        }
    };
    let patience = match at {
        At::Address { .. } => PATIENCE,
        At::Command(_) => START,
    };
    tokio::time::timeout(patience, asking).await.unwrap_or(Err(NotListed::Silent))
}

/// The server that is asked.
struct Server<'a> {
    at: &'a At<'a>,
    /// How much more of what it says is read, in bytes.
    unread: usize,
}

/// How it is asked.
enum Way {
    /// As a client of today: each message for itself.
    Today,
    /// As a client of before: in a session that was begun.
    Before { version: String, session: Option<HeaderValue> },
}

/// What became of asking as a client of today.
enum Asked {
    /// It answers, and not to that.
    Older,
    NotListed(NotListed),
}

impl From<NotListed> for Asked {
    fn from(why: NotListed) -> Self {
        Self::NotListed(why)
    }
}

impl Way {
    /// The headers of a message that is sent so.
    fn headers(&self, method: &str) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).ok();
        let named = match self {
            Self::Today => vec![("mcp-protocol-version", value(MODERN)), ("mcp-method", value(method))],
            Self::Before { version, session } => vec![("mcp-protocol-version", value(version)), ("mcp-session-id", session.clone())],
        };
        named.into_iter().filter_map(|(name, value)| Some((HeaderName::from_static(name), value?))).collect()
    }

    fn params(&self, cursor: Option<String>) -> Value {
        let mut params = match self {
            Self::Today => json!({ "_meta": {
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": client(),
            } }),
            Self::Before { .. } => json!({}),
        };
        if let Some(cursor) = cursor {
            params["cursor"] = cursor.into();
        }
        params
    }
}

impl Server<'_> {
    /// The whole of a list that comes in pages.
    async fn list(&mut self, way: &Way) -> Result<Vec<Value>, Asked> {
        let (mut all, mut cursor) = (Vec::new(), None);
        for _ in 0..PAGES {
            let mut answer = self.page(way, cursor).await?;
            match answer["result"]["tools"].take() {
                Value::Array(tools) if all.len() + tools.len() <= TOOLS => all.extend(tools),
                Value::Array(_) => return Err(NotListed::Strange(Said::plain("list-too-many").counting("n", TOOLS)).into()),
                _ => return Err(strange("list-none").into()),
            }
            cursor = answer["result"]["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return Ok(all);
            }
        }
        Err(strange("list-endless").into())
    }

    async fn page(&mut self, way: &Way, cursor: Option<String>) -> Result<Value, Asked> {
        self.ask(way, "tools/list", cursor).await
    }

    async fn ask(&mut self, way: &Way, method: &str, cursor: Option<String>) -> Result<Value, Asked> {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": way.params(cursor) });
        let answer = self.send(Method::POST, way.headers(method), Some(&message)).await?;
        let status = answer.status();
        match self.answered(answer).await {
            Ok(answer) if answer.get("result").is_some() => Ok(answer),
            // Whatever else it says to that: the older way finds out whether it is a server at all.
            _ if matches!(way, Way::Today) && !status.is_server_error() => Err(Asked::Older),
            Ok(answer) => {
                // The server's own words, which a terminal will show.
                let said = answer["error"]["message"].as_str().and_then(DisplayName::tame);
                Err(said.map_or_else(|| strange("list-no-result"), |said| NotListed::Strange(Said::verbatim(said.as_str()))).into())
            }
            Err(why) => Err(why.into()),
        }
    }

    async fn list_as_today(&mut self) -> Result<Listed, Asked> {
        let said = self.ask(&Way::Today, "server/discover", None).await?;
        let has = Has::read(&said["result"]["capabilities"]);
        let tools = if has.tools { self.list(&Way::Today).await? } else { Vec::new() };
        Ok(has.with(tools))
    }

    async fn list_as_before(&mut self) -> Result<Listed, NotListed> {
        let (way, has) = self.begin().await?;
        let listed = if has.tools { self.list(&way).await } else { Ok(Vec::new()) };
        if let Way::Before { session: Some(_), .. } = &way {
            // A server that does not let sessions end says so; this one ends by itself then.
            let _ = self.send(Method::DELETE, way.headers(""), None).await;
        }
        let tools = listed.map_err(|asked| match asked {
            Asked::Older => strange("list-no-list"),
            Asked::NotListed(why) => why,
        })?;
        Ok(has.with(tools))
    }

    async fn begin(&mut self) -> Result<(Way, Has), NotListed> {
        let params = json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client() });
        let begin = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let answer = self.send(Method::POST, HeaderMap::new(), Some(&begin)).await?;
        let session = answer.headers().get(SESSION).cloned();
        let begun = self.answered(answer).await?;
        let version = begun["result"]["protocolVersion"].as_str().ok_or_else(|| strange("list-no-version"))?.to_owned();
        let way = Way::Before { version, session };
        let has = Has::read(&begun["result"]["capabilities"]);
        let begun = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        self.send(Method::POST, way.headers(""), Some(&begun)).await?;
        Ok((way, has))
    }

    async fn send(&self, method: Method, mut headers: HeaderMap, message: Option<&Value>) -> Result<Response<Body>, NotListed> {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        let message = message.map(Value::to_string).unwrap_or_default();
        let answer = match self.at {
            At::Address { http, url, headers: own } => {
                let request = http.request(method, *url).headers(headers).headers(own.clone()).body(message);
                let answer = request.send().await.map_err(|error| {
                    tracing::debug!(error = %error.without_url(), "a server was not reached for its tools");
                    NotListed::Silent
                })?;
                let (status, headers) = (answer.status(), answer.headers().clone());
                let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
                (*response.status_mut(), *response.headers_mut()) = (status, headers);
                response
            }
            At::Command(server) => {
                let mut request = Request::new(message.into());
                (*request.method_mut(), *request.headers_mut()) = (method, headers);
                server.call(CallerKey::new("doorward"), request).await
            }
        };
        match answer.status() {
            StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED => Err(NotListed::Login),
            status if status.is_redirection() => Err(strange("list-redirects")),
            _ => Ok(answer),
        }
    }

    /// The JSON-RPC answer in a response: its body, or the first event of it that is one.
    async fn answered(&mut self, response: Response<Body>) -> Result<Value, NotListed> {
        let is_stream = sse::is_stream(response.headers());
        let (mut frames, mut events) = (response.into_body().into_data_stream(), Events::default());
        let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|_| strange("list-no-json"));
        while let Some(frame) = frames.next().await {
            let frame = frame.map_err(|_| strange("list-broke-off"))?;
            self.unread = self.unread.checked_sub(frame.len()).ok_or_else(|| strange("list-endless-answer"))?;
            events.push(&frame);
            while is_stream && let Some(event) = events.next() {
                let data = sse::data(&event);
                // Comments, and what it has to say besides.
                if let Ok(value) = read(&data)
                    && value.get("id").is_some()
                    && value.get("method").is_none()
                {
                    return Ok(value);
                }
            }
        }
        if is_stream { Err(strange("list-no-answer")) } else { read(&events.rest()) }
    }
}

/// What a server says that it has.
struct Has {
    tools: bool,
    prompts: bool,
    resources: bool,
}

impl Has {
    fn read(capabilities: &Value) -> Self {
        let has = |what: &str| capabilities.get(what).is_some_and(|value| !value.is_null());
        Self { tools: has("tools"), prompts: has("prompts"), resources: has("resources") }
    }

    fn with(self, tools: Vec<Value>) -> Listed {
        Listed { tools, prompts: self.prompts, resources: self.resources }
    }
}

fn client() -> Value {
    json!({ "name": "doorward", "version": env!("CARGO_PKG_VERSION") })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::{
        Router,
        http::{HeaderMap, Method, StatusCode, header},
        response::{IntoResponse, Response},
        routing::any,
    };

    use doorward_oauth::{id::ServerName, time::UnixTime};

    use super::*;
    use crate::{
        broker::ToolSource,
        gateway::Upstream,
        secrets::MemoryKeyring,
        store::servers::{Reach, Server},
        vault::Vault,
    };

    /// What a server of a test was sent: method, session, and what was to be done.
    type Seen = Arc<Mutex<Vec<String>>>;

    /// Serves `answer` until the test ends, and asks it for its tools.
    async fn asked(answer: fn(&HeaderMap, &Value) -> Response) -> (Result<Vec<String>, NotListed>, Vec<String>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("bound"));
        let seen = Seen::default();
        let kept = seen.clone();
        let app = Router::new().fallback(any(async move |method: Method, headers: HeaderMap, body: String| {
            let message: Value = serde_json::from_str(&body).unwrap_or_default();
            let session = headers.get(SESSION).map_or("-", |session| session.to_str().expect("text"));
            kept.lock().expect("lock").push(format!("{method} {session} {}", message["method"].as_str().unwrap_or("-")));
            answer(&headers, &message)
        }));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let listed = listed_at(&url).await;
        let names = |listed: Listed| listed.tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect();
        (listed.map(names), seen.lock().expect("lock").clone())
    }

    async fn listed_at(url: &str) -> Result<Listed, NotListed> {
        let name = ServerName::parse("files").expect("a name");
        let reach = Reach::Address { url: url.to_owned(), headers: vec![] };
        let server = Server { name, reach, added_at: UnixTime::from_secs(0), validates: false, paused: false };
        Upstream::new(Vault::new(Arc::new(MemoryKeyring::default()))).tools(&server).await
    }

    fn json(value: Value) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
    }

    /// That list, of a server that has tools.
    fn listing(result: &Value) -> Response {
        let mut result = result.clone();
        result["capabilities"] = json!({ "tools": {} });
        json(json!({ "id": 1, "result": result }))
    }

    fn event(value: &Value) -> Response {
        let body =
            format!(": hello\n\nevent: message\ndata: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}}\n\ndata: {value}\n\n");
        ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
    }

    /// As a server of today, in two pages.
    fn today(headers: &HeaderMap, message: &Value) -> Response {
        assert_eq!(headers["mcp-protocol-version"], MODERN);
        assert_eq!(headers["mcp-method"], message["method"].as_str().expect("a method"));
        assert_eq!(message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"], MODERN);
        match message["params"]["cursor"].as_str() {
            None if message["method"] == "server/discover" => {
                json(json!({ "jsonrpc": "2.0", "id": 1, "result": { "capabilities": { "tools": {}, "prompts": {} } } }))
            }
            None => json(json!({ "jsonrpc": "2.0", "id": 1, "result": { "tools": [{ "name": "a" }], "nextCursor": "more" } })),
            Some("more") => event(&json!({ "jsonrpc": "2.0", "id": 1, "result": { "tools": [{ "name": "b" }] } })),
            Some(other) => panic!("{other}"),
        }
    }

    /// As a server of before, which wants a session.
    fn before(headers: &HeaderMap, message: &Value) -> Response {
        match message["method"].as_str() {
            Some("initialize") => {
                let result = json!({ "protocolVersion": "2025-06-18", "capabilities": { "tools": {} } });
                let mut answer = event(&json!({ "jsonrpc": "2.0", "id": 0, "result": result }));
                answer.headers_mut().insert(SESSION, "s1".parse().expect("text"));
                answer
            }
            _ if !headers.contains_key(SESSION) => (StatusCode::BAD_REQUEST, "no session").into_response(),
            Some("notifications/initialized") => StatusCode::ACCEPTED.into_response(),
            Some("tools/list") => {
                assert_eq!(headers["mcp-protocol-version"], "2025-06-18", "what was agreed on");
                event(&json!({ "jsonrpc": "2.0", "id": 1, "result": { "tools": [{ "name": "old" }] } }))
            }
            _ => StatusCode::OK.into_response(),
        }
    }

    #[tokio::test]
    async fn a_server_of_today_is_asked_page_by_page() {
        let (listed, seen) = asked(today).await;
        assert_eq!(listed, Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(seen, ["POST - server/discover", "POST - tools/list", "POST - tools/list"]);
    }

    #[tokio::test]
    async fn a_server_of_before_is_asked_in_a_session_that_ends() {
        let (listed, seen) = asked(before).await;
        assert_eq!(listed, Ok(vec!["old".to_owned()]));
        let steps =
            ["POST - server/discover", "POST - initialize", "POST s1 notifications/initialized", "POST s1 tools/list", "DELETE s1 -"];
        assert_eq!(seen, steps);
    }

    #[tokio::test]
    async fn a_server_without_tools_is_not_asked_for_them() {
        let (listed, seen) = asked(|_, message| match message["method"].as_str() {
            Some("initialize") => json(json!({ "id": 0, "result": { "protocolVersion": LEGACY, "capabilities": { "prompts": {} } } })),
            _ => (StatusCode::NOT_FOUND, r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#).into_response(),
        })
        .await;
        assert_eq!((listed, seen.len()), (Ok(vec![]), 3), "{seen:?}");
    }

    #[tokio::test]
    async fn what_is_no_list_is_said_to_be_none() {
        let login = asked(|_, _| StatusCode::UNAUTHORIZED.into_response()).await.0;
        assert_eq!(login, Err(NotListed::Login));
        let answers: [fn(&HeaderMap, &Value) -> Response; 8] = [
            |_, _| listing(&json!({ "tools": [{ "name": "x".repeat(MOST / 2) }], "nextCursor": "more" })),
            |_, _| (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/")]).into_response(),
            |_, _| "hello".into_response(),
            |_, _| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            |_, message| json(message.clone()),
            |_, _| listing(&json!({ "tools": vec![json!({ "name": "x" }); TOOLS + 1] })),
            |_, _| listing(&json!({ "tools": "many" })),
            |_, _| listing(&json!({ "tools": [], "nextCursor": "for ever" })),
        ];
        for answer in answers {
            assert!(matches!(asked(answer).await.0, Err(NotListed::Strange(_))));
        }
        assert_eq!(listed_at("http://127.0.0.1:1/").await, Err(NotListed::Silent));
    }
}
