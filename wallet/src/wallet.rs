//! The wallet: a file, what it holds, and the keys that follow.

use std::path::Path;

use rand_core::CryptoRng;
use tacit_circuits::types::Timestamp;
use tacit_ledger::genesis::ChainSpec;
use tacit_ledger::ids::{ChainId, Height};
use zeroize::Zeroizing;

use crate::derive::{ChainKeys, Counter};
use crate::error::WalletError;
use crate::file::{FileError, KdfCost, WalletFile};
use crate::seed::Seed;
use crate::state::{FoundLeaf, State};
use crate::sync::{Checkpoint, View};

/// An open wallet of one person on one chain.
///
/// Every change is on disk before the method that makes it returns; a change that cannot be saved is not made.
pub struct Wallet {
    file: WalletFile,
    pub(crate) state: State,
    pub(crate) keys: ChainKeys,
    /// What was read from the chain since the wallet was opened.
    pub(crate) view: View,
    rng: Box<dyn CryptoRng + Send>,
}

impl std::fmt::Debug for Wallet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wallet")
            .field("chain", &self.chain())
            .finish_non_exhaustive()
    }
}

impl Wallet {
    /// Makes a wallet for a chain, from a new seed or one that was written down. With an old seed the first sync finds
    /// the leaves that were made with it.
    ///
    /// # Errors
    /// [`WalletError::File`], for instance when the file exists.
    pub fn create(
        path: &Path,
        password: &[u8],
        cost: KdfCost,
        spec: &ChainSpec,
        seed: Seed,
        rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, WalletError> {
        let state = State::new(seed, Checkpoint::genesis(spec)?);
        Self::with_state(path, password, cost, state, rng)
    }

    /// Makes a wallet file that holds a state.
    pub(crate) fn with_state(
        path: &Path,
        password: &[u8],
        cost: KdfCost,
        state: State,
        mut rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, WalletError> {
        let view = View::new(&state.checkpoint)?;
        let keys = ChainKeys::new(&state.seed, &view.spec().id().0);
        let file = WalletFile::create(path, password, cost, &state.to_bytes(), &mut rng)?;
        Ok(Wallet {
            file,
            state,
            keys,
            view,
            rng,
        })
    }

    /// Opens a wallet.
    ///
    /// # Errors
    /// [`WalletError::File`], [`WalletError::State`]; [`WalletError::Retired`] when it was moved elsewhere.
    pub fn open(
        path: &Path,
        password: &[u8],
        rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, WalletError> {
        let wallet = Self::open_to_back_up(path, password, rng)?;
        if wallet.state.retired {
            return Err(WalletError::Retired);
        }
        Ok(wallet)
    }

    /// As [`Wallet::open`], also one that was moved elsewhere: to back it up again, should the backup be lost.
    ///
    /// # Errors
    /// [`WalletError::File`], [`WalletError::State`].
    pub fn open_to_back_up(
        path: &Path,
        password: &[u8],
        rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, WalletError> {
        let (file, plaintext) = WalletFile::open(path, password)?;
        let state = State::from_bytes(&plaintext)?;
        let view = View::new(&state.checkpoint)?;
        let keys = ChainKeys::new(&state.seed, &view.spec().id().0);
        Ok(Wallet {
            file,
            state,
            keys,
            view,
            rng,
        })
    }

    /// Puts the wallet under a new password.
    ///
    /// # Errors
    /// [`WalletError::File`]; the old password then still holds.
    pub fn change_password(&mut self, password: &[u8], cost: KdfCost) -> Result<(), WalletError> {
        Ok(self
            .file
            .change_password(password, cost, &self.state.to_bytes(), &mut self.rng)?)
    }

    /// The seed as text to write down. Whoever reads it has the wallet.
    #[must_use]
    pub fn seed_text(&self) -> Zeroizing<String> {
        self.state.seed.to_text()
    }

    /// The chain that the wallet belongs to.
    #[must_use]
    pub fn chain(&self) -> ChainId {
        self.view.spec().id()
    }

    /// The constants of that chain.
    #[must_use]
    pub fn spec(&self) -> &ChainSpec {
        self.view.spec()
    }

    /// The time of the newest header that was verified: the only "now" of a wallet.
    #[must_use]
    pub fn newest_time(&self) -> Timestamp {
        self.state.checkpoint.tip.time.timestamp()
    }

    /// The height of that header.
    #[must_use]
    pub fn newest_height(&self) -> Height {
        self.state.checkpoint.tip.height
    }

    /// Leaves of this seed that were found on the chain, of which the wallet knows no content: made by another copy of it,
    /// or lost with an older file. They can be ended ([`Wallet::ending`]).
    #[must_use]
    pub fn found(&self) -> &[FoundLeaf] {
        &self.state.found
    }

    /// Makes a change and saves it; without saving there is no change. What the wallet itself decided or was given has to come
    /// into the backup at the vault, so a change that changes something marks it.
    pub(crate) fn change<T>(
        &mut self,
        change: impl FnOnce(&mut State, &ChainKeys) -> Result<T, WalletError>,
    ) -> Result<T, WalletError> {
        let before = self.state.to_bytes();
        let mut next = State::from_bytes(&before)?;
        let out = change(&mut next, &self.keys)?;
        if next.to_bytes() != before
            && let Some(slot) = &mut next.slot
        {
            slot.dirty = true;
        }
        self.save(next).map(|()| out)
    }

    /// As [`Wallet::change`], for what need not come into the backup at the vault: what the chain tells, which an older backup
    /// reads again, and how far the backup itself is.
    pub(crate) fn note<T>(
        &mut self,
        change: impl FnOnce(&mut State, &ChainKeys) -> Result<T, WalletError>,
    ) -> Result<T, WalletError> {
        let mut next = self.state.duplicate()?;
        let out = change(&mut next, &self.keys)?;
        self.save(next).map(|()| out)
    }

    fn save(&mut self, next: State) -> Result<(), WalletError> {
        match self.file.save(&next.to_bytes(), &mut self.rng) {
            Ok(()) => {
                self.state = next;
                Ok(())
            }
            // The new content is in place: going on from the old one would undo it at the next save.
            Err(error @ FileError::NotSynced(_)) => {
                self.state = next;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Randomness for what need not be repeated: nonces of sealed messages, blinding of proofs.
    pub(crate) fn rng(&mut self) -> &mut (dyn CryptoRng + Send) {
        &mut *self.rng
    }
}

/// Hands out the next counter.
pub(crate) fn take_counter(state: &mut State) -> Result<Counter, WalletError> {
    // The lost wallet may have made leaves that this one has not seen yet.
    if state.recovered {
        return Err(WalletError::NotYet(
            "the wallet was recovered and has not read the chain yet",
        ));
    }
    let counter = state.next;
    state.next = counter.next().ok_or(WalletError::Full("leaf"))?;
    Ok(counter)
}

#[cfg(test)]
mod tests;
