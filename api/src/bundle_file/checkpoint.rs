//! The file of a checkpoint: where a light client stands, for somebody who trusts it.
//!
//! ```text
//! {
//!   "tacit": "checkpoint",
//!   "version": 1,
//!   "warning": "…",                 on a development chain
//!   "chain": "…",                   id of the chain
//!   "height": 1200,
//!   "time": 1795249500,
//!   "block": "…",                   id of the block: compare it with others over another channel
//!   "evidence": "…"                 base64 of the ledger's checkpoint in its canonical bytes
//! }
//! ```
//!
//! As with bundles, a file has one form only. Nothing in it proves it: it is trusted, or it is not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tacit_circuits::types::Timestamp;
use tacit_identity::json;
use tacit_ledger::codec::{decode_slice, encode_vec};
use tacit_ledger::ids::{BlockId, ChainId, Height};
use tacit_ledger::light::Checkpoint;

use super::refused;
use crate::errors::{ApiError, ApiResult};

/// Most bytes of a checkpoint's file: 128 keys of validators and a header.
pub const MAX_CHECKPOINT_FILE: usize = 16 << 10;

const KIND: &str = "checkpoint";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    tacit: String,
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
    chain: ChainId,
    height: Height,
    time: Timestamp,
    block: BlockId,
    evidence: String,
}

/// A checkpoint's file. The warning is that of its chain.
///
/// # Errors
/// Never in practice: a checkpoint always has a document.
pub fn checkpoint_to_json(checkpoint: &Checkpoint, warning: Option<&str>) -> ApiResult<Vec<u8>> {
    let header = &checkpoint.header;
    let document = Document {
        tacit: KIND.to_owned(),
        version: VERSION,
        warning: warning.map(str::to_owned),
        chain: header.chain,
        height: header.height,
        time: header.time.timestamp(),
        block: header.id(),
        evidence: STANDARD.encode(encode_vec(checkpoint)),
    };
    let mut bytes = serde_json::to_vec_pretty(&document).map_err(ApiError::internal)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a checkpoint's file, in exactly the form of [`checkpoint_to_json`].
///
/// # Errors
/// VERIFICATION_FAILED when the bytes are anything else.
pub fn parse_checkpoint(bytes: &[u8]) -> ApiResult<Checkpoint> {
    let document: Document =
        json::parse_as(bytes, MAX_CHECKPOINT_FILE, KIND).map_err(|error| refused("", error))?;
    let evidence = STANDARD
        .decode(&document.evidence)
        .map_err(|_| refused("the checkpoint: ", "not base64"))?;
    let checkpoint: Checkpoint =
        decode_slice(&evidence).map_err(|error| refused("the checkpoint: ", error))?;
    if checkpoint_to_json(&checkpoint, document.warning.as_deref())? != bytes {
        return Err(refused(
            "",
            "not a checkpoint of version 1 as it was written",
        ));
    }
    Ok(checkpoint)
}
