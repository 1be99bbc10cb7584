//! `health`: what a running Doorward finds out about itself.

use std::{sync::atomic::Ordering, time::Duration};

use doorward_words::{Said, Says as _};

use super::Broker;
use crate::{
    health::{Condition, Finding, Look, around, key},
    store::settings,
};

impl Broker {
    /// Has the front end look at what is around it whenever somebody asks how Doorward is. The first one to come is it.
    pub fn look_also(&self, look: Look) {
        let _ = self.inner.look.set(look);
    }

    /// Whether something of Doorward's own, other than a server, did not work when it was looked at last.
    pub fn is_ill(&self) -> bool {
        self.inner.ill.load(Ordering::Relaxed)
    }

    /// What a running Doorward finds out about itself and what is around it.
    pub async fn health(&self) -> Vec<Finding> {
        let mut findings = self.own().await;
        if let Some(look) = self.inner.look.get() {
            findings.extend(look().await);
        }
        let ill = findings.iter().any(|finding| finding.state == Condition::Fault);
        if self.inner.ill.swap(ill, Ordering::Relaxed) != ill {
            self.changed();
        }
        findings.extend(self.guarded().await);
        findings.extend(around().await);
        findings
    }

    /// What Doorward itself needs.
    async fn own(&self) -> Vec<Finding> {
        let mut findings = vec![self.service()];
        let written = self.inner.store.run(|tx| settings::set(tx, settings::CHECKED, "yes")).await;
        findings.push(match written {
            Ok(()) => Finding::good("about-data", &Said::plain("health-written")),
            Err(error) => Finding::fault("about-data", &Said::plain("health-unwritten").with_said("why", error.said())),
        });
        let (keyring, known) = (self.inner.world.secrets.clone(), Some(self.inner.key.fingerprint()));
        findings.push(key(keyring, known, "health-keyring-running").await);
        findings
    }

    fn service(&self) -> Finding {
        let (address, version) = (self.issuer().as_str(), env!("CARGO_PKG_VERSION"));
        let muted = self.queue().muted().len();
        if self.is_paused() {
            let says = Said::plain("health-paused").with("version", version).with("address", address);
            return Finding::note("about-service", &says);
        }
        let says = Said::plain("health-service").with("version", version).with("address", address).counting("muted", muted);
        Finding::good("about-service", &says)
    }

    /// How the guarded servers are. None is started for it.
    async fn guarded(&self) -> Vec<Finding> {
        let servers = match self.servers().await {
            Ok(servers) => servers,
            Err(error) => return vec![Finding::fault("about-servers", &error)],
        };
        if servers.is_empty() {
            return vec![Finding::note("about-servers", &Said::plain("health-no-servers"))];
        }
        let mut findings = Vec::new();
        for server in servers {
            let with_url = |id| Said::plain(id).with("url", server.url.clone());
            let (state, says) = match &server.condition {
                _ if server.paused => (Condition::Note, Said::plain("health-server-paused")),
                Some(condition) if condition.state.failed() => {
                    (Condition::Fault, Said::plain("health-server-failed").with_said("why", condition.state.said()))
                }
                Some(condition) => (Condition::Good, condition.state.said()),
                None if server.validates => (Condition::Good, Said::plain("health-validates")),
                None if reachable(&server.url).await => (Condition::Good, with_url("health-answers")),
                None => (Condition::Fault, with_url("health-silent")),
            };
            findings.push(Finding { about: Said::plain("about-server").with("server", server.name), state, says });
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
