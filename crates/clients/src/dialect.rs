//! How each client writes a server down: the names of members, the shape of an entry for a server that is reached by HTTP, and
//! what it fills in by itself. Sources: see [`crate::places`].

use crate::{client::Client, document::Setting, door::Door};

/// A way of writing. Nearly each client has one; Windsurf got another with its new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    ClaudeCode,
    ClaudeDesktop,
    Cursor,
    VsCode,
    Codex,
    Gemini,
    Windsurf,
    Devin,
    Zed,
}

/// What a client puts in the place of `$…` when it starts a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filling {
    /// Nothing: the text is taken as it stands.
    Nothing,
    /// `${NAME}` and `${NAME:-otherwise}`.
    Braces,
    /// The same, and `$NAME`.
    Shell,
    /// `${env:NAME}`, and what only an editor knows: `${workspaceFolder}`, `${input:…}`, `${file:…}` …
    Editor,
}

impl Dialect {
    pub(crate) const fn filling(self) -> Filling {
        match self {
            Self::ClaudeCode => Filling::Braces,
            Self::Gemini => Filling::Shell,
            Self::Cursor | Self::VsCode | Self::Windsurf | Self::Devin => Filling::Editor,
            Self::ClaudeDesktop | Self::Codex | Self::Zed => Filling::Nothing,
        }
    }

    /// Members that say how a server is started or reached, besides those that [`Self::connection`] sets. They go when the entry
    /// leads to Doorward; every other member is the person's choice about the server's tools, and stays.
    pub(crate) const fn superseded(self) -> &'static [&'static str] {
        match self {
            Self::ClaudeCode => &["type", "command", "args", "env", "cwd", "url", "headers", "headersHelper", "oauth"],
            Self::ClaudeDesktop => &["command", "args", "env", "cwd", "type", "url", "headers"],
            Self::Cursor => &["type", "command", "args", "env", "envFile", "cwd", "url", "headers", "auth"],
            // VS Code replaces entries of its gallery when it updates them, so that what names the gallery goes too.
            Self::VsCode => &[
                "type",
                "command",
                "args",
                "env",
                "envFile",
                "cwd",
                "url",
                "headers",
                "dev",
                "sandbox",
                "sandboxEnabled",
                "gallery",
                "version",
            ],
            Self::Codex => &[
                "command",
                "args",
                "env",
                "env_vars",
                "cwd",
                "url",
                "http_headers",
                "env_http_headers",
                "bearer_token",
                "bearer_token_env_var",
                "oauth",
                "oauth_resource",
                "scopes",
                "auth",
                "http_headers_helper",
            ],
            Self::Gemini => &["command", "args", "env", "cwd", "url", "httpUrl", "tcp", "type", "headers", "oauth", "authProviderType"],
            Self::Windsurf | Self::Devin => {
                &["command", "args", "env", "cwd", "serverUrl", "url", "type", "transport", "headers", "oauthClientId", "oauthClientSecret"]
            }
            Self::Zed => &["command", "args", "env", "url", "headers", "oauth", "remote"],
        }
    }

    /// The members of an entry that reaches `address` by HTTP. `None` when this client can only start programs and there is no
    /// program for it to start.
    pub(crate) fn connection(self, door: &Door, address: String) -> Option<Vec<(&'static str, Setting)>> {
        let text = |text: &str| Setting::Text(text.to_owned());
        let url = Setting::Text(address.clone());
        Some(match self {
            Self::ClaudeCode | Self::VsCode => vec![("type", text("http")), ("url", url)],
            Self::Cursor | Self::Codex | Self::Zed => vec![("url", url)],
            // `httpUrl` is deprecated since there is `type` (Gemini CLI 0.61 says so).
            Self::Gemini => vec![("url", url), ("type", text("http"))],
            Self::Windsurf => vec![("serverUrl", url)],
            Self::Devin => vec![("url", url), ("transport", text("http"))],
            Self::ClaudeDesktop => {
                let (command, args) = door.bridge().split_first()?;
                let args = args.iter().cloned().chain([address]).collect();
                vec![("command", text(command)), ("args", Setting::List(args))]
            }
        })
    }

    pub(crate) const fn client(self) -> Client {
        match self {
            Self::ClaudeCode => Client::ClaudeCode,
            Self::ClaudeDesktop => Client::ClaudeDesktop,
            Self::Cursor => Client::Cursor,
            Self::VsCode => Client::VsCode,
            Self::Codex => Client::Codex,
            Self::Gemini => Client::Gemini,
            Self::Windsurf | Self::Devin => Client::Windsurf,
            Self::Zed => Client::Zed,
        }
    }
}
