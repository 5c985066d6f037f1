//! An access receipt's bundle: who read which record under which grant, and when it went onto the chain.

use super::chain::ChainEvidence;
use super::state::StateEvidence;
use super::transaction::TxEvidence;
use super::trust::Trust;
use super::{BundleError, bundle_bytes};
use crate::action::Action;
use crate::codec::codec_struct;
use crate::genesis::ChainSpec;
use crate::ids::{Height, TxId};
use crate::member::MemberRecord;
use tacit_circuits::commit::ReceiptOpening;
use tacit_circuits::types::Timestamp;

/// Shows an access for those who hold the opening of its receipt: the platform, and the vault.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiptBundle {
    /// The header of the access's height, on to a certificate.
    pub chain: ChainEvidence,
    /// The access.
    pub access: TxEvidence,
    /// What its receipt opens to.
    pub opening: ReceiptOpening,
    /// The grantee's member record.
    pub grantee: StateEvidence,
    /// The vault's member record.
    pub vault: StateEvidence,
}
codec_struct!(ReceiptBundle, b"TCBR", 1, { chain, access, opening, grantee, vault });
bundle_bytes!(ReceiptBundle);

/// What an access receipt's bundle has shown.
#[derive(Clone, Debug)]
pub struct VerifiedReceipt {
    /// The chain's constants.
    pub spec: ChainSpec,
    /// Height of the access …
    pub height: Height,
    /// … and its block's time.
    pub time: Timestamp,
    /// Its transaction.
    pub tx: TxId,
    /// Grant, record, grantee, end of the grant and time of the anchor: the access statement proves them. Vault and session
    /// are what the grantee wrote; a vault serves only receipts that name it and the session it is asked in.
    pub opening: ReceiptOpening,
    /// The grantee.
    pub grantee: MemberRecord,
    /// The vault.
    pub vault: MemberRecord,
}

impl ReceiptBundle {
    /// Checks the bundle from what the reader trusts.
    ///
    /// # Errors
    /// [`BundleError`] names what is wrong.
    pub fn verify(&self, trust: &Trust) -> Result<VerifiedReceipt, BundleError> {
        let chain = self.chain.verify(trust)?;
        let header = self.access.verify(&chain)?;
        let Action::Access(access) = &self.access.tx.action else {
            return Err(BundleError::Action);
        };
        if access.receipt != self.opening.commit() {
            return Err(BundleError::Receipt);
        }
        Ok(VerifiedReceipt {
            height: header.height,
            time: header.time.timestamp(),
            tx: self.access.tx.id(),
            opening: self.opening.clone(),
            grantee: self.grantee.member(&chain, self.opening.grantee)?,
            vault: self.vault.member(&chain, self.opening.vault)?,
            spec: chain.spec,
        })
    }
}
