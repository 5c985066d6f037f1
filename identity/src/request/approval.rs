//! What a person's yes delivers: the opening of the grant, and where the object is.

use core::fmt;

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, FixedSize, Read, ReadExt, ReadRangeExt, Write};
use tacit_circuits::commit::{self, GrantBody, RecordBody};
use tacit_circuits::field::{self, FIELD_BYTES};
use tacit_circuits::types::{
    Category, Digest32, EndTag, HolderKey, Leaf, LeafKind, MemberId, Position,
};

use super::{RequestError, RequestId, SharingRequest};

/// Longest envelope, in bytes.
pub const MAX_ENVELOPE_BYTES: usize = 1024;

/// Longest presentation in an approval, in bytes.
pub const MAX_APPROVAL_PRESENTATION_BYTES: usize = 96 * 1024;

/// The opening of a grant leaf. `Debug` is redacted: the salt is the base of the use nullifiers.
#[derive(Clone, PartialEq, Eq)]
pub struct GrantOpening {
    /// K of the grant.
    pub holder_key: HolderKey,
    /// E of the grant.
    pub end_tag: EndTag,
    /// The terms.
    pub body: GrantBody,
    /// Where the leaf stands.
    pub position: Position,
}

impl GrantOpening {
    /// The grant's leaf.
    pub fn leaf(&self) -> Leaf {
        commit::leaf(
            LeafKind::Grant,
            None,
            &self.holder_key,
            &self.body.commit(),
            &self.end_tag,
        )
    }
}

/// The opening of a record leaf. `Debug` is redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordOpening {
    /// K of the record.
    pub holder_key: HolderKey,
    /// E of the record.
    pub end_tag: EndTag,
    /// What the record is.
    pub body: RecordBody,
}

impl RecordOpening {
    /// The record's leaf, which stands at the grant's record position.
    pub fn leaf(&self) -> Leaf {
        commit::leaf(
            LeafKind::Record,
            None,
            &self.holder_key,
            &self.body.commit(),
            &self.end_tag,
        )
    }
}

/// An approval: everything the platform needs to prove an access, fetch the object and check that it is the one granted.
#[derive(Clone, PartialEq, Eq)]
pub struct Approval {
    /// The request.
    pub request: RequestId,
    /// The grant.
    pub grant: GrantOpening,
    /// The record: its leaf stands at `grant.body.record`, its key commitment and digest are those of the object.
    pub record: RecordOpening,
    /// The vault that keeps the object.
    pub vault: MemberId,
    /// The object's id at the vault.
    pub object: Digest32,
    /// Length of the plaintext in bytes: nothing longer is opened.
    pub content_length: u64,
    /// Length of the object at the vault in bytes: nothing longer is fetched.
    pub object_length: u64,
    /// The data key, sealed to the platform's HPKE key and bound to the grant.
    pub envelope: Vec<u8>,
    /// The presentation, when the request wanted facts proven.
    pub presentation: Option<Vec<u8>>,
}

impl Approval {
    /// The platform's check against its own request: same request, this grantee, this purpose, not more than asked.
    ///
    /// # Errors
    /// [`RequestError::OtherRequest`], [`RequestError::Grant`], [`RequestError::Record`], [`RequestError::NoPresentation`].
    pub fn check(&self, asked: &SharingRequest) -> Result<(), RequestError> {
        let grant = &self.grant.body;
        if self.request != asked.id() {
            return Err(RequestError::OtherRequest);
        }
        let differs = if grant.grantee != asked.platform {
            Some("grantee")
        } else if grant.purpose != asked.purpose {
            Some("purpose")
        } else if grant.categories.is_empty() || !grant.categories.is_subset_of(asked.categories) {
            Some("categories")
        } else if grant.not_after <= grant.not_before
            || grant.not_after.0.saturating_sub(grant.not_before.0) > asked.longest_validity
        {
            Some("validity")
        } else if grant.max_uses == 0 || grant.max_uses > asked.max_uses {
            Some("uses")
        } else {
            None
        };
        if let Some(field) = differs {
            return Err(RequestError::Grant(field));
        }
        if !grant.categories.contains(self.record.body.category) {
            return Err(RequestError::Record("category"));
        }
        if asked.wanted.is_some() && self.presentation.is_none() {
            return Err(RequestError::NoPresentation);
        }
        Ok(())
    }
}

macro_rules! redacted {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    )*};
}
redacted!(GrantOpening, RecordOpening, Approval);

impl Write for GrantOpening {
    fn write(&self, buf: &mut impl BufMut) {
        self.holder_key.write(buf);
        self.end_tag.write(buf);
        self.body.write(buf);
        self.position.write(buf);
    }
}

impl FixedSize for GrantOpening {
    const SIZE: usize = 2 * FIELD_BYTES + GrantBody::SIZE + Position::SIZE;
}

impl Read for GrantOpening {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            holder_key: HolderKey::read(buf)?,
            end_tag: EndTag::read(buf)?,
            body: GrantBody::read(buf)?,
            position: Position::read(buf)?,
        })
    }
}

impl Write for RecordOpening {
    fn write(&self, buf: &mut impl BufMut) {
        self.holder_key.write(buf);
        self.end_tag.write(buf);
        self.body.content_digest.write(buf);
        self.body.key_commitment.write(buf);
        self.body.category.write(buf);
        field::write_fr(&self.body.salt, buf);
    }
}

impl FixedSize for RecordOpening {
    const SIZE: usize = 3 * FIELD_BYTES + 2 * Digest32::SIZE + Category::SIZE;
}

impl Read for RecordOpening {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            holder_key: HolderKey::read(buf)?,
            end_tag: EndTag::read(buf)?,
            body: RecordBody {
                content_digest: Digest32::read(buf)?,
                key_commitment: Digest32::read(buf)?,
                category: Category::read(buf)?,
                salt: field::read_fr(buf)?,
            },
        })
    }
}

impl Write for Approval {
    fn write(&self, buf: &mut impl BufMut) {
        self.request.write(buf);
        self.grant.write(buf);
        self.record.write(buf);
        self.vault.write(buf);
        self.object.write(buf);
        self.content_length.write(buf);
        self.object_length.write(buf);
        self.envelope.write(buf);
        self.presentation.write(buf);
    }
}

impl EncodeSize for Approval {
    fn encode_size(&self) -> usize {
        RequestId::SIZE
            + GrantOpening::SIZE
            + RecordOpening::SIZE
            + MemberId::SIZE
            + Digest32::SIZE
            + 2 * u64::SIZE
            + self.envelope.encode_size()
            + self.presentation.encode_size()
    }
}

impl Read for Approval {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            request: RequestId::read(buf)?,
            grant: GrantOpening::read(buf)?,
            record: RecordOpening::read(buf)?,
            vault: MemberId::read(buf)?,
            object: Digest32::read(buf)?,
            content_length: u64::read(buf)?,
            object_length: u64::read(buf)?,
            envelope: Vec::read_range(buf, ..=MAX_ENVELOPE_BYTES)?,
            presentation: Option::read_cfg(
                buf,
                &((..=MAX_APPROVAL_PRESENTATION_BYTES).into(), ()),
            )?,
        })
    }
}
