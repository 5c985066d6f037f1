//! Arguments of the wallet's commands.

use clap::{Args, Subcommand};
use std::path::PathBuf;
use tacit_wallet::persona::FIRST;

use super::backup::{BackupArgs, RestoreArgs};
use super::bundle::BundleCommand;
use super::persona::PersonaCommand;
use super::present::PresentArgs;
use super::recover::RecoverArgs;
use super::rotate::RotateArgs;
use crate::cli::duration::Duration;
use crate::cli::password::PasswordSource;
use crate::cli::run::Context;
use crate::errors::ApiResult;
use crate::holder::Holder;
use crate::net::NetDir;

/// The wallet's commands.
#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Make a wallet with a new seed. One that was lost comes back with `recover` or `restore`.
    #[command(after_help = "Example: tacit wallet init --dir w --net net --seed-out seed.txt")]
    Init(InitArgs),
    /// Redeem an issuer's offer: prove that the commitments open, and take the credential in.
    #[command(
        after_help = "Example: tacit wallet request-credential --dir w --net net --offer offer.txt"
    )]
    RequestCredential(RequestCredentialArgs),
    /// Take in a credential that came as files.
    #[command(
        after_help = "Example: tacit wallet import --dir w --net net --credential credential.json --opening opening.json"
    )]
    Import(ImportArgs),
    /// Prove facts from a credential, in a bundle that verifies with no network.
    #[command(
        after_help = "Examples:\n  tacit wallet prove 'age >= 18' --dir w --net net --out proof.tacit\n  tacit wallet prove \
                      'age >= 18, country in [DE, FR], reveal country' --dir w --net net --to did:tacit:... --out proof.tacit"
    )]
    Prove(ProveArgs),
    /// Show a credential whole, in the W3C's format, to software that reads no proofs.
    #[command(
        after_help = "Example: tacit wallet present --challenge 3f2a --domain https://shop.example --dir w --net net --out shown.vp.json"
    )]
    Present(PresentArgs),
    /// Seal a document, store it at the vault, and register it.
    #[command(
        after_help = "Example: tacit wallet put passport.pdf --category official-id --title Passport --dir w --net net"
    )]
    Put(PutArgs),
    /// Make a new address at which one platform can leave requests.
    #[command(
        after_help = "Example: tacit wallet contact --label Shop --out shop.txt --dir w --net net"
    )]
    Contact(ContactArgs),
    /// Fetch requests, check them against the ledger, and show who asks for what and why.
    #[command(after_help = "Example: tacit wallet requests --dir w --net net")]
    Requests(RequestsArgs),
    /// Approve a request, possibly giving less than was asked.
    #[command(
        after_help = "Example: tacit wallet approve --latest --uses 1 --for 1d --dir w --net net"
    )]
    Approve(ApproveArgs),
    /// Deny a request, with a reason.
    #[command(
        after_help = "Example: tacit wallet deny --latest --reason purpose-not-accepted --dir w --net net"
    )]
    Deny(DenyArgs),
    /// End a grant, a credential, or a document (which the vault then erases).
    #[command(after_help = "Example: tacit wallet revoke --grant 2 --dir w --net net")]
    Revoke(RevokeArgs),
    /// Show who read what, as found on the chain.
    #[command(after_help = "Example: tacit wallet log --dir w --net net")]
    Log(LogArgs),
    /// Show a grant, or that nobody used it, to somebody without a network.
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// Be several persons towards others, who cannot tell: add, list, rename and end personas.
    #[command(subcommand)]
    Persona(PersonaCommand),
    /// Begin a new secret behind what is made from now on, and show what is bound to earlier ones.
    #[command(
        after_help = "Examples:\n  tacit wallet rotate --dir w\n  tacit wallet rotate --dir w --list\nNo help against who has the \
                      seed or the opened wallet: for that, make a new wallet and end everything of this one."
    )]
    Rotate(RotateArgs),
    /// Write the whole wallet to a file, sealed under a passphrase; with --move, to go on with it on another device; with
    /// --vault, keep a backup at the vault that the seed alone opens.
    #[command(
        after_help = "Examples:\n  tacit wallet backup --dir w --out wallet.backup\n  tacit wallet backup --dir w --out \
                      wallet.backup --move\n  tacit wallet backup --vault on --dir w --net net"
    )]
    Backup(BackupArgs),
    /// Make a wallet from a backup, on an empty machine.
    #[command(after_help = "Example: tacit wallet restore wallet.backup --dir w --net net")]
    Restore(RestoreArgs),
    /// Make a wallet from its seed alone, on an empty machine: from the backup at the vault, and from the chain.
    #[command(after_help = "Example: tacit wallet recover --seed-file seed.txt --dir w --net net")]
    Recover(RecoverArgs),
    /// List credentials, documents, grants and inboxes.
    #[command(after_help = "Example: tacit wallet list --dir w --net net")]
    List(ListArgs),
}

/// Where a wallet is, and where its servers are found.
#[derive(Clone, Debug, Args)]
pub struct WalletHome {
    /// The wallet's folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// The net folder.
    #[arg(long)]
    pub net: PathBuf,
    /// File whose first line is the wallet's password.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
}

impl WalletHome {
    /// The net folder.
    pub fn net_dir(&self) -> NetDir {
        NetDir::new(&self.net)
    }

    /// Where the password comes from.
    pub fn password(&self) -> PasswordSource {
        PasswordSource::new(self.password_file.clone())
    }
}

/// A wallet, and the persona that a command works for: one for each command, so that no connection is shared by two.
#[derive(Clone, Debug, Args)]
pub struct WalletPlace {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub home: WalletHome,
    /// The persona, by its name; needed when the wallet has several.
    #[arg(long)]
    pub persona: Option<String>,
}

