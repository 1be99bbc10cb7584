//! The programs that were built, as processes.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tokio::net::TcpStream;

use crate::{eventually, free_port};

/// Where the programs lie: `DOORWARD_BIN_DIR`, or beside this test.
pub fn bin(name: &str) -> PathBuf {
    let folder = std::env::var_os("DOORWARD_BIN_DIR").map_or_else(
        || {
            let test = std::env::current_exe().expect("this test's path");
            test.parent().and_then(std::path::Path::parent).expect("target/debug").to_owned()
        },
        PathBuf::from,
    );
    let path = folder.join(name);
    assert!(path.exists(), "{} is missing: run the tests with `make test`, which builds it first", path.display());
    path
}

/// A process that ends with the test.
pub struct Process(pub Child);

impl Process {
    /// Starts a command.
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A command in folders of its own: nothing of this user's is read or written.
pub fn isolated(program: &std::path::Path, home: &std::path::Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join(".config"))
        .env("XDG_DATA_HOME", home.join(".local/share"))
        .env("XDG_STATE_HOME", home.join(".local/state"))
        .env("XDG_CACHE_HOME", home.join(".cache"))
        .env("XDG_RUNTIME_DIR", home.join("run"))
        .stdin(Stdio::null());
    std::fs::create_dir_all(home.join("run")).expect("a folder");
    command
}

/// The processes of the server of our tests that were started with this argument.
pub fn fake_servers(mark: &str) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").expect("readable").flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let started_with = |pid: &u32| {
        let line = std::fs::read(Path::new("/proc").join(pid.to_string()).join("cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        words.next().is_some_and(|program| program.ends_with(b"fake-mcp-server")) && words.any(|word| word == mark.as_bytes())
    };
    all.filter(started_with).collect()
}

/// The clients and servers from npm.
pub fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// The reference server of MCP, over HTTP, and where it is.
pub async fn everything() -> (Process, String) {
    let port = free_port();
    let program = clients().join("node_modules/@modelcontextprotocol/server-everything/dist/index.js");
    assert!(program.exists(), "{} is missing: scripts/setup.sh test", program.display());
    let mut server = Command::new("node");
    server.arg(program).arg("streamableHttp").env("PORT", port.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
    let server = Process::start(&mut server);
    eventually("the server listens", async || TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
    (server, format!("http://127.0.0.1:{port}/mcp"))
}
