//! Clients of the services.

pub mod connect;
