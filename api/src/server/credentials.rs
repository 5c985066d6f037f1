//! CredentialService: credentials in the W3C's formats and SD-JWT VCs over gRPC.

use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;
use tacit_identity::json;
use tacit_proto::v1::credential_service_server::{CredentialService, CredentialServiceServer};
use tacit_proto::v1::*;
use tacit_w3c::model::MAX_DOCUMENT_BYTES;
use tonic::{Request, Response, Status};

use crate::auth::caller::Caller;
use crate::errors::{ApiError, ApiResult};
use crate::http::routes::App;
use crate::limits;
use crate::w3c::options::{IssueOptions, VerifyOptions};
use crate::w3c::problem::{Outcome, Problem};
use crate::w3c::sd_jwt::options as sd_jwt;
use crate::w3c::service::What;
use crate::w3c::status::Update;

/// The service over what the HTTP interface serves.
pub struct Credentials(Arc<App>);

impl Credentials {
    /// The service, with its limits.
    pub fn service(app: Arc<App>) -> CredentialServiceServer<Self> {
        CredentialServiceServer::new(Self(app))
            .max_decoding_message_size(limits::MAX_DOCUMENT_REQUEST)
            .max_encoding_message_size(limits::MAX_RESPONSE)
    }

    async fn verify(&self, what: What, given: &Bytes, asked: &Bytes) -> Result<Bytes, Status> {
        let work = async {
            let options = VerifyOptions::parse(options(asked)?)?;
            self.0.service.verify(what, document(given)?, options).await
        };
        let report = work.await.map_err(refused)?;
        Ok(bytes(&report.to_json()))
    }

    /// Only the issuer itself signs in its name.
    fn own<T>(&self, request: &Request<T>) -> ApiResult<()> {
        let own = self.0.service.issuer()?.member();
        match Some(Caller::of(request)?.member()?.id) == own {
            true => Ok(()),
            false => Err(ApiError::caller_not_allowed()),
        }
    }
}

fn document(bytes: &Bytes) -> Outcome<Value> {
    Ok(json::parse(bytes, MAX_DOCUMENT_BYTES)?)
}

fn options(bytes: &Bytes) -> Outcome<Option<Value>> {
    match bytes.is_empty() {
        true => Ok(None),
        false => document(bytes).map(Some),
    }
}

fn bytes(value: &Value) -> Bytes {
    value.to_string().into()
}

fn refused(problem: Problem) -> Status {
    ApiError::from(problem).into()
}

#[tonic::async_trait]
impl CredentialService for Credentials {
    async fn verify_credential(
        &self,
        request: Request<VerifyCredentialRequest>,
    ) -> Result<Response<VerifyCredentialResponse>, Status> {
        let VerifyCredentialRequest {
            credential,
            options,
        } = request.into_inner();
        let report = self.verify(What::Credential, &credential, &options).await?;
        Ok(Response::new(VerifyCredentialResponse { report }))
    }

    async fn verify_presentation(
        &self,
        request: Request<VerifyPresentationRequest>,
    ) -> Result<Response<VerifyPresentationResponse>, Status> {
        let VerifyPresentationRequest {
            presentation,
            options,
        } = request.into_inner();
        let report = self
            .verify(What::Presentation, &presentation, &options)
            .await?;
        Ok(Response::new(VerifyPresentationResponse { report }))
    }

    async fn sign_credential(
        &self,
        request: Request<SignCredentialRequest>,
    ) -> Result<Response<SignCredentialResponse>, Status> {
        self.own(&request)?;
        let request = request.into_inner();
        let work = async {
            let options = IssueOptions::parse(options(&request.options)?)?;
            let credential = document(&request.credential)?;
            self.0.service.issue(credential, options).await
        };
        let credential = work.await.map_err(refused)?;
        Ok(Response::new(SignCredentialResponse {
            credential: bytes(&credential),
        }))
    }

    async fn set_credential_status(
        &self,
        request: Request<SetCredentialStatusRequest>,
    ) -> Result<Response<SetCredentialStatusResponse>, Status> {
        self.own(&request)?;
        let request = request.into_inner();
        let work = async {
            let entry = document(&request.entry)?;
            let purpose = Some(request.purpose).filter(|purpose| !purpose.is_empty());
            let update = Update::of_entry(&entry, purpose, request.value)?;
            self.0.service.set_status(&update).await
        };
        work.await.map_err(refused)?;
        Ok(Response::new(SetCredentialStatusResponse {}))
    }

    async fn get_status_list(
        &self,
        request: Request<GetStatusListRequest>,
    ) -> Result<Response<GetStatusListResponse>, Status> {
        let GetStatusListRequest { purpose, list } = request.into_inner();
        let list = self.0.service.list(&purpose, &list.to_string()).await;
        let list = list.map_err(refused)?;
        Ok(Response::new(GetStatusListResponse { list: bytes(&list) }))
    }

    async fn issue_sd_jwt(
        &self,
        request: Request<IssueSdJwtRequest>,
    ) -> Result<Response<IssueSdJwtResponse>, Status> {
        self.own(&request)?;
        let request = request.into_inner();
        let work = async {
            let options = sd_jwt::IssueOptions::parse(options(&request.options)?)?;
            let claims = document(&request.claims)?;
            self.0.service.issue_sd_jwt(claims, options).await
        };
        let credential = work.await.map_err(refused)?;
        Ok(Response::new(IssueSdJwtResponse { credential }))
    }

    async fn verify_sd_jwt(
        &self,
        request: Request<VerifySdJwtRequest>,
    ) -> Result<Response<VerifySdJwtResponse>, Status> {
        let request = request.into_inner();
        let work = async {
            let options = sd_jwt::VerifyOptions::parse(options(&request.options)?)?;
            let presentation = request.presentation;
            self.0.service.verify_sd_jwt(presentation, options).await
        };
        let report = work.await.map_err(refused)?;
        Ok(Response::new(VerifySdJwtResponse {
            report: bytes(&report.to_json()),
        }))
    }

    async fn get_status_list_token(
        &self,
        request: Request<GetStatusListTokenRequest>,
    ) -> Result<Response<GetStatusListTokenResponse>, Status> {
        let GetStatusListTokenRequest { purpose, list } = request.into_inner();
        let token = self.0.service.token_list(&purpose, &list.to_string()).await;
        let token = String::clone(&*token.map_err(refused)?);
        Ok(Response::new(GetStatusListTokenResponse { token }))
    }
}
