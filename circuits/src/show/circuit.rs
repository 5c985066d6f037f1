//! The show statement as a circuit: one comment per clause.

use super::public::{PredicateBits, SHAPE_BITS, ShowInputs};
use super::{MAX_PREDICATES, ShowWitness};
use crate::attribute;
use crate::field::{Fr, fr_to_u64};
use crate::gadgets::{
    LiveBits, bits_of, distance_to_set, ended_root, gated_range, hash, in_set, is_clear, mux,
    non_zero, note_root, range,
};
use crate::r1cs::{Bit, ConstraintSystem, Num};
use crate::tags;
use crate::types::LeafKind;
use ark_ff::AdditiveGroup;

pub(super) fn circuit(cs: &mut ConstraintSystem, inputs: &[Num], witness: &ShowWitness) {
    let mut inputs = inputs.iter().cloned();
    let public = ShowInputs::build(|| inputs.next().unwrap_or_else(Num::zero));
    let body = &witness.body;

    cs.clause("witness");
    let sk = cs.witness(*witness.sk.expose());
    let rho = cs.witness(*witness.rho.expose());
    let issuer = cs.witness(Fr::from(witness.issuer.get()));
    let end = cs.witness(witness.end.0);
    let schema = cs.witness(body.schema);
    let attributes = body.attributes.map(|attribute| cs.witness(attribute));
    let valid_from = cs.witness(Fr::from(body.valid_from.0));
    let valid_until = cs.witness(Fr::from(body.valid_until.0));
    let salt = cs.witness(body.salt);

    // K opens to sk; the body opens to the schema, the attributes and the validity; the leaf is a credential of the
    // issuer with this K, body and end tag.
    cs.clause("leaf");
    let key = hash(cs, tags::HOLDER, &[sk.clone(), rho]);
    let mut fields = vec![schema.clone()];
    fields.extend(attributes.iter().cloned());
    fields.extend([valid_from.clone(), valid_until.clone(), salt]);
    let body = hash(cs, tags::CREDENTIAL, &fields);
    let head = &(&issuer * Fr::from(1u64 << 8)) + Fr::from(LeafKind::Credential as u64);
    let leaf = hash(cs, tags::LEAF, &[head, key, body, end]);

    // The schema is the one that is asked for.
    cs.clause("schema");
    cs.equal(&schema, &public.schema);

    // The leaf is in the note tree at the anchor.
    cs.clause("membership");
    let bits = LiveBits::new(cs, witness.path.position);
    let root = note_root(cs, &leaf, &bits, &witness.path);
    cs.equal(&root, &public.note_root);

    // The word at the same position is in the ended tree at the anchor ...
    cs.clause("ended root");
    let (word, root) = ended_root(cs, &bits, witness.path.word, &witness.path.ended);
    cs.equal(&root, &public.ended_root);

    // ... and the leaf's bit in it is clear.
    cs.clause("live");
    is_clear(cs, &bits, &word);

    // The controller is one of the accepted issuers.
    cs.clause("issuer");
    in_set(cs, &issuer, &public.issuers);

    // The pseudonym is that of sk in this scope.
    cs.clause("nym");
    let nym = hash(cs, tags::NYM_SHOW, &[sk, public.scope.clone()]);
    cs.equal(&nym, &public.nym);

    // valid_from <= anchor time. Both are below 2^64: the anchor's as a public input, the issuer's by the range.
    cs.clause("valid from");
    range(cs, &(&public.time - &valid_from), 64);

    // anchor time < valid_until.
    cs.clause("valid until");
    range(cs, &(&(&valid_until - &public.time) - Fr::from(1u64)), 64);

    // The packed public shape says which predicates and disclosures are meant.
    cs.clause("shape");
    let shape = bits_of(cs, &public.shape, SHAPE_BITS);
    let (predicates, mask) = shape.split_at(MAX_PREDICATES * PredicateBits::WIDTH);

    // Each predicate holds on its slot; one that is not used is neutral.
    for (bits, operands) in predicates
        .chunks_exact(PredicateBits::WIDTH)
        .zip(&public.operands)
    {
        predicate(cs, bits, operands, &attributes, &public.set);
    }

    // Disclosed values are the credential's.
    cs.clause("disclosed");
    for ((disclosed, value), attribute) in mask.iter().zip(&public.disclosed).zip(&attributes) {
        cs.enforce(disclosed.num(), &(attribute - value), &Num::zero());
    }
}

pub(super) fn predicate(
    cs: &mut ConstraintSystem,
    bits: &[Bit],
    operands: &[Num; 2],
    attributes: &[Num],
    set: &[Num],
) {
    let (slot, flags) = bits.split_at(PredicateBits::SLOT);
    let [within, outside, equal, different, use_set] = flags else {
        return;
    };
    let (within, outside) = (within.num(), outside.num());
    let [low, high] = operands;
    let one = Fr::from(1u64);
    let top = Fr::from(u64::MAX);

    // The attribute of the predicate's slot.
    cs.clause("predicate slot");
    let attribute = mux(cs, slot, attributes);

    // An active predicate refuses an absent attribute.
    cs.clause("predicate absent");
    let in_order = within + outside;
    let active = &(&in_order + equal.num()) + different.num();
    non_zero(cs, &active, &(&attribute - attribute::absent()));

    // Equal, different, in the set, not in the set: the distance is zero, or it is not.
    cs.clause("predicate equality");
    let from_operand = &attribute - low;
    let from_set = distance_to_set(cs, &attribute, set);
    let distance = &from_operand + &cs.mul(use_set.num(), &(&from_set - &from_operand));
    cs.enforce(equal.num(), &distance, &Num::zero());
    non_zero(cs, different.num(), &distance);

    // In an interval: 0 <= attribute - low and 0 <= high - attribute, both below 2^64. Outside: the prover says on which
    // side, and the interval is then [0, low - 1] or [high + 1, 2^64 - 1]. The bounds are public and at most 64 bits
    // long, so the differences cannot wrap around.
    cs.clause("predicate side");
    let above = if is_above(&attribute, high) {
        outside.value()
    } else {
        Fr::ZERO
    };
    let above = cs.witness(above);
    cs.enforce(&above, &(outside - &above), &Num::zero());
    cs.clause("predicate interval");
    // Below: outside and not above.
    let below = outside - &above;
    let from_low = &attribute - low;
    let to_high = high - &attribute;
    // Lowest: low inside, 0 below, high + 1 above.
    let past_low = &from_low + &cs.mul(&below, low);
    let past_low = &past_low + &cs.mul(&above, &(&(low - high) - one));
    // Highest: high inside, low - 1 below, 2^64 - 1 above.
    let short_of_high = &to_high + &cs.mul(&below, &(&(low - high) - one));
    let short_of_high = &short_of_high + &cs.mul(&above, &(&Num::constant(top) - high));
    gated_range(cs, &in_order, &past_low, 64);
    gated_range(cs, &in_order, &short_of_high, 64);
}

/// Whether an attribute, read as a 64-bit number, lies above the bound. A hint for the prover, no constraint.
fn is_above(attribute: &Num, bound: &Num) -> bool {
    matches!(fr_to_u64(&(attribute.value() - bound.value())), Some(difference) if difference > 0)
}
