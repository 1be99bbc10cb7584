//! User codes and polls.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| laws::device::holds(input));
