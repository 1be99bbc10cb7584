//! Where Doorward is, as clients are told.

use doorward_oauth::id::ServerName;
use url::{Host, Url};

/// Doorward's address, and how a client that can only start programs gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    port: u16,
    bridge: Vec<String>,
    /// `None` when they are not known: every name may be one.
    servers: Option<Vec<ServerName>>,
}

impl Door {
    /// Doorward at a port of this computer. Clients that can only start programs use the package `mcp-remote`, which needs
    /// Node.js.
    pub fn at(port: u16) -> Self {
        Self { port, bridge: ["npx", "-y", "mcp-remote"].map(str::to_owned).to_vec(), servers: None }
    }

    /// The same with another program in between, to whose arguments the address is added. An empty one: servers of such clients
    /// cannot be imported.
    #[must_use]
    pub fn with_bridge(self, command: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { bridge: command.into_iter().map(Into::into).collect(), ..self }
    }

    /// The same with the servers that are behind it: no other name is taken for one of Doorward's addresses.
    #[must_use]
    pub fn with_servers(self, servers: impl IntoIterator<Item = ServerName>) -> Self {
        Self { servers: Some(servers.into_iter().collect()), ..self }
    }

    /// The same at another port.
    pub(crate) fn moved_to(&self, port: u16) -> Self {
        Self { port, ..self.clone() }
    }

    /// Where clients reach a server: `http://127.0.0.1:8765/mcp/NAME`.
    pub fn address(&self, name: &ServerName) -> String {
        format!("http://127.0.0.1:{}/mcp/{name}", self.port)
    }

    /// The port.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The program in between, and its arguments.
    pub(crate) fn bridge(&self) -> &[String] {
        &self.bridge
    }

    /// The server that an address of Doorward's leads to, however this computer is named in it. `None` for any other text: programs
    /// of others answer on this computer, too, and `/mcp/` alone is the usual path of some.
    pub(crate) fn server_at(&self, address: &str) -> Option<ServerName> {
        let url = Url::parse(address).ok()?;
        let here = url.scheme() == "http" && url.port_or_known_default() == Some(self.port) && is_this_computer(&url);
        let name = ServerName::parse(url.path().strip_prefix("/mcp/")?).ok()?;
        (here && self.servers.as_ref().is_none_or(|servers| servers.contains(&name))).then_some(name)
    }

    /// Whether an address is one of Doorward's.
    pub(crate) fn leads_here(&self, address: &str) -> bool {
        self.server_at(address).is_some()
    }

    /// One of Doorward's addresses as it is when Doorward is at another port, spelled as before. `None` for any other text.
    pub(crate) fn moved(&self, address: &str, port: u16) -> Option<String> {
        if !self.leads_here(address) {
            return None;
        }
        let (scheme, rest) = address.split_once("://")?;
        let (host, path) = rest.split_once('/')?;
        match host.strip_suffix(&format!(":{}", self.port)) {
            Some(host) => Some(format!("{scheme}://{host}:{port}/{path}")),
            None => {
                let mut url = Url::parse(address).ok()?;
                url.set_port(Some(port)).ok()?;
                Some(url.into())
            }
        }
    }
}

/// The port at which an address reaches a server of that name on this computer. `None` for any other text.
pub(crate) fn port_for(address: &str, server: &str) -> Option<u16> {
    let url = Url::parse(address).ok()?;
    let its_own = url.scheme() == "http" && is_this_computer(&url) && url.path().strip_prefix("/mcp/") == Some(server);
    url.port_or_known_default().filter(|_| its_own)
}

/// Whether the address is on loopback.
pub(crate) fn is_this_computer(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doorwards_own_addresses_are_known_however_they_are_spelled() {
        let door = Door::at(8765);
        let name = ServerName::parse("files").expect("a name");
        assert_eq!(door.address(&name), "http://127.0.0.1:8765/mcp/files");
        for own in
            ["http://127.0.0.1:8765/mcp/files", "http://localhost:8765/mcp/x", "http://[::1]:8765/mcp/x?y", "HTTP://LOCALHOST:8765/mcp/x"]
        {
            assert!(door.leads_here(own), "{own}");
        }
        for other in [
            "http://127.0.0.1:8766/mcp/files",
            "https://127.0.0.1:8765/mcp/files",
            "http://127.0.0.1:8765/other",
            "http://127.0.0.1:8765/mcp",
            "http://127.0.0.1:8765/mcp/",
            "http://127.0.0.1:8765/mcp/?x",
            "http://127.0.0.1:8765/mcp/files/",
            "http://127.0.0.1:8765/mcp/files/sse",
            "http://127.0.0.1:8765/mcp/Files",
            "http://127.0.0.1:8765/mcp/a%20b",
            "http://example.com:8765/mcp/files",
            "mcp-remote",
            "",
        ] {
            assert!(!door.leads_here(other), "{other}");
            assert_eq!(door.moved(other, 9000), None, "{other}");
        }
    }

    #[test]
    fn where_its_servers_are_known_no_other_name_is_doorwards() {
        let door = Door::at(8765).with_servers([ServerName::parse("files").expect("a name")]);
        assert!(door.leads_here("http://localhost:8765/mcp/files") && door.moved_to(9000).leads_here("http://[::1]:9000/mcp/files"));
        assert!(!door.leads_here("http://localhost:8765/mcp/theirs"));
        assert_eq!(door.moved("http://localhost:8765/mcp/theirs", 9000), None);
        assert!(!Door::at(8765).with_servers([]).leads_here("http://localhost:8765/mcp/files"));
    }

    #[test]
    fn an_address_at_another_port_is_spelled_as_before() {
        for (address, moved) in [
            ("http://127.0.0.1:8765/mcp/files", "http://127.0.0.1:9000/mcp/files"),
            ("http://localhost:8765/mcp/8765?at=:8765#x", "http://localhost:9000/mcp/8765?at=:8765#x"),
            ("HTTP://[::1]:8765/mcp/x", "HTTP://[::1]:9000/mcp/x"),
            ("http://localhost:08765/mcp/x", "http://localhost:9000/mcp/x"),
        ] {
            assert_eq!(Door::at(8765).moved(address, 9000).as_deref(), Some(moved));
        }
        assert_eq!(Door::at(80).moved("http://localhost/mcp/x", 9000).as_deref(), Some("http://localhost:9000/mcp/x"));
        assert_eq!(port_for("http://localhost:9000/mcp/files", "files"), Some(9000));
        for other in ["http://localhost:9000/mcp/files2", "http://example.com:9000/mcp/files", "files"] {
            assert_eq!(port_for(other, "files"), None, "{other}");
        }
    }
}
