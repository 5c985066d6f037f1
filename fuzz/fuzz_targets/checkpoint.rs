//! A checkpoint, its file, and a change of the validator set.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::checkpoint(data));
