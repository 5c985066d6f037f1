//! `tacit w3c`: credentials in the W3C's formats, at the command line and over HTTP.

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tacit_identity::datetime::DateTime;
use tacit_identity::did::{Options, ResolveError};
use tacit_w3c::integrity::Suite;
use tacit_w3c::model::{self, MAX_DOCUMENT_BYTES};
use tokio::sync::watch;
use tonic::service::Routes;

use super::password::PasswordSource;
use crate::auth::nonces::NonceLog;
use crate::auth::server::{AuthLayer, Gate};
use crate::cli::node::stop_signal;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::follower::{Follower, Verified};
use crate::http::routes::{App, router};
use crate::http::serve as http;
use crate::http::token::{TOKEN_FILE, Token};
use crate::limits;
use crate::member::Secrets;
use crate::net::{Endpoint, Kind, NetDir};
use crate::server::credentials::Credentials;
use crate::server::run;
use crate::tls::ServerIdentity;
use crate::w3c::identity::DidChoice;
use crate::w3c::issuer::Issuer;
use crate::w3c::options::{IssueOptions, Purpose, VerifyOptions};
use crate::w3c::problem::Problem;
use crate::w3c::resolver::{Places, Resolver};
use crate::w3c::service::Service;
use crate::w3c::status::Update;

/// Commands for the W3C's formats.
#[derive(Debug, Subcommand)]
pub enum W3cCommand {
    /// Sign a credential document with an issuer's key.
    #[command(
        after_help = "Example: tacit w3c issue --dir issuer degree.json --out degree.vc.json"
    )]
    Issue(IssueArgs),
    /// Sign a presentation document with an organisation's key.
    #[command(
        after_help = "Example: tacit w3c present --dir issuer presentation.json --challenge 3f2a --out presentation.vp.json"
    )]
    Present(PresentArgs),
    /// Verify a credential or presentation of anybody.
    #[command(after_help = "Example: tacit w3c verify degree.vc.json --net net")]
    Verify(VerifyArgs),
    /// Revoke a credential, or suspend and resume it: by the status entries in it.
    #[command(
        after_help = "Examples:\n  tacit w3c status --dir issuer --net net degree.vc.json --set revocation\n  tacit w3c \
                      status --dir issuer degree.vc.json --clear suspension"
    )]
    Status(StatusArgs),
    /// Show the DID document of a DID.
    #[command(after_help = "Example: tacit w3c resolve did:key:z6Mk… ")]
    Resolve(ResolveArgs),
    /// Show the issuer's own DID document, to be published for a did:web.
    #[command(after_help = "Example: tacit w3c did --dir issuer --did web:issuer.example")]
    Did(IssuerPlace),
    /// Serve all of it over HTTP, as the VC API names it, with a DID resolver.
    #[command(
        after_help = "Examples:\n  tacit w3c serve --net net\n  tacit w3c serve --dir issuer --net net --did \
                      web:issuer.example --url https://issuer.example"
    )]
    Serve(ServeArgs),
}

/// An issuer's folder, and under which DID its key signs.
#[derive(Clone, Debug, Args)]
pub struct IssuerPlace {
    /// The issuer's folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// The net folder; did:tacit and revocation need it.
    #[arg(long)]
    pub net: Option<PathBuf>,
    /// File whose first line is the password of the keys.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
    /// Under which DID: key, tacit, or web:HOST, also web:HOST%3APORT:PATH.
    #[arg(long, default_value_t)]
    pub did: DidChoice,
    /// The URL under which the issuer's server is reached; status lists stand below it.
    #[arg(long)]
    pub url: Option<String>,
}

/// What a signer decides about a proof.
#[derive(Clone, Debug, Args)]
pub struct ProofArgs {
    /// How the document is made canonical: jcs (JSON) or rdfc (RDF).
    #[arg(long, default_value = "jcs", value_parser = suite)]
    pub suite: Suite,
    /// When the proof is made; now without.
    #[arg(long)]
    pub created: Option<DateTime>,
    /// When the proof ends.
    #[arg(long)]
    pub expires: Option<DateTime>,
    /// A verifier's challenge.
    #[arg(long)]
    pub challenge: Option<String>,
    /// Whom the proof is for; several times for several.
    #[arg(long)]
    pub domain: Vec<String>,
    /// A URL that names the proof, so that a later one can cover it.
    #[arg(long)]
    pub proof_id: Option<String>,
    /// The id of a proof of the document that the new one covers.
    #[arg(long)]
    pub previous_proof: Vec<String>,
}

