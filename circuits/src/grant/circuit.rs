//! The grant statement as a circuit: one comment per clause.

use super::GrantWitness;
use super::public::GrantInputs;
use crate::audit::gadget::audit_digest;
use crate::audit::gadget::terms::{TIME_BITS, TermsVar, VOCABULARY_BITS, bits};
use crate::field::Fr;
use crate::gadgets::{
    LiveBits, bits_of, ended_root, hash, is_clear, mux, non_zero, note_root, range,
};
use crate::r1cs::{Bit, ConstraintSystem, Num};
use crate::tags;
use crate::types::LeafKind;
use ark_ff::Field;

pub(super) fn circuit(cs: &mut ConstraintSystem, inputs: &[Num], witness: &GrantWitness) {
    circuit_with_grantee(cs, inputs, witness, witness.body.grantee.get());
}

/// The circuit, with the grantee as a plain number: tests try 0, which the witness's type rules out.
pub(super) fn circuit_with_grantee(
    cs: &mut ConstraintSystem,
    inputs: &[Num],
    witness: &GrantWitness,
    grantee: u32,
) {
    let mut inputs = inputs.iter().cloned();
    let public = GrantInputs::build(|| inputs.next().unwrap_or_else(Num::zero));
    let record = &witness.record_body;
    let one = Num::constant(Fr::ONE);

    cs.clause("witness");
    let sk = cs.witness(*witness.sk.expose());
    let record_rho = cs.witness(*witness.record_rho.expose());
    let record_end = cs.witness(witness.record_end_tag.0);
    let [content_high, content_low] = record.content_digest.limbs().map(|limb| cs.witness(limb));
    let [key_high, key_low] = record.key_commitment.limbs().map(|limb| cs.witness(limb));
    let category = bits(cs, u64::from(record.category.get()), VOCABULARY_BITS);
    let record_salt = cs.witness(record.salt);
    let grant_rho = cs.witness(*witness.grant_rho.expose());
    let grantee = bits(cs, u64::from(grantee), u32::BITS as usize);
    let audit_nym = cs.witness(witness.body.audit_nym.0);
    let grant_salt = cs.witness(witness.body.salt);
    let position = LiveBits::new(cs, witness.path.position);

    // The record's K opens to sk; the leaf is a record, under nobody's control, with this K, body and end tag.
    cs.clause("record leaf");
    let key = hash(cs, tags::HOLDER, &[sk.clone(), record_rho]);
    let category_number = Bit::number(&category);
    let fields = [
        content_high,
        content_low,
        key_high,
        key_low,
        category_number,
        record_salt,
    ];
    let body = hash(cs, tags::RECORD, &fields);
    let head = Num::constant(Fr::from(LeafKind::Record as u64));
    let leaf = hash(cs, tags::LEAF, &[head, key, body, record_end]);

    // The record's leaf is in the note tree at the anchor.
    cs.clause("membership");
    let root = note_root(cs, &leaf, &position, &witness.path);
    cs.equal(&root, &public.note_root);

    // The word at the same position is in the ended tree at the anchor ...
    cs.clause("ended root");
    let (word, root) = ended_root(cs, &position, witness.path.word, &witness.path.ended);
    cs.equal(&root, &public.ended_root);

    // ... and the record's bit in it is clear.
    cs.clause("live");
    is_clear(cs, &position, &word);

    // The grant's K opens to the same sk.
    cs.clause("holder key");
    let key = hash(cs, tags::HOLDER, &[sk.clone(), grant_rho]);
    cs.equal(&key, &public.holder_key);

    // The terms name the position of the record's leaf, by the same bits; every number fits its width.
    cs.clause("terms");
    let terms = TermsVar::new(
        cs,
        &witness.terms(),
        position.number(),
        Bit::number(&grantee),
    );

    // The grant's body opens to these terms.
    cs.clause("body");
    let packed = terms.packed();
    let body = hash(
        cs,
        tags::GRANT,
        &[packed.clone(), audit_nym.clone(), grant_salt],
    );
    cs.equal(&body, &public.body);

    // The grantee is a member: its id is not 0.
    cs.clause("grantee");
    non_zero(cs, &one, &terms.grantee);

    // The terms' categories include the record's.
    cs.clause("category");
    let included = choose_bit(cs, &category, &terms.categories);
    cs.equal(&included, &one);

    // not_before < not_after. All times are below 2^64, so no difference wraps around.
    cs.clause("order");
    let duration = &terms.not_after - &terms.not_before;
    range(cs, &(&duration - Fr::ONE), TIME_BITS);

    // The grant lasts no longer than the policy allows.
    cs.clause("duration");
    range(cs, &(&public.max_duration - &duration), TIME_BITS);

    // The grant starts no further from the anchor's time than the policy allows, before or after.
    cs.clause("start");
    let ahead = &terms.not_before - &public.time;
    range(cs, &(&public.max_start_offset - &ahead), TIME_BITS + 1);
    range(cs, &(&public.max_start_offset + &ahead), TIME_BITS + 1);

    // The policy allows the purpose.
    cs.clause("purpose");
    let allowed = bits_of(cs, &public.purposes, u32::BITS as usize);
    let allowed = choose_bit(cs, &terms.purpose, &allowed);
    cs.equal(&allowed, &one);

    // The pseudonym in the terms is that of sk for the audit key and the anchor's year.
    cs.clause("audit nym");
    let nym = hash(
        cs,
        tags::NYM_AUDIT,
        &[sk.clone(), public.audit_key_id, public.year],
    );
    cs.equal(&nym, &audit_nym);

    // The audit ciphertext, with a nonce dictated by sk and the grant's leaf, encrypts these terms to the audit key, and
    // hashes to the digest. 1 <= max_uses <= 4096 holds by the width of the terms' number of uses less one.
    let digest = audit_digest(
        cs,
        &public.audit_key,
        &sk,
        &public.leaf,
        &[packed, audit_nym],
    );
    cs.clause("audit");
    cs.equal(&digest, &public.audit_digest);
}

/// The bit of a set that a number selects.
fn choose_bit(cs: &mut ConstraintSystem, number: &[Bit], set: &[Bit]) -> Num {
    let set: Vec<_> = set.iter().map(|bit| bit.num().clone()).collect();
    mux(cs, number, &set)
}
