//! `health`: what a running Doorward finds out about itself.

use std::time::Duration;

use super::Broker;
use crate::{
    health::{Condition, Finding, around, key},
    store::settings,
};

impl Broker {
    /// What a running Doorward finds out about itself.
    pub async fn health(&self) -> Vec<Finding> {
        let mut findings = vec![self.service()];
        let written = self.inner.store.run(|tx| settings::set(tx, settings::CHECKED, "yes")).await;
        findings.push(match written {
            Ok(()) => Finding::good("data", "The data can be written."),
            Err(error) => Finding::fault("data", error),
        });
        findings.push(key(self.inner.world.secrets.clone(), Some(self.inner.key.fingerprint())).await);
        findings.extend(self.guarded().await);
        findings.extend(around().await);
        findings
    }

    fn service(&self) -> Finding {
        let (address, version) = (self.issuer().as_str(), env!("CARGO_PKG_VERSION"));
        let muted = self.queue().muted().len();
        if self.is_paused() {
            let says = format!("Doorward {version} listens on {address} and is paused: nothing passes until you resume.");
            return Finding::new("service", Condition::Note, says);
        }
        let besides = if muted > 0 { format!(" {muted} program(s) are muted.") } else { String::new() };
        Finding::good("service", format!("Doorward {version} listens on {address}.{besides}"))
    }

    /// How the guarded servers are. None is started for it.
    async fn guarded(&self) -> Vec<Finding> {
        let servers = match self.servers().await {
            Ok(servers) => servers,
            Err(error) => return vec![Finding::fault("servers", error)],
        };
        if servers.is_empty() {
            return vec![Finding::new("servers", Condition::Note, "No server is guarded yet. See: doorward add --help")];
        }
        let mut findings = Vec::new();
        for server in servers {
            let about = format!("server {}", server.name);
            findings.push(match &server.condition {
                _ if server.paused => Finding::new(about, Condition::Note, "It is paused: no call reaches it until you resume it."),
                Some(condition) if condition.state.failed() => Finding::new(about, Condition::Fault, condition.words.clone()),
                Some(condition) => Finding::new(about, Condition::Good, condition.words.clone()),
                None if server.validates => Finding::new(about, Condition::Good, "It validates its tokens itself."),
                None if reachable(&server.url).await => Finding::new(about, Condition::Good, format!("{} answers.", server.url)),
                None => Finding::new(about, Condition::Fault, format!("Nothing answers at {}. Is the server running?", server.url)),
            });
        }
        findings
    }
}

/// Whether somebody accepts a connection at an address.
async fn reachable(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
    let host = host.trim_matches(['[', ']']);
    let connecting = tokio::net::TcpStream::connect((host, port));
    tokio::time::timeout(Duration::from_secs(3), connecting).await.is_ok_and(|connected| connected.is_ok())
}
