//! An inbox's invitation: a link.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::invitation(data));
