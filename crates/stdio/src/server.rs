//! A server, for whoever owns it.

use std::{fmt, sync::Arc};

use axum::{
    body::Body,
    http::{Request, Response},
};
use bytes::Bytes;
use futures_util::future::join_all;
use tokio::sync::watch;

use crate::{
    caller::CallerKey,
    command::Launch,
    endpoint::{self, Call},
    life::Life,
    log::LogLine,
    settings::Settings,
    state::State,
    wire::Shared,
};

/// An MCP server that speaks over its standard streams, as an HTTP endpoint. Clones are the same server; with the last one its
/// process ends.
#[derive(Clone)]
pub struct Server {
    handle: Arc<Handle>,
}

/// What all clones share. Tasks and streams do not: they end with it.
struct Handle(Arc<Life>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("name", &self.handle.0.shared.server).field("state", &self.state()).finish()
    }
}

impl Server {
    /// A server of that name, which stands in sentences. Nothing is started until it is called.
    pub fn new(name: impl Into<Arc<str>>, launch: Arc<dyn Launch>, settings: Settings) -> Self {
        let shared = Arc::new(Shared::new(name.into(), settings));
        Self { handle: Arc::new(Handle(Life::new(shared, launch))) }
    }

    /// Answers a request to the server's address, of a client of any revision from 2025-03-26 to 2026-07-28. It must have been
    /// authorised, and its Host and Origin checked. Dropping the future is the client's going away.
    ///
    /// It never fails: what goes wrong is a JSON-RPC error with status 502 (the process failed), 503 (it cannot be asked now) or
    /// 504 (it is silent).
    pub async fn call(&self, caller: CallerKey, request: Request<Bytes>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let call = Call { life: &self.handle.0, caller, headers: &head.headers };
        endpoint::answer(call, &head.method, &body).await
    }

    /// What the server is doing.
    pub fn state(&self) -> State {
        self.handle.0.state().borrow().clone()
    }

    /// The same, and each change of it.
    pub fn changes(&self) -> watch::Receiver<State> {
        self.handle.0.state()
    }

    /// The last lines of its log, the oldest first. They are in memory only.
    pub fn log(&self) -> Vec<LogLine> {
        self.handle.0.shared.log.lines()
    }

    /// How many lines there were so far, and each change of that.
    pub fn log_changes(&self) -> watch::Receiver<u64> {
        self.handle.0.shared.log.watch()
    }

    /// Ends the process and everything that it started, and waits for that. Requests that are under way fail, subscriptions
    /// end. Sessions stay, and the next call starts the process again.
    pub async fn stop(&self) {
        self.handle.0.stop().await;
    }

    /// Ends the process, if there is one, and begins to start it anew.
    pub async fn restart(&self) {
        self.handle.0.stop().await;
        self.handle.0.wake();
    }
}

/// Ends the processes of all these servers, and waits for that.
pub async fn stop_all(servers: impl IntoIterator<Item = Server>) {
    join_all(servers.into_iter().map(|server| async move { server.stop().await })).await;
}
