//! Sending transactions to a node so that sending again never does a thing twice.

use tacit_circuits::tags::{self, tagged_sha256};
use tacit_ledger::action::Action;
use tacit_ledger::block::Sidecar;
use tacit_ledger::codec::encode_vec;
use tacit_ledger::ids::{ChainId, Height, RequestId, ValidatorId};
use tacit_ledger::outcome::Outcome;
use tacit_ledger::tx::Tx;
use tacit_proto::v1::SubmitTransactionRequest;
use tacit_proto::v1::ledger_service_client::LedgerServiceClient;

use crate::client::connect::Connection;
use crate::errors::ApiResult;
use crate::wire;

/// Where a transaction came to stand.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Submitted {
    /// Height of its block.
    pub height: Height,
    /// Its place in the block.
    pub index: u32,
    /// What it did.
    pub outcome: Outcome,
}

/// The request id of an action that is the same action whenever it is sent: running a command again after a kill gives
/// the same transaction, and the ledger answers with its first outcome.
pub fn request_id(chain: &ChainId, action: &Action) -> RequestId {
    truncated(&[chain.as_bytes(), &encode_vec(action)])
}

/// Like [`request_id`], for actions that every validator sends alike: votes for the same proposal are requests of their own.
pub fn request_id_of(chain: &ChainId, validator: ValidatorId, action: &Action) -> RequestId {
    let who = validator.get().to_be_bytes();
    truncated(&[chain.as_bytes(), &who, &encode_vec(action)])
}

fn truncated(parts: &[&[u8]]) -> RequestId {
    let digest = tagged_sha256(tags::REQUEST_ID, parts);
    let mut id = [0; 16];
    id.copy_from_slice(&digest.0[..16]);
    RequestId(id)
}

/// Submits a transaction under the connection's credentials; returns when it is final and durable.
///
/// # Errors
/// When the ledger refuses it or the node cannot be reached.
pub async fn submit(
    connection: Connection,
    tx: &Tx,
    sidecar: Option<&Sidecar>,
) -> ApiResult<Submitted> {
    let mut ledger = LedgerServiceClient::new(connection);
    let request = SubmitTransactionRequest {
        transaction: Some(wire::transaction(tx, sidecar)),
    };
    let response = ledger.submit_transaction(request).await?.into_inner();
    let (height, index, outcome) = wire::read_finality(response.finality)?;
    Ok(Submitted {
        height,
        index,
        outcome,
    })
}
