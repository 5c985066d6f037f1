//! A request for a credential (JSON).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::issuance_request(data));
