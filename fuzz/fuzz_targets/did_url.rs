//! DID URLs, and what they lead to.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::did_url(data));
