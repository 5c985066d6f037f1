//! Objects with one defect each, committed under `testdata/objects` and named by the defect.
//!
//! The files pin the format: they are made again here and compared. After an intended change of the format, run the test
//! once with `TACIT_WRITE_VECTORS=1`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use commonware_codec::{DecodeExt, Encode, FixedSize};

use super::sealer::ChunkCipher;
use super::two_keys::craft;
use super::*;
use crate::keys::{self, ObjectIdHasher};

const CHUNK: usize = 1024;
const SEALED: usize = CHUNK + 16;
const NONCE: ObjectNonce = ObjectNonce([0x22; 32]);

struct Vector {
    expect: &'static str,
    key: [u8; 32],
    info: ObjectInfo,
    object: Vec<u8>,
}

/// An honest object of three chunks, the last of them short.
fn honest(content: u8, nonce: ObjectNonce, length: usize) -> (Vec<u8>, ObjectInfo) {
    let mut object = Vec::new();
    let size = ChunkSize::new(CHUNK as u32).unwrap();
    let info = seal(
        &DataKey::new([0x11; 32]),
        nonce,
        size,
        &vec![content; length][..],
        &mut object,
    )
    .unwrap();
    (object, info)
}

fn chunk(object: &[u8], index: usize) -> Vec<u8> {
    let start = Header::SIZE + index * SEALED;
    object[start..object.len().min(start + SEALED)].to_vec()
}

fn join(object: &[u8], chunks: &[usize]) -> Vec<u8> {
    let mut joined = object[..Header::SIZE].to_vec();
    chunks
        .iter()
        .for_each(|index| joined.extend(chunk(object, *index)));
    joined
}

fn all() -> BTreeMap<&'static str, Vector> {
    let (object, info) = honest(0x33, NONCE, 2 * CHUNK + 100);
    let mut vectors = BTreeMap::new();
    let mut add_with = |name, expect: &'static str, key, info, object| {
        vectors.insert(
            name,
            Vector {
                expect,
                key,
                info,
                object,
            },
        );
    };

    for (name, length) in [
        ("good_empty", 0),
        ("good_full_chunk", CHUNK),
        ("good_three_chunks", 2 * CHUNK + 100),
    ] {
        let (object, info) = honest(0x33, NONCE, length);
        add_with(name, "", [0x11; 32], info, object);
    }
    add_with(
        "wrong_data_key",
        "OBJECT_WRONG_KEY",
        [0x12; 32],
        info,
        object.clone(),
    );
    let made = craft();
    add_with(
        "opens_under_two_keys",
        "OBJECT_WRONG_KEY",
        *made.second.expose(),
        made.info,
        made.object,
    );

    let mut add_info =
        |name, expect, info, object| add_with(name, expect, [0x11; 32], info, object);
    // The record is of another object than the one served.
    let (older, older_info) = honest(0x44, NONCE, 2 * CHUNK + 100);
    add_info(
        "rolled_back_to_an_older_version",
        "OBJECT_ID_MISMATCH",
        info,
        older,
    );
    let (other, _) = honest(0x33, ObjectNonce([0x23; 32]), 2 * CHUNK + 100);
    add_info(
        "sealed_again_under_another_nonce",
        "OBJECT_COMMITMENT_MISMATCH",
        info,
        other.clone(),
    );
    let commitment = ObjectInfo {
        key_commitment: older_info.key_commitment,
        ..info
    };
    assert_eq!(commitment, info, "one key and nonce, one commitment");
    let commitment = ObjectInfo {
        key_commitment: KeyCommitment([0; 32]),
        ..info
    };
    add_info(
        "wrong_key_commitment_in_the_record",
        "OBJECT_COMMITMENT_MISMATCH",
        commitment,
        object.clone(),
    );
    let content = ObjectInfo {
        content_digest: older_info.content_digest,
        ..info
    };
    add_info(
        "wrong_content_digest_in_the_record",
        "OBJECT_CONTENT_MISMATCH",
        content,
        object.clone(),
    );
    let content = ObjectInfo {
        content_length: info.content_length + 1,
        ..info
    };
    add_info(
        "wrong_content_length_in_the_record",
        "OBJECT_CONTENT_MISMATCH",
        content,
        object.clone(),
    );
    let long = |extra: &[u8]| {
        let mut long = object.clone();
        long.extend_from_slice(extra);
        (
            ObjectInfo {
                object_length: long.len() as u64,
                ..info
            },
            long,
        )
    };
    let (long_info, long_object) = long(&[0]);
    add_info(
        "trailing_byte_that_was_announced",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        long_info,
        long_object,
    );
    let (long_info, long_object) = long(&[0; SEALED]);
    add_info(
        "trailing_chunk_that_was_announced",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        long_info,
        long_object,
    );
    let (empty_info, empty_object) = with_empty_last_chunk();
    add_info(
        "empty_last_chunk",
        "OBJECT_NOT_CANONICAL",
        empty_info,
        empty_object,
    );

    let mut add = |name, expect, object| add_info(name, expect, info, object);
    add("bad_magic", "OBJECT_MAGIC", changed(&object, 0, 1));
    add("unknown_version", "OBJECT_VERSION", changed(&object, 4, 3));
    add("unknown_suite", "OBJECT_SUITE", changed(&object, 5, 3));
    add(
        "chunk_size_zero",
        "OBJECT_CHUNK_SIZE",
        changed(&object, 8, 0x04),
    );
    add(
        "chunk_size_of_a_gigabyte",
        "OBJECT_CHUNK_SIZE",
        changed(&changed(&object, 8, 0x04), 6, 0x40),
    );
    add(
        "chunk_size_changed_to_another_good_one",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        changed(&object, 8, 0x0c),
    );
    add(
        "flipped_bit_in_the_nonce",
        "OBJECT_WRONG_KEY",
        changed(&object, 10, 1),
    );
    add(
        "flipped_bit_in_the_key_commitment",
        "OBJECT_COMMITMENT_MISMATCH",
        changed(&object, 42, 1),
    );
    add(
        "flipped_bit_in_the_first_chunk",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        changed(&object, Header::SIZE, 0x80),
    );
    add(
        "flipped_bit_in_a_tag",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        changed(&object, Header::SIZE + SEALED - 1, 1),
    );
    add(
        "flipped_bit_in_the_last_chunk",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        changed(&object, object.len() - 20, 1),
    );
    add(
        "chunks_swapped",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        join(&object, &[1, 0, 2]),
    );
    add(
        "chunk_repeated",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        join(&object, &[0, 0, 2]),
    );
    add(
        "first_chunk_missing",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        join(&object, &[1, 2]),
    );
    add(
        "last_chunk_missing",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        join(&object, &[0, 1]),
    );
    add(
        "last_chunk_first",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        join(&object, &[2, 0, 1]),
    );
    let mut mixed = join(&object, &[0]);
    mixed.extend(chunk(&other, 1));
    mixed.extend(chunk(&object, 2));
    add(
        "chunk_of_another_object",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        mixed,
    );
    add(
        "truncated_in_the_header",
        "OBJECT_TRUNCATED",
        object[..Header::SIZE - 1].to_vec(),
    );
    add(
        "truncated_after_the_header",
        "OBJECT_TRUNCATED",
        object[..Header::SIZE].to_vec(),
    );
    add(
        "truncated_in_a_tag",
        "OBJECT_TRUNCATED",
        object[..Header::SIZE + 2 * SEALED + 15].to_vec(),
    );
    add(
        "truncated_in_a_chunk",
        "OBJECT_CHUNK_NOT_AUTHENTIC",
        object[..object.len() - 1].to_vec(),
    );
    add(
        "trailing_byte",
        "OBJECT_TOO_LONG",
        [&object[..], &[0]].concat(),
    );
    add("nothing_at_all", "OBJECT_TRUNCATED", Vec::new());
    vectors
}

