//! The reviewers' report over a range of blocks: every grant and access, opened and compared with the chain.
//!
//! The denominators come from the chain: each block's transactions must lead to its certified header's root, so neither a
//! node nor a store of sidecars can leave anything out unseen. What cannot be opened is a row of its own, and the report
//! is then not complete.

mod csv;
mod open;
mod row;

pub use row::{AuditAction, AuditRow, Gap, GapReason, Opened, OpeningRow, RowState, Totals};

use crate::action::Action;
use crate::block::Sidecar;
use crate::genesis::ChainSpec;
use crate::ids::{ChainId, Height, TxId};
use crate::light::CertifiedHeader;
use crate::member::MemberRecord;
use crate::merkle::{TxProof, tx_root};
use crate::tx::{Authorization, Tx};
use serde::Serialize;
use std::collections::BTreeMap;
use tacit_circuits::audit::AuditSecretKey;
use tacit_circuits::types::{AuditDigest, MemberId};

/// Most heights of one report.
pub const MAX_REPORT_HEIGHTS: u64 = 1_000_000;

/// What a report is made from. Only the headers are trusted, for they are certified.
#[derive(Default)]
pub struct AuditMaterial {
    headers: BTreeMap<Height, CertifiedHeader>,
    blocks: BTreeMap<Height, Vec<Tx>>,
    sidecars: BTreeMap<AuditDigest, Sidecar>,
    members: BTreeMap<MemberId, MemberRecord>,
}

impl AuditMaterial {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a header: those of the range, and those of the anchors that its accesses name.
    pub fn add_header(&mut self, header: CertifiedHeader) {
        self.headers.insert(header.header().height, header);
    }

    /// Adds the transactions of a block.
    pub fn add_block(&mut self, height: Height, txs: Vec<Tx>) {
        self.blocks.insert(height, txs);
    }

    /// Adds a sidecar, under the digest that it really has.
    pub fn add_sidecar(&mut self, sidecar: Sidecar) {
        self.sidecars.insert(sidecar.digest(), sidecar);
    }

    /// Adds a member, whose record the caller has verified.
    pub fn add_member(&mut self, member: MemberRecord) {
        self.members.insert(member.id, member);
    }

    /// The certified header of a height, if it was added.
    pub fn header(&self, height: Height) -> Option<&CertifiedHeader> {
        self.headers.get(&height)
    }

    /// Shows that the `index`-th transaction of a height is in its block, for whoever has the certified header.
    ///
    /// Returns `None` when the material lacks it or does not match the header.
    pub fn prove(&self, height: Height, index: usize) -> Option<(Tx, TxProof)> {
        let txs = self.checked_block(height).ok()?;
        let ids: Vec<TxId> = txs.iter().map(Tx::id).collect();
        Some((txs.get(index)?.clone(), TxProof::new(&ids, index)?))
    }

    /// The transactions of a height, if they are exactly those of the certified header.
    fn checked_block(&self, height: Height) -> Result<&[Tx], GapReason> {
        let header = self.headers.get(&height).ok_or(GapReason::NoHeader)?;
        let txs = self.blocks.get(&height).ok_or(GapReason::NoBlock)?;
        let ids: Vec<TxId> = txs.iter().map(Tx::id).collect();
        if tx_root(&ids) != header.header().tx_root {
            return Err(GapReason::OtherTransactions);
        }
        Ok(txs)
    }
}

/// The report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Warning of a development chain.
    pub warning: Option<&'static str>,
    /// The chain.
    pub chain: ChainId,
    /// Its name.
    pub chain_name: String,
    /// First height.
    pub from: Height,
    /// Last height, included.
    pub to: Height,
    /// Every grant and access of the range, in order.
    pub rows: Vec<AuditRow>,
    /// Heights that could not be counted at all.
    pub gaps: Vec<Gap>,
    /// The numbers: what the chain has, and what of it was opened.
    pub totals: Totals,
    /// The stated openings that cover this range, as far as their blocks are in the material: add the block of the
    /// opening that this report is made under.
    pub openings: Vec<OpeningRow>,
    /// Whether every height was counted and every row opened and found in order.
    pub complete: bool,
}

