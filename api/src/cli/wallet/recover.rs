//! A wallet from its seed alone, on an empty machine.

use clap::Args;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_ledger::ids::{ChainId, Height};
use tacit_wallet::seed::Seed;
use tacit_wallet::slot::Recovery;
use zeroize::Zeroizing;

use super::args::WalletHome;
use super::manage::found_lines;
use super::results::FoundLine;
use crate::cli::run::Context;
use crate::errors::ApiResult;
use crate::holder::Holder;
use crate::{files, follower};

/// Arguments of `wallet recover`.
#[derive(Clone, Debug, Args)]
pub struct RecoverArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletHome,
    /// File with the seed that was written down.
    #[arg(long)]
    pub seed_file: PathBuf,
    /// Do not ask the vault: take only what the chain gives back.
    #[arg(long)]
    pub without_vault: bool,
}

/// A wallet that was recovered.
#[derive(Debug, Serialize)]
pub struct Recovered {
    /// Its chain.
    pub chain: ChainId,
    /// Its folder.
    pub dir: PathBuf,
    /// Number of the backup at the vault that it comes from; none when it comes from the chain alone.
    pub backup: Option<u64>,
    /// What that backup had read of the chain.
    pub backup_height: Option<Height>,
    /// What the wallet has read of the chain now.
    pub height: Height,
    /// Credentials in it.
    pub credentials: usize,
    /// Documents in it.
    pub records: usize,
    /// Grants in it.
    pub grants: usize,
    /// Generation of the secret that new leaves are bound to: an older one, when the wallet was rotated after the backup.
    pub generation: u8,
    /// Steps that were under way.
    pub unfinished: usize,
    /// Leaves of this seed on the chain, of which nothing but the seed is left.
    pub found: Vec<FoundLine>,
    /// What could not be brought back.
    pub missing: Option<&'static str>,
    /// What a development chain has to say.
    pub warning: Option<&'static str>,
}

/// What no chain and no seed gives back.
const WITHOUT_BACKUP: &str = "there is no backup: credentials, what documents and grants say, titles, inboxes and requests \
                              are not in this wallet; a credential comes back with its files (tacit wallet import)";
/// What a backup that is older than the chain does not give back.
const OLDER_BACKUP: &str = "the backup is older than these leaves: what they say is not in this wallet; each can be ended: \
                            tacit wallet revoke --leaf NUMBER";

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.backup, self.backup_height) {
            (Some(revision), Some(height)) => writeln!(
                f,
                "wallet recovered in {} from the backup at the vault, revision {revision}, as of height {height}",
                self.dir.display()
            )?,
            _ => writeln!(
                f,
                "wallet recovered in {} from the chain alone",
                self.dir.display()
            )?,
        }
        writeln!(
            f,
            "at height {}: {} credentials, {} documents, {} grants, {} steps under way",
            self.height, self.credentials, self.records, self.grants, self.unfinished
        )?;
        writeln!(
            f,
            "generation {}: if the wallet was rotated and this is not its newest one, run tacit wallet rotate again",
            self.generation
        )?;
        for found in &self.found {
            let state = if found.ended { "ended" } else { "live" };
            writeln!(
                f,
                "leaf {}: a {}, {state}: known by the seed only",
                found.number, found.kind
            )?;
        }
        if let Some(missing) = self.missing {
            writeln!(f, "{missing}")?;
        }
        write!(f, "{}", self.warning.unwrap_or_default())
    }
}

/// `wallet recover`: makes a wallet from a seed, with the backup at the vault where there is one, and reads the chain.
///
/// # Errors
/// When the folder has a wallet already, the written seed has a typing error, the vault cannot be asked, or what it has does not
/// open: nothing is written then. When the chain cannot be read: the next command goes on.
pub async fn recover(args: &RecoverArgs, context: &Context) -> ApiResult<Recovered> {
    let place = &args.place;
    let net = place.net_dir();
    let text = Zeroizing::new(files::read_text(&args.seed_file, files::MAX_SMALL_FILE)?);
    let seed =
        Seed::from_text(text.trim()).map_err(|error| files::invalid(&args.seed_file, error))?;
    let recovery = Recovery::new(seed, &follower::genesis(&net)?);
    let (mut holder, backup) = Holder::recover(
        (&place.dir, &net),
        recovery,
        !args.without_vault,
        || place.password().new_one(),
        context.output,
    )
    .await?;
    let backup_height = backup.map(|_| holder.wallet.newest_height());
    holder.sync()?;
    holder.keep().await;
    let wallet = &holder.wallet;
    let found = found_lines(wallet);
    let missing = match (backup, found.is_empty()) {
        (None, _) => Some(WITHOUT_BACKUP),
        (Some(_), false) => Some(OLDER_BACKUP),
        (Some(_), true) => None,
    };
    Ok(Recovered {
        chain: wallet.chain(),
        dir: place.dir.clone(),
        backup: backup.map(|version| version.revision.0),
        backup_height,
        height: wallet.newest_height(),
        credentials: wallet.credentials().len(),
        records: wallet.records().len(),
        grants: wallet.grants().len(),
        generation: wallet.generation().get(),
        unfinished: wallet.unfinished().len(),
        found,
        missing,
        warning: wallet.spec().warning(),
    })
}
