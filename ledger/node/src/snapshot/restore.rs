//! Taking a snapshot: the state tree and the inner nodes of the other trees are computed from the file's entries, and the
//! folder becomes a chain only when every root is the certified header's.

use super::{
    SnapshotError,
    file::{Reader, count},
    links,
};
use crate::{
    chain::View,
    storage::{Batch, BlockLog, FolderLock, Index, IndexTip, RedbIndex, StorageError, sync_folder},
};
use std::{fs, path::Path};
use tacit_circuits::{
    field::{Fr, fr_from_bytes, fr_to_u64},
    tree::{TreeError, ended, note, platform},
    types::{Leaf, MemberId, Position},
};
use tacit_ledger::{
    codec::encode_vec,
    genesis::ChainSpec,
    header::Header,
    ids::{Height, StateRoot},
    keys::{FIRST_UNCOMMITTED, StateKey},
    state::{self, EndedWriter, NoteWriter, Overlay, PlatformWriter, StateError},
};

/// Entries that are entered together.
const BATCH: u64 = 1024;

/// Makes a data folder out of a snapshot file. The folder must hold no chain.
///
/// # Errors
/// [`SnapshotError`]; then the folder still holds no chain.
pub fn restore(dir: &Path, spec: &ChainSpec, file: &Path) -> Result<Header, SnapshotError> {
    let _lock = FolderLock::take(dir)?;
    let log = dir.join("blocks.log");
    if log.exists() {
        return Err(SnapshotError::NotEmpty(dir.to_path_buf()));
    }
    // Once for the bytes, once for the state.
    let contents = count(&mut Reader::open(file, spec)?)?;
    let mut reader = Reader::open(file, spec)?;
    let (fresh, index) = (dir.join("index.restoring"), dir.join("index"));
    for leftover in [&fresh, &index] {
        remove(leftover)?;
    }
    let building = Building {
        index: &RedbIndex::open(&fresh)?,
        header: reader.block.header.clone(),
    };
    building.fill(&mut reader, contents.committed)?;
    building.finish()?;
    building.index.close()?;
    rename(&fresh, &index)?;
    let links = dir.join(links::FILE);
    std::fs::write(&links, links::encode(&reader.links))
        .and_then(|()| fs::File::open(&links)?.sync_all())
        .map_err(|error| StorageError::io("cannot write", links, error))?;
    // The log comes last: a folder without one holds no chain.
    let new_log = dir.join("blocks.log.restoring");
    remove(&new_log)?;
    write_log(&new_log, spec, &reader)?;
    rename(&new_log, &log)?;
    sync_folder(dir).map_err(|error| StorageError::io("cannot sync", dir, error))?;
    Ok(reader.block.header)
}

/// A log that begins with the snapshot's block.
fn write_log(path: &Path, spec: &ChainSpec, reader: &Reader) -> Result<(), SnapshotError> {
    begin_log(&BlockLog::open(path, spec.id().as_bytes())?, reader)
}

fn begin_log(log: &BlockLog, reader: &Reader) -> Result<(), SnapshotError> {
    let (block, height) = (&reader.block, reader.block.header.height.0);
    let id = *block.id().as_bytes();
    log.put_block(height, id, block.to_bytes())?;
    log.put_finalization(height, id, encode_vec(&reader.certificate))?;
    Ok(log.sync()?)
}

/// The index of a node that began with this file, and the first block in its log if that is empty.
///
/// # Errors
/// As [`restore`].
#[cfg(feature = "simulation")]
pub(crate) fn restore_in_memory(
    bytes: &std::sync::Arc<[u8]>,
    spec: &ChainSpec,
    log: &BlockLog,
) -> Result<crate::storage::MemoryIndex, SnapshotError> {
    let open = || {
        let file = std::io::Cursor::new(bytes.clone());
        Reader::over(Path::new("snapshot"), Box::new(file), spec)
    };
    let contents = count(&mut open()?)?;
    let (mut reader, index) = (open()?, crate::storage::MemoryIndex::default());
    let building = Building {
        index: &index,
        header: reader.block.header.clone(),
    };
    building.fill(&mut reader, contents.committed)?;
    building.finish()?;
    begin_log(log, &reader)?;
    Ok(index)
}

/// A state that grows towards the one of the header.
struct Building<'a> {
    index: &'a dyn Index,
    header: Header,
}

/// Entries of one kind that wait to be entered.
#[derive(Default)]
struct Waiting {
    space: u8,
    entries: Vec<(StateKey, Vec<u8>)>,
}

