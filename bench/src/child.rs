//! This program, started again as one thing to measure: in a process of its own, with memory of its own.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{ChildStdin, Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{floors, subject};

/// What a process is started as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// An HTTP server that does nothing.
    Bare,
    /// An HTTP server that does nothing but write.
    Skeleton,
    /// An MCP server that does as little as it can.
    Mcp,
    /// An HTTP server that passes everything on.
    Proxy,
    /// Doorward.
    Doorward,
    /// Doorward with the limits that it has in life.
    Limited,
}

impl Role {
    const ALL: [Self; 6] = [Self::Bare, Self::Skeleton, Self::Mcp, Self::Proxy, Self::Doorward, Self::Limited];

    const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Skeleton => "skeleton",
            Self::Mcp => "mcp",
            Self::Proxy => "proxy",
            Self::Doorward => "doorward",
            Self::Limited => "limited",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name).with_context(|| format!("nothing is called {name}"))
    }
}

/// A process that serves until this is dropped.
pub(crate) struct Child {
    process: std::process::Child,
    /// Closing it ends the process.
    until: Option<ChildStdin>,
    /// Where it serves.
    pub(crate) address: SocketAddr,
    /// What the guarded server `echo` shows when it asks about tokens. Empty where nothing can be asked.
    pub(crate) credential: String,
}

impl Child {
    /// Starts one and waits until it serves. `upstream` is what Doorward guards.
    pub(crate) fn start(role: Role, folder: &Path, upstream: &str) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", role.name()])
            .arg(folder)
            .arg(upstream)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let until = process.stdin.take();
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no output")?).read_line(&mut line)?;
        let (address, credential) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let Ok(address) = address.parse() else {
            drop(until);
            bail!("{} did not start: {}", role.name(), process.wait()?);
        };
        Ok(Self { process, until, address, credential: credential.to_owned() })
    }

    /// Starts the authorization server of the MCP TypeScript SDK.
    pub(crate) fn sdk() -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/typescript-sdk.mjs");
        let mut process = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("node")?;
        let until = process.stdin.take();
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no output")?).read_line(&mut line)?;
        let address = line.trim().parse().context("the SDK's server did not start: scripts/setup.sh test")?;
        Ok(Self { process, until, address, credential: String::new() })
    }

    /// The memory it has to itself, with its share of what it shares, in bytes. `None` where the system does not say.
    pub(crate) fn memory(&self) -> Option<u64> {
        self.kept("Pss:")
    }

    /// The memory that is there for it, with all of what it shares, in bytes. `None` where the system does not say.
    pub(crate) fn resident_memory(&self) -> Option<u64> {
        self.kept("Rss:")
    }

    fn kept(&self, name: &str) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.process.id())).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.until.take());
        let _ = self.process.wait();
    }
}

/// The other side of [`Child::start`]: serves, says where, and ends when its standard input does.
pub(crate) fn serve(role: Role, folder: &Path, upstream: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (address, credential, doorward) = match role {
            Role::Bare => (floors::serve(floors::bare()).await?, String::new(), None),
            Role::Mcp => (floors::serve(floors::mcp()).await?, String::new(), None),
            Role::Skeleton => (floors::serve(floors::skeleton(folder)?).await?, String::new(), None),
            Role::Proxy => (floors::serve(floors::proxy(upstream)?).await?, String::new(), None),
            Role::Doorward | Role::Limited => {
                let (running, address) = subject::start(folder, upstream, role == Role::Doorward).await?;
                // REVEAL: to the program that started this one, which plays the server.
                let credential = running.broker.new_credential("echo").await?.reveal().to_owned();
                (address, credential, Some(running))
            }
        };
        println!("{address} {credential}");
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
        if let Some(doorward) = doorward {
            doorward.stop().await;
        }
        Ok(())
    })
}
