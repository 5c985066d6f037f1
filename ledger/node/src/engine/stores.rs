//! The engine's stores of finalized blocks and certificates are our logs, so there is one copy and one truth.

use super::{block::EngineBlock, env::Env};
use crate::{
    chain::{Chain, read_block},
    error::NodeError,
    fault::Fault,
    storage::{BlockLog, SidecarLog, StorageError, Stored},
};
use commonware_codec::{Copying, Decode, Encode};
use commonware_consensus::{
    Heightable,
    marshal::store::{Blocks, Certificates},
    simplex::{scheme::ed25519::Scheme, types::Finalization},
    types::Height as EngineHeight,
};
use commonware_cryptography::sha256::Digest;
use commonware_runtime::{Error as RuntimeError, Handle};
use commonware_storage::archive::Identifier;
use std::sync::Arc;
use tacit_ledger::{block::Sidecar, ids::Height, validators::MAX_VALIDATORS};

/// The logs seen by the engine.
pub(crate) struct LogStore<E> {
    context: Arc<E>,
    blocks: Arc<BlockLog>,
    sidecars: Arc<SidecarLog>,
    validators: usize,
    fault: Fault,
}

impl<E> Clone for LogStore<E> {
    fn clone(&self) -> Self {
        Self {
            context: self.context.clone(),
            blocks: self.blocks.clone(),
            sidecars: self.sidecars.clone(),
            validators: self.validators,
            fault: self.fault.clone(),
        }
    }
}

impl<E: Env> LogStore<E> {
    pub(crate) fn new(context: E, chain: &Chain, validators: u32, fault: Fault) -> Self {
        Self {
            context: Arc::new(context),
            blocks: chain.blocks().clone(),
            sidecars: chain.sidecars().clone(),
            validators: validators as usize,
            fault,
        }
    }

    /// Sidecars first: a block on the disk has its sidecars there.
    fn sync_both(&self) -> Result<(), StorageError> {
        self.sidecars.sync().and_then(|()| self.blocks.sync())
    }

    /// The engine dies of every error here, so the reason is kept where callers find it.
    fn noted<T>(&self, result: Result<T, StorageError>) -> Result<T, StorageError> {
        result.inspect_err(|error| self.fault.set(error.clone().into()))
    }

    /// Syncs off the async threads.
    fn sync_handle(&self) -> Handle<()> {
        let store = self.clone();
        let context = self.context.child("sync").shared(true);
        let task = context.spawn(move |_| async move { store.noted(store.sync_both()) });
        Handle::from_future(async move {
            match task.await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(RuntimeError::WriteFailed),
                Err(error) => Err(error),
            }
        })
    }

    fn height_of(&self, id: Identifier<'_, Digest>) -> Result<Option<u64>, StorageError> {
        match id {
            Identifier::Index(height) => Ok(Some(height)),
            Identifier::Key(digest) => self.blocks.height_of(&digest.0),
        }
    }

    fn put_parts(&self, digest: Digest, block: &EngineBlock) -> Result<(), StorageError> {
        let height = block.height().get();
        for (digest, sidecar) in block.sidecars() {
            self.sidecars
                .put(height, digest.to_bytes(), sidecar.encode().to_vec())?;
        }
        self.blocks
            .put_block(height, digest.0, block.block().to_bytes())
    }

    fn join_parts(&self, height: u64) -> Result<Option<Arc<EngineBlock>>, StorageError> {
        let Some(block) = read_block(&self.blocks, Height(height))? else {
            return Ok(None);
        };
        let mut sidecars = Vec::new();
        for digest in block.audit_digests() {
            if let Some(bytes) = self.sidecars.get(&digest.to_bytes())? {
                let sidecar = Sidecar::decode_cfg(Copying(bytes.as_slice()), &());
                sidecars.push(sidecar.map_err(|e| undecodable("sidecar", e))?);
            }
        }
        EngineBlock::new(block, sidecars)
            .map(|block| Some(Arc::new(block)))
            .map_err(|e| undecodable("block", e))
    }
}

