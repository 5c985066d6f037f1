//! Proof that a validator signed two things that exclude each other, kept for the operators.

use super::env::Env;
use crate::storage::StorageError;
use commonware_actor::Feedback;
use commonware_codec::Encode as _;
use commonware_consensus::{
    Epochable as _, Reporter, Viewable as _,
    simplex::{
        scheme::ed25519::Scheme,
        types::{Activity, Attributable as _},
    },
};
use commonware_cryptography::{certificate::Scheme as _, ed25519, sha256::Digest};
use commonware_parallel::Sequential;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tacit_ledger::validators::Validators;

/// Most entries that are kept; a validator that goes on is not told about any more.
const MAX_ENTRIES: usize = 10_000;

/// What a validator did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misbehaviour {
    /// It signed two different blocks of one view.
    ConflictingNotarize,
    /// It signed two different blocks of one view as final.
    ConflictingFinalize,
    /// It signed a block as final and that there is none, in one view.
    NullifyFinalize,
}

impl Misbehaviour {
    /// Its name, as in the file and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConflictingNotarize => "conflicting_notarize",
            Self::ConflictingFinalize => "conflicting_finalize",
            Self::NullifyFinalize => "nullify_finalize",
        }
    }
}

/// One proven misbehaviour.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EvidenceRecord {
    /// The validator's name on the chain.
    pub name: String,
    /// Its consensus key, in hex.
    pub validator: String,
    /// What it did.
    pub kind: Misbehaviour,
    /// The epoch.
    pub epoch: u64,
    /// The view within the epoch.
    pub view: u64,
    /// Both signed votes as the engine encodes them, in hex: anyone can verify them.
    pub votes: String,
}

/// All evidence of this node, in a file of one JSON object a line.
#[derive(Default)]
pub(crate) struct Evidence(Mutex<Found>);

#[derive(Default)]
struct Found {
    records: BTreeSet<EvidenceRecord>,
    file: Option<File>,
}

impl Evidence {
    /// Opens the file, creating it when missing. Lines that do not parse are left alone: a torn last line is no reason
    /// not to start.
    pub(crate) fn open(path: &Path) -> Result<Self, StorageError> {
        let io = |what| move |error| StorageError::io(what, path, error);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(io("cannot open"))?;
        let (mut records, mut whole) = (BTreeSet::new(), true);
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .map_err(io("cannot read"))?
            > 0
        {
            whole = line.ends_with(b"\n");
            if let (Ok(record), true) = (serde_json::from_slice(&line), records.len() < MAX_ENTRIES)
            {
                records.insert(record);
            }
            line.clear();
        }
        if !whole {
            // The next record must not become part of a torn line.
            file.write_all(b"\n").map_err(io("cannot write"))?;
        }
        Ok(Self(Mutex::new(Found {
            records,
            file: Some(file),
        })))
    }

    /// Everything found so far.
    pub(crate) fn records(&self) -> Vec<EvidenceRecord> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.records.iter().cloned().collect()
    }

    fn add(&self, record: EvidenceRecord) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |other: &EvidenceRecord| {
            (&other.validator, other.kind, other.epoch, other.view)
                == (&record.validator, record.kind, record.epoch, record.view)
        };
        if found.records.len() >= MAX_ENTRIES || found.records.iter().any(known) {
            return;
        }
        tracing::error!(
            name = record.name,
            validator = %record.validator,
            kind = record.kind.name(),
            epoch = record.epoch,
            view = record.view,
            "a validator signed two things that exclude each other"
        );
        if let (Some(file), Ok(line)) = (&mut found.file, serde_json::to_string(&record))
            && let Err(error) = file
                .write_all(format!("{line}\n").as_bytes())
                .and_then(|()| file.sync_data())
        {
            tracing::error!(%error, "the evidence could not be written");
        }
        found.records.insert(record);
    }
}

/// Sees every vote and keeps the contradictions, once they are verified.
pub(super) struct Witness<E> {
    pub(super) evidence: Arc<Evidence>,
    pub(super) scheme: Scheme,
    /// Who votes in this epoch.
    pub(super) validators: Arc<Validators>,
    /// Randomness for verifying in batches.
    pub(super) rng: Arc<Mutex<E>>,
}

impl<E> Clone for Witness<E> {
    fn clone(&self) -> Self {
        Self {
            evidence: self.evidence.clone(),
            scheme: self.scheme.clone(),
            validators: self.validators.clone(),
            rng: self.rng.clone(),
        }
    }
}

impl<E> Witness<E> {
    /// The name of the validator with this key, which is one of this epoch's.
    fn name(&self, key: &ed25519::PublicKey) -> String {
        let mut validators = self.validators.as_slice().iter();
        let found = validators.find(|one| one.consensus_key.as_bytes().as_slice() == key.as_ref());
        found.map_or_else(String::new, |one| one.name.to_string())
    }
}

impl<E: Env> Reporter for Witness<E> {
    type Activity = Activity<Scheme, Digest>;

    fn report(&mut self, activity: Self::Activity) -> Feedback {
        macro_rules! keep {
            ($votes:expr, $kind:ident) => {{
                let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
                let key = self.scheme.participants().get($votes.signer().into());
                if let Some(key) = key
                    && $votes.verify(&mut *rng, &self.scheme, &Sequential)
                {
                    self.evidence.add(EvidenceRecord {
                        name: self.name(key),
                        validator: hex::encode(key),
                        kind: Misbehaviour::$kind,
                        epoch: $votes.epoch().get(),
                        view: $votes.view().get(),
                        votes: hex::encode($votes.encode()),
                    });
                }
            }};
        }
        match activity {
            Activity::ConflictingNotarize(votes) => keep!(votes, ConflictingNotarize),
            Activity::ConflictingFinalize(votes) => keep!(votes, ConflictingFinalize),
            Activity::NullifyFinalize(votes) => keep!(votes, NullifyFinalize),
            _ => {}
        }
        Feedback::Ok
    }
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
