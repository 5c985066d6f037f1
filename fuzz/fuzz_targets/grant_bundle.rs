//! The evidence of a grant.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::grant_bundle(data));
