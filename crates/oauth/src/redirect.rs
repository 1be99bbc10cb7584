//! Redirect URIs: which may be registered, and which one a request means.
//!
//! No URL parser takes part. A redirect is accepted when it is byte-equal to a registered one, or when both are plain
//! `http` on the same spelling of loopback and differ only in the digits of the port (RFC 8252 §7.3, OAuth 2.1 §8.4.2,
//! AZ-04). Parsers disagree with each other; bytes do not.

use std::{fmt, net::Ipv4Addr};

use serde::{Deserialize, Serialize};

use crate::{issuer::LoopbackName, preset::RegistrationPolicy};

/// Where an answer goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Destination {
    /// A program on this computer that listens on a port.
    Loopback {
        /// The host as spelled: `127.0.0.1`, `localhost` or `[::1]`.
        host: String,
        /// The TCP port, when it is named.
        port: Option<u16>,
    },
    /// A program on this computer that handles links of a private scheme, such as `cursor:`.
    PrivateScheme {
        /// The scheme without its colon.
        scheme: String,
    },
    /// Somewhere else: the answer leaves this computer.
    Web {
        /// The host it goes to.
        host: String,
    },
    /// Nowhere: the program that asked fetches the answer itself (RFC 8628).
    Fetched,
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback { host, port: Some(port) } => write!(f, "{host}:{port}"),
            Self::Loopback { host, port: None } => f.write_str(host),
            Self::PrivateScheme { scheme } => write!(f, "{scheme}:"),
            Self::Web { host } => f.write_str(host),
            Self::Fetched => f.write_str("the program that asked"),
        }
    }
}

/// A redirect URI that may be used, with the exact text it came in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RedirectUri {
    text: String,
    destination: Destination,
}

/// Why a redirect URI may not be registered (RFC 7591 §3.2.2 `invalid_redirect_uri`; decisions: redirect sets).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRedirect {
    /// Fatal for the whole registration: the member could hurt someone.
    #[error("{0}")]
    Dangerous(&'static str),
    /// Only this member is passed over; the rest of the set stays.
    #[error("{0}")]
    Unusable(&'static str),
}

/// The longest redirect URI kept, in bytes.
pub const MAX_LENGTH: usize = 2_048;

/// Schemes that run or read something instead of delivering an answer.
const DANGEROUS_SCHEMES: [&str; 7] = ["javascript", "data", "file", "blob", "intent", "vbscript", "about"];

impl RedirectUri {
    /// Checks one member of `redirect_uris` against the hosts and schemes that a policy allows.
    ///
    /// # Errors
    /// [`BadRedirect`], saying whether the set may live on without it.
    pub fn parse(text: &str, policy: &RegistrationPolicy) -> Result<Self, BadRedirect> {
        use BadRedirect::{Dangerous, Unusable};
        if text.is_empty() || text.len() > MAX_LENGTH {
            return Err(Unusable("a redirect URI is empty or longer than 2048 characters"));
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) || text.contains(['\\', '<', '>', '"']) {
            return Err(Dangerous("a redirect URI has blanks, control characters, quotes, backslashes or characters outside ASCII"));
        }
        let (scheme, rest) = text.split_once(':').ok_or(Unusable("a redirect URI must be absolute"))?;
        let scheme_is_sound = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
        if !scheme_is_sound {
            return Err(Unusable("a redirect URI must be absolute"));
        }
        if DANGEROUS_SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) {
            return Err(Dangerous("a redirect URI has a scheme that cannot carry an answer (javascript, data, file, blob, intent)"));
        }
        if text.contains('#') {
            return Err(Dangerous("a redirect URI must not have a fragment (RFC 6749 section 3.1.2)"));
        }
        let destination = match scheme {
            "http" => loopback(rest, &policy.loopback_hosts)?,
            "https" => web(rest)?,
            private if policy.private_schemes.iter().any(|s| s == private) => {
                if authority_of(rest).is_some_and(|(authority, _)| authority.contains('@')) {
                    return Err(Dangerous("a redirect URI must not name a user"));
                }
                Destination::PrivateScheme { scheme: private.to_owned() }
            }
            _ => return Err(Unusable("a redirect URI has a scheme that is not on the list of allowed schemes")),
        };
        Ok(Self { text: text.to_owned(), destination })
    }

    /// The exact text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it leads.
    pub const fn destination(&self) -> &Destination {
        &self.destination
    }

    /// The URI without what changes from run to run: the port of a loopback redirect.
    pub fn shape(&self) -> String {
        match split_loopback(&self.text) {
            Some((host, _, rest)) => format!("http://{}{rest}", host.as_str()),
            None => self.text.clone(),
        }
    }

    /// What `requested` means if this is what was registered: itself, or itself on another loopback port.
    fn matching(&self, requested: &str) -> Option<Self> {
        if requested == self.text {
            return Some(self.clone());
        }
        let (host, _, rest) = split_loopback(&self.text)?;
        let (asked_host, asked_port, asked_rest) = split_loopback(requested)?;
        (host == asked_host && rest == asked_rest).then(|| Self {
            text: requested.to_owned(),
            destination: Destination::Loopback { host: host.as_str().to_owned(), port: asked_port },
        })
    }
}

