//! Verifying keys.

use super::{KeyError, Reader, SetupKind};
use crate::context::StatementId;
use crate::points::{self, G1_BYTES, G2_BYTES};
use crate::tags::{self, tagged_sha256};
use crate::types::Digest32;
use ark_bls12_381::Bls12_381;
use blst::{blst_fp12, blst_p1_affine, blst_p2_affine};
use std::fmt;

const MAGIC: &[u8; 4] = b"TCVK";
const VERSION: u8 = 1;
/// Most public inputs of a statement; bounds the decoder.
const MAX_INPUTS: usize = 1024;

/// What a verifier needs to check proofs of one statement.
pub struct VerifyingKey {
    statement: StatementId,
    setup: SetupKind,
    id: Digest32,
    bytes: Vec<u8>,
    pub(crate) alpha: blst_p1_affine,
    pub(crate) beta: blst_p2_affine,
    pub(crate) gamma: blst_p2_affine,
    pub(crate) delta: blst_p2_affine,
    /// One point for the constant 1, then one for each input.
    pub(crate) abc: Vec<blst_p1_affine>,
    /// The Miller loop of alpha and beta.
    pub(crate) alpha_beta: blst_fp12,
}

impl VerifyingKey {
    /// Checks and prepares a key's points.
    pub(super) fn new(
        statement: StatementId,
        setup: SetupKind,
        key: &ark_groth16::VerifyingKey<Bls12_381>,
    ) -> Result<Self, KeyError> {
        let mut bytes = [MAGIC.as_slice(), &[VERSION, statement as u8, setup as u8]].concat();
        let inputs = key.gamma_abc_g1.len().wrapping_sub(1);
        if inputs > MAX_INPUTS {
            return Err(KeyError::Malformed("number of inputs"));
        }
        bytes.extend((inputs as u16).to_be_bytes());
        bytes.extend(points::encode(&key.alpha_g1));
        bytes.extend(
            [key.beta_g2, key.gamma_g2, key.delta_g2]
                .iter()
                .flat_map(points::encode),
        );
        bytes.extend(key.gamma_abc_g1.iter().flat_map(points::encode));
        Self::from_bytes(&bytes)
    }

