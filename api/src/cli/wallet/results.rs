//! What the wallet's commands say.

use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_circuits::types::{MemberId, Position, Timestamp};
use tacit_identity::request::RequestId;
use tacit_ledger::ids::{ChainId, Height};

/// A wallet that was made.
#[derive(Debug, Serialize)]
pub struct WalletMade {
    /// Its chain.
    pub chain: ChainId,
    /// Its folder.
    pub dir: PathBuf,
    /// What a development chain has to say.
    pub warning: Option<&'static str>,
}

impl fmt::Display for WalletMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "wallet made in {} for chain {}",
            self.dir.display(),
            self.chain
        )?;
        write!(f, "{}", self.warning.unwrap_or_default())
    }
}

/// A credential that was asked for.
#[derive(Debug, Serialize)]
pub struct CredentialAsked {
    /// Its number in the wallet.
    pub number: u32,
    /// Position of its leaf, once it is held.
    pub position: Option<Position>,
    /// The request's file, for an issuer that works by files.
    pub request: Option<PathBuf>,
    /// What redeeming the offer links.
    pub warnings: Vec<String>,
}

impl fmt::Display for CredentialAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.request, self.position) {
            (Some(request), _) => write!(
                f,
                "request for credential {} written to {}",
                self.number,
                request.display()
            ),
            (None, Some(position)) => {
                write!(f, "holding credential {} (leaf {position})", self.number)
            }
            (None, None) => write!(f, "credential {} asked for", self.number),
        }?;
        for warning in &self.warnings {
            write!(f, "\n  note: {warning}")?;
        }
        Ok(())
    }
}

/// A credential that was taken in.
#[derive(Debug, Serialize)]
pub struct CredentialHeld {
    /// Its number in the wallet.
    pub number: u32,
    /// Position of its leaf.
    pub position: Position,
}

impl fmt::Display for CredentialHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "holding credential {} (leaf {})",
            self.number, self.position
        )
    }
}

/// A proof that was made.
#[derive(Debug, Serialize)]
pub struct Proved {
    /// The bundle's file.
    pub file: PathBuf,
    /// Its size without the encoding.
    pub bytes: usize,
    /// Height of the anchor: true as of this height …
    pub height: u64,
    /// … and this time.
    pub time: Timestamp,
    /// Milliseconds for reading the chain, proof and evidence.
    pub prove_ms: u128,
    /// What handing it over would link.
    pub warnings: Vec<String>,
    /// What a development chain has to say.
    pub warning: Option<&'static str>,
}

impl fmt::Display for Proved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "proven as of height {} in {} ms, bundle of {} bytes in {}",
            self.height,
            self.prove_ms,
            self.bytes,
            self.file.display()
        )?;
        for warning in &self.warnings {
            writeln!(f, "  note: {warning}")?;
        }
        write!(f, "{}", self.warning.unwrap_or_default())
    }
}

/// A document that is kept.
#[derive(Debug, Serialize)]
pub struct Stored {
    /// Its number in the wallet.
    pub number: u32,
    /// Position of its record.
    pub position: Position,
    /// The sealed object's id.
    pub object: String,
    /// The sealed object's length in bytes.
    pub bytes: u64,
}

impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "record {} (leaf {}), {} sealed bytes at the vault",
            self.number, self.position, self.bytes
        )
    }
}

/// An address for one platform.
#[derive(Debug, Serialize)]
pub struct ContactMade {
    /// Whom it is for.
    pub label: String,
    /// The file to hand over.
    pub file: PathBuf,
}

impl fmt::Display for ContactMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "address for {} in {}", self.label, self.file.display())
    }
}

/// Requests that wait for an answer.
#[derive(Debug, Serialize)]
pub struct Requests {
    /// Each of them.
    pub requests: Vec<RequestLine>,
}

