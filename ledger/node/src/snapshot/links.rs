//! The way from the validators of genesis to those that certify a snapshot: one link for each change of the set.
//!
//! A link is the last header of an epoch, its certificate by the set that was trusted until then, and the set that the header
//! names for what follows.

use super::SnapshotError;
use crate::{
    chain::{Chain, read_block},
    error::NodeError,
    storage::{StorageError, Stored},
};
use std::path::Path;
use tacit_ledger::{
    certificate::Certificate,
    codec::{decode_slice, encode_vec},
    genesis::ChainSpec,
    header::Header,
    ids::Height,
    light::{self, LightError, TrustedSet},
    state,
    validators::ValidatorSet,
};

/// Most changes of the set that a snapshot can show.
pub(super) const MAX_LINKS: usize = 4096;
/// Longest part of a link: a certificate with 128 votes.
pub(super) const MAX_PART: usize = 64 << 10;
/// File of a node that began with a snapshot: the links below it.
pub(super) const FILE: &str = "links";

/// Header, certificate and next set, encoded.
pub(super) type Link = [Vec<u8>; 3];

/// Follows the links from genesis; gives the set that they lead to.
///
/// # Errors
/// [`SnapshotError`] when one does not hold.
pub(super) fn follow(spec: &ChainSpec, links: &[Link]) -> Result<TrustedSet, SnapshotError> {
    let damaged = |_| SnapshotError::Damaged("a change of the validators cannot be read");
    let (mut trusted, mut below) = (TrustedSet::first(spec), Height(0));
    for [header, certificate, set] in links {
        let header: Header = decode_slice(header).map_err(damaged)?;
        let certificate: Certificate = decode_slice(certificate).map_err(damaged)?;
        let set: ValidatorSet = decode_slice(set).map_err(damaged)?;
        let height = header.height;
        if height <= below || !spec.epochs().ends_at(height) {
            return Err(LightError::Gap { height }.into());
        }
        below = height;
        let certified = light::certify(spec, &trusted, &[header], &certificate)?;
        let header = certified.first().ok_or(LightError::Empty)?;
        trusted = header.next_set(spec, set)?;
    }
    Ok(trusted)
}

/// The links up to the block at `height`; nothing when a certificate is not at hand.
///
/// # Errors
/// When log or state cannot be read.
pub(super) fn collect(chain: &Chain, height: Height) -> Result<Option<Vec<Link>>, NodeError> {
    let mut links = read(chain.dir())?;
    let epochs = chain.spec().epochs();
    let oldest = Height(chain.blocks().block_after(0).unwrap_or(1));
    let mut end = epochs.last(epochs.of(oldest));
    while end < height {
        let Some(block) = read_block(chain.blocks(), end)? else {
            return Ok(None);
        };
        let header = block.header;
        if header.next_validators != header.validators {
            let Some(Stored { bytes, .. }) = chain.blocks().finalization(end.0)? else {
                return Ok(None);
            };
            let named = header.next_validators;
            let set = chain.read(|_, view| state::validator_set(view, &named))?;
            let missing = || NodeError::Stopped("a validator set is missing in the state".into());
            let set = encode_vec(&set.ok_or_else(missing)?);
            links.push([encode_vec(&header), bytes, set]);
        }
        end = epochs.last(epochs.of(end.next()));
    }
    Ok(Some(links))
}

/// The bytes of links, as they stand in the file and in a snapshot: their number, and each part with its length.
pub(super) fn encode(links: &[Link]) -> Vec<u8> {
    let mut out = number(links.len()).to_vec();
    for part in links.iter().flatten() {
        out.extend_from_slice(&number(part.len()));
        out.extend_from_slice(part);
    }
    out
}

fn number(of: usize) -> [u8; 4] {
    u32::try_from(of).unwrap_or(u32::MAX).to_le_bytes()
}

/// The links that a snapshot left in this folder.
fn read(dir: &Path) -> Result<Vec<Link>, StorageError> {
    let path = dir.join(FILE);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StorageError::io("cannot read", path, error)),
    };
    let undecodable = || StorageError::Undecodable {
        what: "links",
        why: "they end too early".into(),
    };
    decode(&bytes).ok_or_else(undecodable)
}

fn decode(mut bytes: &[u8]) -> Option<Vec<Link>> {
    let number = |bytes: &mut &[u8]| {
        let (number, rest) = bytes.split_first_chunk::<4>()?;
        *bytes = rest;
        Some(u32::from_le_bytes(*number) as usize)
    };
    let count = number(&mut bytes).filter(|count| *count <= MAX_LINKS)?;
    let mut links = Vec::new();
    for _ in 0..count {
        let mut link = Link::default();
        for part in &mut link {
            let length = number(&mut bytes).filter(|length| *length <= MAX_PART)?;
            let (found, rest) = bytes.split_at_checked(length)?;
            *part = found.to_vec();
            bytes = rest;
        }
        links.push(link);
    }
    bytes.is_empty().then_some(links)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_chain::spec;

    #[test]
    fn links_come_back_and_nothing_else_is_read_as_links() {
        let links = vec![
            [vec![1], vec![], vec![2; 700]],
            [vec![3; 5], vec![4], vec![]],
        ];
        let bytes = encode(&links);
        assert_eq!(decode(&bytes).unwrap(), links);
        for len in 0..bytes.len() {
            assert!(decode(&bytes[..len]).is_none(), "{len}");
        }
        assert!(decode(&[bytes, vec![0]].concat()).is_none());
        assert!(decode(&u32::MAX.to_le_bytes()).is_none());
    }

    #[test]
    fn without_links_the_set_is_that_of_genesis_and_made_up_ones_lead_nowhere() {
        let spec = spec();
        assert_eq!(
            follow(&spec, &[]).unwrap().set(),
            TrustedSet::first(&spec).set()
        );
        assert!(follow(&spec, &[Link::default()]).is_err());
    }
}
