//! Liveness: a leaf is in the note tree, and the bit at the same position of the ended tree is clear.
//!
//! Both use the same 32 bits of the position, so no proof can look at another leaf's bit.

use super::{hash, mux};
use crate::r1cs::{Bit, ConstraintSystem, Num};
use crate::tags::{self, Tag};
use crate::tree::ended::{LEVELS, WORD_BITS};
use crate::tree::{ARITY, LivePath, Siblings, children};
use crate::types::Position;

/// The 32 bits of a position, lowest first.
pub struct LiveBits(Vec<Bit>);

impl LiveBits {
    /// The bits as hints. 32 constraints.
    pub fn new(cs: &mut ConstraintSystem, position: Position) -> Self {
        Self(
            (0..u32::BITS)
                .map(|i| cs.bit(position.0 >> i & 1 == 1))
                .collect(),
        )
    }

    /// The position as a number.
    pub fn number(&self) -> Num {
        Bit::number(&self.0)
    }
}

/// The root of the note tree that the path leads to from the leaf. 16 levels of 300 constraints.
pub fn note_root(cs: &mut ConstraintSystem, leaf: &Num, bits: &LiveBits, path: &LivePath) -> Num {
    climb(cs, tags::NOTE_NODE, leaf, &bits.0, &path.note)
}

/// The word of the ended tree, as its 64 bits, lowest first, and the root that the path leads to from it. 64 constraints
/// and 13 levels of 300.
pub fn ended_root(
    cs: &mut ConstraintSystem,
    bits: &LiveBits,
    word: u64,
    siblings: &[Siblings; LEVELS],
) -> (Vec<Bit>, Num) {
    let word: Vec<_> = (0..WORD_BITS).map(|i| cs.bit(word >> i & 1 == 1)).collect();
    let root = climb(
        cs,
        tags::ENDED_NODE,
        &Bit::number(&word),
        &bits.0[6..],
        siblings,
    );
    (word, root)
}

/// Demands that the position's bit in its word is clear. 64 constraints.
pub fn is_clear(cs: &mut ConstraintSystem, bits: &LiveBits, word: &[Bit]) {
    let word: Vec<_> = word.iter().map(|bit| bit.num().clone()).collect();
    let bit = mux(cs, &bits.0[..6], &word);
    cs.zero(&bit);
}

/// The node reached through the siblings. Each level takes two bits, two products and one demand: the children are
/// hints, and the one at the place that the bits name is the node below.
pub fn climb(
    cs: &mut ConstraintSystem,
    tag: Tag,
    node: &Num,
    bits: &[Bit],
    siblings: &[Siblings],
) -> Num {
    let mut node = node.clone();
    for (place, siblings) in bits.chunks_exact(2).zip(siblings) {
        let [low, high] = place else { break };
        let index = usize::from(low.is_set()) + 2 * usize::from(high.is_set());
        let children: [Num; ARITY] =
            children(node.value(), index, siblings).map(|child| cs.witness(child));
        let [c0, c1, c2, c3] = &children;
        let left = &cs.mul(low.num(), &(c1 - c0)) + c0;
        let right = &cs.mul(low.num(), &(c3 - c2)) + c2;
        cs.enforce(high.num(), &(&right - &left), &(&node - &left));
        node = hash(cs, tag, &children);
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Fr;
    use crate::r1cs::Mode;
    use crate::tree::{MemoryNodes, ended, note};
    use crate::types::Leaf;

    fn system(position: Position, leaf: Leaf, path: &LivePath) -> (Fr, Fr, crate::r1cs::System) {
        let (mut cs, inputs) = ConstraintSystem::new(Mode::Record, &[leaf.0]);
        let bits = LiveBits::new(&mut cs, position);
        let note = note_root(&mut cs, &inputs[0], &bits, path);
        let (word, ended) = ended_root(&mut cs, &bits, path.word, &path.ended);
        is_clear(&mut cs, &bits, &word);
        (note.value(), ended.value(), cs.finish())
    }

    #[test]
    fn roots_agree_with_the_native_trees_at_every_place() {
        let (mut notes, mut bits) = (MemoryNodes::default(), MemoryNodes::default());
        let leaves: Vec<_> = (0..70u64).map(|i| Leaf(Fr::from(i + 500))).collect();
        let note_root = note::append(&mut notes, 0, &leaves).unwrap();
        let ended_root = ended::set_bits(&mut bits, &[Position(3), Position(66)]).unwrap();
        for at in [0u32, 1, 2, 3, 5, 63, 64, 66, 69] {
            let position = Position(at);
            let path = LivePath::new(
                &note::path(&notes, position).unwrap(),
                &ended::path(&bits, position).unwrap(),
            );
            let path = path.unwrap();
            let (note, ended, system) = system(position, leaves[at as usize], &path);
            assert_eq!((note, ended), (note_root.0, ended_root.0));
            assert_eq!(system.is_satisfied(), !path.is_ended(), "position {at}");
            assert_eq!(system.rows().len(), 32 + 16 * 300 + 64 + 13 * 300 + 64);
        }
    }
}
