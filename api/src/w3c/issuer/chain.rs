//! The issuer as a member of a chain.

use std::sync::Arc;
use tacit_circuits::field::{Fr, digest_to_fr};
use tacit_circuits::types::{Body, Digest32, EndTag, HolderKey, MemberId, Position};
use tacit_ledger::action::end::EndRight;
use tacit_ledger::action::{Action, End, Issue};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::keys;
use tacit_ledger::outcome::Outcome as LedgerOutcome;
use tacit_ledger::state::Counters;
use tacit_ledger::tx::Tx;

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Follower;
use crate::member::Secrets;
use crate::submit::{self, Submitted};
use crate::w3c::status;

pub(super) struct Chain {
    pub(super) follower: Arc<Follower>,
    pub(super) member: MemberId,
    pub(super) secrets: Secrets,
}

impl Chain {
    /// A leaf that says nothing, so that its bit can be the credential's: key, body and tag are random, and nobody has what
    /// would prove anything from it or end it but its controller, the issuer.
    pub(super) async fn reserve(&self) -> ApiResult<Position> {
        let issue = Issue {
            holder_key: HolderKey(random()?),
            body: Body(random()?),
            end_tag: EndTag(random()?),
        };
        match self.submit(issue.into()).await?.outcome {
            LedgerOutcome::Leaf { position, .. } => Ok(position),
            _ => Err(ApiError::plain(&reason::PROOF_OF_SERVER_INVALID)),
        }
    }

    /// Ends a leaf; returns when an anchor says it, so that lists do too.
    pub(super) async fn end(&self, position: Position) -> ApiResult<()> {
        let end = End {
            position,
            right: EndRight::Controller,
        };
        let submitted = self.submit(end.into()).await?;
        self.follower.anchored(submitted.height).await?;
        Ok(())
    }

    /// Whether the ledger has a leaf in the range of a revocation list.
    pub(super) async fn reaches(&self, list: u32) -> ApiResult<bool> {
        let leaves = self.leaves().await?;
        Ok(status::number(list, 0).is_some_and(|first| first < leaves))
    }

    /// How many leaves the ledger has.
    pub(super) async fn leaves(&self) -> ApiResult<u64> {
        let counters = self.follower.state(&keys::counters()).await?.value;
        let counters = counters.ok_or_else(|| ApiError::plain(&reason::PROOF_OF_SERVER_INVALID))?;
        let counters: Counters = decode_slice(&counters).map_err(ApiError::internal)?;
        Ok(counters.leaves)
    }

    async fn submit(&self, action: Action) -> ApiResult<Submitted> {
        let chain = self.follower.spec().id();
        let id = submit::request_id(&chain, &action);
        let tx = Tx::signed_by_member(&chain, id, action, self.member, &self.secrets.signing());
        submit::submit(self.follower.connection(), &tx, None).await
    }
}

fn random() -> ApiResult<Fr> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    Ok(digest_to_fr(&Digest32(bytes)))
}
