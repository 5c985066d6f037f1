//! The terms of a grant as circuit variables, and the packed word they add up to.

use super::super::terms::{GRANT_WIDTHS, GrantTerms};
use crate::commit::MAX_USES;
use crate::field::Fr;
use crate::r1cs::{Bit, ConstraintSystem, Num};
use ark_ff::Field;

/// Bits of a time in circuits: seconds below 2^40 reach beyond the year 36,000.
pub const TIME_BITS: usize = 40;

/// Bits of a purpose or category.
pub const VOCABULARY_BITS: usize = 5;

/// Bits of a use index, and of the number of uses less one.
pub const USE_BITS: usize = MAX_USES.trailing_zeros() as usize;

/// A grant's small numbers, each known to be no longer than its field in the packed word.
pub struct TermsVar {
    /// Position of the record.
    pub record: Num,
    /// The grantee's member id.
    pub grantee: Num,
    /// The purpose, 5 bits.
    pub purpose: Vec<Bit>,
    /// The categories, one bit each.
    pub categories: Vec<Bit>,
    /// First second at which the grant holds, 40 bits.
    pub not_before: Num,
    /// First second at which it no longer does, 40 bits.
    pub not_after: Num,
    /// Number of uses, 1 to 4096.
    pub max_uses: Num,
}

impl TermsVar {
    /// Takes the terms as hints, every range checked. `record` and `grantee` are numbers that the caller has made from 32
    /// bits or fewer.
    pub fn new(cs: &mut ConstraintSystem, terms: &GrantTerms, record: Num, grantee: Num) -> Self {
        Self {
            record,
            grantee,
            purpose: bits(cs, u64::from(terms.purpose.get()), VOCABULARY_BITS),
            categories: bits(cs, u64::from(terms.categories.0), u32::BITS as usize),
            not_before: number(cs, terms.not_before.0, TIME_BITS),
            not_after: number(cs, terms.not_after.0, TIME_BITS),
            max_uses: &number(cs, u64::from(terms.max_uses).wrapping_sub(1), USE_BITS) + Fr::ONE,
        }
    }

    /// The packed word, as in [`GrantTerms::packed`].
    pub fn packed(&self) -> Num {
        let (purpose, categories) = (Bit::number(&self.purpose), Bit::number(&self.categories));
        let (start, end) = (&self.not_before, &self.not_after);
        pack(
            GRANT_WIDTHS,
            [
                &self.record,
                &self.grantee,
                &purpose,
                &categories,
                start,
                end,
                &self.max_uses,
            ],
        )
    }
}

/// The lowest bits of a hint, the lowest first.
pub fn bits(cs: &mut ConstraintSystem, value: u64, width: usize) -> Vec<Bit> {
    (0..width).map(|i| cs.bit(value >> i & 1 == 1)).collect()
}

/// A hint of so many bits.
pub fn number(cs: &mut ConstraintSystem, value: u64, width: usize) -> Num {
    Bit::number(&bits(cs, value, width))
}

/// The numbers side by side, the first lowest: the twin of the native packing.
pub fn pack<const N: usize>(widths: [usize; N], fields: [&Num; N]) -> Num {
    let mut shift = Fr::ONE;
    Num::weighted(fields.into_iter().zip(widths).map(|(field, width)| {
        let weight = shift;
        shift *= Fr::from(2u64).pow([width as u64]);
        (field, weight)
    }))
}
