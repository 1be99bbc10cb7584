//! The programs whose configuration Doorward knows.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::Format;

/// A program that uses MCP servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// Claude Code, by Anthropic.
    ClaudeCode,
    /// Claude Desktop, by Anthropic.
    ClaudeDesktop,
    /// Cursor.
    Cursor,
    /// Visual Studio Code, and its Insiders edition.
    #[serde(rename = "vscode")]
    VsCode,
    /// Codex, by OpenAI: command, app and editor extension share one configuration.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Windsurf, called Devin Desktop since June 2026.
    Windsurf,
    /// Zed.
    Zed,
}

impl Client {
    /// All of them, in the order in which they are listed for people.
    pub const ALL: [Self; 8] =
        [Self::ClaudeCode, Self::ClaudeDesktop, Self::Cursor, Self::VsCode, Self::Codex, Self::Gemini, Self::Windsurf, Self::Zed];

    /// How it is named on a command line and in records.
    pub const fn id(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::ClaudeDesktop => "claude-desktop",
            Self::Cursor => "cursor",
            Self::VsCode => "vscode",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Windsurf => "windsurf",
            Self::Zed => "zed",
        }
    }

    /// How it is named in sentences.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::ClaudeDesktop => "Claude Desktop",
            Self::Cursor => "Cursor",
            Self::VsCode => "VS Code",
            Self::Codex => "Codex",
            Self::Gemini => "Gemini CLI",
            Self::Windsurf => "Windsurf",
            Self::Zed => "Zed",
        }
    }

    /// How its files are written.
    pub(crate) const fn format(self) -> Format {
        match self {
            Self::Codex => Format::Toml,
            Self::ClaudeCode | Self::ClaudeDesktop | Self::Cursor | Self::VsCode | Self::Gemini | Self::Windsurf | Self::Zed => {
                Format::Jsonc
            }
        }
    }

    /// The client that a person named by its [`id`](Self::id).
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|client| client.id() == id)
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_found_by_the_name_it_has_in_records() {
        for client in Client::ALL {
            assert_eq!(Client::named(client.id()), Some(client));
            assert_eq!(serde_json::to_value(client).expect("a name"), client.id());
        }
        assert_eq!(Client::named("Claude Code"), None);
    }
}
