//! Logs of did:webvh.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::did_log(data));