fn changed(object: &[u8], at: usize, bits: u8) -> Vec<u8> {
    let mut changed = object.to_vec();
    changed[at] ^= bits;
    changed
}

/// What a sloppy sealer would make of a content of exactly one chunk: every part authentic, but a second encoding.
fn with_empty_last_chunk() -> (ObjectInfo, Vec<u8>) {
    let (object, info) = honest(0x33, NONCE, CHUNK);
    let header = Header::parse(object.first_chunk().unwrap()).unwrap();
    let keys = keys::object_keys(&DataKey::new([0x11; 32]), &header.nonce);
    let mut cipher = ChunkCipher::new(keys.encryption.expose(), &header);
    let (mut first, mut last) = (vec![0x33; CHUNK], Vec::new());
    cipher.seal(false, &mut first).unwrap();
    cipher.seal(true, &mut last).unwrap();
    let object = [&header.to_bytes()[..], &first, &last].concat();
    let mut id = ObjectIdHasher::default();
    id.update(&object);
    (
        ObjectInfo {
            id: id.finish(),
            object_length: object.len() as u64,
            ..info
        },
        object,
    )
}

#[test]
fn every_defect_has_its_own_clear_error_and_the_format_has_not_changed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/objects");
    let vectors = all();
    if std::env::var_os("TACIT_WRITE_VECTORS").is_some() {
        for (name, vector) in &vectors {
            fs::write(folder.join(format!("{name}.txt")), to_text(vector)).unwrap();
        }
    }
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let names: Vec<_> = vectors.keys().map(|name| format!("{name}.txt")).collect();
    assert_eq!(files, names);

    for (name, made) in &vectors {
        let text = fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap();
        assert_eq!(
            text,
            to_text(made),
            "{name} is not what this software makes"
        );
        let vector = from_text(&text);
        let mut out = Vec::new();
        let found = match open(DataKey::new(vector.0), &vector.1, &vector.2[..], &mut out) {
            Ok(()) => "",
            Err(IoError::Object(error)) => error.reason(),
            Err(IoError::Io(error)) => panic!("{error}"),
        };
        assert_eq!(found, made.expect, "{name}");
        if made.expect.is_empty() {
            assert_eq!(out, vec![0x33; made.info.content_length as usize], "{name}");
        }
    }
}

fn to_text(vector: &Vector) -> String {
    let mut text = format!(
        "expect: {}\nkey: {}\n",
        vector.expect,
        hex::encode(vector.key)
    );
    writeln!(text, "info: {}", hex::encode(vector.info.encode())).unwrap();
    for line in vector.object.chunks(64) {
        writeln!(text, "{}", hex::encode(line)).unwrap();
    }
    text
}

fn from_text(text: &str) -> ([u8; 32], ObjectInfo, Vec<u8>) {
    let mut lines = text.lines().skip(1);
    let mut field = |name| hex::decode(lines.next().unwrap().strip_prefix(name).unwrap()).unwrap();
    let key = field("key: ").try_into().unwrap();
    let info = ObjectInfo::decode(field("info: ")).unwrap();
    (
        key,
        info,
        lines.flat_map(|line| hex::decode(line).unwrap()).collect(),
    )
}
