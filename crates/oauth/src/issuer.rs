//! Who we are on the wire: one exact text, and the addresses that hang on it.
//!
//! RFC 8414 §3.3 and RFC 9207 §2.4 compare issuers as strings, so this is text and never a `Url`, which would add a
//! slash. Nothing here is ever taken from a request except which of the three loopback names the client used.

use serde::{Deserialize, Serialize};

use crate::id::ServerName;

/// The port Doorward uses unless a person chose another. Clients keep it in their configuration.
pub const DEFAULT_PORT: u16 = 8765;

/// The three ways to spell this computer's loopback interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LoopbackName {
    /// `127.0.0.1`
    #[serde(rename = "127.0.0.1")]
    V4,
    /// `[::1]`
    #[serde(rename = "[::1]")]
    V6,
    /// `localhost`
    #[serde(rename = "localhost")]
    Localhost,
}

impl LoopbackName {
    /// Every spelling.
    pub const ALL: [Self; 3] = [Self::V4, Self::V6, Self::Localhost];

    /// The spelling as it stands in a URL or a Host header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "127.0.0.1",
            Self::V6 => "[::1]",
            Self::Localhost => "localhost",
        }
    }
}

/// The authorization server's identifier, `http://127.0.0.1:PORT`: no path, no slash (protocol §0.3, D-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    port: u16,
}

impl Issuer {
    /// The issuer on that port.
    pub fn on_port(port: u16) -> Self {
        Self { text: format!("http://127.0.0.1:{port}"), port }
    }

    /// The exact text, byte-identical wherever it appears.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The TCP port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// An absolute address below the issuer; `path` begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// The address of a guarded server as a client that said `host` knows it. RFC 9728 §3.3 makes the client compare
    /// it with the address it used, so the host is mirrored; the issuer is not.
    pub fn resource(&self, host: LoopbackName, server: &ServerName) -> String {
        format!("http://{}:{}/mcp/{server}", host.as_str(), self.port)
    }

    /// Where the metadata of that resource is (RFC 9728 §3.1, path inserted).
    pub fn resource_metadata(&self, host: LoopbackName, server: &ServerName) -> String {
        format!("http://{}:{}/.well-known/oauth-protected-resource/mcp/{server}", host.as_str(), self.port)
    }

    /// Which guarded server a `resource` parameter names (RFC 8707 §2; M-RS-05): scheme and host in any case, one
    /// trailing slash, any of the three loopback names, our port. `None` for everything else.
    pub fn server_of(&self, resource: &str) -> Option<ServerName> {
        let (scheme, rest) = resource.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find('/')?);
        let (host, port) = authority.rsplit_once(':')?;
        let ours = scheme.eq_ignore_ascii_case("http")
            && LoopbackName::ALL.iter().any(|name| name.as_str().eq_ignore_ascii_case(host))
            && port == self.port.to_string();
        let name = path.strip_prefix("/mcp/")?;
        let name = name.strip_suffix('/').unwrap_or(name);
        if ours { ServerName::parse(name).ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer() -> Issuer {
        Issuer::on_port(8765)
    }

    #[test]
    fn meta02_the_issuer_has_no_slash() {
        assert_eq!(issuer().as_str(), "http://127.0.0.1:8765");
    }

    #[test]
    fn prm02_a_resource_mirrors_the_host_the_client_used() {
        let files = ServerName::parse("files").expect("a name");
        assert_eq!(issuer().resource(LoopbackName::Localhost, &files), "http://localhost:8765/mcp/files");
        assert_eq!(issuer().resource(LoopbackName::V6, &files), "http://[::1]:8765/mcp/files");
    }

    #[test]
    fn m_rs_05_aliases_name_the_same_server_and_nothing_else_does() {
        for same in [
            "http://127.0.0.1:8765/mcp/files",
            "http://127.0.0.1:8765/mcp/files/",
            "HTTP://LocalHost:8765/mcp/files",
            "http://[::1]:8765/mcp/files",
        ] {
            assert_eq!(issuer().server_of(same).expect(same).as_str(), "files");
        }
        for other in [
            "",
            "files",
            "http://127.0.0.1:8765",
            "http://127.0.0.1:8765/",
            "http://127.0.0.1/mcp/files",
            "https://127.0.0.1:8765/mcp/files",
            "http://127.0.0.1:8766/mcp/files",
            "http://127.0.0.2:8765/mcp/files",
            "http://localhost.evil.test:8765/mcp/files",
            "http://a@127.0.0.1:8765/mcp/files",
            "http://127.0.0.1:8765/mcp/files#x",
            "http://127.0.0.1:8765/mcp/files?x",
            "http://127.0.0.1:8765/mcp/files//",
            "http://127.0.0.1:8765/MCP/files",
        ] {
            assert_eq!(issuer().server_of(other), None, "{other}");
        }
    }
}
