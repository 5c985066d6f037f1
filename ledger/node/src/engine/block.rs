//! The block as the engine passes it around: the ledger's block together with its sidecars.
//!
//! The digest is the header's. Decoding therefore checks that transactions and sidecars are the ones the header and the
//! transactions name, so that nobody can send another body under the same digest.

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, ReadExt, Write};
use commonware_consensus::{
    Block as EngineBlockTrait, BoundedBlock, Heightable, types::Height as EngineHeight,
};
use commonware_cryptography::{Digestible, sha256::Digest};
use tacit_circuits::types::AuditDigest;
use tacit_ledger::{
    block::{Block, MAX_BLOCK_BYTES, MAX_BLOCK_TXS, Sidecar},
    ids::BlockId,
};

/// Most bytes of one encoded sidecar with its length.
const MAX_SIDECAR_BYTES: usize = 4096;

/// A block with the sidecars at hand: all of them while it is voted for, fewer when some were erased since.
#[derive(Clone, Debug)]
pub(crate) struct EngineBlock {
    id: BlockId,
    block: Block,
    sidecars: Vec<Sidecar>,
    /// Those of the sidecars: computing one takes a hash over all of its ciphertext.
    digests: Vec<AuditDigest>,
}

impl EngineBlock {
    /// Joins a block with those of its sidecars that are at hand, in the order of the block's digests.
    ///
    /// # Errors
    /// When transactions or sidecars are not the ones named.
    pub(crate) fn new(block: Block, sidecars: Vec<Sidecar>) -> Result<Self, Error> {
        if block.tx_root() != block.header.tx_root {
            return Err(Error::Invalid(
                "block",
                "the transactions are not those of the header",
            ));
        }
        let mut wanted = block.audit_digests().into_iter();
        let mut digests = Vec::new();
        let named = sidecars.iter().all(|sidecar| {
            let digest = sidecar.digest();
            digests.push(digest);
            wanted.any(|wanted| wanted == digest)
        });
        match named {
            true => Ok(Self {
                id: block.id(),
                block,
                sidecars,
                digests,
            }),
            false => Err(Error::Invalid(
                "block",
                "the sidecars are not those of the transactions",
            )),
        }
    }

    /// The block's id.
    pub(crate) fn id(&self) -> BlockId {
        self.id
    }

    /// The ledger's block.
    pub(crate) fn block(&self) -> &Block {
        &self.block
    }

    /// The sidecars at hand, with their digests.
    pub(crate) fn sidecars(&self) -> impl Iterator<Item = (AuditDigest, &Sidecar)> {
        self.digests.iter().copied().zip(&self.sidecars)
    }

    /// Whether every sidecar is at hand.
    pub(crate) fn is_complete(&self) -> bool {
        self.sidecars.len() == self.block.audit_digests().len()
    }
}

/// The engine's digest of a block id.
pub(crate) fn digest_of(id: BlockId) -> Digest {
    Digest(*id.as_bytes())
}

impl Write for EngineBlock {
    fn write(&self, buf: &mut impl BufMut) {
        self.block.write(buf);
        self.sidecars.write(buf);
    }
}

impl EncodeSize for EngineBlock {
    fn encode_size(&self) -> usize {
        self.block.encode_size() + self.sidecars.encode_size()
    }
}

impl Read for EngineBlock {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let block = Block::read(buf)?;
        let sidecars = Vec::<Sidecar>::read_cfg(buf, &(RangeCfg::new(0..=MAX_BLOCK_TXS), ()))?;
        Self::new(block, sidecars)
    }
}

impl Digestible for EngineBlock {
    type Digest = Digest;
    fn digest(&self) -> Digest {
        digest_of(self.id)
    }
}

impl Heightable for EngineBlock {
    fn height(&self) -> EngineHeight {
        EngineHeight::new(self.block.header.height.0)
    }
}

impl EngineBlockTrait for EngineBlock {
    fn parent(&self) -> Digest {
        digest_of(self.block.header.parent)
    }
}

impl BoundedBlock for EngineBlock {
    fn max_encode_size(_: &()) -> usize {
        MAX_BLOCK_BYTES + 8 + MAX_BLOCK_TXS * MAX_SIDECAR_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_chain::{issue, register_issuer, spec};
    use commonware_codec::{Copying, DecodeExt, Encode};
    use tacit_circuits::{
        audit::{AuditCiphertext, AuditSecretKey},
        field::Fr,
    };
    use tacit_ledger::{block::Txs, execute, merkle::tx_root, tx::Tx};

    /// A block whose header names these transactions.
    fn block(txs: Vec<Tx>) -> Block {
        let mut header = execute::genesis(&spec()).unwrap().block.header;
        header.tx_root = tx_root(&txs.iter().map(Tx::id).collect::<Vec<_>>());
        Block {
            header,
            txs: Txs(txs),
        }
    }

    fn sidecar() -> Sidecar {
        let mut secret = [0; 32];
        secret[15] = 7;
        let key = AuditSecretKey::from_bytes(&secret).unwrap().public();
        let words = [Fr::from(1u64); 2];
        Sidecar {
            ciphertext: AuditCiphertext::encrypt(&key, &Fr::from(2u64), &Fr::from(3u64), &words)
                .unwrap(),
        }
    }

    fn decode(bytes: &[u8]) -> Result<EngineBlock, Error> {
        EngineBlock::decode(Copying(bytes))
    }

    #[test]
    fn a_block_comes_back_byte_for_byte() {
        let block = EngineBlock::new(block(vec![register_issuer(), issue(1)]), vec![]).unwrap();
        let bytes = block.encode();
        let again = decode(&bytes).unwrap();
        assert_eq!(again.encode(), bytes);
        assert_eq!(again.digest(), block.digest());
        assert!(again.is_complete());
    }

    #[test]
    fn the_same_header_with_another_body_is_refused() {
        let mut forged = block(vec![register_issuer(), issue(1)]);
        forged.txs.0.swap(0, 1);
        let mut bytes = forged.encode().to_vec();
        bytes.push(0);
        assert!(decode(&bytes).is_err());
        forged.txs.0.clear();
        assert!(EngineBlock::new(forged, vec![]).is_err());
    }

    #[test]
    fn a_ciphertext_that_no_transaction_names_is_refused() {
        assert!(EngineBlock::new(block(vec![issue(1)]), vec![sidecar()]).is_err());
    }

    #[test]
    fn cut_lengthened_and_boastful_bytes_are_refused() {
        let bytes = EngineBlock::new(block(vec![issue(1)]), vec![])
            .unwrap()
            .encode()
            .to_vec();
        for len in 0..bytes.len() {
            assert!(decode(&bytes[..len]).is_err());
        }
        assert!(decode(&[bytes.as_slice(), &[0]].concat()).is_err());
        let header = bytes.len() - 1;
        // A count of sidecars that would fill any memory.
        assert!(decode(&[&bytes[..header], &[0xff, 0xff, 0xff, 0xff, 0x0f]].concat()).is_err());
    }

    #[test]
    fn an_encoded_sidecar_fits_its_bound() {
        assert!(sidecar().encode_size() + 8 <= MAX_SIDECAR_BYTES);
    }
}
