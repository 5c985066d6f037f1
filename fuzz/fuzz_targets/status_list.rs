//! A compressed status list.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::status_list(data));
