//! The evidence of a transaction.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::transaction_bundle(data));
