//! A wallet's backup: everything the wallet knows, sealed under a passphrase of its own. Brought back on an empty machine
//! it is the same wallet, which goes on with every step that was under way.
//!
//! The bytes are those of [`crate::file::seal`] with the magic "TCBK" and keys of their own, so that a backup is no wallet
//! file and a wallet file no backup. Inside:
//!
//! ```text
//! offset  bytes  meaning
//!      0      8  length n of the content (u64 big-endian)
//!      8      n  the content of the wallet file: every persona ([`crate::persona`])
//!    8+n      …  zeros, up to the next power of two and at least 64 KiB: the size tells little about the content
//! ```
//!
//! # Two copies of one wallet
//!
//! Copies share the seed, so they share the numbering of leaves, and two that work side by side can hand out one number
//! for different leaves. What keeps that harmless stands in [`crate::derive`] and [`crate::sync`]; `docs/spec/wallet.md`
//! tells it as a whole. Two things are done here: a restored wallet numbers its new inboxes from a random block on, so
//! that no two copies hand out one address; and a move ([`Wallet::retire`]) closes the wallet that was left behind.

mod error;
pub(crate) mod padding;
#[cfg(test)]
mod tests;

use std::path::Path;

use rand_core::CryptoRng;
use tacit_ledger::genesis::ChainSpec;
use zeroize::Zeroizing;

pub use self::error::BackupError;
use crate::error::WalletError;
use crate::file::KdfCost;
use crate::file::seal::{self, FileKey, Kind, MAX_PLAINTEXT};
use crate::persona::Content;
use crate::state::MAX_INBOXES;
use crate::wallet::Wallet;

/// Most bytes of a backup.
pub const MAX_BACKUP: usize = seal::MAX_FILE;

/// Least content of a backup, in bytes.
const MIN_CONTENT: usize = 64 << 10;
/// Numbers of inboxes between two beginnings that a restored wallet can draw.
const INBOX_BLOCK: u32 = MAX_INBOXES as u32;

impl Wallet {
    /// Everything this wallet knows, sealed under a passphrase.
    ///
    /// # Errors
    /// [`BackupError::TooLarge`], [`BackupError::Cost`].
    pub fn backup(&mut self, passphrase: &[u8], cost: KdfCost) -> Result<Vec<u8>, WalletError> {
        let mut copy = Content::from_bytes(&self.others.with(&self.state))?;
        copy.states_mut().iter_mut().for_each(|s| s.retired = false);
        let content = pad(&copy.to_bytes()).ok_or(BackupError::TooLarge)?;
        let mut rng = self.rng();
        let key = FileKey::of_kind(Kind::Backup, passphrase, cost, &mut rng)
            .map_err(BackupError::from)?;
        Ok(key.seal(&content, &mut rng).map_err(BackupError::from)?)
    }

    /// Closes this wallet because its backup goes on elsewhere: from now on it only opens to be backed up again.
    ///
    /// # Errors
    /// [`WalletError::File`].
    pub fn retire(&mut self) -> Result<(), WalletError> {
        self.others.set_retired(true);
        let done = self.change(|state, _| {
            state.retired = true;
            Ok(())
        });
        // A change that could not be saved was not made, for none of them.
        self.others.set_retired(self.state.retired);
        done
    }

    /// Makes a wallet from a backup, under a password of its own, and opens its first persona. Sync each before anything else:
    /// the backup may be older than the chain.
    ///
    /// # Errors
    /// [`WalletError::Backup`]; [`WalletError::File`], for instance when there is a wallet already.
    pub fn restore(
        path: &Path,
        password: &[u8],
        cost: KdfCost,
        spec: &ChainSpec,
        backup: &Backup<'_>,
        mut rng: Box<dyn CryptoRng + Send>,
    ) -> Result<Self, WalletError> {
        let mut content = backup.open()?;
        content.set_uncertain();
        for state in content.states_mut() {
            if &state.checkpoint.genesis != spec.genesis() {
                return Err(BackupError::OtherChain.into());
            }
            state.next_inbox = inbox_block(state.next_inbox, &mut rng);
            state.recovered = true;
        }
        Self::with_content(path, password, cost, content, rng)
    }
}

/// A backup to be restored.
pub struct Backup<'a> {
    /// The backup's bytes.
    pub bytes: &'a [u8],
    /// Its passphrase.
    pub passphrase: &'a [u8],
}

impl std::fmt::Debug for Backup<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Backup(redacted)")
    }
}

impl Backup<'_> {
    fn open(&self) -> Result<Content, BackupError> {
        let (_, content) = seal::open_kind(Kind::Backup, self.bytes, self.passphrase)?;
        let content = unpad(&content).ok_or(BackupError::Damaged)?;
        Ok(Content::from_bytes(content)?)
    }
}

/// Bytes of the content that holds a state of so many bytes.
fn padded(state: usize) -> Option<usize> {
    let length = state.checked_add(padding::LENGTH)?.max(MIN_CONTENT);
    length.checked_next_power_of_two()
}

fn pad(state: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let length = padded(state.len()).filter(|length| *length <= MAX_PLAINTEXT)?;
    padding::fill(state, length)
}

/// The state in a padded content, which must be exactly as [`pad`] writes it.
fn unpad(content: &[u8]) -> Option<&[u8]> {
    padding::take(content).filter(|state| padded(state.len()) == Some(content.len()))
}

/// The first number of a random block of inboxes that lies behind `next`. Another copy that draws as well, or counts on from
/// `next`, meets it with a chance of about one in two million.
pub(crate) fn inbox_block(next: u32, rng: &mut impl CryptoRng) -> u32 {
    let first = next / INBOX_BLOCK + 1;
    let blocks = (u32::MAX / INBOX_BLOCK).saturating_sub(first).max(1);
    first
        .saturating_add(rng.next_u32() % blocks)
        .saturating_mul(INBOX_BLOCK)
}
