//! Reading ciphertext piece by piece.

use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStoreExt;
use object_store::path::Path as BlobPath;

use super::meta::Life;
use super::{Inner, StoreError, Vault};
use crate::ids::CallerKey;
use crate::object::ObjectId;

/// The rest of an object from some byte on.
pub struct ObjectReader {
    inner: Arc<Inner>,
    id: ObjectId,
    position: u64,
    length: u64,
}

impl Vault {
    /// Reads an object for its owner from byte `offset` on.
    ///
    /// # Errors
    /// [`StoreError::ObjectUnknown`], [`StoreError::Erased`].
    pub fn read(
        &self,
        caller: CallerKey,
        id: ObjectId,
        offset: u64,
    ) -> Result<ObjectReader, StoreError> {
        let meta = self.inner.objects.owned(&caller, &id)?;
        if meta.life != Life::Stored {
            return Err(StoreError::Erased);
        }
        Ok(ObjectReader::new(&self.inner, id, offset, meta.length))
    }
}

impl ObjectReader {
    pub(super) fn new(inner: &Arc<Inner>, id: ObjectId, position: u64, length: u64) -> Self {
        Self {
            inner: Arc::clone(inner),
            id,
            position,
            length,
        }
    }

    /// Length of the whole object in bytes.
    pub const fn object_length(&self) -> u64 {
        self.length
    }

    /// The next bytes, `None` at the end.
    ///
    /// # Errors
    /// [`StoreError::Erased`] if the object is erased meanwhile; disk errors.
    pub async fn next_piece(&mut self) -> Result<Option<Bytes>, StoreError> {
        let path = Inner::blob_path(&self.id);
        match pieces(&self.inner, &path, self.position, self.length).await {
            Ok(Some(piece)) => {
                self.position += piece.len() as u64;
                Ok(Some(piece))
            }
            Err(StoreError::Blobs(object_store::Error::NotFound { .. }))
                if self.inner.objects.stored(&self.id).is_none() =>
            {
                Err(StoreError::Erased)
            }
            other => other,
        }
    }
}

/// The next bytes of a blob of some length, from a position on; `None` at its end.
pub(super) async fn pieces(
    inner: &Inner,
    path: &BlobPath,
    position: u64,
    length: u64,
) -> Result<Option<Bytes>, StoreError> {
    if position >= length {
        return Ok(None);
    }
    let end = length.min(position.saturating_add(inner.limits.piece_bytes.max(1) as u64));
    let piece = inner.blobs.get_range(path, position..end).await?;
    if piece.len() as u64 != end - position {
        return Err(StoreError::Damaged(path.to_string()));
    }
    Ok(Some(piece))
}
