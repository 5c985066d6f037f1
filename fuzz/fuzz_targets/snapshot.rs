//! A snapshot of a chain's state.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::snapshot(data));
