//! Points of BLS12-381: strict encoding, and multi-scalar multiplication by blst, whose field arithmetic is twice as fast as
//! arkworks' without special target flags.
//!
//! Both libraries keep coordinates as the same six Montgomery limbs, so points change sides by copying them.

use crate::field::{FIELD_BYTES, Fr, fr_to_bytes};
use ark_bls12_381::{Fq, Fq2, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::AffineRepr;
use ark_ff::{BigInt, BigInteger, PrimeField, Zero};
use ark_serialize::CanonicalSerialize;
use blst::{
    MultiPoint, blst_fp, blst_fp2, blst_p1, blst_p1_affine, blst_p2, blst_p2_affine, p1_affines,
};

/// Bytes of a compressed point of G1.
pub(crate) const G1_BYTES: usize = 48;
/// Bytes of a compressed point of G2.
pub(crate) const G2_BYTES: usize = 96;
/// The bit of a compressed point's first byte that tells the sign of y.
const SIGN: u8 = 0x20;

/// Reads a point of G1; `None` unless the bytes are exactly the one encoding of a point of the prime-order subgroup that is
/// not the identity.
pub(crate) fn read_g1(bytes: &[u8]) -> Option<blst_p1_affine> {
    let point = blst::min_pk::PublicKey::uncompress(bytes).ok()?;
    point.validate().ok()?;
    (point.compress() == bytes).then(|| point.into())
}

/// Reads a point of G2, as strictly as [`read_g1`].
pub(crate) fn read_g2(bytes: &[u8]) -> Option<blst_p2_affine> {
    let point = blst::min_sig::PublicKey::uncompress(bytes).ok()?;
    point.validate().ok()?;
    (point.compress() == bytes).then(|| point.into())
}

/// The encoding of a point.
pub(crate) fn encode<P: CanonicalSerialize>(point: &P) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(point.compressed_size());
    // Writing into a vector cannot fail; a failure would leave bytes that no reader accepts.
    let _ = point.serialize_compressed(&mut bytes);
    bytes
}

/// Whether two encoded points are equal or each other's negative.
pub(crate) fn equal_up_to_sign(a: &[u8], b: &[u8]) -> bool {
    let unsigned = |bytes: &[u8]| {
        bytes
            .split_first()
            .map(|(first, rest)| (first | SIGN, rest.to_vec()))
    };
    unsigned(a) == unsigned(b)
}

/// Scalars are summed up by their size, because most public inputs are small numbers.
const SIZES: [usize; 3] = [64, 128, 255];

/// The sum of points of G1 weighted by scalars.
pub(crate) fn weighted_sum(points: &[blst_p1_affine], weights: &[Fr]) -> blst_p1_affine {
    let mut classes = SIZES.map(|bits| (bits, Terms::default()));
    for (point, weight) in points.iter().zip(weights) {
        let bits = weight.into_bigint().num_bits() as usize;
        if let Some((_, terms)) = classes.iter_mut().find(|(size, _)| bits <= *size) {
            terms.push(point, weight);
        }
    }
    let identity = blst_p1_affine::default();
    let sums = classes.iter().map(|(bits, terms)| normal(terms.sum(*bits)));
    let sums: Vec<_> = sums.filter(|sum| *sum != identity).collect();
    match sums[..] {
        [] => identity,
        [one] => one,
        _ => normal(sums.add()),
    }
}

/// A point in affine coordinates.
fn normal(point: blst_p1) -> blst_p1_affine {
    p1_affines::from(&[point])[0]
}

/// Points with scalars that are not zero.
struct Terms<P> {
    points: Vec<P>,
    scalars: Vec<u8>,
}

impl<P> Default for Terms<P> {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            scalars: Vec::new(),
        }
    }
}

impl<P: Copy> Terms<P> {
    fn push(&mut self, point: &P, scalar: &Fr) {
        if !scalar.is_zero() {
            self.points.push(*point);
            let mut bytes = fr_to_bytes(scalar);
            bytes.reverse();
            self.scalars.extend(bytes);
        }
    }

    /// The weighted sum; scalars are below 2^bits.
    fn sum<R: Default>(&self, bits: usize) -> R
    where
        [P]: MultiPoint<Output = R>,
    {
        if self.points.is_empty() {
            return R::default();
        }
        let width = bits.div_ceil(8);
        let scalars: Vec<u8> = self
            .scalars
            .chunks_exact(FIELD_BYTES)
            .flat_map(|scalar| &scalar[..width])
            .copied()
            .collect();
        self.points.as_slice().mult(&scalars, bits)
    }
}

/// A vector of fixed points, ready for multi-scalar multiplications. Identities are left out.
pub(crate) struct Query<P> {
    points: Vec<P>,
    indices: Vec<usize>,
}

impl<P: Copy> Query<P> {
    fn new<A: AffineRepr>(points: &[A], convert: fn(&A) -> P) -> Self {
        let used = || {
            points
                .iter()
                .enumerate()
                .filter(|(_, point)| !point.is_zero())
        };
        Self {
            points: used().map(|(_, point)| convert(point)).collect(),
            indices: used().map(|(i, _)| i).collect(),
        }
    }

