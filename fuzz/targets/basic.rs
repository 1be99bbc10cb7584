//! The `Authorization` header of a client. Input: the header, a line end, the body beside it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| laws::basic::holds(input));
