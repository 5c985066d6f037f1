use commonware_codec::{Decode, DecodeExt, Encode};
use proptest::prelude::*;
use rand_core::SeedableRng;
use tacit_circuits::field::Fr;

use super::*;
use crate::test_rng::TestRng;

fn rng() -> TestRng {
    TestRng::seed_from_u64(7)
}

fn binding() -> EnvelopeBinding {
    EnvelopeBinding {
        chain: Digest32([1; 32]),
        grant: Leaf(Fr::from(2u64)),
        object: ObjectId([3; 32]),
        grantee: MemberId::new(4).unwrap(),
    }
}

#[test]
fn an_envelope_opens_for_its_grantee_only() {
    let (mine, other) = (
        HpkeSecretKey::random(&mut rng()),
        HpkeSecretKey::new([9; 32]),
    );
    let key = DataKey::new([5; 32]);
    let envelope = Envelope::seal(&key, mine.public_key(), &binding(), &mut rng()).unwrap();
    let envelope = Envelope::decode(envelope.encode()).unwrap();
    assert_eq!(envelope.recipient, mine.public_key());
    assert_eq!(
        envelope.open(&mine, &binding()).unwrap().expose(),
        key.expose()
    );
    assert_eq!(
        envelope.open(&other, &binding()).unwrap_err(),
        EnvelopeError::NotAuthentic
    );
}

#[test]
fn an_envelope_is_bound_to_chain_grant_object_and_grantee() {
    let mine = HpkeSecretKey::random(&mut rng());
    let envelope = Envelope::seal(
        &DataKey::new([5; 32]),
        mine.public_key(),
        &binding(),
        &mut rng(),
    )
    .unwrap();
    let others = [
        EnvelopeBinding {
            chain: Digest32([0; 32]),
            ..binding()
        },
        EnvelopeBinding {
            grant: Leaf(Fr::from(0u64)),
            ..binding()
        },
        EnvelopeBinding {
            object: ObjectId([0; 32]),
            ..binding()
        },
        EnvelopeBinding {
            grantee: MemberId::new(5).unwrap(),
            ..binding()
        },
    ];
    for other in others {
        assert_eq!(
            envelope.open(&mine, &other).unwrap_err(),
            EnvelopeError::NotAuthentic,
            "{other:?}"
        );
    }
}

#[test]
fn every_changed_byte_of_an_envelope_is_found() {
    let mine = HpkeSecretKey::random(&mut rng());
    let envelope = Envelope::seal(
        &DataKey::new([5; 32]),
        mine.public_key(),
        &binding(),
        &mut rng(),
    )
    .unwrap();
    let bytes = envelope.encode().to_vec();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        // The named recipient is a hint for the finder of the key; all else is authenticated or refused.
        let hint = (5..37).contains(&at);
        let opened = Envelope::decode(changed)
            .is_ok_and(|envelope| envelope.open(&mine, &binding()).is_ok());
        assert_eq!(opened, hint, "byte {at}");
    }
    assert!(Envelope::decode([&bytes[..], &[0]].concat()).is_err());
    assert!(Envelope::decode(bytes[..bytes.len() - 1].to_vec()).is_err());
}

#[test]
fn keys_of_small_order_are_refused() {
    let mut one = [0; 32];
    one[0] = 1;
    for point in [[0; 32], one] {
        let key = HpkePublicKey(point);
        let envelope = Envelope::seal(&DataKey::new([5; 32]), key, &binding(), &mut rng());
        assert_eq!(envelope.unwrap_err(), EnvelopeError::RecipientKey);
        let message = SealedMessage::seal(MessageKind::Request, key, b"", b"hello", &mut rng());
        assert_eq!(message.unwrap_err(), EnvelopeError::RecipientKey);
    }
}

