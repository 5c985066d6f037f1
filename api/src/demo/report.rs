//! What the demo found out: one JSON object, or a table for people.

use serde::Serialize;
use std::fmt;

use super::chain::Chain;
use super::plants::Searched;
use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// The story in figures. Times are in milliseconds, sizes in bytes.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The proof of age.
    pub age_proof: AgeProof,
    /// A child's attempt at the same proof.
    pub under_age: Refusal,
    /// The shop's request.
    pub request: Request,
    /// The courier's request, denied by the person.
    pub denied_request: Refusal,
    /// The grant's proof.
    pub grant: Statement,
    /// The access's proof.
    pub access: Statement,
    /// Reading the document.
    pub fetch: Fetch,
    /// Another platform with everything stolen from the first: its own access.
    pub second_platform: Refusal,
    /// The same platform with the stolen receipt, at the vault.
    pub stolen_receipt: Refusal,
    /// Accesses that the person's wallet found on the chain by itself.
    pub accesses_seen_by_owner: u64,
    /// Reading again after the person has revoked.
    pub after_revoke: Refusal,
    /// Proving again after the issuer has revoked.
    pub credential_revoked: CredentialRevoked,
    /// The reviewer's report.
    pub audit: Audit,
    /// What the chain holds.
    pub chain: ChainFound,
    /// Most memory that processes used, in bytes; `null` where the system does not say.
    pub peak_memory: PeakMemory,
    /// Making the proving keys, or loading them when this machine had them.
    pub key_setup_ms: u64,
    /// Everything.
    pub total_ms: u64,
    /// What a development chain has to say.
    pub warning: &'static str,
}

/// Most memory that processes used, in bytes.
#[derive(Debug, Serialize)]
pub struct PeakMemory {
    /// The node.
    pub node: Option<u64>,
    /// The vault.
    pub vault: Option<u64>,
    /// The person's command that sealed and uploaded the document.
    pub put: Option<u64>,
    /// The shop's command that read it.
    pub fetch: Option<u64>,
}

/// A proof and its check.
#[derive(Debug, Serialize)]
pub struct AgeProof {
    /// Whether the bundle verified.
    pub satisfied: bool,
    /// Reading the chain, proof and evidence.
    pub prove_ms: u64,
    /// All checks of the bundle.
    pub verify_ms: f64,
    /// The proof alone.
    pub proof_bytes: usize,
    /// Constraints of the statement.
    pub constraints: usize,
    /// The bundle with all evidence.
    pub bundle_bytes: u64,
}

/// Something that must be refused.
#[derive(Debug, Serialize)]
pub struct Refusal {
    /// Whether it was.
    pub refused: bool,
    /// The reason.
    pub reason: String,
}

/// A request for data.
#[derive(Debug, Serialize)]
pub struct Request {
    /// The wallet found it.
    pub delivered: bool,
    /// The platform learned that it was approved.
    pub approved: bool,
}

/// A statement on the chain.
#[derive(Debug, Serialize)]
pub struct Statement {
    /// Proving.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prove_ms: Option<u64>,
    /// Constraints.
    pub constraints: usize,
}

/// A document that was read.
#[derive(Debug, Serialize)]
pub struct Fetch {
    /// Its length.
    pub bytes: u64,
    /// Its digest.
    pub sha256: String,
    /// Whether it is the person's document.
    pub matches: bool,
    /// From request to plaintext, access proof included.
    pub ms: u64,
    /// Most memory of the command.
    #[serde(skip)]
    pub peak_memory: Option<u64>,
}

/// The end of a credential.
#[derive(Debug, Serialize)]
pub struct CredentialRevoked {
    /// Nothing can be proven from it.
    pub refused: bool,
    /// The wallet's reason.
    pub reason: String,
    /// A proof made before is refused by a verifier that wants one from after.
    pub old_anchor_refused: bool,
}

/// Totals of the reviewer's report.
#[derive(Debug, Serialize)]
pub struct Audit {
    /// Grants opened.
    pub grants: u64,
    /// Accesses opened.
    pub accesses: u64,
    /// Whether that is all that the chain has.
    pub complete: bool,
}

/// The chain, and what the search has found in it and around it.
#[derive(Debug, Serialize)]
pub struct ChainFound {
    /// The chain in numbers.
    #[serde(flatten)]
    pub chain: Chain,
    /// Planted values found.
    pub plaintext_found: usize,
    /// What was searched.
    pub searched: Searched,
    /// Values that were searched for, in all their forms.
    pub planted: usize,
}

