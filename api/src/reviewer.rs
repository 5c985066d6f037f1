//! Gathering what a reviewers' report is made from. The node is not trusted: headers are certified, blocks and members
//! are proven, and a sidecar counts only under the digest that a transaction names. What the node does not deliver is
//! missing in the report, which then says so.

use std::collections::BTreeSet;
use tacit_circuits::types::{AuditDigest, MemberId};
use tacit_ledger::action::Action;
use tacit_ledger::audit::AuditMaterial;
use tacit_ledger::block::Sidecar;
use tacit_ledger::codec::decode_slice;
use tacit_ledger::ids::Height;
use tacit_ledger::light::CertifiedHeader;
use tacit_ledger::member::MAX_MEMBERS;
use tacit_ledger::tx::Tx;
use tacit_proto::v1::ListSidecarsRequest;
use tacit_proto::v1::audit_service_client::AuditServiceClient;

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Follower;
use crate::limits;

/// Everything for the report over the heights `from` to `to`, and the block at `opening` in which it was stated.
///
/// # Errors
/// When the node cannot be reached, or does not admit the caller as a reviewer.
pub async fn gather(
    follower: &Follower,
    (from, to): (Height, Height),
    opening: Height,
) -> ApiResult<AuditMaterial> {
    let mut gathered = Gathered::default();
    let mut headers = follower.headers(from, to).await?;
    headers.push(follower.header(opening).await?);
    for header in headers {
        gathered.block(follower, header).await?;
    }
    for height in std::mem::take(&mut gathered.anchors) {
        if let Some(header) = delivered(follower.header(height).await)? {
            gathered.material.add_header(header);
        }
    }
    members(follower, &mut gathered.material).await?;
    gathered.sidecars(follower, (from, to)).await?;
    Ok(gathered.material)
}

#[derive(Default)]
struct Gathered {
    material: AuditMaterial,
    /// Heights of the anchors that accesses name.
    anchors: BTreeSet<Height>,
    /// Digests that transactions name.
    digests: BTreeSet<AuditDigest>,
}

impl Gathered {
    async fn block(&mut self, follower: &Follower, header: CertifiedHeader) -> ApiResult<()> {
        if let Some(block) = delivered(follower.block_of(&header).await)? {
            let txs = block.txs.0;
            self.anchors.extend(txs.iter().filter_map(anchor));
            let digests = txs.iter().filter_map(|tx| tx.action.audit_digest());
            self.digests.extend(digests);
            self.material.add_block(header.header().height, txs);
        }
        self.material.add_header(header);
        Ok(())
    }

    /// The sidecars of the range, by page; others than those asked for are dropped.
    async fn sidecars(&mut self, follower: &Follower, range: (Height, Height)) -> ApiResult<()> {
        let (Height(from), Height(to)) = range;
        let mut service = AuditServiceClient::new(follower.connection())
            .max_decoding_message_size(limits::MAX_RESPONSE);
        let mut page_token = String::new();
        // Each page ends with a block, so there are at most as many as heights.
        for _ in from..=to {
            let request = ListSidecarsRequest {
                from_height: from,
                to_height: to,
                page_size: 0,
                page_token,
            };
            let page = service.list_sidecars(request).await?.into_inner();
            for bytes in page.entries.into_iter().filter_map(|entry| entry.sidecar) {
                let sidecar = decode_slice::<Sidecar>(&bytes).ok();
                if let Some(sidecar) = sidecar.filter(|s| self.digests.contains(&s.digest())) {
                    self.material.add_sidecar(sidecar);
                }
            }
            if page.next_page_token.is_empty() {
                return Ok(());
            }
            page_token = page.next_page_token;
        }
        Err(ApiError::new(
            &reason::PROOF_OF_SERVER_INVALID,
            "the node's list of sidecars does not end",
        ))
    }
}

/// All members: asking for grantees only would tell the node who they are. Ids are given out without gaps.
async fn members(follower: &Follower, material: &mut AuditMaterial) -> ApiResult<()> {
    for id in (1..=MAX_MEMBERS).map_while(|id| MemberId::new(id).ok()) {
        match follower.member(id).await? {
            Some(member) => material.add_member(member),
            None => break,
        }
    }
    Ok(())
}

fn anchor(tx: &Tx) -> Option<Height> {
    match &tx.action {
        Action::Access(access) => Some(access.anchor),
        _ => None,
    }
}

/// What the node delivered; `None` when it has it not, or sent something else.
fn delivered<T>(answer: ApiResult<T>) -> ApiResult<Option<T>> {
    let missing = [
        reason::NOT_FOUND.code,
        reason::NODE_BEHIND.code,
        reason::PROOF_OF_SERVER_INVALID.code,
    ];
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if missing.contains(&error.code()) => {
            tracing::warn!(%error, "the node does not deliver");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