impl AuditReport {
    /// The rows as CSV (RFC 4180), with a line of column names; each row carries the chain's warning.
    pub fn to_csv(&self) -> String {
        csv::rows(&self.rows, self.warning)
    }
}

/// Makes the report over the heights from `from` to `to`, both included, with the reviewers' secrets at hand.
///
/// # Errors
/// [`AuditError`] when the range is empty, too long, or the headers are of another chain.
pub fn report(
    spec: &ChainSpec,
    (from, to): (Height, Height),
    material: &AuditMaterial,
    secrets: &[AuditSecretKey],
) -> Result<AuditReport, AuditError> {
    if from > to || to.0 - from.0 >= MAX_REPORT_HEIGHTS {
        return Err(AuditError::Range);
    }
    if material
        .headers
        .values()
        .any(|header| header.header().chain != spec.id())
    {
        return Err(AuditError::Chain);
    }
    let (mut rows, mut gaps, mut totals) = (Vec::new(), Vec::new(), Totals::default());
    for height in (from.0..=to.0).map(Height) {
        match material.checked_block(height) {
            Err(reason) => gaps.push(Gap { height, reason }),
            Ok(txs) => {
                totals.blocks += 1;
                totals.transactions += txs.len() as u64;
                rows.extend(block_rows(material, secrets, height, txs));
            }
        }
    }
    rows.iter().for_each(|row| totals.count(row));
    let opened = rows
        .iter()
        .all(|row| matches!(row.state, RowState::Opened(_)));
    Ok(AuditReport {
        warning: spec.warning(),
        chain: spec.id(),
        chain_name: spec.genesis().name.to_string(),
        from,
        to,
        complete: gaps.is_empty() && opened,
        rows,
        gaps,
        totals,
        openings: openings(material, from, to),
    })
}

/// The stated openings in the material that cover a range, each from a block that matches its certified header.
fn openings(material: &AuditMaterial, from: Height, to: Height) -> Vec<OpeningRow> {
    let mut openings = Vec::new();
    for height in material.blocks.keys().copied() {
        for tx in material.checked_block(height).unwrap_or_default() {
            let (Action::OpenAudit(open), Authorization::Member(signed)) =
                (&tx.action, &tx.authorization)
            else {
                continue;
            };
            if open.from <= from && to <= open.to {
                let reviewer = material.members.get(&signed.member);
                openings.push(OpeningRow {
                    height,
                    tx: tx.id(),
                    reviewer: signed.member,
                    reviewer_name: reviewer.map(|member| member.name.to_string()),
                    from: open.from,
                    to: open.to,
                    purpose: open.purpose.to_string(),
                });
            }
        }
    }
    openings
}

fn block_rows(
    material: &AuditMaterial,
    secrets: &[AuditSecretKey],
    height: Height,
    txs: &[Tx],
) -> Vec<AuditRow> {
    let Some(header) = material.headers.get(&height) else {
        return Vec::new();
    };
    let time = header.header().time;
    txs.iter()
        .enumerate()
        .filter_map(|(index, tx)| {
            let (action, state) = match &tx.action {
                Action::Grant(grant) => (
                    AuditAction::Grant,
                    open::grant(material, secrets, height, grant),
                ),
                Action::Access(access) => (
                    AuditAction::Access,
                    open::access(material, secrets, height, access),
                ),
                _ => return None,
            };
            Some(AuditRow {
                height,
                time: time.timestamp(),
                index: index as u32,
                tx: tx.id(),
                action,
                state,
            })
        })
        .collect()
}

/// Why there is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The range is empty or too long.
    #[error("a report covers 1 to {MAX_REPORT_HEIGHTS} heights")]
    Range,
    /// A header is of another chain.
    #[error("a header is of another chain")]
    Chain,
}
