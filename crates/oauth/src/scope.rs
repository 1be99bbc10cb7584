//! Scopes: the coarse label on the wire for what a person ticks (RFC 6749 §3.3).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{id::ServerName, preset::RegistrationPolicy};

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

    /// All a guarded server has: the scope of its name, unless one scope stands for all.
    pub fn of_server(server: &ServerName, policy: &RegistrationPolicy) -> Self {
        if policy.forced_scope.is_empty() { Self(vec![server.as_str().to_owned()]) } else { Self::words(&policy.forced_scope) }
    }

    /// The few scopes to publish for all servers together (META-10).
    pub fn basic(policy: &RegistrationPolicy) -> Self {
        Self::words(if policy.forced_scope.is_empty() { &policy.default_scope } else { &policy.forced_scope })
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

    /// What can be granted at `server` of what was asked: the server's own scope, and the names that a policy adds.
    /// Unknown scopes are dropped, and when nothing known is left the server's default is meant; the answer always says
    /// what was granted (RFC 6749 §5.1).
    pub fn grantable_at(&self, server: &ServerName, policy: &RegistrationPolicy) -> Self {
        if !policy.forced_scope.is_empty() {
            return Self::words(&policy.forced_scope);
        }
        let asked = if self.is_empty() { Self::words(&policy.default_scope) } else { self.clone() };
        let more = asked.0.into_iter().filter(|token| policy.more_scopes.contains(token));
        // The only scope of a server is its name: a narrower one is advertised, and known here, as soon as the guard
        // can hold a client to it.
        Self([server.as_str().to_owned()].into_iter().chain(more).collect())
    }

    /// What a client that asked for these is registered with.
    pub fn registered(self, policy: &RegistrationPolicy, names: &ScopeNames<'_>) -> Self {
        if !policy.forced_scope.is_empty() {
            return Self::words(&policy.forced_scope);
        }
        let known = |token: &String| names.contains(token) || policy.more_scopes.contains(token);
        let kept: Vec<String> = self.0.into_iter().filter(known).collect();
        if kept.is_empty() { Self::words(&policy.default_scope) } else { Self(kept) }
    }

    fn words(text: &str) -> Self {
        Self(text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect())
    }
}

/// The scopes there are: those of the servers, and those with a meaning of their own.
#[derive(Debug)]
pub struct ScopeNames<'a>(&'a [ServerName]);

impl<'a> ScopeNames<'a> {
    /// The scopes of these servers.
    pub const fn of(servers: &'a [ServerName]) -> Self {
        Self(servers)
    }

    fn contains(&self, token: &str) -> bool {
        token == DEFAULT || token == OFFLINE_ACCESS || self.0.iter().any(|server| server.as_str() == token)
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
            let granted = Scopes::parse(asked).expect("sound").grantable_at(&files, &RegistrationPolicy::default());
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
