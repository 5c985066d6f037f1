//! Bodies of HTTP requests.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::http_body(data));
