//! The HTTP interface: the routes of the VC API as the W3C test suites call them, status lists, and a DID resolver.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`routes`] | the one table of routes, and the router made from it |
//! | [`body`] | bodies of requests, as documents |
//! | [`serve`] | connections, TLS and limits |
//! | [`metrics`] | what is counted and logged of requests |
//! | [`token`] | who may sign in the issuer's name |
//!
//! `openapi.json` beside this file describes it; a test compares the two.

mod answer;
pub mod body;
mod credentials;
mod identifiers;
pub mod metrics;
pub mod routes;
mod sd_jwt;
pub mod serve;
pub mod token;

#[cfg(test)]
mod tests;

/// The OpenAPI document of this interface.
pub const OPENAPI: &str = include_str!("openapi.json");