/// Arguments of `w3c issue`.
#[derive(Clone, Debug, Args)]
pub struct IssueArgs {
    /// Where.
    #[command(flatten)]
    pub place: IssuerPlace,
    /// The credential document (JSON); the issuer is filled in where it names none.
    pub document: PathBuf,
    /// Statuses that the credential can get later. They need --url.
    #[arg(long, value_enum)]
    pub status: Vec<Purpose>,
    /// The proof.
    #[command(flatten)]
    pub proof: ProofArgs,
    /// Where the signed credential goes.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `w3c present`.
#[derive(Clone, Debug, Args)]
pub struct PresentArgs {
    /// Where.
    #[command(flatten)]
    pub place: IssuerPlace,
    /// The presentation document (JSON); the holder is filled in where it names none.
    pub document: PathBuf,
    /// The proof.
    #[command(flatten)]
    pub proof: ProofArgs,
    /// Where the signed presentation goes.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `w3c verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// The credential or presentation (JSON).
    pub document: PathBuf,
    /// The net folder; keys of did:tacit are found on its chain.
    #[arg(long)]
    pub net: Option<PathBuf>,
    /// A folder with documents of did:web and did:webvh: HOST/PATH/did.json.
    #[arg(long)]
    pub dids: Option<PathBuf>,
    /// The challenge that the proofs must be over.
    #[arg(long)]
    pub challenge: Option<String>,
    /// The domain that the proofs must be for; several times for several.
    #[arg(long)]
    pub domain: Vec<String>,
}

/// Arguments of `w3c status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// Where.
    #[command(flatten)]
    pub place: IssuerPlace,
    /// The credential.
    pub credential: PathBuf,
    /// The status that is set.
    #[arg(long, value_enum)]
    pub set: Option<Purpose>,
    /// The status that is cleared.
    #[arg(
        long,
        value_enum,
        conflicts_with = "set",
        required_unless_present = "set"
    )]
    pub clear: Option<Purpose>,
}

/// Arguments of `w3c resolve`.
#[derive(Clone, Debug, Args)]
pub struct ResolveArgs {
    /// The DID.
    pub did: String,
    /// The net folder; did:tacit is found on its chain.
    #[arg(long)]
    pub net: Option<PathBuf>,
    /// A folder with documents of did:web and did:webvh: HOST/PATH/did.json.
    #[arg(long)]
    pub dids: Option<PathBuf>,
}

/// Where the HTTP interface listens unless told otherwise.
const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8790);

/// Arguments of `w3c serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// The issuer's folder; without it nothing is issued.
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// The net folder; did:tacit and revocation need it.
    #[arg(long)]
    pub net: Option<PathBuf>,
    /// File whose first line is the password of the keys.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
    /// Under which DID the issuer signs: key, tacit, or web:HOST, also web:HOST%3APORT:PATH.
    #[arg(long, default_value_t)]
    pub did: DidChoice,
    /// A folder with documents of did:web and did:webvh of others: HOST/PATH/did.json. Nothing is fetched.
    #[arg(long)]
    pub dids: Option<PathBuf>,
    /// The URL under which this server is reached from outside; the address it listens on without.
    #[arg(long)]
    pub url: Option<String>,
    /// Address to listen on; port 0 takes a free one. Beyond this machine it speaks TLS, for which it needs --dir.
    #[arg(long, default_value_t = DEFAULT_LISTEN)]
    pub listen: SocketAddr,
    /// Serve gRPC too, at this address; it needs --dir and --net.
    #[arg(long, requires_all = ["dir", "net"])]
    pub grpc: Option<SocketAddr>,
}

fn suite(text: &str) -> Result<Suite, String> {
    match text {
        "jcs" => Ok(Suite::EddsaJcs2022),
        "rdfc" => Ok(Suite::EddsaRdfc2022),
        _ => Err("expected jcs or rdfc".to_owned()),
    }
}

