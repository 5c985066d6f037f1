//! Every key derivation and every hash of this crate. Labels come from the registry in `tacit_circuits::tags`.

use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use tacit_circuits::tags::{self, Tag, tagged_sha256};
use tacit_circuits::types::{Digest32, Receipt, Secret};
use zeroize::Zeroizing;

use crate::ids::{CallerKey, InboxAddress, SessionPublicKey, VaultIdentity};
use crate::object::{ContentDigest, DataKey, Header, KeyCommitment, ObjectId, ObjectNonce};
use crate::slot::{SlotDigest, SlotName};

/// The keys of one object.
pub(crate) struct ObjectKeys {
    /// AES-256-GCM key, used for this object only.
    pub(crate) encryption: Secret<[u8; 32]>,
    /// Commitment to data key and nonce.
    pub(crate) commitment: KeyCommitment,
}

/// HKDF-SHA256 with the object nonce as salt and the data key as input. The commitment is collision resistant because
/// both have a fixed length and SHA-256 is.
pub(crate) fn object_keys(key: &DataKey, nonce: &ObjectNonce) -> ObjectKeys {
    let hkdf = Hkdf::<Sha256>::new(Some(nonce.as_bytes()), key.expose());
    ObjectKeys {
        encryption: Secret::new(*expand(&hkdf, tags::VAULT_OBJECT_KEY, &[])),
        commitment: KeyCommitment(*expand(&hkdf, tags::VAULT_KEY_COMMITMENT, &[])),
    }
}

/// The object nonce that follows from key and content.
pub(crate) fn content_nonce(key: &DataKey, content: &ContentDigest) -> ObjectNonce {
    let hkdf = Hkdf::<Sha256>::new(None, key.expose());
    ObjectNonce(*expand(
        &hkdf,
        tags::VAULT_CONTENT_NONCE,
        content.as_bytes(),
    ))
}

/// One 32-byte block of HKDF-Expand with info = length of the label, label, context.
fn expand(hkdf: &Hkdf<Sha256>, tag: Tag, context: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    let label = tag.bytes();
    let length = (label.len() as u64).to_be_bytes();
    // HKDF-SHA256 gives up to 255 blocks of 32 bytes: one block cannot be too many.
    let _ = hkdf.expand_multi_info(&[&length, label, context], out.as_mut());
    out
}

/// Hash of an object's header, part of every chunk's additional data.
pub(crate) fn header_hash(header: &Header) -> Digest32 {
    tagged_sha256(tags::VAULT_OBJECT_HEADER, &[&header.to_bytes()])
}

/// Computes an [`ObjectId`] while header and ciphertext pass by in pieces of any size.
#[derive(Clone, Default)]
pub struct ObjectIdHasher {
    /// The header, as soon as it has passed.
    header: Vec<u8>,
    ciphertext: Sha256,
    length: u64,
}

impl ObjectIdHasher {
    /// Bytes of the header, which are hashed apart from the ciphertext.
    const HEADER: usize = <Header as commonware_codec::FixedSize>::SIZE;

    /// Takes the next bytes of the object.
    pub fn update(&mut self, bytes: &[u8]) {
        let missing = Self::HEADER - self.header.len();
        let (header, ciphertext) = bytes.split_at(missing.min(bytes.len()));
        self.header.extend_from_slice(header);
        self.ciphertext.update(ciphertext);
        self.length += bytes.len() as u64;
    }

    /// Bytes seen so far.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The id of the object whose bytes were given.
    pub fn finish(self) -> ObjectId {
        let ciphertext: [u8; 32] = self.ciphertext.finalize().into();
        ObjectId(tagged_sha256(tags::VAULT_OBJECT_ID, &[&self.header, &ciphertext]).0)
    }
}

/// Computes a [`ContentDigest`] while the plaintext passes by.
#[derive(Clone, Default)]
pub struct ContentHasher(Sha256, u64);

impl ContentHasher {
    /// Takes the next bytes of the content.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
        self.1 += bytes.len() as u64;
    }

    /// Bytes seen so far.
    pub const fn length(&self) -> u64 {
        self.1
    }

    /// The digest of the content whose bytes were given.
    pub fn finish(self) -> ContentDigest {
        let content: [u8; 32] = self.0.finalize().into();
        ContentDigest(tagged_sha256(tags::VAULT_CONTENT, &[&content]).0)
    }
}

/// Address of the inbox that belongs to a key.
pub(crate) fn inbox_address(key: &CallerKey) -> InboxAddress {
    InboxAddress(tagged_sha256(tags::VAULT_INBOX_ADDRESS, &[key.as_bytes()]).0)
}

/// Name of the slot that belongs to a key.
pub(crate) fn slot_name(key: &CallerKey) -> SlotName {
    SlotName(tagged_sha256(tags::VAULT_SLOT_NAME, &[key.as_bytes()]).0)
}

/// Computes a [`SlotDigest`] while the sealed bytes pass by.
#[derive(Clone, Default)]
pub struct SlotHasher(Sha256, u64);

impl SlotHasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
        self.1 += bytes.len() as u64;
    }

    /// Bytes seen so far.
    pub const fn length(&self) -> u64 {
        self.1
    }

    /// The digest of the bytes that were given.
    pub fn finish(self) -> SlotDigest {
        let content: [u8; 32] = self.0.finalize().into();
        SlotDigest(tagged_sha256(tags::VAULT_SLOT_DIGEST, &[&content]).0)
    }
}

/// What a receipt says about a session key.
pub(crate) fn session_key_hash(key: &SessionPublicKey) -> Digest32 {
    tagged_sha256(tags::VAULT_SESSION_KEY, &[key.as_bytes()])
}

/// What a session key signs to fetch an object.
pub(crate) fn fetch_digest(
    vault: &VaultIdentity,
    receipt: &Receipt,
    object: &ObjectId,
    offset: u64,
) -> Digest32 {
    tagged_sha256(
        tags::VAULT_FETCH,
        &[
            &vault.chain.0,
            &vault.member.get().to_be_bytes(),
            &receipt.to_bytes(),
            object.as_bytes(),
            &offset.to_be_bytes(),
        ],
    )
}

/// What a session key signs to say that it has the whole object.
pub(crate) fn acknowledge_digest(vault: &VaultIdentity, receipt: &Receipt) -> Digest32 {
    tagged_sha256(
        tags::VAULT_ACKNOWLEDGE,
        &[
            &vault.chain.0,
            &vault.member.get().to_be_bytes(),
            &receipt.to_bytes(),
        ],
    )
}

/// What the vault's member signs to state an erasure.
pub(crate) fn erasure_digest(canonical: &[u8]) -> Digest32 {
    tagged_sha256(tags::VAULT_ERASURE, &[canonical])
}

/// Digest of a sealed message, by which the same message posted again is known.
pub(crate) fn message_digest(message: &[u8]) -> Digest32 {
    tagged_sha256(tags::VAULT_MESSAGE, &[message])
}

/// Checksum of a metadata file. Against damage, not against an attacker on the disk.
pub(crate) fn file_checksum(name: &str, payload: &[u8]) -> Digest32 {
    tagged_sha256(tags::VAULT_FILE, &[name.as_bytes(), payload])
}
