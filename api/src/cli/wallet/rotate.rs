//! A new secret behind what comes next.

use clap::Args;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_circuits::types::MemberId;
use tacit_wallet::rotate::{Bound, BoundKind};

use crate::cli::password::PasswordSource;
use crate::errors::ApiResult;
use crate::holder::Holder;

/// Arguments of `wallet rotate`.
#[derive(Clone, Debug, Args)]
pub struct RotateArgs {
    /// The wallet's folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// File whose first line is the wallet's password.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
    /// The persona, by its name; needed when the wallet has several.
    #[arg(long)]
    pub persona: Option<String>,
    /// Begin nothing, only show what is bound to earlier secrets.
    #[arg(long)]
    pub list: bool,
}

/// Where a rotation stands.
#[derive(Debug, Serialize)]
pub struct Rotated {
    /// Generation of the secret that new leaves are bound to.
    pub generation: u8,
    /// Credentials that are bound to earlier ones.
    pub credentials: Vec<BoundCredential>,
    /// Documents that are, by number.
    pub records: Vec<u32>,
    /// Grants that are, by number.
    pub grants: Vec<u32>,
}

/// A credential that is bound to an earlier secret.
#[derive(Debug, Serialize)]
pub struct BoundCredential {
    /// Its number in the wallet.
    pub number: u32,
    /// Generation of its secret.
    pub generation: u8,
    /// Who would have to issue it anew.
    pub issuer: MemberId,
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "generation {}: what is made from now on is bound to it",
            self.generation
        )?;
        for held in &self.credentials {
            writeln!(
                f,
                "credential {} is bound to generation {}: ask issuer {} for a new one, then: tacit wallet revoke --credential {}",
                held.number, held.generation, held.issuer, held.number
            )?;
        }
        for number in &self.grants {
            writeln!(
                f,
                "grant {number} stands; to end it: tacit wallet revoke --grant {number}"
            )?;
        }
        for number in &self.records {
            writeln!(
                f,
                "record {number} stands; to make it anew: tacit wallet revoke --record {number}, then tacit wallet put"
            )?;
        }
        Ok(())
    }
}

/// `wallet rotate`: begins a new generation, and shows what stays bound to earlier ones. Needs no network, and nobody sees it.
///
/// # Errors
/// When the password does not fit, or there have been as many rotations as there can be.
pub fn rotate(args: &RotateArgs) -> ApiResult<Rotated> {
    let password = PasswordSource::new(args.password_file.clone()).existing()?;
    let mut wallet = Holder::offline(&args.dir, &password, args.persona.as_deref())?;
    if !args.list {
        wallet.rotate()?;
    }
    let mut rotated = Rotated {
        generation: wallet.generation().get(),
        credentials: Vec::new(),
        records: Vec::new(),
        grants: Vec::new(),
    };
    for Bound {
        number,
        generation,
        what,
    } in wallet.bound_to_earlier()
    {
        match what {
            BoundKind::Credential(issuer) => rotated.credentials.push(BoundCredential {
                number: number.0,
                generation: generation.get(),
                issuer,
            }),
            BoundKind::Record => rotated.records.push(number.0),
            BoundKind::Grant => rotated.grants.push(number.0),
        }
    }
    Ok(rotated)
}
