//! The list itself: equal small numbers side by side, compressed, as text.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use super::StatusError;

/// Fewest entries of a list: a smaller herd would show who is looked up.
pub const MIN_ENTRIES: usize = 131_072;

/// Longest list accepted, uncompressed: 2^23 entries of one bit.
pub const MAX_BYTES: usize = 1 << 20;

/// Longest `encodedList` accepted: a list that does not compress, as base64url with its prefix.
pub const MAX_ENCODED_BYTES: usize = MAX_BYTES / 3 * 4 + 1024;

/// A status list: entries of one to eight bits, the first one in the highest bits of the first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitstring {
    bytes: Vec<u8>,
    size: EntrySize,
}

/// Bits of one entry: 1 to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntrySize(u8);

impl EntrySize {
    /// One bit: set or not.
    pub const BIT: Self = Self(1);

    /// A size of 1 to 8 bits; `None` for others.
    pub fn new(bits: u64) -> Option<Self> {
        u8::try_from(bits)
            .ok()
            .filter(|bits| (1..=8).contains(bits))
            .map(Self)
    }

    /// The bits.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// How many values an entry can have.
    pub fn values(self) -> usize {
        1 << self.0
    }
}

impl Bitstring {
    /// The list of an issuer's ended bits, or of any bits, in order; filled up with clear ones to [`MIN_ENTRIES`].
    ///
    /// # Errors
    /// [`StatusError::TooLong`] beyond [`MAX_BYTES`].
    pub fn of_bits(bits: impl IntoIterator<Item = bool>) -> Result<Self, StatusError> {
        Self::of_values(EntrySize::BIT, bits.into_iter().map(u8::from))
    }

    /// A list of values of some bits each, in order; filled up with zeros to [`MIN_ENTRIES`].
    ///
    /// # Errors
    /// [`StatusError::TooLong`] beyond [`MAX_BYTES`]; [`StatusError::Value`] for a value that needs more bits.
    pub fn of_values(
        size: EntrySize,
        values: impl IntoIterator<Item = u8>,
    ) -> Result<Self, StatusError> {
        let mut bytes = vec![0u8; MIN_ENTRIES / 8 * usize::from(size.0)];
        for (index, value) in values.into_iter().enumerate() {
            if usize::from(value) >= size.values() {
                return Err(StatusError::Value);
            }
            for bit in 0..size.0 {
                let at = index
                    .checked_mul(usize::from(size.0))
                    .and_then(|at| at.checked_add(usize::from(bit)))
                    .filter(|at| at / 8 < MAX_BYTES)
                    .ok_or(StatusError::TooLong)?;
                if at / 8 >= bytes.len() {
                    bytes.resize(at / 8 + 1, 0);
                }
                let set = value >> (size.0 - 1 - bit) & 1;
                if let Some(byte) = bytes.get_mut(at / 8) {
                    *byte |= set << (7 - at % 8);
                }
            }
        }
        Ok(Self { bytes, size })
    }

