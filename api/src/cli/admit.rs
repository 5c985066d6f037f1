//! `tacit issuer admit`: a credential of another issuer becomes an offer of this one, with the same claims.

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::path::PathBuf;
use tacit_identity::bridge::{self, BridgeError, Foreign, MAX_MAPPING_BYTES, Mapping};
use tacit_identity::schema::SchemaId;
use tacit_identity::sd_jwt::MAX_BYTES;
use tacit_identity::sd_jwt::status::MAX_TOKEN_BYTES;
use tacit_w3c::model::{self, MAX_DOCUMENT_BYTES};
use tacit_w3c::status::MAX_LIST_DOCUMENT_BYTES;
use zeroize::Zeroizing;

use super::duration::Duration;
use super::issuer::{desk, read_schema, shipped_names};
use super::place::Place;
use super::run::Context;
use super::w3c::Trust;
use crate::clock::now;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::issuer::foreign::{Attested, Terms};
use crate::w3c::problem::Problem;

/// Arguments of `issuer admit`.
#[derive(Clone, Debug, Args)]
pub struct AdmitArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// The credential: W3C (JSON), alone or in a presentation, or SD-JWT VC.
    pub file: PathBuf,
    /// DID of an issuer whose word is taken; several times for several.
    #[arg(long, value_name = "DID", required = true)]
    pub trust: Vec<String>,
    /// The challenge (SD-JWT: nonce) that the person was given: proves that the credential is the person's own.
    #[arg(long, requires = "domain")]
    pub challenge: Option<String>,
    /// Whom the presentation is for (SD-JWT: audience).
    #[arg(long, requires = "challenge")]
    pub domain: Option<String>,
    /// A status list of the credential's issuer, fetched just now; several times for several.
    #[arg(long)]
    pub list: Vec<PathBuf>,
    /// A folder with documents of did:web and did:webvh: HOST/PATH/did.json.
    #[arg(long)]
    pub dids: Option<PathBuf>,
    /// A file (TOML) with the hosts that documents of did:web and did:webvh are fetched from, over https.
    #[arg(long)]
    pub hosts: Option<PathBuf>,
    /// The schema document; `person` without.
    #[arg(long)]
    pub schema: Option<PathBuf>,
    /// A schema that comes with the program.
    #[arg(long, value_name = "NAME", conflicts_with = "schema", value_parser = shipped_names())]
    pub shipped: Option<String>,
    /// Where the schema's claims are found in the credential (JSON). Without, by their names, in the EU's person
    /// identification data by the mapping that comes with the program.
    #[arg(long)]
    pub mapping: Option<PathBuf>,
    /// How long the offer can be redeemed.
    #[arg(long, default_value = "7d")]
    pub redeem_within: Duration,
    /// How long the new credential is valid; it ends before the old one in any case.
    #[arg(long, default_value = "365d")]
    pub valid: Duration,
    /// Where the offer goes: a link with a one-time code, for this person's eyes only.
    #[arg(long)]
    pub out: PathBuf,
}

/// A credential that was admitted. It names claims, never their values.
#[derive(Debug, Serialize)]
pub struct Admitted {
    file: PathBuf,
    schema: SchemaId,
    issuer: String,
    holder_proven: bool,
    claims: Vec<String>,
    unused: Vec<String>,
}

impl fmt::Display for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "verified: signed by {}", self.issuer)?;
        writeln!(f, "taken:    {}", self.claims.join(", "))?;
        if !self.unused.is_empty() {
            writeln!(f, "not used: {}", self.unused.join(", "))?;
        }
        let who = match self.holder_proven {
            true => "give it to the person who made the presentation",
            false => {
                "nobody proved to be its holder: give it only to whom you have identified as its subject"
            }
        };
        write!(f, "offer written to {}: {who}", self.file.display())
    }
}

