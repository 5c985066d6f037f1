//! Bundles that a platform hands to others: what it was granted, and what it read.

use tacit_circuits::commit::ReceiptOpening;
use tacit_identity::request::{Reply, RequestId};
use tacit_ledger::action::Action;
use tacit_ledger::bundle::{GrantBundle, ReceiptBundle};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::tx::Tx;

use super::Platform;
use super::fetch::damaged;
use super::journal::Journal;
use super::requests::reply;
use crate::errors::{ApiError, ApiResult, catalogue as reason};

impl Platform {
    /// The grant that answered a request, and whether it is live.
    ///
    /// # Errors
    /// When the request is not approved, or the node does not deliver.
    pub async fn grant_bundle(&self, id: &RequestId) -> ApiResult<GrantBundle> {
        let journal = Journal::open(&self.dir, id, &self.secrets)?;
        match reply(&journal)? {
            Reply::Approval(approval) => self.follower.grant_bundle(&approval.grant).await,
            Reply::Denial(denial) => {
                Err(ApiError::new(&reason::REQUEST_DENIED, denial.reason.text()))
            }
        }
    }

    /// An access under the grant that answered a request: the use with this number, from 0, or the newest.
    ///
    /// # Errors
    /// NOT_FOUND when there was no such access; when the node does not deliver.
    pub async fn receipt_bundle(
        &self,
        id: &RequestId,
        number: Option<u16>,
    ) -> ApiResult<ReceiptBundle> {
        let journal = Journal::open(&self.dir, id, &self.secrets)?;
        let wanted = |access: &&super::journal::Access| {
            access.on_chain && number.is_none_or(|number| access.number == number)
        };
        let accesses = journal.entry.accesses.iter();
        let proven = accesses.rev().find(wanted).and_then(|a| a.proven.as_ref());
        let none = || ApiError::new(&reason::NOT_FOUND, "there was no such access");
        let proven = proven.ok_or_else(none)?;
        let tx = Tx::from_bytes(&journal.bytes(&proven.transaction)?).map_err(|_| damaged())?;
        let Action::Access(access) = &tx.action else {
            return Err(damaged());
        };
        let opening: ReceiptOpening =
            decode_slice(&journal.bytes(&proven.receipt)?).map_err(|_| damaged())?;
        self.follower.receipt_bundle(access, &opening).await
    }
}
