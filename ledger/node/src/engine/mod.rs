//! The consensus engine: simplex for agreement, marshal for ordered delivery. Nothing outside this module names it.

mod application;
mod block;
mod commit;
mod network;
mod run;
mod stores;

pub(crate) use run::{Engine, EngineConfig, start};
