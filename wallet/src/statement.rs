//! What every proof of the wallet needs: the chain's own key, a leaf's paths, fresh randomness.

use tacit_circuits::Entropy;
use tacit_circuits::context::StatementId;
use tacit_circuits::keys::ProvingKey;
use tacit_circuits::tree::LivePath;
use tacit_circuits::types::{AnchorView, Position};
use zeroize::Zeroizing;

use crate::error::WalletError;
use crate::wallet::Wallet;

impl Wallet {
    /// Refuses a proving key that is not the chain's.
    pub(crate) fn require_key(
        &self,
        statement: StatementId,
        key: &ProvingKey,
    ) -> Result<(), WalletError> {
        let pinned = &self.spec().genesis().statements.of(statement).verifying_key;
        let fits = key.statement() == statement && key.verifying_key().id() == *pinned;
        if fits {
            Ok(())
        } else {
            Err(WalletError::ProvingKey)
        }
    }

    /// The paths of an own live leaf at the newest anchor.
    pub(crate) fn live_path(&self, position: Position) -> Result<&LivePath, WalletError> {
        let leaves = self.view.snapshot.as_ref().map(|snapshot| &snapshot.leaves);
        let found = leaves.and_then(|leaves| leaves.get(&position));
        let found = found.map(|leaf| &leaf.path);
        found.ok_or(WalletError::NotYet(
            "sync first: the leaf's paths are not known",
        ))
    }

    /// Fresh randomness for one proof.
    pub(crate) fn entropy(&mut self) -> Entropy {
        let mut seed = Zeroizing::new([0; 32]);
        self.rng().fill_bytes(seed.as_mut());
        Entropy::new(*seed)
    }

    /// The newest anchor that a sync has read the trees for: proofs are made at it.
    ///
    /// # Errors
    /// [`WalletError::NotYet`] before the first sync.
    pub fn newest_anchor(&self) -> Result<AnchorView, WalletError> {
        let snapshot = self.view.snapshot.as_ref();
        snapshot
            .map(|snapshot| snapshot.anchor)
            .ok_or(WalletError::NotYet("sync first: there is no anchor yet"))
    }
}