/// The usable redirect URIs of one client, in the order they were registered. There is none only for a client that never
/// asks for a code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectSet(Vec<RedirectUri>);

impl RedirectSet {
    /// A set of at least one.
    pub fn new(members: Vec<RedirectUri>) -> Option<Self> {
        (!members.is_empty()).then_some(Self(members))
    }

    /// The members.
    pub fn iter(&self) -> impl Iterator<Item = &RedirectUri> {
        self.0.iter()
    }

    /// The registered redirect that `requested` means, in the exact spelling of the request (AZ-04); without a request
    /// the only one there is (AZ-05).
    pub fn find(&self, requested: Option<&str>) -> Option<RedirectUri> {
        match (requested, self.0.as_slice()) {
            (Some(requested), members) => members.iter().find_map(|member| member.matching(requested)),
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
        }
    }
}

fn loopback(rest: &str, hosts: &[LoopbackName]) -> Result<Destination, BadRedirect> {
    let (authority, _) = authority_of(rest).ok_or(BadRedirect::Dangerous("a redirect URI with http must name a host"))?;
    if authority.contains('@') {
        return Err(BadRedirect::Dangerous("a redirect URI must not name a user"));
    }
    let (host, port, _) = split_loopback(&format!("http:{rest}"))
        .ok_or(BadRedirect::Dangerous("a redirect URI with http must lead to 127.0.0.1, [::1] or localhost"))?;
    if !hosts.contains(&host) {
        return Err(BadRedirect::Unusable("localhost and [::1] cannot be registered here; register http://127.0.0.1 instead"));
    }
    Ok(Destination::Loopback { host: host.as_str().to_owned(), port })
}

fn web(rest: &str) -> Result<Destination, BadRedirect> {
    let (authority, _) = authority_of(rest).ok_or(BadRedirect::Unusable("a redirect URI with https must name a host"))?;
    if authority.contains('@') {
        return Err(BadRedirect::Dangerous("a redirect URI must not name a user"));
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let host_is_plain = !host.is_empty()
        && host.len() <= 253
        && !host.starts_with(['.', '-'])
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
        && (!ends_in_a_number(host) || host.parse::<Ipv4Addr>().is_ok());
    if !host_is_plain || port.is_some_and(|port| parse_port(port).is_none()) {
        return Err(BadRedirect::Unusable("a redirect URI with https must name a plain host"));
    }
    Ok(Destination::Web { host: host.to_ascii_lowercase() })
}

/// Whether a browser reads a host as an IPv4 address, which has many spellings (`0x7f.1`, `2130706433`). One that is shown as
/// it was written, and leads elsewhere, would mislead.
fn ends_in_a_number(host: &str) -> bool {
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_hex = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    is_hex || (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()))
}

/// `//authority` and what follows it.
fn authority_of(rest: &str) -> Option<(&str, &str)> {
    let rest = rest.strip_prefix("//")?;
    Some(rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())))
}

