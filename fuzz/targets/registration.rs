//! Registrations as they arrive, under each of the named policies.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| laws::registration::holds(input));
