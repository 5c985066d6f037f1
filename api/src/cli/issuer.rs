//! `tacit issuer`: register schemas, offer credentials, issue and revoke them.

use clap::{Args, Subcommand};
use serde::Serialize;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tacit_circuits::types::Position;
use tacit_identity::issuance::{MAX_ISSUANCE_BYTES, SignedIssuanceRequest};
use tacit_identity::schema::{Schema, SchemaError, SchemaId, Shipped};
use tacit_ledger::member::Role;
use tonic::service::Routes;

use crate::auth::nonces::NonceLog;
use crate::auth::server::{AuthLayer, Gate};
use crate::cli::admit::{AdmitArgs, Admitted, admit};
use crate::cli::duration::Duration;
use crate::cli::member::{InitArgs, MemberMade, Rotated};
use crate::cli::node::stop_signal;
use crate::cli::place::Place;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Verified;
use crate::issuer::Desk;
use crate::net::{Endpoint, Kind, NetDir};
use crate::server::issuance::Issuance;
use crate::server::run;
use crate::submit::Submitted;
use crate::tls::ServerIdentity;
use crate::{files, limits, logging};

/// The issuer's commands.
#[derive(Debug, Subcommand)]
pub enum IssuerCommand {
    /// Make an issuer's folder: its keys, and the member.json that the operator registers.
    #[command(after_help = "Example: tacit issuer init --dir issuer --name \"Example Bank\"")]
    Init(InitArgs),
    /// Register a credential schema: of a file, or one that comes with the program (`person` when none is named).
    #[command(after_help = "Example: tacit issuer schema --dir issuer --net net --shipped student")]
    Schema(SchemaArgs),
    /// Offer a credential to one person whom the issuer has identified.
    #[command(
        after_help = "Example: tacit issuer offer --dir issuer --net net --claims person.json --out offer.txt"
    )]
    Offer(OfferArgs),
    /// Offer a credential with the claims of another issuer's, after verifying that one.
    #[command(
        after_help = "Example: tacit issuer admit --dir issuer --net net pid.sd-jwt --trust did:web:pid.example --shipped pid \
                      --challenge 3f2a --domain https://bank.example --out offer.txt"
    )]
    Admit(Box<AdmitArgs>),
    /// Serve the counter at which offers are redeemed.
    #[command(after_help = "Example: tacit issuer serve --dir issuer --net net")]
    Serve(ServeArgs),
    /// Issue a credential to a request that came as a file.
    #[command(
        after_help = "Example: tacit issuer issue --dir issuer --net net request.json --out issued"
    )]
    Issue(IssueArgs),
    /// Revoke a credential: its bit is set, for good.
    #[command(after_help = "Example: tacit issuer revoke --dir issuer --net net --position 0")]
    Revoke(RevokeArgs),
    /// Replace the keys that are registered. The old ones are refused from then on; what was sealed to them still opens.
    #[command(after_help = "Example: tacit issuer rotate --dir issuer --net net")]
    Rotate(Place),
}

pub(super) async fn desk(place: &Place, context: &Context) -> ApiResult<Desk> {
    Desk::open(&place.dir, &place.net_dir(), &place.password(), context).await
}

/// Arguments of `issuer schema`.
#[derive(Clone, Debug, Args)]
pub struct SchemaArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// The schema document (JSON).
    pub schema: Option<PathBuf>,
    /// A schema that comes with the program.
    #[arg(long, value_name = "NAME", conflicts_with = "schema", value_parser = shipped_names())]
    pub shipped: Option<String>,
}

/// Arguments of `issuer offer`.
#[derive(Clone, Debug, Args)]
pub struct OfferArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// The person's claims (JSON object).
    #[arg(long)]
    pub claims: PathBuf,
    /// The schema document; `person` without.
    #[arg(long)]
    pub schema: Option<PathBuf>,
    /// A schema that comes with the program.
    #[arg(long, value_name = "NAME", conflicts_with = "schema", value_parser = shipped_names())]
    pub shipped: Option<String>,
    /// How long the offer can be redeemed.
    #[arg(long, default_value = "7d")]
    pub redeem_within: Duration,
    /// How long the credential is valid.
    #[arg(long, default_value = "365d")]
    pub valid: Duration,
    /// Where the offer goes: a link with a one-time code, for this person's eyes only.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `issuer serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value_t = run::DEFAULT_LISTEN)]
    pub listen: SocketAddr,
}

