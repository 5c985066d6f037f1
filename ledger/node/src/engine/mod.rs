//! The consensus engine (commonware simplex and marshal) around the chain: the only code that knows it.
//!
//! Everything but [`run`] and [`network`] works on any runtime and any network, so that a simulation runs the same code.

mod application;
mod block;
mod commit;
mod core;
mod ending;
mod env;
mod epochs;
mod evidence;
mod gossip;
mod network;
mod run;
mod schemes;
mod sidecars;
mod stores;
mod voting;
mod wiring;

pub(crate) use self::core::Core;
pub(crate) use epochs::public_key;
pub(crate) use evidence::Evidence;
pub use evidence::{EvidenceRecord, Misbehaviour};
pub(crate) use run::{Engine, EngineConfig, start};
#[cfg(all(test, feature = "simulation"))]
pub(crate) use sidecars::{Sidecars, Wanted};
pub(crate) use voting::{Unmark, VotesFrom};
#[cfg(feature = "simulation")]
pub(crate) use {
    self::core::blocking,
    application::App,
    block::EngineBlock,
    env::{Directory, Env, Guard, Inbound, Outbound, Wire},
    wiring::{Identity, max_payload, start_with},
};
