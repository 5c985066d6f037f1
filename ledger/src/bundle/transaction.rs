//! A transaction's bundle: it stands on the chain, at this height and time. A receipt for grants, accesses, endings.

use super::{BundleError, ChainEvidence, MAX_BUNDLE_BYTES};
use crate::codec::{codec_struct, decode_slice, encode_vec};
use crate::header::Header;
use crate::ids::ChainId;
use crate::light::LightError;
use crate::merkle::TxProof;
use crate::tx::Tx;

/// Shows that a transaction is on a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionBundle {
    /// The block's header first, then on to a certificate.
    pub chain: ChainEvidence,
    /// The transaction.
    pub tx: Tx,
    /// Shows it in the block.
    pub proof: TxProof,
}
codec_struct!(TransactionBundle, b"TCBT", 1, { chain, tx, proof });

/// What a transaction's bundle has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedTransaction {
    /// Warning of a development chain.
    pub warning: Option<&'static str>,
    /// Header of the block.
    pub header: Header,
    /// The transaction.
    pub tx: Tx,
    /// Its place in the block, from 0.
    pub index: u32,
}

impl TransactionBundle {
    /// Decodes a bundle, exactly and bounded.
    ///
    /// # Errors
    /// [`BundleError::Encoding`] when the bytes are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() > MAX_BUNDLE_BYTES {
            return Err(BundleError::Encoding(format!(
                "more than {MAX_BUNDLE_BYTES} bytes"
            )));
        }
        decode_slice(bytes).map_err(|e| BundleError::Encoding(e.to_string()))
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode_vec(self)
    }

    /// Checks the bundle for the chain with this id.
    ///
    /// # Errors
    /// [`BundleError`] names what is wrong.
    pub fn verify(&self, chain: &ChainId) -> Result<VerifiedTransaction, BundleError> {
        let (spec, headers) = self.chain.verify(chain)?;
        let header = headers.first().ok_or(LightError::Empty)?;
        header.verify_tx(&self.tx, &self.proof)?;
        Ok(VerifiedTransaction {
            warning: spec.warning(),
            header: header.header().clone(),
            tx: self.tx.clone(),
            index: self.proof.index,
        })
    }
}
