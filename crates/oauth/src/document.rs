//! Client ID metadata documents: a client whose id is the address of a document that describes it
//! (draft-ietf-oauth-client-id-metadata-document). The broker fetches; what may be fetched and believed is decided here.

use std::{net::IpAddr, time::Duration};

use url::{Host, Url};

use crate::{
    client::{AuthMethod, Client, RegistrationRequest},
    error::{Code, OAuthError},
    id::ClientId,
    preset::RegistrationPolicy,
    scope::ScopeNames,
    time::UnixTime,
};

/// The largest document, in bytes.
pub const MAX_BYTES: usize = 5 * 1024;
/// How long fetching one may take.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How long a document is believed at least and at most, whatever its server says.
const BELIEVED: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(24 * 60 * 60));

/// Whether a client id is the address of a document, sound or not. Ids of ours never are (DCR-14).
pub fn is_address(id: &ClientId) -> bool {
    id.as_str().starts_with("https://") || id.as_str().starts_with("http://")
}

/// The address of a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentUrl(Url);

impl DocumentUrl {
    /// Checks an address (CIMD-01): https, with a path, no user, no fragment, no dot segments, and a name for a host, written
    /// the way it is compared.
    pub fn parse(id: &ClientId) -> Option<Self> {
        let text = id.as_str();
        let url = Url::parse(text).ok().filter(|_| text.len() <= 2_048)?;
        let sound = url.scheme() == "https"
            && matches!(url.host(), Some(Host::Domain(_)))
            && url.path() != "/"
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            // The parser removes dot segments, tabs and odd spellings; an address that needs that is not one.
            && url.as_str() == text;
        sound.then_some(Self(url))
    }

    /// The host, which is what a person can recognise.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.0.port().unwrap_or(443)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Whether an address is on the public internet (RFC 6890): nothing on this computer, nothing in the home or the office.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let special = a == 0
                || a == 10
                || a == 127
                || a >= 224
                || (a, b) == (169, 254)
                || (a, b) == (192, 168)
                || (a == 172 && (16..32).contains(&b))
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (18..20).contains(&b))
                || matches!((a, b, c), (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113));
            !special
        }
        IpAddr::V6(v6) => {
            // Only global unicast, and of that nothing that carries an IPv4 address in it or is set aside.
            let segments = v6.segments();
            let set_aside = segments[0] == 0x2002
                || (segments[0] == 0x2001 && segments[1] < 0x0200)
                || (segments[0], segments[1]) == (0x2001, 0x0db8)
                || (segments[0] == 0x3fff && segments[1] < 0x1000);
            segments[0] & 0xe000 == 0x2000 && !set_aside
        }
    }
}

/// What a document says about its client.
///
/// # Errors
/// `invalid_client_metadata` or `invalid_redirect_uri`: nobody is asked about a client whose document is no good (CIMD-06).
pub fn client(
    url: &DocumentUrl,
    document: &[u8],
    policy: &RegistrationPolicy,
    names: &ScopeNames<'_>,
    now: UnixTime,
) -> Result<Client, OAuthError> {
    let refuse = |text: &'static str| OAuthError::new(Code::InvalidClientMetadata, text);
    let request = RegistrationRequest::parse(document)?;
    if request.member("client_id").and_then(|id| id.as_str()) != Some(url.as_str()) {
        return Err(refuse("The document's client_id is not its own address."));
    }
    if request.member("client_name").and_then(|name| name.as_str()).is_none_or(str::is_empty) {
        return Err(refuse("The document must have a client_name."));
    }
    if request.member("client_secret").is_some() || request.member("client_secret_expires_at").is_some() {
        return Err(refuse("A document is public: it must not have a client secret."));
    }
    match request.member("token_endpoint_auth_method").map(|method| method.as_str()) {
        None | Some(Some("none")) => {}
        Some(_) => return Err(refuse("token_endpoint_auth_method must be 'none' for a client with a document.")),
    }
    let public = RegistrationPolicy { default_auth_method: AuthMethod::None, ..policy.clone() };
    request.check(&public, names, ClientId::from_text(url.as_str()), now)
}

