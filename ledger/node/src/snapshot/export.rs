//! Making a snapshot while the node goes on: the state is read piece by piece, and what newer blocks replaced meanwhile is
//! kept until its piece has been read.

use super::{
    file::{Writer, is_kept},
    links,
};
use crate::{
    chain::Chain,
    error::NodeError,
    storage::{Index, Stored},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tacit_ledger::{
    block::Block,
    certificate::Certificate,
    codec::decode_slice,
    header::Header,
    keys::FIRST_UNCOMMITTED,
    state::{Changes, StateError, StateRead},
};

/// Entries that are read at a time, while no block can become final.
const PIECE: usize = 512;
/// Most replaced values that one snapshot keeps, some 150 bytes each. Whoever reads too slowly starts again.
const MAX_REPLACED: usize = 200_000;

/// Where one space of kept keys begins and ends: the covered values, then the leaves of the three trees.
const SPACES: [(&[u8], &[u8]); 4] = [
    (&[0], &[FIRST_UNCOMMITTED]),
    (&[FIRST_UNCOMMITTED, 0], &[FIRST_UNCOMMITTED, 1]),
    (&[FIRST_UNCOMMITTED + 1, 0], &[FIRST_UNCOMMITTED + 1, 1]),
    (&[FIRST_UNCOMMITTED + 2, 0], &[FIRST_UNCOMMITTED + 2, 1]),
];

/// Entries of a snapshot in order.
pub(crate) type Piece = BTreeMap<Vec<u8>, Vec<u8>>;

/// How far one snapshot has been read.
#[derive(Default)]
pub(crate) struct Export {
    space: usize,
    /// The next key to read; empty at the beginning of a space.
    next: Vec<u8>,
    /// What newer blocks replaced and was not read yet.
    replaced: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    overtaken: bool,
}

/// The snapshots that are being made. One that nobody reads any more is forgotten.
#[derive(Default)]
pub(crate) struct Exports(Mutex<Vec<Weak<Mutex<Export>>>>);

impl Exports {
    /// Begins a snapshot of the state as it is. The caller holds the tip.
    pub(crate) fn begin(&self) -> Arc<Mutex<Export>> {
        let export = Arc::new(Mutex::new(Export::default()));
        let mut exports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        exports.retain(|export| export.strong_count() > 0);
        exports.push(Arc::downgrade(&export));
        export
    }

    /// Keeps what a block is about to replace. The caller holds the tip alone.
    pub(crate) fn record(
        &self,
        before: &dyn StateRead,
        changes: &Changes,
    ) -> Result<(), StateError> {
        let mut exports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        exports.retain(|export| export.strong_count() > 0);
        for export in exports.iter().filter_map(Weak::upgrade) {
            lock(&export).record(before, changes)?;
        }
        Ok(())
    }
}

impl Export {
    fn record(&mut self, before: &dyn StateRead, changes: &Changes) -> Result<(), StateError> {
        for key in changes.keys() {
            let bytes = key.as_bytes();
            let read_before = self.is_done() || bytes < self.from();
            if read_before || !is_kept(bytes) || self.replaced.contains_key(bytes) {
                continue;
            }
            self.replaced.insert(bytes.to_vec(), before.get(key)?);
        }
        if self.replaced.len() > MAX_REPLACED {
            self.replaced.clear();
            self.overtaken = true;
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.space == SPACES.len()
    }

    fn from(&self) -> &[u8] {
        match (self.next.is_empty(), SPACES.get(self.space)) {
            (true, Some((start, _))) => start,
            _ => &self.next,
        }
    }

    /// The next entries, as they were at the beginning; nothing at the end. The caller holds the tip.
    pub(crate) fn read(&mut self, index: &dyn Index) -> Result<Option<Piece>, NodeError> {
        if self.overtaken {
            return Err(NodeError::SnapshotOvertaken);
        }
        let Some((_, end)) = SPACES.get(self.space) else {
            return Ok(None);
        };
        let from = self.from().to_vec();
        let found = index.scan(&from, end, PIECE)?;
        let to = match found.last() {
            // The key right behind the last one.
            Some((key, _)) if found.len() == PIECE => [key.as_slice(), &[0]].concat(),
            _ => end.to_vec(),
        };
        let mut entries: Piece = found.into_iter().collect();
        let rest = self.replaced.split_off(&to);
        for (key, value) in std::mem::replace(&mut self.replaced, rest) {
            match value {
                Some(value) => entries.insert(key, value),
                None => entries.remove(&key),
            };
        }
        if to == *end {
            self.space += 1;
            self.next.clear();
        } else {
            self.next = to;
        }
        Ok(Some(entries))
    }
}

/// A snapshot file in the making, piece by piece.
pub struct SnapshotStream {
    chain: Arc<Chain>,
    export: Arc<Mutex<Export>>,
    header: Header,
    head: Option<Vec<u8>>,
    writer: Option<Writer>,
}

impl SnapshotStream {
    /// Begins a snapshot of the newest block, if there is a certificate of it here.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(crate) fn begin(chain: Arc<Chain>) -> Result<Option<Self>, NodeError> {
        let (header, export) = chain.begin_export();
        let height = header.height.0;
        let stored = (
            chain.blocks().block(height)?,
            chain.blocks().finalization(height)?,
        );
        let (Some(Stored { bytes: block, .. }), Some(Stored { bytes, .. })) = stored else {
            return Ok(None);
        };
        let links = match links::below(&chain, header.height) {
            Err(NodeError::NoCertificate(_)) => return Ok(None),
            links => links?,
        };
        let undecodable = |what| {
            move |why: commonware_codec::Error| {
                NodeError::from(crate::storage::StorageError::Undecodable {
                    what,
                    why: why.to_string(),
                })
            }
        };
        let block = Block::from_bytes(&block).map_err(undecodable("block"))?;
        let certificate: Certificate = decode_slice(&bytes).map_err(undecodable("certificate"))?;
        let (writer, head) =
            Writer::begin(chain.spec().id().as_bytes(), &links, &block, &certificate);
        Ok(Some(Self {
            chain,
            export,
            header,
            head: Some(head),
            writer: Some(writer),
        }))
    }

    /// The header whose state this is.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next bytes of the file; nothing at its end. Blocks.
    ///
    /// # Errors
    /// [`NodeError::SnapshotOvertaken`] when too much has changed since the beginning.
    pub fn next_piece(&mut self) -> Result<Option<Vec<u8>>, NodeError> {
        if let Some(head) = self.head.take() {
            return Ok(Some(head));
        }
        let Some(writer) = self.writer.as_mut() else {
            return Ok(None);
        };
        match self.chain.read_export(&self.export)? {
            Some(entries) => Ok(Some(writer.entries(entries.iter()))),
            None => Ok(self.writer.take().map(Writer::end)),
        }
    }
}

pub(crate) fn lock(export: &Mutex<Export>) -> MutexGuard<'_, Export> {
    export.lock().unwrap_or_else(PoisonError::into_inner)
}
