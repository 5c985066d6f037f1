//! Blocks, and the audit ciphertexts that travel beside them.

use crate::codec::{bounded_vec, codec_struct, decode_slice, encode_vec};
use crate::header::Header;
use crate::ids::{BlockId, TxId, TxRoot};
use crate::merkle::{TxProof, tx_root};
use crate::tx::Tx;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, Write};
use std::collections::BTreeSet;
use tacit_circuits::audit::AuditCiphertext;
use tacit_circuits::types::AuditDigest;

/// Most transactions of a block.
pub const MAX_BLOCK_TXS: usize = 1024;

/// Most bytes of an encoded block.
pub const MAX_BLOCK_BYTES: usize = 2 * 1024 * 1024;

/// Most bytes of the transactions of a block, together: what is left of [`MAX_BLOCK_BYTES`] beside header and lengths.
pub const MAX_BLOCK_TX_BYTES: usize = MAX_BLOCK_BYTES - 1024;

/// A block. Whether it is valid is decided by executing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The transactions, in order.
    pub txs: Txs,
}
codec_struct!(Block, b"TCTB", 1, { header, txs });

impl Block {
    /// Decodes a block, exactly and bounded.
    ///
    /// # Errors
    /// When the bytes are more than [`MAX_BLOCK_BYTES`] or not exactly one block.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_BLOCK_BYTES {
            return Err(Error::InvalidLength(bytes.len()));
        }
        decode_slice(bytes)
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode_vec(self)
    }

    /// Id of the block, which is that of its header.
    pub fn id(&self) -> BlockId {
        self.header.id()
    }

    /// Ids of the transactions, in order.
    pub fn tx_ids(&self) -> Vec<TxId> {
        self.txs.0.iter().map(Tx::id).collect()
    }

    /// Root over the transactions, as the header must have it.
    pub fn tx_root(&self) -> TxRoot {
        tx_root(&self.tx_ids())
    }

    /// Shows that the `index`-th transaction is in this block.
    pub fn prove_tx(&self, index: usize) -> Option<TxProof> {
        TxProof::new(&self.tx_ids(), index)
    }

    /// Digests of the ciphertexts that must be present before anybody votes for this block, in order, each once.
    pub fn audit_digests(&self) -> Vec<AuditDigest> {
        let mut seen = BTreeSet::new();
        self.txs
            .0
            .iter()
            .filter_map(|tx| tx.action.audit_digest())
            .filter(|digest| seen.insert(*digest))
            .collect()
    }
}

/// The transactions of a block; at most [`MAX_BLOCK_TXS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Txs(pub Vec<Tx>);

impl Write for Txs {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for Txs {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for Txs {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        bounded_vec(buf, MAX_BLOCK_TXS).map(Self)
    }
}

/// An audit ciphertext beside a block. It can be erased without touching the chain, which holds only its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// The ciphertext.
    pub ciphertext: AuditCiphertext,
}
codec_struct!(Sidecar, b"TCTS", 1, { ciphertext });

impl Sidecar {
    /// Name of the ciphertext on the chain.
    pub fn digest(&self) -> AuditDigest {
        self.ciphertext.digest()
    }
}
