//! The only "yes" without a person, and every rule that says whether to ask one.
//!
//! Connecting always asks. A call passes only on a grant that holds. No rule, no grant, no person: no.

use crate::{
    consent::WhyAsked,
    error::{Code, OAuthError},
    grant::Grant,
    id::ServerName,
    time::UnixTime,
    tool::{Looked, Mode},
};

/// Why a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// This App was never allowed to use this server.
    FirstTime,
    /// It was, and signs in again.
    SigningInAgain,
}

/// What a person paused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Paused {
    /// All there is.
    #[error("Doorward is paused on this computer.")]
    Everything,
    /// The App that asks.
    #[error("The user has paused this app in Doorward.")]
    App,
    /// The server it is about.
    #[error("The user has paused the server \u{201c}{0}\u{201d} in Doorward.")]
    Server(ServerName),
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
pub fn connect(known: Option<&Grant>, now: UnixTime, silent: bool, paused: Option<&Paused>) -> Connect {
    if let Some(paused) = paused {
        return Connect::Refuse(OAuthError::new(Code::TemporarilyUnavailable, paused.to_string()));
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Pass it on.
    Allow,
    /// The token opens nothing here (RFC 6750 §3.1 `invalid_token`).
    RefuseToken,
    /// A person paused it.
    RefusePaused(Paused),
}

/// Decides about a call to `server` with a token of `grant` that lives until `token_ends`.
pub fn call(grant: &Grant, token_ends: UnixTime, server: &ServerName, now: UnixTime, paused: Option<Paused>) -> Call {
    let good_here = grant.server == *server && grant.holds_at(now) && now < token_ends;
    match (good_here, paused) {
        (false, _) => Call::RefuseToken,
        (true, Some(paused)) => Call::RefusePaused(paused),
        (true, None) => Call::Allow,
    }
}

/// What to do with a call of one tool, on a grant that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolCall {
    /// Pass it on.
    Pass,
    /// Hold it and ask.
    Ask(WhyAsked),
    /// The tool is paused for everybody: it is not what somebody looked at.
    RefuseChanged,
    /// The server lists no such tool.
    RefuseUnknown,
}

/// Decides about a call of a tool. `looked` is `None` for one that the server does not list; `mode` is what holds for the App.
pub const fn tool_call(looked: Option<Looked>, mode: Mode) -> ToolCall {
    match (looked, mode) {
        (None, _) => ToolCall::RefuseUnknown,
        (Some(Looked::Changed), _) => ToolCall::RefuseChanged,
        (Some(Looked::Known), Mode::Allow) => ToolCall::Pass,
        (Some(Looked::Known), Mode::Ask) => ToolCall::Ask(WhyAsked::EachTime),
        // What nobody looked at is hidden, whatever a rule says.
        (Some(Looked::Known), Mode::Hide) | (Some(Looked::New), _) => ToolCall::Ask(WhyAsked::NotAllowedYet),
    }
}

/// Whether an App finds a tool in the server's list.
pub const fn is_listed(looked: Looked, mode: Mode) -> bool {
    matches!((looked, mode), (Looked::Known, Mode::Allow | Mode::Ask))
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
        assert_eq!(connect(None, NOW, false, None), Connect::Ask(Why::FirstTime));
        assert_eq!(connect(Some(&grant(LATER)), NOW, false, None), Connect::Ask(Why::SigningInAgain));
        assert_eq!(connect(Some(&grant(EARLIER)), NOW, false, None), Connect::Ask(Why::FirstTime));
        assert!(matches!(connect(Some(&grant(LATER)), NOW, true, None), Connect::Refuse(e) if e.code == Code::InteractionRequired));
        assert!(matches!(connect(None, NOW, false, Some(&Paused::App)), Connect::Refuse(e) if e.code == Code::TemporarilyUnavailable));
    }

    #[test]
    fn a_tool_passes_only_when_it_is_known_and_allowed() {
        for looked in [None, Some(Looked::New), Some(Looked::Known), Some(Looked::Changed)] {
            for mode in [Mode::Allow, Mode::Ask, Mode::Hide] {
                let known = looked == Some(Looked::Known);
                assert_eq!(tool_call(looked, mode) == ToolCall::Pass, known && mode == Mode::Allow, "{looked:?} {mode:?}");
                assert_eq!(looked.is_some_and(|looked| is_listed(looked, mode)), known && mode != Mode::Hide, "{looked:?} {mode:?}");
            }
        }
        assert_eq!(tool_call(Some(Looked::Known), Mode::Ask), ToolCall::Ask(WhyAsked::EachTime));
        assert_eq!(tool_call(Some(Looked::New), Mode::Allow), ToolCall::Ask(WhyAsked::NotAllowedYet));
        assert_eq!(tool_call(Some(Looked::Changed), Mode::Hide), ToolCall::RefuseChanged, "paused for everybody");
        assert_eq!(tool_call(None, Mode::Allow), ToolCall::RefuseUnknown);
    }

    #[test]
    fn a_call_needs_a_living_grant_for_that_very_server() {
        assert_eq!(call(&grant(LATER), LATER, &server("files"), NOW, None), Call::Allow);
        assert_eq!(call(&grant(LATER), LATER, &server("git"), NOW, None), Call::RefuseToken);
        assert_eq!(call(&grant(EARLIER), LATER, &server("files"), NOW, None), Call::RefuseToken);
        assert_eq!(call(&grant(LATER), EARLIER, &server("files"), NOW, None), Call::RefuseToken);
        assert_eq!(call(&grant(LATER), NOW, &server("files"), NOW, None), Call::RefuseToken, "ends at its end, not after it");
        for paused in [Paused::Everything, Paused::App, Paused::Server(server("files"))] {
            let refused = Call::RefusePaused(paused.clone());
            assert_eq!(call(&grant(LATER), LATER, &server("files"), NOW, Some(paused)), refused);
        }
        assert_eq!(
            call(&grant(EARLIER), LATER, &server("files"), NOW, Some(Paused::App)),
            Call::RefuseToken,
            "a pause says nothing about dead tokens"
        );
    }
}
