//! Audit by construction: terms are encrypted to the reviewers inside the statements, so what the chain accepts the
//! reviewers can open.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`point`] | points of Jubjub's prime-order subgroup, parsed with all checks |
//! | [`key`] | the reviewers' key |
//! | [`possession`] | proof that a registered key's secret is held |
//! | [`encryption`] | the ciphertext, its digest, encrypt and decrypt |
//! | [`share`] | partial decryptions with proofs, and their combination |
//! | [`terms`] | what a ciphertext says, as field words |
//! | [`gadget`] | the same encryption inside a circuit |

pub mod encryption;
pub mod gadget;
pub mod key;
pub mod point;
pub mod possession;
pub mod share;
pub mod terms;

pub use encryption::{AuditCiphertext, WORDS, Words};
pub use key::{AuditPublicKey, AuditSecretKey, SecretKeyError};
pub use point::{Point, PointError};
pub use possession::PossessionProof;
pub use share::{DecryptionShare, SharedPoint};
pub use terms::{AccessTerms, GrantTerms, NotTerms};

#[cfg(test)]
mod tests;
