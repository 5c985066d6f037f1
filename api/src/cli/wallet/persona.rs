//! The list of a wallet's personas.

use clap::{Args, Subcommand};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_ledger::ids::ChainId;
use tacit_wallet::persona::{Personas, Summary};

use crate::cli::password::PasswordSource;
use crate::cli::run::Context;
use crate::errors::ApiResult;
use crate::holder::Holder;

/// The commands about personas. None of them reads the chain or asks anybody.
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
    /// Take a persona out of the wallet, when everything of it on the chain has been ended.
    #[command(after_help = "Example: tacit wallet persona end office --dir w")]
    End(NewArgs),
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

/// Arguments of `wallet persona new` and `wallet persona end`.
#[derive(Clone, Debug, Args)]
pub struct NewArgs {
    /// The persona's name, for the wallet only.
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
                "persona {}: {} credentials, {} documents, {} grants, {} leaves not ended",
                persona.name, persona.credentials, persona.records, persona.grants, persona.live
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
pub fn run(command: &PersonaCommand, context: &Context) -> ApiResult<()> {
    let personas = match command {
        PersonaCommand::New(args) => {
            let mut personas = args.wallet.open()?;
            personas.add(&args.name)?;
            personas
        }
        PersonaCommand::List(args) => args.open()?,
        PersonaCommand::Rename(args) => {
            let mut personas = args.wallet.open()?;
            personas.rename(&args.name, &args.new)?;
            personas
        }
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
    Ok(())
}
