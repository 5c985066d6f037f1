//! `tacit sd-jwt`: credentials of which the holder shows parts (SD-JWT VC).

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::path::{Path, PathBuf};
use tacit_identity::did;
use tacit_identity::json;
use tacit_identity::jwk::Jwk;
use tacit_identity::sd_jwt::{ClaimPath, DidIssuers, Holder, KeyBinding, MAX_BYTES, SdJwt};

use super::duration::Duration;
use super::w3c::place::check_url;
use super::w3c::status::{Change, StatusSet};
use super::w3c::verify::fmt_statuses;
use super::w3c::{self, IssuerPlace, Trust};
use crate::cli::run::Context;
use crate::clock::now;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::w3c::options::Purpose;
use crate::w3c::resolver::Asked;
use crate::w3c::sd_jwt::LEEWAY_SECS;
use crate::w3c::sd_jwt::options;
use crate::w3c::status::Update;

/// Commands for SD-JWT VC.
#[derive(Debug, Subcommand)]
pub enum SdJwtCommand {
    /// Issue a credential; the holder can show or hide each of its claims.
    #[command(
        after_help = "Example: tacit sd-jwt issue --dir issuer --type https://issuer.example/person person.json --out person.sd-jwt"
    )]
    Issue(IssueArgs),
    /// Show some of a credential's claims, to one verifier and for one request when it names a holder's key.
    #[command(
        after_help = "Examples:\n  tacit sd-jwt present person.sd-jwt --show country --out shown.sd-jwt\n  tacit sd-jwt present \
                      person.sd-jwt --show '[\"address\",\"country\"]' --dir shop --audience https://verifier.example --nonce \
                      3f2a --out shown.sd-jwt"
    )]
    Present(PresentArgs),
    /// Verify what was shown.
    #[command(
        after_help = "Example: tacit sd-jwt verify shown.sd-jwt --audience https://verifier.example --nonce 3f2a"
    )]
    Verify(VerifyArgs),
    /// Revoke a credential, or suspend and resume it.
    #[command(
        after_help = "Example: tacit sd-jwt status --dir issuer --net net person.sd-jwt --set revocation"
    )]
    Status(StatusArgs),
}

/// Arguments of `sd-jwt issue`.
#[derive(Clone, Debug, Args)]
pub struct IssueArgs {
    /// Where.
    #[command(flatten)]
    pub place: IssuerPlace,
    /// The claims (JSON object).
    pub claims: PathBuf,
    /// The credential's type: a URL or URN.
    #[arg(long = "type")]
    pub credential_type: String,
    /// A claim that is always seen; several times for several.
    #[arg(long)]
    pub open: Vec<String>,
    /// The holder's public key (JWK), which it then has to prove when it presents.
    #[arg(long)]
    pub holder: Option<PathBuf>,
    /// How long the credential is valid.
    #[arg(long, default_value = "365d")]
    pub valid: Duration,
    /// Statuses that the credential can get later. They need --url.
    #[arg(long, value_enum)]
    pub status: Vec<Purpose>,
    /// Where it goes: with all claims, for the holder only.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `sd-jwt present`.
#[derive(Clone, Debug, Args)]
pub struct PresentArgs {
    /// The credential.
    pub credential: PathBuf,
    /// A claim to show: its name, or a path as a JSON list; several times for several.
    #[arg(long)]
    pub show: Vec<String>,
    /// Keys of issuers.
    #[command(flatten)]
    pub trust: Trust,
    /// The folder of the organisation whose key the credential names.
    #[arg(long, requires_all = ["audience", "nonce"])]
    pub dir: Option<PathBuf>,
    /// File whose first line is the password of the key.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
    /// The verifier, as it names itself.
    #[arg(long)]
    pub audience: Option<String>,
    /// The nonce of the verifier's request.
    #[arg(long)]
    pub nonce: Option<String>,
    /// Where what is shown goes.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `sd-jwt verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// What was shown.
    pub presentation: PathBuf,
    /// Keys of issuers.
    #[command(flatten)]
    pub trust: Trust,
    /// Who verifies, as the request named it.
    #[arg(long, default_value = "")]
    pub audience: String,
    /// The nonce of the request: the holder must prove its key.
    #[arg(long, requires = "audience")]
    pub nonce: Option<String>,
}

/// Arguments of `sd-jwt status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// Where.
    #[command(flatten)]
    pub place: IssuerPlace,
    /// The credential, or a presentation of it.
    pub credential: PathBuf,
    /// The change.
    #[command(flatten)]
    pub change: Change,
}

/// A credential that was issued or shown.
#[derive(Debug, Serialize)]
struct Written {
    file: PathBuf,
    claims: Vec<String>,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.claims.join(", "))
    }
}