impl ProofArgs {
    fn options(&self, status: &[Purpose]) -> IssueOptions {
        IssueOptions {
            suite: self.suite,
            created: self.created,
            expires: self.expires,
            challenge: self.challenge.clone(),
            domain: self.domain.clone(),
            proof_id: self.proof_id.clone(),
            previous: self.previous_proof.clone(),
            status: status.to_vec(),
        }
    }
}

impl IssuerPlace {
    /// A folder for its key alone.
    pub(super) fn of_key(dir: &Path, password_file: Option<PathBuf>) -> Self {
        Self {
            dir: dir.to_owned(),
            net: None,
            password_file,
            did: DidChoice::Key,
            url: None,
        }
    }

    pub(super) async fn issuer(&self) -> ApiResult<Arc<Issuer>> {
        let secrets = Secrets::open(&self.dir, &PasswordSource::new(self.password_file.clone()))?;
        let net = self.net.as_ref().map(NetDir::new);
        let base = self.url.as_deref().unwrap_or("urn:tacit:unpublished");
        let issuer = Issuer::open(&self.dir, secrets, net.as_ref(), &self.did, base).await?;
        Ok(Arc::new(issuer))
    }

    async fn service(&self, folder: Option<PathBuf>) -> ApiResult<Service> {
        let issuer = self.issuer().await?;
        let chain = issuer.follower().cloned();
        Service::new(chain, folder, Some(issuer))
    }
}

/// A document that was signed.
#[derive(Debug, Serialize)]
struct Signed {
    file: PathBuf,
    by: String,
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "signed by {}: {}", self.by, self.file.display())
    }
}

/// What a verification says.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Said(Value);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = ["issuer", "holder"]
            .iter()
            .find_map(|name| self.0.get(*name)?.as_str());
        write!(
            f,
            "verified: signed by {}",
            by.unwrap_or("a key that its document names")
        )?;
        for status in self
            .0
            .get("statuses")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let word = |name: &str| status.get(name).and_then(Value::as_str).unwrap_or("?");
            write!(f, "\nstatus {}: {}", word("purpose"), word("outcome"))?;
            if let Some(reason) = status.get("reason").and_then(Value::as_str) {
                write!(f, " ({reason})")?;
            }
        }
        Ok(())
    }
}

/// A status that was set or cleared.
#[derive(Debug, Serialize)]
struct StatusSet {
    purpose: &'static str,
    set: bool,
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.set { "set" } else { "clear" };
        write!(f, "{} is {what}", self.purpose)
    }
}

/// Where the interface is served.
#[derive(Debug, Serialize)]
struct Serving {
    url: String,
    issuer: Option<String>,
}

impl fmt::Display for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "serving {}", self.url)?;
        match &self.issuer {
            Some(did) => write!(f, "\nissuer  {did}"),
            None => write!(f, "\nissuing is off: no --dir"),
        }
    }
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub async fn run(command: W3cCommand, context: &Context) -> ApiResult<()> {
    let output = context.output;
    match command {
        W3cCommand::Issue(args) => output.result(&issue(&args).await?, Signed::to_string),
        W3cCommand::Present(args) => output.result(&present(&args).await?, Signed::to_string),
        W3cCommand::Verify(args) => output.result(&verify(&args).await?, Said::to_string),
        W3cCommand::Status(args) => output.result(&status(&args).await?, StatusSet::to_string),
        W3cCommand::Resolve(args) => {
            let document = resolve(&args).await?;
            output.result(&document, |document| format!("{document:#}"))
        }
        W3cCommand::Did(place) => {
            let document = place.issuer().await?.identity().document();
            output.result(&document, |document| format!("{document:#}"))
        }
        W3cCommand::Serve(args) => serve(&args, context, stop_signal()).await,
    }
}

fn document(path: &Path) -> ApiResult<Value> {
    let bytes = files::read(path, MAX_DOCUMENT_BYTES as u64)?;
    model::read(&bytes).map_err(|error| Problem::from(error).into())
}

fn write(path: &Path, document: &Value) -> ApiResult<()> {
    files::write_atomic(path, format!("{document:#}\n").as_bytes())
}

