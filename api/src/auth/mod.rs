//! Who calls: signed requests, the table of who may call what, and the layers that sign and check.
//!
//! A call that needs authority carries one header, [`request::HEADER`]. Its signature covers the chain, the server's
//! certificate, the method and the raw body as it travels, so it is good for one call on one connection's server within
//! its minute, and the server's durable log of nonces refuses it a second time, also after a restart.

pub mod body;
pub mod caller;
pub mod client;
pub mod nonces;
pub mod policy;
pub mod request;
pub mod server;
