//! The bits of K from a hash: its one canonical binary form, cut to 250 bits.
//!
//! A field element below 2^255 - r has two forms of 255 bits, x and x + r. Were the second allowed, the prover could
//! choose between two nonces, so the form is compared with r - 1.

use super::super::encryption::NONCE_BITS;
use crate::field::Fr;
use crate::r1cs::{Bit, ConstraintSystem, Num};
use ark_ff::{BigInteger, Field, PrimeField};

/// The low 250 bits of the canonical form of `hash`, the lowest first.
pub(super) fn nonce_bits(cs: &mut ConstraintSystem, hash: &Num) -> [Bit; NONCE_BITS] {
    let size = Fr::MODULUS_BIT_SIZE as usize;
    let form = hash.value().into_bigint();
    let bits: Vec<Bit> = (0..size).map(|i| cs.bit(form.get_bit(i))).collect();
    cs.equal(&Bit::number(&bits), hash);
    enforce_canonical(cs, &bits);
    std::array::from_fn(|i| bits[i].clone())
}

/// Demands that the bits (the lowest first) are a number of at most r - 1.
///
/// From the top down, `tied` says whether all bits so far equal those of r - 1. While tied, no bit may be 1 where r - 1
/// has 0: one constraint for each run of zeros, as a sum of bits is zero only if every bit is. A run of ones multiplies
/// `tied` by each of its bits.
fn enforce_canonical(cs: &mut ConstraintSystem, bits: &[Bit]) {
    let limit = (-Fr::ONE).into_bigint();
    let mut tied = Num::constant(Fr::ONE);
    let mut forbidden = Num::zero();
    for (i, bit) in bits.iter().enumerate().rev() {
        if !limit.get_bit(i) {
            forbidden = &forbidden + bit.num();
            continue;
        }
        if !forbidden.is_constant() {
            cs.enforce(&tied, &forbidden, &Num::zero());
            forbidden = Num::zero();
        }
        tied = cs.mul(&tied, bit.num());
    }
    cs.enforce(&tied, &forbidden, &Num::zero());
}
