//! The list of a wallet's personas.

use clap::{Args, Subcommand};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_ledger::ids::ChainId;
use tacit_wallet::persona::{Personas, Summary};

use super::args::WalletHome;
use crate::cli::password::PasswordSource;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower;
use crate::holder::Holder;

/// The commands about personas. None of them reads the chain, and only `recover` asks anybody, for one persona.
#[derive(Debug, Subcommand)]
pub enum PersonaCommand {
    /// Add a persona: somebody else towards everybody, from the same seed.
    #[command(after_help = "Example: tacit wallet persona new work --dir w")]
    New(NewArgs),
    /// List the personas.
    #[command(after_help = "Example: tacit wallet persona list --dir w")]
    List(FileArgs),
    /// Give a persona another name.
    #[command(after_help = "Example: tacit wallet persona rename work office --dir w")]
    Rename(RenameArgs),
    /// Bring a lost persona back from the wallet's seed: from its backup at the vault, where there is one, and from the chain. One
    /// for each command, so that nobody is asked for two at once.
    #[command(
        after_help = "Example: tacit wallet persona recover 1 --dir w --net net\nAfter tacit wallet recover, which brings back persona \
                      0. Numbers may have gaps, of personas that were ended."
    )]
    Recover(LostArgs),
    /// Take a persona out of the wallet, when everything of it on the chain has been ended.
    #[command(after_help = "Example: tacit wallet persona end office --dir w")]
    End(EndArgs),
}

/// Which wallet.
#[derive(Clone, Debug, Args)]
pub struct FileArgs {
    /// The wallet's folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// File whose first line is the wallet's password.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
}

impl FileArgs {
    fn open(&self) -> ApiResult<Personas> {
        let password = PasswordSource::new(self.password_file.clone()).existing()?;
        Holder::personas(&self.dir, &password)
    }
}

/// Arguments of `wallet persona new`.
#[derive(Clone, Debug, Args)]
pub struct NewArgs {
    /// The persona's name, for the wallet only.
    pub name: String,
    /// Its number; the next one when left out. Needed once after `wallet recover` or `wallet restore`: higher than that of any
    /// persona that the wallet ever had, for the seed and the backup do not know of all.
    #[arg(long)]
    pub number: Option<u32>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub wallet: FileArgs,
}

/// Arguments of `wallet persona end`.
#[derive(Clone, Debug, Args)]
pub struct EndArgs {
    /// The persona's name.
    pub name: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub wallet: FileArgs,
}

/// Arguments of `wallet persona rename`.
#[derive(Clone, Debug, Args)]
pub struct RenameArgs {
    /// The persona's name.
    pub name: String,
    /// Its new name.
    pub new: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub wallet: FileArgs,
}

/// Arguments of `wallet persona recover`.
#[derive(Clone, Debug, Args)]
pub struct LostArgs {
    /// The persona's number; the next one when left out.
    pub number: Option<u32>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub home: WalletHome,
    /// Its name, when it is not to have the one that it had.
    #[arg(long)]
    pub name: Option<String>,
    /// Do not ask the vault: take only what the chain gives back.
    #[arg(long)]
    pub without_vault: bool,
}

/// The personas of a wallet.
#[derive(Debug, Serialize)]
pub struct PersonaList {
    /// The chain that all of them are on.
    pub chain: ChainId,
    /// Each of them.
    pub personas: Vec<PersonaLine>,
}

/// A persona.
#[derive(Debug, Serialize)]
pub struct PersonaLine {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Generation of the secret that new leaves are bound to.
    pub generation: u8,
    /// Credentials asked for and held.
    pub credentials: usize,
    /// Documents.
    pub records: usize,
    /// Grants.
    pub grants: usize,
    /// Leaves that are not ended, as far as the wallet knows.
    pub live: usize,
}

impl From<Summary> for PersonaLine {
    fn from(persona: Summary) -> Self {
        Self {
            number: persona.number,
            name: persona.name,
            generation: persona.generation,
            credentials: persona.credentials,
            records: persona.records,
            grants: persona.grants,
            live: persona.live,
        }
    }
}

impl fmt::Display for PersonaList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for persona in &self.personas {
            writeln!(
                f,
                "persona {} (number {}): {} credentials, {} documents, {} grants, {} leaves not ended",
                persona.name,
                persona.number,
                persona.credentials,
                persona.records,
                persona.grants,
                persona.live
            )?;
        }
        Ok(())
    }
}

/// Runs one of the commands; each prints the list as it is afterwards.
///
/// # Errors
/// When the password does not fit, there is no persona of the name, a name is taken, or the one to be ended has leaves that
/// are not.
pub async fn run(command: &PersonaCommand, context: &Context) -> ApiResult<()> {
    let personas = match command {
        PersonaCommand::New(args) => {
            let mut personas = args.wallet.open()?;
            personas.add(&args.name, args.number)?;
            personas
        }
        PersonaCommand::List(args) => args.open()?,
        PersonaCommand::Rename(args) => {
            let mut personas = args.wallet.open()?;
            personas.rename(&args.name, &args.new)?;
            personas
        }
        PersonaCommand::Recover(args) => recover(args).await?,
        PersonaCommand::End(args) => {
            let mut personas = args.wallet.open()?;
            personas.end(&args.name)?;
            personas
        }
    };
    let list = PersonaList {
        chain: personas.spec()?.id(),
        personas: personas.list().into_iter().map(Into::into).collect(),
    };
    context.output.result(&list, PersonaList::to_string)?;
    if matches!(command, PersonaCommand::New(_)) {
        context.output.note(
            "next: give --persona NAME with every command; let time pass between the work of two, and take another network address for \
             each: who sees both come from one place at one time can tell that they are yours",
        );
    }
    if matches!(command, PersonaCommand::Recover(_)) {
        context.output.note(
            "next: tacit wallet list --persona NAME --dir DIR --net NET reads the chain for it",
        );
    }
    Ok(())
}

async fn recover(args: &LostArgs) -> ApiResult<Personas> {
    let home = &args.home;
    let net = home.net_dir();
    let mut personas = Holder::personas(&home.dir, &home.password().existing()?)?;
    if follower::genesis(&net)?.id() != personas.spec()?.id() {
        return Err(ApiError::plain(&reason::WALLET_OTHER_CHAIN));
    }
    let number = args.number.unwrap_or(personas.next_number());
    let recovery = personas.recovery(number)?;
    let backup = match args.without_vault {
        true => None,
        false => Holder::from_slot(&net, &recovery).await?,
    };
    let backup = backup.map(|(_, backup)| backup);
    personas.recover(recovery, backup, args.name.as_deref())?;
    Ok(personas)
}
