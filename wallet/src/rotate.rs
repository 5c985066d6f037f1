//! Rotation: a new holder's secret behind everything that comes next.
//!
//! A leaf keeps the secret that it was made under, so what stands goes on as before: a credential of an earlier generation proves,
//! with the pseudonyms of then. Everything follows from the seed, so a rotation is of no use against who has the seed, the
//! opened file or an opened backup: that takes a new wallet (`docs/spec/wallet.md`).

use tacit_circuits::types::MemberId;

use crate::derive::{Counter, Generation};
use crate::error::WalletError;
use crate::state::Progress;
use crate::wallet::Wallet;

/// Something that is bound to a holder's secret of an earlier generation, until it is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Its number in the wallet.
    pub number: Counter,
    /// Generation of its secret.
    pub generation: Generation,
    /// What it is.
    pub what: BoundKind,
}

/// What is bound to a holder's secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundKind {
    /// A credential, asked for or held: this issuer would have to issue another.
    Credential(MemberId),
    /// A document: to be ended and put again.
    Record,
    /// A grant, which has the secret of its document.
    Grant,
}

impl Wallet {
    /// The generation of the holder's secret that new leaves are bound to.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.state.generation
    }

    /// Begins a new generation. Nothing of it is seen by anybody before something is made under it.
    ///
    /// # Errors
    /// [`WalletError::Full`] when there have been as many as there can be; [`WalletError::File`].
    pub fn rotate(&mut self) -> Result<Generation, WalletError> {
        self.change(|state, _| {
            let next = state.generation.next();
            state.generation = next.ok_or(WalletError::Full("generation"))?;
            Ok(state.generation)
        })
    }

    /// What is bound to an earlier generation than the newest, and not ended as far as the wallet knows.
    #[must_use]
    pub fn bound_to_earlier(&self) -> Vec<Bound> {
        let state = &self.state;
        let credentials = state.credentials.iter().filter(|held| {
            let ended = held.issued.as_ref().is_some_and(|issued| issued.ended);
            !ended
        });
        let credentials = credentials.map(|held| Bound {
            number: held.counter,
            generation: held.generation,
            what: BoundKind::Credential(held.issuer),
        });
        let stands = |progress: &Progress| !matches!(progress, Progress::Ended(_));
        let records = state
            .records
            .iter()
            .filter(|record| stands(&record.progress));
        let records = records.map(|record| Bound {
            number: record.counter,
            generation: record.generation,
            what: BoundKind::Record,
        });
        let grants = state.grants.iter().filter(|grant| stands(&grant.progress));
        let grants = grants.map(|grant| Bound {
            number: grant.counter,
            generation: grant.generation,
            what: BoundKind::Grant,
        });
        let all = credentials.chain(records).chain(grants);
        all.filter(|bound| bound.generation < state.generation)
            .collect()
    }
}

#[cfg(test)]
mod tests;
