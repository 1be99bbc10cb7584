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
    /// for ever), anything else echoes.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let this = Self { url, seen: Arc::default(), hung_up: Arc::default() };
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

    /// What it was sent.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("lock").clone()
    }

    /// Whether a stream's reader went away.
    pub fn hung_up(&self) -> bool {
        self.hung_up.load(Ordering::SeqCst)
    }
}
