//! Uploads: ciphertext is visible only after all of it is there and its hash is its name.

use super::meta::{Life, Meta};
use super::objects::{Objects, Reservation};
use super::staged::Staged;
use super::{Inner, StoreError, Vault, blocking};
use crate::ids::CallerKey;
use crate::keys::ObjectIdHasher;
use crate::object::{Header, ObjectError, ObjectId};
use commonware_codec::FixedSize;

/// Beginning of an upload.
pub enum Begin {
    /// The object is stored already: nothing to do.
    AlreadyStored,
    /// Send the bytes.
    Upload(Box<Upload>),
}

/// An upload that runs. Dropped before [`Upload::finish`], it leaves nothing.
pub struct Upload {
    vault: Vault,
    owner: CallerKey,
    id: ObjectId,
    length: u64,
    hasher: ObjectIdHasher,
    header: Vec<u8>,
    staged: Staged,
    reservation: Reservation,
}

impl Vault {
    /// Begins to store an object of `length` bytes for the key that will own it.
    ///
    /// # Errors
    /// Quotas, [`StoreError::UploadInProgress`], [`StoreError::OtherOwner`], [`StoreError::Erased`], disk errors.
    pub async fn begin_upload(
        &self,
        owner: CallerKey,
        id: ObjectId,
        length: u64,
    ) -> Result<Begin, StoreError> {
        let Some(reservation) = Objects::reserve(&self.inner, &owner, id, length)? else {
            return Ok(Begin::AlreadyStored);
        };
        let staged = Staged::begin(&self.inner, &Inner::blob_path(&id)).await?;
        Ok(Begin::Upload(Box::new(Upload {
            vault: self.clone(),
            owner,
            id,
            length,
            hasher: ObjectIdHasher::default(),
            header: Vec::with_capacity(Header::SIZE),
            staged,
            reservation,
        })))
    }
}

impl Upload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`StoreError::Upload`] as soon as the bytes cannot become the object announced; disk errors. The upload is to be
    /// aborted then.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.hasher.update(bytes);
        if self.hasher.length() > self.length {
            return Err(StoreError::Upload(ObjectError::TooLong));
        }
        self.check_header(bytes)?;
        self.staged.write(bytes).await
    }

    /// Ends the upload: checks length and id, publishes the ciphertext, then makes the object known. Durable when it returns.
    ///
    /// # Errors
    /// [`StoreError::Upload`], disk errors. Nothing is stored then.
    pub async fn finish(mut self) -> Result<(), StoreError> {
        if let Err(error) = self.verify() {
            self.abort().await;
            return Err(error);
        }
        if let Err(error) = self.staged.publish().await {
            self.abort().await;
            return Err(error);
        }
        let Self {
            vault,
            owner,
            id,
            length,
            reservation,
            ..
        } = self;
        let meta = Meta {
            owner,
            length,
            record: None,
            life: Life::Stored,
        };
        blocking(move || {
            let result = vault.inner.objects.put(id, meta);
            // Only now may the room be counted as taken by the object itself.
            drop(reservation);
            result
        })
        .await
    }

    /// Gives the upload up and removes what was written.
    pub async fn abort(&mut self) {
        self.staged.abort().await;
    }

    /// Refuses what is no object before it is stored: plaintext sent by mistake, for one.
    fn check_header(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let missing = Header::SIZE - self.header.len();
        if missing == 0 {
            return Ok(());
        }
        self.header
            .extend_from_slice(&bytes[..missing.min(bytes.len())]);
        match self.header.first_chunk() {
            Some(header) => Header::parse(header)
                .map(|_| ())
                .map_err(StoreError::Upload),
            None => Ok(()),
        }
    }

    fn verify(&self) -> Result<(), StoreError> {
        if self.hasher.length() != self.length {
            return Err(StoreError::Upload(ObjectError::Truncated));
        }
        if self.hasher.clone().finish() != self.id {
            return Err(StoreError::Upload(ObjectError::IdMismatch));
        }
        Ok(())
    }
}
