//! The command line: one binary, one subcommand per role.

pub mod output;
pub mod password;
mod run;

pub use run::main;
