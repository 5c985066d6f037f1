//! The wallet's backup in a slot at a vault: everything the wallet knows, for whoever has the seed and nothing else.
//!
//! Owner's key and seal follow from the seed, so an empty machine with the seed finds the slot and opens it
//! ([`Recovery`]). The bytes are those of [`crate::file::seal`] with the magic "TCSL", under a secret of 256 random bits
//! instead of a stretched password. Inside:
//!
//! ```text
//! offset  bytes  meaning
//!      0      8  length n of the state (u64 big-endian)
//!      8      n  the wallet's state: it names the vault, and the version that this one replaces
//!    8+n      …  zeros, so that the whole has one of the sizes of [`tacit_vault::slot::SIZES`]
//! ```
//!
//! # One writer at a time
//!
//! An upload names the version that it replaces. When the vault says that there is another one, either an upload of this
//! very wallet came to stand and its answer was lost, which its digest shows ([`Wallet::slot_is_own`]), or another copy of
//! the wallet has written.
//!
//! # A slot that is older than the chain
//!
//! The wallet that was lost may have made leaves that its last upload does not know. A recovered wallet hands out no number
//! before it has read the chain, and leaves some numbers out after that, for what was on its way and not on the chain yet
//! (`settle`). Inboxes are numbered from a random block on, as after a restore.

mod error;
mod recovery;
#[cfg(test)]
mod tests;

use tacit_circuits::types::{MemberId, Secret};
use tacit_vault::keys::SlotHasher;
use tacit_vault::slot::{Revision, SIZES, SlotDigest, SlotVersion};

pub use self::error::SlotError;
pub use self::recovery::{Recovery, SlotBackup};
use crate::backup::padding;
use crate::derive::Counter;
use crate::error::WalletError;
use crate::file::KdfCost;
use crate::file::seal::{FileKey, Kind, OVERHEAD};
use crate::state::{Progress, Slot, State};
use crate::sync::LOOKAHEAD;
use crate::wallet::Wallet;

/// Numbers that a recovered wallet leaves out at least, because the lost one may have used them in steps that nobody sees yet.
const MARGIN: u32 = 16;
/// Up to so many more are left out, drawn at random: a wallet that is lost twice in a row, with nothing on the chain between,
/// hardly meets its own steps.
const SPREAD: u32 = 64;
/// How far beyond the newest leaf on the chain leaving out may lead: a scan with the seed alone still finds what follows. A wallet
/// has to be lost five times in a row at least, with nothing on the chain between, before nothing is left out any more.
const FARTHEST: u32 = LOOKAHEAD - 128;

/// A backup to send to the slot.
pub struct SlotUpload {
    /// The vault.
    pub vault: MemberId,
    /// The version that it replaces.
    pub replaces: Option<SlotVersion>,
    /// Digest of the bytes.
    pub digest: SlotDigest,
    /// The sealed bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for SlotUpload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SlotUpload({} bytes)", self.bytes.len())
    }
}

impl Wallet {
    /// The slot of this wallet's backup, while it is on.
    #[must_use]
    pub fn slot(&self) -> Option<&Slot> {
        self.state.slot.as_ref()
    }

    /// Seed of the Ed25519 key that owns the slot of this wallet at a vault.
    #[must_use]
    pub fn slot_owner_key(&self, vault: MemberId) -> Secret<[u8; 32]> {
        self.keys.slot_owner_key(vault)
    }

    /// Turns the backup at a vault on, from the version on that is there. When it is on there already and from that version,
    /// nothing changes.
    ///
    /// # Errors
    /// [`SlotError::Elsewhere`], [`WalletError::File`].
    pub fn open_slot(
        &mut self,
        vault: MemberId,
        stored: Option<SlotVersion>,
    ) -> Result<(), WalletError> {
        self.slot_may_be_at(vault)?;
        let same = |slot: &Slot| slot.vault == vault && slot.stored == stored;
        if self.slot().is_some_and(same) {
            return Ok(());
        }
        self.note(|state, _| {
            state.slot = Some(Slot::new(vault, stored));
            Ok(())
        })
    }

    /// Whether the backup is off, or on at this vault: another one that has it would be forgotten, with what it keeps.
    ///
    /// # Errors
    /// [`SlotError::Elsewhere`].
    pub fn slot_may_be_at(&self, vault: MemberId) -> Result<(), SlotError> {
        match self.slot() {
            Some(slot) if slot.vault != vault => Err(SlotError::Elsewhere(slot.vault)),
            _ => Ok(()),
        }
    }

    /// Notes that the vault may not have the backup any more, as of before it is asked to remove it.
    ///
    /// # Errors
    /// [`WalletError::File`].
    pub fn slot_may_go(&mut self) -> Result<(), WalletError> {
        self.note(|state, _| {
            if let Some(slot) = &mut state.slot {
                slot.dirty = true;
            }
            Ok(())
        })
    }

