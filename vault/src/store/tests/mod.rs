//! The vault on disk: what is stored, served, refused, and found again after opening it anew.

mod codec;
mod disk;
mod fetching;
mod objects;
mod requests;
mod slots;

use std::path::Path;

use tacit_circuits::types::{Digest32, MemberId, Timestamp};

use super::*;
use crate::ids::CallerKey;
use crate::object::{ChunkSize, DataKey, ObjectInfo, ObjectNonce, seal};

pub(super) const OWNER: CallerKey = CallerKey([1; 32]);
pub(super) const STRANGER: CallerKey = CallerKey([2; 32]);
pub(super) const NOW: Timestamp = Timestamp(1_800_000_000);

pub(super) fn member(id: u32) -> MemberId {
    MemberId::new(id).unwrap()
}

pub(super) fn identity() -> VaultIdentity {
    VaultIdentity {
        chain: Digest32([3; 32]),
        member: member(9),
    }
}

pub(super) fn small_limits() -> Limits {
    Limits {
        max_object_bytes: 64 << 10,
        max_total_bytes: 128 << 10,
        max_objects: 4,
        max_uploads: 2,
        max_slots: 3,
        max_slot_bytes: 1 << 20,
        max_erased: 2,
        part_bytes: 4 << 10,
        piece_bytes: 4 << 10,
    }
}

pub(super) async fn open_with(folder: &Path, limits: Limits) -> Result<Vault, StoreError> {
    Vault::open(VaultConfig {
        folder: folder.to_path_buf(),
        identity: identity(),
        limits,
        blobs: None,
    })
    .await
}

pub(super) async fn open_vault(folder: &Path) -> Vault {
    open_with(folder, small_limits()).await.unwrap()
}

/// A sealed object of a content of this length; `seed` makes it unlike the others.
pub(super) fn sealed(seed: u8, length: usize) -> (Vec<u8>, ObjectInfo) {
    let mut object = Vec::new();
    let content = vec![seed; length];
    let info = seal(
        &DataKey::new([seed; 32]),
        ObjectNonce([seed; 32]),
        ChunkSize::default(),
        &content[..],
        &mut object,
    )
    .unwrap();
    (object, info)
}

pub(super) async fn upload(
    vault: &Vault,
    object: &[u8],
    info: &ObjectInfo,
) -> Result<bool, StoreError> {
    match vault
        .begin_upload(OWNER, info.id, object.len() as u64)
        .await?
    {
        Begin::AlreadyStored => Ok(false),
        Begin::Upload(mut upload) => {
            for piece in object.chunks(1000) {
                upload.write(piece).await?;
            }
            upload.finish().await?;
            Ok(true)
        }
    }
}

pub(super) async fn read_all(
    vault: &Vault,
    info: &ObjectInfo,
    offset: u64,
) -> Result<Vec<u8>, StoreError> {
    let mut reader = vault.read(OWNER, info.id, offset)?;
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next_piece().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Every file under a folder, with its content.
pub(super) fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found
}