impl Building<'_> {
    fn fill(&self, reader: &mut Reader, committed: u64) -> Result<(), SnapshotError> {
        let height = self.header.height.0;
        // The state tree numbers its versions by height without a gap, and the last one must be the header's.
        let batch = BATCH.max(committed.div_ceil(height.max(1)));
        let mut version = height
            .saturating_sub(committed.div_ceil(batch))
            .saturating_add(1);
        let mut root = None;
        let mut leaves = 0;
        let mut waiting = Waiting::default();
        loop {
            let next = reader.next()?;
            let space = next.as_ref().map(|(key, _)| kind(key));
            let full = waiting.entries.len() as u64 >= batch;
            if !waiting.entries.is_empty() && (full || space != Some(waiting.space)) {
                let entries = std::mem::take(&mut waiting.entries);
                if waiting.space == 0 {
                    root = Some(self.enter_values(entries, Height(version))?);
                    version += 1;
                } else {
                    self.enter_leaves(waiting.space, entries, &mut leaves)?;
                }
            }
            let Some(entry) = next else { break };
            waiting.space = kind(&entry.0);
            waiting.entries.push(entry);
        }
        let view = View::finalized(self.index);
        let counters = state::counters(&view)?;
        if root != Some(self.header.state_root) || counters.height != self.header.height {
            return Err(SnapshotError::OtherState("state root"));
        }
        if counters.leaves != leaves {
            return Err(SnapshotError::OtherState("number of leaves"));
        }
        Ok(())
    }

    fn enter_values(
        &self,
        entries: Vec<(StateKey, Vec<u8>)>,
        version: Height,
    ) -> Result<StateRoot, SnapshotError> {
        let view = View::finalized(self.index);
        let mut overlay = Overlay::new(&view);
        for (key, value) in entries {
            overlay.put(key, value);
        }
        let root = state::commit(&mut overlay, version)?;
        self.enter(overlay)?;
        Ok(root)
    }

    fn enter_leaves(
        &self,
        space: u8,
        entries: Vec<(StateKey, Vec<u8>)>,
        leaves: &mut u64,
    ) -> Result<(), SnapshotError> {
        let damaged = || SnapshotError::Damaged("a leaf that is none");
        let entries = entries.into_iter().map(|(key, value)| {
            let index = key
                .as_bytes()
                .get(2..)
                .and_then(|index| index.try_into().ok());
            let leaf = value
                .try_into()
                .ok()
                .and_then(|bytes: [u8; 32]| fr_from_bytes(&bytes).ok());
            Some((u64::from_be_bytes(index?), leaf?))
        });
        let entries: Vec<(u64, Fr)> = entries.collect::<Option<_>>().ok_or_else(damaged)?;
        let view = View::finalized(self.index);
        let mut overlay = Overlay::new(&view);
        if space == FIRST_UNCOMMITTED {
            if !(*leaves..)
                .zip(&entries)
                .all(|(at, (index, _))| at == *index)
            {
                return Err(SnapshotError::OtherState("number of leaves"));
            }
            let new: Vec<Leaf> = entries.iter().map(|(_, leaf)| Leaf(*leaf)).collect();
            note::append(&mut NoteWriter(&mut overlay), *leaves, &new).map_err(tree)?;
            *leaves += new.len() as u64;
        } else if space == FIRST_UNCOMMITTED + 1 {
            let mut ended = Vec::new();
            for (index, word) in &entries {
                let word = fr_to_u64(word).ok_or_else(damaged)?;
                let first = index.checked_mul(64).ok_or_else(damaged)?;
                for bit in (0..64).filter(|bit| word >> bit & 1 == 1) {
                    let position = u32::try_from(first + bit).map_err(|_| damaged())?;
                    ended.push(Position(position));
                }
            }
            ended::set_bits(&mut EndedWriter(&mut overlay), &ended).map_err(tree)?;
        } else {
            let mut nodes = PlatformWriter(&mut overlay);
            for (index, leaf) in &entries {
                let member = u32::try_from(*index)
                    .ok()
                    .and_then(|id| MemberId::new(id).ok());
                platform::set_leaf(&mut nodes, member.ok_or_else(damaged)?, *leaf).map_err(tree)?;
            }
        }
        self.enter(overlay)
    }

    fn enter(&self, overlay: Overlay<'_>) -> Result<(), SnapshotError> {
        let changes = overlay.into_changes().into_iter();
        let batch = changes.map(|(key, value)| (key.as_bytes().to_vec(), value));
        // Its root is none: this is no state that anybody may use.
        let tip = IndexTip {
            height: self.header.height.0,
            state_root: [0; 32],
        };
        Ok(self.index.commit(tip, batch.collect())?)
    }

    /// Compares the trees' roots with the header's; then the state may be used.
    fn finish(&self) -> Result<(), SnapshotError> {
        let (note, ended, platform) = state::roots(&View::finalized(self.index))?;
        let header = &self.header;
        for (same, what) in [
            (note == header.note_root, "note tree"),
            (ended == header.ended_root, "ended tree"),
            (platform == header.platform_root, "platform tree"),
        ] {
            if !same {
                return Err(SnapshotError::OtherState(what));
            }
        }
        let tip = IndexTip {
            height: header.height.0,
            state_root: *header.state_root.as_bytes(),
        };
        Ok(self.index.commit(tip, Batch::new())?)
    }
}

/// 0 for what the state root covers, else the tree's space.
fn kind(key: &StateKey) -> u8 {
    match key.as_bytes().first() {
        Some(space) if !key.is_committed() => *space,
        _ => 0,
    }
}

fn tree(error: TreeError<StateError>) -> SnapshotError {
    match error {
        TreeError::Store(error) => error.into(),
        _ => SnapshotError::Damaged("a leaf beyond its tree"),
    }
}

fn remove(path: &Path) -> Result<(), SnapshotError> {
    let removed = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StorageError::io("cannot remove", path, error).into())
        }
        _ => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), SnapshotError> {
    fs::rename(from, to).map_err(|error| StorageError::io("cannot rename", from, error).into())
}
