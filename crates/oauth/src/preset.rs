//! What may be registered and asked for, as data. Five named policies, which differ in nothing but the values below:
//! the code that follows them has no branch for any of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    client::{AuthMethod, GrantType},
    issuer::LoopbackName,
    scope::Scopes,
};

/// A complete policy. Every value can be set in `config.toml` under its name, on top of a preset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What may be registered.
    pub registration: RegistrationPolicy,
    /// What an authorization request must hold.
    pub authorization: AuthorizationPolicy,
}

/// What may be registered, and how that is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationPolicy {
    /// How many redirect URIs one client may send.
    pub max_redirect_uris: usize,
    /// The spellings of loopback that a redirect may have.
    pub loopback_hosts: Vec<LoopbackName>,
    /// Private-use schemes whose redirects may be used.
    pub private_schemes: Vec<String>,
    /// Whether a client must say its name.
    pub name_required: bool,
    /// How clients may authenticate; one that asks for something else gets the default.
    pub auth_methods: Vec<AuthMethod>,
    /// How a client authenticates that does not say.
    pub default_auth_method: AuthMethod,
    /// How long a client secret is good, in seconds; 0: for ever (RFC 7591 §3.2.1).
    pub secret_seconds: u64,
    /// What clients may exchange; anything else is left out.
    pub grant_types: Vec<GrantType>,
    /// What a client may exchange that does not say.
    pub default_grant_types: Vec<GrantType>,
    /// The one scope that every client and every grant has, whatever it asked for; empty: no such rule.
    pub forced_scope: String,
    /// The scope of a client that names none; `mcp` stands for the scope of the server asked for.
    pub default_scope: String,
    /// Scopes that exist besides the servers' own. They are names and open nothing.
    pub more_scopes: Vec<String>,
    /// The members of the answer; empty: all there are.
    pub answer_members: Vec<String>,
    /// Whether the registration endpoint exists only while a server is guarded.
    pub needs_server: bool,
    /// More addresses of the registration endpoint.
    pub more_paths: Vec<String>,
    /// Registrations a day of one program; 0: no bound. On loopback a program takes the place of an IP address.
    pub daily_per_program: u32,
    /// Registrations a day in all; 0: no bound.
    pub daily: u32,
}

/// What an authorization request must hold beyond the standard.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorizationPolicy {
    /// Whether `redirect_uri` must be sent even where only one is registered.
    pub redirect_uri_required: bool,
    /// Whether `state` must be sent.
    pub state_required: bool,
}

/// A policy contradicts itself: what no program could ever satisfy was not meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("registration.{setting} {why}")]
pub struct Contradiction {
    setting: &'static str,
    why: &'static str,
}

impl Policy {
    /// Looks for values that cannot be meant together.
    ///
    /// # Errors
    /// The first [`Contradiction`].
    pub fn check(&self) -> Result<(), Contradiction> {
        let rules = &self.registration;
        let is_scope = |text: &String| Scopes::parse(text).is_ok();
        let is_path = |path: &String| path.starts_with('/') && !path.contains(['?', '#']);
        let id_is_told = rules.answer_members.is_empty() || rules.answer_members.iter().any(|member| member == "client_id");
        let sound = [
            ("max_redirect_uris", rules.max_redirect_uris > 0, "must be at least 1"),
            ("default_auth_method", rules.auth_methods.contains(&rules.default_auth_method), "must be one of auth_methods"),
            ("default_grant_types", !rules.default_grant_types.is_empty(), "must name at least one"),
            (
                "default_grant_types",
                rules.default_grant_types.iter().all(|kind| rules.grant_types.contains(kind)),
                "must all be among grant_types",
            ),
            ("forced_scope", is_scope(&rules.forced_scope), "is no scope"),
            ("default_scope", is_scope(&rules.default_scope), "is no scope"),
            ("more_scopes", rules.more_scopes.iter().all(is_scope), "has something that is no scope"),
            ("answer_members", id_is_told, "must have client_id, without which no program can go on"),
            ("more_paths", rules.more_paths.iter().all(is_path), "must begin with '/' and have no query"),
        ];
        let broken = sound.into_iter().find(|(_, holds, _)| !holds);
        broken.map_or(Ok(()), |(setting, _, why)| Err(Contradiction { setting, why }))
    }
}

impl Policy {
    /// One value by its name in `config.toml`, with the section before it (`registration.daily`); null for a name that there is not.
    pub fn value(&self, name: &str) -> Value {
        let mut all = serde_json::to_value(self).unwrap_or_default();
        all.pointer_mut(&format!("/{}", name.replace('.', "/"))).map(Value::take).unwrap_or_default()
    }
}

/// What named policies have in the place of a value, where that is another one: each value with the names of the policies.
pub fn elsewhere(name: &str, here: &Value) -> Vec<(Value, Vec<&'static str>)> {
    let mut others: Vec<(Value, Vec<&str>)> = Vec::new();
    for preset in Preset::ALL {
        let there = preset.policy().value(name);
        match others.iter_mut().find(|(value, _)| *value == there) {
            _ if there == *here => {}
            Some((_, by)) => by.push(preset.as_str()),
            None => others.push((there, vec![preset.as_str()])),
        }
    }
    others
}

