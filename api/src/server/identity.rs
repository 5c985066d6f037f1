//! IdentityService: DIDs and schemas, as this node's finalized state has them.

use tacit_circuits::types::Timestamp;
use tacit_identity::did::{MAX_DID_BYTES, MemberDid, NoSources, Options, Resolver};
use tacit_ledger::state;
use tacit_node::NodeHandle;
use tacit_proto::v1::identity_service_server::{IdentityService, IdentityServiceServer};
use tacit_proto::v1::*;
use tonic::{Request, Response, Status};

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::{limits, resolve};

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
        if let Some(document) = own_document(did) {
            return Ok(ResolveDidResponse {
                document: document?,
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

/// The document of a DID that is its own: no time and no source is asked. `None` for other methods.
fn own_document(did: &str) -> Option<ApiResult<String>> {
    let own = ["did:key:", "did:jwk:"]
        .iter()
        .any(|method| did.starts_with(method));
    own.then(|| {
        let resolver = Resolver::new(&NoSources, Timestamp(0));
        match resolver.resolve(did, &Options::default()).document {
            Ok(document) => Ok(document.as_json().to_string()),
            Err(_) => Err(ApiError::plain(&reason::DID_INVALID)),
        }
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dids_that_are_keys_have_documents_of_their_own() {
        for did in [
            "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
            "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
            "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJYMjU1MTkiLCJ1c2UiOiJlbmMiLCJ4IjoiM3A3YmZYdDl3YlRUVzJIQzdPUTFOei1EUThoYmVHZE5yZngtRkctSUswOCJ9",
        ] {
            let document = own_document(did).unwrap().unwrap();
            assert!(document.contains(&format!("\"id\":\"{did}\"")));
        }
        assert!(own_document("did:tacit:00").is_none());
        assert!(own_document("did:key:z6Mk").unwrap().is_err());
    }
}
