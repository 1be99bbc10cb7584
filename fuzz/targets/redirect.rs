//! Redirect URIs: which may be registered, and which one a request means. Input: the registered one, a line end, the other.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| laws::redirect::holds(input));
