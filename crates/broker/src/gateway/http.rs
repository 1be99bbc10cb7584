//! The way to a guarded server, at an address or as a process: requests go on and answers come back as they are, byte for byte and without waiting for their
//! end. What must not pass is left out: our token, cookies, and everything that belongs to one hop.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header, request::Parts},
    response::Response,
};
use bytes::Bytes;
use doorward_oauth::id::ServerName;
use doorward_stdio::CallerKey;
use doorward_words::Said;
use futures_util::StreamExt;
use secrecy::ExposeSecret;

use super::{commands::Commands, list};
use crate::{
    broker::{Condition, Guarded, Listing, NotListed, ToolSource},
    refusal::Refusal,
    store::servers::{Reach, Server},
    vault::Vault,
};

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a server may take to begin its answer. What takes longer begins with a stream.
const SILENCE: Duration = Duration::from_secs(10 * 60);

/// RFC 9110 §7.6.1, and what speaks of the other hop.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// What a client's request keeps to itself: who it is to Doorward, and how it came here.
const NEVER_UP: [HeaderName; 10] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::HOST,
    header::ORIGIN,
    header::REFERER,
    header::FORWARDED,
    header::CONTENT_LENGTH,
    // Lists are read on their way.
    header::ACCEPT_ENCODING,
    header::EXPECT,
    HeaderName::from_static("proxy-connection"),
];

/// What a server's answer keeps to itself: it has no business with the client's cookies, log-ins or browser.
const NEVER_DOWN: [HeaderName; 5] = [
    header::SET_COOKIE,
    header::WWW_AUTHENTICATE,
    header::ALT_SVC,
    header::STRICT_TRANSPORT_SECURITY,
    HeaderName::from_static("clear-site-data"),
];

/// Prefixes of names that never pass in either direction.
const NEVER_BY_PREFIX: [&str; 3] = ["x-forwarded-", "sec-fetch-", "access-control-"];

/// The ways to guarded servers.
#[derive(Clone)]
pub(crate) struct Upstream {
    http: Option<reqwest::Client>,
    commands: Commands,
    vault: Vault,
}

impl Upstream {
    /// No proxy, no redirects, no cookies, no decompression: bytes pass as they are.
    pub(crate) fn new(vault: Vault) -> Self {
        // A second installation is refused and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let built = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(32)
            .build();
        if let Err(error) = &built {
            tracing::error!(%error, "no HTTP client could be made");
        }
        Self { http: built.ok(), commands: Commands::new(vault.clone()), vault }
    }

    /// Counts up whenever a server that Doorward starts is in another state than before.
    pub(crate) fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.commands.changes()
    }

    /// Ends the processes of servers that Doorward started, and waits for that.
    pub(crate) async fn stop(&self) {
        self.commands.stop().await;
    }

    /// Passes a request on and its answer back. The answer's stream ends when the grant is taken back, and the request to
    /// the server ends when the client goes away.
    pub(super) async fn forward(&self, guarded: &Guarded, parts: Parts, message: Bytes) -> Result<Response, Refusal> {
        if guarded.taken_back.is_cancelled() {
            return Err(Refusal::TakenBack);
        }
        let response = match &guarded.server.reach {
            Reach::Address { url, headers } => self.to_address(guarded, url, headers, parts, message).await?,
            Reach::Command(command) => {
                let server = self.commands.of(&guarded.server, command, Some(&guarded.grant.app));
                let mut request = Request::new(message);
                *request.method_mut() = parts.method;
                *request.headers_mut() = passing(&parts.headers, &NEVER_UP);
                let answering = server.call(CallerKey::new(guarded.grant.id.as_str()), request);
                tokio::select! {
                    response = answering => response,
                    () = guarded.taken_back.cancelled() => return Err(Refusal::TakenBack),
                }
            }
        };
        let taken_back = guarded.taken_back.clone().cancelled_owned();
        // An error and not an end: a stream that was cut must not look complete.
        let cut = futures_util::stream::once(async move {
            taken_back.await;
            Err(std::io::Error::other("access was taken back"))
        });
        let (head, body) = response.into_parts();
        let frames = body.into_data_stream().map(|frame| frame.map_err(std::io::Error::other));
        Ok(Response::from_parts(head, Body::from_stream(first_of(frames, cut))))
    }

    async fn to_address(
        &self,
        guarded: &Guarded,
        url: &str,
        headers: &[String],
        parts: Parts,
        message: Bytes,
    ) -> Result<Response, Refusal> {
        let server = guarded.server.name.to_string();
        let down = || Refusal::UpstreamDown { server: server.clone(), url: without_query(url) };
        let mut outgoing =
            self.http.as_ref().ok_or_else(down)?.request(parts.method.clone(), url).headers(passing(&parts.headers, &NEVER_UP));
        if !headers.is_empty() {
            outgoing = outgoing.headers(self.own_headers(&guarded.server.name, headers).await?);
        }
        if !message.is_empty() || parts.method == Method::POST {
            outgoing = outgoing.body(message);
        }
        let answer = tokio::select! {
            answer = tokio::time::timeout(SILENCE, outgoing.send()) => match answer {
                Ok(answer) => answer.map_err(|error| {
                    tracing::warn!(%server, error = %error.without_url(), "a guarded server did not answer");
                    down()
                })?,
                Err(_) => return Err(Refusal::UpstreamSilent { server, minutes: SILENCE.as_secs() / 60 }),
            },
            () = guarded.taken_back.cancelled() => return Err(Refusal::TakenBack),
        };
        match answer.status() {
            // Never as if it were ours: the client would log in here again and again.
            StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED => return Err(Refusal::UpstreamLogin { server }),
            status if status.is_redirection() && status != StatusCode::NOT_MODIFIED => return Err(Refusal::UpstreamRedirect { server }),
            _ => {}
        }
        if answer.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            // Nobody asked for it, and what is in it could not be read here.
            return Err(Refusal::UpstreamUnreadable { server });
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = answer.status();
        *response.headers_mut() = passing(answer.headers(), &NEVER_DOWN);
        *response.body_mut() = Body::from_stream(answer.bytes_stream());
        Ok(response)
    }

    /// The headers that let Doorward in at a server, from the keyring.
    async fn own_headers(&self, server: &ServerName, names: &[String]) -> Result<HeaderMap, Refusal> {
        let secrets = self.vault.of(server).await.map_err(|error| {
            tracing::error!(%server, %error, "a server's headers could not be had");
            Refusal::UpstreamKey { server: server.to_string() }
        })?;
        let missing = || Refusal::UpstreamKey { server: server.to_string() };
        let mut headers = HeaderMap::new();
        for name in names {
            // REVEAL: it goes to this server and nowhere else.
            let value = secrets.get(name).ok_or_else(missing)?.expose_secret();
            let mut value = HeaderValue::from_str(value).map_err(|_| missing())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| missing())?, value);
        }
        Ok(headers)
    }
}

