//! Resources: what an access token opens (RFC 8707, RFC 9728).

use crate::{
    id::ServerName,
    issuer::{Issuer, LoopbackName},
};

/// A server that Doorward gives tokens for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its name.
    pub name: ServerName,
    /// The address of a server that validates tokens itself. `None`: Doorward guards it, at `/mcp/NAME`.
    pub own_address: Option<String>,
}

impl Resource {
    /// The text in `aud`.
    pub fn audience(&self, issuer: &Issuer) -> String {
        self.own_address.clone().unwrap_or_else(|| issuer.resource(LoopbackName::V4, &self.name))
    }

    /// Whether a `resource` parameter means this one.
    pub fn is_meant_by(&self, text: &str, issuer: &Issuer) -> bool {
        match &self.own_address {
            Some(address) => alike(address, text),
            None => issuer.server_of(text).as_ref() == Some(&self.name),
        }
    }
}

/// The same address but for the case of scheme and host and one slash at the end (M-RS-05).
fn alike(one: &str, other: &str) -> bool {
    let parts = |text: &str| {
        let text = text.strip_suffix('/').unwrap_or(text);
        let (scheme, rest) = text.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Some((scheme.to_ascii_lowercase(), authority.to_ascii_lowercase(), path.to_owned()))
    };
    parts(one).is_some_and(|one| parts(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(own_address: Option<&str>) -> Resource {
        Resource { name: ServerName::parse("files").expect("a name"), own_address: own_address.map(str::to_owned) }
    }

    #[test]
    fn az09_a_guarded_server_is_meant_by_its_place_at_doorward() {
        let issuer = Issuer::on_port(8765);
        let guarded = resource(None);
        assert!(guarded.is_meant_by("http://localhost:8765/mcp/files/", &issuer));
        assert!(!guarded.is_meant_by("http://localhost:8765/mcp/other", &issuer));
        assert_eq!(guarded.audience(&issuer), "http://127.0.0.1:8765/mcp/files");
    }

    #[test]
    fn m_rs_05_a_server_that_validates_is_meant_by_its_own_address() {
        let issuer = Issuer::on_port(8765);
        let own = resource(Some("http://127.0.0.1:9000/mcp"));
        for text in ["http://127.0.0.1:9000/mcp", "HTTP://127.0.0.1:9000/mcp/"] {
            assert!(own.is_meant_by(text, &issuer), "{text}");
        }
        for text in ["http://127.0.0.1:9000/MCP", "http://127.0.0.1:9001/mcp", "http://127.0.0.1:8765/mcp/files", "", "/mcp"] {
            assert!(!own.is_meant_by(text, &issuer), "{text}");
        }
    }
}
