//! A mapping of foreign claims, and foreign claims.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::mapping(data));
