//! Who read what, and when: found on the chain, with no trust in platform or vault.

use std::fmt;
use tacit_circuits::types::{MemberId, Purpose, Timestamp};
use tacit_ledger::ids::Height;

use crate::derive::Counter;
use crate::wallet::Wallet;

/// One access under a grant of this wallet. `Debug` shows its numbers, not the title.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessRow<'a> {
    /// The grant.
    pub grant: Counter,
    /// The record it is for.
    pub record: Counter,
    /// Title of the record.
    pub title: &'a str,
    /// The platform: nobody else can use the grant.
    pub grantee: MemberId,
    /// Its name when the grant was given.
    pub grantee_name: &'a str,
    /// What the grant is for.
    pub purpose: Purpose,
    /// Which use it was, from 0.
    pub number: u16,
    /// How many uses the grant allows.
    pub max_uses: u16,
    /// Height of the block.
    pub height: Height,
    /// Index of the access in the block.
    pub index: u32,
    /// Time of the block.
    pub time: Timestamp,
}

impl fmt::Debug for AccessRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessRow")
            .field("grant", &self.grant)
            .field("number", &self.number)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

impl Wallet {
    /// The accesses found so far, in the order of the chain.
    #[must_use]
    pub fn access_log(&self) -> Vec<AccessRow<'_>> {
        let mut rows: Vec<AccessRow<'_>> = self
            .state
            .uses
            .iter()
            .filter_map(|used| {
                let grant = self
                    .state
                    .grants
                    .iter()
                    .find(|grant| grant.counter == used.grant)?;
                let record = self
                    .state
                    .records
                    .iter()
                    .find(|record| record.counter == grant.terms.record)?;
                Some(AccessRow {
                    grant: used.grant,
                    record: record.counter,
                    title: record.title.as_str(),
                    grantee: grant.terms.grantee,
                    grantee_name: grant.grantee_name.as_str(),
                    purpose: grant.terms.purpose,
                    number: used.number,
                    max_uses: grant.terms.max_uses,
                    height: used.height,
                    index: used.index,
                    time: used.time,
                })
            })
            .collect();
        rows.sort_by_key(|row| (row.height, row.index));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_title() {
        let row = AccessRow {
            grant: Counter(1),
            record: Counter(2),
            title: "Biopsy",
            grantee: MemberId::FIRST,
            grantee_name: "Clinic",
            purpose: Purpose::FIRST,
            number: 0,
            max_uses: 1,
            height: Height(3),
            index: 0,
            time: Timestamp(4),
        };
        let shown = format!("{row:?}");
        assert!(!shown.contains("Biopsy") && !shown.contains("Clinic"));
    }
}
