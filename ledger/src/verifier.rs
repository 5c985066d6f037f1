//! The verifying keys of a chain, and claims verified with them.

use crate::genesis::ChainSpec;
use crate::proofs::{ProofCheck, ProofClaim};
use crate::reject::Reject;
use tacit_circuits::context::StatementId;
use tacit_circuits::keys::VerifyingKey;
use tacit_circuits::{BatchVerifier, Entropy, verify};

/// The verifying keys of a chain's statements, each the one that genesis pins.
#[derive(Debug)]
pub struct ProofKeys {
    show: VerifyingKey,
    grant: VerifyingKey,
    access: VerifyingKey,
    open: VerifyingKey,
}

impl ProofKeys {
    /// Takes the verifying keys of a chain.
    ///
    /// # Errors
    /// [`WrongKey`] when a key is not the one that genesis pins for its statement.
    pub fn new(
        spec: &ChainSpec,
        show: VerifyingKey,
        grant: VerifyingKey,
        access: VerifyingKey,
        open: VerifyingKey,
    ) -> Result<Self, WrongKey> {
        let keys = Self {
            show,
            grant,
            access,
            open,
        };
        for statement in StatementId::ALL {
            check_pinned(spec, statement, keys.of(statement))?;
        }
        Ok(keys)
    }

    /// The key of a statement.
    pub fn of(&self, statement: StatementId) -> &VerifyingKey {
        match statement {
            StatementId::Show => &self.show,
            StatementId::Grant => &self.grant,
            StatementId::Access => &self.access,
            StatementId::Open => &self.open,
        }
    }

    /// Whether a claim holds.
    pub fn verify(&self, claim: &ProofClaim) -> bool {
        verify(self.of(claim.statement), &claim.inputs, &claim.proof).is_ok()
    }

    /// Whether all claims hold, found out in one product of pairings. `entropy` must be fresh: whoever can guess it can
    /// make false claims pass.
    pub fn verify_batch(&self, claims: &[ProofClaim], entropy: Entropy) -> bool {
        let mut batch = BatchVerifier::new();
        claims.iter().all(|claim| {
            batch
                .push(self.of(claim.statement), claim.inputs.clone(), claim.proof)
                .is_ok()
        }) && batch.verify(entropy).is_ok()
    }
}

/// Checks that a verifying key is the one, and of the kind of setup, that genesis pins for a statement.
///
/// # Errors
/// [`WrongKey`] when it is not.
pub(crate) fn check_pinned(
    spec: &ChainSpec,
    statement: StatementId,
    key: &VerifyingKey,
) -> Result<(), WrongKey> {
    let pinned = spec.genesis().statements.of(statement);
    let same = key.id() == pinned.verifying_key;
    if !same || key.setup() != pinned.setup || key.statement() != statement {
        return Err(WrongKey(statement));
    }
    Ok(())
}

/// A verifying key is not the one that genesis pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the verifying key of the statement {} is not the one that genesis pins", .0.name())]
pub struct WrongKey(pub StatementId);

/// Verifies each claim at once.
pub struct Immediate<'a>(pub &'a ProofKeys);

impl ProofCheck for Immediate<'_> {
    fn claim(&mut self, claim: ProofClaim) -> Result<(), Reject> {
        self.0.verify(&claim).then_some(()).ok_or(Reject::Proof)
    }
}
