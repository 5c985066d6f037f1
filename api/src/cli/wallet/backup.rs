//! Backing a wallet up, bringing it back, and moving it to another device.

use clap::Args;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_ledger::ids::{ChainId, Height};
use tacit_wallet::backup::{Backup, MAX_BACKUP};

use super::args::WalletHome;
use super::vault_backup::VaultBackupArgs;
use crate::cli::password::PasswordSource;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::holder::Holder;

/// Arguments of `wallet backup`.
#[derive(Clone, Debug, Args)]
pub struct BackupArgs {
    /// The wallet's folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// File whose first line is the wallet's password.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
    /// File whose first line is the backup's passphrase: asked for when left out.
    #[arg(long)]
    pub passphrase_file: Option<PathBuf>,
    /// File to write the backup to. One that is there is not replaced.
    #[arg(long, required_unless_present = "vault")]
    pub out: Option<PathBuf>,
    /// Close this wallet, because the backup goes on elsewhere: it then only opens to be backed up again.
    #[arg(long = "move")]
    pub moving: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub at_vault: VaultBackupArgs,
}

/// Arguments of `wallet restore`.
#[derive(Clone, Debug, Args)]
pub struct RestoreArgs {
    /// The backup.
    pub backup: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletHome,
    /// File whose first line is the backup's passphrase: asked for when left out.
    #[arg(long)]
    pub passphrase_file: Option<PathBuf>,
}

/// A backup that was written.
#[derive(Debug, Serialize)]
pub struct BackedUp {
    /// Its chain.
    pub chain: ChainId,
    /// Its file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: usize,
    /// What the wallet had read of the chain.
    pub height: Height,
    /// Whether this wallet is closed now.
    pub moved: bool,
    /// What a development chain has to say.
    pub warning: Option<&'static str>,
}

impl fmt::Display for BackedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "backup of the wallet as of height {} written to {} ({} bytes)",
            self.height,
            self.file.display(),
            self.bytes
        )?;
        if self.moved {
            writeln!(
                f,
                "this wallet is closed: restore the backup on the other device"
            )?;
        }
        write!(f, "{}", self.warning.unwrap_or_default())
    }
}

/// A wallet that was restored.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// Its chain.
    pub chain: ChainId,
    /// Its folder.
    pub dir: PathBuf,
    /// What the backup had read of the chain.
    pub height: Height,
    /// Personas in it, by their names.
    pub personas: Vec<String>,
    /// Credentials in it.
    pub credentials: usize,
    /// Documents in it.
    pub records: usize,
    /// Grants in it.
    pub grants: usize,
    /// Steps that were under way, of the first persona.
    pub unfinished: usize,
    /// What a development chain has to say.
    pub warning: Option<&'static str>,
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "wallet restored in {} as of height {}: {} credentials, {} documents, {} grants, {} steps under way",
            self.dir.display(),
            self.height,
            self.credentials,
            self.records,
            self.grants,
            self.unfinished
        )?;
        if self.personas.len() > 1 {
            writeln!(f, "personas: {}", self.personas.join(", "))?;
        }
        write!(f, "{}", self.warning.unwrap_or_default())
    }
}

/// `wallet backup`: writes everything the wallet knows to a sealed file. Needs no network.
///
/// # Errors
/// When there is a file already, a password is missing or wrong, or the file cannot be written: the wallet is then not closed.
pub fn backup(args: &BackupArgs) -> ApiResult<BackedUp> {
    let out = args.out.as_deref();
    let out = out.ok_or_else(|| ApiError::plain(&reason::USAGE))?;
    if std::fs::symlink_metadata(out).is_ok() {
        let what = format!("{}: there is a file already", out.display());
        return Err(ApiError::new(&reason::FILE_EXISTS, what));
    }
    let password = PasswordSource::new(args.password_file.clone()).existing()?;
    let mut wallet = Holder::open_to_back_up(&args.dir, &password)?;
    let passphrase = PasswordSource::of_backup(args.passphrase_file.clone()).new_one()?;
    let bytes = wallet.backup(&passphrase, Holder::COST)?;
    files::write_secret(out, &bytes)?;
    // Only what can be read back is a backup: a move closes the wallet on the strength of it.
    if files::read(out, MAX_BACKUP as u64)? != bytes {
        return Err(files::invalid(out, "not what was written to it"));
    }
    if args.moving {
        wallet.retire()?;
    }
    Ok(BackedUp {
        chain: wallet.chain(),
        file: out.to_owned(),
        bytes: bytes.len(),
        height: wallet.newest_height(),
        moved: args.moving,
        warning: wallet.spec().warning(),
    })
}

/// `wallet restore`: makes a wallet from a backup.
///
/// # Errors
/// When the folder has a wallet already, or the backup does not open or is of another chain: nothing is written then.
pub fn restore(args: &RestoreArgs) -> ApiResult<Restored> {
    let place = &args.place;
    let bytes = files::read(&args.backup, MAX_BACKUP as u64)?;
    let passphrase = PasswordSource::of_backup(args.passphrase_file.clone()).existing()?;
    let password = place.password().new_one()?;
    let backup = Backup {
        bytes: &bytes,
        passphrase: &passphrase,
    };
    let wallet = Holder::restore(&place.dir, &place.net_dir(), &backup, &password)?;
    let personas = wallet.personas();
    Ok(Restored {
        chain: wallet.chain(),
        dir: place.dir.clone(),
        height: wallet.newest_height(),
        credentials: personas.iter().map(|persona| persona.credentials).sum(),
        records: personas.iter().map(|persona| persona.records).sum(),
        grants: personas.iter().map(|persona| persona.grants).sum(),
        personas: personas.into_iter().map(|persona| persona.name).collect(),
        unfinished: wallet.unfinished().len(),
        warning: wallet.spec().warning(),
    })
}
