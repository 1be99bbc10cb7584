//! Bad luck and bad manners: numbers nobody chose, and requests that no good program sends.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::flow::{REDIRECT, VERIFIER, challenge};

/// Numbers that are others at each run. Printing them says how to get the same ones again.
pub struct Dice {
    seed: u64,
    state: u64,
}

impl fmt::Display for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "repeat with DOORWARD_SEED={}", self.seed)
    }
}

impl Dice {
    /// New ones, or those of `DOORWARD_SEED`.
    pub fn thrown() -> Self {
        let clock = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |now| now.as_nanos() as u64);
        let seed = std::env::var("DOORWARD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(clock) | 1;
        Self { seed, state: seed }
    }

    /// A number below `end` (splitmix64).
    pub fn below(&mut self, end: u32) -> u32 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % u64::from(end)) as u32
    }

    /// One of these.
    pub fn one_of<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len() as u32) as usize]
    }
}

/// Who reads the answer of an address, and so how it must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// `{error, error_description}`.
    OAuthClient,
    /// A page.
    Person,
    /// A JSON-RPC error.
    McpClient,
}

/// A request that no good program sends.
#[derive(Debug, Clone)]
pub struct BadRequest {
    pub method: String,
    pub target: String,
    pub headers: Vec<String>,
    pub body: Vec<u8>,
    pub reader: Reader,
}

const JSON: &str = "Content-Type: application/json";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// What is sent in the place of a value.
const ODD: [&str; 24] = [
    "",
    "%",
    "%f",
    "%ff",
    "%00",
    "%0d%0aX: y",
    "\u{202e}",
    "%E0%80%80",
    "null",
    "[]",
    "{}",
    "-1",
    "1e999",
    "'",
    "\"",
    "<script>",
    "../..",
    "javascript:alert(1)",
    "http://evil.test/",
    "//evil.test",
    "dwa_",
    "dwr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "+",
    "a=b;c",
];

impl BadRequest {
    /// One of very many. `client` is a client id that exists.
    pub fn made_up(dice: &mut Dice, client: &str) -> Self {
        let (path, reader) = *dice.one_of(&[
            &("/oauth/register", Reader::OAuthClient),
            &("/register", Reader::OAuthClient),
            &("/oauth/register/CLIENT", Reader::OAuthClient),
            &("/oauth/token", Reader::OAuthClient),
            &("/token", Reader::OAuthClient),
            &("/oauth/revoke", Reader::OAuthClient),
            &("/oauth/introspect", Reader::OAuthClient),
            &("/oauth/par", Reader::OAuthClient),
            &("/oauth/device_authorization", Reader::OAuthClient),
            &("/oauth/jwks", Reader::OAuthClient),
            &("/.well-known/oauth-authorization-server", Reader::OAuthClient),
            &("/.well-known/oauth-protected-resource/mcp/ODD", Reader::OAuthClient),
            &("/oauth/authorize", Reader::Person),
            &("/authorize", Reader::Person),
            &("/oauth/authorize/wait/ODD", Reader::Person),
            &("/oauth/authorize/wait/ODD/hold/ODD", Reader::Person),
            &("/mcp/everything", Reader::McpClient),
            &("/ODD", Reader::OAuthClient),
        ]);
        let mut target = path.replace("CLIENT", client);
        while let Some(at) = target.find("ODD") {
            let odd = dice.one_of(&ODD);
            target.replace_range(at..at + 3, &utf8_percent_encode(odd, NON_ALPHANUMERIC).to_string().replace("%25", "%"));
        }
        let is_registration = path.contains("register");
        let mut body = if is_registration { registration(dice) } else { pairs(dice, client) };
        if path.contains("authorize") && dice.below(3) > 0 {
            target = format!("{target}?{}", String::from_utf8_lossy(&body).replace(|c: char| !c.is_ascii_graphic(), "%"));
            body.clear();
        }
        let usual = if body.is_empty() && reader == Reader::Person { "GET" } else { "POST" };
        let method =
            if dice.below(10) > 0 { usual } else { dice.one_of(&["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW"]) };
        let usual = if is_registration { JSON } else { FORM };
        let media =
            if dice.below(10) > 0 { usual } else { dice.one_of(&[JSON, FORM, "Content-Type: text/plain", "Content-Type:", "X-None: 1"]) };
        let mut headers = vec![media.to_owned()];
        if dice.below(3) == 0 {
            let authorization =
                dice.one_of(&["Basic", "Basic !", "Basic Og==", "Basic YTpi", "bearer x", "Bearer dwm_x", "Digest a=b", "\u{e4}", ""]);
            headers.push(format!("Authorization: {authorization}"));
        }
        if dice.below(20) == 0 {
            headers.push(
                dice.one_of(&[
                    "Origin: null",
                    "Sec-Fetch-Site: cross-site",
                    "Cookie: a=b",
                    "Accept: application/problem+json",
                    "Range: bytes=0-",
                ])
                .to_owned(),
            );
        }
        Self { method: method.to_owned(), target, headers, body, reader }
    }

