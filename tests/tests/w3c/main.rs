//! Formats that other people's software reads, over HTTP, gRPC and the command line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admit;
mod hosts;
mod http;
mod native;
mod sd_jwt;
mod sd_jwt_http;
mod status;
mod suites;
