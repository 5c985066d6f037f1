//! Transactions in bundles, and the bundle of any one of them.

use super::chain::{Certified, ChainEvidence};
use super::trust::Trust;
use super::{BundleError, bundle_bytes};
use crate::codec::codec_struct;
use crate::genesis::ChainSpec;
use crate::header::Header;
use crate::ids::Height;
use crate::merkle::TxProof;
use crate::tx::Tx;

/// A transaction in the block of one of the certified heights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxEvidence {
    /// The height.
    pub height: Height,
    /// The transaction.
    pub tx: Tx,
    /// Shows it in the block.
    pub proof: TxProof,
}
codec_struct!(TxEvidence { height, tx, proof });

impl TxEvidence {
    /// The block's header, if the proof shows the transaction in it.
    ///
    /// # Errors
    /// [`BundleError`] when it does not.
    pub fn verify<'a>(&self, chain: &'a Certified) -> Result<&'a Header, BundleError> {
        let header = chain.header(self.height)?;
        header.verify_tx(&self.tx, &self.proof)?;
        Ok(header.header())
    }
}

/// Shows that a transaction is on a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionBundle {
    /// The block's header, on to a certificate.
    pub chain: ChainEvidence,
    /// The transaction.
    pub tx: TxEvidence,
}
codec_struct!(TransactionBundle, b"TCBT", 2, { chain, tx });
bundle_bytes!(TransactionBundle);

/// What a transaction's bundle has shown.
#[derive(Clone, Debug)]
pub struct VerifiedTransaction {
    /// The chain's constants.
    pub spec: ChainSpec,
    /// Header of the block.
    pub header: Header,
    /// The transaction.
    pub tx: Tx,
    /// Its place in the block, from 0.
    pub index: u32,
}

impl TransactionBundle {
    /// Checks the bundle from what the reader trusts.
    ///
    /// # Errors
    /// [`BundleError`] names what is wrong.
    pub fn verify(&self, trust: &Trust) -> Result<VerifiedTransaction, BundleError> {
        let chain = self.chain.verify(trust)?;
        Ok(VerifiedTransaction {
            header: self.tx.verify(&chain)?.clone(),
            tx: self.tx.tx.clone(),
            index: self.tx.proof.index,
            spec: chain.spec,
        })
    }
}
