//! From digests and disclosures to the payload (RFC 9901, section 7.1, steps 3 to 5).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::digest::HashAlgorithm;
use super::disclosure::Disclosure;
use super::path::{ClaimPath, Step};
use super::{DIGESTS, ELEMENT, HASH_ALGORITHM, SdJwtError};
use crate::json::MAX_DEPTH;

/// Where a disclosure belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Its claim in the processed payload.
    pub(super) path: ClaimPath,
    /// The disclosure that its digest is in; `None` when that is the JWT itself.
    pub(super) within: Option<usize>,
}

/// A payload with its disclosures put in.
pub(super) struct Processed {
    pub(super) payload: Map<String, Value>,
    /// The place of each disclosure, in their order.
    pub(super) places: Vec<Place>,
    /// How many digests there are, decoys among them.
    pub(super) digests: usize,
    /// How many `_sd` there are.
    pub(super) digest_lists: usize,
}

/// Puts disclosures in.
pub(super) fn process(
    payload: &Map<String, Value>,
    disclosures: &[Disclosure],
    algorithm: HashAlgorithm,
) -> Result<Processed, SdJwtError> {
    let mut by_digest = BTreeMap::new();
    for (index, disclosure) in disclosures.iter().enumerate() {
        if by_digest
            .insert(disclosure.digest(algorithm), index)
            .is_some()
        {
            return Err(SdJwtError::DisclosureTwice);
        }
    }
    let mut run = Run {
        disclosures,
        algorithm,
        by_digest,
        seen: BTreeSet::new(),
        places: vec![None; disclosures.len()],
        digest_lists: 0,
        path: Vec::new(),
        within: None,
    };
    let mut top = payload.clone();
    top.remove(HASH_ALGORITHM);
    let payload = run.object(&top, 1)?;
    let places: Option<Vec<Place>> = run.places.into_iter().collect();
    Ok(Processed {
        payload,
        places: places.ok_or(SdJwtError::DisclosureUnused)?,
        digests: run.seen.len(),
        digest_lists: run.digest_lists,
    })
}

struct Run<'a> {
    disclosures: &'a [Disclosure],
    algorithm: HashAlgorithm,
    by_digest: BTreeMap<String, usize>,
    seen: BTreeSet<String>,
    places: Vec<Option<Place>>,
    digest_lists: usize,
    /// Where the value at hand is.
    path: Vec<Step>,
    /// The disclosure that it is in.
    within: Option<usize>,
}

impl Run<'_> {
    /// The disclosure behind a digest; `None` for one that was not disclosed, or a decoy.
    fn look_up(&mut self, digest: &Value) -> Result<Option<usize>, SdJwtError> {
        let digest = digest.as_str().ok_or(SdJwtError::Reserved)?;
        self.algorithm.check_form(digest)?;
        if !self.seen.insert(digest.to_owned()) {
            return Err(SdJwtError::DigestTwice);
        }
        Ok(self.by_digest.get(digest).copied())
    }

    /// The value of a disclosure at its place. Each digest is seen once only, so no disclosure is opened twice.
    fn open(&mut self, index: usize, step: Step, depth: usize) -> Result<Value, SdJwtError> {
        let disclosures = self.disclosures;
        let disclosure = disclosures.get(index).ok_or(SdJwtError::DisclosureUnused)?;
        let outer = self.within.replace(index);
        if let Some(place) = self.places.get_mut(index) {
            *place = Some(Place {
                path: self.path.iter().cloned().chain([step.clone()]).collect(),
                within: outer,
            });
        }
        let value = self.value(disclosure.value(), step, depth);
        self.within = outer;
        value
    }

    fn value(&mut self, value: &Value, step: Step, depth: usize) -> Result<Value, SdJwtError> {
        if !value.is_object() && !value.is_array() {
            return Ok(value.clone());
        }
        if depth >= MAX_DEPTH {
            return Err(SdJwtError::TooDeep);
        }
        self.path.push(step);
        let out = match value {
            Value::Object(members) => self.object(members, depth + 1).map(Value::Object),
            Value::Array(items) => self.array(items, depth + 1).map(Value::Array),
            plain => Ok(plain.clone()),
        };
        self.path.pop();
        out
    }

    fn object(
        &mut self,
        members: &Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, SdJwtError> {
        let mut out = Map::new();
        for (name, value) in members.iter().filter(|(name, _)| *name != DIGESTS) {
            if is_reserved(name) {
                return Err(SdJwtError::Reserved);
            }
            let value = self.value(value, Step::Name(name.clone()), depth)?;
            out.insert(name.clone(), value);
        }
        let Some(digests) = members.get(DIGESTS) else {
            return Ok(out);
        };
        self.digest_lists += 1;
        for digest in digests.as_array().ok_or(SdJwtError::Reserved)? {
            let Some(index) = self.look_up(digest)? else {
                continue;
            };
            let disclosures = self.disclosures;
            let name = disclosures.get(index).and_then(Disclosure::name);
            let name = name.ok_or(SdJwtError::DisclosureForm)?;
            if is_reserved(name) {
                return Err(SdJwtError::Reserved);
            }
            if out.contains_key(name) {
                return Err(SdJwtError::DisclosureCollision);
            }
            let value = self.open(index, Step::Name(name.to_owned()), depth)?;
            out.insert(name.to_owned(), value);
        }
        Ok(out)
    }

    fn array(&mut self, items: &[Value], depth: usize) -> Result<Vec<Value>, SdJwtError> {
        let mut out = Vec::new();
        for item in items {
            let step = Step::Index(out.len());
            let members = item.as_object();
            match members.and_then(|members| Some((members.len(), members.get(ELEMENT)?))) {
                None => out.push(self.value(item, step, depth)?),
                Some((1, digest)) => {
                    let Some(index) = self.look_up(digest)? else {
                        continue;
                    };
                    let disclosures = self.disclosures;
                    if disclosures.get(index).is_some_and(|d| d.name().is_some()) {
                        return Err(SdJwtError::DisclosureForm);
                    }
                    out.push(self.open(index, step, depth)?);
                }
                Some(_) => return Err(SdJwtError::Reserved),
            }
        }
        Ok(out)
    }
}

/// Names that no claim has: `_sd` and `...` by RFC 9901, `_sd_alg` because it may stand at the top only.
pub(super) fn is_reserved(name: &str) -> bool {
    [DIGESTS, ELEMENT, HASH_ALGORITHM].contains(&name)
}
