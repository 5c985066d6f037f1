//! What a report says.

use crate::ids::{Height, TxId};
use serde::Serialize;
use tacit_circuits::types::{MemberId, Nym, Position, Timestamp};

/// One grant or access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// Height of the block.
    pub height: Height,
    /// Time of the block.
    pub time: Timestamp,
    /// Place of the transaction in the block, from 0.
    pub index: u32,
    /// The transaction.
    pub tx: TxId,
    /// Which of the two.
    pub action: AuditAction,
    /// What was found.
    #[serde(flatten)]
    pub state: RowState,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditAction {
    /// A person gave access.
    Grant,
    /// A platform used it.
    Access,
}

/// What was found of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RowState {
    /// Opened, and in order with the chain.
    Opened(Box<Opened>),
    /// The ciphertext is not at hand: withheld, or erased after the retention period.
    Withheld,
    /// None of the secrets belongs to the audit key that it is encrypted to.
    NoKey,
    /// What came out is no audit terms, or contradicts the chain. The statements exclude it, so this is an alarm.
    Contradiction {
        /// What is wrong.
        reason: &'static str,
    },
    /// What is needed to compare the terms with the chain was not at hand.
    Unchecked {
        /// What is missing.
        missing: &'static str,
    },
}

impl RowState {
    /// Name of the state, as in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Withheld => "withheld",
            Self::NoKey => "no_key",
            Self::Contradiction { .. } => "contradiction",
            Self::Unchecked { .. } => "unchecked",
        }
    }
}

/// The terms of a grant or access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opened {
    /// The platform.
    pub grantee: MemberId,
    /// Its name.
    pub grantee_name: String,
    /// What for: name in the vocabulary.
    pub purpose: &'static str,
    /// Categories of data: names in the vocabulary.
    pub categories: Vec<&'static str>,
    /// Pseudonym of the person, for this audit key and year.
    pub audit_nym: Nym,
    /// Position of the record's leaf.
    pub record: Position,
    /// Position of the grant's leaf, of an access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<Position>,
    /// First second at which the grant holds, of a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// First second at which it no longer does, of a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// How often the grantee may read, of a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u16>,
}

/// A reviewer's stated opening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpeningRow {
    /// Height of its block.
    pub height: Height,
    /// The transaction.
    pub tx: TxId,
    /// The reviewer.
    pub reviewer: MemberId,
    /// Its name, if its record was given.
    pub reviewer_name: Option<String>,
    /// First height of the range it covers.
    pub from: Height,
    /// Last height, included.
    pub to: Height,
    /// Why, in the reviewer's words.
    pub purpose: String,
}

/// A height that could not be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The height.
    pub height: Height,
    /// Why.
    pub reason: GapReason,
}

/// Why a height could not be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Its certified header is not at hand.
    NoHeader,
    /// Its transactions are not at hand.
    NoBlock,
    /// The transactions given are not those of the certified header.
    OtherTransactions,
}

/// The numbers of a report. Those of blocks, transactions, grants and accesses come from the chain alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Blocks counted.
    pub blocks: u64,
    /// Transactions in them.
    pub transactions: u64,
    /// Grants among those.
    pub grants: u64,
    /// Grants opened and in order.
    pub grants_opened: u64,
    /// Accesses.
    pub accesses: u64,
    /// Accesses opened and in order.
    pub accesses_opened: u64,
}

impl Totals {
    pub(super) fn count(&mut self, row: &AuditRow) {
        let opened = u64::from(matches!(row.state, RowState::Opened(_)));
        match row.action {
            AuditAction::Grant => {
                self.grants += 1;
                self.grants_opened += opened;
            }
            AuditAction::Access => {
                self.accesses += 1;
                self.accesses_opened += opened;
            }
        }
    }
}