/// Arguments of `issuer issue`.
#[derive(Clone, Debug, Args)]
pub struct IssueArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// The person's request (JSON), made by `tacit wallet request-credential --out`.
    pub request: PathBuf,
    /// Folder for credential.json and opening.json.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `issuer revoke`.
#[derive(Clone, Debug, Args)]
pub struct RevokeArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Position of the credential's leaf, as `issue` and the credential say it.
    #[arg(long)]
    pub position: u32,
}

/// A schema that is registered.
#[derive(Debug, Serialize)]
pub struct SchemaRegistered {
    /// Its id.
    pub schema: SchemaId,
    /// Where it stands.
    pub submitted: Submitted,
}

impl fmt::Display for SchemaRegistered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "schema {} is registered (height {})",
            self.schema, self.submitted.height
        )
    }
}

/// An offer that was made.
#[derive(Debug, Serialize)]
pub struct Offered {
    /// The offer's file.
    pub file: PathBuf,
    /// Its schema.
    pub schema: SchemaId,
}

impl fmt::Display for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "offer written to {}: give it to this person only",
            self.file.display()
        )
    }
}

/// A credential that was issued to files.
#[derive(Debug, Serialize)]
pub struct IssuedFiles {
    /// The verifiable credential.
    pub credential: PathBuf,
    /// The opening of its commitment, for the holder only.
    pub opening: PathBuf,
    /// Position of its leaf.
    pub position: Position,
}

impl fmt::Display for IssuedFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "credential {} (leaf {})",
            self.credential.display(),
            self.position
        )?;
        write!(
            f,
            "opening    {}, for the holder only",
            self.opening.display()
        )
    }
}

/// A credential that was revoked.
#[derive(Debug, Serialize)]
pub struct Revoked {
    /// Position of its leaf.
    pub position: Position,
    /// Where the revocation stands.
    pub submitted: Submitted,
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "leaf {} is ended from height {}",
            self.position, self.submitted.height
        )
    }
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub async fn run(command: IssuerCommand, context: &Context) -> ApiResult<()> {
    let output = context.output;
    match command {
        IssuerCommand::Rotate(args) => output.result(
            &Rotated::rotate(&args, Role::Issuer).await?,
            Rotated::to_string,
        ),
        IssuerCommand::Init(args) => {
            output.result(&init(&args)?, MemberMade::to_string)?;
            output.note("next: the operator registers it, tacit node register --dir NODE --net NET MEMBER.json");
            Ok(())
        }
        IssuerCommand::Schema(args) => {
            output.result(&schema(&args, context).await?, SchemaRegistered::to_string)
        }
        IssuerCommand::Offer(args) => {
            output.result(&offer(&args, context).await?, Offered::to_string)
        }
        IssuerCommand::Admit(args) => {
            output.result(&admit(&args, context).await?, Admitted::to_string)
        }
        IssuerCommand::Serve(args) => serve(&args, context, stop_signal()).await,
        IssuerCommand::Issue(args) => {
            output.result(&issue(&args, context).await?, IssuedFiles::to_string)
        }
        IssuerCommand::Revoke(args) => {
            output.result(&revoke(&args, context).await?, Revoked::to_string)
        }
    }
}

/// `issuer init`: makes an issuer's folder.
///
/// # Errors
/// When the folder has keys already.
pub fn init(args: &InitArgs) -> ApiResult<MemberMade> {
    MemberMade::make(args, Role::Issuer)
}

/// `issuer schema`: registers a schema.
///
/// # Errors
/// When the document is no schema or the ledger refuses it.
pub async fn schema(args: &SchemaArgs, context: &Context) -> ApiResult<SchemaRegistered> {
    let document = read_schema(args.schema.as_ref(), args.shipped.as_deref())?;
    let (schema, submitted) = desk(&args.place, context)
        .await?
        .register_schema(&document)
        .await?;
    Ok(SchemaRegistered { schema, submitted })
}

