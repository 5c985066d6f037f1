//! Witness proofs: others who saw a version of the log. A proof for a version stands for all versions before it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::log::Version;
use super::proof;
use crate::json;

/// Longest file of witness proofs accepted, in bytes.
pub const MAX_WITNESS_BYTES: usize = 1024 * 1024;

/// Checks that each version that needs witnesses has them.
///
/// Fails with the number of the first version that has too few; a file that is missing or malformed holds no proof.
pub(super) fn check(versions: &[Version], file: Option<&[u8]>) -> Result<(), usize> {
    if versions.iter().all(|version| version.needs.is_none()) {
        return Ok(());
    }
    let latest = latest(versions, file.unwrap_or_default());
    for version in versions {
        let Some(needs) = &version.needs else {
            continue;
        };
        // Distinct by construction: a list of witnesses has each once.
        let seen = |did: &&String| latest.get(*did).is_some_and(|at| *at >= version.number);
        if needs.dids.iter().filter(seen).count() < needs.threshold {
            return Err(version.number);
        }
    }
    Ok(())
}

/// The number of the latest version of this log that each witness proved to have seen. Proofs of other logs, of versions that are not
/// published and those that do not verify count for nothing.
fn latest(versions: &[Version], file: &[u8]) -> BTreeMap<String, usize> {
    let published: BTreeMap<&str, usize> = versions
        .iter()
        .map(|version| (version.id.as_str(), version.number))
        .collect();
    let mut latest: BTreeMap<String, usize> = BTreeMap::new();
    let Ok(Value::Array(entries)) = json::parse(file, MAX_WITNESS_BYTES) else {
        return latest;
    };
    for entry in &entries {
        let id = entry.get("versionId").and_then(Value::as_str);
        let Some((id, number)) = id.and_then(|id| published.get_key_value(id)) else {
            continue;
        };
        let document = json!({"versionId": id});
        for proof in proof::list(entry.get("proof")).unwrap_or_default() {
            if let Some(did) = proof::signer(&document, proof) {
                let at = latest.entry(did.to_string()).or_default();
                *at = (*number).max(*at);
            }
        }
    }
    latest
}
