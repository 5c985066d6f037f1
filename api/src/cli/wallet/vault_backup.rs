//! The backup at the vault: turned on, kept up to date, turned off.

use clap::{Args, ValueEnum};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_ledger::ids::ChainId;

use super::args::{WalletHome, WalletPlace};
use super::backup::BackupArgs;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::holder::Removed;

/// Arguments of `wallet backup --vault`.
#[derive(Clone, Debug, Args)]
pub struct VaultBackupArgs {
    /// Keep a backup at the vault, which the seed alone opens, up to date after every command; or keep it no longer.
    #[arg(long, value_enum, requires = "net", conflicts_with_all = ["out", "moving", "passphrase_file"])]
    pub vault: Option<Switch>,
    /// With --vault: the net folder.
    #[arg(long, requires = "vault")]
    pub net: Option<PathBuf>,
    /// With --vault: the persona, by its name; needed when the wallet has several.
    #[arg(long, requires = "vault")]
    pub persona: Option<String>,
    /// With --vault on: also over a backup that another copy of this wallet has written.
    #[arg(long, requires = "vault")]
    pub replace: bool,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// On.
    On,
    /// Off; what the vault has is removed.
    Off,
}

/// How the backup at the vault stands.
#[derive(Debug, Serialize)]
pub struct VaultBackup {
    /// Its chain.
    pub chain: ChainId,
    /// The persona that it is of.
    pub persona: String,
    /// Whether it is kept up to date from now on.
    pub on: bool,
    /// Its number at the vault.
    pub revision: Option<u64>,
    /// When it was turned off: what became of what the vault had.
    pub removed: Option<&'static str>,
    /// What a development chain has to say.
    pub warning: Option<&'static str>,
}

impl fmt::Display for VaultBackup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.revision {
            Some(revision) => writeln!(
                f,
                "backup at the vault: on, revision {revision}, up to date"
            )?,
            None => writeln!(
                f,
                "backup at the vault: off; {}",
                self.removed.unwrap_or_default()
            )?,
        }
        write!(f, "{}", self.warning.unwrap_or_default())
    }
}

/// `wallet backup --vault`: turns the backup at the vault on, or off.
///
/// # Errors
/// When the vault cannot be reached or refuses, or has a backup that this wallet did not write.
pub async fn vault_backup(args: &BackupArgs, context: &Context) -> ApiResult<VaultBackup> {
    let asked = &args.at_vault;
    let (Some(switch), Some(net)) = (asked.vault, asked.net.clone()) else {
        return Err(ApiError::plain(&reason::USAGE));
    };
    let place = WalletPlace {
        home: WalletHome {
            dir: args.dir.clone(),
            net,
            password_file: args.password_file.clone(),
        },
        persona: asked.persona.clone(),
    };
    let mut holder = place.open(context).await?;
    let (revision, removed) = match switch {
        Switch::On => {
            let version = holder.vault_on(asked.replace).await?;
            (Some(version.revision.0), None)
        }
        Switch::Off => (None, Some(told(holder.vault_off().await?))),
    };
    let wallet = &holder.wallet;
    Ok(VaultBackup {
        chain: wallet.chain(),
        persona: wallet.persona().name.as_str().to_owned(),
        on: switch == Switch::On,
        revision,
        removed,
        warning: wallet.spec().warning(),
    })
}

fn told(removed: Removed) -> &'static str {
    match removed {
        Removed::Yes => "the vault has removed it",
        Removed::NothingThere => "the vault has none",
        Removed::OfAnotherCopy => {
            "what the vault has was written by another copy of this wallet, and stays"
        }
        Removed::Unreachable => "the vault does not answer, and still has it",
    }
}
