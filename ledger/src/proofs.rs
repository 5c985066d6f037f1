//! The seam between the rules and the proof system: what must be proven is collected as claims; who verifies a claim,
//! alone or in a batch, now or once before, is the caller's choice.

use crate::reject::Reject;
use std::collections::BTreeSet;
use tacit_circuits::Proof;
use tacit_circuits::context::StatementId;
use tacit_circuits::field::{Fr, fr_to_bytes};
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::Digest32;

/// Something that a proof must show: a statement, its public inputs in order, and the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofClaim {
    /// The statement.
    pub statement: StatementId,
    /// Its public inputs.
    pub inputs: Vec<Fr>,
    /// The proof.
    pub proof: Proof,
}

impl ProofClaim {
    /// Name of this very claim, to remember that it was verified. Proofs can be re-randomised, so this names a claim and
    /// never what is proven.
    pub fn id(&self) -> Digest32 {
        let inputs: Vec<u8> = self.inputs.iter().flat_map(fr_to_bytes).collect();
        tagged_sha256(
            tags::PROOF_CLAIM,
            &[&[self.statement as u8], &inputs, &self.proof.0],
        )
    }
}

/// Decides about claims while transactions are checked.
pub trait ProofCheck {
    /// Takes a claim: verifies it, finds it verified before, or keeps it for later.
    ///
    /// # Errors
    /// [`Reject::Proof`] when the claim is known to be false.
    fn claim(&mut self, claim: ProofClaim) -> Result<(), Reject>;
}

/// Keeps the claims that are not known to hold, for a batch. What was checked with it counts only when
/// that batch has verified.
#[derive(Default)]
pub struct Deferred<'a> {
    known: Option<&'a BTreeSet<Digest32>>,
    /// The claims still to verify, in order.
    pub pending: Vec<ProofClaim>,
}

impl<'a> Deferred<'a> {
    /// Keeps every claim whose id is not among those known to hold.
    pub fn new(known: &'a BTreeSet<Digest32>) -> Self {
        Self {
            known: Some(known),
            pending: Vec::new(),
        }
    }

    /// Keeps every claim.
    pub fn all() -> Self {
        Self::default()
    }
}

impl ProofCheck for Deferred<'_> {
    fn claim(&mut self, claim: ProofClaim) -> Result<(), Reject> {
        if !self.known.is_some_and(|known| known.contains(&claim.id())) {
            self.pending.push(claim);
        }
        Ok(())
    }
}

/// Takes every claim as true: for replaying blocks that are final already, whose proofs a quorum has verified.
pub struct Final;

impl ProofCheck for Final {
    fn claim(&mut self, _: ProofClaim) -> Result<(), Reject> {
        Ok(())
    }
}
