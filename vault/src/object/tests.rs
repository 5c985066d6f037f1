use std::io::Cursor;

use commonware_codec::{DecodeExt, Encode, FixedSize};
use proptest::prelude::*;
use rand_core::SeedableRng;

use super::*;

fn key(byte: u8) -> DataKey {
    DataKey::new([byte; 32])
}

fn sealed(content: &[u8], chunk: u32) -> (Vec<u8>, ObjectInfo) {
    let mut object = Vec::new();
    let info = seal(
        &key(1),
        ObjectNonce([2; 32]),
        ChunkSize::new(chunk).unwrap(),
        content,
        &mut object,
    )
    .unwrap();
    (object, info)
}

fn opened(object: &[u8], info: &ObjectInfo) -> Result<Vec<u8>, ObjectError> {
    let mut plaintext = Vec::new();
    match open(key(1), info, object, &mut plaintext) {
        Ok(()) => Ok(plaintext),
        Err(IoError::Object(error)) => Err(error),
        Err(IoError::Io(error)) => panic!("{error}"),
    }
}

#[test]
fn contents_around_chunk_borders_open_to_themselves() {
    for length in [0usize, 1, 1023, 1024, 1025, 2047, 2048, 2049, 10_000] {
        let content: Vec<u8> = (0..length).map(|i| i as u8).collect();
        let (object, info) = sealed(&content, 1024);
        assert_eq!(opened(&object, &info).unwrap(), content);
        assert_eq!(info.content_length, length as u64);
        assert_eq!(info.object_length, object.len() as u64);
        let chunks = length.div_ceil(1024).max(1);
        assert_eq!(object.len(), Header::SIZE + length + 16 * chunks);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_division_into_pushes_changes_nothing(
        content in prop::collection::vec(any::<u8>(), 0..5000),
        cuts in prop::collection::vec(1usize..700, 1..40),
    ) {
        let (object, info) = sealed(&content, 1024);
        let mut sealer = Sealer::new(&key(1), ObjectNonce([2; 32]), ChunkSize::new(1024).unwrap());
        let mut again = sealer.header().to_bytes().to_vec();
        for piece in pieces(&content, &cuts) {
            sealer.push(piece, &mut again).unwrap();
        }
        prop_assert_eq!(sealer.finish(&mut again).unwrap(), info);
        prop_assert_eq!(&again, &object);

        let mut opener = Opener::new(key(1), info);
        let mut plaintext = Vec::new();
        for piece in pieces(&object, &cuts) {
            opener.push(piece, &mut plaintext).unwrap();
        }
        opener.finish(&mut plaintext).unwrap();
        prop_assert_eq!(plaintext, content);
    }

    #[test]
    fn random_bytes_are_refused_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000), cut in 0usize..80) {
        let (object, info) = sealed(b"some content", 1024);
        prop_assert!(opened(&bytes, &info).is_err());
        // Also behind a correct beginning, which leads further in.
        let mut mixed = object[..cut.min(object.len())].to_vec();
        mixed.extend_from_slice(&bytes);
        prop_assert!(mixed == object || opened(&mixed, &info).is_err());
        let _ = ObjectInfo::decode(bytes);
    }

    #[test]
    fn every_changed_bit_is_found(bit in 0usize..(74 + 1500 + 2 * 16) * 8) {
        let content = vec![7; 1500];
        let (mut object, info) = sealed(&content, 1024);
        object[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(opened(&object, &info).is_err());
    }
}

fn pieces<'a>(mut bytes: &'a [u8], cuts: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut cuts = cuts.iter().cycle();
    std::iter::from_fn(move || {
        let length = (*cuts.next()?).min(bytes.len());
        let (head, tail) = bytes.split_at(length);
        bytes = tail;
        (!head.is_empty()).then_some(head)
    })
}

#[test]
fn an_opener_that_failed_stays_failed() {
    let (mut object, info) = sealed(&[3; 5000], 1024);
    object[100] ^= 1;
    let mut opener = Opener::new(key(1), info);
    let mut out = Vec::new();
    assert_eq!(opener.push(&object, &mut out), Err(ObjectError::Chunk(0)));
    assert_eq!(opener.push(&object, &mut out), Err(ObjectError::Poisoned));
    assert_eq!(opener.finish(&mut out), Err(ObjectError::Poisoned));
    assert!(out.is_empty());
}

