//! The backup at the vault: brought up to date after each command, turned on and off, and read on an empty machine.
//!
//! Every call goes over a connection of its own, under a key that is used for nothing else.

use std::path::Path;

use ed25519_dalek::SigningKey;
use tacit_circuits::types::MemberId;
use tacit_vault::slot::SlotVersion;
use tacit_wallet::slot::{Recovery, SlotBackup};

use super::vault::in_time;
use super::{FILE, Holder, Source, VaultClient, generator};
use crate::cli::output::{self, Output};
use crate::client::connect::connect;
use crate::errors::{ApiError, ApiResult, Reason, catalogue as reason};
use crate::net::{Kind, NetDir};
use crate::{files, follower};

/// What has become of the backup at the vault when it was turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Yes,
    /// There was none.
    NothingThere,
    /// It stays: another copy of the wallet has written it.
    OfAnotherCopy,
    /// It stays: the vault does not answer.
    Unreachable,
}

impl Holder {
    /// Brings the backup at the vault up to date, when there is one and something is new. Never fails a command that did its
    /// work: what went wrong is told in one line, and the next command tries again.
    pub async fn keep(&mut self) {
        // Cut off anywhere, it goes on the next time: what is about to be sent is on the disk before.
        let kept = in_time(self.back_up()).await;
        if let Err(error) = kept.and_then(|kept| kept) {
            self.output.warn(&format!(
                "the backup at the vault is not up to date: {error}; the next command tries again"
            ));
        }
    }

