//! Fetching client ID metadata documents. The only time Doorward itself goes out to the internet, and only when a person
//! switched it on.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::Pin,
};

use doorward_oauth::document::{DocumentUrl, MAX_BYTES, PATIENCE, is_public};
use http_body_util::{BodyExt, Limited};
use reqwest::{Client, header, redirect::Policy};

/// A document as it was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The document.
    pub body: Vec<u8>,
    /// Its `Cache-Control` header.
    pub cache_control: Option<String>,
    /// Its `Age` header.
    pub age: Option<String>,
}

/// A document could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotFetched(pub String);

/// A fetch under way.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Fetched, NotFetched>> + Send + 'a>>;

/// Where documents come from: the internet, or a test.
pub trait DocumentSource: Send + Sync + 'static {
    /// Fetches one.
    fn fetch<'a>(&'a self, url: &'a DocumentUrl) -> Fetching<'a>;
}

/// The public internet, over https.
#[derive(Debug, Clone, Copy, Default)]
pub struct Internet;

impl DocumentSource for Internet {
    fn fetch<'a>(&'a self, url: &'a DocumentUrl) -> Fetching<'a> {
        Box::pin(async move {
            match tokio::time::timeout(PATIENCE, fetch(url, is_public, Client::builder())).await {
                Ok(fetched) => fetched,
                Err(_) => Err(NotFetched(format!("{} did not answer in {} seconds", url.host(), PATIENCE.as_secs()))),
            }
        })
    }
}

/// Looks the host up once, refuses it unless *every* address is allowed, and connects to those addresses and no other: a name
/// that changes its mind in between gains nothing. No redirects, no cookies, no proxy, no more than [`MAX_BYTES`].
async fn fetch(url: &DocumentUrl, allowed: impl Fn(IpAddr) -> bool, builder: reqwest::ClientBuilder) -> Result<Fetched, NotFetched> {
    let host = url.host().to_owned();
    let failed = |what: &str| NotFetched(format!("{host} {what}"));
    let addresses: Vec<SocketAddr> =
        tokio::net::lookup_host((host.as_str(), url.port())).await.map_err(|_| failed("has no address"))?.collect();
    if addresses.is_empty() || !addresses.iter().all(|address| allowed(address.ip())) {
        return Err(failed("is not on the public internet"));
    }
    let client = builder
        .redirect(Policy::none())
        .no_proxy()
        .https_only(true)
        .resolve_to_addrs(&host, &addresses)
        .build()
        .map_err(|_| failed("cannot be asked: no HTTP client could be made"))?;
    let asked = client.get(url.as_str()).header(header::ACCEPT, "application/json");
    let answer = asked.send().await.map_err(|error| failed(&format!("did not answer ({})", error.without_url())))?;
    if answer.status().as_u16() != 200 {
        return Err(failed(&format!("answered {}", answer.status().as_u16())));
    }
    let text = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let media_type = text(header::CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media_type != "application/json" && !(media_type.starts_with("application/") && media_type.ends_with("+json")) {
        return Err(failed("answered something that is not JSON"));
    }
    let (cache_control, age) = (text(header::CACHE_CONTROL), text(header::AGE));
    let body = Limited::new(reqwest::Body::from(answer), MAX_BYTES).collect().await;
    let body = body.map_err(|_| failed("answered more than 5 KB, or broke off"))?.to_bytes().to_vec();
    Ok(Fetched { body, cache_control, age })
}