/// A request, checked against the ledger.
#[derive(Debug, Serialize)]
pub struct RequestLine {
    /// Its id.
    pub id: RequestId,
    /// Who asks.
    pub platform: MemberId,
    /// Its name on the ledger.
    pub platform_name: String,
    /// Why.
    pub purpose: &'static str,
    /// For what.
    pub categories: Vec<&'static str>,
    /// For how long at most, in seconds.
    pub longest_validity_secs: u64,
    /// How often at most.
    pub max_uses: u16,
    /// Facts that are to be proven as well.
    pub wanted: Option<String>,
    /// When it lapses.
    pub expires: Timestamp,
    /// Documents that fit, by number.
    pub fitting: Vec<u32>,
    /// What is unusual.
    pub warnings: Vec<String>,
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.requests.is_empty() {
            return write!(f, "no request waits");
        }
        for request in &self.requests {
            writeln!(f, "request {}", request.id)?;
            writeln!(
                f,
                "  {} (member {}) asks for {}",
                request.platform_name,
                request.platform,
                request.categories.join(", ")
            )?;
            writeln!(
                f,
                "  purpose {}, up to {} h, up to {} uses",
                request.purpose,
                request.longest_validity_secs / 3600,
                request.max_uses
            )?;
            if let Some(wanted) = &request.wanted {
                writeln!(f, "  and wants proven: {wanted}")?;
            }
            for warning in &request.warnings {
                writeln!(f, "  note: {warning}")?;
            }
        }
        Ok(())
    }
}

/// A request that was answered.
#[derive(Debug, Serialize)]
pub struct Answered {
    /// The request.
    pub request: RequestId,
    /// Whether it was approved.
    pub approved: bool,
    /// The reason of a denial.
    pub reason: Option<&'static str>,
    /// The grant, by its number in the wallet.
    pub grant: Option<u32>,
    /// Milliseconds that its proof took, when it was made just now.
    pub prove_ms: Option<u128>,
    /// File of the sealed answer to a request that came as a file.
    pub file: Option<PathBuf>,
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.grant, self.reason) {
            (Some(grant), _) => {
                write!(f, "approved: grant {grant}, the sealed answer is delivered")?
            }
            (None, reason) => write!(f, "denied: {}", reason.unwrap_or_default())?,
        }
        match &self.file {
            Some(file) => write!(f, " to {}", file.display()),
            None => Ok(()),
        }
    }
}

/// Something that was ended.
#[derive(Debug, Serialize)]
pub struct Ended {
    /// What it was.
    pub what: &'static str,
    /// Its number in the wallet.
    pub number: u32,
    /// Height at which it was ended.
    pub height: Height,
    /// The vault's signed statement that it erased the object, canonical bytes in hex.
    pub erasure_statement: Option<String>,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} is ended from height {}",
            self.what, self.number, self.height
        )?;
        if self.erasure_statement.is_some() {
            write!(
                f,
                "; the vault signed that it erased its copy (copies elsewhere cannot be proven gone)"
            )?;
        }
        Ok(())
    }
}

/// Who read what.
#[derive(Debug, Serialize)]
pub struct AccessLog {
    /// The accesses, in the order of the chain.
    pub accesses: Vec<AccessLine>,
}

/// One access.
#[derive(Debug, Serialize)]
pub struct AccessLine {
    /// Height of its block.
    pub height: Height,
    /// Time of its block.
    pub time: Timestamp,
    /// The platform.
    pub platform: MemberId,
    /// Its name when the grant was given.
    pub platform_name: String,
    /// The document's title.
    pub document: String,
    /// The grant, by its number in the wallet.
    pub grant: u32,
    /// What the grant is for.
    pub purpose: &'static str,
    /// Which use it was, from 0.
    pub number: u16,
    /// How many the grant allows.
    pub max_uses: u16,
}

impl fmt::Display for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.accesses.is_empty() {
            return write!(f, "nobody has read anything");
        }
        for access in &self.accesses {
            writeln!(
                f,
                "height {}: {} (member {}) read {} for {}, use {} of {} of grant {}",
                access.height,
                access.platform_name,
                access.platform,
                access.document,
                access.purpose,
                u32::from(access.number) + 1,
                access.max_uses,
                access.grant
            )?;
        }
        Ok(())
    }
}