/// Splits `http://HOST[:PORT]REST` where HOST is one of the loopback spellings. Everything but the port is compared as
/// bytes afterwards, so nothing is normalised here.
fn split_loopback(text: &str) -> Option<(LoopbackName, Option<u16>, &str)> {
    let (authority, rest) = authority_of(text.strip_prefix("http:")?)?;
    for host in LoopbackName::ALL {
        let Some(after) = authority.strip_prefix(host.as_str()) else { continue };
        if after.is_empty() {
            return Some((host, None, rest));
        }
        if let Some(port) = after.strip_prefix(':').and_then(parse_port) {
            return Some((host, Some(port), rest));
        }
    }
    None
}

/// 1 to 65535 in plain digits, without a leading zero.
fn parse_port(text: &str) -> Option<u16> {
    let plain = !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn policy() -> RegistrationPolicy {
        RegistrationPolicy { private_schemes: vec!["cursor".to_owned()], ..RegistrationPolicy::default() }
    }

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text, &policy()).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    fn set(texts: &[&str]) -> RedirectSet {
        RedirectSet::new(texts.iter().map(|t| uri(t)).collect()).expect("not empty")
    }

    #[test]
    fn az04_the_port_of_a_loopback_redirect_is_free_and_nothing_else_is() {
        let registered = set(&["http://localhost:8787/callback?a=1"]);
        for same in ["http://localhost:8787/callback?a=1", "http://localhost:1/callback?a=1", "http://localhost/callback?a=1"] {
            assert_eq!(registered.find(Some(same)).expect(same).as_str(), same);
        }
        for other in [
            "http://127.0.0.1:8787/callback?a=1",
            "http://[::1]:8787/callback?a=1",
            "http://LOCALHOST:8787/callback?a=1",
            "https://localhost:8787/callback?a=1",
            "HTTP://localhost:8787/callback?a=1",
            "http://localhost:8787/callback",
            "http://localhost:8787/callback?a=2",
            "http://localhost:8787/callback/?a=1",
            "http://localhost:8787/Callback?a=1",
            "http://localhost:8787/x/../callback?a=1",
            "http://localhost:8787/callback?a=1#f",
            "http://localhost:08787/callback?a=1",
            "http://localhost:65536/callback?a=1",
            "http://localhost:0/callback?a=1",
            "http://localhost:/callback?a=1",
            "http://localhost:80 /callback?a=1",
            "http://u@localhost:8787/callback?a=1",
            "http://localhost.evil.test:8787/callback?a=1",
            "http://localhost@evil.test:8787/callback?a=1",
            "//localhost:8787/callback?a=1",
            "",
        ] {
            assert_eq!(registered.find(Some(other)), None, "{other}");
        }
    }

    #[test]
    fn az04_other_schemes_match_byte_for_byte() {
        let registered = set(&["https://vscode.dev/redirect", "cursor://anysphere.cursor-mcp/oauth/callback"]);
        assert!(registered.find(Some("https://vscode.dev/redirect")).is_some());
        assert!(registered.find(Some("https://vscode.dev:444/redirect")).is_none());
        assert!(registered.find(Some("cursor://anysphere.cursor-mcp/oauth/callback/")).is_none());
    }

    #[test]
    fn az05_no_redirect_means_the_only_one() {
        assert!(set(&["http://127.0.0.1:1/"]).find(None).is_some());
        assert!(set(&["http://127.0.0.1:1/", "http://127.0.0.1:2/x"]).find(None).is_none());
    }

    #[test]
    fn dcr06_dangerous_members_are_refused_and_unusable_ones_passed_over() {
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "blob:http://127.0.0.1/x",
            "intent://x#Intent;end",
            "http://example.com/cb",
            "http://127.0.0.1.nip.io/cb",
            "http://0.0.0.0:1/cb",
            "http://127.0.0.2:1/cb",
            "http://user@127.0.0.1:1/cb",
            "http://127.0.0.1:1@evil.test/cb",
            "https://user:pw@example.com/cb",
            "https://example.com/cb#f",
            "http://127.0.0.1:1/cb#f",
            "http://127.0.0.1:1\\@evil.test/",
            "http://127.0.0.1:1/ cb",
            "http://127.0.0.1:1/\u{202e}",
            "cursor://u@x/cb",
            "http:127.0.0.1/cb",
        ] {
            assert!(matches!(RedirectUri::parse(bad, &policy()), Err(BadRedirect::Dangerous(_))), "{bad}");
        }
        for passed_over in
            ["", "/cb", "callback", "ftp://x/y", "com.example.app:/cb", "urn:ietf:wg:oauth:2.0:oob", "https:///cb", "https://exa_mple/cb"]
        {
            assert!(matches!(RedirectUri::parse(passed_over, &policy()), Err(BadRedirect::Unusable(_))), "{passed_over}");
        }
    }

    #[test]
    fn destinations_say_where_the_answer_goes() {
        assert_eq!(uri("http://localhost:54545/callback").destination().to_string(), "localhost:54545");
        assert_eq!(uri("http://[::1]/").destination(), &Destination::Loopback { host: "[::1]".into(), port: None });
        assert_eq!(uri("https://VSCode.dev/redirect").destination().to_string(), "vscode.dev");
        assert_eq!(uri("cursor://x/y").destination().to_string(), "cursor:");
    }

    #[test]
    fn an_address_in_disguise_is_no_destination() {
        for disguised in ["0x7f.1", "2130706433", "127.1", "0177.0.0.1", "127.0.0.1.", "0x", "a.0X7F", "1.2.3.4.5"] {
            let parsed = RedirectUri::parse(&format!("https://{disguised}/cb"), &policy());
            assert!(matches!(parsed, Err(BadRedirect::Unusable(_))), "{disguised}");
        }
        for plain in ["192.0.2.1", "1password.com", "a.b2", "0x7f.example", "x0", "example.com."] {
            assert_eq!(uri(&format!("https://{plain}/cb")).destination().to_string(), plain);
        }
    }

    #[test]
    fn the_shape_forgets_only_the_loopback_port() {
        assert_eq!(uri("http://localhost:54545/callback").shape(), "http://localhost/callback");
        assert_eq!(uri("https://vscode.dev:444/x").shape(), "https://vscode.dev:444/x");
    }

    /// What is registered, and then sent in ten thousand nearly right ways.
    const REGISTERED: [&str; 6] = [
        "http://127.0.0.1:51000/callback?tenant=a&x=1",
        "http://localhost:8787/oauth/callback",
        "http://[::1]/",
        "http://localhost",
        "https://vscode.dev/redirect",
        "cursor://anysphere.cursor-mcp/oauth/callback",
    ];

    const HOSTS: [&str; 20] = [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "LOCALHOST",
        "localhost.",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "127.0.0.2",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
        "[::1%25lo]",
        "::1",
        "localhost.evil.test",
        "127.0.0.1.nip.io",
        "evil.test",
        "vscode.dev.",
    ];

    const USERS: [&str; 6] = ["u@", "u:p@", "@", "127.0.0.1:51000@", "localhost%40", "u@@"];

    const ENDS: [&str; 16] = ["/", ".", "//", "?", "#", "%2f", "/.", "/..", ";x", " ", "\0", "\n", "&x=2", "#f", "\\", "%00"];

    const PORTS: [&str; 12] = [":", ":80", ":443", ":0", ":08787", ":65536", ":+1", ": 1", ":1:2", ":１", ":99999999999999999999", ":-1"];

    const STARTS: [&str; 9] = ["HTTP://", "https://", "http:/", "http:", "http:///", "//", "http:\\\\", "ttp://", "javascript://"];

    const LOOK_ALIKES: [(char, char); 9] =
        [('a', 'а'), ('c', 'с'), ('o', 'ο'), ('/', '∕'), ('.', '。'), (':', '：'), ('1', '１'), ('h', 'ｈ'), ('l', 'ӏ')];

    /// One way to be nearly right.
    fn mutated(text: &str, how: u8, at: usize, what: u8) -> Option<String> {
        let (start, rest) = text.split_once("//").expect("an authority");
        let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) = authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).unwrap_or((authority, ""));
        let pick = |from: &[&'static str]| from[at % from.len()];
        let place = at % text.len();
        let (before, here, after) = (&text[..place], text.as_bytes()[place], &text[place + 1..]);
        Some(match how {
            0 => String::from_utf8([before.as_bytes(), &[what], after.as_bytes()].concat()).ok()?,
            1 => String::from_utf8([before.as_bytes(), &[what, here], after.as_bytes()].concat()).ok()?,
            2 => format!("{before}{after}"),
            3 => format!("{before}%{here:02X}{after}"),
            4 => format!("{before}%{here:02x}{after}"),
            5 if here.is_ascii_lowercase() => format!("{before}{}{after}", here.to_ascii_uppercase() as char),
            6 => format!("{start}//{}{}{port}{tail}", pick(&HOSTS), if port.is_empty() { "" } else { ":" }),
            7 => format!("{start}//{}{rest}", pick(&USERS)),
            8 => format!("{start}//{host}{}{tail}", pick(&PORTS)),
            9 => format!("{text}{}", pick(&ENDS)),
            10 => format!("{}{rest}", pick(&STARTS)),
            11 => {
                let (from, to) = LOOK_ALIKES[usize::from(what) % LOOK_ALIKES.len()];
                text.replacen(from, &to.to_string(), 1)
            }
            12 => {
                format!("{before}{}{}{after}", here as char, pick(&["/./", "/../", "/x/..", "..;/", "\t", "\r\n", "\u{200b}", "\u{202e}"]))
            }
            13 => format!("{}{text}", pick(&[" ", "\t", "\u{feff}", "x", "/", "\0"])),
            _ => format!("{before}{}", &text[..at % (text.len() + 1)]),
        })
    }

    /// The rule once more, in other words: everything but the digits of a loopback port.
    fn all_but_the_port(text: &str) -> Option<(&str, &str)> {
        let host = ["http://127.0.0.1", "http://localhost", "http://[::1]"].into_iter().find(|host| text.starts_with(host))?;
        let rest = &text[host.len()..];
        let tail = rest.strip_prefix(':').map_or(rest, |ported| ported.trim_start_matches(|c: char| c.is_ascii_digit()));
        let digits = rest[..rest.len() - tail.len()].strip_prefix(':');
        let sound = digits.is_none_or(|digits| !digits.starts_with('0') && (1..=65_535).contains(&digits.parse::<u64>().unwrap_or(0)));
        (sound && (tail.is_empty() || tail.starts_with(['/', '?']))).then_some((host, tail))
    }

    /// Whether a text has the characters of a URI (RFC 3986 §2) behind a scheme: what a client would send.
    fn is_uri(text: &str) -> bool {
        let Some((scheme, rest)) = text.split_once(':') else { return false };
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b))
    }

    proptest! {
        // The law is looked at for each mutant; only those are counted that are URIs and not the same redirect.
        #![proptest_config(ProptestConfig { max_global_rejects: 100_000, ..ProptestConfig::with_cases(10_000) })]

        #[test]
        fn sec_r1_of_ten_thousand_mutants_none_is_accepted_that_differs(
            which in 0..REGISTERED.len(), how in 0u8..15, at in any::<usize>(), what in any::<u8>(),
        ) {
            let registered = REGISTERED[which];
            let mutant = mutated(registered, how, at, what);
            prop_assume!(mutant.is_some(), "no text");
            let mutant = mutant.unwrap_or_default();
            let found = set(&[registered]).find(Some(&mutant));
            let same = mutant == registered
                || all_but_the_port(registered).is_some_and(|own| all_but_the_port(&mutant) == Some(own));
            prop_assert_eq!(found.is_some(), same, "{:?} for {}", mutant, registered);
            if let Some(found) = found {
                prop_assert_eq!(found.as_str(), mutant.as_str());
                prop_assert_eq!(found.shape(), uri(registered).shape());
            }
            prop_assume!(!same && is_uri(&mutant), "the same redirect, or no URI");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_port_is_the_same_redirect(port in 1u16..) {
            let asked = format!("http://[::1]:{port}/cb");
            prop_assert!(set(&["http://[::1]/cb"]).find(Some(&asked)).is_some());
        }

        #[test]
        fn parsing_never_panics(text in ".{0,200}|(http|https|cursor)://[a-z0-9:@/?#\\[\\].%]{0,60}") {
            let _ = RedirectUri::parse(&text, &policy());
            let _ = set(&["http://127.0.0.1/"]).find(Some(&text));
        }
    }
}