#[test]
fn an_endless_object_is_refused_at_its_announced_length() {
    let (object, info) = sealed(&[3; 2048], 1024);
    let endless = Cursor::new(object).chain(std::io::repeat(0));
    let result = open(key(1), &info, endless, std::io::sink());
    assert!(matches!(result, Err(IoError::Object(ObjectError::TooLong))));
}

use std::io::Read as _;

#[test]
fn the_same_content_and_key_give_the_same_object_and_another_content_another_nonce() {
    let digest = |content: &[u8]| sealed(content, 1024).1.content_digest;
    let first = ObjectNonce::for_content(&key(1), &digest(b"one"));
    assert_eq!(first, ObjectNonce::for_content(&key(1), &digest(b"one")));
    assert_ne!(first, ObjectNonce::for_content(&key(1), &digest(b"two")));
    assert_ne!(first, ObjectNonce::for_content(&key(2), &digest(b"one")));
}

#[test]
fn chunk_sizes_out_of_bounds_are_refused() {
    for size in [
        0,
        1,
        512,
        1023,
        1025,
        3 << 10,
        (1 << 20) + 1,
        1 << 21,
        u32::MAX,
    ] {
        assert_eq!(ChunkSize::new(size), Err(ObjectError::ChunkSize(size)));
    }
    assert_eq!(ChunkSize::new(1 << 16).unwrap(), ChunkSize::DEFAULT);
}

#[test]
fn an_object_info_survives_its_encoding() {
    let (_, info) = sealed(b"x", 1024);
    assert_eq!(ObjectInfo::decode(info.encode()).unwrap(), info);
    assert!(ObjectInfo::decode(info.encode().slice(1..)).is_err());
    let json = serde_json::to_string(&info).unwrap();
    assert_eq!(serde_json::from_str::<ObjectInfo>(&json).unwrap(), info);
    assert!(json.contains(&format!("\"id\":\"{}\"", info.id)));
    assert!(
        info.id
            .to_string()
            .to_uppercase()
            .parse::<ObjectId>()
            .is_err()
    );
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let mut rng = rand_chacha_like();
    let key = DataKey::random(&mut rng);
    let text = format!("{key:?}");
    assert!(!text.contains(&hex::encode(key.expose())));
    assert_eq!(text, "DataKey(Secret(redacted))");
}

/// A generator of the rand_core of this crate, seeded: only for tests.
fn rand_chacha_like() -> impl rand_core::CryptoRng {
    crate::test_rng::TestRng::seed_from_u64(1)
}

mod files {
    use super::*;
    use std::fs;

    #[test]
    fn a_verified_object_gets_its_name_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("passport.pdf");
        let (object, info) = sealed(&[9; 3000], 1024);
        open_to_file(key(1), &info, &object[..], &target).unwrap();
        assert_eq!(fs::read(&target).unwrap(), [9; 3000]);
        assert_eq!(names(folder.path()), ["passport.pdf"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(&target).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn a_bad_object_leaves_neither_a_file_nor_a_part_of_one() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        let (mut object, info) = sealed(&[9; 3000], 1024);
        *object.last_mut().unwrap() ^= 1;
        let result = open_to_file(key(1), &info, &object[..], &target);
        assert!(matches!(
            result,
            Err(IoError::Object(ObjectError::Chunk(2)))
        ));
        assert!(names(folder.path()).is_empty());
        // An older file of that name stays as it was.
        fs::write(&target, b"old").unwrap();
        open_to_file(key(1), &info, &object[..], &target).unwrap_err();
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }

    #[test]
    fn while_it_is_open_the_content_has_no_final_name_and_a_left_over_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        fs::write(
            folder.path().join(".out.partial"),
            b"left by a killed process",
        )
        .unwrap();
        let (object, info) = sealed(&[9; 3000], 1024);
        let mut file = VerifiedFile::create(&target, key(1), &info).unwrap();
        let (head, tail) = object.split_at(2500);
        file.push(head).unwrap();
        assert_eq!(file.position(), 2500);
        assert_eq!(names(folder.path()), [".out.partial"]);
        file.push(tail).unwrap();
        file.finish().unwrap();
        assert_eq!(names(folder.path()), ["out"]);
    }

    fn names(folder: &std::path::Path) -> Vec<String> {
        fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}
