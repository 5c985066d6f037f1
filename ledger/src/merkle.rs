//! The tree over a block's transactions: binary, in the shape of RFC 6962, with the number of transactions bound
//! into the root so that no proof can pretend another size.

use crate::codec::{bounded_vec, codec_struct};
use crate::ids::{TxId, TxRoot};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, Write};
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::Digest32;

/// Most siblings a proof can have: trees of at most 2^32 transactions.
const MAX_SIBLINGS: usize = 32;

/// Root over the ids of a block's transactions, in order.
pub fn tx_root(ids: &[TxId]) -> TxRoot {
    seal(ids.len() as u32, &subtree(ids))
}

/// Shows that a transaction is the `index`-th of `count` in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxProof {
    /// Place of the transaction in the block, from 0.
    pub index: u32,
    /// Number of transactions in the block.
    pub count: u32,
    /// Sibling nodes from the leaf upwards.
    siblings: Siblings,
}
codec_struct!(TxProof {
    index,
    count,
    siblings
});

impl TxProof {
    /// The proof for the `index`-th of these transactions; `None` when there is no such transaction.
    pub fn new(ids: &[TxId], index: usize) -> Option<Self> {
        ids.get(index)?;
        let mut siblings = Vec::new();
        collect(ids, index, &mut siblings);
        Some(Self {
            index: index as u32,
            count: ids.len() as u32,
            siblings: Siblings(siblings),
        })
    }

    /// Whether the proof leads from this transaction to this root.
    pub fn verify(&self, root: &TxRoot, id: &TxId) -> bool {
        if self.index >= self.count {
            return false;
        }
        let (mut index, mut last) = (self.index, self.count - 1);
        let mut node = leaf(id);
        for sibling in &self.siblings.0 {
            // The RFC 6962 walk: the last node of an odd level rises without a sibling.
            if last == 0 {
                return false;
            }
            if index % 2 == 1 || index == last {
                node = inner(sibling, &node);
                while index % 2 == 0 && index != 0 {
                    index /= 2;
                    last /= 2;
                }
            } else {
                node = inner(&node, sibling);
            }
            index /= 2;
            last /= 2;
        }
        last == 0 && seal(self.count, &node) == *root
    }
}

/// Sibling nodes, bounded when decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Siblings(Vec<Digest32>);

impl Write for Siblings {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for Siblings {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for Siblings {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        bounded_vec(buf, MAX_SIBLINGS).map(Self)
    }
}

fn seal(count: u32, top: &Digest32) -> TxRoot {
    TxRoot(tagged_sha256(
        tags::TX_ROOT,
        &[&count.to_be_bytes(), &top.0],
    ))
}

fn leaf(id: &TxId) -> Digest32 {
    tagged_sha256(tags::TX_LEAF, &[id.as_bytes()])
}

fn inner(left: &Digest32, right: &Digest32) -> Digest32 {
    tagged_sha256(tags::TX_NODE, &[&left.0, &right.0])
}

/// Size of the left subtree: the largest power of two below `len`.
fn split(len: usize) -> usize {
    len.next_power_of_two() / 2
}

fn subtree(ids: &[TxId]) -> Digest32 {
    match ids {
        [] => Digest32([0; 32]),
        [id] => leaf(id),
        _ => {
            let (left, right) = ids.split_at(split(ids.len()));
            inner(&subtree(left), &subtree(right))
        }
    }
}

fn collect(ids: &[TxId], index: usize, siblings: &mut Vec<Digest32>) {
    if ids.len() < 2 {
        return;
    }
    let middle = split(ids.len());
    let (left, right) = ids.split_at(middle);
    if index < middle {
        collect(left, index, siblings);
        siblings.push(subtree(right));
    } else {
        collect(right, index - middle, siblings);
        siblings.push(subtree(left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode_slice, encode_vec};

    fn ids(count: usize) -> Vec<TxId> {
        (0..count).map(|i| TxId(Digest32([i as u8; 32]))).collect()
    }

    #[test]
    fn every_proof_of_every_small_block_verifies_only_for_its_own_place() {
        for count in 1..20 {
            let ids = ids(count);
            let root = tx_root(&ids);
            for index in 0..count {
                let proof = TxProof::new(&ids, index).unwrap();
                assert_eq!(decode_slice::<TxProof>(&encode_vec(&proof)).unwrap(), proof);
                for (other, id) in ids.iter().enumerate() {
                    assert_eq!(
                        proof.verify(&root, id),
                        other == index,
                        "{count} {index} {other}"
                    );
                }
            }
            assert!(TxProof::new(&ids, count).is_none());
        }
    }

    #[test]
    fn forged_proofs_are_refused() {
        let ids = ids(11);
        let root = tx_root(&ids);
        let good = TxProof::new(&ids, 6).unwrap();
        for index in 0..40 {
            for count in 0..40 {
                let forged = TxProof {
                    index,
                    count,
                    ..good.clone()
                };
                assert_eq!(
                    forged.verify(&root, &ids[6]),
                    (index, count) == (6, 11),
                    "{index} of {count}"
                );
            }
        }
        for sibling in 0..good.siblings.0.len() {
            let mut forged = good.clone();
            forged.siblings.0[sibling].0[0] ^= 1;
            assert!(!forged.verify(&root, &ids[6]));
        }
        let mut longer = good.clone();
        longer.siblings.0.push(Digest32([0; 32]));
        assert!(!longer.verify(&root, &ids[6]));
        let mut shorter = good;
        shorter.siblings.0.pop();
        assert!(!shorter.verify(&root, &ids[6]));
    }

    #[test]
    fn roots_depend_on_number_and_order() {
        let a = ids(3);
        let mut b = a.clone();
        b.swap(0, 1);
        assert_ne!(tx_root(&a), tx_root(&b));
        assert_ne!(tx_root(&a), tx_root(&a[..2]));
        assert_ne!(tx_root(&[]), tx_root(&a[..1]));
    }
}
