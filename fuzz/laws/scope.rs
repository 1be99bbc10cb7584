//! The grammar of scopes, and what is granted of them.

use doorward_oauth::{
    id::ServerName,
    preset::Preset,
    scope::{ScopeNames, Scopes},
};

/// Fails where a law is broken.
pub fn holds(text: &str) {
    let Ok(scopes) = Scopes::parse(text) else {
        let sound = text.chars().all(|c| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~'));
        assert!(!sound || text.len() > 2_000, "{text:?} follows the grammar");
        return;
    };
    let tokens: Vec<&str> = scopes.iter().collect();
    assert!(tokens.iter().all(|token| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')));
    assert!(tokens.iter().enumerate().all(|(at, token)| !tokens[..at].contains(token)), "none twice");
    assert!(text.split(' ').all(|word| word.is_empty() || scopes.contains(word)), "none lost");
    assert_eq!(Scopes::parse(&scopes.to_string()).expect("printed"), scopes);
    assert_eq!(scopes.is_empty(), tokens.is_empty());
    let servers = ["files", "git"].map(|name| ServerName::parse(name).expect("a name"));
    for policy in Preset::ALL.map(|preset| preset.policy().registration) {
        let granted = scopes.grantable_at(&servers[0], &policy);
        assert!(granted.names(&servers[0]) || !policy.forced_scope.is_empty(), "a scope of the server is always in it");
        assert!(!granted.names(&servers[1]), "never another server's");
        let all = Scopes::parse(&format!("files {} {}", policy.forced_scope, policy.more_scopes.join(" "))).expect("sound");
        assert!(granted.within(&all), "{granted}");
        let registered = scopes.clone().registered(&policy, &ScopeNames::of(&servers));
        assert!(!registered.is_empty());
        assert_eq!(registered.clone().registered(&policy, &ScopeNames::of(&servers)), registered, "once is enough");
    }
}
