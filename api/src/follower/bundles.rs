//! Bundles of what one knows, made with a node and checked before anybody gets them.

use tacit_circuits::audit::{AuditSecretKey, DecryptionShare};
use tacit_circuits::commit::ReceiptOpening;
use tacit_circuits::types::{AnchorView, MemberId};
use tacit_identity::request::GrantOpening;
use tacit_ledger::action::{Access, Action};
use tacit_ledger::block::Sidecar;
use tacit_ledger::bundle::{
    self, AbsenceBundle, BundleError, GrantBundle, GrantEvidence, List, ReceiptBundle, RowBundle,
    RowTerms, StateBundle, StateEvidence, TransactionBundle, Trust, TxEvidence,
};
use tacit_ledger::ids::{Height, RequestId};
use tacit_ledger::keys::{self, StateKey};

use super::{Follower, lied};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::wire;

impl Follower {
    /// A value of the newest state, or that there is none.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn state_bundle(&self, key: StateKey) -> ApiResult<StateBundle> {
        let state = self.states(std::slice::from_ref(&key)).await?;
        let state = state.into_iter().next().ok_or_else(lied)?;
        let bundle = StateBundle {
            chain: self.chain_evidence(&[state.height()]).await?,
            key,
            state,
        };
        bundle.verify(&self.trust()).map_err(refused)?;
        Ok(bundle)
    }

    /// A transaction, by the request id that its sender chose.
    ///
    /// # Errors
    /// NOT_FOUND when the chain does not know the id, or no longer; when the node does not deliver.
    pub async fn transaction_bundle(&self, id: RequestId) -> ApiResult<TransactionBundle> {
        let found = self.transaction(id).await?;
        let found = found.ok_or_else(|| ApiError::plain(&reason::NOT_FOUND))?;
        let (height, index, _) = wire::read_finality(found.finality)?;
        let bundle = TransactionBundle {
            chain: self.chain_evidence(&[height]).await?,
            tx: self.tx_evidence(height, index as usize).await?,
        };
        if bundle.tx.tx.request_id != id {
            return Err(lied());
        }
        bundle.verify(&self.trust()).map_err(refused)?;
        Ok(bundle)
    }

    /// A grant as of the newest anchor, for whoever holds its opening.
    ///
    /// # Errors
    /// NODE_BEHIND when it is not in the note tree yet; when the node does not deliver.
    pub async fn grant_bundle(&self, opening: &GrantOpening) -> ApiResult<GrantBundle> {
        let anchor = self.anchor().await?;
        let grant = self.grant_evidence(&anchor, opening).await?;
        let grantee = self.one_member(opening.body.grantee).await?;
        let bundle = GrantBundle {
            chain: self
                .chain_evidence(&[grant.height, grantee.height()])
                .await?,
            ended: self.ended_path(&anchor, opening.position).await?,
            record_ended: self.ended_path(&anchor, opening.body.record).await?,
            grant,
            grantee,
        };
        bundle.verify(&self.trust()).map_err(refused)?;
        Ok(bundle)
    }

    /// That nobody used a grant in the heights `from` to `to`, for whoever holds its opening. The node learns that all the
    /// grant's uses belong together.
    ///
    /// # Errors
    /// GRANT_USED when somebody did; RANGE_INVALID; when the node does not deliver.
    pub async fn absence_bundle(
        &self,
        opening: &GrantOpening,
        (from, to): (Height, Height),
    ) -> ApiResult<AbsenceBundle> {
        let tip = self.sync().await?.header().height;
        if from == Height(0) || from > to || to > tip {
            let what = format!("a range of heights from 1 to the newest, which is {tip}");
            return Err(ApiError::new(&reason::RANGE_INVALID, what));
        }
        let anchor = self.anchor().await?;
        let grant = self.grant_evidence(&anchor, opening).await?;
        let nullifiers = grant.opening.nullifiers().map_err(refused)?;
        let state_keys: Vec<StateKey> = nullifiers.iter().map(keys::nullifier).collect();
        let uses = self.states(&state_keys).await?;
        let grantee = self.one_member(opening.body.grantee).await?;
        let mut heights = vec![from, to, grant.height, grantee.height()];
        heights.extend(uses.first().map(StateEvidence::height));
        let bundle = AbsenceBundle {
            chain: self.chain_evidence(&heights).await?,
            grant,
            from,
            to,
            uses: List(uses),
            grantee,
        };
        bundle.verify(&self.trust()).map_err(refused)?;
        Ok(bundle)
    }

    /// An access, for whoever holds the opening of its receipt. It is looked for in whole blocks, so the node does not learn
    /// which access it is.
    ///
    /// # Errors
    /// NOT_FOUND when the access is not on the chain; when the node does not deliver.
    pub async fn receipt_bundle(
        &self,
        access: &Access,
        opening: &ReceiptOpening,
    ) -> ApiResult<ReceiptBundle> {
        let access = self.find_access(access).await?;
        let members = self
            .member_evidence(&[opening.grantee, opening.vault])
            .await?;
        let [grantee, vault]: [StateEvidence; 2] = members.try_into().map_err(|_| lied())?;
        let bundle = ReceiptBundle {
            chain: self
                .chain_evidence(&[access.height, grantee.height()])
                .await?,
            access,
            opening: opening.clone(),
            grantee,
            vault,
        };
        bundle.verify(&self.trust()).map_err(refused)?;
        Ok(bundle)
    }

    /// A grant or access as the holder of the audit key opens it, under a statement that is on the chain.
    ///
    /// # Errors
    /// When the row is none, its sealed terms are of another key, or the node does not deliver.
    pub async fn row_bundle(
        &self,
        row: TxEvidence,
        sidecar: Sidecar,
        secret: &AuditSecretKey,
        opening: TxEvidence,
        reviewer: MemberId,
    ) -> ApiResult<RowBundle> {
        let share = DecryptionShare::compute(secret, &sidecar.ciphertext)
            .ok_or_else(|| ApiError::internal("no share for this ciphertext"))?;
        let terms = RowTerms::open(&row.tx, &sidecar.ciphertext, &secret.public(), &share);
        let grantee = terms.map_err(refused)?.grantee();
        let members = self.member_evidence(&[grantee, reviewer]).await?;
        let [grantee, reviewer]: [StateEvidence; 2] = members.try_into().map_err(|_| lied())?;
        let heights = [row.height, opening.height, grantee.height()];
        let bundle = RowBundle {
            chain: self.chain_evidence(&heights).await?,
            row,
            ciphertext: sidecar.ciphertext,
            key: secret.public(),
            share,
            grantee,
            opening,
            reviewer,
        };
        bundle.verify(&self.trust()).map_err(refused)?;
        Ok(bundle)
    }

    fn trust(&self) -> Trust {
        Trust::Genesis(self.spec.id())
    }

    async fn grant_evidence(
        &self,
        anchor: &AnchorView,
        opening: &GrantOpening,
    ) -> ApiResult<GrantEvidence> {
        Ok(GrantEvidence {
            height: Height(anchor.height),
            opening: bundle::GrantOpening {
                holder_key: opening.holder_key,
                end_tag: opening.end_tag,
                body: opening.body.clone(),
            },
            path: self.note_path(anchor, opening.position).await?,
        })
    }

    async fn one_member(&self, id: MemberId) -> ApiResult<StateEvidence> {
        let found = self.member_evidence(&[id]).await?;
        found.into_iter().next().ok_or_else(lied)
    }

    /// The block of an access: one of those in which its anchor was young enough.
    async fn find_access(&self, access: &Access) -> ApiResult<TxEvidence> {
        let anchor = self.anchor_at(access.anchor).await?;
        let max_age = u64::from(self.spec.genesis().access_anchor_max_age_secs);
        let last = anchor.time.saturating_add(max_age);
        let tip = self.sync().await?.header().height;
        for height in (access.anchor.0..=tip.0).map(Height) {
            let header = self.header(height).await?;
            if header.header().time.timestamp() > last {
                break;
            }
            let block = self.block_of(&header).await?;
            let found = block.txs.0.iter().position(
                |tx| matches!(&tx.action, Action::Access(other) if other.receipt == access.receipt),
            );
            if let Some(index) = found {
                return self.tx_evidence(height, index).await;
            }
        }
        let what = "the access is not on the chain";
        Err(ApiError::new(&reason::NOT_FOUND, what))
    }
}

/// The error for a bundle that does not hold: what it is to show is not so, or the node lied.
fn refused(error: BundleError) -> ApiError {
    let found = match &error {
        BundleError::Accessed { .. } => &reason::GRANT_USED,
        BundleError::Terms | BundleError::Ciphertext | BundleError::Action => {
            &reason::ARGUMENT_INVALID
        }
        _ => &reason::PROOF_OF_SERVER_INVALID,
    };
    ApiError::new(found, error.to_string())
}
