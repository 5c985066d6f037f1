use commonware_codec::{Copying, Decode, DecodeExt, Encode, Read};
use proptest::prelude::*;
use tacit_circuits::types::Position;

use super::*;
use crate::inbox::{Entry, RequestId};
use crate::object::{ObjectId, ObjectInfo};
use crate::serve::Served;
use crate::slot::{SlotContent, SlotVersion};
use crate::store::meta::{Life, Meta};
use crate::store::requests::Stored;

/// Decodes; whatever decodes must have been in its one canonical form.
fn canonical<T: Read<Cfg = ()> + Encode>(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(value) = T::decode_cfg(Copying(bytes), &()) {
        prop_assert_eq!(&value.encode()[..], bytes);
    }
    Ok(())
}

proptest! {
    #[test]
    fn decoders_take_any_bytes_without_a_panic_and_only_one_form_of_a_value(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        low in prop::collection::vec(0u8..3, 0..400),
    ) {
        for bytes in [&bytes[..], &low[..]] {
            canonical::<Meta>(bytes)?;
            canonical::<Served>(bytes)?;
            canonical::<Entry>(bytes)?;
            canonical::<RequestId>(bytes)?;
            canonical::<Stored>(bytes)?;
            canonical::<ObjectInfo>(bytes)?;
            canonical::<SlotContent>(bytes)?;
            canonical::<SlotVersion>(bytes)?;
            canonical::<SignedErasure>(bytes)?;
            canonical::<SignedErasure>(&[b"TERA\x01", bytes].concat())?;
        }
    }

    #[test]
    fn metadata_survives_its_encoding(length: u64, record: Option<u32>, life in 0u8..3, signature: [u8; 32]) {
        let statement = ErasureStatement {
            vault: identity(),
            object: ObjectId(signature),
            record: record.map(Position),
            length,
            erased_at: NOW,
        };
        let signature = [signature, signature].concat().try_into().unwrap();
        let life = match life {
            0 => Life::Stored,
            1 => Life::Erasing,
            _ => Life::Erased(SignedErasure { statement, signature }),
        };
        let meta = Meta { owner: OWNER, length, record: record.map(Position), life };
        let bytes = meta.encode();
        prop_assert_eq!(Meta::decode(bytes.clone()).unwrap(), meta);
        prop_assert!(Meta::decode(bytes.slice(..bytes.len() - 1)).is_err());
        prop_assert!(Meta::decode([&bytes[..], &[0]].concat()).is_err());
    }
}
