//! The receipt of one access: on the chain as a commitment, opened to the vault only.

use crate::audit::terms::pack;
use crate::field::{Fr, read_fr, write_fr};
use crate::poseidon::hash;
use crate::tags;
use crate::types::redacted;
use crate::types::{Digest32, MemberId, Position, Receipt, Timestamp};
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};

/// What a receipt commits to.
#[derive(Clone, PartialEq, Eq)]
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
redacted!(ReceiptOpening);

impl ReceiptOpening {
    /// H("receipt"; packed, session): packed holds grant, record, grantee, not_after and anchor time side by side, the
    /// first lowest; session is [`ReceiptOpening::session`].
    pub fn commit(&self) -> Receipt {
        let packed = pack(
            &Self::WIDTHS,
            [
                u64::from(self.grant.0),
                u64::from(self.record.0),
                u64::from(self.grantee.get()),
                self.not_after.0,
                self.anchor_time.0,
            ],
        );
        Receipt(hash(tags::RECEIPT, &[packed, self.session()]))
    }

    /// H("receipt-session"; vault, session key hash (two limbs), nonce): what no clause of the access statement speaks
    /// of, so the circuit takes this element as it is.
    pub fn session(&self) -> Fr {
        let [high, low] = self.session_key_hash.limbs();
        hash(
            tags::RECEIPT_SESSION,
            &[Fr::from(self.vault.get()), high, low, self.nonce],
        )
    }

    /// Widths in bits of the packed fields: grant, record, grantee, not after, anchor time.
    pub const WIDTHS: [usize; 5] = [32, 32, 32, 64, 64];
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