/// `issuer offer`: offers a credential to one person.
///
/// # Errors
/// When the schema is not registered or the claims do not fit it.
pub async fn offer(args: &OfferArgs, context: &Context) -> ApiResult<Offered> {
    let schema = read_schema(args.schema.as_ref(), args.shipped.as_deref())?;
    let claims = zeroize::Zeroizing::new(files::read(&args.claims, files::MAX_SMALL_FILE)?);
    let desk = desk(&args.place, context).await?;
    let offer = desk
        .offer(
            &schema,
            &claims,
            args.redeem_within.secs(),
            args.valid.secs(),
        )
        .await?;
    files::write_secret(&args.out, offer.to_link().as_bytes())?;
    Ok(Offered {
        file: args.out.clone(),
        schema: offer.schema,
    })
}

/// `issuer serve`: serves the counter until `stop`.
///
/// # Errors
/// When the issuer is not registered, or the address is taken.
pub async fn serve(
    args: &ServeArgs,
    context: &Context,
    stop: impl Future<Output = ()>,
) -> ApiResult<()> {
    let (dir, net) = (&args.place.dir, NetDir::new(&args.place.net));
    let desk = Arc::new(desk(&args.place, context).await?);
    let spec = desk.follower().spec().clone();
    let bound = run::bind(args.listen).await?;
    let tls = ServerIdentity::load_or_create(dir)?;
    let auth = AuthLayer::new(Gate {
        chain: spec.id(),
        audience: tls.audience(),
        directory: Arc::new(Verified(Arc::clone(desk.follower()))),
        nonces: NonceLog::open(dir, limits::MAX_NONCES)
            .map_err(|error| files::failed(dir, &error))?,
    });
    let routes = Routes::new(Issuance::service(Arc::clone(&desk)));
    let routes = run::with_standard_services(
        routes,
        &["tacit.v1.IssuanceService"],
        spec.genesis().development,
    )
    .await?;
    net.publish(&Endpoint {
        kind: Kind::Issuer,
        url: bound.url.clone(),
        certificate: tls.certificate_pem().to_owned(),
        chain: spec.id(),
        member: Some(desk.member()),
    })?;
    if spec.genesis().development {
        logging::warn_development(&spec.id());
    }
    tracing::info!(url = %bound.url, member = %desk.member(), "the issuer serves");
    run::serve(bound, &tls, auth, routes, stop).await
}

/// `issuer issue`: issues to a request that came as a file.
///
/// # Errors
/// When the request does not verify or its offer is not open.
pub async fn issue(args: &IssueArgs, context: &Context) -> ApiResult<IssuedFiles> {
    let bytes = files::read(&args.request, MAX_ISSUANCE_BYTES as u64)?;
    let request = SignedIssuanceRequest::parse(&bytes)
        .map_err(|error| ApiError::new(&reason::REQUEST_INVALID, error.to_string()))?;
    let issued = desk(&args.place, context)
        .await?
        .redeem_request(&request)
        .await?;
    files::make_dir(&args.out)?;
    let (credential, opening) = (
        args.out.join("credential.json"),
        args.out.join("opening.json"),
    );
    files::write_secret(&credential, issued.credential.as_bytes())?;
    files::write_secret(&opening, issued.opening.as_bytes())?;
    Ok(IssuedFiles {
        credential,
        opening,
        position: issued.position,
    })
}

/// `issuer revoke`: ends a credential.
///
/// # Errors
/// When the position is not one of this issuer's credentials.
pub async fn revoke(args: &RevokeArgs, context: &Context) -> ApiResult<Revoked> {
    let position = Position(args.position);
    let submitted = desk(&args.place, context).await?.revoke(position).await?;
    Ok(Revoked {
        position,
        submitted,
    })
}

/// Names of the schemas that come with the program.
pub(super) fn shipped_names() -> clap::builder::PossibleValuesParser {
    Shipped::ALL.map(|shipped| shipped.name).into()
}

/// The schema of a file, or a shipped one; the one for persons when neither is named.
pub(super) fn read_schema(path: Option<&PathBuf>, shipped: Option<&str>) -> ApiResult<Schema> {
    let invalid = |error: SchemaError| ApiError::new(&reason::SCHEMA_INVALID, error.to_string());
    match (path, shipped) {
        (Some(path), _) => {
            Schema::parse(&files::read(path, files::MAX_SMALL_FILE)?).map_err(invalid)
        }
        (None, Some(name)) => Shipped::find(name)
            .ok_or_else(|| {
                ApiError::new(&reason::SCHEMA_INVALID, "no shipped schema of this name")
            })?
            .schema()
            .map_err(invalid),
        (None, None) => Schema::person().map_err(invalid),
    }
}
