//! Names of things: ids we draw ourselves, and the server name a person chooses.

use std::fmt;

use doorward_words::{Said, Says};
use serde::{Deserialize, Serialize};

macro_rules! drawn_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A UUID of version 7 (RFC 9562 §5.7): milliseconds since 1970 and 74 of the bits the caller drew. What is made
            /// at one time lies together in the store, which writes fewer pages for it.
            pub fn new(milliseconds: u64, bits: [u8; 32]) -> Self {
                let mut random = [0; 10];
                random.copy_from_slice(&bits[..10]);
                Self(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid().to_string())
            }

            /// An id read back from where it was stored, or sent by a program; not checked for existence.
            pub fn from_text(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

drawn_id! {
    /// One client registration (RFC 7591 §3.2.1). Unguessable, never an `https://` URL, and no identity:
    /// many programs register anew at each login.
    ClientId
}
drawn_id! {
    /// What a person recognises as one program, above its many registrations.
    AppId
}
drawn_id! {
    /// One "Allow".
    GrantId
}

/// The name of a guarded server: the last part of its address and the first part of its scopes.
///
/// One to 32 lower-case letters, digits, `-` or `_`, beginning with a letter or digit, so that it needs no escaping in
/// a URL, a scope, a file name or a command line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerName(String);

/// The name cannot be used for a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub struct BadServerName;

impl Says for BadServerName {
    fn said(&self) -> Said {
        Said::plain("bad-server-name")
    }
}

impl ServerName {
    /// Checks a name that a person typed or a program sent.
    ///
    /// # Errors
    /// [`BadServerName`] when it is empty, too long, has other characters, or is a scope with a meaning of its own.
    pub fn parse(text: &str) -> Result<Self, BadServerName> {
        let mut letters = text.bytes();
        let first_is_plain = letters.next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let rest_is_plain = letters.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        let reserved = matches!(text, crate::scope::DEFAULT | crate::scope::OFFLINE_ACCESS);
        if first_is_plain && rest_is_plain && text.len() <= 32 && !reserved { Ok(Self(text.to_owned())) } else { Err(BadServerName) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ServerName {
    type Error = BadServerName;
    fn try_from(text: String) -> Result<Self, BadServerName> {
        Self::parse(&text)
    }
}

impl From<ServerName> for String {
    fn from(name: ServerName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dcr14_a_client_id_is_a_uuid_and_never_a_url() {
        let id = ClientId::new(1_000, [7; 32]);
        assert_eq!(id.as_str().len(), 36);
        assert!(!id.as_str().starts_with("https://"));
        assert_ne!(id, ClientId::new(1_000, [8; 32]));
    }

    #[test]
    fn server_names_need_no_escaping_anywhere() {
        for good in ["files", "a", "0", "my-files_2", &"a".repeat(32)] {
            assert!(ServerName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "Files", "a b", "a/b", "a:b", "ä", "mcp", "offline_access", &"a".repeat(33)] {
            assert!(ServerName::parse(bad).is_err(), "{bad}");
        }
    }
}
