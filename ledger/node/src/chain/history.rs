//! The trees as of recent anchors: what newer blocks wrote over, kept so that a reader can look past it.
//!
//! A proof is made against an anchor's roots while the tip moves on, so its paths must be read as of that anchor. The
//! history is in memory only: right after a start the newest anchor is known once the next one has come.

use std::collections::VecDeque;
use tacit_ledger::{
    header::Header,
    ids::Height,
    keys::{self, FIRST_UNCOMMITTED, StateKey},
    state::{Changes, StateError, StateRead},
};

/// Anchors that can be read.
const ANCHORS: usize = 64;
/// Most overwritten values that are kept, some 150 bytes each; beyond it the oldest anchors are forgotten early.
const MAX_VALUES: usize = 400_000;

/// What the newest blocks wrote over.
#[derive(Default)]
pub(crate) struct History {
    /// Oldest first.
    steps: VecDeque<Step>,
    values: usize,
}

/// One block: its parent's header and the values its changes replaced.
struct Step {
    parent: Header,
    replaced: Changes,
}

impl History {
    /// Remembers what a block is about to replace.
    pub(crate) fn record(
        &mut self,
        before: &dyn StateRead,
        parent: &Header,
        changes: &Changes,
    ) -> Result<(), StateError> {
        let mut replaced = Changes::new();
        for key in changes.keys().filter(|key| is_of_trees(key)) {
            replaced.insert(key.clone(), before.get(key)?);
        }
        self.values += replaced.len();
        self.steps.push_back(Step {
            parent: parent.clone(),
            replaced,
        });
        while self.values > MAX_VALUES || self.anchors() > ANCHORS {
            match self.steps.pop_front() {
                Some(step) => self.values -= step.replaced.len(),
                None => break,
            }
        }
        Ok(())
    }

    /// Whether an anchor can be read.
    pub(crate) fn knows(&self, height: Height, tip: &Header) -> bool {
        let mut headers = self.steps.iter().map(|step| &step.parent).chain([tip]);
        headers.any(|header| header.height == height && header.is_anchor())
    }

    /// The header of an anchor and the values that newer blocks replaced since; `None` when it is not remembered.
    pub(crate) fn at(&self, height: Height, tip: &Header) -> Option<(Header, Changes)> {
        if tip.height == height {
            return tip.is_anchor().then(|| (tip.clone(), Changes::new()));
        }
        let at = self
            .steps
            .iter()
            .position(|step| step.parent.height == height)?;
        let header = self.steps.get(at).map(|step| step.parent.clone())?;
        if !header.is_anchor() {
            return None;
        }
        let mut values = Changes::new();
        for (key, value) in self.steps.range(at..).flat_map(|step| &step.replaced) {
            // The oldest replacement of a key is its value at the anchor.
            if !values.contains_key(key) {
                values.insert(key.clone(), value.clone());
            }
        }
        Some((header, values))
    }

    fn anchors(&self) -> usize {
        self.steps
            .iter()
            .filter(|step| step.parent.is_anchor())
            .count()
    }
}

/// Nodes of the trees, and the counters that hold the note tree's size.
fn is_of_trees(key: &StateKey) -> bool {
    let space = key.as_bytes().first().copied();
    // The last space holds the nodes that commit to the state; proofs of values are only given for the tip.
    space.is_some_and(|space| (FIRST_UNCOMMITTED..=FIRST_UNCOMMITTED + 2).contains(&space))
        || *key == keys::counters()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacit_ledger::{
        ids::{BlockId, BlockTime, ChainId, StateRoot, TxRoot, ValidatorsHash},
        state::MemoryState,
    };

    fn header(height: u64, anchor: u64) -> Header {
        let zero = tacit_circuits::types::Digest32([0; 32]);
        Header {
            chain: ChainId(zero),
            height: Height(height),
            time: BlockTime(height),
            parent: BlockId(zero),
            epoch: tacit_ledger::ids::Epoch(0),
            anchor: Height(anchor),
            note_root: tacit_circuits::tree::note::empty_root(),
            ended_root: tacit_circuits::tree::ended::empty_root(),
            platform_root: tacit_circuits::tree::platform::empty_root(),
            state_root: StateRoot(zero),
            tx_root: TxRoot(zero),
            validators: ValidatorsHash(zero),
            next_validators: ValidatorsHash(zero),
        }
    }

    #[test]
    fn an_anchor_is_read_as_it_was_and_other_heights_are_not() {
        let (old, new) = (keys::note_node(0, 0), keys::note_node(0, 1));
        let mut state = MemoryState::default();
        state.apply([(old.clone(), Some(vec![1]))].into());
        let mut history = History::default();
        // Two blocks after the anchor of height 1 change one value twice and add another.
        for (parent, changes) in [
            (header(1, 1), vec![(old.clone(), Some(vec![2]))]),
            (
                header(2, 1),
                vec![(old.clone(), Some(vec![3])), (new.clone(), Some(vec![9]))],
            ),
        ] {
            let changes: Changes = changes.into_iter().collect();
            history.record(&state, &parent, &changes).unwrap();
            state.apply(changes);
        }
        let tip = header(3, 1);
        let (found, values) = history.at(Height(1), &tip).unwrap();
        assert_eq!(found, header(1, 1));
        assert_eq!(values.get(&old), Some(&Some(vec![1])));
        assert_eq!(values.get(&new), Some(&None), "it was not there yet");
        assert!(history.knows(Height(1), &tip));
        for height in [0, 2, 3] {
            assert!(!history.knows(Height(height), &tip));
        }
        assert!(history.at(Height(2), &tip).is_none(), "no anchor");
        assert!(
            history.at(Height(3), &tip).is_none(),
            "the tip is no anchor"
        );
        assert!(history.at(Height(0), &tip).is_none(), "not remembered");
    }
}
