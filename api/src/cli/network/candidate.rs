//! `tacit network candidate`: what somebody needs who wants to run a validator of an existing network.

use clap::Args;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use tacit_ledger::governance::AddValidator;
use tacit_ledger::signature::{SigningPublicKey, ValidatorKey};
use tacit_ledger::text::{Name, PeerAddress};

use super::development;
use super::init::{GOVERNANCE, KEYS};
use super::mark_unused;
use crate::cli::password::PasswordSource;
use crate::errors::{ApiError, ApiResult};
use crate::files;
use crate::member::Secrets;

/// The file for the other validators.
const FILE: &str = "validator.json";

/// Arguments of `network candidate`.
#[derive(Clone, Debug, Args)]
pub struct CandidateArgs {
    /// The validator's folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// Its name.
    #[arg(long)]
    pub name: String,
    /// Where the other validators will reach it, host:port.
    #[arg(long)]
    pub address: String,
    /// File whose first line is the password that seals the keys.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
}

/// A validator that is to join: what the others have to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Name, for people.
    pub name: Name,
    /// Signs votes for blocks.
    pub consensus_key: ValidatorKey,
    /// Signs votes about changes.
    pub governance_key: SigningPublicKey,
    /// Where the others reach it.
    pub address: PeerAddress,
}

impl From<Candidate> for AddValidator {
    fn from(candidate: Candidate) -> Self {
        let Candidate {
            name,
            consensus_key,
            governance_key,
            address,
        } = candidate;
        Self {
            name,
            consensus_key,
            governance_key,
            address,
        }
    }
}

/// Keys that were made.
#[derive(Debug, Serialize)]
pub struct Made {
    /// The validator.
    pub validator: Candidate,
    /// The file to give to a validator's operator.
    pub file: PathBuf,
    /// Folder of the node's key.
    pub keys: PathBuf,
    /// Folder of the governance key; it belongs on no server.
    pub governance: PathBuf,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: keys in {}, governance key in {}",
            self.validator.name,
            self.keys.display(),
            self.governance.display()
        )?;
        write!(
            f,
            "next: a validator's operator runs tacit network propose add-validator {}",
            self.file.display()
        )
    }
}

/// `network candidate`: makes both keys and the file for the others.
///
/// # Errors
/// When the folder has keys already, or an argument is not as it must be.
pub fn make(args: &CandidateArgs) -> ApiResult<Made> {
    let name = development::name(&args.name)?;
    let address = PeerAddress::new(&args.address)
        .map_err(|error| ApiError::bad_field("address", error.to_string()))?;
    let (keys, governance) = (args.dir.join(KEYS), args.dir.join(GOVERNANCE));
    let password = PasswordSource::new(args.password_file.clone()).new_one()?;
    let node = Secrets::create_with(&keys, &password)?;
    mark_unused(&keys)?;
    let operator = Secrets::create_with(&governance, &password)?;
    let consensus = ed25519_dalek::SigningKey::from_bytes(&node.validator());
    let validator = Candidate {
        name,
        consensus_key: ValidatorKey::of(&consensus),
        governance_key: SigningPublicKey::of(&operator.governance()),
        address,
    };
    let file = args.dir.join(FILE);
    let json = serde_json::to_vec_pretty(&validator).map_err(ApiError::internal)?;
    files::write_atomic(&file, &json)?;
    Ok(Made {
        validator,
        file,
        keys,
        governance,
    })
}
