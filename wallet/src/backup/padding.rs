//! A state behind its length, with zeros up to a length that tells little.

use zeroize::Zeroizing;

/// Bytes of the length before the state.
pub(crate) const LENGTH: usize = 8;

/// A content of so many bytes that holds a state; `None` when it does not fit.
pub(crate) fn fill(state: &[u8], length: usize) -> Option<Zeroizing<Vec<u8>>> {
    if state.len().checked_add(LENGTH)? > length {
        return None;
    }
    let mut content = Zeroizing::new(Vec::with_capacity(length));
    content.extend_from_slice(&(state.len() as u64).to_be_bytes());
    content.extend_from_slice(state);
    content.resize(length, 0);
    Some(content)
}

/// The state in a content, which must be exactly as [`fill`] writes it.
pub(crate) fn take(content: &[u8]) -> Option<&[u8]> {
    let (length, rest) = content.split_first_chunk::<LENGTH>()?;
    let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
    let (state, zeros) = rest.split_at_checked(length)?;
    zeros.iter().all(|byte| *byte == 0).then_some(state)
}
