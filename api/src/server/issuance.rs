//! IssuanceService: an issuer's counter over gRPC.

use std::sync::Arc;
use tacit_ledger::outcome::Outcome;
use tacit_proto::v1::issuance_service_server::{IssuanceService, IssuanceServiceServer};
use tacit_proto::v1::*;
use tonic::{Request, Response, Status};

use crate::errors::ApiError;
use crate::issuer::Desk;
use crate::{limits, wire};

/// The service over an issuer's desk.
pub struct Issuance(Arc<Desk>);

impl Issuance {
    /// The service over this desk, with its limits.
    pub fn service(desk: Arc<Desk>) -> IssuanceServiceServer<Self> {
        IssuanceServiceServer::new(Self(desk)).max_decoding_message_size(limits::MAX_SMALL_REQUEST)
    }
}

#[tonic::async_trait]
impl IssuanceService for Issuance {
    async fn get_issuer_info(
        &self,
        _: Request<GetIssuerInfoRequest>,
    ) -> Result<Response<GetIssuerInfoResponse>, Status> {
        Ok(Response::new(GetIssuerInfoResponse {
            member_id: self.0.member().get(),
        }))
    }

    async fn issue_credential(
        &self,
        request: Request<IssueCredentialRequest>,
    ) -> Result<Response<IssueCredentialResponse>, Status> {
        let request = request.into_inner();
        let code: [u8; 32] = request.offer_code[..]
            .try_into()
            .map_err(|_| ApiError::bad_field("offer_code", "must be 32 bytes"))?;
        let issued = self.0.redeem(&code, &request.request).await?;
        let outcome = Outcome::Leaf {
            position: issued.position,
            existing: false,
        };
        Ok(Response::new(IssueCredentialResponse {
            credential: issued.credential.into(),
            opening: issued.opening.into(),
            finality: Some(wire::finality(issued.height, issued.index, &outcome)),
        }))
    }
}
