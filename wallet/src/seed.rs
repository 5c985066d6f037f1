//! The one secret a person has to keep: 32 random bytes from which every other secret of the wallet follows.

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const BYTES: usize = 32;
const CHECKSUM: usize = 4;
const GROUP: usize = 4;
const PREFIX: &str = "tacit-seed-1";

/// The wallet's seed. Whoever has it has the wallet.
pub struct Seed(Zeroizing<[u8; BYTES]>);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(redacted)")
    }
}

/// Why a written seed could not be read. Says nothing about the seed itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// It does not begin with the prefix of a seed.
    #[error("a written seed begins with {PREFIX}")]
    Prefix,
    /// Not 72 hexadecimal digits.
    #[error("a written seed has 18 groups of 4 hexadecimal digits")]
    Shape,
    /// The checksum does not fit: at least one digit is wrong.
    #[error("the written seed has a typing error: its checksum does not fit")]
    Checksum,
}

impl Seed {
    /// A fresh seed.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; BYTES]);
        rng.fill_bytes(bytes.as_mut());
        Seed(bytes)
    }

    /// A seed from its 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; BYTES]) -> Self {
        Seed(Zeroizing::new(*bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// The seed as text to write down: prefix, then 18 groups of 4 hexadecimal digits, the last two of them a checksum.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        // Reserved once, so that growing leaves no copies behind.
        let mut text = Zeroizing::new(String::with_capacity(128));
        text.push_str(PREFIX);
        let sum = checksum(&self.0);
        for (i, byte) in self.0.iter().chain(&sum).enumerate() {
            if (2 * i).is_multiple_of(GROUP) {
                text.push(' ');
            }
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
            }
        }
        text
    }

    /// Reads what [`Seed::to_text`] wrote. Spaces and upper case do not matter.
    ///
    /// # Errors
    /// [`SeedError`].
    pub fn from_text(text: &str) -> Result<Self, SeedError> {
        let digits = text.trim().strip_prefix(PREFIX).ok_or(SeedError::Prefix)?;
        let mut bytes = Zeroizing::new([0u8; BYTES + CHECKSUM]);
        let mut count = 0;
        for digit in digits.chars().filter(|c| !c.is_whitespace()) {
            let nibble = digit.to_digit(16).ok_or(SeedError::Shape)?;
            let byte = bytes.get_mut(count / 2).ok_or(SeedError::Shape)?;
            *byte = *byte << 4 | nibble as u8;
            count += 1;
        }
        if count != 2 * (BYTES + CHECKSUM) {
            return Err(SeedError::Shape);
        }
        let mut seed = Seed(Zeroizing::new([0; BYTES]));
        seed.0.copy_from_slice(&bytes[..BYTES]);
        if checksum(&seed.0) != bytes[BYTES..] {
            return Err(SeedError::Checksum);
        }
        Ok(seed)
    }
}

fn checksum(seed: &[u8; BYTES]) -> [u8; CHECKSUM] {
    let digest = Sha256::new()
        .chain_update(PREFIX)
        .chain_update(seed)
        .finalize();
    let mut out = [0; CHECKSUM];
    out.copy_from_slice(&digest[..CHECKSUM]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;

    #[test]
    fn what_is_written_down_is_read_back() {
        let seed = Seed::generate(&mut rng(1));
        let text = seed.to_text();
        assert_eq!(Seed::from_text(&text).unwrap().expose(), seed.expose());
        let upper = format!(
            "  {PREFIX}{}\n",
            text[PREFIX.len()..].to_uppercase().replace(' ', "")
        );
        assert_eq!(Seed::from_text(&upper).unwrap().expose(), seed.expose());
    }

    #[test]
    fn one_wrong_digit_anywhere_is_noticed() {
        let text = Seed::generate(&mut rng(1)).to_text();
        for at in PREFIX.len()..text.len() {
            let Some(digit) = text.as_bytes()[at..=at]
                .first()
                .and_then(|b| (*b as char).to_digit(16))
            else {
                continue;
            };
            let other = char::from_digit(digit ^ 1, 16).unwrap().to_string();
            let mut wrong = text.to_string();
            wrong.replace_range(at..=at, &other);
            assert_eq!(Seed::from_text(&wrong).unwrap_err(), SeedError::Checksum);
        }
    }

    #[test]
    fn other_text_is_no_seed() {
        for (text, error) in [
            ("", SeedError::Prefix),
            ("tacit-seed-2 0000", SeedError::Prefix),
            ("tacit-seed-1 0000", SeedError::Shape),
            ("tacit-seed-1 zzzz", SeedError::Shape),
        ] {
            assert_eq!(Seed::from_text(text).unwrap_err(), error, "{text}");
        }
        let long = format!("tacit-seed-1 {}", "0".repeat(1 << 16));
        assert_eq!(Seed::from_text(&long).unwrap_err(), SeedError::Shape);
    }
}
