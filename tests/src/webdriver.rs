//! WebKitWebDriver, which starts the desktop app and drives its pages, where the app lets it.

use fantoccini::{Client, ClientBuilder, error::NewSessionError};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tokio::net::TcpStream;

use crate::{desk::Desk, eventually, free_port, programs::Process};

/// A running WebKitWebDriver.
pub struct Driver {
    port: u16,
    _process: Process,
}

impl Driver {
    /// Starts one that knows this desk's folders.
    pub async fn start(desk: &Desk) -> Self {
        let port = free_port();
        let mut command = desk.graphical("WebKitWebDriver");
        let process = Process::start(command.arg(format!("--port={port}")).env("TAURI_WEBVIEW_AUTOMATION", "true"));
        eventually("WebKitWebDriver listens", async || TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
        Self { port, _process: process }
    }

    /// Starts the desktop app. The session begins with its first window.
    ///
    /// # Errors
    /// When the app cannot be started, or does not let itself be driven.
    pub async fn session(&self, desk: &Desk) -> Result<Client, NewSessionError> {
        let options = json!({ "binary": desk.program("doorward-desktop"), "args": desk.arguments() });
        let capabilities = [("webkitgtk:browserOptions".to_owned(), options)].into_iter().collect();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities).connect(&format!("http://127.0.0.1:{}", self.port)).await
    }
}
