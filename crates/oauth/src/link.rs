//! Pages of a client's maker, as its registration names them (RFC 7591 §2). Nothing is fetched: a person may have one opened.

use serde::{Deserialize, Serialize};

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadsTo {
    /// The client (`client_uri`).
    Home,
    /// What it does with data (`policy_uri`).
    Policy,
    /// Its terms of service (`tos_uri`).
    Terms,
}

impl LeadsTo {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Home, Self::Policy, Self::Terms];

    /// The member of a registration.
    pub const fn member(self) -> &'static str {
        match self {
            Self::Home => "client_uri",
            Self::Policy => "policy_uri",
            Self::Terms => "tos_uri",
        }
    }
}

/// A page that a person may have opened: `https`, of a host that is shown before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it is about.
    pub to: LeadsTo,
    /// Its address.
    pub url: String,
    /// Its host, as it is looked up: in ASCII, so that no letter can look like another one.
    pub host: String,
}

impl Link {
    /// A page that may be opened; `None` for any other address.
    pub fn of(to: LeadsTo, text: &str) -> Option<Self> {
        let url = url::Url::parse(text).ok()?;
        let plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
        let host = url.host_str().filter(|_| plain)?.to_owned();
        Some(Self { to, host, url: url.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_pages_can_be_opened() {
        let link = Link::of(LeadsTo::Home, "https://example.com/about?x=1").expect("a page");
        assert_eq!((link.host.as_str(), link.url.as_str()), ("example.com", "https://example.com/about?x=1"));
        for other in [
            "http://example.com/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "vscode://x",
            "https:",
            "https://",
            "https://user@example.com/",
            "https://example.com:x/",
            "--help",
            "",
        ] {
            assert_eq!(Link::of(LeadsTo::Home, other), None, "{other}");
        }
    }

    #[test]
    fn the_host_is_shown_as_it_is_looked_up() {
        let link = Link::of(LeadsTo::Home, "https://ex\u{430}mple.com/").expect("a page");
        assert_eq!(link.host, "xn--exmple-4nf.com", "with a Cyrillic letter");
        let numbers = Link::of(LeadsTo::Home, "https://0x7f.1/").expect("a page");
        assert_eq!(numbers.host, "127.0.0.1");
    }
}
