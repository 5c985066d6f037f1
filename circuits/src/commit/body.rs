//! The bodies of the four kinds of leaves.

use super::push_digest;
use crate::attribute::SLOTS;
use crate::audit::GrantTerms;
use crate::field::{Fr, read_fr, write_fr};
use crate::poseidon::hash;
use crate::tags;
use crate::types::redacted;
use crate::types::{
    Body, Category, CategorySet, Digest32, MemberId, Nym, Position, Purpose, Timestamp,
};
use ark_ff::AdditiveGroup;
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};

/// What a credential says.
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialBody {
    /// The schema, as a field element.
    pub schema: Fr,
    /// One element for each slot; slots without a value hold [`crate::attribute::absent`].
    pub attributes: [Fr; SLOTS],
    /// Valid from this time on.
    pub valid_from: Timestamp,
    /// Valid before this time.
    pub valid_until: Timestamp,
    /// Random; hides the rest.
    pub salt: Fr,
}
redacted!(CredentialBody);

impl CredentialBody {
    /// H("cred"; schema, attributes, valid_from, valid_until, salt).
    pub fn commit(&self) -> Body {
        let mut inputs = Vec::with_capacity(SLOTS + 4);
        inputs.push(self.schema);
        inputs.extend(self.attributes);
        inputs.extend([
            Fr::from(self.valid_from.0),
            Fr::from(self.valid_until.0),
            self.salt,
        ]);
        Body(hash(tags::CREDENTIAL, &inputs))
    }
}

/// What a record is: an encrypted document in a vault.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordBody {
    /// Digest of the document's object.
    pub content_digest: Digest32,
    /// Commitment to the data key.
    pub key_commitment: Digest32,
    /// What the document is about.
    pub category: Category,
    /// Random; hides the rest.
    pub salt: Fr,
}
redacted!(RecordBody);

impl RecordBody {
    /// A body without meaning, for its shape only.
    pub(crate) fn blank() -> Self {
        Self {
            content_digest: Digest32([0; 32]),
            key_commitment: Digest32([0; 32]),
            category: Category::FIRST,
            salt: Fr::ZERO,
        }
    }

    /// H("record"; content digest (two limbs), key commitment (two limbs), category, salt).
    pub fn commit(&self) -> Body {
        let mut inputs = Vec::with_capacity(6);
        push_digest(&mut inputs, &self.content_digest);
        push_digest(&mut inputs, &self.key_commitment);
        inputs.extend([Fr::from(self.category.get()), self.salt]);
        Body(hash(tags::RECORD, &inputs))
    }
}

/// The terms under which a platform may read a record.
#[derive(Clone, PartialEq, Eq)]
pub struct GrantBody {
    /// Position of the record.
    pub record: Position,
    /// Who may read.
    pub grantee: MemberId,
    /// What for.
    pub purpose: Purpose,
    /// What the record may be about.
    pub categories: CategorySet,
    /// From this time on.
    pub not_before: Timestamp,
    /// Before this time.
    pub not_after: Timestamp,
    /// How often, at most [`super::MAX_USES`].
    pub max_uses: u16,
    /// The owner's pseudonym towards the reviewers.
    pub audit_nym: Nym,
    /// Random; hides the rest, and is the base of the use nullifiers.
    pub salt: Fr,
}
redacted!(GrantBody);

impl GrantBody {
    /// A body without meaning, for its shape only.
    pub(crate) fn blank() -> Self {
        Self {
            record: Position(0),
            grantee: MemberId::FIRST,
            purpose: Purpose::FIRST,
            categories: CategorySet::EMPTY,
            not_before: Timestamp(0),
            not_after: Timestamp(0),
            max_uses: 1,
            audit_nym: Nym(Fr::ZERO),
            salt: Fr::ZERO,
        }
    }

    /// The terms: everything but the salt.
    pub fn terms(&self) -> GrantTerms {
        GrantTerms {
            record: self.record,
            grantee: self.grantee,
            purpose: self.purpose,
            categories: self.categories,
            not_before: self.not_before,
            not_after: self.not_after,
            max_uses: self.max_uses,
            audit_nym: self.audit_nym,
        }
    }

    /// H("grant"; packed terms, audit nym, salt): the packed word holds record, grantee, purpose, categories,
    /// not_before, not_after and max_uses side by side, as in [`GrantTerms::packed`].
    pub fn commit(&self) -> Body {
        let [packed, audit_nym] = self.terms().words();
        Body(hash(tags::GRANT, &[packed, audit_nym, self.salt]))
    }
}

impl FixedSize for GrantBody {
    const SIZE: usize = Position::SIZE
        + MemberId::SIZE
        + Purpose::SIZE
        + CategorySet::SIZE
        + 2 * Timestamp::SIZE
        + u16::SIZE
        + 2 * Nym::SIZE;
}

impl Write for GrantBody {
    fn write(&self, buf: &mut impl BufMut) {
        self.record.write(buf);
        self.grantee.write(buf);
        self.purpose.write(buf);
        self.categories.write(buf);
        self.not_before.write(buf);
        self.not_after.write(buf);
        self.max_uses.write(buf);
        self.audit_nym.write(buf);
        write_fr(&self.salt, buf);
    }
}

impl Read for GrantBody {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            record: Position::read(buf)?,
            grantee: MemberId::read(buf)?,
            purpose: Purpose::read(buf)?,
            categories: CategorySet::read(buf)?,
            not_before: Timestamp::read(buf)?,
            not_after: Timestamp::read(buf)?,
            max_uses: u16::read(buf)?,
            audit_nym: Nym::read(buf)?,
            salt: read_fr(buf)?,
        })
    }
}

/// What a certificate says.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateBody {
    /// Which type of certificate, as a field element.
    pub type_id: Fr,
    /// Digest of what is certified.
    pub payload_digest: Digest32,
    /// Serial number among the issuer's certificates.
    pub serial: u64,
    /// Random; hides the rest.
    pub salt: Fr,
}
redacted!(CertificateBody);

impl CertificateBody {
    /// H("cert"; type, payload digest (two limbs), serial, salt).
    pub fn commit(&self) -> Body {
        let mut inputs = vec![self.type_id];
        push_digest(&mut inputs, &self.payload_digest);
        inputs.extend([Fr::from(self.serial), self.salt]);
        Body(hash(tags::CERTIFICATE, &inputs))
    }
}
