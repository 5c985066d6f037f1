//! What the reviewers read: the terms of a grant and of an access, and how they become field words.
//!
//! Each is two words: the audit pseudonym, and all small numbers packed into one field element, the lowest field first,
//! each in as many bits as its type has. The packed word of a grant is also what the grant's body commits to, so the
//! circuits take the terms apart once.

use super::encryption::Words;
use crate::field::Fr;
use crate::types::redacted;
use crate::types::{CategorySet, MemberId, Nym, Position, Purpose, Timestamp};
use ark_ff::{BigInteger, PrimeField};
use thiserror::Error;

/// Words that are no terms: decrypted with another key or for another domain, or never made by a statement.
#[derive(Debug, Error, PartialEq, Eq, Clone, Copy)]
#[error(
    "decrypted words are no audit terms (another key, or another grant's or access's ciphertext)"
)]
pub struct NotTerms;

/// Widths in bits of a grant's packed fields: record, grantee, purpose, categories, not before, not after, uses.
pub const GRANT_WIDTHS: [usize; 7] = [32, 32, 8, 32, 64, 64, 16];

/// Widths in bits of an access's packed fields: grantee, grant, record, purpose, categories, time.
pub const ACCESS_WIDTHS: [usize; 6] = [32, 32, 32, 8, 32, 64];

/// The terms of a grant, exactly as its body holds them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct GrantTerms {
    /// Position of the record's leaf.
    pub record: Position,
    /// The member that may read.
    pub grantee: MemberId,
    /// What for.
    pub purpose: Purpose,
    /// Categories of data that may be read.
    pub categories: CategorySet,
    /// First second at which the grant holds.
    pub not_before: Timestamp,
    /// First second at which it no longer does.
    pub not_after: Timestamp,
    /// How many times the grantee may read, 1 to [`crate::commit::MAX_USES`].
    pub max_uses: u16,
    /// The owner's pseudonym towards the reviewers, for this audit key and year.
    pub audit_nym: Nym,
}
redacted!(GrantTerms);

impl GrantTerms {
    /// The small numbers as one field element.
    pub fn packed(&self) -> Fr {
        pack(
            &GRANT_WIDTHS,
            [
                u64::from(self.record.0),
                u64::from(self.grantee.get()),
                u64::from(self.purpose.get()),
                u64::from(self.categories.0),
                self.not_before.0,
                self.not_after.0,
                u64::from(self.max_uses),
            ],
        )
    }

    /// The plaintext words.
    pub fn words(&self) -> Words {
        [self.packed(), self.audit_nym.0]
    }

    /// Reads decrypted words.
    pub fn from_words(words: &Words) -> Result<Self, NotTerms> {
        let [
            record,
            grantee,
            purpose,
            categories,
            not_before,
            not_after,
            max_uses,
        ] = unpack(&GRANT_WIDTHS, &words[0])?;
        Ok(Self {
            record: Position(narrow(record)?),
            grantee: member(grantee)?,
            purpose: Purpose::new(narrow(purpose)?).map_err(|_| NotTerms)?,
            categories: CategorySet(narrow(categories)?),
            not_before: Timestamp(not_before),
            not_after: Timestamp(not_after),
            max_uses: narrow(max_uses)?,
            audit_nym: Nym(words[1]),
        })
    }
}

/// The terms of an access.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccessTerms {
    /// The member that read.
    pub grantee: MemberId,
    /// Position of the grant's leaf.
    pub grant: Position,
    /// Position of the record's leaf.
    pub record: Position,
    /// What for.
    pub purpose: Purpose,
    /// Categories of data that could be read.
    pub categories: CategorySet,
    /// Time of the anchor that the access names.
    pub time: Timestamp,
    /// The owner's pseudonym towards the reviewers, as in the grant.
    pub audit_nym: Nym,
}
redacted!(AccessTerms);

impl AccessTerms {
    /// The plaintext words.
    pub fn words(&self) -> Words {
        let packed = pack(
            &ACCESS_WIDTHS,
            [
                u64::from(self.grantee.get()),
                u64::from(self.grant.0),
                u64::from(self.record.0),
                u64::from(self.purpose.get()),
                u64::from(self.categories.0),
                self.time.0,
            ],
        );
        [packed, self.audit_nym.0]
    }

    /// Reads decrypted words.
    pub fn from_words(words: &Words) -> Result<Self, NotTerms> {
        let [grantee, grant, record, purpose, categories, time] =
            unpack(&ACCESS_WIDTHS, &words[0])?;
        Ok(Self {
            grantee: member(grantee)?,
            grant: Position(narrow(grant)?),
            record: Position(narrow(record)?),
            purpose: Purpose::new(narrow(purpose)?).map_err(|_| NotTerms)?,
            categories: CategorySet(narrow(categories)?),
            time: Timestamp(time),
            audit_nym: Nym(words[1]),
        })
    }
}

/// Puts numbers side by side in one field element, the first lowest. Widths sum to at most 254 bits and every value fits
/// its width, by its type.
pub(crate) fn pack<const N: usize>(widths: &[usize; N], values: [u64; N]) -> Fr {
    let mut bits = Vec::with_capacity(254);
    for (width, value) in widths.iter().zip(values) {
        bits.extend((0..*width).map(|bit| value >> bit & 1 == 1));
    }
    Fr::from_le_bytes_mod_order(&ark_ff::BigInt::<4>::from_bits_le(&bits).to_bytes_le())
}

/// Takes packed numbers apart; refuses an element with bits above them.
fn unpack<const N: usize>(widths: &[usize; N], word: &Fr) -> Result<[u64; N], NotTerms> {
    let bits = word.into_bigint().to_bits_le();
    let mut rest = bits.as_slice();
    let mut values = [0u64; N];
    for (value, width) in values.iter_mut().zip(widths) {
        let (field, higher) = rest.split_at(*width);
        *value = field
            .iter()
            .rev()
            .fold(0, |acc, bit| acc << 1 | u64::from(*bit));
        rest = higher;
    }
    if rest.contains(&true) {
        Err(NotTerms)
    } else {
        Ok(values)
    }
}

fn narrow<T: TryFrom<u64>>(value: u64) -> Result<T, NotTerms> {
    T::try_from(value).map_err(|_| NotTerms)
}

fn member(value: u64) -> Result<MemberId, NotTerms> {
    MemberId::new(narrow(value)?).map_err(|_| NotTerms)
}
