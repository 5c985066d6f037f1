//! The receipt of one access: on the chain as a commitment, opened to the vault only.

use crate::field::{Fr, read_fr, write_fr};
use crate::poseidon::hash;
use crate::tags;
use crate::types::{Digest32, MemberId, Position, Receipt, Timestamp};
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};

/// What a receipt commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptOpening {
    /// Position of the grant.
    pub grant: Position,
    /// Position of the record.
    pub record: Position,
    /// Who reads.
    pub grantee: MemberId,
    /// Where.
    pub vault: MemberId,
    /// Hash of the key of the session in which the object is fetched.
    pub session_key_hash: Digest32,
    /// End of the grant.
    pub not_after: Timestamp,
    /// Time of the anchor the access was proven at.
    pub anchor_time: Timestamp,
    /// Random; hides the rest.
    pub nonce: Fr,
}

impl ReceiptOpening {
    /// H("receipt"; grant, record, grantee, vault, session key hash (two limbs), not_after, anchor time, nonce).
    pub fn commit(&self) -> Receipt {
        let [high, low] = self.session_key_hash.limbs();
        Receipt(hash(
            tags::RECEIPT,
            &[
                Fr::from(self.grant.0),
                Fr::from(self.record.0),
                Fr::from(self.grantee.get()),
                Fr::from(self.vault.get()),
                high,
                low,
                Fr::from(self.not_after.0),
                Fr::from(self.anchor_time.0),
                self.nonce,
            ],
        ))
    }
}

impl FixedSize for ReceiptOpening {
    const SIZE: usize =
        2 * Position::SIZE + 2 * MemberId::SIZE + Digest32::SIZE + 2 * Timestamp::SIZE + 32;
}

impl Write for ReceiptOpening {
    fn write(&self, buf: &mut impl BufMut) {
        self.grant.write(buf);
        self.record.write(buf);
        self.grantee.write(buf);
        self.vault.write(buf);
        self.session_key_hash.write(buf);
        self.not_after.write(buf);
        self.anchor_time.write(buf);
        write_fr(&self.nonce, buf);
    }
}

impl Read for ReceiptOpening {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            grant: Position::read(buf)?,
            record: Position::read(buf)?,
            grantee: MemberId::read(buf)?,
            vault: MemberId::read(buf)?,
            session_key_hash: Digest32::read(buf)?,
            not_after: Timestamp::read(buf)?,
            anchor_time: Timestamp::read(buf)?,
            nonce: read_fr(buf)?,
        })
    }
}
