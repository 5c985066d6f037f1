//! What a proof is bound to: chain, statement, version, and the action or challenge it was made for.

use crate::field::{Fr, digest_to_fr};
use crate::tags::{self, tagged_sha256};
use crate::types::{Context, Digest32, Timestamp};
use serde::{Deserialize, Serialize};

/// Version of the statements; part of every context.
pub const STATEMENT_VERSION: u16 = 1;

/// A statement that proofs are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum StatementId {
    /// A holder proves facts from a live credential.
    Show = 1,
    /// The owner of a live record gives a platform access.
    Grant = 2,
    /// A platform reads under a live grant.
    Access = 3,
    /// A holder knows what a holder key opens to.
    Open = 4,
}

impl StatementId {
    /// Every statement.
    pub const ALL: [Self; 4] = [Self::Show, Self::Grant, Self::Access, Self::Open];

    /// The statement's name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Show => "show",
            Self::Grant => "grant",
            Self::Access => "access",
            Self::Open => "open",
        }
    }
}

/// The context of a proof: `binding` is the digest of the action or challenge it is made for.
pub fn context(
    chain: &Digest32,
    statement: StatementId,
    version: u16,
    binding: &Digest32,
) -> Context {
    let digest = tagged_sha256(
        tags::CONTEXT,
        &[
            &chain.0,
            &[statement as u8],
            &version.to_be_bytes(),
            &binding.0,
        ],
    );
    Context(digest_to_fr(&digest))
}

/// The scope of a pseudonym: one for each verifier (its authenticated identity, as the prover knows it) and label.
///
/// The prover computes it, so no verifier can ask for the pseudonym a holder has towards another.
pub fn scope(verifier: &[u8], label: &str) -> Fr {
    digest_to_fr(&tagged_sha256(tags::SCOPE, &[verifier, label.as_bytes()]))
}

/// What a verifier's challenge is made of. The prover computes its digest from what it knows itself, so a verifier
/// cannot pass a proof on as its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// The verifier's authenticated identity.
    pub verifier: &'a [u8],
    /// What binds to the channel the proof is sent over; empty for proofs that are not sent over a channel.
    pub channel: &'a [u8],
    /// Chosen by the verifier, fresh for each challenge.
    pub nonce: [u8; 32],
    /// After this time the verifier refuses.
    pub expiry: Timestamp,
}

impl Challenge<'_> {
    /// The digest to bind a proof to.
    pub fn digest(&self) -> Digest32 {
        let expiry = self.expiry.0.to_be_bytes();
        tagged_sha256(
            tags::CHALLENGE,
            &[self.verifier, self.channel, &self.nonce, &expiry],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_context_counts() {
        let (a, b) = (Digest32([1; 32]), Digest32([2; 32]));
        let base = context(&a, StatementId::Show, 1, &a);
        assert_ne!(base, context(&b, StatementId::Show, 1, &a));
        assert_ne!(base, context(&a, StatementId::Grant, 1, &a));
        assert_ne!(base, context(&a, StatementId::Show, 2, &a));
        assert_ne!(base, context(&a, StatementId::Show, 1, &b));
    }

    #[test]
    fn every_part_of_a_challenge_and_scope_counts() {
        let base = Challenge {
            verifier: b"v",
            channel: b"c",
            nonce: [0; 32],
            expiry: Timestamp(1),
        };
        let others = [
            Challenge {
                verifier: b"w",
                ..base.clone()
            },
            Challenge {
                channel: b"d",
                ..base.clone()
            },
            Challenge {
                nonce: [1; 32],
                ..base.clone()
            },
            Challenge {
                expiry: Timestamp(2),
                ..base.clone()
            },
            Challenge {
                verifier: b"vc",
                channel: b"",
                ..base.clone()
            },
        ];
        assert!(others.iter().all(|other| other.digest() != base.digest()));
        assert_ne!(scope(b"v", "a"), scope(b"v", "b"));
        assert_ne!(scope(b"va", ""), scope(b"v", "a"));
    }
}
