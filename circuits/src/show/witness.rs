//! What only the prover of a show knows.

use crate::attribute::SLOTS;
use crate::commit::CredentialBody;
use crate::field::Fr;
use crate::tree::LivePath;
use crate::types::{EndTag, MemberId, Secret, Timestamp};
use ark_ff::AdditiveGroup;

/// The credential and the secrets behind it.
pub struct ShowWitness {
    /// The holder's secret.
    pub sk: Secret<Fr>,
    /// The nonce of the holder key.
    pub rho: Secret<Fr>,
    /// Who issued the credential.
    pub issuer: MemberId,
    /// What the credential says.
    pub body: CredentialBody,
    /// The end tag of the leaf.
    pub end: EndTag,
    /// The leaf's paths at the anchor.
    pub path: LivePath,
}

impl ShowWitness {
    pub(super) fn blank() -> Self {
        let body = CredentialBody {
            schema: Fr::ZERO,
            attributes: [Fr::ZERO; SLOTS],
            valid_from: Timestamp(0),
            valid_until: Timestamp(0),
            salt: Fr::ZERO,
        };
        Self {
            sk: Secret::new(Fr::ZERO),
            rho: Secret::new(Fr::ZERO),
            issuer: MemberId::FIRST,
            body,
            end: EndTag(Fr::ZERO),
            path: LivePath::blank(),
        }
    }
}
