//! The grammar of scopes, and what is granted of them.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| laws::scope::holds(input));
