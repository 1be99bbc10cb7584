//! HTTP on the loopback interface: from a connection to a broker verb, and from its answer to bytes.
//!
//! There is no route here that approves anything, and there never will be.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    response::{IntoResponse, Response},
    routing::any,
};
use doorward_words::{Said, Says};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    broker::{Broker, Connection},
    gateway::{self, Upstream},
    peers::User,
    refusal::Refusal,
};

mod authorize;
pub(crate) mod body;
mod cors;
pub mod error;
mod forms;
mod loopback;
mod metadata;
mod page;
mod register;

pub use loopback::LoopbackHost;

/// What every handler works with. Cheap to clone: each request does it several times.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) broker: Broker,
    pub(crate) upstream: Upstream,
    documents: metadata::Documents,
    names: loopback::Names,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// How long open answers may take when Doorward stops.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Every address there is. Where two stand together the second is the one clients fall back to without metadata.
fn routes(app: App) -> Router {
    Router::new()
        .route("/.well-known/oauth-authorization-server", any(metadata::authorization_server))
        .route("/.well-known/oauth-protected-resource", any(metadata::only_resource))
        .route("/.well-known/oauth-protected-resource/mcp/{server}", any(metadata::resource))
        .route("/oauth/register", any(register::register))
        .route("/register", any(register::register))
        .route("/oauth/register/{client}", any(register::manage))
        .route("/oauth/authorize", any(authorize::authorize))
        .route("/authorize", any(authorize::authorize))
        .route("/oauth/authorize/wait/{ticket}", any(authorize::wait))
        .route("/oauth/authorize/wait/{ticket}/hold/{hop}", any(authorize::hold))
        .route("/oauth/device", any(authorize::device))
        .route("/oauth/token", any(forms::token))
        .route("/token", any(forms::token))
        .route("/oauth/revoke", any(forms::revoke))
        .route("/oauth/introspect", any(forms::introspect))
        .route("/oauth/par", any(forms::push))
        .route("/oauth/device_authorization", any(forms::device))
        .route("/oauth/jwks", any(metadata::keys))
        .route("/mcp/{server}", any(gateway::call))
        .route("/mcp/{server}/", any(gateway::call))
        .fallback(elsewhere)
        .with_state(app)
}

/// Everywhere else: an address that the configuration adds for registrations, or nothing. Being asked last, it never takes the
/// place of one of the others.
async fn elsewhere(State(app): State<App>, from: Extension<Connection>, request: Request) -> Result<Response, Refusal> {
    if app.broker.policy().registration.more_paths.iter().any(|path| path == request.uri().path()) {
        return register::register(State(app), from, request).await.map(IntoResponse::into_response);
    }
    Err(Refusal::UnknownPath)
}

/// Before anything else, on every path: whose connection, which host, which origin. And after everything else: headers
/// that keep answers out of caches, frames and other pages.
async fn at_the_door(app: App, routes: Router, mut request: Request) -> Response {
    let shape = error::Shape::of(request.uri().path());
    let wants_problem = error::wants_problem(request.headers());
    let page = cors::origin(&app, &request);
    let response = match loopback::check(&app, &request) {
        // No handler could name what is meant.
        Ok(_) if percent_decode_str(request.uri().path()).decode_utf8().is_err() => error::render(&Refusal::UnknownPath, shape),
        Ok(host) => match page.as_ref().and_then(|_| cors::preflight(&request)) {
            Some(preflight) => preflight,
            None => {
                request.extensions_mut().insert(LoopbackHost(host));
                routes.oneshot(request).await.into_response()
            }
        },
        Err(refusal) => error::render(&refusal, shape),
    };
    let mut response = error::traced(response, wants_problem, || app.broker.trace_id());
    if let Some(origin) = page {
        cors::allow(&mut response, origin);
    }
    let headers = response.headers_mut();
    headers.reserve(SAFE.len());
    for (name, value) in SAFE {
        headers.entry(name).or_insert(value);
    }
    response
}

/// Set on every answer that has none of its own. Guarded servers' answers carry theirs.
const SAFE: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// Refuses a method that an address does not take.
fn only(request: &Request, methods: &[Method], named: &'static str) -> Result<(), Refusal> {
    if methods.contains(request.method()) { Ok(()) } else { Err(Refusal::Method(named)) }
}

/// Why Doorward cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.said())]
pub enum BindError {
    /// Somebody is there already.
    Taken {
        /// The port.
        port: u16,
        /// Who holds it.
        holder: Said,
    },
    /// The system says no.
    Refused {
        /// The port.
        port: u16,
        /// What the system said.
        cause: std::io::Error,
    },
}

impl Says for BindError {
    fn said(&self) -> Said {
        match self {
            Self::Taken { port, holder } => Said::plain("port-taken").with("port", port.to_string()).with_said("holder", holder.clone()),
            Self::Refused { port, cause } => Said::plain("port-refused").with("port", port.to_string()).with("cause", cause.to_string()),
        }
    }
}

