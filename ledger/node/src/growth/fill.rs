//! A state with so many notes.

use super::{Measured, index_folder, text, write_header};
use crate::{
    chain::{View, enter},
    simulation::world::World,
    storage::{Index, IndexTip, RedbIndex},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, path::Path};
use tacit_circuits::{
    field::digest_to_fr,
    tags::{self, tagged_sha256},
    tree::note,
    types::{EndTag, Leaf, LeafKind, Position},
};
use tacit_ledger::{
    codec::encode_vec,
    execute::{self, Executed},
    header::Header,
    ids::{BlockTime, Height},
    keys::{self, StateKey},
    proofs::Final,
    state::{self, NoteWriter, Overlay, PositionInfo},
};

/// Leaves that enter the note tree together.
const BATCH: u32 = 1 << 16;

/// Fills the empty folder `dir` with the state of a chain of one validator that has `notes` notes.
///
/// # Errors
/// In words, when the folder cannot be written.
pub fn fill(dir: &Path, notes: u32) -> Result<(), String> {
    std::fs::create_dir_all(dir).map_err(text)?;
    let index = RedbIndex::open(&index_folder(dir)).map_err(text)?;
    if index.tip().map_err(text)?.is_some() {
        return Err("the folder holds a state".into());
    }
    let founded = found(&index)?;
    let mut header = founded.clone();
    append(&index, notes)?;
    let height = enter_positions(&index, founded.height, notes)?;
    let mut counters = state::counters(&View::finalized(&index)).map_err(text)?;
    counters.leaves = notes.into();
    counters.height = height.next();
    header.height = counters.height;
    header.epoch = World::new(1)?.spec.epochs().of(header.height);
    let last = BTreeMap::from([(keys::counters(), encode_vec(&counters))]);
    header.state_root = commit(&index, last, header.height)?;
    (header.note_root, header.ended_root, header.platform_root) =
        state::roots(&View::finalized(&index)).map_err(text)?;
    index.close().map_err(text)?;
    write_header(dir, &header)
}

/// The first blocks of the chain: members and the audit key.
fn found(index: &dyn Index) -> Measured<Header> {
    let world = World::new(1)?;
    let Executed { block, changes, .. } = execute::genesis(&world.spec).map_err(text)?;
    enter(index, &block.header, &changes).map_err(text)?;
    let mut tip = block.header;
    for tx in world.founding()? {
        let time = BlockTime(tip.time.0 + 100);
        let view = View::finalized(index);
        let proposed =
            execute::propose(&view, &world.spec, &tip, time, vec![tx], &mut Final).map_err(text)?;
        let Executed { block, changes, .. } = proposed.executed;
        enter(index, &block.header, &changes).map_err(text)?;
        tip = block.header;
    }
    Ok(tip)
}

/// The n-th leaf: anything that looks like a commitment.
fn leaf(n: u32) -> Leaf {
    Leaf(digest_to_fr(&tagged_sha256(
        tags::REQUEST_ID,
        &[&n.to_be_bytes()],
    )))
}

fn append(index: &dyn Index, notes: u32) -> Measured<()> {
    for first in (0..notes).step_by(BATCH as usize) {
        let leaves: Vec<Leaf> = (first..notes.min(first + BATCH)).map(leaf).collect();
        let view = View::finalized(index);
        let mut overlay = Overlay::new(&view);
        note::append(&mut NoteWriter(&mut overlay), first.into(), &leaves)
            .map_err(|error| format!("{error:?}"))?;
        put(index, overlay)?;
    }
    Ok(())
}

/// Enters what is known about each position; returns the height of the last version of the state.
///
/// In the order of the state tree: then each part of it is written once.
fn enter_positions(index: &dyn Index, from: Height, notes: u32) -> Measured<Height> {
    let parts: usize = if notes < 1 << 16 { 1 } else { 256 };
    let part = |key: &StateKey| {
        let hash = Sha256::digest(key.as_bytes());
        usize::from(hash.first().copied().unwrap_or_default()) % parts
    };
    let mut positions = vec![Vec::new(); parts];
    let mut leaves = vec![Vec::new(); parts];
    for n in 0..notes {
        let places = [
            (&mut positions, keys::position_info(Position(n))),
            (&mut leaves, keys::leaf_position(&leaf(n))),
        ];
        for (of_parts, key) in places {
            of_parts.get_mut(part(&key)).ok_or("no such part")?.push(n);
        }
    }
    let mut height = from;
    for (positions, leaves) in positions.into_iter().zip(leaves) {
        height = height.next();
        let mut entries = BTreeMap::new();
        for n in positions {
            let info = PositionInfo {
                kind: LeafKind::Record,
                controller: None,
                end_tag: EndTag(leaf(n).0),
                entered: Height(1),
                ended: None,
            };
            entries.insert(keys::position_info(Position(n)), encode_vec(&info));
        }
        for n in leaves {
            entries.insert(keys::leaf_position(&leaf(n)), encode_vec(&Position(n)));
        }
        commit(index, entries, height)?;
    }
    Ok(height)
}

/// Enters values of the state and the tree over them.
fn commit(
    index: &dyn Index,
    entries: BTreeMap<StateKey, Vec<u8>>,
    height: Height,
) -> Measured<tacit_ledger::ids::StateRoot> {
    let view = View::finalized(index);
    let mut overlay = Overlay::new(&view);
    for (key, value) in entries {
        overlay.put(key, value);
    }
    let root = state::commit(&mut overlay, height).map_err(text)?;
    put(index, overlay)?;
    Ok(root)
}

fn put(index: &dyn Index, overlay: Overlay<'_>) -> Measured<()> {
    let changes = overlay.into_changes().into_iter();
    let batch = changes.map(|(key, value)| (key.as_bytes().to_vec(), value));
    let tip = IndexTip {
        height: 0,
        state_root: [0; 32],
    };
    index.commit(tip, batch.collect()).map_err(text)
}