async fn issue(args: &IssueArgs) -> ApiResult<Signed> {
    if !args.status.is_empty() && args.place.url.is_none() {
        let what = "a status stands in a list with a URL: give --url";
        return Err(ApiError::new(&reason::USAGE, what));
    }
    let service = args.place.service(None).await?;
    let options = args.proof.options(&args.status);
    let issued = service.issue(document(&args.document)?, options).await?;
    write(&args.out, &issued)?;
    signed(&service, &args.out)
}

async fn present(args: &PresentArgs) -> ApiResult<Signed> {
    let service = args.place.service(None).await?;
    let options = args.proof.options(&[]);
    let presented = service.present(document(&args.document)?, options).await?;
    write(&args.out, &presented)?;
    signed(&service, &args.out)
}

fn signed(service: &Service, out: &Path) -> ApiResult<Signed> {
    Ok(Signed {
        file: out.to_owned(),
        by: service.issuer()?.identity().did().to_owned(),
    })
}

async fn chain(net: Option<&PathBuf>) -> ApiResult<Option<Arc<Follower>>> {
    match net {
        Some(net) => Ok(Some(Arc::new(
            Follower::connect(&NetDir::new(net), None).await?,
        ))),
        None => Ok(None),
    }
}

/// The resolver of a command.
pub(super) async fn resolver(net: Option<&PathBuf>, dids: Option<PathBuf>) -> ApiResult<Resolver> {
    Ok(Resolver::new(Places {
        chain: chain(net).await?,
        folder: dids,
        own: None,
    }))
}

async fn verify(args: &VerifyArgs) -> ApiResult<Said> {
    let service = Service::new(chain(args.net.as_ref()).await?, args.dids.clone(), None)?;
    let document = document(&args.document)?;
    let options = VerifyOptions {
        challenge: args.challenge.clone(),
        domain: args.domain.clone(),
        status: true,
    };
    let report = match is_presentation(&document) {
        true => service.verify_presentation(document, options).await?,
        false => service.verify_credential(document, options).await?,
    };
    Ok(Said(report.to_json()))
}

/// True for what is meant as a presentation; the rules decide whether it is one.
fn is_presentation(document: &Value) -> bool {
    let is = |one: &Value| one.as_str() == Some("VerifiablePresentation");
    match document.get("type") {
        Some(Value::Array(types)) => types.iter().any(is),
        Some(one) => is(one),
        None => false,
    }
}

async fn status(args: &StatusArgs) -> ApiResult<StatusSet> {
    let (purpose, set) = match (args.set, args.clear) {
        (Some(purpose), _) => (purpose, true),
        (None, Some(purpose)) => (purpose, false),
        (None, None) => return Err(ApiError::plain(&reason::USAGE)),
    };
    let update = Update::of_credential(&document(&args.credential)?, purpose.name(), set)?;
    // The list's own URL says where lists stand; that the issuer signed the credential is checked next.
    let mut place = args.place.clone();
    if place.url.is_none() {
        let end = format!("/status/{}/", purpose.name());
        let base = update
            .list
            .rsplit_once(&end)
            .map(|(base, _)| base.to_owned());
        place.url = base;
    }
    let service = place.service(None).await?;
    service.set_status(&update).await?;
    Ok(StatusSet {
        purpose: purpose.name(),
        set,
    })
}

/// Why a DID has no document, as the catalogue says it.
fn unresolved(error: &ResolveError) -> ApiError {
    let reason = match error.name() {
        "NOT_FOUND" => &reason::DID_UNKNOWN,
        "METHOD_NOT_SUPPORTED" | "FEATURE_NOT_SUPPORTED" => &reason::DID_METHOD_UNSUPPORTED,
        "INTERNAL_ERROR" => &reason::UNREACHABLE,
        _ => &reason::DID_INVALID,
    };
    ApiError::new(reason, error.to_string())
}

async fn resolve(args: &ResolveArgs) -> ApiResult<Value> {
    let service = Service::new(chain(args.net.as_ref()).await?, args.dids.clone(), None)?;
    let resolution = service
        .resolve(args.did.clone(), Options::default())
        .await?;
    match resolution.document {
        Ok(document) => Ok(document.as_json().clone()),
        Err(error) => Err(unresolved(&error)),
    }
}

