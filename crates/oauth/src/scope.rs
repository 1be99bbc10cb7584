//! Scopes: the coarse label on the wire for what a person ticks (RFC 6749 §3.3).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::ServerName;

/// Stands for "whatever the server's default is", so that clients that know only `mcp` work.
pub const DEFAULT: &str = "mcp";
/// Accepted, and means nothing more than a refresh token, which is given anyway.
pub const OFFLINE_ACCESS: &str = "offline_access";

/// A list of scope tokens, without repetition, in the order they were named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(Vec<String>);

/// The text breaks the grammar of RFC 6749 §3.3.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a scope is printable ASCII without quotes or backslashes, tokens separated by single blanks")]
pub struct BadScope;

impl Scopes {
    /// Reads a `scope` parameter; an empty one names nothing.
    ///
    /// # Errors
    /// [`BadScope`] when a character is outside the grammar or the text is longer than 2,000 bytes.
    pub fn parse(text: &str) -> Result<Self, BadScope> {
        if text.len() > 2_000 {
            return Err(BadScope);
        }
        let mut tokens: Vec<String> = Vec::new();
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            if !token.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)) {
                return Err(BadScope);
            }
            if !tokens.iter().any(|seen| seen == token) {
                tokens.push(token.to_owned());
            }
        }
        Ok(Self(tokens))
    }

    /// All a guarded server has: the scope of its name.
    pub fn of_server(server: &ServerName) -> Self {
        Self(vec![server.as_str().to_owned()])
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether `token` is named.
    pub fn contains(&self, token: &str) -> bool {
        self.iter().any(|t| t == token)
    }

    /// Whether all of `self` is in `other`.
    pub fn within(&self, other: &Self) -> bool {
        self.iter().all(|token| other.contains(token))
    }

    /// What can be granted at `server` of what was asked: the server's own scope. Unknown scopes are dropped, and when
    /// nothing known is left the server's default is meant; the answer always says what was granted (RFC 6749 §5.1).
    pub fn grantable_at(&self, server: &ServerName) -> Self {
        // The only scope of a server is its name: a narrower one is advertised, and known here, as soon as the guard
        // can hold a client to it.
        Self::of_server(server)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn az08_unknown_scopes_are_dropped_and_none_means_the_default() {
        let files = ServerName::parse("files").expect("a name");
        for asked in ["", "mcp", "openid email profile", "files offline_access", "files"] {
            let granted = Scopes::parse(asked).expect("sound").grantable_at(&files);
            assert_eq!(granted.to_string(), "files", "{asked}");
        }
    }

    #[test]
    fn scopes_follow_the_grammar() {
        assert_eq!(Scopes::parse("a b a").expect("sound").to_string(), "a b");
        for bad in ["a\"b", "a\\b", "a\tb", "ä", "a\nb"] {
            assert_eq!(Scopes::parse(bad), Err(BadScope), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_prints_what_it_read(text in ".{0,200}") {
            if let Ok(scopes) = Scopes::parse(&text) {
                prop_assert_eq!(Scopes::parse(&scopes.to_string()), Ok(scopes));
            }
        }
    }
}
