//! A vault's word that it has erased an object.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::erasure(data));
