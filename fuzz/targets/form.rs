//! The body of a token request.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| laws::form::holds(input));
