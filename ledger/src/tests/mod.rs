//! Tests of the rules. Proofs are taken as true here ([`crate::proofs::Final`]), so that each rule of the state machine is
//! broken alone; `proven.rs` runs the same actions with real proofs.

mod certificates;
mod chain;
mod codecs;
mod ending;
mod execution;
mod grants;
mod leaves;
mod members;
mod requests;
mod state_proofs;

pub(crate) use chain::{Chain, audit_secret, field, keys_for, signing_key};