/// `issuer admit`: verifies a credential of another issuer and offers one with the same claims.
///
/// # Errors
/// When the credential does not verify, is not by a trusted issuer, is or may be revoked, or does not have the schema's claims.
pub async fn admit(args: &AdmitArgs, context: &Context) -> ApiResult<Admitted> {
    let schema = read_schema(args.schema.as_ref(), args.shipped.as_deref())?;
    let mapping = match &args.mapping {
        None => None,
        Some(path) => {
            let bytes = files::read(path, MAX_MAPPING_BYTES as u64)?;
            Some(Mapping::parse(&bytes, &schema).map_err(refused)?)
        }
    };
    let attested = verified(args).await?;
    let types: Vec<&str> = attested.types.iter().map(String::as_str).collect();
    let foreign = Foreign {
        types: &types,
        claims: &attested.claims,
    };
    let taken = match mapping.or_else(|| Mapping::eu_pid(&schema).ok()) {
        None => bridge::admit(&foreign, &schema, None),
        Some(mapping) => match bridge::admit(&foreign, &schema, Some(&mapping)) {
            Err(BridgeError::OtherType) if args.mapping.is_none() => {
                bridge::admit(&foreign, &schema, None)
            }
            taken => taken,
        },
    };
    let taken = taken.map_err(refused)?;
    let claims = taken.claims.to_json();
    let names = claims.keys().cloned().collect();
    let claims =
        Zeroizing::new(serde_json::to_vec(&Value::Object(claims)).map_err(ApiError::internal)?);
    let (redeem, valid) = (args.redeem_within.secs(), valid_secs(args, &attested)?);
    let desk = desk(&args.place, context).await?;
    let offer = desk.offer(&schema, &claims, redeem, valid).await?;
    files::write_secret(&args.out, offer.to_link().as_bytes())?;
    Ok(Admitted {
        file: args.out.clone(),
        schema: offer.schema,
        issuer: attested.issuer,
        holder_proven: args.challenge.is_some(),
        claims: names,
        unused: taken.unused,
    })
}

async fn verified(args: &AdmitArgs) -> ApiResult<Attested> {
    let most = (MAX_BYTES.max(MAX_DOCUMENT_BYTES) + 1) as u64;
    let text = Zeroizing::new(files::read_text(&args.file, most)?);
    let longest = (MAX_LIST_DOCUMENT_BYTES.max(MAX_TOKEN_BYTES) + 1) as u64;
    let lists = args.list.iter();
    let lists = lists.map(|path| files::read_text(path, longest));
    let terms = Terms {
        trusted: args.trust.clone(),
        asked: args.challenge.clone().zip(args.domain.clone()),
        lists: lists.collect::<ApiResult<_>>()?,
        now: now(),
    };
    let trust = Trust {
        net: Some(args.place.net.clone()),
        dids: args.dids.clone(),
        hosts: args.hosts.clone(),
        ..Trust::default()
    };
    let resolver = trust.resolver().await?;
    match text.trim_start().starts_with('{') {
        true => {
            let document = model::read(text.as_bytes()).map_err(Problem::from)?;
            terms.w3c(document, &resolver).await
        }
        false => terms.sd_jwt(text.trim_end().to_owned(), &resolver).await,
    }
}

/// The new credential does not outlive the old one, however late the offer is redeemed.
fn valid_secs(args: &AdmitArgs, attested: &Attested) -> ApiResult<u64> {
    let Some(end) = attested.valid_until else {
        return Ok(args.valid.secs());
    };
    let left = end.0.saturating_sub(now().0);
    match left.checked_sub(args.redeem_within.secs()) {
        Some(left @ 1..) => Ok(left.min(args.valid.secs())),
        _ => {
            let what = "the credential ends before the offer does: give a shorter --redeem-within";
            Err(ApiError::new(&reason::USAGE, what))
        }
    }
}

fn refused(error: BridgeError) -> ApiError {
    ApiError::new(&reason::CLAIMS_INVALID, error.to_string())
}
