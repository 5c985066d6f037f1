//! IdentityService: DIDs and schemas, as this node's finalized state has them.

use tacit_identity::did::{DidKey, MemberDid};
use tacit_ledger::state;
use tacit_node::NodeHandle;
use tacit_proto::v1::identity_service_server::{IdentityService, IdentityServiceServer};
use tacit_proto::v1::*;
use tonic::{Request, Response, Status};

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::{limits, resolve};

/// Longest DID that is looked at, in bytes.
const MAX_DID_BYTES: usize = 256;

/// The service over a running node.
pub struct Identity(NodeHandle);

impl Identity {
    /// The service over this node, with its limits.
    pub fn service(node: NodeHandle) -> IdentityServiceServer<Self> {
        IdentityServiceServer::new(Self(node)).max_decoding_message_size(limits::MAX_SMALL_REQUEST)
    }

    async fn resolve(&self, did: &str) -> ApiResult<ResolveDidResponse> {
        if did.len() > MAX_DID_BYTES {
            return Err(ApiError::plain(&reason::DID_INVALID));
        }
        if let Ok(key) = did.parse::<DidKey>() {
            return Ok(ResolveDidResponse {
                document: key.document().to_string(),
                height: 0,
            });
        }
        let did: MemberDid = did
            .parse()
            .map_err(|_| ApiError::plain(&reason::DID_INVALID))?;
        if did.chain != self.0.spec().id().0 {
            return Err(ApiError::plain(&reason::DID_UNKNOWN));
        }
        let read = self
            .0
            .read(move |header, view| Ok((header.height, state::member(view, did.member)?)));
        let (height, record) = read.await?;
        let record = record.ok_or_else(|| ApiError::plain(&reason::DID_UNKNOWN))?;
        let document = did.document(&resolve::resolved(&record)?).to_string();
        Ok(ResolveDidResponse {
            document,
            height: height.0,
        })
    }
}

#[tonic::async_trait]
impl IdentityService for Identity {
    async fn resolve_did(
        &self,
        request: Request<ResolveDidRequest>,
    ) -> Result<Response<ResolveDidResponse>, Status> {
        Ok(Response::new(
            self.resolve(&request.into_inner().did).await?,
        ))
    }

    async fn get_schema(
        &self,
        request: Request<GetSchemaRequest>,
    ) -> Result<Response<GetSchemaResponse>, Status> {
        let id: [u8; 32] = request.into_inner().schema_id[..]
            .try_into()
            .map_err(|_| ApiError::bad_field("schema_id", "must be 32 bytes"))?;
        let read = self
            .0
            .read(move |_, view| Ok(state::schema(view, &id)?))
            .await
            .map_err(ApiError::from)?;
        let record = read.ok_or_else(|| ApiError::plain(&reason::SCHEMA_UNKNOWN))?;
        Ok(Response::new(GetSchemaResponse {
            schema: record.document.as_str().to_owned().into(),
        }))
    }
}
