//! Personas: several persons that one wallet is towards others, each with a seed of its own.
//!
//! A persona is a whole [`Wallet`](crate::wallet::Wallet). An open wallet has the keys of one persona; what the others know
//! is there to be compared with ([`crate::review`]) and to be saved again, and no key of theirs is ever derived. So nothing
//! that is sent can be of two, and whoever wants to work as another opens the file again. What time and network addresses
//! tell is for the person to mind: `docs/spec/wallet.md`.

mod content;
mod error;
#[cfg(test)]
mod tests;

use std::path::Path;

use rand_core::CryptoRng;
use tacit_identity::issuance::SignedIssuanceRequest;
use tacit_ledger::genesis::ChainSpec;

pub use self::content::MAX_PERSONAS;
pub(crate) use self::content::{Content, Others};
pub use self::error::PersonaError;
use crate::backup::inbox_block;
use crate::error::WalletError;
use crate::file::{FileError, WalletFile};
use crate::seed::Seed;
use crate::slot::{Recovery, SlotBackup};
use crate::state::{Progress, State};
use crate::sync::{Checkpoint, SyncError};

/// Name of a wallet's first persona, when it is given none.
pub const FIRST: &str = "main";

/// A wallet's file, for what concerns its list of personas. Reads no chain and has no keys.
pub struct Personas {
    file: WalletFile,
    content: Content,
    rng: Box<dyn CryptoRng + Send>,
}

impl std::fmt::Debug for Personas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Personas").finish_non_exhaustive()
    }
}

/// A persona, for its owner to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Generation of the holder's secret that new leaves are bound to.
    pub generation: u8,
    /// Credentials asked for and held.
    pub credentials: usize,
    /// Documents.
    pub records: usize,
    /// Grants.
    pub grants: usize,
    /// Leaves that are not ended, or may still come to be on the chain, as far as the file knows.
    pub live: usize,
}

