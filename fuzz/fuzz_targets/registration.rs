//! Files that organisations hand to each other.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::registration(data));