/// Everything that a persona of a wallet has.
#[derive(Debug, Serialize)]
pub struct Held {
    /// Its chain.
    pub chain: ChainId,
    /// The persona that has it.
    pub persona: String,
    /// Generation of the secret that new leaves are bound to.
    pub generation: u8,
    /// Time of the newest header read.
    pub time: Timestamp,
    /// What a development chain has to say.
    pub warning: Option<&'static str>,
    /// Credentials.
    pub credentials: Vec<CredentialLine>,
    /// Documents.
    pub records: Vec<RecordLine>,
    /// Grants.
    pub grants: Vec<GrantLine>,
    /// Leaves of this seed that were found on the chain, of which this file knows no content.
    pub found: Vec<FoundLine>,
    /// Inboxes.
    pub inboxes: Vec<InboxLine>,
    /// The backup at the vault, while it is on.
    pub vault_backup: Option<VaultBackupLine>,
}

/// A credential.
#[derive(Debug, Serialize)]
pub struct CredentialLine {
    /// Its number in the wallet.
    pub number: u32,
    /// Generation of the secret that it is bound to.
    pub generation: u8,
    /// Its issuer.
    pub issuer: MemberId,
    /// Position of its leaf.
    pub position: Option<Position>,
    /// How it stands.
    pub state: &'static str,
}

/// A document.
#[derive(Debug, Serialize)]
pub struct RecordLine {
    /// Its number in the wallet.
    pub number: u32,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub category: &'static str,
    /// Position of its leaf.
    pub position: Option<Position>,
    /// How it stands.
    pub state: &'static str,
}

/// A grant.
#[derive(Debug, Serialize)]
pub struct GrantLine {
    /// Its number in the wallet.
    pub number: u32,
    /// Who may read.
    pub platform: MemberId,
    /// Its name.
    pub platform_name: String,
    /// The document, by its number.
    pub record: u32,
    /// What for.
    pub purpose: &'static str,
    /// Until when.
    pub not_after: Timestamp,
    /// How often.
    pub max_uses: u16,
    /// Position of its leaf.
    pub position: Option<Position>,
    /// How it stands.
    pub state: &'static str,
}

/// A leaf of which only the seed is left.
#[derive(Debug, Serialize)]
pub struct FoundLine {
    /// Its number in the wallet.
    pub number: u32,
    /// Its kind.
    pub kind: &'static str,
    /// Its position, once it is known.
    pub position: Option<Position>,
    /// Whether it has been ended.
    pub ended: bool,
}

/// The backup at the vault.
#[derive(Debug, Serialize)]
pub struct VaultBackupLine {
    /// The vault that keeps it.
    pub vault: MemberId,
    /// Its number there; none before the first one.
    pub revision: Option<u64>,
    /// Whether it has all that this wallet knows.
    pub up_to_date: bool,
}

/// An inbox.
#[derive(Debug, Serialize)]
pub struct InboxLine {
    /// Its number.
    pub number: u32,
    /// Whom it is for.
    pub label: String,
    /// The vault that keeps it.
    pub vault: MemberId,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for held in &self.credentials {
            writeln!(
                f,
                "credential {}: of issuer {}, {}",
                held.number, held.issuer, held.state
            )?;
        }
        for record in &self.records {
            writeln!(
                f,
                "record {}: {} ({}), {}",
                record.number, record.title, record.category, record.state
            )?;
        }
        for grant in &self.grants {
            writeln!(
                f,
                "grant {}: {} may read record {} for {}, {} uses, {}",
                grant.number,
                grant.platform_name,
                grant.record,
                grant.purpose,
                grant.max_uses,
                grant.state
            )?;
        }
        for found in &self.found {
            let state = if found.ended {
                "ended"
            } else {
                "not in this wallet's file"
            };
            writeln!(f, "leaf {}: a {}, {state}", found.number, found.kind)?;
        }
        for inbox in &self.inboxes {
            writeln!(f, "inbox {}: for {}", inbox.number, inbox.label)?;
        }
        if let Some(backup) = &self.vault_backup {
            let state = if backup.up_to_date {
                "up to date"
            } else {
                "not up to date"
            };
            writeln!(f, "backup at vault {}: {state}", backup.vault)?;
        }
        write!(f, "{}", self.warning.unwrap_or_default())
    }
}
