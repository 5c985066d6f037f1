//! The command line: one binary, one subcommand per role.

pub mod admit;
pub mod audit;
pub mod bundle;
pub mod duration;
pub mod issuer;
pub mod light;
pub mod member;
pub mod network;
pub mod node;
pub mod output;
pub mod password;
pub mod place;
pub mod platform;
pub mod run;
pub mod sd_jwt;
pub mod snapshot;
pub mod vault;
pub mod verify;
pub mod w3c;
pub mod wallet;

pub use run::main;
