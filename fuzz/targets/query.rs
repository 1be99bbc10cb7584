//! The query of an authorization request, to the redirect that answers it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| laws::query::holds(input));
