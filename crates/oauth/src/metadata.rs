//! What Doorward publishes about itself (RFC 8414, RFC 9728). Only what exists is advertised; every list whose default
//! would be a trap is written out; empty and absent members are left out (META-04, META-08).

use serde::Serialize;

use crate::{
    client::{AuthMethod, GrantType},
    id::ServerName,
    issuer::{Issuer, LoopbackName},
    preset::RegistrationPolicy,
    scope::Scopes,
};

/// `/.well-known/oauth-authorization-server` (RFC 8414 §2).
#[derive(Debug, Serialize)]
pub struct AuthorizationServer {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_authorization_endpoint: Option<String>,
    pushed_authorization_request_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    scopes_supported: Scopes,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    code_challenge_methods_supported: [&'static str; 1],
    authorization_response_iss_parameter_supported: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    client_id_metadata_document_supported: bool,
}

/// What is on, where that can change.
#[derive(Debug, Clone, Copy)]
pub struct Features<'a> {
    /// What may be registered.
    pub policy: &'a RegistrationPolicy,
    /// Whether programs can register.
    pub registration: bool,
    /// Whether client ID metadata documents are fetched.
    pub documents: bool,
    /// Whether there are servers that validate tokens themselves, and so keys for them.
    pub keys: bool,
}

impl AuthorizationServer {
    /// The document for `issuer`.
    pub fn of(issuer: &Issuer, features: Features<'_>) -> Self {
        let methods: Vec<&str> = features.policy.auth_methods.iter().map(|method| method.as_str()).collect();
        let grants = &features.policy.grant_types;
        Self {
            issuer: issuer.as_str().to_owned(),
            authorization_endpoint: issuer.at("/oauth/authorize"),
            token_endpoint: issuer.at("/oauth/token"),
            revocation_endpoint: issuer.at("/oauth/revoke"),
            introspection_endpoint: issuer.at("/oauth/introspect"),
            device_authorization_endpoint: grants.contains(&GrantType::DeviceCode).then(|| issuer.at("/oauth/device_authorization")),
            pushed_authorization_request_endpoint: issuer.at("/oauth/par"),
            registration_endpoint: features.registration.then(|| issuer.at("/oauth/register")),
            jwks_uri: features.keys.then(|| issuer.at("/oauth/jwks")),
            scopes_supported: Scopes::basic(features.policy),
            response_types_supported: ["code"],
            response_modes_supported: ["query"],
            grant_types_supported: grants.iter().map(|grant| grant.as_str()).collect(),
            token_endpoint_auth_methods_supported: methods.clone(),
            revocation_endpoint_auth_methods_supported: methods,
            introspection_endpoint_auth_methods_supported: [AuthMethod::Basic.as_str(), AuthMethod::Post.as_str()],
            code_challenge_methods_supported: ["S256"],
            authorization_response_iss_parameter_supported: true,
            client_id_metadata_document_supported: features.documents,
        }
    }
}

/// A JSON Web Key Set with the public halves of the signing keys (RFC 7517 §5).
#[derive(Debug, Serialize)]
pub struct KeySet {
    /// The keys, newest first.
    pub keys: Vec<PublicKey>,
}

/// A public key for ES256 (RFC 7518 §6.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    kty: &'static str,
    crv: &'static str,
    r#use: &'static str,
    alg: &'static str,
    /// Its name, as in the header of the tokens it signed.
    pub kid: String,
    x: String,
    y: String,
}

impl PublicKey {
    /// A key called `kid` with these coordinates, in base64url.
    pub const fn es256(kid: String, x: String, y: String) -> Self {
        Self { kty: "EC", crv: "P-256", r#use: "sig", alg: "ES256", kid, x, y }
    }
}

/// `/.well-known/oauth-protected-resource/mcp/NAME` (RFC 9728 §2).
#[derive(Debug, Serialize)]
pub struct ProtectedResource {
    resource: String,
    authorization_servers: [String; 1],
    scopes_supported: Scopes,
    bearer_methods_supported: [&'static str; 1],
    resource_name: String,
}

impl ProtectedResource {
    /// The document for `server`, for a client that knows us as `host`.
    pub fn of(issuer: &Issuer, host: LoopbackName, server: &ServerName, policy: &RegistrationPolicy) -> Self {
        Self {
            resource: issuer.resource(host, server),
            authorization_servers: [issuer.as_str().to_owned()],
            scopes_supported: Scopes::of_server(server, policy),
            bearer_methods_supported: ["header"],
            resource_name: server.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn meta01_to_meta08_the_document_says_everything_that_is_on_and_nothing_more() {
        let policy = RegistrationPolicy::default();
        let document = |features| serde_json::to_value(AuthorizationServer::of(&Issuer::on_port(8765), features)).expect("serialises");
        let usual = Features { policy: &policy, registration: true, documents: false, keys: false };
        assert_eq!(
            document(usual),
            json!({
                "issuer": "http://127.0.0.1:8765",
                "authorization_endpoint": "http://127.0.0.1:8765/oauth/authorize",
                "token_endpoint": "http://127.0.0.1:8765/oauth/token",
                "revocation_endpoint": "http://127.0.0.1:8765/oauth/revoke",
                "introspection_endpoint": "http://127.0.0.1:8765/oauth/introspect",
                "device_authorization_endpoint": "http://127.0.0.1:8765/oauth/device_authorization",
                "pushed_authorization_request_endpoint": "http://127.0.0.1:8765/oauth/par",
                "registration_endpoint": "http://127.0.0.1:8765/oauth/register",
                "scopes_supported": ["mcp"],
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
                "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
                "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
                "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": true,
            })
        );
        let all = document(Features { documents: true, keys: true, ..usual });
        assert_eq!(all["client_id_metadata_document_supported"], true);
        assert_eq!(all["jwks_uri"], "http://127.0.0.1:8765/oauth/jwks");
        let closed = document(Features { registration: false, ..usual });
        assert_eq!(closed.get("registration_endpoint"), None);
    }

    #[test]
    fn prm03_the_resource_document_names_the_one_issuer_whatever_the_host() {
        let files = ServerName::parse("files").expect("a name");
        let document = ProtectedResource::of(&Issuer::on_port(8765), LoopbackName::Localhost, &files, &RegistrationPolicy::default());
        assert_eq!(
            serde_json::to_value(document).expect("serialises"),
            json!({
                "resource": "http://localhost:8765/mcp/files",
                "authorization_servers": ["http://127.0.0.1:8765"],
                "scopes_supported": ["files:look"],
                "bearer_methods_supported": ["header"],
                "resource_name": "files",
            })
        );
    }
}
