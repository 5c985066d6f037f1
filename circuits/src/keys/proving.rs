//! Proving keys.

use super::verifying::statement;
use super::{KeyError, Reader, SetupKind, VerifyingKey};
use crate::context::StatementId;
use crate::field::Fr;
use crate::points::Query;
use crate::r1cs::System;
use crate::statement::{Statement, constraints};
use crate::tags::{self, tagged_sha256};
use crate::types::Digest32;
use ark_bls12_381::Bls12_381;
use ark_relations::gr1cs::Matrix;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use blst::{blst_p1_affine, blst_p2_affine};
use std::fmt;

const MAGIC: &[u8; 4] = b"TCPK";
const VERSION: u8 = 1;

/// What a prover needs for one statement: the key and the circuit's constraints.
pub struct ProvingKey {
    pub(crate) engine: ark_groth16::ProvingKey<Bls12_381>,
    pub(crate) queries: Queries,
    pub(crate) matrices: Vec<Matrix<Fr>>,
    pub(crate) constraints: usize,
    circuit: Digest32,
    verifying: VerifyingKey,
}

/// The key's points, ready for multi-scalar multiplications.
pub(crate) struct Queries {
    pub(crate) a: Query<blst_p1_affine>,
    pub(crate) b_g1: Query<blst_p1_affine>,
    pub(crate) b_g2: Query<blst_p2_affine>,
    pub(crate) h: Query<blst_p1_affine>,
    pub(crate) l: Query<blst_p1_affine>,
}

impl Queries {
    fn new(engine: &ark_groth16::ProvingKey<Bls12_381>) -> Self {
        Self {
            a: Query::g1(&engine.a_query),
            b_g1: Query::g1(&engine.b_g1_query),
            b_g2: Query::g2(&engine.b_g2_query),
            h: Query::g1(&engine.h_query),
            l: Query::g1(&engine.l_query),
        }
    }
}

impl ProvingKey {
    pub(super) fn new(
        statement: StatementId,
        setup: SetupKind,
        system: &System,
        engine: ark_groth16::ProvingKey<Bls12_381>,
    ) -> Result<Self, KeyError> {
        Ok(Self {
            verifying: VerifyingKey::new(statement, setup, &engine.vk)?,
            queries: Queries::new(&engine),
            engine,
            matrices: system.matrices(),
            constraints: system.rows().len(),
            circuit: system.digest(),
        })
    }

    /// Reads a key whose id is known, and joins it with the statement's circuit.
    ///
    /// The id covers every byte, so the points are not checked again one by one.
    pub fn load<S: Statement>(bytes: &[u8], expected: &Digest32) -> Result<Self, KeyError> {
        let found = tagged_sha256(tags::PROVING_KEY, &[bytes]);
        if found != *expected {
            return Err(KeyError::Id {
                found,
                expected: *expected,
            });
        }
        let mut reader = Reader(bytes);
        reader.header(MAGIC, VERSION)?;
        if statement(reader.byte()?)? != S::ID {
            return Err(KeyError::Statement(S::ID));
        }
        let setup =
            SetupKind::try_from(reader.byte()?).map_err(|_| KeyError::Malformed("setup kind"))?;
        let circuit = Digest32(reader.array()?);
        let system = constraints::<S>();
        if circuit != system.digest() {
            return Err(KeyError::Circuit);
        }
        let engine = ark_groth16::ProvingKey::deserialize_uncompressed_unchecked(&mut reader.0)
            .map_err(|_| KeyError::Malformed("points"))?;
        reader.end()?;
        Self::new(S::ID, setup, &system, engine)
    }

    /// The canonical bytes. Points are uncompressed: some megabytes that load in milliseconds.
    pub fn to_bytes(&self) -> Result<Vec<u8>, KeyError> {
        let mut bytes = [
            MAGIC.as_slice(),
            &[VERSION, self.statement() as u8, self.setup() as u8],
        ]
        .concat();
        bytes.extend(self.circuit.0);
        self.engine
            .serialize_uncompressed(&mut bytes)
            .map_err(|_| KeyError::Malformed("points"))?;
        Ok(bytes)
    }

    /// The id of a proving key's canonical bytes.
    pub fn id_of(bytes: &[u8]) -> Digest32 {
        tagged_sha256(tags::PROVING_KEY, &[bytes])
    }

    /// The verifying key that belongs to this key.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// Takes the verifying key and drops the rest.
    pub fn into_verifying_key(self) -> VerifyingKey {
        self.verifying
    }

    /// Which statement the key is for.
    pub fn statement(&self) -> StatementId {
        self.verifying.statement()
    }

    /// How the key was made.
    pub fn setup(&self) -> SetupKind {
        self.verifying.setup()
    }

    /// Number of constraints of the circuit.
    pub fn constraints(&self) -> usize {
        self.constraints
    }
}

impl fmt::Debug for ProvingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProvingKey({:?})", self.verifying)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::insecure_development_setup;
    use crate::show::Show;
    use crate::testing::{Cube, Product};

    #[test]
    fn loads_by_id_only_and_only_for_its_circuit() {
        let key = insecure_development_setup::<Product>().unwrap();
        let bytes = key.to_bytes().unwrap();
        let id = ProvingKey::id_of(&bytes);
        let loaded = ProvingKey::load::<Product>(&bytes, &id).unwrap();
        assert_eq!(loaded.verifying_key().id(), key.verifying_key().id());
        assert_eq!(loaded.to_bytes().unwrap(), bytes);

        assert_eq!(
            ProvingKey::load::<Show>(&bytes, &id).unwrap_err(),
            KeyError::Statement(StatementId::Show)
        );
        assert_eq!(
            ProvingKey::load::<Cube>(&bytes, &id).unwrap_err(),
            KeyError::Circuit
        );
        let mut changed = bytes.clone();
        changed[100] ^= 1;
        assert!(matches!(
            ProvingKey::load::<Product>(&changed, &id),
            Err(KeyError::Id { .. })
        ));
        for cut in [0, 3, 4, 5, 6, 20, bytes.len() - 1] {
            let cut = &bytes[..cut];
            assert!(ProvingKey::load::<Product>(cut, &ProvingKey::id_of(cut)).is_err());
        }
        let longer = [&bytes[..], &[0]].concat();
        let error = ProvingKey::load::<Product>(&longer, &ProvingKey::id_of(&longer)).unwrap_err();
        assert_eq!(error, KeyError::Malformed("trailing bytes"));
    }
}
