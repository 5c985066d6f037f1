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
use crate::persona::{Content, Others, PersonaError, Summary, summary};
use crate::seed::Seed;
use crate::state::{FoundLeaf, Persona, State};
use crate::sync::{Checkpoint, View};

/// An open wallet: one persona on one chain.
///
/// Every change is on disk before the method that makes it returns; a change that cannot be saved is not made.
pub struct Wallet {
    file: WalletFile,
    pub(crate) state: State,
    /// The wallet's other personas, of whom nothing is ever sent.
    pub(crate) others: Others,
    /// The keys of this persona alone.
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
    /// Makes a wallet for a chain with its first persona, from a new seed or one that was written down. With an old seed the
    /// first sync finds the leaves that were made with it.
    ///
    /// # Errors
    /// [`WalletError::File`], for instance when the file exists; [`WalletError::Text`] for an unfit name.
    pub fn create(
        path: &Path,
        password: &[u8],
        cost: KdfCost,
        spec: &ChainSpec,
        (seed, name): (Seed, &str),
        rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, WalletError> {
        let content = Content::first(seed, name, Checkpoint::genesis(spec)?)?;
        Self::with_content(path, password, cost, content, rng)
    }

    /// Makes a wallet file that holds a content, and opens its first persona.
    pub(crate) fn with_content(
        path: &Path,
        password: &[u8],
        cost: KdfCost,
        content: Content,
        mut rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, WalletError> {
        let bytes = content.to_bytes();
        let (state, others) = content.take(0)?;
        let view = View::new(&state.checkpoint)?;
        let file = WalletFile::create(path, password, cost, &bytes, &mut rng)?;
        Ok(Self::at_work(file, state, others, view, rng))
    }

    /// Opens a wallet as the persona of a name; without a name, as its only one.
    ///
    /// # Errors
    /// [`WalletError::File`], [`WalletError::State`], [`WalletError::Persona`]; [`WalletError::Retired`] when it was moved
    /// elsewhere.
    pub fn open(
        path: &Path,
        password: &[u8],
        persona: Option<&str>,
        rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, WalletError> {
        let find = |content: &Content| content.find(persona);
        let wallet = Self::open_one(path, password, find, rng)?;
        if wallet.state.retired {
            return Err(WalletError::Retired);
        }
        Ok(wallet)
    }

    /// Opens a wallet as its first persona, for what concerns all of it and reads no chain; also one that was moved elsewhere:
    /// to back it up again, should the backup be lost.
    ///
    /// # Errors
    /// [`WalletError::File`], [`WalletError::State`].
    pub fn open_to_back_up(
        path: &Path,
        password: &[u8],
        rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, WalletError> {
        Self::open_one(path, password, |_| Ok(0), rng)
    }

    fn open_one(
        path: &Path,
        password: &[u8],
        find: impl FnOnce(&Content) -> Result<usize, PersonaError>,
        rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, WalletError> {
        let (file, plaintext) = WalletFile::open(path, password)?;
        let content = Content::from_bytes(&plaintext)?;
        let at = find(&content)?;
        let (state, others) = content.take(at)?;
        let view = View::new(&state.checkpoint)?;
        Ok(Self::at_work(file, state, others, view, rng))
    }

    fn at_work(
        file: WalletFile,
        state: State,
        others: Others,
        view: View,
        rng: Box<dyn CryptoRng + Send>,
    ) -> Self {
        let keys = ChainKeys::new(&state.seed, &view.spec().id().0);
        Wallet {
            file,
            state,
            others,
            keys,
            view,
            rng,
        }
    }

    /// Puts the wallet under a new password.
    ///
    /// # Errors
    /// [`WalletError::File`]; the old password then still holds.
    pub fn change_password(&mut self, password: &[u8], cost: KdfCost) -> Result<(), WalletError> {
        let content = self.others.with(&self.state);
        Ok(self
            .file
            .change_password(password, cost, &content, &mut self.rng)?)
    }

    /// The seed as text to write down. Whoever reads it has the wallet, with every persona.
    #[must_use]
    pub fn seed_text(&self) -> Zeroizing<String> {
        self.others.root().to_text()
    }

    /// The persona that is at work.
    #[must_use]
    pub fn persona(&self) -> &Persona {
        &self.state.persona
    }

    /// All personas of the wallet, by rising numbers.
    #[must_use]
    pub fn personas(&self) -> Vec<Summary> {
        let states = self.others.states().iter().chain([&self.state]);
        let mut all: Vec<Summary> = states.map(summary).collect();
        all.sort_by_key(|persona| persona.number);
        all
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
        match self.file.save(&self.others.with(&next), &mut self.rng) {
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
