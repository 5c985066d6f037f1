//! gRPC services and clients of Tacit, and the command line over them.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod auth;
pub mod bench;
pub mod bundle_file;
pub mod cli;
pub mod client;
pub mod clock;
pub mod demo;
pub mod errors;
pub mod files;
pub mod follower;
pub mod governor;
pub mod holder;
pub mod hosts;
pub mod http;
pub mod issuer;
pub mod keys;
pub mod limits;
pub mod logging;
pub mod member;
pub mod metrics;
pub mod net;
pub mod node_config;
pub mod platform;
pub mod resolve;
pub mod reviewer;
pub mod rotation;
pub mod server;
pub mod submit;
pub mod tls;
pub mod upstream;
pub mod vault;
pub mod w3c;
pub mod wire;
