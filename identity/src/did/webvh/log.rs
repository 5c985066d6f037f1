//! The log: each entry bound to the one before it, to the DID, and to keys that the one before it named.

use serde_json::{Map, Value};
use tacit_circuits::types::Timestamp;

use super::parameters::{Parameters, Witnesses};
use super::{proof, witness};
use crate::did::Did;
use crate::json::{self, JsonError};
use crate::time::DateTimeStamp;

/// Longest log accepted, in bytes.
pub const MAX_LOG_BYTES: usize = 4 * 1024 * 1024;

/// Longest entry, in bytes.
const MAX_ENTRY_BYTES: usize = 256 * 1024;

/// Most entries.
const MAX_ENTRIES: usize = 4096;

const PLACEHOLDER: &str = "{SCID}";

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {entry} of the log: {fault}")]
pub struct LogError {
    /// Number of the entry, from 1.
    pub entry: usize,
    /// What is wrong with it.
    pub fault: LogFault,
}

/// What is wrong with an entry of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogFault {
    /// Longer than [`MAX_LOG_BYTES`], too many entries, or no entry at all.
    #[error("the log is empty or too long")]
    Length,
    /// Not acceptable JSON.
    #[error("not an acceptable line of JSON")]
    Json,
    /// A member is missing, unknown or of the wrong type.
    #[error("member `{0}` is missing, unknown or malformed")]
    Member(&'static str),
    /// The number in `versionId` is not the one after the last.
    #[error("the version number is not the next one")]
    Number,
    /// The hash in `versionId` is not that of the entry.
    #[error("the entry's hash is not the one in its versionId")]
    Hash,
    /// `versionTime` is not later than the one before.
    #[error("versionTime is not later than that of the entry before")]
    Order,
    /// `versionTime` lies in the future.
    #[error("versionTime lies in the future")]
    Future,
    /// The SCID is not that of the first entry, or not the DID's.
    #[error("the SCID does not fit the DID and the first entry")]
    Scid,
    /// Another version of the method.
    #[error("method version not known: did:webvh:1.0 is")]
    Method,
    /// A parameter is malformed or not allowed here.
    #[error("parameter `{0}` is missing, malformed or not allowed here")]
    Parameter(&'static str),
    /// A parameter that this version does not have.
    #[error("unknown parameter")]
    UnknownParameter,
    /// An update key that the entry before did not commit to.
    #[error("an update key is not among the hashes that the entry before committed to")]
    PreRotation,
    /// An entry after the DID was deactivated.
    #[error("an entry after the deactivation")]
    AfterDeactivation,
    /// The document's DID is malformed, or its location changed without leave.
    #[error(
        "the document's id is not this DID, and the DID may not move or does not name its former location"
    )]
    Moved,
    /// No entry is of the DID that is resolved.
    #[error("no entry is of the DID that is resolved")]
    OtherDid,
    /// The proof does not verify, or is by a key that may not write.
    #[error("no valid eddsa-jcs-2022 proof by an update key")]
    Proof,
    /// Too few witnesses.
    #[error("fewer witness proofs than the log demands")]
    Witnesses,
}

/// A verified version.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) number: usize,
    pub(super) time: DateTimeStamp,
    pub(super) state: Value,
    pub(super) did: String,
    /// The witnesses that it needs.
    pub(super) needs: Option<Witnesses>,
}

/// A verified log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Log {
    pub(super) scid: String,
    pub(super) versions: Vec<Version>,
    pub(super) parameters: Parameters,
}

impl Log {
    /// Verifies every entry, then the witnesses.
    pub(super) fn verify(
        did: &Did,
        scid: &str,
        bytes: &[u8],
        witness: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Self, LogError> {
        let whole = |fault| LogError { entry: 1, fault };
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        if text.is_empty() || text.len() > MAX_LOG_BYTES {
            return Err(whole(LogFault::Length));
        }
        let mut versions: Vec<Version> = Vec::new();
        let mut parameters: Option<Parameters> = None;
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let failed = |fault| LogError {
                entry: at + 1,
                fault,
            };
            if at == MAX_ENTRIES {
                return Err(failed(LogFault::Length));
            }
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let entry = Entry::read(line).map_err(failed)?;
            let (version, after) = entry
                .verify(scid, versions.last(), parameters.as_ref(), now)
                .map_err(failed)?;
            versions.push(version);
            parameters = Some(after);
        }
        let parameters = parameters.ok_or(whole(LogFault::Length))?;
        if !versions.iter().any(|version| version.did == did.as_str()) {
            return Err(whole(LogFault::OtherDid));
        }
        witness::check(&versions, witness).map_err(|entry| LogError {
            entry,
            fault: LogFault::Witnesses,
        })?;
        Ok(Self {
            scid: scid.to_owned(),
            versions,
            parameters,
        })
    }
}

/// One line, taken apart.
struct Entry {
    /// Without `proof`.
    body: Map<String, Value>,
    proof: Value,
}

impl Entry {
    fn read(line: &[u8]) -> Result<Self, LogFault> {
        let value = json::parse(line, MAX_ENTRY_BYTES).map_err(|_| LogFault::Json)?;
        let Value::Object(mut body) = value else {
            return Err(LogFault::Json);
        };
        let proof = body.remove("proof").ok_or(LogFault::Member("proof"))?;
        let known = ["versionId", "versionTime", "parameters", "state"];
        if let Some(missing) = known.into_iter().find(|name| !body.contains_key(*name)) {
            return Err(LogFault::Member(missing));
        }
        if body.len() != known.len() {
            return Err(LogFault::Member("(other)"));
        }
        Ok(Self { body, proof })
    }

