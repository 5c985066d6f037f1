//! An SD-JWT, as text and by a hostile issuer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::sd_jwt(data));
