//! `tacit audit key`: what the validators' operators need to register a reviewer's audit key.

use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_circuits::audit::PossessionProof;
use tacit_circuits::types::{AuditKeyId, MemberId};
use tacit_ledger::governance::RegisterAuditKey;
use tacit_ledger::governance::register_audit_key::possession_context;

use super::Reviewer;
use crate::cli::place::Place;
use crate::errors::{ApiError, ApiResult};
use crate::files;

/// The file for the operators, in the reviewer's folder.
const FILE: &str = "audit-key.json";

/// An audit key that can be registered.
#[derive(Debug, Serialize)]
pub struct KeyMade {
    /// Its id.
    pub key: AuditKeyId,
    /// The reviewer.
    pub reviewer: MemberId,
    /// The file to give to a validator's operator: the public half, and a proof that the reviewer has the other.
    pub file: PathBuf,
}

impl fmt::Display for KeyMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        write!(
            f,
            "audit key {} of member {}: give {file} to a validator's operator",
            self.key, self.reviewer
        )
    }
}

/// `audit key`: writes the file.
///
/// # Errors
/// When the reviewer is not registered, or the file cannot be written.
pub async fn make(place: &Place) -> ApiResult<KeyMade> {
    let reviewer = Reviewer::connect(place).await?;
    let secret = reviewer.secrets.audit()?;
    let context = possession_context(&reviewer.follower.spec().id(), reviewer.member.id);
    let change = RegisterAuditKey {
        reviewer: reviewer.member.id,
        key: secret.public(),
        possession: PossessionProof::prove(&secret, &context)
            .ok_or_else(|| ApiError::internal("no proof of possession for this audit key"))?,
    };
    let file = place.dir.join(FILE);
    files::write_json(&file, &change)?;
    Ok(KeyMade {
        key: change.key.id(),
        reviewer: change.reviewer,
        file,
    })
}
