//! The opening of a credential (JSON).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::opening(data));
