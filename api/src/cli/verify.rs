//! `tacit verify`: checks a presentation's bundle with no network.

use clap::Args;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::time::Instant;
use tacit_circuits::types::{Digest32, MemberId, Nym, Timestamp};
use tacit_identity::schema::SchemaId;
use tacit_ledger::ids::{ChainId, Height};
use tacit_ledger::member::MemberStatus;
use tacit_ledger::text::Name;

use crate::bundle_file::{BundleFile, MAX_BUNDLE_FILE, VerifiedFile};
use crate::cli::duration::Duration;
use crate::cli::output::utc;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::net::NetDir;
use crate::{clock, files, follower};

/// Arguments of `verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// The bundle, as `tacit wallet prove` wrote it.
    pub file: PathBuf,
    /// Id of the chain that you trust.
    #[arg(long, conflicts_with = "net")]
    pub chain: Option<String>,
    /// The net folder with the genesis file of the chain that you trust.
    #[arg(long)]
    pub net: Option<PathBuf>,
    /// Refuse what is only true as of an earlier height. A revocation counts from the height at which it stands.
    #[arg(long, value_name = "HEIGHT")]
    pub since: Option<u64>,
    /// Refuse what is only true as of longer ago, by this machine's clock.
    #[arg(long, value_name = "DURATION")]
    pub max_age: Option<Duration>,
}

/// Where the chain's id is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChainFrom {
    /// The reader gave it.
    Argument,
    /// It is the hash of the reader's genesis file.
    Genesis,
    /// The bundle names it, and nobody has confirmed it.
    Bundle,
}

/// What a bundle shows.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// Always true: what does not verify is an error.
    pub verified: bool,
    /// What is proven, one sentence an item.
    pub proven: Vec<String>,
    /// Values that are revealed, by claim.
    pub revealed: serde_json::Map<String, serde_json::Value>,
    /// The accepted issuers. One of them issued the credential.
    pub issuers: Vec<Issuer>,
    /// Schema of the credential.
    pub schema: SchemaId,
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
    /// Whom the proof was made for.
    pub verifier: String,
    /// Under which label the verifier knows the holder's pseudonym.
    pub label: String,
    /// The holder's pseudonym towards verifier and label.
    pub pseudonym: Nym,
    /// The verifier's challenge that it answers.
    pub challenge: Digest32,
    /// The verifier accepts it before this time.
    pub expires: Timestamp,
    /// Milliseconds that all checks took, from the file's bytes on.
    pub verify_ms: f64,
    /// What a development chain has to say.
    pub warning: Option<&'static str>,
}

/// An issuer, from its record on the chain.
#[derive(Debug, Serialize)]
pub struct Issuer {
    /// Its id.
    pub id: MemberId,
    /// Its name.
    pub name: Name,
    /// Whether it was active when the bundle was made.
    pub active: bool,
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the bundle verifies. Proven of the holder:")?;
        for sentence in &self.proven {
            writeln!(f, "  - {sentence}")?;
        }
        let issuers: Vec<String> = self.issuers.iter().map(Issuer::to_string).collect();
        let one_of = if issuers.len() > 1 { "one of " } else { "" };
        writeln!(
            f,
            "by a live credential of {one_of}{}",
            issuers.join(" and ")
        )?;
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
            ChainFrom::Bundle => {
                "the bundle's own claim: compare the id with the one you know, or give --chain or --net"
            }
        };
        writeln!(f, "         {known}")?;
        writeln!(
            f,
            "made for {}, label \"{}\", accepted until {}",
            self.verifier,
            self.label,
            utc(self.expires)
        )?;
        writeln!(f, "pseudonym {}", self.pseudonym)?;
        if let Some(warning) = self.warning {
            writeln!(f, "{warning}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suspended = if self.active { "" } else { ", suspended" };
        write!(f, "{} (member {}{suspended})", self.name, self.id)
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
    let file = BundleFile::parse(&bytes)?;
    let (chain, chain_from) = match (&args.chain, &args.net) {
        (Some(id), _) => (chain_id(id)?, ChainFrom::Argument),
        (None, Some(net)) => (
            follower::genesis(&NetDir::new(net))?.id(),
            ChainFrom::Genesis,
        ),
        (None, None) => (file.claimed_chain()?, ChainFrom::Bundle),
    };
    let VerifiedFile { shown, evidence } = file.verify(&chain)?;
    let verify_ms = started.elapsed().as_secs_f64() * 1e3;
    require_fresh(args, evidence.height, evidence.time)?;
    let request = file.presentation().request();
    let issuers = evidence.issuers.into_iter().map(|record| Issuer {
        id: record.id,
        name: record.name,
        active: record.status == MemberStatus::Active,
    });
    Ok(Verified {
        verified: true,
        proven: shown.sentences(),
        revealed: shown
            .revealed
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_json()))
            .collect(),
        issuers: issuers.collect(),
        schema: request.terms.schema,
        height: evidence.height,
        time: evidence.time,
        chain,
        chain_name: evidence.spec.genesis().name.clone(),
        chain_from,
        verifier: shown.verifier.to_string(),
        label: request.terms.label.clone(),
        pseudonym: shown.nym,
        challenge: evidence.challenge,
        expires: request.expires,
        verify_ms,
        warning: evidence.spec.warning(),
    })
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