impl From<Option<String>> for Refusal {
    fn from(refused: Option<String>) -> Self {
        Self {
            refused: refused.is_some(),
            reason: refused.unwrap_or_default(),
        }
    }
}

impl Report {
    /// What did not go as the story says.
    fn untold(&self) -> Vec<&'static str> {
        let told = [
            (self.age_proof.satisfied, "the proof of age"),
            (self.under_age.refused, "the refusal of a child's proof"),
            (self.request.delivered, "the delivery of the request"),
            (self.request.approved, "the approval"),
            (self.denied_request.refused, "the denial"),
            (self.fetch.matches, "the document as it was"),
            (
                self.second_platform.refused,
                "the refusal of another platform's access",
            ),
            (
                self.stolen_receipt.refused,
                "the refusal of a stolen receipt",
            ),
            (
                self.accesses_seen_by_owner == 1,
                "the one access in the person's log",
            ),
            (
                self.after_revoke.refused,
                "the refusal after the revocation",
            ),
            (self.credential_revoked.refused, "the end of the credential"),
            (
                self.credential_revoked.old_anchor_refused,
                "the refusal of a proof from before",
            ),
            (
                (self.audit.grants, self.audit.accesses, self.audit.complete) == (1, 1, true),
                "one grant and one access in a complete report",
            ),
        ];
        let failed = told.iter().filter(|(as_told, _)| !as_told);
        failed.map(|(_, what)| *what).collect()
    }

    /// An error unless everything went as the story says.
    ///
    /// # Errors
    /// STORY_FAILED and PLAINTEXT_FOUND.
    pub fn require_as_told(&self) -> ApiResult<()> {
        let untold = self.untold();
        if !untold.is_empty() {
            let what = format!("the story lacks: {}", untold.join("; "));
            return Err(ApiError::new(&reason::STORY_FAILED, what));
        }
        if self.chain.plaintext_found > 0 {
            let what = format!("{} times", self.chain.plaintext_found);
            return Err(ApiError::new(&reason::PLAINTEXT_FOUND, what));
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ChainFound {
            chain, searched, ..
        } = &self.chain;
        writeln!(
            f,
            "\nWhat the chain holds: {} blocks, {} bytes",
            chain.blocks, chain.bytes
        )?;
        for (action, size) in &chain.actions {
            writeln!(
                f,
                "  {action:<20} {:>3} x {:>6} bytes",
                size.count,
                size.bytes / size.count.max(1)
            )?;
        }
        writeln!(
            f,
            "  sidecars beside it   {:>12} bytes, readable by the reviewer alone",
            chain.sidecar_bytes
        )?;
        writeln!(
            f,
            "searched {} files, {} bytes of chain, index, sidecars, vault, logs and everybody's sealed folders for {} planted values: found {}",
            searched.files, searched.bytes, self.chain.planted, self.chain.plaintext_found
        )?;
        for found in &searched.found {
            writeln!(
                f,
                "  FOUND {} ({}) in {}, byte {}",
                found.plant,
                found.form,
                found.file.display(),
                found.at
            )?;
        }
        writeln!(
            f,
            "\nproof of age: {} bytes, proven in {} ms, bundle checked in {:.1} ms; grant proven in {} ms; document read in {} ms",
            self.age_proof.proof_bytes,
            self.age_proof.prove_ms,
            self.age_proof.verify_ms,
            self.grant.prove_ms.unwrap_or_default(),
            self.fetch.ms
        )?;
        let PeakMemory {
            node,
            vault,
            put,
            fetch,
        } = &self.peak_memory;
        if let (Some(node), Some(vault), Some(put), Some(fetch)) = (node, vault, put, fetch) {
            let [node, vault, put, fetch] =
                [node, vault, put, fetch].map(|bytes| bytes / 1_000_000);
            writeln!(
                f,
                "peak memory: node {node} MB, vault {vault} MB, storing {put} MB, reading {fetch} MB"
            )?;
        }
        writeln!(
            f,
            "{} s in all, {:.1} s of them for proving keys",
            self.total_ms / 1000,
            self.key_setup_ms as f64 / 1000.0
        )?;
        write!(f, "note: {}", self.warning)
    }
}
