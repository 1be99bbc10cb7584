//! Fetching client ID metadata documents. The only time Doorward itself goes out to the internet, and only when a person
//! switched it on.

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
};

use doorward_oauth::document::{Caching, DocumentUrl, MAX_BYTES, PATIENCE, is_public};
use http_body_util::{BodyExt, Limited};
use reqwest::{Client, header, redirect::Policy};

/// A document as it was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The document.
    pub body: Vec<u8>,
    /// How long it may be kept.
    pub caching: Caching,
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
        Box::pin(in_time(url, fetch(url, look_up, is_public, Client::builder())))
    }
}

/// Asks the system for the addresses of a host.
async fn look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((host, port)).await?.collect())
}

/// Waits for a fetch, but not longer than anybody waits for a question.
async fn in_time(url: &DocumentUrl, fetching: impl Future<Output = Result<Fetched, NotFetched>>) -> Result<Fetched, NotFetched> {
    match tokio::time::timeout(PATIENCE, fetching).await {
        Ok(fetched) => fetched,
        Err(_) => Err(NotFetched(format!("{} did not answer in {} seconds", url.host(), PATIENCE.as_secs()))),
    }
}

/// Looks the host up once, refuses it unless *every* address is allowed, and connects to those addresses and no other: a name
/// that changes its mind in between gains nothing. No redirects, no cookies, no proxy, no more than [`MAX_BYTES`].
async fn fetch<Found: Future<Output = io::Result<Vec<SocketAddr>>>>(
    url: &DocumentUrl,
    look_up: impl Fn(String, u16) -> Found,
    allowed: impl Fn(IpAddr) -> bool,
    builder: reqwest::ClientBuilder,
) -> Result<Fetched, NotFetched> {
    let host = url.host().to_owned();
    let failed = |what: &str| NotFetched(format!("{host} {what}"));
    let addresses = look_up(host.clone(), url.port()).await.map_err(|_| failed("has no address"))?;
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
    let all: Vec<&str> = answer.headers().get_all(header::CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok()).collect();
    let cache_control = (!all.is_empty()).then(|| all.join(","));
    let caching = Caching { cache_control, age: text(header::AGE), expires: text(header::EXPIRES), date: text(header::DATE) };
    let body = Limited::new(reqwest::Body::from(answer), MAX_BYTES).collect().await;
    let body = body.map_err(|_| failed("answered more than 5 KB, or broke off"))?.to_bytes().to_vec();
    Ok(Fetched { body, caching })
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use doorward_oauth::id::ClientId;
    use reqwest::{Certificate, ClientBuilder};
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };
    use tokio_rustls::TlsAcceptor;

    use super::*;

    const DOCUMENT: &str = r#"{"client_id":"x"}"#;
    /// A name that the system knows no address of (RFC 6761).
    const PINNED: &str = "pinned.invalid";

    /// A web server on this computer, with a certificate that only its visitors here know.
    struct Site {
        port: u16,
        connections: Arc<AtomicUsize>,
        certificate: Certificate,
    }

    impl Site {
        async fn open() -> Self {
            // The program does this when it begins to serve; a second time changes nothing.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), PINNED.to_owned()]).expect("a certificate");
            let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
            let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
            let acceptor = TlsAcceptor::from(Arc::new(config.expect("sound")));
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let port = listener.local_addr().expect("bound").port();
            let connections = Arc::new(AtomicUsize::new(0));
            let counted = connections.clone();
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let acceptor = acceptor.clone();
                    tokio::spawn(async move {
                        let Ok(mut stream) = acceptor.accept(stream).await else { return };
                        let mut head = Vec::new();
                        while !head.ends_with(b"\r\n\r\n") {
                            let Ok(byte) = stream.read_u8().await else { return };
                            head.push(byte);
                        }
                        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
                        let _ = stream.write_all(answer(&head).as_bytes()).await;
                        let _ = stream.shutdown().await;
                    });
                }
            });
            Self { port, connections, certificate: Certificate::from_der(made.cert.der()).expect("a certificate") }
        }

        fn url(&self, path: &str) -> DocumentUrl {
            DocumentUrl::parse(&ClientId::from_text(format!("https://localhost:{}{path}", self.port))).expect("sound")
        }

        fn client(&self) -> ClientBuilder {
            Client::builder().tls_certs_only([self.certificate.clone()])
        }

        /// As from the internet, but for the address.
        async fn fetch(&self, path: &str) -> Result<Fetched, NotFetched> {
            fetch(&self.url(path), look_up, |_| true, self.client()).await
        }

        fn connections(&self) -> usize {
            self.connections.load(Ordering::SeqCst)
        }
    }

    /// What the site answers, by path.
    fn answer(head: &str) -> String {
        let json = |more: &str, body: &str| {
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{more}Content-Length: {}\r\n\r\n{body}", body.len())
        };
        match head.split(' ').nth(1).unwrap_or_default() {
            "/good" if head.contains("cookie:") || head.contains("authorization:") => "HTTP/1.1 400 No\r\n\r\n".to_owned(),
            "/good" => json("Cache-Control: max-age=3600\r\nAge: 5\r\nSet-Cookie: a=b\r\n", DOCUMENT),
            "/ld" => json("", DOCUMENT).replace("application/json", "Application/LD+JSON; charset=utf-8"),
            "/redirect" => "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "/largest" => json("", &"x".repeat(MAX_BYTES)),
            "/large" => json("", &"x".repeat(MAX_BYTES + 1)),
            "/endless" => format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}", "x".repeat(1024 * 1024)),
            "/broken" => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{".to_owned(),
            "/html" => json("", DOCUMENT).replace("application/json", "text/html"),
            "/script" => json("", DOCUMENT).replace("application/json", "text/json"),
            "/untyped" => json("", DOCUMENT).replace("Content-Type: application/json\r\n", ""),
            "/created" => json("", DOCUMENT).replace("200 OK", "201 Created"),
            _ => "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".to_owned(),
        }
    }

    #[tokio::test]
    async fn cimd02_a_document_is_fetched_with_what_http_says_about_it() {
        let site = Site::open().await;
        for _ in 0..2 {
            let fetched = site.fetch("/good").await.expect("fetched");
            assert_eq!(fetched.body, DOCUMENT.as_bytes());
            assert_eq!((fetched.caching.cache_control.as_deref(), fetched.caching.age.as_deref()), (Some("max-age=3600"), Some("5")));
        }
        assert_eq!(site.fetch("/ld").await.expect("fetched").body, DOCUMENT.as_bytes());
        assert_eq!(site.fetch("/largest").await.expect("fetched").body.len(), MAX_BYTES);
        assert_eq!(site.connections(), 4);
    }

    #[tokio::test]
    async fn cimd02_redirects_large_and_other_answers_are_refused() {
        let site = Site::open().await;
        for (path, why) in [
            ("/redirect", "localhost answered 302"),
            ("/created", "localhost answered 201"),
            ("/nothing", "localhost answered 404"),
            ("/large", "localhost answered more than 5 KB, or broke off"),
            ("/endless", "localhost answered more than 5 KB, or broke off"),
            ("/broken", "localhost answered more than 5 KB, or broke off"),
            ("/html", "localhost answered something that is not JSON"),
            ("/script", "localhost answered something that is not JSON"),
            ("/untyped", "localhost answered something that is not JSON"),
        ] {
            assert_eq!(site.fetch(path).await.expect_err(path).to_string(), why, "{path}");
        }
        assert_eq!(site.connections(), 9, "one for each: nothing was followed");
    }

    #[tokio::test]
    async fn cimd02_m_as_22_sec_d3_special_addresses_are_refused_before_anything_is_sent() {
        let site = Site::open().await;
        let refused = fetch(&site.url("/good"), look_up, is_public, site.client()).await.expect_err("this computer");
        assert_eq!(refused.to_string(), "localhost is not on the public internet");
        Internet.fetch(&site.url("/good")).await.expect_err("the same by the way in");
        assert_eq!(site.connections(), 0);
    }

    #[tokio::test]
    async fn cimd02_sec_d3_one_special_address_among_public_ones_is_enough_to_refuse() {
        let site = Site::open().await;
        let here = SocketAddr::from(([127, 0, 0, 1], site.port));
        let public = SocketAddr::from(([93, 184, 215, 14], 443));
        for answer in [
            vec![public, here],
            vec![here, public],
            vec![public, "[::ffff:127.0.0.1]:443".parse().expect("an address")],
            vec![public, "[fd00::1]:443".parse().expect("an address")],
            vec![public, "169.254.169.254:443".parse().expect("an address")],
            vec![],
        ] {
            let answers = |_, _| std::future::ready(Ok(answer.clone()));
            let refused = fetch(&site.url("/good"), answers, is_public, site.client()).await.expect_err("not public");
            assert_eq!(refused.to_string(), "localhost is not on the public internet", "{answer:?}");
        }
        let no_answer = |_, _| std::future::ready(Err(io::ErrorKind::NotFound.into()));
        let refused = fetch(&site.url("/good"), no_answer, is_public, site.client()).await.expect_err("no address");
        assert_eq!(refused.to_string(), "localhost has no address");
        assert_eq!(site.connections(), 0);
    }

    /// What a name says after it was looked up does not count: it is asked once, and what it said then is connected to.
    #[tokio::test]
    async fn cimd02_sec_d3_a_host_is_looked_up_once_and_nothing_else_is_connected_to() {
        let (site, rebound) = (Site::open().await, Site::open().await);
        let url = DocumentUrl::parse(&ClientId::from_text(format!("https://{PINNED}:{}/good", site.port))).expect("sound");
        let asked = AtomicUsize::new(0);
        let changing = |host: String, port: u16| {
            assert_eq!((host.as_str(), port), (PINNED, site.port));
            let to = if asked.fetch_add(1, Ordering::SeqCst) == 0 { site.port } else { rebound.port };
            std::future::ready(Ok(vec![SocketAddr::from(([127, 0, 0, 1], to))]))
        };
        let fetched = fetch(&url, changing, |_| true, site.client()).await.expect("fetched");
        assert_eq!(fetched.body, DOCUMENT.as_bytes());
        assert_eq!((asked.load(Ordering::SeqCst), site.connections(), rebound.connections()), (1, 1, 0));
    }

    #[tokio::test]
    async fn cimd02_an_unknown_certificate_is_refused() {
        let (site, other) = (Site::open().await, Site::open().await);
        let refused = fetch(&site.url("/good"), look_up, |_| true, other.client()).await.expect_err("not its certificate");
        assert!(refused.to_string().starts_with("localhost did not answer"), "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn cimd02_a_site_that_says_nothing_is_given_up_after_five_seconds() {
        let url = DocumentUrl::parse(&ClientId::from_text("https://client.example/c")).expect("sound");
        let begun = tokio::time::Instant::now();
        let refused = in_time(&url, std::future::pending()).await.expect_err("silent");
        assert_eq!((refused.to_string().as_str(), begun.elapsed()), ("client.example did not answer in 5 seconds", PATIENCE));
    }
}
