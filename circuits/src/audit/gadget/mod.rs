//! Audit encryption inside a circuit: the twin of [`super::encryption`].
//!
//! 3,564 constraints: the canonical bits of the nonce 426, r·G 497, r·A 1,504, hashes 1,131, changes of form 6.

mod curve;
mod multiply;
mod nonce;
pub mod terms;

use super::encryption::WORDS;
use crate::field::Fr;
use crate::gadgets::hash;
use crate::r1cs::{ConstraintSystem, Num};
use crate::tags;
use curve::Montgomery;

/// The digest of the ciphertext that encrypts `words` to the audit key at `key` = (A.x, A.y).
///
/// Relies on the key being in the prime-order subgroup and not the identity: it is a public input, and every verifier
/// takes it from an [`super::AuditPublicKey`], which is nothing else.
pub fn audit_digest(
    cs: &mut ConstraintSystem,
    key: &[Num; 2],
    secret: &Num,
    domain: &Num,
    words: &[Num; WORDS],
) -> Num {
    // r is dictated by secret and domain. One set of bits of K for both products, so that R and S have the same r.
    cs.clause("audit nonce");
    let nonce_hash = hash(cs, tags::AUDIT_NONCE, &[secret.clone(), domain.clone()]);
    let bits = nonce::nonce_bits(cs, &nonce_hash);
    cs.clause("audit products");
    let nonce_point = multiply::fixed_base(cs, &bits).to_edwards(cs);
    let base = Montgomery::from_edwards(cs, key);
    let [x, y] = multiply::variable_base(cs, &base, &bits).to_edwards(cs);
    // Each word is masked by its own pad.
    cs.clause("audit words");
    let mut digest_inputs = nonce_point.to_vec();
    for (j, word) in words.iter().enumerate() {
        let index = Num::constant(Fr::from(j as u64));
        let pad = hash(
            cs,
            tags::AUDIT_PAD,
            &[x.clone(), y.clone(), domain.clone(), index],
        );
        digest_inputs.push(word + &pad);
    }
    hash(cs, tags::AUDIT_DIGEST, &digest_inputs)
}

#[cfg(test)]
mod tests;
