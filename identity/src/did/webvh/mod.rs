//! `did:webvh` 1.0, for reading: a log of versions that anybody can verify, wherever it was found.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `log` | the log: hash chain, SCID, times, identity of the DID |
//! | `parameters` | who may write the next entry, and what witnesses it needs |
//! | `proof` | `eddsa-jcs-2022` by a `did:key` |
//! | `witness` | the file of witness proofs |

mod log;
mod parameters;
mod proof;
mod witness;

use serde_json::{Map, json};
use tacit_circuits::types::Timestamp;

use super::location::Location;
use super::{Did, DidDocument, DidError, DocumentMetadata, Options, ResolveError};
use crate::datetime::DateTime;
use crate::time::DateTimeStamp;
use log::{Log, Version};
pub use log::{LogError, LogFault, MAX_LOG_BYTES};
pub use witness::MAX_WITNESS_BYTES;

/// The parts of a `did:webvh`.
struct Parts<'a> {
    scid: &'a str,
    location: Location,
}

fn parts(did: &Did) -> Result<Parts<'_>, DidError> {
    let (scid, rest) = did
        .identifier()
        .split_once(':')
        .ok_or(DidError::Location("no host after the SCID"))?;
    let base58 = |c: u8| c.is_ascii_alphanumeric() && !b"0OIl".contains(&c);
    if scid.len() != 46 || !scid.bytes().all(base58) {
        return Err(DidError::Location(
            "the SCID is not a SHA-256 multihash in base58btc",
        ));
    }
    let location = Location::parse(rest)?;
    if !location.is_qualified() {
        return Err(DidError::Location(
            "the host must be a fully qualified name",
        ));
    }
    Ok(Parts { scid, location })
}

/// The https URLs of the log and of the witness proofs.
pub(super) fn urls(did: &Did) -> Result<(String, String), DidError> {
    let location = parts(did)?.location;
    Ok((location.url("did.jsonl"), location.url("did-witness.json")))
}

/// True when some entry of the log names witnesses, so that their file is needed. Cheap and not trusted: a log that hides this is
/// refused when it is verified.
pub(super) fn wants_witnesses(log: &[u8]) -> bool {
    log.windows(9).any(|window| window == b"\"witness\"")
}

/// Verifies a log and picks the version that is asked for.
pub(super) fn read(
    did: &Did,
    log: &[u8],
    witness: Option<&[u8]>,
    options: &Options,
    now: Timestamp,
) -> Result<(Result<DidDocument, ResolveError>, DocumentMetadata), ResolveError> {
    let log = Log::verify(did, parts(did)?.scid, log, witness, now)?;
    let at = log.select(options)?;
    let version = log
        .versions
        .get(at)
        .ok_or(ResolveError::NotFound("no such version"))?;
    let metadata = log.metadata(version, log.versions.get(at + 1));
    let asked = options.version_id.is_some()
        || options.version_time.is_some()
        || options.version_number.is_some();
    if log.parameters.deactivated && !asked {
        return Ok((Err(ResolveError::Deactivated), metadata));
    }
    if version.did != did.as_str() {
        return Err(ResolveError::NotFound(
            "in this version the DID has another location",
        ));
    }
    let document = DidDocument::from_json(version.state.clone(), did)?;
    Ok((Ok(document), metadata))
}

impl Log {
    /// The index of the version that the options ask for: the last one when they ask for none.
    fn select(&self, options: &Options) -> Result<usize, ResolveError> {
        let last = self.versions.len().saturating_sub(1);
        let found = match (
            &options.version_id,
            options.version_time,
            options.version_number,
        ) {
            (None, None, None) => Some(last),
            (Some(id), None, None) => self.versions.iter().position(|v| v.id == *id),
            (None, Some(time), None) => {
                let time = DateTimeStamp::from(time.timestamp());
                self.versions.iter().rposition(|v| v.time <= time)
            }
            (None, None, Some(number)) => usize::try_from(number)
                .ok()
                .and_then(|number| number.checked_sub(1))
                .filter(|at| *at <= last),
            _ => return Err(ResolveError::Options("versionId")),
        };
        found.ok_or(ResolveError::NotFound("no such version"))
    }

    fn metadata(&self, version: &Version, next: Option<&Version>) -> DocumentMetadata {
        let time = |version: &Version| DateTime::try_from(version.time.timestamp()).ok();
        let parameters = &self.parameters;
        let mut more = Map::new();
        let mut put = |name: &str, value| more.insert(name.to_owned(), value);
        put("versionTime", json!(time(version)));
        put("versionNumber", json!(version.number));
        put("scid", json!(self.scid));
        put("portable", json!(parameters.portable));
        put("ttl", json!(parameters.ttl.to_string()));
        if let Some(witnesses) = &parameters.witness {
            put("witness", witnesses.to_json());
        }
        if !parameters.watchers.is_empty() {
            put("watchers", json!(parameters.watchers));
        }
        DocumentMetadata {
            created: self.versions.first().and_then(time),
            updated: self.versions.last().and_then(time),
            next_update: next.and_then(time),
            deactivated: parameters.deactivated,
            version_id: Some(version.id.clone()),
            next_version_id: next.map(|next| next.id.clone()),
            more,
        }
    }
}
