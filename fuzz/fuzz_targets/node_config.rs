//! A node's configuration file (TOML).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacit_fuzz::node_config(data));
