//! A wallet from its seed alone.

use std::path::Path;

use rand_core::CryptoRng;
use tacit_circuits::types::{MemberId, Secret};
use tacit_ledger::genesis::ChainSpec;
use tacit_vault::keys::SlotHasher;
use tacit_vault::slot::{Revision, SIZES, SlotVersion};

use super::SlotError;
use crate::backup::{inbox_block, padding};
use crate::derive::ChainKeys;
use crate::error::WalletError;
use crate::file::KdfCost;
use crate::file::seal::{self, Kind};
use crate::seed::Seed;
use crate::state::{Slot, State};
use crate::sync::Checkpoint;
use crate::wallet::Wallet;

/// What a seed gives on a chain before there is a wallet: the key to the slot, and what opens the backup in it.
pub struct Recovery {
    seed: Seed,
    keys: ChainKeys,
    spec: ChainSpec,
}

impl std::fmt::Debug for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recovery(redacted)")
    }
}

/// A backup from a slot, opened and checked.
pub struct SlotBackup(State);

impl std::fmt::Debug for SlotBackup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlotBackup(redacted)")
    }
}

impl Recovery {
    /// Begins with a seed that was written down.
    #[must_use]
    pub fn new(seed: Seed, spec: &ChainSpec) -> Self {
        let keys = ChainKeys::new(&seed, &spec.id().0);
        Self {
            seed,
            keys,
            spec: spec.clone(),
        }
    }

    /// Seed of the Ed25519 key that owns the slot at a vault.
    #[must_use]
    pub fn slot_owner_key(&self, vault: MemberId) -> Secret<[u8; 32]> {
        self.keys.slot_owner_key(vault)
    }

    /// Opens what a vault has in the slot, as the revision that it says.
    ///
    /// # Errors
    /// [`SlotError`].
    pub fn open(
        &self,
        vault: MemberId,
        revision: Revision,
        bytes: &[u8],
    ) -> Result<SlotBackup, SlotError> {
        if !SIZES.contains(&(bytes.len() as u64)) {
            return Err(SlotError::Damaged);
        }
        let secret = self.keys.slot_secret(vault);
        let (_, content) = seal::open_kind(Kind::Slot, bytes, secret.expose())?;
        let state = padding::take(&content).ok_or(SlotError::Damaged)?;
        let mut state = State::from_bytes(state)?;
        if state.seed.expose() != self.seed.expose()
            || &state.checkpoint.genesis != self.spec.genesis()
        {
            return Err(SlotError::OtherSeed);
        }
        // The wallet says inside what this upload replaces: a vault cannot pass an earlier one off as the newest by its number.
        let follows = |slot: &Slot| {
            slot.vault == vault && Revision::after(slot.stored.as_ref()) == Some(revision)
        };
        if !state.slot.as_ref().is_some_and(follows) {
            return Err(SlotError::OtherRevision);
        }
        let mut hasher = SlotHasher::default();
        hasher.update(bytes);
        let digest = hasher.finish();
        state.slot = Some(Slot::new(vault, Some(SlotVersion { revision, digest })));
        Ok(SlotBackup(state))
    }

    /// Makes the wallet: from the backup in the slot, or, where there is none, with nothing but the seed. It has to read the
    /// chain ([`Wallet::sync`]) before it makes anything new.
    ///
    /// # Errors
    /// [`WalletError::File`], for instance when there is a wallet already.
    pub fn finish(
        self,
        path: &Path,
        password: &[u8],
        cost: KdfCost,
        backup: Option<SlotBackup>,
        mut rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Wallet, WalletError> {
        let mut state = match backup {
            Some(SlotBackup(state)) => state,
            None => State::new(self.seed, Checkpoint::genesis(&self.spec)?),
        };
        state.recovered = true;
        state.next_inbox = inbox_block(state.next_inbox, &mut rng);
        Wallet::with_state(path, password, cost, state, rng)
    }
}