/// The certificate of a block that is here, as the engine takes it.
pub(super) fn finalization(
    chain: &Chain,
    height: Height,
) -> Result<Finalization<Scheme, Digest>, NodeError> {
    let stored = chain.blocks().finalization(height.0)?;
    let Stored { bytes, .. } = stored.ok_or(NodeError::NoCertificate(height))?;
    let decoded = Finalization::decode_cfg(Copying(bytes.as_slice()), &MAX_VALIDATORS);
    Ok(decoded.map_err(|e| undecodable("finalization", e))?)
}

fn undecodable(what: &'static str, why: commonware_codec::Error) -> StorageError {
    StorageError::Undecodable {
        what,
        why: why.to_string(),
    }
}

impl<E: Env> Blocks for LogStore<E> {
    type Block = Arc<EngineBlock>;
    type Error = StorageError;

    async fn put(self, digest: Digest, block: &Self::Block) -> Result<Self, StorageError> {
        self.noted(self.put_parts(digest, block))?;
        Ok(self)
    }

    async fn sync(self) -> Result<Self, StorageError> {
        self.noted(self.sync_both())?;
        Ok(self)
    }

    async fn start_sync(self) -> Result<(Self, Handle<()>), StorageError> {
        let handle = self.sync_handle();
        Ok((self, handle))
    }

    async fn get(&self, id: Identifier<'_, Digest>) -> Result<Option<Self::Block>, StorageError> {
        self.noted(
            self.height_of(id)
                .and_then(|height| height.map_or(Ok(None), |height| self.join_parts(height))),
        )
    }

    async fn prune(self, _: EngineHeight) -> Result<Self, StorageError> {
        Ok(self)
    }

    fn missing_items(&self, start: EngineHeight, max: usize) -> Vec<EngineHeight> {
        self.blocks
            .missing_blocks(start.get(), max)
            .into_iter()
            .map(EngineHeight::new)
            .collect()
    }

    fn next_gap(&self, value: EngineHeight) -> (Option<EngineHeight>, Option<EngineHeight>) {
        let end = self.blocks.row_end(value.get());
        let next = self.blocks.block_after(end.unwrap_or(value.get()));
        (end.map(EngineHeight::new), next.map(EngineHeight::new))
    }

    fn last_index(&self) -> Option<EngineHeight> {
        self.blocks.last_block().map(EngineHeight::new)
    }
}

impl<E: Env> Certificates for LogStore<E> {
    type BlockDigest = Digest;
    type Commitment = Digest;
    type Scheme = Scheme;
    type Error = StorageError;

    async fn put(
        self,
        height: EngineHeight,
        digest: Digest,
        finalization: &Finalization<Scheme, Digest>,
    ) -> Result<Self, StorageError> {
        let bytes = finalization.encode().to_vec();
        self.noted(self.blocks.put_finalization(height.get(), digest.0, bytes))?;
        Ok(self)
    }

    async fn sync(self) -> Result<Self, StorageError> {
        self.noted(self.sync_both())?;
        Ok(self)
    }

    async fn start_sync(self) -> Result<(Self, Handle<()>), StorageError> {
        let handle = self.sync_handle();
        Ok((self, handle))
    }

    async fn get(
        &self,
        id: Identifier<'_, Digest>,
    ) -> Result<Option<Finalization<Scheme, Digest>>, StorageError> {
        let bytes = self
            .height_of(id)
            .and_then(|height| height.map_or(Ok(None), |height| self.blocks.finalization(height)));
        let Some(Stored { bytes, .. }) = self.noted(bytes)? else {
            return Ok(None);
        };
        let finalization = Finalization::decode_cfg(Copying(bytes.as_slice()), &self.validators);
        self.noted(
            finalization
                .map(Some)
                .map_err(|e| undecodable("finalization", e)),
        )
    }

    async fn has(&self, height: EngineHeight) -> Result<bool, StorageError> {
        Ok(self.blocks.has_finalization(height.get()))
    }

    async fn prune(self, _: EngineHeight) -> Result<Self, StorageError> {
        Ok(self)
    }

    fn last_index(&self) -> Option<EngineHeight> {
        self.blocks.last_finalization().map(EngineHeight::new)
    }

    fn ranges_from(
        &self,
        from: EngineHeight,
    ) -> impl Iterator<Item = (EngineHeight, EngineHeight)> {
        let rows = self.blocks.finalization_rows(from.get());
        rows.into_iter()
            .map(|(start, end)| (EngineHeight::new(start), EngineHeight::new(end)))
    }
}
