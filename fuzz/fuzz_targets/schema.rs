//! A schema document (JSON), and claims under it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::schema(data));
