//! The open statement as a circuit: one comment per clause.

use super::OpenWitness;
use crate::gadgets::hash;
use crate::r1cs::{ConstraintSystem, Num};
use crate::tags;

pub(super) fn circuit(cs: &mut ConstraintSystem, inputs: &[Num], witness: &OpenWitness) {
    let [holder_key, _context] = inputs else {
        return;
    };
    cs.clause("witness");
    let sk = cs.witness(*witness.sk.expose());
    let rho = cs.witness(*witness.rho.expose());

    // K opens to sk and rho.
    cs.clause("holder key");
    let key = hash(cs, tags::HOLDER, &[sk, rho]);
    cs.equal(&key, holder_key);
}
