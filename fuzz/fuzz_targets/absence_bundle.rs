//! The evidence that nobody used a grant.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::absence_bundle(data));
