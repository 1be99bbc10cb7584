//! What this computer can do at all: the same HTTP, the same disk, and nothing of Doorward.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use axum::{Router, body::Body, http::StatusCode, response::Response, routing::any};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tower::ServiceExt;

mod mcp;
mod skeleton;
mod sqlite;

pub(crate) use mcp::{LAST, mcp};
pub(crate) use skeleton::skeleton;
pub(crate) use sqlite::insert_alone;

/// As long as a metadata document, so that the bytes on the wire cost the same.
const DOCUMENT: &str = include_str!("document.json");

/// A handler that does nothing.
pub(crate) fn bare() -> Router {
    Router::new().fallback(any(async || ([("content-type", "application/json")], DOCUMENT)))
}

/// A proxy that asks nobody: what a guarded call costs without being guarded.
pub(crate) fn proxy(upstream: &str) -> Result<Router> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build()?;
    let upstream = reqwest::Url::parse(upstream)?;
    Ok(Router::new().fallback(any(async move |request: axum::extract::Request| {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| StatusCode::BAD_REQUEST)?;
        let answer = http.request(parts.method, upstream.clone()).headers(parts.headers).body(body).send().await;
        let answer = answer.map_err(|_| StatusCode::BAD_GATEWAY)?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        *response.body_mut() = Body::from_stream(answer.bytes_stream());
        Ok::<_, StatusCode>(response)
    })))
}

/// Serves as Doorward does: the same connection settings, the same way through the router. Says where, and serves on in
/// the background.
pub(crate) async fn serve(router: Router) -> Result<SocketAddr> {
    const HEADERS: Duration = Duration::from_secs(5);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let router = router.clone();
            tokio::spawn(async move {
                let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                    router.clone().oneshot(request.map(Body::new))
                });
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(16 * 1024);
                // A client that goes away is how each measurement ends.
                let _ = http.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok(address)
}
