//! State that travels with the client and comes back unchanged (SEP-2322, `requestState`).

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{hmac, rand::SystemRandom};

use crate::failure::Failure;

/// A key of this process.
pub(crate) struct Seal(hmac::Key);

impl Default for Seal {
    fn default() -> Self {
        Self(hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).expect("the system has random bytes"))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// Seals the state of a tool.
    pub(super) fn close(&self, tool: &str, state: &str) -> String {
        let tag = hmac::sign(&self.0, &signed(tool, state));
        format!("{}.{}", URL_SAFE_NO_PAD.encode(state), URL_SAFE_NO_PAD.encode(tag))
    }

    /// Opens it again.
    pub(super) fn open(&self, tool: &str, sealed: &str) -> Result<String, Failure> {
        let opened = sealed.split_once('.').and_then(|(state, tag)| {
            let state = String::from_utf8(URL_SAFE_NO_PAD.decode(state).ok()?).ok()?;
            let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
            hmac::verify(&self.0, &signed(tool, &state), &tag).ok()?;
            Some(state)
        });
        opened.ok_or_else(|| Failure::invalid_params("requestState is not what it was"))
    }
}

/// No tool has a name with a line feed in it.
fn signed(tool: &str, state: &str) -> Vec<u8> {
    format!("{tool}\n{state}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_for_the_same_tool_only() {
        let seal = Seal::default();
        let sealed = seal.close("a", "state");
        assert_eq!(seal.open("a", &sealed).as_deref(), Ok("state"));
        for (tool, sealed) in [("b", &sealed), ("a", &format!("{sealed}-TAMPERED")), ("a", &format!("x{sealed}")), ("a", &String::new())] {
            assert!(seal.open(tool, sealed).is_err(), "{tool} {sealed}");
        }
    }
}
