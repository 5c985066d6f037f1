//! Reading ciphertext piece by piece.

use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStoreExt;

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
        if self.position >= self.length {
            return Ok(None);
        }
        let end = self.length.min(
            self.position
                .saturating_add(self.inner.limits.piece_bytes.max(1) as u64),
        );
        let path = Inner::blob_path(&self.id);
        let piece = match self.inner.blobs.get_range(&path, self.position..end).await {
            Ok(piece) => piece,
            Err(object_store::Error::NotFound { .. })
                if self.inner.objects.stored(&self.id).is_none() =>
            {
                return Err(StoreError::Erased);
            }
            Err(error) => return Err(error.into()),
        };
        if piece.len() as u64 != end - self.position {
            return Err(StoreError::Damaged(path.to_string()));
        }
        self.position = end;
        Ok(Some(piece))
    }
}