/// `w3c serve`: serves until `stop`.
///
/// # Errors
/// When the folder does not open, the issuer is not registered, or the address is taken.
pub async fn serve(
    args: &ServeArgs,
    context: &Context,
    stop: impl Future<Output = ()>,
) -> ApiResult<()> {
    let local = args.listen.ip().is_loopback();
    let tls = match (&args.dir, local) {
        (_, true) => None,
        (Some(dir), false) => Some(ServerIdentity::load_or_create(dir)?.http_config()?),
        (None, false) => {
            let what =
                "beyond this machine it speaks TLS: give --dir, where certificate and key are";
            return Err(ApiError::new(&reason::USAGE, what));
        }
    };
    let bound = run::bind(args.listen).await?;
    let bound_url = match local {
        true => bound.url.replacen("https", "http", 1),
        false => bound.url.clone(),
    };
    let url = args.url.clone().unwrap_or(bound_url.clone());
    let (service, token) = match &args.dir {
        Some(dir) => {
            let place = IssuerPlace {
                dir: dir.clone(),
                net: args.net.clone(),
                password_file: args.password_file.clone(),
                did: args.did.clone(),
                url: Some(url),
            };
            (
                place.service(args.dids.clone()).await?,
                Token::of_folder(dir)?,
            )
        }
        None => (
            Service::new(chain(args.net.as_ref()).await?, args.dids.clone(), None)?,
            Token::none(),
        ),
    };
    let issuer = service.issuer().ok();
    let serving = Serving {
        url: bound_url,
        issuer: issuer.map(|issuer| issuer.identity().did().to_owned()),
    };
    context.output.result(&serving, Serving::to_string)?;
    if let Some(dir) = &args.dir {
        let token = dir.join(TOKEN_FILE);
        context.output.note(&format!(
            "who issues needs the token in {}",
            token.display()
        ));
    }
    let app = Arc::new(App { service, token });
    let (stopped, stopping) = watch::channel(());
    let grpc = match (args.grpc, &args.dir, &args.net) {
        (Some(listen), Some(dir), Some(net)) => {
            let stopping = stopping.clone();
            let serving = grpc(listen, dir, &NetDir::new(net), Arc::clone(&app), stopping).await?;
            Some(serving)
        }
        _ => None,
    };
    let http = async {
        http::serve(bound.listener, tls, router(app), stop).await;
        drop(stopped);
    };
    match grpc {
        Some(grpc) => tokio::join!(http, grpc).1,
        None => {
            http.await;
            Ok(())
        }
    }
}

/// Binds the gRPC service and publishes where it is; what comes back serves until `stopping` ends.
async fn grpc(
    listen: SocketAddr,
    dir: &Path,
    net: &NetDir,
    app: Arc<App>,
    mut stopping: watch::Receiver<()>,
) -> ApiResult<impl Future<Output = ApiResult<()>> + use<>> {
    let follower = app.service.issuer()?.follower();
    let follower = follower.ok_or_else(|| ApiError::plain(&reason::USAGE))?;
    let spec = follower.spec().clone();
    let tls = ServerIdentity::load_or_create(dir)?;
    // A folder of its own: the issuer's counter may serve from the same one.
    let nonces = dir.join("w3c");
    files::make_dir(&nonces)?;
    let auth = AuthLayer::new(Gate {
        chain: spec.id(),
        audience: tls.audience(),
        directory: Arc::new(Verified(Arc::clone(follower))),
        nonces: NonceLog::open(&nonces, limits::MAX_NONCES)
            .map_err(|error| files::failed(dir, &error))?,
    });
    let member = app.service.issuer()?.member();
    let routes = Routes::new(Credentials::service(app));
    let names = ["tacit.v1.CredentialService"];
    let routes = run::with_standard_services(routes, &names, spec.genesis().development).await?;
    let bound = run::bind(listen).await?;
    net.publish(&Endpoint {
        kind: Kind::W3c,
        url: bound.url.clone(),
        certificate: tls.certificate_pem().to_owned(),
        chain: spec.id(),
        member,
    })?;
    Ok(async move {
        let stop = async move { drop(stopping.changed().await) };
        run::serve(bound, &tls, auth, routes, stop).await
    })
}
