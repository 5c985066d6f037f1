//! The evidence of an audit row.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::row_bundle(data));
