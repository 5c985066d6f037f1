//! What is pinned of each statement: its constraints, its development keys, and a proof that must still verify.
//!
//! One file a statement under `circuits/pins/`. Pins catch change, wanted or not; after a wanted one, run the ignored test
//! `pin` of the statement and commit the file.

use crate::context::StatementId;
use crate::proof::Proof;
use crate::types::Digest32;

/// The pins of one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pins {
    /// Number of constraints.
    pub constraints: usize,
    /// Digest of the constraints.
    pub circuit: Digest32,
    /// Id of the verifying key of the insecure development setup.
    pub verifying_key: Digest32,
    /// Id of the proving key of the insecure development setup.
    pub proving_key: Digest32,
    /// A proof of the sample.
    pub proof: Proof,
}

impl Pins {
    /// The pins of a statement; `None` if there are none yet.
    pub fn of(statement: StatementId) -> Option<Self> {
        Self::parse(match statement {
            StatementId::Show => include_str!("../pins/show.txt"),
            StatementId::Grant => include_str!("../pins/grant.txt"),
            StatementId::Access => include_str!("../pins/access.txt"),
            StatementId::Open => include_str!("../pins/open.txt"),
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(" = "));
            lines.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        Some(Self {
            constraints: field("constraints")?.parse().ok()?,
            circuit: field("circuit")?.parse().ok()?,
            verifying_key: field("verifying key")?.parse().ok()?,
            proving_key: field("proving key")?.parse().ok()?,
            proof: Proof(hex::decode(field("proof")?).ok()?.try_into().ok()?),
        })
    }
}

/// Demands that a statement is as pinned.
#[cfg(test)]
pub(crate) fn check<S: crate::bench::Sample>(key: &crate::keys::ProvingKey) {
    let pins = Pins::of(S::ID).expect("the statement has pins");
    let (public, _) = S::sample().unwrap();
    let inputs = S::inputs(&public).unwrap();
    assert_eq!(
        crate::verify(key.verifying_key(), &inputs, &pins.proof),
        Ok(()),
        "the stored proof"
    );
    assert_eq!(
        pins,
        Pins {
            proof: pins.proof,
            ..current::<S>(key)
        }
    );
}

/// Writes the pins of a statement as it is now.
#[cfg(test)]
pub(crate) fn write<S: crate::bench::Sample>(key: &crate::keys::ProvingKey) {
    let Pins {
        constraints,
        circuit,
        verifying_key,
        proving_key,
        proof,
    } = current::<S>(key);
    let text = format!(
        "constraints = {constraints}\ncircuit = {circuit}\nverifying key = {verifying_key}\nproving key = {proving_key}\nproof = {}\n",
        hex::encode(proof.0)
    );
    let path = format!("{}/pins/{}.txt", env!("CARGO_MANIFEST_DIR"), S::ID.name());
    std::fs::write(path, text).unwrap();
}

#[cfg(test)]
fn current<S: crate::bench::Sample>(key: &crate::keys::ProvingKey) -> Pins {
    let (public, witness) = S::sample().unwrap();
    Pins {
        constraints: key.constraints(),
        circuit: crate::statement::constraints::<S>().digest(),
        verifying_key: key.verifying_key().id(),
        proving_key: crate::keys::ProvingKey::id_of(&key.to_bytes().unwrap()),
        proof: crate::prove::<S>(key, &public, &witness, crate::testing::entropy(0)).unwrap(),
    }
}
