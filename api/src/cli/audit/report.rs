//! What `tacit audit report` says.

use serde::Serialize;
use std::fmt;
use tacit_ledger::audit::{AuditAction, AuditMaterial, AuditReport, AuditRow, Opened, RowState};
use tacit_ledger::codec::encode_vec;
use tacit_ledger::ids::{Height, TxId};

use crate::cli::output::utc;
use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// The report and the opening it was made under.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The rows, the numbers, and whether they are complete.
    #[serde(flatten)]
    pub audit: AuditReport,
    /// Number of the opening on the chain.
    pub opening: u64,
    /// Height at which it was stated.
    pub opened_at: Height,
    /// Proofs of inclusion, one a row, when they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proofs: Option<Vec<RowProof>>,
}

/// Shows that a row's transaction is in its block, for whoever follows the chain.
#[derive(Debug, Serialize)]
pub struct RowProof {
    /// The transaction.
    pub tx: TxId,
    /// Height of the block.
    pub height: Height,
    /// Canonical bytes of the transaction, in hexadecimal digits.
    pub transaction: String,
    /// Canonical bytes of the block's header, whose root the proof leads to.
    pub header: String,
    /// Canonical bytes of the proof.
    pub proof: String,
}

impl RowProof {
    /// The proofs of all rows of a report, from the material that it was made from.
    pub fn all(report: &AuditReport, material: &AuditMaterial) -> Vec<Self> {
        let prove = |row: &AuditRow| {
            let header = material.header(row.height)?.header();
            let (tx, proof) = material.prove(row.height, row.index as usize)?;
            Some(Self {
                tx: row.tx,
                height: row.height,
                transaction: hex::encode(tx.to_bytes()),
                header: hex::encode(encode_vec(header)),
                proof: hex::encode(encode_vec(&proof)),
            })
        };
        report.rows.iter().filter_map(prove).collect()
    }
}

impl Report {
    /// An error unless the report is complete.
    ///
    /// # Errors
    /// REPORT_INCOMPLETE, with the number of rows that are not opened and of heights that are not counted.
    pub fn require_complete(&self) -> ApiResult<()> {
        if self.audit.complete {
            return Ok(());
        }
        let rows = &self.audit.rows;
        let missing = rows.iter().filter(|row| opened(row).is_none()).count();
        let what = format!(
            "{missing} of {} rows could not be opened, {} heights could not be counted",
            rows.len(),
            self.audit.gaps.len()
        );
        Err(ApiError::new(&reason::REPORT_INCOMPLETE, what))
    }

    /// What the report says beside its rows: opening, gaps, numbers, completeness, warning.
    pub fn summary(&self) -> String {
        let audit = &self.audit;
        let mut lines = vec![format!(
            "chain {} ({}), heights {} to {}",
            audit.chain, audit.chain_name, audit.from, audit.to
        )];
        for opening in &audit.openings {
            lines.push(format!(
                "opened by {} (member {}) at height {}: {}",
                opening.reviewer_name.as_deref().unwrap_or("a reviewer"),
                opening.reviewer,
                opening.height,
                opening.purpose
            ));
        }
        for row in audit.rows.iter().filter(|row| opened(row).is_none()) {
            lines.push(format!("MISSING {}: {}", place(row), missing(&row.state)));
        }
        for gap in &audit.gaps {
            lines.push(format!(
                "NOT COUNTED height {}: the node gave no block that its certified header covers",
                gap.height
            ));
        }
        let totals = audit.totals;
        lines.push(format!(
            "on the chain: {} blocks, {} transactions, {} grants, {} accesses",
            totals.blocks, totals.transactions, totals.grants, totals.accesses
        ));
        lines.push(format!(
            "opened: {} of {} grants, {} of {} accesses",
            totals.grants_opened, totals.grants, totals.accesses_opened, totals.accesses
        ));
        let complete = if audit.complete { "yes" } else { "NO" };
        lines.push(format!("complete: {complete}"));
        lines.extend(audit.warning.map(str::to_owned));
        lines.join("\n")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.audit.rows {
            writeln!(f, "{}", place(row))?;
            match opened(row) {
                Some(terms) => write_terms(f, terms)?,
                None => writeln!(f, "  MISSING: {}", missing(&row.state))?,
            }
            let proofs = self.proofs.iter().flatten();
            for proof in proofs.filter(|proof| (proof.height, proof.tx) == (row.height, row.tx)) {
                writeln!(f, "  transaction {}", proof.transaction)?;
                writeln!(f, "  header {}", proof.header)?;
                writeln!(f, "  proof {}", proof.proof)?;
            }
        }
        f.write_str(&self.summary())
    }
}

fn opened(row: &AuditRow) -> Option<&Opened> {
    match &row.state {
        RowState::Opened(opened) => Some(opened),
        _ => None,
    }
}

fn place(row: &AuditRow) -> String {
    let action = match row.action {
        AuditAction::Grant => "grant",
        AuditAction::Access => "access",
    };
    format!(
        "height {}, {}: {action} (transaction {} of the block, {})",
        row.height,
        utc(row.time),
        row.index,
        row.tx
    )
}

fn write_terms(f: &mut fmt::Formatter<'_>, terms: &Opened) -> fmt::Result {
    writeln!(
        f,
        "  {} (member {}), for {}: {}",
        terms.grantee_name,
        terms.grantee,
        terms.purpose,
        terms.categories.join(", ")
    )?;
    if let (Some(from), Some(until), Some(uses)) =
        (terms.not_before, terms.not_after, terms.max_uses)
    {
        writeln!(
            f,
            "  from {} until {}, at most {uses} times",
            utc(from),
            utc(until)
        )?;
    }
    write!(f, "  person {}, record {}", terms.audit_nym, terms.record)?;
    match terms.grant {
        Some(grant) => writeln!(f, ", under grant {grant}"),
        None => writeln!(f),
    }
}

fn missing(state: &RowState) -> String {
    match state {
        RowState::Opened(_) => String::new(),
        RowState::Withheld => "its sealed terms are withheld or erased".to_owned(),
        RowState::NoKey => "it is encrypted to another audit key".to_owned(),
        RowState::Contradiction { reason } => format!("ALARM, {reason}"),
        RowState::Unchecked { missing } => format!("{missing} is missing"),
    }
}