impl WalletPlace {
    /// Opens the wallet as the persona, and connects to the node.
    ///
    /// # Errors
    /// When the password does not fit, the persona is not said, or no node answers.
    pub async fn open(&self, context: &Context) -> ApiResult<Holder> {
        let home = &self.home;
        let password = home.password().existing()?;
        let persona = self.persona.as_deref();
        Holder::open(
            (&home.dir, persona),
            &home.net_dir(),
            &password,
            context.output,
        )
        .await
    }

    /// Opens the wallet, does some work with it, and brings its backup at the vault up to date, however the work ended.
    ///
    /// # Errors
    /// As [`WalletPlace::open`], and those of the work.
    pub async fn work<T>(
        &self,
        context: &Context,
        work: impl AsyncFnOnce(&mut Holder) -> ApiResult<T>,
    ) -> ApiResult<T> {
        let mut holder = self.open(context).await?;
        let done = work(&mut holder).await;
        holder.keep().await;
        done
    }
}

/// Arguments of `wallet init`.
#[derive(Clone, Debug, Args)]
pub struct InitArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletHome,
    /// Name of the first persona, for the wallet only.
    #[arg(long, default_value = FIRST)]
    pub persona: String,
    /// File to write the seed to. Whoever reads it has the wallet: print it, keep it safe, delete it.
    #[arg(long)]
    pub seed_out: Option<PathBuf>,
}

/// Arguments of `wallet request-credential`.
#[derive(Clone, Debug, Args)]
pub struct RequestCredentialArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
    /// The issuer's offer.
    #[arg(long)]
    pub offer: PathBuf,
    /// Only write the request to this file, for an issuer that works by files.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Send it also where that would link two personas of the wallet.
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of `wallet import`.
#[derive(Clone, Debug, Args)]
pub struct ImportArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
    /// The verifiable credential.
    #[arg(long)]
    pub credential: PathBuf,
    /// The opening of its commitment.
    #[arg(long)]
    pub opening: PathBuf,
}

/// Arguments of `wallet prove`.
#[derive(Clone, Debug, Args)]
pub struct ProveArgs {
    /// What to prove, such as `age >= 18, country in [DE, FR], reveal country`.
    pub predicates: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
    /// Who the proof is for: a member's DID, or `anyone`.
    #[arg(long, default_value = "anyone")]
    pub to: String,
    /// Label of the pseudonym towards that verifier.
    #[arg(long, default_value = "")]
    pub label: String,
    /// The credential, by its number in the wallet; the newest when left out.
    #[arg(long)]
    pub credential: Option<u32>,
    /// Accepted issuers, by member id: several hide which one issued the credential.
    #[arg(long, value_delimiter = ',')]
    pub issuers: Vec<u32>,
    /// How long the proof is good for.
    #[arg(long, default_value = "1d")]
    pub valid: Duration,
    /// File to write the bundle to.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `wallet put`.
#[derive(Clone, Debug, Args)]
pub struct PutArgs {
    /// The document.
    pub document: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
    /// What it is about: a category of the vocabulary.
    #[arg(long)]
    pub category: String,
    /// Title, for the wallet only.
    #[arg(long, default_value = "")]
    pub title: String,
}

/// Arguments of `wallet contact`.
#[derive(Clone, Debug, Args)]
pub struct ContactArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
    /// Whom the address is for, for the wallet only.
    #[arg(long)]
    pub label: String,
    /// File to write the address to.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `wallet requests`.
#[derive(Clone, Debug, Args)]
pub struct RequestsArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
    /// Also take in a request that came as a file.
    #[arg(long)]
    pub file: Option<PathBuf>,
}

/// Which request is meant.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct WhichRequest {
    /// Id of the request, or the beginning of it.
    pub id: Option<String>,
    /// The request that lapses last.
    #[arg(long)]
    pub latest: bool,
}

/// Arguments of `wallet approve`.
#[derive(Clone, Debug, Args)]
pub struct ApproveArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub which: WhichRequest,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
    /// The document, by its number in the wallet; the one that fits when left out.
    #[arg(long)]
    pub record: Option<u32>,
    /// How often it may be read; as asked when left out.
    #[arg(long)]
    pub uses: Option<u16>,
    /// For how long; as asked when left out.
    #[arg(long = "for")]
    pub validity: Option<Duration>,
    /// The credential to prove the wanted facts from; the newest when left out.
    #[arg(long)]
    pub credential: Option<u32>,
    /// File for the sealed answer to a request that came as a file.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Arguments of `wallet deny`.
#[derive(Clone, Debug, Args)]
pub struct DenyArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub which: WhichRequest,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
    /// Why: one of the closed list of reasons.
    #[arg(long, default_value = "declined")]
    pub reason: String,
    /// File for the sealed answer to a request that came as a file.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Arguments of `wallet revoke`.
#[derive(Clone, Debug, Args)]
pub struct RevokeArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub what: WhatToEnd,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
}

/// What is to be ended, by its number in the wallet.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct WhatToEnd {
    /// A grant.
    #[arg(long)]
    pub grant: Option<u32>,
    /// A document; the vault erases it.
    #[arg(long)]
    pub record: Option<u32>,
    /// A credential.
    #[arg(long)]
    pub credential: Option<u32>,
    /// A leaf that was found on the chain and of which only the seed is left.
    #[arg(long)]
    pub leaf: Option<u32>,
}

/// Arguments of `wallet log`.
#[derive(Clone, Debug, Args)]
pub struct LogArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
}

/// Arguments of `wallet list`.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
}
