use std::sync::OnceLock;

use proptest::prelude::*;
use tacit_circuits::types::MemberId;
use tacit_vault::slot::{Revision, SlotDigest, SlotVersion};

use super::*;
use crate::testing::steps::{recorded, vault};
use crate::testing::{Chain, Home};

fn example() -> Vec<u8> {
    static EXAMPLE: OnceLock<Vec<u8>> = OnceLock::new();
    EXAMPLE.get_or_init(make_example).clone()
}

fn make_example() -> Vec<u8> {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (_home, mut wallet) = Home::new(&chain, 1);
    recorded(&mut wallet, &mut chain, vault, b"passport");
    wallet.add_inbox("bank", vault).unwrap();
    wallet.state.to_bytes().to_vec()
}

#[test]
fn what_is_written_is_read_back() {
    let bytes = example();
    assert_eq!(*State::from_bytes(&bytes).unwrap().to_bytes(), bytes);
}

#[test]
fn another_magic_and_an_unknown_version_have_errors_of_their_own() {
    let bytes = example();
    let mut other = bytes.clone();
    other[0] ^= 1;
    assert!(matches!(State::from_bytes(&other), Err(StateError::Magic)));
    assert!(matches!(State::from_bytes(&[]), Err(StateError::Magic)));
    let mut newer = bytes.clone();
    for version in [0, 2, 4, 255] {
        newer[4] = version;
        assert!(matches!(
            State::from_bytes(&newer),
            Err(StateError::UnknownVersion(found)) if found == version
        ));
    }
    assert!(matches!(
        State::from_bytes(&bytes[..4]),
        Err(StateError::Malformed(_))
    ));
}

#[test]
fn the_slot_is_kept() {
    let mut state = State::from_bytes(&example()).unwrap();
    let stored = SlotVersion {
        revision: Revision(7),
        digest: SlotDigest([8; 32]),
    };
    let mut slot = Slot::new(MemberId::new(3).unwrap(), Some(stored));
    slot.sent.push(SlotDigest([9; 32])).unwrap();
    state.slot = Some(slot);
    state.recovered = true;
    let again = State::from_bytes(&state.to_bytes()).unwrap();
    assert_eq!((again.slot, again.recovered), (state.slot, true));
}

#[test]
fn every_truncation_and_a_trailing_byte_are_refused() {
    let bytes = example();
    for length in 5..bytes.len() {
        assert!(
            State::from_bytes(&bytes[..length]).is_err(),
            "{length} bytes"
        );
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(State::from_bytes(&longer).is_err());
}

proptest! {
    #[test]
    fn a_changed_byte_never_panics_and_what_is_read_has_one_encoding(at: prop::sample::Index, change in 1u8..) {
        let mut bytes = example();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        if let Ok(state) = State::from_bytes(&bytes) {
            prop_assert_eq!(&*state.to_bytes(), &bytes);
        }
    }
}
