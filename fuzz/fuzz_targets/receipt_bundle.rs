//! The evidence of an access.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::receipt_bundle(data));