    /// Reads a key whose id is known. This is how keys are loaded.
    pub fn load(bytes: &[u8], expected: &Digest32) -> Result<Self, KeyError> {
        let found = tagged_sha256(tags::VERIFYING_KEY, &[bytes]);
        if found != *expected {
            return Err(KeyError::Id {
                found,
                expected: *expected,
            });
        }
        Self::from_bytes(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut reader = Reader(bytes);
        reader.header(MAGIC, VERSION)?;
        let statement = statement(reader.byte()?)?;
        let setup =
            SetupKind::try_from(reader.byte()?).map_err(|_| KeyError::Malformed("setup kind"))?;
        let inputs = usize::from(u16::from_be_bytes(reader.array()?));
        if inputs > MAX_INPUTS {
            return Err(KeyError::Malformed("number of inputs"));
        }
        let alpha = points::read_g1(reader.take(G1_BYTES)?).ok_or(KeyError::Point("alpha"))?;
        let beta = points::read_g2(reader.take(G2_BYTES)?).ok_or(KeyError::Point("beta"))?;
        let (gamma_bytes, delta_bytes) = (reader.take(G2_BYTES)?, reader.take(G2_BYTES)?);
        let gamma = points::read_g2(gamma_bytes).ok_or(KeyError::Point("gamma"))?;
        let delta = points::read_g2(delta_bytes).ok_or(KeyError::Point("delta"))?;
        if points::equal_up_to_sign(gamma_bytes, delta_bytes) {
            return Err(KeyError::GammaDelta);
        }
        let mut abc = Vec::with_capacity(inputs + 1);
        for _ in 0..=inputs {
            abc.push(points::read_g1(reader.take(G1_BYTES)?).ok_or(KeyError::Point("input"))?);
        }
        reader.end()?;
        Ok(Self {
            statement,
            setup,
            id: tagged_sha256(tags::VERIFYING_KEY, &[bytes]),
            bytes: bytes.to_vec(),
            alpha,
            beta,
            gamma,
            delta,
            abc,
            alpha_beta: blst_fp12::miller_loop(&beta, &alpha),
        })
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The hash of the canonical bytes, statement and kind of setup included.
    pub fn id(&self) -> Digest32 {
        self.id
    }

    /// Which statement the key is for.
    pub fn statement(&self) -> StatementId {
        self.statement
    }

    /// How the key was made.
    pub fn setup(&self) -> SetupKind {
        self.setup
    }

    /// Number of public inputs.
    pub fn inputs(&self) -> usize {
        self.abc.len() - 1
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "VerifyingKey({:?}, {:?}, {})",
            self.statement, self.setup, self.id
        )
    }
}

pub(super) fn statement(raw: u8) -> Result<StatementId, KeyError> {
    StatementId::ALL
        .into_iter()
        .find(|id| *id as u8 == raw)
        .ok_or(KeyError::Malformed("statement"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::insecure_development_setup;
    use crate::testing::Product;
    use ark_bls12_381::{G1Affine, G2Affine};
    use ark_ec::AffineRepr;
    use ark_serialize::CanonicalDeserialize;

    const FIRST_POINT: usize = 9;
    const GAMMA: usize = FIRST_POINT + G1_BYTES + G2_BYTES;
    const DELTA: usize = GAMMA + G2_BYTES;

    fn key() -> Vec<u8> {
        insecure_development_setup::<Product>()
            .unwrap()
            .verifying_key()
            .to_bytes()
            .to_vec()
    }

    fn refused(bytes: &[u8]) -> KeyError {
        VerifyingKey::from_bytes(bytes).unwrap_err()
    }

    #[test]
    fn loads_by_id_only() {
        let bytes = key();
        let id = tagged_sha256(tags::VERIFYING_KEY, &[&bytes]);
        assert_eq!(VerifyingKey::load(&bytes, &id).unwrap().to_bytes(), bytes);
        let other = Digest32([7; 32]);
        assert_eq!(
            VerifyingKey::load(&bytes, &other).unwrap_err(),
            KeyError::Id {
                found: id,
                expected: other
            }
        );
    }

    #[test]
    fn gamma_equal_to_plus_or_minus_delta_is_refused() {
        let mut bytes = key();
        let delta = bytes[DELTA..DELTA + G2_BYTES].to_vec();
        bytes[GAMMA..GAMMA + G2_BYTES].copy_from_slice(&delta);
        assert_eq!(refused(&bytes), KeyError::GammaDelta);
        let negated = -G2Affine::deserialize_compressed(&delta[..]).unwrap();
        bytes[GAMMA..GAMMA + G2_BYTES].copy_from_slice(&points::encode(&negated));
        assert_eq!(refused(&bytes), KeyError::GammaDelta);
    }

    #[test]
    fn every_wrong_length_is_refused() {
        let bytes = key();
        for length in 0..bytes.len() {
            assert!(
                VerifyingKey::from_bytes(&bytes[..length]).is_err(),
                "{length} bytes"
            );
        }
        assert_eq!(
            refused(&[&bytes[..], &[0]].concat()),
            KeyError::Malformed("trailing bytes")
        );
        let mut more_inputs = bytes.clone();
        more_inputs[8] += 1;
        assert_eq!(refused(&more_inputs), KeyError::Malformed("too short"));
        let mut huge = bytes;
        huge[7] = 0xff;
        assert_eq!(refused(&huge), KeyError::Malformed("number of inputs"));
    }

    #[test]
    fn foreign_formats_and_versions_are_named() {
        let bytes = key();
        for (at, value, error) in [
            (0, b'X', KeyError::Magic),
            (4, 2, KeyError::Version(2)),
            (5, 9, KeyError::Malformed("statement")),
            (6, 0, KeyError::Malformed("setup kind")),
        ] {
            let mut changed = bytes.clone();
            changed[at] = value;
            assert_eq!(refused(&changed), error);
        }
    }

    #[test]
    fn identity_and_points_off_curve_or_subgroup_are_refused() {
        let bytes = key();
        let identity = points::encode(&G1Affine::zero());
        for bad in [
            identity,
            off_subgroup(),
            vec![0xff; G1_BYTES],
            vec![0; G1_BYTES],
        ] {
            let mut changed = bytes.clone();
            changed[FIRST_POINT..FIRST_POINT + G1_BYTES].copy_from_slice(&bad);
            assert_eq!(refused(&changed), KeyError::Point("alpha"));
        }
    }

    fn off_subgroup() -> Vec<u8> {
        let point = crate::testing::g1_off_subgroup();
        assert!(point.is_on_curve());
        points::encode(&point)
    }
}
