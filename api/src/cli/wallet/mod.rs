//! `tacit wallet`: hold credentials and documents; prove, share, revoke, and see who read what.
//!
//! Each command is a function of its arguments, so that the demo plays the very same steps.

mod args;
mod backup;
mod bundle;
mod manage;
mod persona;
mod present;
mod recover;
mod results;
mod rotate;
mod share;
mod vault_backup;

pub use args::*;
pub use backup::{BackedUp, BackupArgs, RestoreArgs, Restored, backup, restore};
pub use bundle::BundleCommand;
pub use manage::{end, import, init, list, log, prove, put, request_credential};
pub use persona::{PersonaCommand, PersonaLine, PersonaList};
pub use present::{PresentArgs, Presented, present};
pub use recover::{RecoverArgs, Recovered, recover};
pub use results::*;
pub use rotate::{BoundCredential, RotateArgs, Rotated, rotate};
pub use share::{approve, contact, deny, requests};
pub use vault_backup::{Switch, VaultBackup, VaultBackupArgs, vault_backup};

use crate::cli::run::Context;
use crate::errors::ApiResult;

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub async fn run(command: WalletCommand, context: &Context) -> ApiResult<()> {
    let output = context.output;
    match command {
        WalletCommand::Init(args) => {
            output.result(&init(&args)?, WalletMade::to_string)?;
            output.note("next: get an offer from an issuer, then: tacit wallet request-credential --dir DIR --net NET --offer FILE");
            Ok(())
        }
        WalletCommand::RequestCredential(args) => output.result(
            &request_credential(&args, context).await?,
            CredentialAsked::to_string,
        ),
        WalletCommand::Import(args) => {
            output.result(&import(&args, context).await?, CredentialHeld::to_string)
        }
        WalletCommand::Prove(args) => {
            output.result(&prove(&args, context).await?, Proved::to_string)
        }
        WalletCommand::Present(args) => {
            output.result(&present(&args, context).await?, Presented::to_string)?;
            output.note("whoever gets it sees every claim, and two who get it see that it is one credential; wallet prove shows facts that cannot be linked");
            Ok(())
        }
        WalletCommand::Put(args) => output.result(&put(&args, context).await?, Stored::to_string),
        WalletCommand::Contact(args) => {
            output.result(&contact(&args, context).await?, ContactMade::to_string)?;
            output.note("next: give the file to that platform only; then: tacit wallet requests");
            Ok(())
        }
        WalletCommand::Requests(args) => {
            output.result(&requests(&args, context).await?, Requests::to_string)
        }
        WalletCommand::Approve(args) => {
            output.result(&approve(&args, context).await?, Answered::to_string)
        }
        WalletCommand::Deny(args) => {
            output.result(&deny(&args, context).await?, Answered::to_string)
        }
        WalletCommand::Revoke(args) => output.result(&end(&args, context).await?, Ended::to_string),
        WalletCommand::Log(args) => {
            output.result(&log(&args, context).await?, AccessLog::to_string)
        }
        WalletCommand::Bundle(command) => bundle::run(command, context).await,
        WalletCommand::Persona(command) => persona::run(&command, context).await,
        WalletCommand::Rotate(args) => {
            output.result(&rotate(&args)?, Rotated::to_string)?;
            if !args.list {
                output.note(
                    "pseudonyms change with the new credentials: verifiers and reviewers will take you for somebody else. Who has the \
                     seed, the opened wallet or an opened backup has the new secret too: against that, make a new wallet with tacit \
                     wallet init in another folder, end everything of this one, and ask the issuers again",
                );
            }
            Ok(())
        }
        WalletCommand::Backup(args) if args.at_vault.vault.is_some() => {
            output.result(&vault_backup(&args, context).await?, VaultBackup::to_string)
        }
        WalletCommand::Backup(args) => {
            output.result(&backup(&args)?, BackedUp::to_string)?;
            output.note("keep the file and its passphrase apart; it is as old as this moment: make a new one after every change that matters");
            Ok(())
        }
        WalletCommand::Restore(args) => {
            output.result(&restore(&args)?, Restored::to_string)?;
            output.note("next: tacit wallet list --dir DIR --net NET reads the chain and tells what came after the backup; do not go on with two copies");
            Ok(())
        }
        WalletCommand::Recover(args) => {
            let recovered = recover(&args, context).await?;
            output.result(&recovered, Recovered::to_string)?;
            output.note("next: tacit wallet persona recover NUMBER for every other persona that the wallet had, before tacit wallet persona new");
            if recovered.backup.is_none() {
                output.note("next: tacit wallet backup --vault on --dir DIR --net NET, so that the seed alone is enough the next time");
            }
            Ok(())
        }
        WalletCommand::List(args) => output.result(&list(&args, context).await?, Held::to_string),
    }
}
