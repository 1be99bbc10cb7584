//! A server to be guarded, which keeps what it was sent and answers as told.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::any,
};
use futures_util::StreamExt;
use serde_json::{Value, json};

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: Method,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A server behind Doorward.
#[derive(Clone)]
pub struct Upstream {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    hung_up: Arc<AtomicBool>,
    list: Arc<Mutex<Vec<Value>>>,
}

/// Sets a flag when the answer it belongs to is dropped.
struct Notice(Arc<AtomicBool>);

impl Drop for Notice {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Upstream {
    /// Starts one. The path of the request decides: `/401`, `/redirect`, `/cookies`, `/stream` (an event each 50 ms,
    /// for ever), `/tools` and `/tools-sse` list tools and run them, `/lists` lists them whatever it is asked, `/dies`,
    /// `/endless` and `/endless-event` are bad days, anything else echoes.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let this = Self { url, seen: Arc::default(), hung_up: Arc::default(), list: Arc::default() };
        let kept = this.clone();
        let app = Router::new().fallback(any(move |method: Method, uri: axum::http::Uri, headers: HeaderMap, body: Bytes| {
            let kept = kept.clone();
            async move {
                kept.seen.lock().expect("lock").push(Seen { method, headers, body: body.clone() });
                kept.answer(uri.path(), body)
            }
        }));
        tokio::spawn(async move { axum::serve(listener, app).await });
        this
    }

    fn answer(&self, path: &str, body: Bytes) -> Response {
        match path {
            "/tools" | "/tools-sse" if !body.is_empty() => {
                let answer = self.run(&serde_json::from_slice(&body).expect("JSON"));
                if path == "/tools" {
                    return ([("content-type", "application/json")], answer).into_response();
                }
                let events = format!(": hello\r\n\r\nevent: message\r\nid: 7\r\ndata: {answer}\r\n\r\n");
                ([("content-type", "text/event-stream")], events).into_response()
            }
            // On bad days: an event and a half, and then nothing; an answer, or an event, that does not end.
            "/dies" => {
                let said = futures_util::stream::iter([Ok(Bytes::from("data: {\"a\":1}\n\ndata: {\"half"))]);
                let frames = said.chain(futures_util::stream::once(async {
                    // What was said is on its way by then.
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    Err(std::io::Error::other("it died"))
                }));
                ([("content-type", "text/event-stream")], Body::from_stream(frames)).into_response()
            }
            "/endless" | "/endless-event" => {
                let kind = if path == "/endless" { "application/json" } else { "text/event-stream" };
                let chunk = Bytes::from(vec![b'x'; 1 << 20]);
                let begin = futures_util::stream::iter([Ok::<_, Infallible>(Bytes::from("data: "))]);
                let frames = begin.chain(futures_util::stream::iter((0..200).map(move |_| Ok(chunk.clone()))));
                ([("content-type", kind)], Body::from_stream(frames)).into_response()
            }
            // Whatever it is asked, in ways that readers take differently.
            "/lists" => {
                let message: Value = serde_json::from_slice(&body).unwrap_or_default();
                let list = json!({ "jsonrpc": "2.0", "id": 99, "result": { "tools": *self.list.lock().expect("lock") } });
                let (kind, text) = match message["id"].as_i64() {
                    Some(2) => ("application/json", format!("\u{feff}{list}")),
                    Some(3) => ("application/json", format!("{{\"\\ud800\":0,{}", &list.to_string()[1..])),
                    Some(4) => ("text/event-stream", format!(": x\u{2028}data: {list}\n\n")),
                    Some(5) => ("application/json; a=text/event-stream", format!("{list}\n\n")),
                    _ => ("application/json", list.to_string()),
                };
                ([("content-type", kind)], text).into_response()
            }
            "/tools" | "/tools-sse" => self.answer("/stream", body),
            "/401" => (StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer realm=\"mine\"")], "log in").into_response(),
            "/redirect" => (StatusCode::FOUND, [("location", "http://127.0.0.1:1/elsewhere")]).into_response(),
            "/cookies" => {
                let headers =
                    [("set-cookie", "a=b"), ("access-control-allow-origin", "*"), ("www-authenticate", "x"), ("mcp-session-id", "s1")];
                (headers, "{}").into_response()
            }
            "/stream" => {
                let notice = Arc::new(Notice(self.hung_up.clone()));
                let events = futures_util::stream::unfold(0_u32, move |n| {
                    let notice = notice.clone();
                    async move {
                        let _open = notice;
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        Some((Ok::<_, Infallible>(Bytes::from(format!("data: {n}\n\n"))), n + 1))
                    }
                });
                ([("content-type", "text/event-stream"), ("x-accel-buffering", "no")], Body::from_stream(events.boxed())).into_response()
            }
            "/418" => (
                StatusCode::IM_A_TEAPOT,
                [("content-type", "application/json")],
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601}}",
            )
                .into_response(),
            // As older revisions do: who begins is given a session.
            _ if body.windows(12).any(|part| part == b"\"initialize\"") => {
                let session = format!("session-of-the-server-{}", self.seen().len());
                ([("content-type", "application/json"), ("mcp-session-id", session.as_str())], body).into_response()
            }
            _ => ([("content-type", "application/json")], body).into_response(),
        }
    }

    /// From now on it lists these tools.
    pub fn lists(&self, tools: &[Value]) {
        *self.list.lock().expect("lock") = tools.to_vec();
    }

    fn run(&self, message: &Value) -> String {
        let result = match message["method"].as_str() {
            Some("tools/list") => {
                json!({ "ttlMs": 60_000, "cacheScope": "public", "tools": *self.list.lock().expect("lock"), "nextCursor": null })
            }
            Some("server/discover") => json!({ "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {}, "prompts": {} } }),
            Some("tools/call") => json!({ "content": [{ "type": "text", "text": "done" }] }),
            _ => json!({}),
        };
        json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }).to_string()
    }

    /// The tools that it was told to run, in order.
    pub fn ran(&self) -> Vec<String> {
        let seen = self.seen();
        let calls = seen.iter().filter_map(|seen| serde_json::from_slice::<Value>(&seen.body).ok());
        let calls = calls.filter(|message| message["method"] == "tools/call");
        calls.map(|message| message["params"]["name"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// What it was sent.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("lock").clone()
    }

    /// Whether a stream's reader went away.
    pub fn hung_up(&self) -> bool {
        self.hung_up.load(Ordering::SeqCst)
    }
}
