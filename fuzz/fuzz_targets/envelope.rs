//! A sealed key, and a sealed message.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::envelope(data));