    fn sum<R: Default>(&self, scalars: &[Fr]) -> R
    where
        [P]: MultiPoint<Output = R>,
    {
        let mut terms = Terms::default();
        for (point, index) in self.points.iter().zip(&self.indices) {
            if let Some(scalar) = scalars.get(*index) {
                terms.push(point, scalar);
            }
        }
        terms.sum(255)
    }
}

impl Query<blst_p1_affine> {
    /// Takes points of G1.
    pub(crate) fn g1(points: &[G1Affine]) -> Self {
        Self::new(points, |point| blst_p1_affine {
            x: fp(&point.x),
            y: fp(&point.y),
        })
    }

    /// The sum of the points weighted by scalars, in order.
    pub(crate) fn weighted(&self, scalars: &[Fr]) -> G1Projective {
        let blst_p1 { x, y, z } = self.sum(scalars);
        G1Projective::new_unchecked(fq(&x), fq(&y), fq(&z))
    }
}

impl Query<blst_p2_affine> {
    /// Takes points of G2.
    pub(crate) fn g2(points: &[G2Affine]) -> Self {
        Self::new(points, |point| blst_p2_affine {
            x: fp2(&point.x),
            y: fp2(&point.y),
        })
    }

    /// The sum of the points weighted by scalars, in order.
    pub(crate) fn weighted(&self, scalars: &[Fr]) -> G2Projective {
        let blst_p2 { x, y, z } = self.sum(scalars);
        G2Projective::new_unchecked(fq2(&x), fq2(&y), fq2(&z))
    }
}

fn fp(value: &Fq) -> blst_fp {
    blst_fp { l: value.0.0 }
}

fn fp2(value: &Fq2) -> blst_fp2 {
    blst_fp2 {
        fp: [fp(&value.c0), fp(&value.c1)],
    }
}

fn fq(value: &blst_fp) -> Fq {
    Fq::new_unchecked(BigInt(value.l))
}

fn fq2(value: &blst_fp2) -> Fq2 {
    Fq2::new(fq(&value.fp[0]), fq(&value.fp[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ec::{CurveGroup, VariableBaseMSM};
    use ark_ff::{AdditiveGroup, UniformRand};

    /// Scalars of every size, zeros among them.
    fn scalars(count: usize) -> Vec<Fr> {
        let mut rng = crate::testing::entropy(3).into_rng();
        let special = [
            Fr::ZERO,
            Fr::from(1u64),
            -Fr::from(1u64),
            Fr::from(u64::MAX),
            Fr::from(1u128 << 64),
        ];
        (0..count)
            .map(|i| {
                special
                    .get(i)
                    .copied()
                    .unwrap_or_else(|| Fr::rand(&mut rng))
            })
            .collect()
    }

    fn points<G: CurveGroup>(count: usize) -> Vec<G::Affine> {
        let mut points: Vec<_> = (1..=count as u64)
            .map(|i| (G::generator() * G::ScalarField::from(i)).into())
            .collect();
        points[count / 2] = G::Affine::zero();
        points
    }

    #[test]
    fn sums_agree_with_the_other_library() {
        for count in [1, 2, 7, 40, 200] {
            let scalars = scalars(count);
            let (g1, g2) = (points::<G1Projective>(count), points::<G2Projective>(count));
            assert_eq!(
                Query::g1(&g1).weighted(&scalars),
                G1Projective::msm(&g1, &scalars).unwrap()
            );
            assert_eq!(
                Query::g2(&g2).weighted(&scalars),
                G2Projective::msm(&g2, &scalars).unwrap()
            );
            let usable: Vec<_> = g1
                .iter()
                .map(|point| blst_p1_affine {
                    x: fp(&point.x),
                    y: fp(&point.y),
                })
                .collect();
            let sum = weighted_sum(&usable, &scalars);
            let sum = G1Affine::new_unchecked(fq(&sum.x), fq(&sum.y));
            let expected = G1Projective::msm(&g1, &scalars).unwrap().into_affine();
            if !expected.is_zero() {
                assert_eq!(sum, expected);
            }
        }
    }

    #[test]
    fn reading_takes_exactly_what_encoding_gives() {
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        for bytes in [encode(&g1), encode(&-g1)] {
            assert!(read_g1(&bytes).is_some());
            assert!(read_g1(&bytes[..47]).is_none());
            assert!(equal_up_to_sign(&bytes, &encode(&g1)));
        }
        let bytes = encode(&g2);
        assert!(read_g2(&bytes).is_some());
        assert!(read_g2(&bytes[..95]).is_none());
        assert!(!equal_up_to_sign(&bytes, &encode(&(g2 + g2).into_affine())));
        assert!(read_g1(&encode(&G1Affine::zero())).is_none());
        assert!(read_g2(&encode(&G2Affine::zero())).is_none());
        // Uncompressed, and compressed without its flag.
        let mut unflagged = encode(&g1);
        unflagged[0] &= 0x7f;
        assert!(read_g1(&unflagged).is_none());
    }
}