    /// Whether an upload was sent of which it is not known what became of it.
    #[must_use]
    pub fn slot_awaits_answer(&self) -> bool {
        self.slot().is_some_and(|slot| !slot.sent.is_empty())
    }

    /// Turns the backup at a vault off.
    ///
    /// # Errors
    /// [`WalletError::File`].
    pub fn close_slot(&mut self) -> Result<(), WalletError> {
        self.note(|state, _| {
            state.slot = None;
            Ok(())
        })
    }

    /// Everything this wallet knows, sealed for the slot. That it is going to be sent is on disk when this returns.
    ///
    /// # Errors
    /// [`SlotError::Off`], [`SlotError::TooLarge`], [`WalletError::File`].
    pub fn slot_upload(&mut self) -> Result<SlotUpload, WalletError> {
        let (vault, replaces) = match self.slot() {
            Some(slot) => (slot.vault, slot.stored),
            None => return Err(SlotError::Off.into()),
        };
        let mut copy = self.state.duplicate()?;
        copy.retired = false;
        copy.slot = Some(Slot::new(vault, replaces));
        let content = copy.to_bytes();
        let content = SIZES
            .iter()
            .filter_map(|size| usize::try_from(*size).ok()?.checked_sub(OVERHEAD))
            .find_map(|length| padding::fill(&content, length))
            .ok_or(SlotError::TooLarge)?;
        let secret = self.keys.slot_secret(vault);
        let cost = KdfCost::RANDOM_KEY;
        let mut rng = self.rng();
        let key = FileKey::of_kind(Kind::Slot, secret.expose(), cost, &mut rng)
            .map_err(SlotError::from)?;
        let bytes = key.seal(&content, &mut rng).map_err(SlotError::from)?;
        let mut hasher = SlotHasher::default();
        hasher.update(&bytes);
        let digest = hasher.finish();
        self.note(|state, _| {
            if let Some(slot) = &mut state.slot {
                slot.sent.push_over_oldest(digest);
            }
            Ok(())
        })?;
        Ok(SlotUpload {
            vault,
            replaces,
            digest,
            bytes,
        })
    }

    /// The vault has an upload: everything up to it is in the slot.
    ///
    /// # Errors
    /// [`WalletError::Outcome`] when it is not what was sent last, or not under the revision that follows;
    /// [`WalletError::File`].
    pub fn slot_stored(&mut self, version: SlotVersion) -> Result<(), WalletError> {
        self.note(|state, _| match &mut state.slot {
            Some(slot)
                if slot.sent.last() == Some(&version.digest)
                    && Revision::after(slot.stored.as_ref()) == Some(version.revision) =>
            {
                *slot = Slot::new(slot.vault, Some(version));
                slot.dirty = false;
                Ok(())
            }
            _ => Err(WalletError::Outcome),
        })
    }

    /// Whether what stands in the slot is an upload of this very wallet that never got its answer; it then goes on from there.
    ///
    /// # Errors
    /// [`WalletError::File`].
    pub fn slot_is_own(&mut self, found: &SlotVersion) -> Result<bool, WalletError> {
        let own = self.slot().is_some_and(|slot| {
            Revision::after(slot.stored.as_ref()) == Some(found.revision)
                && slot.sent.contains(&found.digest)
        });
        if own {
            let vault = self.slot().map(|slot| slot.vault);
            self.note(|state, _| {
                state.slot = vault.map(|vault| Slot::new(vault, Some(*found)));
                Ok(())
            })?;
        }
        Ok(own)
    }
}

/// A recovered wallet has read the chain: from here on it hands out numbers, and none that the lost wallet may have used.
/// `drawn` is any random number.
pub(crate) fn settle(state: &mut State, drawn: u32) {
    let placed = |progress: &Progress| !matches!(progress, Progress::Planned | Progress::Sent(_));
    let records = state.records.iter();
    let grants = state.grants.iter();
    let credentials = state.credentials.iter();
    let newest = records
        .filter(|record| placed(&record.progress))
        .map(|record| record.counter)
        .chain(
            grants
                .filter(|grant| placed(&grant.progress))
                .map(|grant| grant.counter),
        )
        .chain(
            credentials
                .filter(|held| held.issued.is_some())
                .map(|held| held.counter),
        )
        .chain(state.found.iter().map(|found| found.counter))
        .max();
    let seen = newest.map_or(0, |counter| counter.0.saturating_add(1));
    let next = state.next.0.saturating_add(MARGIN + drawn % SPREAD);
    let next = next.min(seen.saturating_add(FARTHEST));
    state.next = state.next.max(Counter(next));
    state.recovered = false;
}