impl Personas {
    /// Opens a wallet's file.
    ///
    /// # Errors
    /// [`WalletError::File`], [`WalletError::State`]; [`WalletError::Retired`] when the wallet was moved elsewhere.
    pub fn open(
        path: &Path,
        password: &[u8],
        rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, WalletError> {
        let (file, plaintext) = WalletFile::open(path, password)?;
        let content = Content::from_bytes(&plaintext)?;
        if content.states().iter().any(|state| state.retired) {
            return Err(WalletError::Retired);
        }
        Ok(Personas { file, content, rng })
    }

    /// All of them, by rising numbers.
    #[must_use]
    pub fn list(&self) -> Vec<Summary> {
        self.content.states().iter().map(summary).collect()
    }

    /// The chain that all of them are on.
    ///
    /// # Errors
    /// [`WalletError::Sync`] when the stored genesis does not hold.
    pub fn spec(&self) -> Result<ChainSpec, WalletError> {
        let first = self.content.states().first().ok_or(PersonaError::Unknown)?;
        let genesis = first.checkpoint.genesis.clone();
        Ok(ChainSpec::new(genesis).map_err(SyncError::from)?)
    }

    /// Adds a persona; gives its number. It is the next one, or the one that is given: as it must be in a wallet that came from
    /// its seed or a backup, which do not tell what numbers the lost wallet handed out after them. From the given number on,
    /// all are taken for unused.
    ///
    /// # Errors
    /// [`PersonaError::Number`], [`PersonaError::Exists`], [`WalletError::Text`], [`WalletError::Full`],
    /// [`WalletError::File`].
    pub fn add(&mut self, name: &str, number: Option<u32>) -> Result<u32, WalletError> {
        let checkpoint = Checkpoint::genesis(&self.spec()?)?;
        let inboxes = inbox_block(0, &mut self.rng);
        self.change(|content| content.add(name, number, checkpoint, inboxes))
    }

    /// Gives a persona another name.
    ///
    /// # Errors
    /// [`PersonaError::Unknown`], [`PersonaError::Exists`], [`WalletError::Text`], [`WalletError::File`].
    pub fn rename(&mut self, name: &str, new: &str) -> Result<(), WalletError> {
        self.change(|content| {
            let at = content.find(Some(name))?;
            let number = content
                .states()
                .get(at)
                .map_or(0, |state| state.persona.number);
            let persona = content.named(number, new)?;
            if let Some(state) = content.states_mut().get_mut(at) {
                state.persona = persona;
                if let Some(slot) = &mut state.slot {
                    slot.dirty = true;
                }
            }
            Ok(())
        })
    }

    /// Takes a persona out of the wallet, with all it knows. Its number is not handed out again. Everything of it on the chain
    /// must have been ended before: afterwards the wallet could not.
    ///
    /// # Errors
    /// [`PersonaError::Live`], [`PersonaError::Slot`], [`PersonaError::Last`], [`PersonaError::Unknown`];
    /// [`WalletError::NotYet`] when it was recovered and has not read the chain; [`WalletError::File`].
    pub fn end(&mut self, name: &str) -> Result<(), WalletError> {
        self.change(|content| {
            let at = content.find(Some(name))?;
            let state = content.states().get(at).ok_or(PersonaError::Unknown)?;
            if state.slot.is_some() {
                return Err(PersonaError::Slot.into());
            }
            if state.recovered {
                return Err(WalletError::NotYet(
                    "the persona was recovered and has not read the chain yet",
                ));
            }
            match live(state) {
                0 if content.states().len() == 1 => Err(PersonaError::Last.into()),
                0 => {
                    content.states_mut().remove(at);
                    Ok(())
                }
                leaves => Err(PersonaError::Live(leaves).into()),
            }
        })
    }

    /// The number that the next new persona will have.
    #[must_use]
    pub fn next_number(&self) -> u32 {
        self.content.next_number()
    }

    /// What finds the backup of a persona in its slot: the root seed gives it for every number.
    ///
    /// # Errors
    /// As [`Personas::spec`].
    pub fn recovery(&self, number: u32) -> Result<Recovery, WalletError> {
        let root = Seed::from_bytes(self.content.root().expose());
        Ok(Recovery::of_persona(root, number, &self.spec()?))
    }

    /// Puts a persona back, from the backup in its slot or with nothing but the seed, under the name that it had or another one.
    ///
    /// # Errors
    /// [`PersonaError::Exists`] when the number or the name is there; [`WalletError::Full`], [`WalletError::File`].
    pub fn recover(
        &mut self,
        recovery: Recovery,
        backup: Option<SlotBackup>,
        name: Option<&str>,
    ) -> Result<(), WalletError> {
        let state = recovery.state(backup, name, &mut self.rng)?;
        self.change(|content| content.insert(state))
    }

    /// Makes a change and saves it; without saving there is no change.
    fn change<T>(
        &mut self,
        change: impl FnOnce(&mut Content) -> Result<T, WalletError>,
    ) -> Result<T, WalletError> {
        let mut next = Content::from_bytes(&self.content.to_bytes())?;
        let out = change(&mut next)?;
        match self.file.save(&next.to_bytes(), &mut self.rng) {
            Ok(()) => {
                self.content = next;
                Ok(out)
            }
            // The new content is in place, and what follows has to go on from it.
            Err(error @ FileError::NotSynced(_)) => {
                self.content = next;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A persona as its owner sees it.
pub(crate) fn summary(state: &State) -> Summary {
    Summary {
        number: state.persona.number,
        name: state.persona.name.as_str().to_owned(),
        generation: state.generation.get(),
        credentials: state.credentials.len(),
        records: state.records.len(),
        grants: state.grants.len(),
        live: live(state),
    }
}

/// Credentials that an issuer may still issue, and grants that may have been sent before their proof was taken back: as long as
/// request or grant has not lapsed.
fn asked_for(state: &State) -> usize {
    let now = state.checkpoint.tip.time.timestamp();
    let credentials = state.credentials.iter().filter(|held| {
        let request = SignedIssuanceRequest::parse(held.request.as_bytes());
        held.issued.is_none() && request.is_ok_and(|signed| signed.unverified().expires > now)
    });
    let grants = state
        .grants
        .iter()
        .filter(|grant| matches!(grant.progress, Progress::Planned) && grant.terms.not_after > now);
    credentials.count() + grants.count()
}

/// Leaves that are not ended, or may still come to be on the chain.
fn live(state: &State) -> usize {
    let on_the_way =
        |progress: &Progress| !matches!(progress, Progress::Planned | Progress::Ended(_));
    let records = state
        .records
        .iter()
        .filter(|record| on_the_way(&record.progress));
    let grants = state
        .grants
        .iter()
        .filter(|grant| on_the_way(&grant.progress));
    let issued = state
        .credentials
        .iter()
        .filter_map(|held| held.issued.as_ref());
    let found = state.found.iter().filter(|found| !found.ended);
    records.count()
        + grants.count()
        + issued.filter(|issued| !issued.ended).count()
        + found.count()
        + asked_for(state)
}
