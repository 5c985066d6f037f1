//! Parameters of a log: set by entries, kept until another entry sets them.

use serde_json::{Map, Value, json};

use super::log::LogFault;
use super::proof::multihash;
use crate::did::DidKey;

/// The one method version that is known.
const METHOD: &str = "did:webvh:1.0";

/// Most keys, hashes, witnesses or watchers.
const MAX_ITEMS: usize = 64;

/// Longest time that a document may be cached for, in seconds.
const MAX_TTL: u64 = 1 << 31;

/// The parameters after an entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameters {
    pub(super) update_keys: Vec<String>,
    pub(super) next_key_hashes: Vec<String>,
    pub(super) witness: Option<Witnesses>,
    pub(super) watchers: Vec<String>,
    pub(super) portable: bool,
    pub(super) deactivated: bool,
    /// Seconds.
    pub(super) ttl: u64,
}

/// Who must have seen an entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Witnesses {
    pub(super) threshold: usize,
    pub(super) dids: Vec<String>,
}

impl Witnesses {
    pub(super) fn to_json(&self) -> Value {
        let ids: Vec<Value> = self.dids.iter().map(|did| json!({"id": did})).collect();
        json!({"threshold": self.threshold.to_string(), "witnesses": ids})
    }
}

impl Parameters {
    /// Those of the first entry, which names the method and its own SCID.
    pub(super) fn first(members: &Map<String, Value>, scid: &str) -> Result<Self, LogFault> {
        if members.get("scid").and_then(Value::as_str) != Some(scid) {
            return Err(LogFault::Scid);
        }
        if members.get("method").and_then(Value::as_str) != Some(METHOD) {
            return Err(LogFault::Method);
        }
        if !members.contains_key("updateKeys") {
            return Err(LogFault::Parameter("updateKeys"));
        }
        let mut first = Self {
            update_keys: Vec::new(),
            next_key_hashes: Vec::new(),
            witness: None,
            watchers: Vec::new(),
            portable: false,
            deactivated: false,
            ttl: 3600,
        };
        first.set(members)?;
        Ok(first)
    }

    /// Those of a later entry.
    pub(super) fn next(&self, members: &Map<String, Value>) -> Result<Self, LogFault> {
        if self.deactivated {
            return Err(LogFault::AfterDeactivation);
        }
        if members.contains_key("scid") {
            return Err(LogFault::Parameter("scid"));
        }
        if members.get("portable") == Some(&Value::Bool(true)) {
            return Err(LogFault::Parameter("portable"));
        }
        if members
            .get("method")
            .is_some_and(|method| *method != METHOD)
        {
            return Err(LogFault::Method);
        }
        let mut next = self.clone();
        next.set(members)?;
        if !self.next_key_hashes.is_empty() {
            // What was committed to must be shown: nothing is inherited here.
            for name in ["updateKeys", "nextKeyHashes"] {
                if !members.contains_key(name) {
                    return Err(LogFault::Parameter(name));
                }
            }
            let committed =
                |key: &String| self.next_key_hashes.contains(&multihash(key.as_bytes()));
            if !next.update_keys.iter().all(committed) {
                return Err(LogFault::PreRotation);
            }
        }
        Ok(next)
    }

    /// The keys that may sign the entry after which `self` holds, given what held before it.
    pub(super) fn signers<'a>(&'a self, before: Option<&'a Self>) -> &'a [String] {
        match before {
            Some(before) if before.next_key_hashes.is_empty() => &before.update_keys,
            _ => &self.update_keys,
        }
    }

    /// The witnesses that the entry needs: those before it, or its own where there were none.
    pub(super) fn needs<'a>(&'a self, before: Option<&'a Self>) -> Option<&'a Witnesses> {
        before
            .and_then(|before| before.witness.as_ref())
            .or(self.witness.as_ref())
    }

    fn set(&mut self, members: &Map<String, Value>) -> Result<(), LogFault> {
        for (name, value) in members {
            // Early writers put null for the default, and readers are asked to take it.
            match (name.as_str(), value) {
                ("method" | "scid", _) => {}
                ("updateKeys", Value::Null) => self.update_keys.clear(),
                ("updateKeys", value) => self.update_keys = texts(value, "updateKeys", is_key)?,
                ("nextKeyHashes", Value::Null) => self.next_key_hashes.clear(),
                ("nextKeyHashes", value) => {
                    self.next_key_hashes = texts(value, "nextKeyHashes", |_| true)?;
                }
                ("watchers", Value::Null) => self.watchers.clear(),
                ("watchers", value) => self.watchers = texts(value, "watchers", |_| true)?,
                ("witness", Value::Null) => self.witness = None,
                ("witness", value) => self.witness = witness(value)?,
                ("portable", Value::Bool(value)) => self.portable = *value,
                ("deactivated", Value::Bool(value)) => self.deactivated = *value,
                ("portable", Value::Null) => self.portable = false,
                ("deactivated", Value::Null) => self.deactivated = false,
                ("ttl", Value::Null) => self.ttl = 3600,
                ("ttl", value) => {
                    self.ttl = value
                        .as_u64()
                        .filter(|ttl| *ttl <= MAX_TTL)
                        .ok_or(LogFault::Parameter("ttl"))?;
                }
                ("portable", _) => return Err(LogFault::Parameter("portable")),
                ("deactivated", _) => return Err(LogFault::Parameter("deactivated")),
                _ => return Err(LogFault::UnknownParameter),
            }
        }
        Ok(())
    }
}

/// An Ed25519 multikey: the only kind that the cryptosuite of this version takes.
fn is_key(text: &str) -> bool {
    crate::did::key_from_multibase(text).is_some()
}

fn texts(
    value: &Value,
    name: &'static str,
    fits: impl Fn(&str) -> bool,
) -> Result<Vec<String>, LogFault> {
    let refused = LogFault::Parameter(name);
    let items = value.as_array().filter(|items| items.len() <= MAX_ITEMS);
    let mut out = Vec::new();
    for item in items.ok_or(refused)? {
        match item.as_str() {
            Some(text) if fits(text) => out.push(text.to_owned()),
            _ => return Err(refused),
        }
    }
    Ok(out)
}

/// A list of witnesses, or none for `{}`. Anything else is an error: a malformed list must not read as "no witnesses".
fn witness(value: &Value) -> Result<Option<Witnesses>, LogFault> {
    let refused = LogFault::Parameter("witness");
    let members = value.as_object().ok_or(refused)?;
    if members.is_empty() {
        return Ok(None);
    }
    let list = members.get("witnesses").and_then(Value::as_array);
    let mut dids: Vec<String> = Vec::new();
    for entry in list.filter(|list| list.len() <= MAX_ITEMS).ok_or(refused)? {
        let did = entry.get("id").and_then(Value::as_str).ok_or(refused)?;
        if did.parse::<DidKey>().is_err() || dids.iter().any(|other| other == did) {
            return Err(refused);
        }
        dids.push(did.to_owned());
    }
    let threshold = members.get("threshold").and_then(Value::as_u64);
    let threshold = usize::try_from(threshold.ok_or(refused)?).map_err(|_| refused)?;
    if (1..=dids.len()).contains(&threshold) {
        Ok(Some(Witnesses { threshold, dids }))
    } else {
        Err(refused)
    }
}
