//! A fixed instance that holds, for benchmarks.

use super::{Open, OpenPublic, OpenWitness};
use crate::bench::Sample;
use crate::commit;
use crate::field::Fr;
use crate::types::{Context, Secret};

impl Sample for Open {
    fn sample() -> Option<(OpenPublic, OpenWitness)> {
        let (sk, rho) = (Fr::from(11u64), Fr::from(12u64));
        let public = OpenPublic {
            holder_key: commit::holder_key(&sk, &rho),
            context: Context(Fr::from(13u64)),
        };
        let witness = OpenWitness {
            sk: Secret::new(sk),
            rho: Secret::new(rho),
        };
        Some((public, witness))
    }
}
