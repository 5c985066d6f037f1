//! Bytes on their way into the object store: in parts, visible only after all of them are there.

use bytes::{Bytes, BytesMut};
use object_store::path::Path as BlobPath;
use object_store::{MultipartUpload, ObjectStoreExt};

use super::{Inner, StoreError};

/// A blob that is being written. Dropped before [`Staged::publish`], it leaves nothing.
pub(super) struct Staged {
    blob: Box<dyn MultipartUpload>,
    part: BytesMut,
    part_bytes: usize,
}

impl Staged {
    /// Begins to write a blob.
    pub(super) async fn begin(inner: &Inner, path: &BlobPath) -> Result<Self, StoreError> {
        Ok(Self {
            blob: inner.blobs.put_multipart(path).await?,
            part: BytesMut::new(),
            part_bytes: inner.limits.part_bytes.max(1),
        })
    }

    /// Takes the next bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = self.part_bytes - self.part.len();
            let (head, tail) = rest.split_at(room.min(rest.len()));
            self.part.extend_from_slice(head);
            rest = tail;
            if self.part.len() == self.part_bytes {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// Makes the blob visible, durably.
    pub(super) async fn publish(&mut self) -> Result<(), StoreError> {
        if !self.part.is_empty() {
            self.flush().await?;
        }
        self.blob.complete().await?;
        Ok(())
    }

    /// Gives the blob up and removes what was written.
    pub(super) async fn abort(&mut self) {
        if let Err(error) = self.blob.abort().await {
            tracing::debug!(%error, "an aborted upload is left to the next sweep");
        }
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let part: Bytes = self.part.split().freeze();
        Ok(self.blob.put_part(part.into()).await?)
    }
}
