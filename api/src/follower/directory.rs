//! Members as a light client has verified them, for servers that are no nodes.

use std::sync::Arc;
use tacit_circuits::types::MemberId;
use tacit_ledger::member::MemberRecord;

use super::Follower;
use crate::auth::caller::Directory;
use crate::errors::ApiResult;

/// Looks members up at the node and checks the answers.
pub struct Verified(pub Arc<Follower>);

#[tonic::async_trait]
impl Directory for Verified {
    async fn member(&self, id: MemberId) -> ApiResult<Option<MemberRecord>> {
        self.0.member(id).await
    }
}
