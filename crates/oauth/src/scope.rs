//! Scopes: the coarse label on the wire for what a person ticks (RFC 6749 §3.3).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{id::ServerName, preset::RegistrationPolicy, tool::Group};

/// Stands for "whatever the server's default is", so that clients that know only `mcp` work: looking at things.
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

    /// What a guarded server asks for at least: looking at things, unless one scope stands for all.
    pub fn of_server(server: &ServerName, policy: &RegistrationPolicy) -> Self {
        Self::of_group(server, Group::Look, policy)
    }

    /// What a tool of that kind needs at a server.
    pub fn of_group(server: &ServerName, group: Group, policy: &RegistrationPolicy) -> Self {
        if policy.forced_scope.is_empty() { Self(vec![group_scope(server, group)]) } else { Self::words(&policy.forced_scope) }
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

    /// Whether a scope of that server is named.
    pub fn names(&self, server: &ServerName) -> bool {
        self.iter().any(|token| is_own(token, server))
    }

    /// Whether `token` is named, or something broader: `files` implies `files:look` (MCP 2026-07-28, "Scope Hierarchies").
    pub fn covers(&self, token: &str) -> bool {
        let whole = token.rsplit_once(':').filter(|(_, group)| Group::named(group).is_some()).map(|(server, _)| server);
        self.contains(token) || whole.is_some_and(|server| self.contains(server))
    }

    /// Whether all of `self` is covered by `other`.
    pub fn within(&self, other: &Self) -> bool {
        self.iter().all(|token| other.covers(token))
    }

    /// What a refresh at `server` asks for, of a grant that has `self`: without the names that mean nothing more than was granted.
    pub fn asked_again(&self, asked: &Self, server: &ServerName) -> Self {
        let look = group_scope(server, Group::Look);
        let meant = |token: &str| match token {
            granted if self.contains(granted) => Some(granted.to_owned()),
            DEFAULT => self.covers(&look).then(|| look.clone()),
            OFFLINE_ACCESS => None,
            other => Some(other.to_owned()),
        };
        Self(asked.iter().filter_map(meant).collect())
    }

    /// What can be granted at `server` of what was asked: the server's own scopes, and the names that a policy adds.
    /// Unknown scopes are dropped, and when nothing of the server's is left its default is meant; the answer always says what was
    /// granted (RFC 6749 §5.1).
    pub fn grantable_at(&self, server: &ServerName, policy: &RegistrationPolicy) -> Self {
        if !policy.forced_scope.is_empty() {
            return Self::words(&policy.forced_scope);
        }
        let asked = if self.is_empty() { Self::words(&policy.default_scope) } else { self.clone() };
        let more = asked.iter().filter(|token| policy.more_scopes.iter().any(|more| more == token));
        Self(own(&asked, server).into_iter().chain(more.map(str::to_owned)).collect())
    }

    /// The same with the server's own scopes as a person's ticks have it: a kind of tool is granted when one of them is allowed, or
    /// when it was asked for and there is none. Other names stay.
    pub fn ticked(&self, server: &ServerName, policy: &RegistrationPolicy, allowed: impl Fn(Group) -> Option<bool>) -> Self {
        if !policy.forced_scope.is_empty() {
            return self.clone();
        }
        let granted = |group: &Group| allowed(*group).unwrap_or_else(|| self.covers(&group_scope(server, *group)));
        let groups: Vec<String> = Group::ALL.into_iter().filter(granted).map(|group| group_scope(server, group)).collect();
        let own = if groups.len() == Group::ALL.len() { vec![server.as_str().to_owned()] } else { groups };
        let others = self.iter().filter(|token| !is_own(token, server)).map(str::to_owned);
        Self(own.into_iter().chain(others).collect())
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

/// The scope of one kind of tool at a server: `NAME:look`.
fn group_scope(server: &ServerName, group: Group) -> String {
    format!("{server}:{}", group.as_str())
}

/// Whether a scope is one of that server: `NAME`, or one of its kinds.
fn is_own(token: &str, server: &ServerName) -> bool {
    let rest = token.strip_prefix(server.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(|group| Group::named(group).is_some()))
}

/// The server's own scopes among those asked for, the broadest only; its default if there are none.
fn own(asked: &Scopes, server: &ServerName) -> Vec<String> {
    let named: Vec<String> = asked.iter().filter(|token| is_own(token, server)).map(str::to_owned).collect();
    match named {
        _ if asked.contains(server.as_str()) => vec![server.as_str().to_owned()],
        named if named.is_empty() => vec![group_scope(server, Group::Look)],
        named => named,
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
        token == DEFAULT || token == OFFLINE_ACCESS || self.0.iter().any(|server| is_own(token, server))
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

    fn scopes(text: &str) -> Scopes {
        Scopes::parse(text).expect("sound")
    }

    fn files() -> ServerName {
        ServerName::parse("files").expect("a name")
    }

    #[test]
    fn rt04_names_that_mean_nothing_more_are_no_widening() {
        let server = ServerName::parse("files").expect("a name");
        let again = |granted: &str, asked: &str| {
            Scopes::parse(granted).expect("sound").asked_again(&Scopes::parse(asked).expect("sound"), &server).to_string()
        };
        assert_eq!(again("files:look files:change", "mcp offline_access"), "files:look");
        assert_eq!(again("files", "mcp"), "files:look");
        assert_eq!(again("files:change", "mcp"), "", "all of it");
        assert_eq!(again("mcp", "mcp"), "mcp", "a policy's own name");
        assert_eq!(again("files:look", "files:run"), "files:run", "is more, and refused as such");
    }

    #[test]
    fn az08_unknown_scopes_are_dropped_and_none_means_the_default() {
        for (asked, granted) in [
            ("", "files:look"),
            ("mcp", "files:look"),
            ("openid email profile git:run", "files:look"),
            ("files offline_access", "files"),
            ("files:look files files:run", "files"),
            ("files:change files:look", "files:change files:look"),
            ("files:everything", "files:look"),
        ] {
            assert_eq!(scopes(asked).grantable_at(&files(), &RegistrationPolicy::default()).to_string(), granted, "{asked}");
        }
    }

    #[test]
    fn m_rs_13_a_broader_scope_implies_the_narrower_ones() {
        for (narrow, broad) in [("files:look", "files"), ("files:run files:look", "files"), ("files", "files"), ("", "files:look")] {
            assert!(scopes(narrow).within(&scopes(broad)), "{narrow} in {broad}");
        }
        for (more, less) in [("files", "files:look"), ("files:run", "files:look"), ("git:look", "files"), ("files:other", "files")] {
            assert!(!scopes(more).within(&scopes(less)), "{more} in {less}");
        }
    }

    #[test]
    fn what_is_granted_is_what_was_ticked() {
        let policy = RegistrationPolicy::default();
        let ticked = |asked: &str, look: Option<bool>, change: Option<bool>, run: Option<bool>| {
            let allowed = |group: Group| match group {
                Group::Look => look,
                Group::Change => change,
                Group::Run => run,
            };
            scopes(asked).ticked(&files(), &policy, allowed).to_string()
        };
        assert_eq!(ticked("files", Some(true), Some(false), Some(false)), "files:look", "less than was asked");
        assert_eq!(ticked("files:look", Some(true), Some(true), None), "files:look files:change", "more than was asked");
        assert_eq!(ticked("files", Some(true), None, None), "files", "all there is");
        assert_eq!(ticked("files:look extra", None, None, None), "files:look extra", "nothing to tick");
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
