//! A wallet file, as an attacker without the password could change it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::wallet_file(data));
