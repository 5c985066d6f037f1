//! The file of a presentation, and all that it claims.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::bundle_file(data));