/// What was shown, and what is known beside that.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Said(Value);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |name: &str| self.0.get(name).and_then(Value::as_str);
        let issuer = text("issuer").unwrap_or("a key that is trusted");
        write!(f, "verified: {} by {issuer}", text("type").unwrap_or("?"))?;
        fmt_statuses(&self.0, f)?;
        let claims = self.0.get("claims").unwrap_or(&Value::Null);
        write!(f, "\n{claims:#}")
    }
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub async fn run(command: SdJwtCommand, context: &Context) -> ApiResult<()> {
    let output = context.output;
    match command {
        SdJwtCommand::Issue(args) => output.result(&issue(&args).await?, Written::to_string),
        SdJwtCommand::Present(args) => output.result(&present(&args).await?, Written::to_string),
        SdJwtCommand::Verify(args) => output.result(&verify(&args).await?, Said::to_string),
        SdJwtCommand::Status(args) => output.result(&status(&args).await?, StatusSet::to_string),
    }
}

fn object(path: &Path) -> ApiResult<Value> {
    let bytes = files::read(path, files::MAX_SMALL_FILE)?;
    json::parse(&bytes, bytes.len()).map_err(|error| files::invalid(path, error))
}

/// The one line of an SD-JWT's file.
fn read(path: &Path) -> ApiResult<String> {
    let text = files::read_text(path, MAX_BYTES as u64 + 1)?;
    Ok(text.strip_suffix('\n').map_or(text.clone(), str::to_owned))
}

fn path(text: &str) -> ApiResult<ClaimPath> {
    if !text.starts_with('[') {
        return Ok(ClaimPath::from(text));
    }
    let bad = || {
        ApiError::new(
            &reason::USAGE,
            "a path is a JSON list of names, numbers and nulls",
        )
    };
    let value = json::parse(text.as_bytes(), text.len()).map_err(|_| bad())?;
    ClaimPath::from_json(&value).ok_or_else(bad)
}

async fn issue(args: &IssueArgs) -> ApiResult<Written> {
    let Value::Object(claims) = object(&args.claims)? else {
        return Err(files::invalid(&args.claims, "holds no JSON object"));
    };
    let holder_key = match &args.holder {
        None => None,
        Some(path) => {
            let jwk = Jwk::from_json(&object(path)?);
            let jwk = jwk.map_err(|error| files::invalid(path, error))?;
            let key = jwk.for_signatures().copied();
            Some(key.ok_or_else(|| files::invalid(path, "holds no key that signs"))?)
        }
    };
    check_url(&args.place, &args.status)?;
    let names = claims.keys().cloned().collect();
    let options = options::IssueOptions {
        open: args.open.clone(),
        holder_key,
        valid_until: Some(now().saturating_add(args.valid.secs())),
        status: args.status.clone(),
        ..options::IssueOptions::new(&args.credential_type)
    };
    let service = args.place.service(&Trust::default()).await?;
    let issued = service.issue_sd_jwt(Value::Object(claims), options).await?;
    files::write_secret(&args.out, format!("{issued}\n").as_bytes())?;
    Ok(Written {
        file: args.out.clone(),
        claims: names,
    })
}

async fn present(args: &PresentArgs) -> ApiResult<Written> {
    let text = read(&args.credential)?;
    let shown = args.show.iter().map(|text| path(text));
    let shown = shown.collect::<ApiResult<Vec<_>>>()?;
    let resolver = args.trust.resolver().await?;
    let receive = move |resolver: did::Resolver<'_>, asked: &Asked<'_>| {
        let keys = DidIssuers(resolver);
        let held = Holder::receive(&text, &keys, now(), LEEWAY_SECS);
        asked.or_failed(held.map_err(ApiError::from))
    };
    let held = resolver.run(false, receive).await??;
    let presented = match (&args.dir, &args.audience, &args.nonce) {
        (Some(dir), Some(audience), Some(nonce)) => {
            let place = IssuerPlace::of_key(dir, args.password_file.clone());
            let issuer = place.issuer().await?;
            let binding = KeyBinding {
                audience,
                nonce,
                issued_at: now(),
            };
            held.present_bound(&shown, &binding, issuer.identity().token_key())
        }
        _ => held.present(&shown),
    };
    let presented = presented?;
    files::write_atomic(&args.out, format!("{presented}\n").as_bytes())?;
    Ok(Written {
        file: args.out.clone(),
        claims: args.show.clone(),
    })
}

async fn verify(args: &VerifyArgs) -> ApiResult<Said> {
    let text = read(&args.presentation)?;
    let service = args.trust.service().await?;
    let options = options::VerifyOptions {
        audience: args.audience.clone(),
        nonce: args.nonce.clone(),
        ..options::VerifyOptions::default()
    };
    let report = service.verify_sd_jwt(text, options).await?;
    Ok(Said(report.to_json()))
}

async fn status(args: &StatusArgs) -> ApiResult<StatusSet> {
    let (purpose, set) = args.change.chosen()?;
    let text = read(&args.credential)?;
    let sd_jwt = SdJwt::parse(&text)?;
    let foreign = || ApiError::new(&reason::STATUS_FOREIGN, "the credential has no status");
    let claim = sd_jwt.payload().get("status").ok_or_else(foreign)?;
    let update = Update::of_entry(claim, Some(purpose.name().to_owned()), set)?;
    let service = w3c::status::service(&args.place, &update).await?;
    service.check_own_sd_jwt(&text).await?;
    service.set_status(&update).await?;
    Ok(StatusSet::new(purpose, set))
}
