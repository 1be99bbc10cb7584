//! The only "yes" without a person, and every rule that says whether to ask one.
//!
//! Connecting always asks. A call passes only on a grant that holds. No rule, no grant, no person: no.

use crate::{
    error::{Code, OAuthError},
    grant::Grant,
    id::ServerName,
    time::UnixTime,
};

/// Why a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// This App was never allowed to use this server.
    FirstTime,
    /// It was, and signs in again.
    SigningInAgain,
}

/// What to do with a sound authorization request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connect {
    /// Put the question to a person.
    Ask(Why),
    /// No, without a question.
    Refuse(OAuthError),
}

/// Decides about a connection. Never a silent yes: an unproven client is asked about each time (OAuth 2.1 §7.3.1, AZ-14).
pub fn connect(known: Option<&Grant>, now: UnixTime, silent: bool, paused: bool) -> Connect {
    if paused {
        return Connect::Refuse(OAuthError::new(Code::TemporarilyUnavailable, "Doorward is paused on this computer."));
    }
    if silent {
        return Connect::Refuse(OAuthError::new(Code::InteractionRequired, "Doorward always asks the person at the computer."));
    }
    match known {
        Some(grant) if grant.holds_at(now) => Connect::Ask(Why::SigningInAgain),
        Some(_) | None => Connect::Ask(Why::FirstTime),
    }
}

/// What to do with a call to a guarded server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Pass it on.
    Allow,
    /// The token opens nothing here (RFC 6750 §3.1 `invalid_token`).
    RefuseToken,
    /// A person paused everything.
    RefusePaused,
}

/// Decides about a call to `server` with a token of `grant` that lives until `token_ends`.
pub fn call(grant: &Grant, token_ends: UnixTime, server: &ServerName, now: UnixTime, paused: bool) -> Call {
    let good_here = grant.server == *server && grant.holds_at(now) && now < token_ends;
    match (good_here, paused) {
        (false, _) => Call::RefuseToken,
        (true, true) => Call::RefusePaused,
        (true, false) => Call::Allow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{AppId, ClientId, GrantId},
        scope::Scopes,
    };

    const NOW: UnixTime = UnixTime::from_secs(1_000);
    const LATER: UnixTime = UnixTime::from_secs(2_000);
    const EARLIER: UnixTime = UnixTime::from_secs(500);

    fn server(name: &str) -> ServerName {
        ServerName::parse(name).expect("a name")
    }

    fn grant(ends_at: UnixTime) -> Grant {
        Grant {
            id: GrantId::from_text("g"),
            app: AppId::from_text("a"),
            client: ClientId::from_text("c"),
            server: server("files"),
            scopes: Scopes::parse("files").expect("sound"),
            created_at: EARLIER,
            last_used_at: None,
            ends_at,
        }
    }

    #[test]
    fn az14_connecting_always_asks() {
        assert_eq!(connect(None, NOW, false, false), Connect::Ask(Why::FirstTime));
        assert_eq!(connect(Some(&grant(LATER)), NOW, false, false), Connect::Ask(Why::SigningInAgain));
        assert_eq!(connect(Some(&grant(EARLIER)), NOW, false, false), Connect::Ask(Why::FirstTime));
        assert!(matches!(connect(Some(&grant(LATER)), NOW, true, false), Connect::Refuse(e) if e.code == Code::InteractionRequired));
        assert!(matches!(connect(None, NOW, false, true), Connect::Refuse(e) if e.code == Code::TemporarilyUnavailable));
    }

    #[test]
    fn a_call_needs_a_living_grant_for_that_very_server() {
        assert_eq!(call(&grant(LATER), LATER, &server("files"), NOW, false), Call::Allow);
        assert_eq!(call(&grant(LATER), LATER, &server("git"), NOW, false), Call::RefuseToken);
        assert_eq!(call(&grant(EARLIER), LATER, &server("files"), NOW, false), Call::RefuseToken);
        assert_eq!(call(&grant(LATER), EARLIER, &server("files"), NOW, false), Call::RefuseToken);
        assert_eq!(call(&grant(LATER), NOW, &server("files"), NOW, false), Call::RefuseToken, "ends at its end, not after it");
        assert_eq!(call(&grant(LATER), LATER, &server("files"), NOW, true), Call::RefusePaused);
        assert_eq!(call(&grant(EARLIER), LATER, &server("files"), NOW, true), Call::RefuseToken, "a pause says nothing about dead tokens");
    }
}