impl ToolSource for Upstream {
    fn tools<'a>(&'a self, server: &'a Server) -> Listing<'a> {
        Box::pin(async move {
            match &server.reach {
                Reach::Address { url, headers } => {
                    let http = self.http.as_ref().ok_or(NotListed::Silent)?;
                    let own =
                        self.own_headers(&server.name, headers).await.map_err(|why| NotListed::Strange(Said::verbatim(why.to_string())))?;
                    list::tools(&list::At::Address { http, url, headers: own }).await
                }
                Reach::Command(command) => list::tools(&list::At::Command(self.commands.of(server, command, None))).await,
            }
        })
    }

    fn forget(&self, server: &ServerName) {
        self.commands.forget(server);
    }

    fn condition(&self, server: &Server) -> Option<Condition> {
        self.commands.condition(server)
    }
}

/// The frames of `frames` until it ends or `cut` says something.
fn first_of<T>(
    frames: impl futures_util::Stream<Item = T> + Send + 'static,
    cut: impl futures_util::Stream<Item = T> + Send + 'static,
) -> impl futures_util::Stream<Item = T> + Send {
    let state = (Box::pin(frames), Some(Box::pin(cut)));
    futures_util::stream::unfold(state, |(mut frames, cut)| async move {
        let mut cut = cut?;
        tokio::select! {
            biased;
            end = cut.next() => end.map(|end| (end, (frames, None))),
            frame = frames.next() => frame.map(|frame| (frame, (frames, Some(cut)))),
        }
    })
}

/// An address as it may be told to clients and the log: a query can hold a key.
fn without_query(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
}

fn passing(headers: &HeaderMap, never: &[HeaderName]) -> HeaderMap {
    // RFC 9110 §7.6.1: what `Connection` names belongs to this hop too.
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let passes = |name: &HeaderName| {
        let text = name.as_str();
        !HOP_BY_HOP.contains(name)
            && !never.contains(name)
            && !NEVER_BY_PREFIX.iter().any(|prefix| text.starts_with(prefix))
            && !named.iter().any(|named| named == text)
    };
    headers
        .iter()
        .filter(|(name, _)| passes(name))
        .map(|(name, value): (&HeaderName, &HeaderValue)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_u3_tokens_cookies_and_hop_headers_do_not_pass() {
        let sent: HeaderMap = [
            ("authorization", "Bearer dwa_x"),
            ("cookie", "a=b"),
            ("connection", "close, X-Private"),
            ("x-private", "1"),
            ("x-forwarded-for", "1.2.3.4"),
            ("proxy-authorization", "Basic x"),
            ("host", "127.0.0.1:8765"),
            ("mcp-session-id", "s"),
            ("mcp-protocol-version", "2025-11-25"),
            ("accept", "text/event-stream"),
            ("last-event-id", "7"),
            ("mcp-param-x", "y"),
        ]
        .into_iter()
        .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
        .collect();
        let passed = passing(&sent, &NEVER_UP);
        let mut names: Vec<&str> = passed.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "last-event-id", "mcp-param-x", "mcp-protocol-version", "mcp-session-id"]);
    }
}
