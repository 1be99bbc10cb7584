//! The device authorization grant, for programs without a browser (RFC 8628). Here the "device" is a program on this
//! computer, and the person answers in Doorward's own window.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    error::{Code, OAuthError},
    time::UnixTime,
};

/// How long a program should wait between two polls at first (RFC 8628 §3.2 `interval`).
pub const INTERVAL: Duration = Duration::from_secs(5);
/// What a poll that comes too early adds to the interval (RFC 8628 §3.5 `slow_down`).
const SLOWER: Duration = Duration::from_secs(5);

/// Consonants without look-alikes, so that no code spells a word (RFC 8628 §6.1). Eight of them are 34.5 bits.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// The code that the program shows and the window shows too (`WDJB-MJHT`). A person compares them: a request that another
/// program, or somebody far away, talked the person into has another code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserCode(String);

impl UserCode {
    /// A code from bits that the caller drew. The bias of `% 20` costs a thousandth of a bit of each letter's 4.3.
    pub fn from_random(bits: [u8; 32]) -> Self {
        let letter = |pair: &[u8]| char::from(LETTERS[usize::from(u16::from_be_bytes([pair[0], pair[1]])) % LETTERS.len()]);
        let letters: Vec<char> = bits.chunks_exact(2).take(8).map(letter).collect();
        let (first, second) = letters.split_at(4);
        Self(first.iter().chain(&['-']).chain(second).collect())
    }

    /// The code as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a person typed this code: in any case, with or without the dash and blanks.
    pub fn is_typed_as(&self, typed: &str) -> bool {
        let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect::<String>();
        plain(typed) == plain(&self.0)
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How often a program polls.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    interval: Duration,
    last: Option<UnixTime>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { interval: INTERVAL, last: None }
    }
}

impl Pace {
    /// Notes a poll while the answer is still to come, and says what to answer it with: `slow_down` when it came too early.
    pub fn poll(&mut self, now: UnixTime) -> OAuthError {
        // Whole seconds are compared, so a poll may be up to one second early.
        let too_early = self.last.is_some_and(|last| now.since(last) + Duration::from_secs(1) < self.interval);
        self.last = Some(now);
        if too_early {
            self.interval += SLOWER;
            return OAuthError::new(Code::SlowDown, format!("Wait {} seconds between two polls.", self.interval.as_secs()));
        }
        OAuthError::new(Code::AuthorizationPending, "Nobody has answered yet.")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dev03_a_user_code_is_shown_in_two_groups_and_may_be_typed_in_any_way() {
        let code = UserCode::from_random([0; 32]);
        assert_eq!(code.as_str(), "BBBB-BBBB");
        for typed in ["bbbb-bbbb", "BBBBBBBB", " bb bb - bb bb "] {
            assert!(code.is_typed_as(typed), "{typed}");
        }
        for typed in ["", "BBBB-BBBC", "BBBB"] {
            assert!(!code.is_typed_as(typed), "{typed}");
        }
    }

    #[test]
    fn dev02_polling_too_early_slows_down() {
        let mut pace = Pace::default();
        let mut poll = |at: i64| pace.poll(UnixTime::from_secs(at)).code;
        assert_eq!(poll(100), Code::AuthorizationPending, "the first one may come at once");
        assert_eq!(poll(105), Code::AuthorizationPending);
        assert_eq!(poll(107), Code::SlowDown, "from now on ten seconds");
        assert_eq!(poll(112), Code::SlowDown, "from now on fifteen");
        assert_eq!(poll(127), Code::AuthorizationPending);
    }

    proptest! {
        #[test]
        fn codes_have_nothing_but_their_letters(bits in any::<[u8; 32]>()) {
            let code = UserCode::from_random(bits);
            prop_assert_eq!(code.as_str().len(), 9);
            let sound = code.as_str().bytes().enumerate().all(|(at, byte)| if at == 4 { byte == b'-' } else { LETTERS.contains(&byte) });
            prop_assert!(sound, "{}", code);
        }
    }
}