#[test]
fn a_message_opens_only_as_its_kind_in_its_context() {
    let mine = HpkeSecretKey::random(&mut rng());
    let sealed = SealedMessage::seal(
        MessageKind::Request,
        mine.public_key(),
        b"address",
        b"hello",
        &mut rng(),
    )
    .unwrap();
    let sealed = SealedMessage::decode(sealed.encode()).unwrap();
    assert_eq!(
        sealed
            .open(MessageKind::Request, &mine, b"address")
            .unwrap()
            .as_slice(),
        b"hello"
    );
    for wrong in [
        sealed.open(MessageKind::Answer, &mine, b"address"),
        sealed.open(MessageKind::Request, &mine, b"another address"),
        sealed.open(
            MessageKind::Request,
            &HpkeSecretKey::new([9; 32]),
            b"address",
        ),
    ] {
        assert_eq!(wrong.unwrap_err(), EnvelopeError::NotAuthentic);
    }
}

#[test]
fn messages_show_one_of_four_lengths() {
    let mine = HpkeSecretKey::random(&mut rng());
    let mut lengths = std::collections::BTreeSet::new();
    let contents = [
        0,
        1,
        2043,
        2044,
        2045,
        8000,
        9000,
        40_000,
        SealedMessage::MAX_PLAINTEXT,
    ];
    for length in contents {
        let content = vec![6; length];
        let sealed = SealedMessage::seal(
            MessageKind::Answer,
            mine.public_key(),
            b"",
            &content,
            &mut rng(),
        )
        .unwrap();
        assert!(sealed.encode().len() <= SealedMessage::MAX_ENCODED);
        lengths.insert(sealed.encode().len());
        let sealed = SealedMessage::decode(sealed.encode()).unwrap();
        assert_eq!(
            *sealed.open(MessageKind::Answer, &mine, b"").unwrap(),
            content
        );
    }
    assert_eq!(lengths.len(), 4);
    let long = vec![6; SealedMessage::MAX_PLAINTEXT + 1];
    let result = SealedMessage::seal(
        MessageKind::Answer,
        mine.public_key(),
        b"",
        &long,
        &mut rng(),
    );
    assert_eq!(result.unwrap_err(), EnvelopeError::TooLong(long.len()));
}

#[test]
fn wrong_padding_is_refused() {
    let mut length_beyond = vec![0xff; 4];
    length_beyond.resize(2048, 0);
    assert_eq!(unpad(&mut length_beyond), Err(EnvelopeError::Padding));
    let mut not_zero = vec![0; 2048];
    not_zero[2047] = 1;
    assert_eq!(unpad(&mut not_zero), Err(EnvelopeError::Padding));
    assert_eq!(unpad(&mut vec![0; 3]), Err(EnvelopeError::Padding));
}

#[test]
fn hostile_lengths_are_refused_without_reserving_memory() {
    let mine = HpkeSecretKey::random(&mut rng());
    let sealed = SealedMessage::seal(
        MessageKind::Answer,
        mine.public_key(),
        b"",
        b"x",
        &mut rng(),
    )
    .unwrap();
    let prefix = sealed.encode().slice(..37).to_vec();
    // A length of almost 2^32, and lengths that are no bucket.
    for length in [
        &[0xff, 0xff, 0xff, 0xff, 0x0f][..],
        &[0x00],
        &[0x10],
        &[0x91, 0x10],
    ] {
        let bytes = [&prefix[..], length, &[0; 4096]].concat();
        assert!(SealedMessage::decode(bytes).is_err());
    }
}

#[test]
fn secret_keys_do_not_show_in_debug_output() {
    let key = HpkeSecretKey::new([0xab; 32]);
    assert_eq!(format!("{key:?}"), "HpkeSecretKey(Secret(redacted))");
}

proptest! {
    #[test]
    fn decoders_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut envelope = b"TENV\x01".to_vec();
        envelope.extend_from_slice(&bytes);
        let mut message = b"TMSG\x01".to_vec();
        message.extend_from_slice(&bytes);
        for bytes in [bytes, envelope, message] {
            if let Ok(envelope) = Envelope::decode(bytes.clone()) {
                prop_assert_eq!(&envelope.encode()[..], &bytes[..]);
            }
            if let Ok(message) = SealedMessage::decode_cfg(bytes.clone(), &()) {
                prop_assert_eq!(&message.encode()[..], &bytes[..]);
            }
        }
    }
}