    fn verify(
        self,
        scid: &str,
        before: Option<&Version>,
        held: Option<&Parameters>,
        now: Timestamp,
    ) -> Result<(Version, Parameters), LogFault> {
        let text = |name: &'static str| {
            let text = self.body.get(name).and_then(Value::as_str);
            text.ok_or(LogFault::Member(name))
        };
        let members = |name: &'static str| {
            let members = self.body.get(name).and_then(Value::as_object);
            members.ok_or(LogFault::Member(name))
        };
        let id = text("versionId")?;
        let (number, hash) = id.split_once('-').ok_or(LogFault::Member("versionId"))?;
        let expected = before.map_or(1, |before| before.number + 1);
        if number != expected.to_string() {
            return Err(LogFault::Number);
        }
        let chained = self.with_version(before.map_or(scid, |before| &before.id));
        if proof::hash(&chained).map_err(not_canonical)? != hash {
            return Err(LogFault::Hash);
        }
        let time = utc(text("versionTime")?).ok_or(LogFault::Member("versionTime"))?;
        if before.is_some_and(|before| time <= before.time) {
            return Err(LogFault::Order);
        }
        if time > now.into() {
            return Err(LogFault::Future);
        }
        let parameters = match held {
            None => Parameters::first(members("parameters")?, scid)?,
            Some(held) => held.next(members("parameters")?)?,
        };
        if before.is_none() {
            // Of two members, one with the placeholder in its name and one with the SCID, only one would be hashed.
            if mentions(&self.with_version(""), PLACEHOLDER) {
                return Err(LogFault::Scid);
            }
            let mut preliminary = self.with_version(PLACEHOLDER);
            replace(&mut preliminary, scid);
            if proof::hash(&preliminary).map_err(not_canonical)? != scid {
                return Err(LogFault::Scid);
            }
        }
        let state = members("state")?;
        let did = moved(state, scid, before, &parameters)?;
        self.check_proofs(parameters.signers(held))?;
        let version = Version {
            id: id.to_owned(),
            number: expected,
            time,
            state: Value::Object(state.clone()),
            did,
            needs: parameters.needs(held).cloned(),
        };
        Ok((version, parameters))
    }

    fn with_version(&self, id: &str) -> Value {
        let mut body = self.body.clone();
        body.insert("versionId".to_owned(), Value::String(id.to_owned()));
        Value::Object(body)
    }

    /// Every proof verifies, by a key that may write.
    fn check_proofs(&self, keys: &[String]) -> Result<(), LogFault> {
        let body = Value::Object(self.body.clone());
        let valid = |proof: &Value| {
            let signer = proof::signer(&body, proof);
            signer.is_some_and(|did| keys.contains(&crate::did::key_to_multibase(did.key())))
        };
        let proofs = proof::list(Some(&self.proof)).ok_or(LogFault::Proof)?;
        proofs
            .iter()
            .all(valid)
            .then_some(())
            .ok_or(LogFault::Proof)
    }
}

fn not_canonical(_: JsonError) -> LogFault {
    LogFault::Json
}

/// A time in UTC that says so.
fn utc(text: &str) -> Option<DateTimeStamp> {
    let zoned = text.ends_with('Z') || text.ends_with("+00:00");
    zoned.then(|| DateTimeStamp::parse(text))?
}

/// The DID in a version's document: with the same SCID always, elsewhere only when the DID is portable and says where it was.
fn moved(
    state: &Map<String, Value>,
    scid: &str,
    before: Option<&Version>,
    parameters: &Parameters,
) -> Result<String, LogFault> {
    let id = state.get("id").and_then(Value::as_str);
    let id = id.ok_or(LogFault::Member("state"))?;
    let did: Did = id.parse().map_err(|_| LogFault::Moved)?;
    if did.method() != "webvh" || did.identifier().split(':').next() != Some(scid) {
        return Err(LogFault::Scid);
    }
    super::parts(&did).map_err(|_| LogFault::Moved)?;
    if let Some(before) = before.filter(|before| before.did != id) {
        let named = state.get("alsoKnownAs").and_then(Value::as_array);
        let named = named.is_some_and(|all| all.contains(&Value::String(before.did.clone())));
        if !parameters.portable || !named {
            return Err(LogFault::Moved);
        }
    }
    Ok(id.to_owned())
}

/// True when a text stands somewhere in a value, also inside longer texts and in names of members.
fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(whole) => whole.contains(text),
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains(text) || mentions(value, text)),
        _ => false,
    }
}

/// Puts the placeholder wherever the SCID stands, also inside longer texts and in names of members.
fn replace(value: &mut Value, scid: &str) {
    match value {
        Value::String(text) => *text = text.replace(scid, PLACEHOLDER),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, scid)),
        Value::Object(members) => {
            let old = std::mem::take(members);
            for (name, mut value) in old {
                replace(&mut value, scid);
                members.insert(name.replace(scid, PLACEHOLDER), value);
            }
        }
        _ => {}
    }
}
