//! Poseidon over the scalar field, natively (Grassi et al., "Poseidon: A New Hash Function for Zero-Knowledge Proof
//! Systems", USENIX Security 2021): S-box x^5, 8 full rounds, widths 3 and 5.
//!
//! The gadget twin is `gadgets::poseidon`. Not x^3: 3 divides r - 1, so cubing is no permutation.

use crate::field::Fr;
use crate::tags::Tag;
use ark_crypto_primitives::sponge::poseidon::find_poseidon_ark_and_mds;
use ark_ff::{AdditiveGroup, Field};
use std::sync::OnceLock;

/// Number of full rounds, half of them before and half after the partial rounds.
pub const FULL_ROUNDS: usize = 8;

/// Round constants and mixing matrix for state width `T`.
pub struct Parameters<const T: usize> {
    /// Number of partial rounds.
    pub partial_rounds: usize,
    /// Constants added at the start of each round.
    pub constants: Vec<[Fr; T]>,
    /// The MDS matrix, row by row.
    pub mds: [[Fr; T]; T],
}

impl<const T: usize> Parameters<T> {
    fn generate(partial_rounds: usize) -> Self {
        let row = |values: &Vec<Fr>| std::array::from_fn(|i| values[i]);
        let (constants, mds) = find_poseidon_ark_and_mds::<Fr>(
            255,
            T - 1,
            FULL_ROUNDS as u64,
            partial_rounds as u64,
            0,
        );
        Self {
            partial_rounds,
            constants: constants.iter().map(row).collect(),
            mds: std::array::from_fn(|i| row(&mds[i])),
        }
    }

    /// Whether every element of the state goes through the S-box in this round, or only the first.
    pub fn is_full(&self, round: usize) -> bool {
        round < FULL_ROUNDS / 2 || round >= FULL_ROUNDS / 2 + self.partial_rounds
    }
}

/// Parameters of width 3: 57 partial rounds.
pub fn parameters_3() -> &'static Parameters<3> {
    static CELL: OnceLock<Parameters<3>> = OnceLock::new();
    CELL.get_or_init(|| Parameters::generate(57))
}

/// Parameters of width 5: 60 partial rounds.
pub fn parameters_5() -> &'static Parameters<5> {
    static CELL: OnceLock<Parameters<5>> = OnceLock::new();
    CELL.get_or_init(|| Parameters::generate(60))
}

/// The permutation.
pub fn permute<const T: usize>(parameters: &Parameters<T>, state: &mut [Fr; T]) {
    for (round, constants) in parameters.constants.iter().enumerate() {
        for (element, constant) in state.iter_mut().zip(constants) {
            *element += constant;
        }
        let active = if parameters.is_full(round) { T } else { 1 };
        for element in &mut state[..active] {
            *element *= element.square().square();
        }
        *state = std::array::from_fn(|i| Fr::sum_of_products(&parameters.mds[i], state));
    }
}

/// The first state element: tag, its length, and the number of inputs, so that no two uses and no two input lengths
/// share a hash and zero padding is unambiguous.
pub fn capacity(tag: Tag, inputs: usize) -> Fr {
    debug_assert!(
        tag.0.len() <= Tag::MAX_FIELD_BYTES,
        "tag too long for Poseidon"
    );
    tag.field() + Fr::from(inputs as u64) * Fr::from(2u64).pow([208])
}

/// Domain-separated hash of any number of field elements.
///
/// Up to two inputs: one permutation of width 3. More: a sponge of width 5 and rate 4, zero-padded. The output is the
/// first element of the rate.
pub fn hash(tag: Tag, inputs: &[Fr]) -> Fr {
    if inputs.len() <= 2 {
        sponge(parameters_3(), tag, inputs)
    } else {
        sponge(parameters_5(), tag, inputs)
    }
}

fn sponge<const T: usize>(parameters: &Parameters<T>, tag: Tag, inputs: &[Fr]) -> Fr {
    let mut state = [Fr::ZERO; T];
    state[0] = capacity(tag, inputs.len());
    let mut blocks = inputs.chunks(T - 1);
    let mut block = blocks.next().unwrap_or(&[]);
    loop {
        for (element, input) in state[1..].iter_mut().zip(block) {
            *element += input;
        }
        permute(parameters, &mut state);
        match blocks.next() {
            Some(next) => block = next,
            None => return state[1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::fr_to_hex;

    fn permuted<const T: usize>(parameters: &Parameters<T>) -> [String; T] {
        let mut state = std::array::from_fn(|i| Fr::from(i as u64));
        permute(parameters, &mut state);
        state.map(|element| fr_to_hex(&element))
    }

    /// Published test vector poseidonperm_x5_255_3 of the authors' reference implementation (hadeshash).
    #[test]
    fn width_3_reproduces_the_published_vector() {
        assert_eq!(
            permuted(parameters_3()),
            [
                "28ce19420fc246a05553ad1e8c98f5c9d67166be2c18e9e4cb4b4e317dd2a78a",
                "51f3e312c95343a896cfd8945ea82ba956c1118ce9b9859b6ea56637b4b1ddc4",
                "3b2b69139b235626a0bfb56c9527ae66a7bf486ad8c11c14d1da0c69bbe0f79a",
            ]
        );
    }

    /// Published test vector poseidonperm_x5_255_5 of the authors' reference implementation (hadeshash).
    #[test]
    fn width_5_reproduces_the_published_vector() {
        assert_eq!(
            permuted(parameters_5()),
            [
                "2a918b9c9f9bd7bb509331c81e297b5707f6fc7393dcee1b13901a0b22202e18",
                "65ebf8671739eeb11fb217f2d5c5bf4a0c3f210e3f3cd3b08b5db75675d797f7",
                "2cc176fc26bc70737a696a9dfd1b636ce360ee76926d182390cdb7459cf585ce",
                "4dc4e29d283afd2a491fe6aef122b9a968e74eff05341f3cc23fda1781dcb566",
                "03ff622da276830b9451b88b85e6184fd6ae15c8ab3ee25a5667be8592cce3b1",
            ]
        );
    }

    #[test]
    fn padding_and_tags_separate() {
        let (a, zero) = (Fr::from(7u64), Fr::ZERO);
        for inputs in [
            &[][..],
            &[a],
            &[a, zero],
            &[a, zero, zero],
            &[a, zero, zero, zero],
            &[a, zero, zero, zero, zero],
        ] {
            let mut longer = inputs.to_vec();
            longer.push(zero);
            assert_ne!(hash(Tag("x"), inputs), hash(Tag("x"), &longer));
            assert_ne!(hash(Tag("x"), inputs), hash(Tag("y"), inputs));
        }
    }
}