/// A named policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// What lets Claude Code, Codex, Cursor and VS Code in.
    #[default]
    Doorward,
    /// As documented by FinRadar: public clients with one scope, 127.0.0.1 only.
    Finradar,
    /// As documented by a provider's dashboard: confidential clients that say their name.
    Provider,
    /// As documented by Storyden: a conservative list of grants and scopes.
    Storyden,
    /// As documented by Bifrost: public clients, while there is a server to use.
    Bifrost,
}

impl Preset {
    /// Every preset, the default first.
    pub const ALL: [Self; 5] = [Self::Doorward, Self::Finradar, Self::Provider, Self::Storyden, Self::Bifrost];

    /// The name in `config.toml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Doorward => "doorward",
            Self::Finradar => "finradar",
            Self::Provider => "provider",
            Self::Storyden => "storyden",
            Self::Bifrost => "bifrost",
        }
    }

    /// Its values.
    pub fn policy(self) -> Policy {
        use AuthMethod::{Basic, None as Public};
        let usual = RegistrationPolicy::default();
        match self {
            Self::Doorward => Policy::default(),
            Self::Finradar => Policy {
                registration: RegistrationPolicy {
                    max_redirect_uris: 5,
                    loopback_hosts: vec![LoopbackName::V4],
                    private_schemes: vec![],
                    auth_methods: vec![Public],
                    grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
                    forced_scope: "mcp".to_owned(),
                    answer_members: names(&[
                        "client_id",
                        "client_id_issued_at",
                        "client_name",
                        "redirect_uris",
                        "grant_types",
                        "response_types",
                        "token_endpoint_auth_method",
                        "scope",
                    ]),
                    daily_per_program: 50,
                    daily: 500,
                    ..usual
                },
                authorization: AuthorizationPolicy { redirect_uri_required: true, state_required: true },
            },
            Self::Provider => Policy {
                registration: RegistrationPolicy {
                    name_required: true,
                    default_auth_method: Basic,
                    default_scope: "openid profile email".to_owned(),
                    more_scopes: names(&["openid", "profile", "email"]),
                    answer_members: names(&[
                        "client_id",
                        "client_secret",
                        "client_id_issued_at",
                        "client_secret_expires_at",
                        "client_name",
                        "redirect_uris",
                        "grant_types",
                        "response_types",
                        "scope",
                        "token_endpoint_auth_method",
                    ]),
                    more_paths: names(&["/v1/provider-mcp/oauth/register"]),
                    ..usual
                },
                authorization: AuthorizationPolicy::default(),
            },
            Self::Storyden => Policy {
                registration: RegistrationPolicy {
                    private_schemes: vec![],
                    default_auth_method: Basic,
                    grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
                    default_grant_types: vec![GrantType::AuthorizationCode],
                    answer_members: names(&[
                        "client_id",
                        "client_secret",
                        "client_id_issued_at",
                        "client_name",
                        "redirect_uris",
                        "grant_types",
                        "response_types",
                        "scope",
                        "token_endpoint_auth_method",
                        "application_type",
                        "logo_uri",
                        "client_uri",
                        "tos_uri",
                        "policy_uri",
                    ]),
                    daily_per_program: 100,
                    daily: 1_000,
                    ..usual
                },
                authorization: AuthorizationPolicy::default(),
            },
            Self::Bifrost => Policy {
                registration: RegistrationPolicy {
                    auth_methods: vec![Public],
                    default_grant_types: vec![GrantType::AuthorizationCode],
                    more_scopes: names(&["mcp:read", "mcp:write"]),
                    answer_members: names(&["client_id", "client_name", "redirect_uris", "grant_types", "token_endpoint_auth_method"]),
                    needs_server: true,
                    ..usual
                },
                authorization: AuthorizationPolicy::default(),
            },
        }
    }
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self {
            max_redirect_uris: 10,
            loopback_hosts: LoopbackName::ALL.to_vec(),
            private_schemes: names(&["cursor", "vscode", "vscode-insiders", "windsurf", "zed", "claude"]),
            name_required: false,
            auth_methods: vec![AuthMethod::None, AuthMethod::Basic, AuthMethod::Post],
            default_auth_method: AuthMethod::None,
            secret_seconds: 0,
            grant_types: GrantType::ALL.to_vec(),
            default_grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            forced_scope: String::new(),
            default_scope: "mcp".to_owned(),
            more_scopes: vec![],
            answer_members: vec![],
            needs_server: false,
            more_paths: vec![],
            daily_per_program: 0,
            daily: 0,
        }
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_read_by_the_name_they_are_shown_under() {
        for preset in Preset::ALL {
            let name = serde_json::Value::from(preset.as_str());
            assert_eq!(serde_json::from_value::<Preset>(name).expect("known"), preset);
        }
    }

    #[test]
    fn the_default_method_of_a_preset_is_one_it_allows() {
        for preset in Preset::ALL {
            let registration = preset.policy().registration;
            assert!(registration.auth_methods.contains(&registration.default_auth_method), "{preset:?}");
            assert!(registration.default_grant_types.contains(&GrantType::AuthorizationCode), "{preset:?}");
            assert!(registration.default_grant_types.iter().all(|grant| registration.grant_types.contains(grant)), "{preset:?}");
        }
    }
}
