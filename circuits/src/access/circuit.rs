//! The access statement as a circuit: one comment per clause.

use super::AccessWitness;
use super::public::AccessInputs;
use crate::audit::gadget::audit_digest;
use crate::audit::gadget::terms::{TIME_BITS, TermsVar, USE_BITS, bits, number, pack};
use crate::audit::terms::ACCESS_WIDTHS;
use crate::commit::ReceiptOpening;
use crate::field::Fr;
use crate::gadgets::{LiveBits, climb, ended_root, hash, is_clear, note_root, range};
use crate::r1cs::{Bit, ConstraintSystem, Num};
use crate::tags;
use crate::tree::platform;
use crate::types::LeafKind;
use ark_ff::Field;

pub(super) fn circuit(cs: &mut ConstraintSystem, inputs: &[Num], witness: &AccessWitness) {
    let mut inputs = inputs.iter().cloned();
    let public = AccessInputs::build(|| inputs.next().unwrap_or_else(Num::zero));

    cs.clause("witness");
    let secret = cs.witness(*witness.platform_secret.expose());
    let key = cs.witness(witness.holder_key.0);
    let end = cs.witness(witness.end_tag.0);
    let audit_nym = cs.witness(witness.body.audit_nym.0);
    let salt = cs.witness(witness.body.salt);
    let session = cs.witness(witness.receipt(witness.body.not_before).session());
    let grant = LiveBits::new(cs, witness.path.position);
    let record = LiveBits::new(cs, witness.body.record);
    let grantee = bits(
        cs,
        u64::from(witness.body.grantee.get()),
        2 * platform::LEVELS,
    );

    // Every number of the terms fits its width.
    cs.clause("terms");
    let terms = TermsVar::new(
        cs,
        &witness.body.terms(),
        record.number(),
        Bit::number(&grantee),
    );

    // The leaf is a grant, under nobody's control, and its body opens to these terms.
    cs.clause("grant leaf");
    let packed = terms.packed();
    let body = hash(cs, tags::GRANT, &[packed, audit_nym.clone(), salt.clone()]);
    let head = Num::constant(Fr::from(LeafKind::Grant as u64));
    let leaf = hash(cs, tags::LEAF, &[head, key, body, end]);

    // The grant's leaf is in the note tree at the anchor.
    cs.clause("membership");
    let root = note_root(cs, &leaf, &grant, &witness.path);
    cs.equal(&root, &public.note_root);

    // The word at the grant's position is in the ended tree at the anchor ...
    cs.clause("grant ended root");
    let (word, root) = ended_root(cs, &grant, witness.path.word, &witness.path.ended);
    cs.equal(&root, &public.ended_root);

    // ... and the grant's bit in it is clear.
    cs.clause("grant live");
    is_clear(cs, &grant, &word);

    // The word at the record's position, by the bits that the terms hold, is in the same ended tree ...
    cs.clause("record ended root");
    let record_path = &witness.record_path;
    let (word, root) = ended_root(cs, &record, record_path.word, &record_path.siblings);
    cs.equal(&root, &public.ended_root);

    // ... and the record's bit in it is clear.
    cs.clause("record live");
    is_clear(cs, &record, &word);

    // The prover knows the secret behind the entry at the grantee's id in the platform tree.
    cs.clause("grantee");
    let commitment = hash(cs, tags::PLATFORM_SECRET, std::slice::from_ref(&secret));
    let entry = hash(
        cs,
        tags::PLATFORM_LEAF,
        &[terms.grantee.clone(), commitment],
    );
    let siblings = &witness.platform_path.siblings;
    let root = climb(cs, tags::PLATFORM_NODE, &entry, &grantee, siblings);
    cs.equal(&root, &public.platform_root);

    // not_before <= anchor time. All times are below 2^64, so no difference wraps around.
    cs.clause("not before");
    range(cs, &(&public.time - &terms.not_before), TIME_BITS);

    // anchor time < not_after.
    cs.clause("not after");
    range(
        cs,
        &(&(&terms.not_after - &public.time) - Fr::ONE),
        TIME_BITS,
    );

    // The use's index is below the number of uses.
    cs.clause("use index");
    let index = number(cs, u64::from(witness.use_index), USE_BITS);
    range(cs, &(&(&terms.max_uses - &index) - Fr::ONE), USE_BITS);

    // The nullifier is that of this use of this grant.
    cs.clause("nullifier");
    let nullifier = hash(cs, tags::USE, &[salt, leaf, index]);
    cs.equal(&nullifier, &public.nullifier);

    // The receipt says grant, record, grantee, end and anchor time. Vault, session key and nonce stand in `session`, of
    // which no other clause speaks.
    cs.clause("receipt");
    let (grant, record) = (grant.number(), &terms.record);
    let fields = [
        &grant,
        record,
        &terms.grantee,
        &terms.not_after,
        &public.time,
    ];
    let receipt = hash(
        cs,
        tags::RECEIPT,
        &[pack(ReceiptOpening::WIDTHS, fields), session],
    );
    cs.equal(&receipt, &public.receipt);

    // The audit ciphertext, with a nonce dictated by the platform's secret and the nullifier, encrypts the access's terms
    // to the audit key, and hashes to the digest.
    let (purpose, categories) = (Bit::number(&terms.purpose), Bit::number(&terms.categories));
    let fields = [
        &terms.grantee,
        &grant,
        record,
        &purpose,
        &categories,
        &public.time,
    ];
    let words = [pack(ACCESS_WIDTHS, fields), audit_nym];
    let digest = audit_digest(cs, &public.audit_key, &secret, &public.nullifier, &words);
    cs.clause("audit");
    cs.equal(&digest, &public.audit_digest);
}
