//! Client ID metadata documents. Input: the address, a line end, a header, a line end, the document.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| laws::document::holds(input));