/// The headers that say how long an answer may be kept, as they were sent; several of one name with commas between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caching {
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Age`.
    pub age: Option<String>,
    /// `Expires`.
    pub expires: Option<String>,
    /// `Date`.
    pub date: Option<String>,
}

/// How long a document is believed (RFC 9111 §4.2.1, §4.2.3); `None` when it must not be kept.
pub fn believed_for(caching: &Caching) -> Option<Duration> {
    let directives = caching.cache_control.as_deref().unwrap_or_default();
    let directives: Vec<String> = directives.split(',').map(|directive| directive.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|directive| directive == "no-store" || directive == "no-cache") {
        return None;
    }
    let seconds = |name: &str| directives.iter().find_map(|d| d.strip_prefix(name)?.trim_matches('"').parse::<u64>().ok());
    let date = |text: &Option<String>| httpdate::parse_http_date(text.as_deref()?).ok();
    let until = || date(&caching.expires)?.duration_since(date(&caching.date)?).ok();
    let age = caching.age.as_deref().and_then(|age| age.trim().parse().ok()).unwrap_or(0);
    let fresh = seconds("max-age=").map(Duration::from_secs).or_else(until).unwrap_or_default();
    Some(fresh.saturating_sub(Duration::from_secs(age)).clamp(BELIEVED.0, BELIEVED.1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ADDRESS: &str = "https://client.example/oauth/client.json";

    fn url(text: &str) -> Option<DocumentUrl> {
        DocumentUrl::parse(&ClientId::from_text(text))
    }

    fn read(document: &serde_json::Value) -> Result<Client, Code> {
        let url = url(ADDRESS).expect("sound");
        let (policy, names) = (RegistrationPolicy::default(), ScopeNames::of(&[]));
        client(&url, document.to_string().as_bytes(), &policy, &names, UnixTime::from_secs(0)).map_err(|error| error.code)
    }

    fn sound() -> serde_json::Value {
        json!({ "client_id": ADDRESS, "client_name": "Example", "redirect_uris": ["http://127.0.0.1/callback"] })
    }

    #[test]
    fn cimd01_an_address_is_https_with_a_path_and_nothing_odd() {
        assert!(url(ADDRESS).is_some());
        assert!(url("https://client.example:8443/c?v=1").is_some());
        for bad in [
            "http://client.example/c",
            "https://client.example",
            "https://client.example/",
            "https://user@client.example/c",
            "https://client.example/c#f",
            "https://client.example/a/../c",
            "https://client.example/./c",
            "https://CLIENT.example/c",
            "https://127.0.0.1/c",
            "https://[::1]/c",
            "https:///c",
            "https://client.example:443/c",
            " https://client.example/c",
        ] {
            assert_eq!(url(bad), None, "{bad}");
        }
    }

    #[test]
    fn cimd02_only_public_addresses_are_fetched_from() {
        for public in ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111"] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
        for special in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:1.1.1.1",
            "64:ff9b::1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(special.parse().expect("an address")), "{special}");
        }
    }

    #[test]
    fn cimd03_a_document_names_itself_and_keeps_no_secret() {
        let client = read(&sound()).expect("sound");
        assert_eq!((client.id.as_str(), client.auth_method), (ADDRESS, AuthMethod::None));
        for (member, value) in [
            ("client_id", json!("https://other.example/c")),
            ("client_id", json!(null)),
            ("client_name", json!("")),
            ("client_secret", json!("x")),
            ("client_secret_expires_at", json!(0)),
            ("token_endpoint_auth_method", json!("client_secret_basic")),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
        ] {
            let mut document = sound();
            document[member] = value;
            assert_eq!(read(&document), Err(Code::InvalidClientMetadata), "{document}");
        }
        let mut without_redirects = sound();
        without_redirects["redirect_uris"] = json!([]);
        assert_eq!(read(&without_redirects), Err(Code::InvalidRedirectUri));
    }

    #[test]
    fn cimd04_a_document_is_believed_as_long_as_http_says_within_bounds() {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let of = |caching: Caching| believed_for(&caching).map(|time| time.as_secs());
        let seconds = |header, age| of(Caching { cache_control: text(header), age: text(age), ..Caching::default() });
        assert_eq!(seconds(None, None), Some(60));
        assert_eq!(seconds(Some("public, max-age=3600"), None), Some(3_600));
        assert_eq!(seconds(Some("max-age=3600"), Some("3500")), Some(100));
        assert_eq!(seconds(Some("max-age=1"), None), Some(60));
        assert_eq!(seconds(Some("max-age=99999999"), None), Some(86_400));
        assert_eq!(seconds(Some("No-Store"), None), None);
        assert_eq!(seconds(Some("no-cache, max-age=5"), None), None);
        let until = |header, expires, date| {
            of(Caching { cache_control: text(header), expires: text(Some(expires)), date: text(date), ..Caching::default() })
        };
        let (noon, two) = ("Sun, 06 Nov 1994 12:00:00 GMT", "Sun, 06 Nov 1994 14:00:00 GMT");
        assert_eq!(until(None, two, Some(noon)), Some(7_200));
        assert_eq!(until(Some("max-age=300"), two, Some(noon)), Some(300), "what is newer counts");
        assert_eq!(until(Some("max-age=300, no-store"), two, Some(noon)), None);
        assert_eq!((until(None, noon, Some(two)), until(None, "0", Some(two)), until(None, two, None)), (Some(60), Some(60), Some(60)));
    }

    proptest! {
        #[test]
        fn reading_never_panics(id in ".{0,80}|https://[ -~]{0,80}", document in ".{0,200}", header in ".{0,60}") {
            if let Some(url) = url(&id) {
                let _ = client(&url, document.as_bytes(), &RegistrationPolicy::default(), &ScopeNames::of(&[]), UnixTime::from_secs(0));
            }
            let header = Some(header);
            let _ = believed_for(&Caching { cache_control: header.clone(), age: header.clone(), expires: header.clone(), date: header });
        }
    }
}
