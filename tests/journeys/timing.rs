//! What the time of a comparison says: nothing (SEC-K1). Two kinds of wrong secrets, one right but for its last character and one
//! wrong from its first, are compared in turns; Welch's t-test finds no difference between the times.

use std::{hint::black_box, time::Instant};

use doorward_oauth::token::{Access, Code, Digest, Secret, Token, VerifierKey};

/// Above this, two means differ (the usual bound of such tests).
const DIFFERENT: f64 = 4.5;

/// A text with one character replaced.
fn with_another(text: &str, at: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).expect("text")
}

/// Means and variances of both classes, without the slowest tenth, which is the computer's own.
fn welch(mut classes: [Vec<f64>; 2]) -> f64 {
    let [one, other] = [0, 1].map(|class| {
        let times = &mut classes[class];
        times.sort_by(f64::total_cmp);
        times.truncate(times.len() * 9 / 10);
        let n = times.len() as f64;
        let mean = times.iter().sum::<f64>() / n;
        (mean, times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (n - 1.0) / n)
    });
    (one.0 - other.0) / (one.1 + other.1).sqrt()
}

/// The t of `samples` comparisons in each class, taken in turns whose order is mixed.
fn measure(right: &str, samples: usize, is_right: &dyn Fn(&str) -> bool) -> f64 {
    let prefix = right.find('_').expect("a prefix") + 1;
    let wrong = [with_another(right, right.len() - 1), with_another(right, prefix)];
    let mut classes = [Vec::with_capacity(samples), Vec::with_capacity(samples)];
    let mut turn = 0x9E37_79B9_u32;
    while classes.iter().any(|times| times.len() < samples) {
        turn = turn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let class = (turn >> 16) as usize & 1;
        let began = Instant::now();
        let said = black_box(is_right(black_box(&wrong[class])));
        let took = began.elapsed().as_nanos() as f64;
        assert!(!said);
        if classes[class].len() < samples {
            classes[class].push(took);
        }
    }
    welch(classes)
}

/// A real difference is there each time; that of a busy computer is not.
fn is_even(what: &str, right: &str, samples: usize, is_right: &dyn Fn(&str) -> bool) {
    let mut seen = Vec::new();
    while seen.len() < 5 {
        let t = measure(right, samples, is_right);
        if t.abs() < DIFFERENT {
            return;
        }
        seen.push(t);
    }
    panic!("{what}: t = {seen:?}");
}

fn everything_is_even(samples: usize) {
    let key = VerifierKey::from_bytes([7; 32]);
    let (code, access, secret) =
        (Token::<Code>::from_random([1; 32]), Token::<Access>::from_random([2; 32]), Token::<Secret>::from_random([3; 32]));
    let digests: (Digest<Code>, Digest<Access>, Digest<Secret>) = (code.digest(), access.digest(), key.digest(&secret));
    is_even("code", code.reveal(), samples, &|text| Token::<Code>::parse(text).is_some_and(|token| token.digest() == digests.0));
    is_even("access token", access.reveal(), samples, &|text| {
        Token::<Access>::parse(text).is_some_and(|token| token.digest() == digests.1)
    });
    is_even("client secret", secret.reveal(), samples, &|text| {
        Token::<Secret>::parse(text).is_some_and(|token| key.digest(&token) == digests.2)
    });
}

#[test]
fn sec_k1_a_secret_that_is_nearly_right_takes_as_long_as_any_other() {
    everything_is_even(50_000);
    // A comparison that ends at the first difference would be found.
    let right = format!("x_{}", "a".repeat(4_096));
    let early = |text: &str| text.bytes().zip(right.bytes()).all(|(one, other)| black_box(one) == black_box(other));
    assert!(measure(&right, 20_000, &early).abs() > DIFFERENT, "the test sees what it looks for");
}

#[test]
#[ignore = "a million comparisons of each kind; see `make soak`"]
fn sec_k1_the_same_a_million_times() {
    everything_is_even(1_000_000);
}
