//! A wallet from its seed alone.

use std::path::Path;

use rand_core::CryptoRng;
use tacit_circuits::types::{MemberId, Secret};
use tacit_ledger::genesis::ChainSpec;
use tacit_vault::keys::SlotHasher;
use tacit_vault::slot::{Revision, SIZES, SlotVersion};

use super::SlotError;
use crate::backup::{inbox_block, padding};
use crate::derive::{ChainKeys, persona_seed};
use crate::error::WalletError;
use crate::file::KdfCost;
use crate::file::seal::{self, Kind};
use crate::persona::{Content, FIRST};
use crate::seed::Seed;
use crate::state::{Persona, Slot, State};
use crate::sync::Checkpoint;
use crate::wallet::Wallet;

/// What a seed gives for one persona on a chain before there is a wallet of it: the key to the slot, and what opens the backup
/// in it.
pub struct Recovery {
    root: Seed,
    number: u32,
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
    /// Begins with a seed that was written down, for the first persona.
    #[must_use]
    pub fn new(seed: Seed, spec: &ChainSpec) -> Self {
        Self::of_persona(seed, 0, spec)
    }

    /// As [`Recovery::new`], for any persona. One at a time: who sees two recovered at once sees that they are one person's.
    #[must_use]
    pub fn of_persona(root: Seed, number: u32, spec: &ChainSpec) -> Self {
        let seed = persona_seed(&root, number);
        let keys = ChainKeys::new(&seed, &spec.id().0);
        Self {
            root,
            number,
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
            || state.persona.number != self.number
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
        let root = Seed::from_bytes(self.root.expose());
        let state = self.state(backup, None, &mut rng)?;
        let content = Content::recovered(root, state)?;
        Wallet::with_content(path, password, cost, content, rng)
    }

    /// The persona's state, under the name that it had or another one.
    pub(crate) fn state(
        self,
        backup: Option<SlotBackup>,
        name: Option<&str>,
        rng: &mut impl CryptoRng,
    ) -> Result<State, WalletError> {
        let named = |name: &str| {
            let persona = Persona::new(self.number, name);
            persona.ok_or(WalletError::Text("persona's name"))
        };
        let mut state = match backup {
            Some(SlotBackup(mut state)) => {
                if let Some(name) = name {
                    state.persona = named(name)?;
                }
                state
            }
            None => {
                let unnamed = match self.number {
                    0 => FIRST.to_owned(),
                    number => format!("persona-{number}"),
                };
                let persona = named(name.unwrap_or(&unnamed))?;
                State::new(persona, self.seed, Checkpoint::genesis(&self.spec)?)
            }
        };
        state.recovered = true;
        state.next_inbox = inbox_block(state.next_inbox, rng);
        Ok(state)
    }
}
