//! The evidence of a value of the state.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::state_bundle(data));