    /// Its bytes, for this host.
    pub fn bytes(&self, host: &str) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", self.method, self.target).into_bytes();
        for header in &self.headers {
            bytes.extend_from_slice(header.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// A registration with something wrong in it.
fn registration(dice: &mut Dice) -> Vec<u8> {
    let sound = format!(
        "{{\"client_name\":\"Agent\",\"redirect_uris\":[\"{REDIRECT}\",\"cursor://x/y\"],\"grant_types\":[\"authorization_code\"],\
         \"response_types\":[\"code\"],\"scope\":\"mcp\",\"token_endpoint_auth_method\":\"none\"}}"
    );
    match dice.below(6) {
        0 => broken(dice, sound.into_bytes()),
        1 => sound
            .replacen(dice.one_of(&["Agent", REDIRECT, "cursor:", "code", "mcp", "none", "authorization_code"]), dice.one_of(&ODD), 1)
            .into_bytes(),
        2 => sound
            .replacen(
                dice.one_of(&["\"Agent\"", "[\"code\"]", "\"mcp\"", "\"none\""]),
                dice.one_of(&["5", "{}", "[[]]", "true", "", "[1]"]),
                1,
            )
            .into_bytes(),
        3 => dice.one_of(&["[", "{\"a\":"]).repeat(1 + dice.below(40_000) as usize).into_bytes(),
        4 => format!("{{\"redirect_uris\":[{}]}}", vec!["\"http://evil.test/\""; 1 + dice.below(30) as usize].join(",")).into_bytes(),
        _ => vec![b' '; dice.below(100_000) as usize],
    }
}

/// Parameters with something wrong in them.
fn pairs(dice: &mut Dice, client: &str) -> Vec<u8> {
    let challenge = challenge(VERIFIER);
    let grant_type =
        dice.one_of(&["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code", "password", "ODD"]);
    let all = [
        ("grant_type", grant_type),
        ("client_id", client),
        ("client_secret", "dws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("code", "dwc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("code_verifier", VERIFIER),
        ("refresh_token", "dwr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("device_code", "x"),
        ("token", "x"),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("state", "s"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "plain"),
        ("resource", "http://127.0.0.1:1/mcp/x"),
        ("scope", "mcp"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:x"),
    ];
    let mut sent = Vec::new();
    for (name, value) in all {
        for _ in 0..*dice.one_of(&[&0, &1, &1, &1, &1, &2]) {
            let value = if dice.below(6) == 0 { dice.one_of(&ODD) } else { value };
            sent.push(format!("{name}={value}"));
        }
    }
    let text = sent.join("&").into_bytes();
    match dice.below(8) {
        0 => broken(dice, text),
        1 => [text, vec![b'&'; dice.below(70_000) as usize]].concat(),
        2 => [text, b"&a=1".repeat(dice.below(100) as usize)].concat(),
        _ => text,
    }
}

/// Cut off, or with other bytes in it.
fn broken(dice: &mut Dice, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() as u32) as usize;
        match dice.below(3) {
            0 => bytes.truncate(at.max(1)),
            1 => bytes[at] = dice.below(256) as u8,
            _ => bytes.insert(at, dice.below(256) as u8),
        }
    }
    bytes
}