impl BindError {
    /// Which port it is about.
    pub const fn port(&self) -> u16 {
        match self {
            Self::Taken { port, .. } | Self::Refused { port, .. } => *port,
        }
    }
}

/// The next port above this one that is free on both loopback addresses; `None` when a hundred of them are not.
pub async fn free_above(port: u16, peers: &dyn crate::peers::PeerLookup) -> Option<u16> {
    for next in (port..u16::MAX).map(|below| below + 1).take(100) {
        if bind(next, peers).await.is_ok() {
            return Some(next);
        }
    }
    None
}

/// Takes the port on both loopback addresses, or neither: whoever held the other one could stand in for Doorward.
///
/// # Errors
/// [`BindError`], naming who holds it.
pub async fn bind(port: u16, peers: &dyn crate::peers::PeerLookup) -> Result<Vec<TcpListener>, BindError> {
    let mut listeners = Vec::new();
    for (host, address) in
        [("127.0.0.1", SocketAddr::from(([127, 0, 0, 1], port))), ("[::1]", SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port)))]
    {
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(cause) if cause.kind() == std::io::ErrorKind::AddrInUse => {
                return Err(BindError::Taken { port, holder: crate::peers::holder_of(peers, host, port) });
            }
            // A computer without IPv6 has nobody there who could stand in for us.
            Err(cause) if address.is_ipv6() && cause.kind() != std::io::ErrorKind::PermissionDenied => {
                tracing::info!(%cause, "no IPv6 loopback on this computer");
            }
            Err(cause) => return Err(BindError::Refused { port, cause }),
        }
    }
    Ok(listeners)
}

/// Serves until `stop`, then lets open answers end.
pub(crate) async fn serve(broker: Broker, upstream: Upstream, listeners: Vec<TcpListener>, stop: CancellationToken) {
    let limits = broker.config().limits.clone();
    let slots = Arc::new(Semaphore::new(limits.connections));
    let parts = Parts {
        upstream,
        broker: broker.clone(),
        documents: metadata::Documents::default(),
        names: loopback::Names::on_port(broker.issuer().port()),
    };
    let app = App(Arc::new(parts));
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, app.clone(), slots.clone(), stop.clone()));
    }
    while accepting.join_next().await.is_some() {}
    // Every connection holds a slot: all of them back means all answers ended.
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(LAST_WORDS, slots.acquire_many(all)).await;
}

async fn accept(listener: TcpListener, app: App, slots: Arc<Semaphore>, stop: CancellationToken) {
    let routes = routes(app.clone());
    let header_time = Duration::from_secs(app.broker.config().limits.header_seconds);
    let mut turned_away = TurnedAway::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: wait for some to come back.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Above the bound a connection is closed at once: better for the others than to let it wait.
        let Ok(slot) = slots.clone().try_acquire_owned() else {
            turned_away.note(|| app.broker.trace_id());
            continue;
        };
        let Ok(ours) = stream.local_addr() else { continue };
        // The kernel answers in microseconds, from its table of connections: cheaper here than on another thread.
        let user = app.broker.peers().user_behind(peer, ours);
        let from = Connection::new(peer, ours);
        let _ = stream.set_nodelay(true);
        let (app, routes, stop) = (app.clone(), routes.clone(), stop.clone());
        let broker = app.broker.clone();
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(from.clone());
                request.extensions_mut().insert(ConnectionUser(user.clone()));
                let answering = at_the_door(app.clone(), routes.clone(), request);
                async { Ok::<_, Infallible>(answering.await) }
            });
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(header_time).max_buf_size(16 * 1024);
            let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    tokio::time::timeout(LAST_WORDS, connection).await.unwrap_or(Ok(()))
                }
            };
            if let Err(error) = ended {
                // What hyper itself answers with 400, 408, 414 or 431 is an error path like any other; who just goes makes none.
                if error.is_parse() || error.is_timeout() {
                    tracing::info!(trace = broker.trace_id(), %error, "what came is no request");
                } else {
                    tracing::debug!(%error, "a connection broke");
                }
            }
            drop(slot);
        });
    }
}

/// Connections that were too many. A flood of them makes one line a second.
#[derive(Default)]
struct TurnedAway {
    since_told: u64,
    told: Option<Instant>,
}

impl TurnedAway {
    fn note(&mut self, trace_id: impl FnOnce() -> String) {
        self.since_told += 1;
        if self.told.is_none_or(|told| told.elapsed() >= Duration::from_secs(1)) {
            tracing::warn!(trace = trace_id(), connections = self.since_told, "there are as many connections as there may be: turned away");
            *self = Self { since_told: 0, told: Some(Instant::now()) };
        }
    }
}

/// Whose connection a request came on.
#[derive(Debug, Clone)]
struct ConnectionUser(User);
