//! AuditService: the sidecars of grants and accesses, for reviewers.

use tacit_circuits::types::AuditDigest;
use tacit_ledger::codec::encode_vec;
use tacit_ledger::ids::Height;
use tacit_node::NodeHandle;
use tacit_proto::v1::audit_service_server::{AuditService, AuditServiceServer};
use tacit_proto::v1::*;
use tonic::{Request, Response, Status};

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::limits;
use crate::server::pages::{self, Page};

/// Most blocks that one page looks through.
const MAX_BLOCKS: u64 = 4096;

/// The service over a running node.
pub struct Audit {
    node: NodeHandle,
    pages: pages::Key,
}

impl Audit {
    /// The service over this node, with its limits.
    pub fn service(node: NodeHandle, pages: pages::Key) -> AuditServiceServer<Self> {
        AuditServiceServer::new(Self { node, pages })
            .max_decoding_message_size(limits::MAX_SMALL_REQUEST)
            .max_encoding_message_size(limits::MAX_RESPONSE)
    }

    async fn list(&self, request: ListSidecarsRequest) -> ApiResult<ListSidecarsResponse> {
        let (from, to) = (request.from_height, request.to_height);
        if from > to || Height(to) > self.node.tip().1.height {
            return Err(ApiError::plain(&reason::RANGE_INVALID));
        }
        let filter = format!("sidecars {from} {to}");
        let page = self.pages.read(&request.page_token, &filter)?;
        // A page ends with a block: its token names the last height that was looked at.
        let first = page.map_or(from, |page| page.after.saturating_add(1));
        let most = pages::bounded(request.page_size, limits::MAX_PAGE) as usize;
        let mut entries = Vec::new();
        for height in first..=to {
            let block = self.node.block(Height(height)).await?;
            let block = block.ok_or_else(|| ApiError::plain(&reason::BLOCK_NOT_KEPT))?;
            for (index, tx) in block.txs.0.iter().enumerate() {
                let Some(digest) = tx.action.audit_digest() else {
                    continue;
                };
                let sidecar = self.node.sidecar(digest).await?;
                entries.push(SidecarEntry {
                    height,
                    index: u32::try_from(index).unwrap_or(u32::MAX),
                    digest: digest.to_bytes().to_vec().into(),
                    sidecar: sidecar.map(|sidecar| encode_vec(&sidecar).into()),
                });
            }
            if height < to && (entries.len() >= most || height - first + 1 >= MAX_BLOCKS) {
                let next_page_token = self.pages.write(
                    Page {
                        height: to,
                        after: height,
                    },
                    &filter,
                );
                return Ok(ListSidecarsResponse {
                    entries,
                    next_page_token,
                });
            }
        }
        Ok(ListSidecarsResponse {
            entries,
            next_page_token: String::new(),
        })
    }
}

#[tonic::async_trait]
impl AuditService for Audit {
    async fn get_sidecar(
        &self,
        request: Request<GetSidecarRequest>,
    ) -> Result<Response<GetSidecarResponse>, Status> {
        let invalid =
            || ApiError::bad_field("digest", "must be a canonical field element of 32 bytes");
        let digest: [u8; 32] = request.into_inner().digest[..]
            .try_into()
            .map_err(|_| invalid())?;
        let digest = AuditDigest::from_bytes(&digest).map_err(|_| invalid())?;
        let sidecar = self.node.sidecar(digest).await.map_err(ApiError::from)?;
        let sidecar = sidecar.ok_or_else(|| ApiError::plain(&reason::SIDECAR_ERASED))?;
        Ok(Response::new(GetSidecarResponse {
            sidecar: encode_vec(&sidecar).into(),
        }))
    }

    async fn list_sidecars(
        &self,
        request: Request<ListSidecarsRequest>,
    ) -> Result<Response<ListSidecarsResponse>, Status> {
        Ok(Response::new(self.list(request.into_inner()).await?))
    }
}
