//! Proof Key for Code Exchange, S256 only (RFC 7636; OAuth 2.1 §7.5.1). `plain` cannot be represented.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The S256 challenge that came with an authorization request: the SHA-256 of a verifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

impl Challenge {
    /// Reads a `code_challenge`: exactly 43 base64url characters. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The challenge read back from where it was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `verifier` is the one this challenge was made from, compared in constant time (RFC 7636 §4.6).
    pub fn is_met_by(&self, verifier: &Verifier) -> bool {
        Sha256::digest(verifier.0.as_bytes()).ct_eq(&self.0).into()
    }
}

/// The `code_verifier` sent to the token endpoint.
pub struct Verifier(String);

impl Verifier {
    /// Reads a verifier: 43 to 128 unreserved characters (RFC 7636 §4.1). `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let sound =
            (43..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
        sound.then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rfc7636_appendix_b() {
        let challenge = Challenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").expect("43 characters");
        let verifier = Verifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").expect("43 characters");
        assert!(challenge.is_met_by(&verifier));
        let other = Verifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK").expect("43 characters");
        assert!(!challenge.is_met_by(&other));
    }

    #[test]
    fn sec_p1_lengths_and_alphabets_are_exact() {
        for bad in ["", "short", &"a".repeat(42), &"a".repeat(44), &format!("{}=", "a".repeat(42)), &format!("{}+", "a".repeat(42))] {
            assert_eq!(Challenge::parse(bad), None, "{bad}");
        }
        for bad in ["", &"a".repeat(42), &"a".repeat(129), &format!("{}/", "a".repeat(43)), &format!("{}ä", "a".repeat(43))] {
            assert!(Verifier::parse(bad).is_none(), "{bad}");
        }
        assert!(Verifier::parse(&"~._-".repeat(32)).is_some());
    }

    #[test]
    fn a_verifier_does_not_print() {
        let verifier = Verifier::parse(&"s".repeat(43)).expect("sound");
        assert_eq!(format!("{verifier:?}"), "Verifier(..)");
    }

    proptest! {
        #[test]
        fn only_the_verifier_itself_meets_its_challenge(a in "[A-Za-z0-9._~-]{43,128}", b in "[A-Za-z0-9._~-]{43,128}") {
            let challenge = Challenge::from_bytes(Sha256::digest(a.as_bytes()).into());
            prop_assert!(challenge.is_met_by(&Verifier::parse(&a).expect("sound")));
            prop_assert_eq!(challenge.is_met_by(&Verifier::parse(&b).expect("sound")), a == b);
        }
    }
}
