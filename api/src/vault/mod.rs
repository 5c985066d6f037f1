//! What a vault keeps for itself beside its store: the chain, who it is, how often it relays, and
//! for whom it makes room.

mod chain_view;
mod newcomers;
mod quota;

use ed25519_dalek::SigningKey;
use tacit_circuits::types::MemberId;

pub use chain_view::ChainView;
pub use newcomers::Newcomers;
pub use quota::Bucket;

/// The member that runs a vault.
pub struct Operator {
    /// Its member id.
    pub id: MemberId,
    /// Signs erasure statements.
    pub signing: SigningKey,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Operator({}, redacted)", self.id)
    }
}
