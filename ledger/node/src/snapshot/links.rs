//! The changes of the validator set since genesis: they show whose certificate a snapshot's header needs. A node that began
//! with a snapshot keeps those below it in a file.

use super::SnapshotError;
use crate::{
    chain::{Chain, read_block},
    error::NodeError,
    storage::{StorageError, Stored},
};
use std::path::Path;
use tacit_ledger::{
    codec::{decode_slice, encode_vec},
    genesis::ChainSpec,
    handover::{Handover, SetHistory},
    ids::{Epoch, Height},
    state,
};

/// Most changes that a snapshot can show.
pub(super) const MAX_LINKS: usize = 4096;
/// Longest encoded change: a certificate with 128 votes, and 128 keys.
pub(super) const MAX_LINK: usize = 64 << 10;
/// File of a node that began with a snapshot.
pub(crate) const FILE: &str = "handovers";

/// Follows the changes from genesis.
///
/// # Errors
/// [`SnapshotError::Header`] when one does not hold.
pub(super) fn follow(spec: &ChainSpec, links: &[Handover]) -> Result<SetHistory, SnapshotError> {
    let mut history = SetHistory::from_genesis(spec);
    for link in links {
        history.enter(spec, link)?;
    }
    Ok(history)
}

/// The changes below a height.
///
/// # Errors
/// As [`at_end_of`].
pub(super) fn below(chain: &Chain, height: Height) -> Result<Vec<Handover>, NodeError> {
    let epochs = chain.spec().epochs();
    let mut links = read(chain.dir())?;
    let mut epoch = epochs.of(oldest(chain));
    while epochs.last(epoch) < height {
        links.extend(at_end_of(chain, epoch)?);
        epoch = Epoch(epoch.0.saturating_add(1));
    }
    Ok(links)
}

/// The change of the validator set at the end of an epoch; nothing when the set stays.
///
/// # Errors
/// [`NodeError::NoCertificate`] when it cannot be shown here; others when log or state cannot be read.
pub(crate) fn at_end_of(chain: &Chain, epoch: Epoch) -> Result<Option<Handover>, NodeError> {
    let height = chain.spec().epochs().last(epoch);
    if height < oldest(chain) {
        let mut links = read(chain.dir())?.into_iter();
        return Ok(links.find(|link| link.header.epoch == epoch));
    }
    let missing = || NodeError::NoCertificate(height);
    let header = read_block(chain.blocks(), height)?
        .ok_or_else(missing)?
        .header;
    if header.next_validators == header.validators {
        return Ok(None);
    }
    let certificate = chain.blocks().finalization(height.0)?;
    let Stored { bytes, .. } = certificate.ok_or_else(missing)?;
    let certificate = decode_slice(&bytes).map_err(|why| undecodable("certificate", &why))?;
    let named = header.next_validators;
    let next = chain.read(|_, view| state::validator_set(view, &named))?;
    Ok(Some(Handover {
        header,
        certificate,
        next: next.ok_or_else(missing)?,
    }))
}

/// Lowest height of a block that is here.
fn oldest(chain: &Chain) -> Height {
    Height(chain.blocks().block_after(0).unwrap_or(1))
}

/// The bytes of changes: their number, and each with its length.
pub(super) fn encode(links: &[Handover]) -> Vec<u8> {
    let number = |of: usize| u32::try_from(of).unwrap_or(u32::MAX).to_le_bytes();
    let mut out = number(links.len()).to_vec();
    for link in links.iter().map(encode_vec) {
        out.extend_from_slice(&number(link.len()));
        out.extend_from_slice(&link);
    }
    out
}

/// The changes that a snapshot left in this folder.
fn read(dir: &Path) -> Result<Vec<Handover>, StorageError> {
    let path = dir.join(FILE);
    match std::fs::read(&path) {
        Ok(bytes) => decode(&bytes).map_err(|why| undecodable("changes of the validators", &why)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(StorageError::io("cannot read", path, error)),
    }
}

fn decode(mut bytes: &[u8]) -> Result<Vec<Handover>, commonware_codec::Error> {
    fn number(bytes: &mut &[u8]) -> Option<usize> {
        let (number, rest) = bytes.split_first_chunk::<4>()?;
        *bytes = rest;
        usize::try_from(u32::from_le_bytes(*number)).ok()
    }
    let short = || commonware_codec::Error::EndOfBuffer;
    let count = number(&mut bytes).filter(|count| *count <= MAX_LINKS);
    let mut links = Vec::new();
    for _ in 0..count.ok_or_else(short)? {
        let length = number(&mut bytes).filter(|length| *length <= MAX_LINK);
        let link = length.and_then(|length| bytes.split_at_checked(length));
        let (link, rest) = link.ok_or_else(short)?;
        links.push(decode_slice(link)?);
        bytes = rest;
    }
    match bytes.len() {
        0 => Ok(links),
        more => Err(commonware_codec::Error::ExtraData(more)),
    }
}

fn undecodable(what: &'static str, why: &commonware_codec::Error) -> StorageError {
    StorageError::Undecodable {
        what,
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_chain::spec;
    use tacit_ledger::{certificate::Certificate, certificate::Proposal, execute};

    fn link(spec: &ChainSpec) -> Handover {
        let header = execute::genesis(spec).unwrap().block.header;
        let proposal = Proposal {
            epoch: 0,
            view: 1,
            parent_view: 0,
            block: header.id(),
        };
        Handover {
            certificate: Certificate::new(proposal, 1, &[]).unwrap(),
            next: spec.validators().clone(),
            header,
        }
    }

    #[test]
    fn changes_come_back_and_nothing_else_is_read_as_such() {
        let links = vec![link(&spec()), link(&spec())];
        let bytes = encode(&links);
        assert_eq!(decode(&bytes).unwrap(), links);
        for len in 0..bytes.len() {
            assert!(decode(&bytes[..len]).is_err(), "{len}");
        }
        assert!(decode(&[bytes, vec![0]].concat()).is_err());
        assert!(decode(&u32::MAX.to_le_bytes()).is_err());
    }

    #[test]
    fn a_change_that_nobody_certified_leads_nowhere() {
        let spec = spec();
        assert!(follow(&spec, &[]).is_ok());
        assert!(follow(&spec, &[link(&spec)]).is_err());
    }
}