    /// `encodedList`: multibase base64url of the gzip of the list.
    ///
    /// # Errors
    /// [`StatusError::Encoding`], never in practice.
    pub fn encode(&self) -> Result<String, StatusError> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&self.bytes)
            .map_err(|_| StatusError::Encoding)?;
        let compressed = gzip.finish().map_err(|_| StatusError::Encoding)?;
        Ok(format!("u{}", URL_SAFE_NO_PAD.encode(compressed)))
    }

    /// Reads what [`Bitstring::encode`] writes: at most [`MAX_BYTES`], however small the text.
    ///
    /// # Errors
    /// [`StatusError`]: not that encoding, more than the bound, bytes after the end, or fewer than [`MIN_ENTRIES`] entries.
    pub fn decode(text: &str, size: EntrySize) -> Result<Self, StatusError> {
        if text.len() > MAX_ENCODED_BYTES {
            return Err(StatusError::TooLong);
        }
        let base64 = text.strip_prefix('u').ok_or(StatusError::Encoding)?;
        let compressed = URL_SAFE_NO_PAD
            .decode(base64)
            .map_err(|_| StatusError::Encoding)?;
        let mut gzip = GzDecoder::new(compressed.as_slice());
        let mut bytes = Vec::new();
        let bound = u64::try_from(MAX_BYTES).map_err(|_| StatusError::TooLong)?;
        gzip.by_ref()
            .take(bound + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| StatusError::Encoding)?;
        if bytes.len() > MAX_BYTES {
            return Err(StatusError::TooLong);
        }
        if !gzip.into_inner().is_empty() {
            return Err(StatusError::Encoding);
        }
        let list = Self { bytes, size };
        if list.len() < MIN_ENTRIES {
            return Err(StatusError::TooShort);
        }
        Ok(list)
    }

    /// How many whole entries it has.
    pub fn len(&self) -> usize {
        self.bytes.len() * 8 / usize::from(self.size.0)
    }

    /// Never true: a list has at least [`MIN_ENTRIES`].
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bits of an entry.
    pub fn size(&self) -> EntrySize {
        self.size
    }

    /// The value of an entry; `None` beyond the end.
    pub fn get(&self, index: u64) -> Option<u8> {
        let index = usize::try_from(index).ok().filter(|i| *i < self.len())?;
        let start = index * usize::from(self.size.0);
        (start..start + usize::from(self.size.0)).try_fold(0u8, |value, at| {
            let bit = self.bytes.get(at / 8)? >> (7 - at % 8) & 1;
            Some(value << 1 | bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn text(compressed: &[u8]) -> String {
        format!("u{}", URL_SAFE_NO_PAD.encode(compressed))
    }

    fn decode(text: &str) -> Result<Bitstring, StatusError> {
        Bitstring::decode(text, EntrySize::BIT)
    }

    #[test]
    fn index_zero_is_the_highest_bit_of_the_first_byte() {
        let list = Bitstring::of_bits([true, false, true]).unwrap();
        assert_eq!(list.bytes.first(), Some(&0b1010_0000));
        assert_eq!(
            (list.get(0), list.get(1), list.get(2)),
            (Some(1), Some(0), Some(1))
        );
        assert_eq!(list.len(), MIN_ENTRIES);
        assert_eq!(list.get(131_071), Some(0));
        assert_eq!(list.get(131_072), None);
        assert_eq!(list.get(u64::MAX), None);
        let list = Bitstring::of_values(EntrySize::new(2).unwrap(), [1, 3, 0, 2]).unwrap();
        assert_eq!(list.bytes.first(), Some(&0b0111_0010));
        assert_eq!((list.get(1), list.get(3)), (Some(3), Some(2)));
        assert_eq!(list.bytes.len(), 32_768);
    }

    #[test]
    fn bombs_and_scraps_are_refused() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000);
        assert_eq!(decode(&text(&bomb)), Err(StatusError::TooLong));
        assert_eq!(
            decode(&text(&gzip(&vec![0; MAX_BYTES + 1]))),
            Err(StatusError::TooLong)
        );
        assert!(decode(&text(&gzip(&vec![0; MAX_BYTES]))).is_ok());
        assert_eq!(
            decode(&"u".repeat(MAX_ENCODED_BYTES + 1)),
            Err(StatusError::TooLong)
        );
        assert_eq!(
            decode(&text(&gzip(&vec![0; 16_383]))),
            Err(StatusError::TooShort)
        );
        let good = gzip(&vec![0; 16_384]);
        assert!(decode(&text(&good)).is_ok());
        let mut longer = good.clone();
        longer.push(0);
        assert_eq!(decode(&text(&longer)), Err(StatusError::Encoding));
        let twice = [good.clone(), good.clone()].concat();
        assert_eq!(decode(&text(&twice)), Err(StatusError::Encoding));
        let mut broken = good.clone();
        let last = broken.len() - 6;
        broken[last] ^= 1;
        assert_eq!(decode(&text(&broken)), Err(StatusError::Encoding));
        assert_eq!(
            decode(&text(&good[..good.len() - 1])),
            Err(StatusError::Encoding)
        );
        for bad in [
            "",
            "u",
            "z1",
            &text(&good)[1..],
            &format!("{}=", text(&good)),
            "uH4sI",
        ] {
            assert_eq!(decode(bad), Err(StatusError::Encoding), "{bad}");
        }
    }

    #[test]
    fn lists_beyond_the_bound_cannot_be_made() {
        let bits = std::iter::repeat_n(true, MAX_BYTES * 8 + 1);
        assert_eq!(Bitstring::of_bits(bits), Err(StatusError::TooLong));
        let two = EntrySize::new(2).unwrap();
        assert_eq!(Bitstring::of_values(two, [4]), Err(StatusError::Value));
        assert_eq!((EntrySize::new(0), EntrySize::new(9)), (None, None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_is_encoded_is_decoded(size in 1u64..=8, values in proptest::collection::vec(any::<u8>(), 0..500)) {
            let size = EntrySize::new(size).unwrap();
            let values: Vec<u8> =
                values.iter().map(|v| v % u8::try_from(size.values().min(255)).unwrap()).collect();
            let list = Bitstring::of_values(size, values.iter().copied()).unwrap();
            let again = Bitstring::decode(&list.encode().unwrap(), size).unwrap();
            prop_assert_eq!(&again, &list);
            for (index, value) in (0u64..).zip(&values) {
                prop_assert_eq!(again.get(index), Some(*value));
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&text(&bytes));
            let gzipped = gzip(&bytes);
            let _ = decode(&text(&gzipped));
        }
    }
}
