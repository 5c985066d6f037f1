//! The few structures that travel and have no canonical bytes in the crates below, and conversions to messages.

use tacit_circuits::field::{Fr, fr_from_bytes, fr_to_bytes};
use tacit_circuits::types::MemberId;
use tacit_ledger::block::Sidecar;
use tacit_ledger::codec::{decode_slice, encode_vec};
use tacit_ledger::ids::Height;
use tacit_ledger::outcome::Outcome;
use tacit_ledger::tx::Tx;
use tacit_proto::v1::{Finality, Transaction};

use crate::errors::{ApiError, ApiResult, catalogue as reason};

const ENTRY: usize = 36;

/// Entries of the platform tree: member id (4 bytes, big-endian) and leaf (32 bytes) each, in order of id.
pub fn platform_tree_to_bytes(entries: &[(MemberId, Fr)]) -> Vec<u8> {
    let entry = |(member, leaf): &(MemberId, Fr)| {
        [&member.get().to_be_bytes()[..], &fr_to_bytes(leaf)].concat()
    };
    entries.iter().flat_map(entry).collect()
}

/// Reads the entries of a platform tree; `None` when the bytes are none, or ids are not in order.
pub fn platform_tree_from_bytes(bytes: &[u8]) -> Option<Vec<(MemberId, Fr)>> {
    let (chunks, rest) = bytes.as_chunks::<ENTRY>();
    let mut entries: Vec<(MemberId, Fr)> = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        let (id, leaf) = chunk.split_first_chunk::<4>()?;
        let member = MemberId::new(u32::from_be_bytes(*id)).ok()?;
        if entries.last().is_some_and(|(last, _)| *last >= member) {
            return None;
        }
        entries.push((member, fr_from_bytes(leaf.try_into().ok()?).ok()?));
    }
    rest.is_empty().then_some(entries)
}

/// A transaction as a message.
pub fn transaction(tx: &Tx, sidecar: Option<&Sidecar>) -> Transaction {
    Transaction {
        body: tx.to_bytes().into(),
        sidecars: sidecar
            .iter()
            .map(|sidecar| encode_vec(*sidecar).into())
            .collect(),
    }
}

/// A transaction out of a message, with its sidecar.
///
/// # Errors
/// When the bytes are not exactly one transaction with at most one sidecar.
pub fn read_transaction(message: Option<Transaction>) -> ApiResult<(Tx, Option<Sidecar>)> {
    let message = message.ok_or_else(|| ApiError::bad_field("transaction", "is missing"))?;
    let tx = Tx::from_bytes(&message.body)
        .map_err(|_| ApiError::plain(&reason::TRANSACTION_MALFORMED))?;
    let invalid = || ApiError::plain(&reason::SIDECAR_INVALID);
    match message.sidecars.as_slice() {
        [] => Ok((tx, None)),
        [sidecar] => Ok((tx, Some(decode_slice(sidecar).map_err(|_| invalid())?))),
        _ => Err(invalid()),
    }
}

/// Where a transaction came to stand, as a message.
pub fn finality(height: Height, index: u32, outcome: &Outcome) -> Finality {
    Finality {
        height: height.0,
        index,
        outcome: encode_vec(outcome).into(),
    }
}

/// Where a transaction came to stand, out of a message.
///
/// # Errors
/// When the message holds none.
pub fn read_finality(message: Option<Finality>) -> ApiResult<(Height, u32, Outcome)> {
    let malformed = || ApiError::plain(&reason::PROOF_OF_SERVER_INVALID);
    let message = message.ok_or_else(malformed)?;
    let outcome = decode_slice(&message.outcome).map_err(|_| malformed())?;
    Ok((Height(message.height), message.index, outcome))
}
