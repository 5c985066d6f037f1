//! `tacit verify`: checks a bundle of any kind, with no network.

mod shown;

pub use shown::{Member, Shown};

use clap::Args;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::time::Instant;
use tacit_circuits::types::{Digest32, Timestamp};
use tacit_ledger::bundle::Trust;
use tacit_ledger::genesis::ChainSpec;
use tacit_ledger::ids::{ChainId, Height};
use tacit_ledger::text::Name;

use crate::bundle_file::{AnyBundle, MAX_BUNDLE_FILE, MAX_CHECKPOINT_FILE, parse_checkpoint};
use crate::cli::duration::Duration;
use crate::cli::output::utc;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::net::NetDir;
use crate::{clock, files, follower};

/// Arguments of `verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// The bundle.
    pub file: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub trusted: Trusted,
    /// Refuse what is only true as of an earlier height. A revocation counts from the height at which it stands.
    #[arg(long, value_name = "HEIGHT")]
    pub since: Option<u64>,
    /// Refuse what is only true as of longer ago, by this machine's clock.
    #[arg(long, value_name = "DURATION")]
    pub max_age: Option<Duration>,
}

/// What the reader trusts beforehand.
#[derive(Clone, Debug, Args)]
#[group(multiple = false)]
pub struct Trusted {
    /// Id of the chain that you trust.
    #[arg(long)]
    pub chain: Option<String>,
    /// The genesis file of the chain that you trust.
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// A checkpoint that you trust, as `tacit light follow` wrote it.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// The net folder with the genesis file of the chain that you trust.
    #[arg(long)]
    pub net: Option<PathBuf>,
}

/// Where the chain's id is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChainFrom {
    /// The reader gave it.
    Argument,
    /// It is the hash of the reader's genesis file.
    Genesis,
    /// It is that of the reader's checkpoint.
    Checkpoint,
    /// The bundle names it, and nobody has confirmed it.
    Bundle,
}

impl Trusted {
    fn read(&self, bundle: &AnyBundle) -> ApiResult<(Trust, ChainFrom)> {
        Ok(if let Some(id) = &self.chain {
            (chain_id(id)?.into(), ChainFrom::Argument)
        } else if let Some(path) = &self.genesis {
            let spec = follower::genesis_file(path)?;
            (spec.id().into(), ChainFrom::Genesis)
        } else if let Some(path) = &self.checkpoint {
            let bytes = files::read(path, MAX_CHECKPOINT_FILE as u64)?;
            (parse_checkpoint(&bytes)?.into(), ChainFrom::Checkpoint)
        } else if let Some(net) = &self.net {
            let spec = follower::genesis(&NetDir::new(net))?;
            (spec.id().into(), ChainFrom::Genesis)
        } else {
            (bundle.claimed_chain()?.into(), ChainFrom::Bundle)
        })
    }
}

/// What a bundle shows.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// Always true: what does not verify is an error.
    pub verified: bool,
    /// True as of this height …
    pub height: Height,
    /// … and this time.
    pub time: Timestamp,
    /// The chain.
    pub chain: ChainId,
    /// Its name.
    pub chain_name: Name,
    /// Where the chain's id is known from.
    pub chain_from: ChainFrom,
    /// What is shown, by the kind of the bundle.
    #[serde(flatten)]
    pub shown: Shown,
    /// Milliseconds that all checks took, from the file's bytes on.
    pub verify_ms: f64,
    /// What a development chain has to say.
    pub warning: Option<&'static str>,
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the bundle verifies. {}", self.shown)?;
        writeln!(
            f,
            "as of height {}, {} (nothing later is said)",
            self.height,
            utc(self.time)
        )?;
        writeln!(f, "chain    {} ({})", self.chain, self.chain_name)?;
        let known = match self.chain_from {
            ChainFrom::Argument => "it is the chain that you named",
            ChainFrom::Genesis => "it is the chain of your genesis file",
            ChainFrom::Checkpoint => "it is the chain of your checkpoint",
            ChainFrom::Bundle => {
                "the bundle's own claim: compare the id with the one you know, or give --genesis, --checkpoint, --net or --chain"
            }
        };
        writeln!(f, "         {known}")?;
        if let Some(warning) = self.warning {
            writeln!(f, "{warning}")?;
        }
        Ok(())
    }
}

/// Runs the command.
///
/// # Errors
/// As [`verify`].
pub fn run(args: &VerifyArgs, context: &Context) -> ApiResult<()> {
    context.output.result(&verify(args)?, Verified::to_string)
}

/// `verify`: checks a bundle.
///
/// # Errors
/// VERIFICATION_FAILED says what is wrong with it.
pub fn verify(args: &VerifyArgs) -> ApiResult<Verified> {
    let bytes = files::read(&args.file, MAX_BUNDLE_FILE as u64)?;
    let started = Instant::now();
    let bundle = AnyBundle::parse(&bytes)?;
    let (trust, chain_from) = args.trusted.read(&bundle)?;
    let AsOf {
        height,
        time,
        spec,
        shown,
    } = shown::verify(&bundle, &trust)?;
    let verify_ms = started.elapsed().as_secs_f64() * 1e3;
    require_fresh(args, height, time)?;
    Ok(Verified {
        verified: true,
        height,
        time,
        chain: spec.id(),
        chain_name: spec.genesis().name.clone(),
        chain_from,
        shown,
        verify_ms,
        warning: spec.warning(),
    })
}

/// What is shown, and as of when.
struct AsOf {
    height: Height,
    time: Timestamp,
    spec: ChainSpec,
    shown: Shown,
}

fn require_fresh(args: &VerifyArgs, height: Height, time: Timestamp) -> ApiResult<()> {
    let oldest = args
        .max_age
        .map(|age| clock::unix_seconds().saturating_sub(age.secs()));
    if args.since.is_some_and(|since| height.0 < since)
        || oldest.is_some_and(|oldest| time.0 < oldest)
    {
        let what = format!(
            "the proof is only true as of height {height}, {}",
            utc(time)
        );
        return Err(ApiError::new(&reason::ANCHOR_TOO_OLD, what));
    }
    Ok(())
}

fn chain_id(text: &str) -> ApiResult<ChainId> {
    let bytes = hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    bytes
        .map(|bytes| ChainId(Digest32(bytes)))
        .ok_or_else(|| ApiError::bad_field("chain", "a chain id is 64 hexadecimal digits"))
}
