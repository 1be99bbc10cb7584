//! A server to be guarded. It speaks MCP 2025-11-25 (with sessions) and MCP 2026-07-28 (without) over streamable HTTP at one
//! address, and has every tool, prompt and resource that the MCP conformance suite wants of a server of these revisions.

use std::{io, sync::Arc};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, middleware, response::Response, routing::post};
use tokio::{net::TcpListener, task::JoinHandle};

mod catalogue;
mod changes;
mod failure;
mod feed;
mod legacy;
mod message;
mod modern;
mod rebinding;
mod sse;

use message::Message;

/// What the server remembers.
#[derive(Default)]
struct App {
    changes: changes::Changes,
    sessions: legacy::Sessions,
    seal: modern::Seal,
    tasks: modern::Tasks,
}

/// A server in this process. It stops listening when this is dropped.
#[derive(Debug)]
pub struct Upstream {
    url: String,
    serving: JoinHandle<io::Result<()>>,
}

impl Upstream {
    /// Starts one on a loopback port that the system picks.
    ///
    /// # Errors
    /// What binding the port says.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        Ok(Self { url: address(&listener)?, serving: tokio::spawn(serve(listener)) })
    }

    /// The address of its endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The address of the endpoint that is served on `listener`.
///
/// # Errors
/// What the system says when it does not know the port.
pub fn address(listener: &TcpListener) -> io::Result<String> {
    Ok(format!("http://{}/mcp", listener.local_addr()?))
}

/// Serves on `listener` until this is dropped.
///
/// # Errors
/// What accepting connections says.
pub async fn serve(listener: TcpListener) -> io::Result<()> {
    let endpoint = post(posted).get(legacy::get).delete(legacy::delete);
    let app = Router::new().route("/mcp", endpoint).layer(middleware::from_fn(rebinding::refuse)).with_state(Arc::<App>::default());
    axum::serve(listener, app).await
}

/// A message, in the way of the revision that its sender speaks.
async fn posted(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    match Message::read(&body) {
        Err(failure) => failure.response(None),
        Ok(message) if modern::is_meant(&headers, &message) => modern::post(&app, &headers, message).await,
        Ok(message) => legacy::post(&app, &headers, message),
    }
}
