//! Erasing an object, and the vault's signed word for it.

use std::sync::Arc;

use bytes::BufMut;
use commonware_codec::{Buf, Encode, EncodeSize, Error as CodecError, Read, ReadExt, Write};
use ed25519_dalek::{Signature, VerifyingKey};
use tacit_circuits::types::{Digest32, MemberId, Position, Timestamp};

use super::meta::Life;
use super::{Inner, StoreError, Vault, blocking};
use crate::envelope::read_prefix;
use crate::ids::{CallerKey, VaultIdentity};
use crate::keys;
use crate::object::ObjectId;

/// What a vault states after it has erased an object. It speaks of the vault's own copy: that nobody else has one cannot be
/// proven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ErasureStatement {
    /// Chain and vault.
    pub vault: VaultIdentity,
    /// The object that is gone.
    pub object: ObjectId,
    /// The record it was bound to.
    pub record: Option<Position>,
    /// Its length in bytes.
    pub length: u64,
    /// When it was gone, by the vault's clock.
    pub erased_at: Timestamp,
}

/// An erasure statement with the signature of the vault's member key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignedErasure {
    /// What is stated.
    pub statement: ErasureStatement,
    /// Ed25519 signature over [`ErasureStatement::digest`].
    pub signature: [u8; 64],
}

impl ErasureStatement {
    const MAGIC: [u8; 4] = *b"TERA";
    const VERSION: u8 = 1;

    /// What the vault's member signs.
    pub fn digest(&self) -> Digest32 {
        keys::erasure_digest(&self.encode())
    }
}

impl SignedErasure {
    /// Whether the member with this signing key (32 bytes, Ed25519) signed it.
    pub fn verify(&self, member_key: &[u8; 32]) -> bool {
        VerifyingKey::from_bytes(member_key).is_ok_and(|key| {
            key.verify_strict(
                &self.statement.digest().0,
                &Signature::from_bytes(&self.signature),
            )
            .is_ok()
        })
    }
}

impl EncodeSize for ErasureStatement {
    fn encode_size(&self) -> usize {
        4 + 1 + 32 + 4 + 32 + self.record.encode_size() + 8 + 8
    }
}

impl Write for ErasureStatement {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&Self::MAGIC);
        buf.put_u8(Self::VERSION);
        self.vault.chain.write(buf);
        self.vault.member.write(buf);
        self.object.write(buf);
        self.record.write(buf);
        self.length.write(buf);
        self.erased_at.write(buf);
    }
}

impl Read for ErasureStatement {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, CodecError> {
        read_prefix(buf, Self::MAGIC, Self::VERSION, "ErasureStatement")?;
        Ok(Self {
            vault: VaultIdentity {
                chain: Digest32::read(buf)?,
                member: MemberId::read(buf)?,
            },
            object: ObjectId::read(buf)?,
            record: Option::<Position>::read(buf)?,
            length: u64::read(buf)?,
            erased_at: Timestamp::read(buf)?,
        })
    }
}

impl EncodeSize for SignedErasure {
    fn encode_size(&self) -> usize {
        self.statement.encode_size() + 64
    }
}

impl Write for SignedErasure {
    fn write(&self, buf: &mut impl BufMut) {
        self.statement.write(buf);
        buf.put_slice(&self.signature);
    }
}

impl Read for SignedErasure {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, CodecError> {
        Ok(Self {
            statement: ErasureStatement::read(buf)?,
            signature: <[u8; 64]>::read(buf)?,
        })
    }
}

impl Vault {
    /// Erases an object for its owner and returns the signed statement; erasing again returns the same statement. `sign`
    /// signs a digest with the vault's member key, and is asked only after the ciphertext is gone.
    ///
    /// # Errors
    /// [`StoreError::ObjectUnknown`]; disk errors, after which it can be tried again.
    pub async fn erase(
        &self,
        caller: CallerKey,
        id: ObjectId,
        now: Timestamp,
        sign: impl FnOnce(&Digest32) -> [u8; 64] + Send + 'static,
    ) -> Result<SignedErasure, StoreError> {
        // From here on nobody is served, and an erasure that is cut off is completed by the next sweep.
        let inner = Arc::clone(&self.inner);
        let meta = blocking(move || {
            inner.objects.update(&caller, id, |meta| {
                if meta.life == Life::Stored {
                    meta.life = Life::Erasing;
                }
                Ok(())
            })
        })
        .await?;
        if let Life::Erased(signed) = meta.life {
            return Ok(signed);
        }
        self.inner.remove_blob(&Inner::blob_path(&id)).await?;
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let statement = ErasureStatement {
                vault: inner.identity,
                object: id,
                record: meta.record,
                length: meta.length,
                erased_at: now,
            };
            let signed = SignedErasure {
                statement,
                signature: sign(&statement.digest()),
            };
            let meta = inner.objects.update(&caller, id, |meta| {
                // Two calls at a time: the first statement stands.
                if !matches!(meta.life, Life::Erased(_)) {
                    meta.life = Life::Erased(signed);
                }
                Ok(())
            })?;
            inner.objects.forget_erased(inner.limits.max_erased)?;
            match meta.life {
                Life::Erased(signed) => Ok(signed),
                Life::Stored | Life::Erasing => Ok(signed),
            }
        })
        .await
    }
}
