//! Where a credential's status stands: lists of 131 072 entries, numbered from 0.
//!
//! Revocation list n holds the ledger's ended bits of positions `n * 131072` and following, every one of them, whoever issued
//! the leaf: so it equals the ledger, and anybody can check that. Suspension lists hold what the issuer's folder says. Both come
//! as Bitstring Status Lists and as Token Status Lists, with the same numbers.

mod suspension;

use serde_json::Value;
use tacit_circuits::tree::ended::EndedShard;
use tacit_circuits::types::Position;
use tacit_identity::sd_jwt::status::StatusReference;
use tacit_w3c::status::{Entry, MIN_ENTRIES};

pub use suspension::{Suspended, Suspensions};

use super::problem::{Outcome, Problem};
use super::values;
use crate::errors::{ApiError, catalogue as reason};

/// Entries of one list: as few as the standard allows.
const ENTRIES: u64 = MIN_ENTRIES as u64;

/// How many lists there can be of a purpose: the ledger has 2^32 positions.
pub const MAX_LISTS: u32 = ((1u64 << 32) / ENTRIES) as u32;

/// Which list, and which entry of it.
pub fn place(number: u64) -> (u64, u64) {
    (number / ENTRIES, number % ENTRIES)
}

/// The number of a list's entry; `None` beyond its end.
pub fn number(list: u32, index: u64) -> Option<u64> {
    (index < ENTRIES).then(|| u64::from(list) * ENTRIES + index)
}

/// The positions of a revocation list, in its order.
pub fn positions(list: u32) -> impl Iterator<Item = Position> {
    let first = u64::from(list) * ENTRIES;
    (first..first + ENTRIES).filter_map(|number| u32::try_from(number).ok().map(Position))
}

/// The shard of the ended tree that has all positions of a revocation list.
pub fn shard(list: u32) -> u16 {
    let first = positions(list).next();
    first.map_or(u16::MAX, EndedShard::index_of)
}

/// How a credential stands, as a Token Status List numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Standing {
    /// Neither revoked nor suspended.
    Valid = 0,
    /// Revoked, for good.
    Revoked = 1,
    /// Suspended, for a while.
    Suspended = 2,
}

/// A status that is to be set or cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// `statusPurpose` of the entry; `None` when that is what the list is for.
    pub purpose: Option<String>,
    /// URL of the list.
    pub list: String,
    /// The entry's number in it.
    pub index: u64,
    /// Set or clear.
    pub value: bool,
}

impl Update {
    /// Reads `{"credentialStatus": ENTRY, "status": BOOL}`, the entry as it stands in the credential; for an SD-JWT its claim
    /// `status`, with `statusPurpose` beside it where the list has both. Other members that such requests have, `credentialId`
    /// among them, do not count: the entry says which status is meant.
    ///
    /// # Errors
    /// [`Problem`] with what is malformed.
    pub fn parse(body: &Value) -> Outcome<Self> {
        let bad = |what: &'static str| Problem::from(ApiError::bad_field("body", what));
        let entry = body.get("credentialStatus");
        let entry = entry.ok_or_else(|| bad("`credentialStatus` is the credential's entry"))?;
        let value = body.get("status").and_then(Value::as_bool);
        let value = value.ok_or_else(|| bad("`status` is true or false"))?;
        let purpose = match body.get("statusPurpose") {
            None => None,
            Some(Value::String(purpose)) => Some(purpose.clone()),
            Some(_) => return Err(bad("`statusPurpose` is a text")),
        };
        Self::of_entry(entry, purpose, value)
    }

    /// For an entry as it stands in a credential, or the claim `status` of an SD-JWT. The entry of a credential has its purpose
    /// itself.
    ///
    /// # Errors
    /// [`Problem`] when it is malformed.
    pub fn of_entry(entry: &Value, purpose: Option<String>, value: bool) -> Outcome<Self> {
        if let Some(status) = entry.as_object().filter(|e| e.contains_key("status_list")) {
            let reference = StatusReference::parse(status)
                .map_err(|error| ApiError::new(&reason::STATUS_ENTRY, error.to_string()))?;
            return Ok(Self {
                purpose,
                list: reference.uri,
                index: reference.index,
                value,
            });
        }
        let entry = Entry::parse(entry)?;
        Ok(Self {
            purpose: Some(entry.purpose),
            list: entry.list,
            index: entry.index,
            value,
        })
    }

    /// An entry of a credential for a purpose.
    ///
    /// # Errors
    /// STATUS_FOREIGN when the credential has none.
    pub fn of_credential(credential: &Value, purpose: &str, value: bool) -> Outcome<Self> {
        let entries = values(credential.get("credentialStatus")).iter();
        let mut entries = entries.filter_map(|entry| Entry::parse(entry).ok());
        let entry = entries.find(|entry| entry.purpose == purpose);
        let what = "the credential has no status entry for this purpose";
        let entry = entry.ok_or_else(|| Problem::new(&reason::STATUS_FOREIGN, what))?;
        Ok(Self {
            purpose: Some(entry.purpose),
            list: entry.list,
            index: entry.index,
            value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_is_one_entry_of_one_list() {
        for position in [0, 1, 131_071, 131_072, 1 << 20, u32::MAX] {
            let (list, index) = place(u64::from(position));
            let list = u32::try_from(list).unwrap();
            assert!(list < MAX_LISTS);
            assert_eq!(number(list, index), Some(u64::from(position)));
            let found = positions(list).nth(usize::try_from(index).unwrap());
            assert_eq!(found, Some(Position(position)));
            assert_eq!(shard(list), EndedShard::index_of(Position(position)));
        }
        assert_eq!(positions(MAX_LISTS - 1).count(), MIN_ENTRIES);
        assert_eq!(number(0, 131_072), None);
    }
}
