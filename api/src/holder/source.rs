//! The wallet's view of a node over gRPC. Nothing is believed here; the wallet verifies all of it.

use tacit_ledger::ids::{Epoch, Height};
use tacit_ledger::keys::StateKey;
use tacit_proto::v1;
use tacit_proto::v1::ledger_service_client::LedgerServiceClient;
use tacit_wallet::sync::{
    Finality, HandoverRange, HeaderRange, LedgerSource, SourceError, StateAnswer, TreePart,
};
use tokio::runtime::Handle;

use crate::client::connect::Connection;
use crate::errors::ApiError;
use crate::limits;

/// A node as the wallet reads it. Its methods block, so they are called where that is allowed
/// (`tokio::task::block_in_place`).
pub struct Source {
    ledger: LedgerServiceClient<Connection>,
    runtime: Handle,
}

impl Source {
    /// Reads from the node behind this connection.
    pub fn new(connection: Connection) -> Self {
        let ledger =
            LedgerServiceClient::new(connection).max_decoding_message_size(limits::MAX_RESPONSE);
        Self {
            ledger,
            runtime: Handle::current(),
        }
    }

    /// The node's ledger service.
    pub fn ledger(&mut self) -> &mut LedgerServiceClient<Connection> {
        &mut self.ledger
    }

    fn ask<T>(
        &self,
        call: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>,
    ) -> Result<T, SourceError> {
        match self.runtime.block_on(call) {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(SourceError(Box::new(ApiError::from(status)))),
        }
    }
}

impl LedgerSource for Source {
    fn headers(&mut self, from: Height, max: u32) -> Result<HeaderRange, SourceError> {
        let request = v1::GetHeadersRequest {
            from_height: from.0,
            max_headers: max,
        };
        let range = self.ask(self.ledger.clone().get_headers(request))?;
        Ok(HeaderRange {
            headers: range.headers.into_iter().map(Into::into).collect(),
            finality: (!range.certificate.is_empty()).then(|| Finality {
                certificate: range.certificate.into(),
                validators: range.validators.into(),
            }),
        })
    }

    fn handovers(&mut self, from: Epoch) -> Result<HandoverRange, SourceError> {
        let request = v1::ListHandoversRequest { from_epoch: from.0 };
        let range = self.ask(self.ledger.clone().list_handovers(request))?;
        Ok(HandoverRange {
            handovers: range.handovers.into_iter().map(Into::into).collect(),
            next: Epoch(range.next_epoch),
        })
    }

    fn block(&mut self, height: Height) -> Result<Vec<u8>, SourceError> {
        let request = v1::GetBlockRequest { height: height.0 };
        Ok(self
            .ask(self.ledger.clone().get_block(request))?
            .block
            .into())
    }

    fn note_bucket(&mut self, bucket: u32, anchor: Height) -> Result<TreePart, SourceError> {
        let request = v1::GetNoteBucketRequest {
            bucket,
            anchor_height: anchor.0,
        };
        let answer = self.ask(self.ledger.clone().get_note_bucket(request))?;
        Ok(TreePart {
            bytes: answer.bucket.into(),
            height: Height(answer.height),
        })
    }

    fn ended_shard(&mut self, shard: u16, anchor: Height) -> Result<TreePart, SourceError> {
        let request = v1::GetEndedShardRequest {
            shard: shard.into(),
            anchor_height: anchor.0,
        };
        let answer = self.ask(self.ledger.clone().get_ended_shard(request))?;
        Ok(TreePart {
            bytes: answer.shard.into(),
            height: Height(answer.height),
        })
    }

    fn state(&mut self, key: &StateKey) -> Result<StateAnswer, SourceError> {
        let request = v1::GetStateProofRequest {
            key: key.as_bytes().to_vec().into(),
        };
        let answer = self.ask(self.ledger.clone().get_state_proof(request))?;
        Ok(StateAnswer {
            value: answer.value.map(Into::into),
            proof: answer.proof.into(),
            height: Height(answer.height),
        })
    }
}
