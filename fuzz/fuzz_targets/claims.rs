//! Claims (JSON) under the schema `person`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::claims(data));
