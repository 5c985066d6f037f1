//! Networks of several nodes: running a node from its configuration file.

pub mod serve;
