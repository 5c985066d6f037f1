//! The access statement (protocol section 4.3): a platform reads under a live grant.

mod public;
mod witness;

pub use public::AccessPublic;
pub use witness::AccessWitness;
