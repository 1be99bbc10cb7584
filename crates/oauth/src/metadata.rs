//! What Doorward publishes about itself (RFC 8414, RFC 9728). Only what exists is advertised; every list whose default
//! would be a trap is written out; empty and absent members are left out (META-04, META-08).

use serde::Serialize;

use crate::{
    id::ServerName,
    issuer::{Issuer, LoopbackName},
    scope::{self, Scopes},
};

/// `/.well-known/oauth-authorization-server` (RFC 8414 §2).
#[derive(Debug, Serialize)]
pub struct AuthorizationServer {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    registration_endpoint: String,
    scopes_supported: [&'static str; 1],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 2],
    token_endpoint_auth_methods_supported: [&'static str; 1],
    code_challenge_methods_supported: [&'static str; 1],
    authorization_response_iss_parameter_supported: bool,
}

impl AuthorizationServer {
    /// The document for `issuer`.
    pub fn of(issuer: &Issuer) -> Self {
        Self {
            issuer: issuer.as_str().to_owned(),
            authorization_endpoint: issuer.at("/oauth/authorize"),
            token_endpoint: issuer.at("/oauth/token"),
            registration_endpoint: issuer.at("/oauth/register"),
            scopes_supported: [scope::DEFAULT],
            response_types_supported: ["code"],
            response_modes_supported: ["query"],
            grant_types_supported: ["authorization_code", "refresh_token"],
            token_endpoint_auth_methods_supported: ["none"],
            code_challenge_methods_supported: ["S256"],
            authorization_response_iss_parameter_supported: true,
        }
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
    pub fn of(issuer: &Issuer, host: LoopbackName, server: &ServerName) -> Self {
        Self {
            resource: issuer.resource(host, server),
            authorization_servers: [issuer.as_str().to_owned()],
            scopes_supported: Scopes::of_server(server),
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
        let document = serde_json::to_value(AuthorizationServer::of(&Issuer::on_port(8765))).expect("serialises");
        assert_eq!(
            document,
            json!({
                "issuer": "http://127.0.0.1:8765",
                "authorization_endpoint": "http://127.0.0.1:8765/oauth/authorize",
                "token_endpoint": "http://127.0.0.1:8765/oauth/token",
                "registration_endpoint": "http://127.0.0.1:8765/oauth/register",
                "scopes_supported": ["mcp"],
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": true,
            })
        );
    }

    #[test]
    fn prm03_the_resource_document_names_the_one_issuer_whatever_the_host() {
        let files = ServerName::parse("files").expect("a name");
        let document = ProtectedResource::of(&Issuer::on_port(8765), LoopbackName::Localhost, &files);
        assert_eq!(
            serde_json::to_value(document).expect("serialises"),
            json!({
                "resource": "http://localhost:8765/mcp/files",
                "authorization_servers": ["http://127.0.0.1:8765"],
                "scopes_supported": ["files"],
                "bearer_methods_supported": ["header"],
                "resource_name": "files",
            })
        );
    }
}
