//! Tests of the rules. Proofs are taken as true here ([`crate::proofs::Final`]), so that each rule of the state machine is
//! broken alone; `proven.rs` runs the same actions with real proofs.

mod audit_keys;
mod audits;
mod bundles;
mod certificates;
mod chain;
mod codecs;
mod ending;
mod execution;
mod governance;
mod grants;
mod leaves;
mod members;
mod membership;
mod proven;
mod requests;
mod state_proofs;
mod story;

pub(crate) use chain::{Chain, audit_secret, field, keys_for, signing_key};
