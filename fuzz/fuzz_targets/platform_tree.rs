//! The platform tree as it travels.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::platform_tree(data));