    /// Sends to the slot what it does not have yet. Gives the version that is there then; `None` while the backup is off.
    ///
    /// # Errors
    /// When the vault cannot be reached or refuses; [`reason::SLOT_STALE`] when another copy of the wallet has written.
    pub async fn back_up(&mut self) -> ApiResult<Option<SlotVersion>> {
        let Some(slot) = self.wallet.slot() else {
            return Ok(None);
        };
        if !slot.dirty {
            return Ok(slot.stored);
        }
        let member = slot.vault;
        let mut vault = self.slot_at(member).await?;
        let mut tried = false;
        loop {
            let upload = self.wallet.slot_upload()?;
            match vault.put_backup(&upload).await {
                Ok(version) => {
                    self.wallet.slot_stored(version)?;
                    return Ok(Some(version));
                }
                Err(error) if is(&error, &reason::SLOT_STALE) && !tried => {
                    tried = true;
                    let found = vault.backup_version().await?;
                    if !self.goes_on_from(member, found)? {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Turns the backup at the vault of the net folder on, and makes the first one. `replace`: also over what another copy of
    /// the wallet has written.
    ///
    /// # Errors
    /// When the vault cannot be reached or refuses: the backup then stays as it was, but is on when an upload was sent and its
    /// answer lost. [`reason::SLOT_STALE`] when there is one that this wallet does not know; [`reason::SLOT_ELSEWHERE`] when it is on at
    /// another vault.
    pub async fn vault_on(&mut self, replace: bool) -> ApiResult<SlotVersion> {
        let member = VaultClient::member(&self.net)?;
        let free = self.wallet.slot_may_be_at(member);
        free.map_err(|error| ApiError::from_code(error.reason(), &error))?;
        let was_off = self.wallet.slot().is_none();
        let found = self.slot_at(member).await?.backup_version().await?;
        let known = self.wallet.slot().filter(|slot| slot.vault == member);
        let same = found.is_some() && known.is_some_and(|slot| slot.stored == found);
        if !same && !self.goes_on_from(member, found)? {
            if !replace {
                return Err(ApiError::plain(&reason::SLOT_STALE));
            }
            self.wallet.open_slot(member, found)?;
        }
        match self.back_up().await {
            Ok(Some(version)) => Ok(version),
            Ok(None) => Err(ApiError::plain(&reason::SLOT_OFF)),
            Err(error) => {
                // An upload whose answer was lost may have come to stand: the next command finds out.
                let sent = silent(&error) && self.wallet.slot_awaits_answer();
                if was_off && !sent {
                    self.wallet.close_slot()?;
                }
                Err(error)
            }
        }
    }

    /// Whether an upload of this wallet may follow what the vault has: nothing (it has lost what there was, or never had any), or
    /// an earlier upload of this very wallet that came to stand without its answer.
    fn goes_on_from(&mut self, member: MemberId, found: Option<SlotVersion>) -> ApiResult<bool> {
        match found {
            Some(found) => Ok(self.wallet.slot_is_own(&found)?),
            None => {
                self.wallet.open_slot(member, None)?;
                Ok(true)
            }
        }
    }

    /// Turns the backup at the vault off, and has it removed there.
    ///
    /// # Errors
    /// [`reason::SLOT_OFF`] when it is off; when the vault answers, and neither has removed it nor says that it is another's.
    pub async fn vault_off(&mut self) -> ApiResult<Removed> {
        let slot = self.wallet.slot().cloned();
        let slot = slot.ok_or_else(|| ApiError::plain(&reason::SLOT_OFF))?;
        let removed = match self.remove_at(slot.vault).await {
            Ok(removed) => removed,
            Err(error) if silent(&error) => Removed::Unreachable,
            Err(error) => return Err(error),
        };
        self.wallet.close_slot()?;
        Ok(removed)
    }

    async fn remove_at(&mut self, member: MemberId) -> ApiResult<Removed> {
        let mut vault = self.slot_at(member).await?;
        let Some(found) = vault.backup_version().await? else {
            return Ok(Removed::NothingThere);
        };
        let stored = self.wallet.slot().and_then(|slot| slot.stored);
        if stored != Some(found) && !self.wallet.slot_is_own(&found)? {
            return Ok(Removed::OfAnotherCopy);
        }
        // Should this be cut off, the next command puts the backup back, which is on until it is known to be gone.
        self.wallet.slot_may_go()?;
        vault.delete_backup(&found).await?;
        Ok(Removed::Yes)
    }

    /// The vault that keeps the slot, called with the slot's key.
    async fn slot_at(&self, member: MemberId) -> ApiResult<VaultClient> {
        let key = self.wallet.slot_owner_key(member);
        slot_client(&self.net, member, SigningKey::from_bytes(key.expose())).await
    }

    /// Makes a wallet from its seed: from the backup at the vault, where there is one and it is wanted, and from the chain.
    /// `password` is asked for when everything else is there.
    ///
    /// # Errors
    /// When the folder has a wallet already; when vault or node cannot be asked, or what the vault has does not open: nothing
    /// is written then.
    pub async fn recover(
        (dir, net): (&Path, &NetDir),
        recovery: Recovery,
        from_vault: bool,
        password: impl FnOnce() -> ApiResult<zeroize::Zeroizing<Vec<u8>>>,
        output: Output,
    ) -> ApiResult<(Self, Option<SlotVersion>)> {
        let path = dir.join(FILE);
        if std::fs::symlink_metadata(&path).is_ok() {
            let what = format!("{}: there is a wallet already", path.display());
            return Err(ApiError::new(&reason::FILE_EXISTS, what));
        }
        let endpoint = net.endpoint(Kind::Node)?;
        if endpoint.chain != follower::genesis(net)?.id() {
            return Err(ApiError::plain(&reason::WALLET_OTHER_CHAIN));
        }
        let found = match from_vault {
            true => Self::from_slot(net, &recovery).await.map_err(advised)?,
            false => None,
        };
        let (version, backup) = found.unzip();
        let source = Source::new(connect(&endpoint, None).await?);
        files::make_dir(dir)?;
        let rng = Box::new(generator());
        let wallet = recovery.finish(&path, &password()?, Self::COST, backup, rng)?;
        output::about(wallet.spec());
        let holder = Self {
            wallet,
            dir: dir.to_owned(),
            net: net.clone(),
            output,
            source,
        };
        Ok((holder, version))
    }

    /// What the vault of a net folder has in the slot of a seed, opened.
    ///
    /// # Errors
    /// When the vault cannot be asked, or what it has does not open.
    pub async fn from_slot(
        net: &NetDir,
        recovery: &Recovery,
    ) -> ApiResult<Option<(SlotVersion, SlotBackup)>> {
        let member = VaultClient::member(net)?;
        let key = SigningKey::from_bytes(recovery.slot_owner_key(member).expose());
        let mut vault = slot_client(net, member, key).await?;
        let Some((version, bytes)) = vault.get_backup().await? else {
            return Ok(None);
        };
        let backup = recovery
            .open(member, version.revision, &bytes)
            .map_err(|error| ApiError::from_code(error.reason(), &error))?;
        Ok(Some((version, backup)))
    }
}

async fn slot_client(net: &NetDir, member: MemberId, key: SigningKey) -> ApiResult<VaultClient> {
    if VaultClient::member(net)? != member {
        let what = format!(
            "the backup is kept by the vault of member {member}, the net folder has another"
        );
        return Err(ApiError::new(&reason::UNREACHABLE, what));
    }
    in_time(VaultClient::connect(net, key)).await?
}

/// Whether the vault did not answer at all.
fn silent(error: &ApiError) -> bool {
    [
        &reason::UNREACHABLE,
        &reason::ENDPOINT_MISSING,
        &reason::TIMEOUT,
    ]
    .contains(&error.reason())
}

/// A vault that does not answer is no reason to take it for one without a backup.
fn advised(error: ApiError) -> ApiError {
    if !silent(&error) {
        return error;
    }
    let what = format!(
        "{}; nothing was written; without the backup at the vault: --without-vault",
        error.message()
    );
    ApiError::new(error.reason(), what)
}

fn is(error: &ApiError, reason: &Reason) -> bool {
    error.reason() == reason
}
