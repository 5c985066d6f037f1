//! A platform's signed request: bytes and link.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::sharing_request(data));
