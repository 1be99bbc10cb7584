//! User codes and polls. Input: what is typed, a line end, 32 bytes that draw a code, then one byte for the time between each two polls.

use doorward_oauth::{
    device::{Pace, UserCode},
    error::Code,
    time::UnixTime,
};

use super::is_an_oauth_error;

/// Fails where a law is broken.
pub fn holds(input: &[u8]) {
    let (typed, rest) = input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len()));
    let Ok(typed) = std::str::from_utf8(typed) else { return };
    let Some((bits, waits)) = rest.get(1..).and_then(|rest| rest.split_first_chunk::<32>()) else { return };
    let code = UserCode::from_random(*bits);
    assert_eq!(code.as_str().len(), 9);
    assert!(code.is_typed_as(code.as_str()) && code.is_typed_as(&code.as_str().to_lowercase().replace('-', " ")));
    let letters: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    assert_eq!(code.is_typed_as(typed), letters.to_ascii_uppercase() == code.as_str().replace('-', ""), "{typed:?}");
    let (mut pace, mut now, mut interval, mut first) = (Pace::default(), 1_000_i64, 5_i64, true);
    for wait in waits {
        now += i64::from(*wait);
        let answer = pace.poll(UnixTime::from_secs(now));
        is_an_oauth_error(&answer, &[Code::AuthorizationPending, Code::SlowDown]);
        let too_early = !first && i64::from(*wait) + 1 < interval;
        assert_eq!(answer.code == Code::SlowDown, too_early, "{wait} s of {interval} s");
        interval += if too_early { 5 } else { 0 };
        first = false;
    }
}
