//! The grant statement (protocol section 4.2): the owner of a live record gives a platform access.

mod public;
mod witness;

pub use public::{GrantPublic, PolicyBounds};
pub use witness::GrantWitness;
