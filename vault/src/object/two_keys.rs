//! The attack that the key commitment stops, carried out: one GCM ciphertext that is authentic under two keys.
//!
//! A GCM tag is linear in each ciphertext block, so asking for the same tag under two keys gives one block as the solution
//! of a linear equation over GF(2^128) (Dodis, Grubbs, Ristenpart, Woodage 2018, section 3).

use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

use super::sealer::ChunkCipher;
use super::*;
use crate::keys::{self, ContentHasher, ObjectIdHasher};

/// An object whose only chunk is authentic under `first` and `second`; its header commits to `first`.
pub(super) struct TwoKeys {
    pub(super) object: Vec<u8>,
    pub(super) info: ObjectInfo,
    pub(super) first: DataKey,
    pub(super) second: DataKey,
    pub(super) header: Header,
    pub(super) chunk: Vec<u8>,
}

pub(super) fn craft() -> TwoKeys {
    let (first, second) = (DataKey::new([1; 32]), DataKey::new([2; 32]));
    let nonce = ObjectNonce([3; 32]);
    let (keys1, keys2) = (
        keys::object_keys(&first, &nonce),
        keys::object_keys(&second, &nonce),
    );
    let header = Header {
        chunk_size: ChunkSize::default(),
        nonce,
        key_commitment: keys1.commitment,
    };

    // Additional data and nonce of chunk 0, the last one.
    let mut data = keys::header_hash(&header).0.to_vec();
    data.extend_from_slice(&[0; 8]);
    data.push(1);
    let mut counter = [0; 16];
    counter[11] = 1;
    counter[15] = 1;

    // Blocks of GHASH: additional data (3), the free block, a chosen block, the lengths.
    let mut blocks: Vec<u128> = data.chunks(16).map(block).collect();
    let free = blocks.len();
    blocks.push(0);
    blocks.push(block(&[0x5a; 16]));
    blocks.push((u128::from(41 * 8u64) << 64) | (32 * 8));
    let part = |key: &[u8; 32]| {
        let cipher = Aes256::new(key.into());
        let hash_key = encrypt(&cipher, [0; 16]);
        let power = (0..blocks.len() - free).fold(ONE, |power, _| multiply(power, hash_key));
        (ghash(hash_key, &blocks) ^ encrypt(&cipher, counter), power)
    };
    let (rest1, power1) = part(keys1.encryption.expose());
    let (rest2, power2) = part(keys2.encryption.expose());
    let solution = multiply(rest1 ^ rest2, invert(power1 ^ power2));
    let tag = rest1 ^ multiply(solution, power1);

    let mut chunk = solution.to_be_bytes().to_vec();
    chunk.extend_from_slice(&[0x5a; 16]);
    chunk.extend_from_slice(&tag.to_be_bytes());
    let mut object = header.to_bytes().to_vec();
    object.extend_from_slice(&chunk);

    let mut plaintext = chunk.clone();
    ChunkCipher::new(keys1.encryption.expose(), &header)
        .open(true, &mut plaintext)
        .unwrap();
    let (mut id, mut content) = (ObjectIdHasher::default(), ContentHasher::default());
    id.update(&object);
    content.update(&plaintext);
    let info = ObjectInfo {
        id: id.finish(),
        key_commitment: keys1.commitment,
        content_digest: content.finish(),
        content_length: 32,
        object_length: object.len() as u64,
    };
    TwoKeys {
        object,
        info,
        first,
        second,
        header,
        chunk,
    }
}

#[test]
fn one_ciphertext_that_gcm_accepts_under_two_keys_opens_under_one() {
    let made = craft();
    let nonce = made.header.nonce;

    // GCM by itself accepts it under both keys, with two different contents.
    let raw = |key: &DataKey| {
        let mut chunk = made.chunk.clone();
        let keys = keys::object_keys(key, &nonce);
        ChunkCipher::new(keys.encryption.expose(), &made.header)
            .open(true, &mut chunk)
            .unwrap();
        chunk
    };
    assert_ne!(raw(&made.first), raw(&made.second));

    // The object does not.
    let try_open = |key: &DataKey, info: &ObjectInfo| {
        let mut out = Vec::new();
        let result = open(
            DataKey::new(*key.expose()),
            info,
            &made.object[..],
            &mut out,
        );
        result.map(|()| out).map_err(|error| error.to_string())
    };
    assert_eq!(try_open(&made.first, &made.info), Ok(raw(&made.first)));
    assert_eq!(
        try_open(&made.second, &made.info),
        Err(ObjectError::WrongKey.to_string())
    );
    let other = ObjectInfo {
        key_commitment: keys::object_keys(&made.second, &nonce).commitment,
        ..made.info
    };
    assert_eq!(
        try_open(&made.second, &other),
        Err(ObjectError::CommitmentMismatch.to_string())
    );
}

fn encrypt(cipher: &Aes256, block: [u8; 16]) -> u128 {
    let mut block = Array::from(block);
    cipher.encrypt_block(&mut block);
    u128::from_be_bytes(block.into())
}

fn block(bytes: &[u8]) -> u128 {
    let mut block = [0; 16];
    block[..bytes.len()].copy_from_slice(bytes);
    u128::from_be_bytes(block)
}

/// The one of GF(2^128) in the bit order of GCM (NIST SP 800-38D, 6.3).
const ONE: u128 = 1 << 127;

fn multiply(x: u128, y: u128) -> u128 {
    let (mut product, mut shifted) = (0, x);
    for bit in (0..128).rev() {
        if y >> bit & 1 == 1 {
            product ^= shifted;
        }
        shifted = if shifted & 1 == 1 {
            shifted >> 1 ^ 0xe1 << 120
        } else {
            shifted >> 1
        };
    }
    product
}

/// x^(2^128 - 2).
fn invert(x: u128) -> u128 {
    let (mut inverse, mut square) = (ONE, x);
    for _ in 1..128 {
        square = multiply(square, square);
        inverse = multiply(inverse, square);
    }
    inverse
}

fn ghash(key: u128, blocks: &[u128]) -> u128 {
    blocks
        .iter()
        .fold(0, |sum, block| multiply(sum ^ block, key))
}
