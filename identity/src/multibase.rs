//! Multibase with base58btc: the letter `z`, then base58 with the Bitcoin alphabet.

/// Writes bytes as multibase base58btc.
pub(crate) fn encode(bytes: &[u8]) -> String {
    format!("z{}", bs58::encode(bytes).into_string())
}

/// Reads exactly `N` bytes from multibase base58btc; `None` for anything else. The text is bounded before base58, whose
/// time is quadratic.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() > 2 * N + 2 {
        return None;
    }
    let bytes = bs58::decode(text.strip_prefix('z')?).into_vec().ok()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_refusals() {
        let bytes = [0u8, 1, 2, 255];
        let text = encode(&bytes);
        assert_eq!(decode::<4>(&text), Some(bytes));
        assert_eq!(decode::<5>(&text), None);
        assert_eq!(decode::<4>(&text[1..]), None);
        assert_eq!(decode::<4>("z0OIl"), None);
        assert_eq!(decode::<4>(&format!("z{}", "1".repeat(1_000_000))), None);
    }
}
