//! `tacit platform`: ask people for data, and read it under a grant.

mod bundle;

pub use bundle::BundleCommand;

use clap::{Args, Subcommand};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_circuits::types::{Category, CategorySet, MemberId, Purpose};
use tacit_identity::request::RequestId;
use tacit_ledger::ids::Height;
use tacit_ledger::member::Role;
use tacit_wallet::inbox::InboxInvitation;

use crate::cli::duration::Duration;
use crate::cli::issuer::{read_schema, shipped_names};
use crate::cli::member::{InitArgs, MemberMade, Rotated};
use crate::cli::output::utc;
use crate::cli::place::Place;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult};
use crate::files;
use crate::platform::{NewRequest, Platform, Standing, Wanted};

/// The platform's commands.
#[derive(Debug, Subcommand)]
pub enum PlatformCommand {
    /// Make a platform's folder: its keys, and the member.json that the operator registers.
    #[command(after_help = "Example: tacit platform init --dir p --name \"Example Shop\"")]
    Init(InitArgs),
    /// Ask a person for data.
    #[command(
        after_help = "Example: tacit platform request --dir p --net net --inbox shop.txt --purpose age-verification \
                      --categories official-id --for 7d --uses 2 --wants \"age >= 18\""
    )]
    Request(RequestArgs),
    /// Wait until a request is answered, lapses or is taken back.
    #[command(after_help = "Example: tacit platform watch --dir p --net net")]
    Watch(WatchArgs),
    /// Read the document of an approved request: access on the chain first, then the object.
    #[command(after_help = "Example: tacit platform fetch --dir p --net net --out passport.pdf")]
    Fetch(FetchArgs),
    /// Show a grant or an access to somebody without a network.
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// Take a request back.
    #[command(after_help = "Example: tacit platform withdraw --dir p --net net")]
    Withdraw(WithdrawArgs),
    /// Replace the keys that are registered. The old ones are refused from then on; what was sealed to them still opens.
    #[command(after_help = "Example: tacit platform rotate --dir shop --net net")]
    Rotate(Place),
}

async fn open(place: &Place, context: &Context) -> ApiResult<Platform> {
    Platform::open(
        &place.dir,
        &place.net_dir(),
        &place.password(),
        context.output,
    )
    .await
}

/// Arguments of `platform request`.
#[derive(Clone, Debug, Args)]
pub struct RequestArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// The inbox that the person gave.
    #[arg(long, required_unless_present = "out")]
    pub inbox: Option<PathBuf>,
    /// Write the request to this file instead of posting it.
    #[arg(long, conflicts_with = "inbox")]
    pub out: Option<PathBuf>,
    /// What the data is for: a purpose of the vocabulary.
    #[arg(long)]
    pub purpose: String,
    /// What the data is about: categories of the vocabulary.
    #[arg(long, required = true, value_delimiter = ',')]
    pub categories: Vec<String>,
    /// For how long at most.
    #[arg(long = "for", default_value = "7d")]
    pub validity: Duration,
    /// How often at most.
    #[arg(long, default_value_t = 1)]
    pub uses: u16,
    /// How long an answer is awaited.
    #[arg(long, default_value = "7d")]
    pub wait: Duration,
    /// Facts that are to be proven as well, such as `age >= 18, country in [DE, FR]`.
    #[arg(long)]
    pub wants: Option<String>,
    /// Schema of the credential that proves them; the one for persons when left out.
    #[arg(long, requires = "wants")]
    pub schema: Option<PathBuf>,
    /// The same by the name of a schema that comes with the program.
    #[arg(long, value_name = "NAME", requires = "wants", conflicts_with = "schema", value_parser = shipped_names())]
    pub shipped: Option<String>,
    /// Issuers accepted, by member id; all of the chain when left out.
    #[arg(long, requires = "wants", value_delimiter = ',')]
    pub issuers: Vec<u32>,
    /// Label of the person's pseudonym.
    #[arg(long, requires = "wants", default_value = "")]
    pub label: String,
    /// How old the proof may be when the request is made.
    #[arg(long, requires = "wants", default_value = "1h")]
    pub oldest: Duration,
}

/// Arguments of `platform watch`.
#[derive(Clone, Debug, Args)]
pub struct WatchArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Id of the request, or the beginning of it; the newest when left out.
    pub request: Option<String>,
    /// Only say how it stands.
    #[arg(long)]
    pub once: bool,
    /// The sealed answer, when it came as a file.
    #[arg(long)]
    pub answer: Option<PathBuf>,
}

/// Arguments of `platform fetch`.
#[derive(Clone, Debug, Args)]
pub struct FetchArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Id of the request, or the beginning of it; the newest when left out.
    pub request: Option<String>,
    /// File for the document.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `platform withdraw`.
#[derive(Clone, Debug, Args)]
pub struct WithdrawArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Id of the request, or the beginning of it; the newest when left out.
    pub request: Option<String>,
}

/// A request that was made.
#[derive(Debug, Serialize)]
pub struct Requested {
    /// Its id.
    pub request: RequestId,
    /// Its file, when it was not posted.
    pub file: Option<PathBuf>,
}

impl fmt::Display for Requested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "request {} written to {}", self.request, file.display()),
            None => write!(f, "request {} posted", self.request),
        }
    }
}

/// How a request stands.
#[derive(Debug, Serialize)]
pub struct Stands {
    /// The request.
    pub request: RequestId,
    /// How it stands.
    #[serde(flatten)]
    pub standing: Standing,
}

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.standing {
            Standing::Pending => write!(f, "PENDING"),
            Standing::Approved {
                max_uses, facts, ..
            } => {
                write!(f, "APPROVED, up to {max_uses} uses")?;
                let Some(facts) = facts else { return Ok(()) };
                write!(f, "; proven as of {}:", utc(facts.time))?;
                for sentence in &facts.proven {
                    write!(f, "\n  - {sentence}")?;
                }
                write!(f, "\n  pseudonym {}", facts.pseudonym)
            }
            Standing::Denied { reason } => write!(f, "DENIED: {reason}"),
            Standing::Expired => write!(f, "EXPIRED"),
            Standing::Withdrawn => write!(f, "WITHDRAWN"),
        }
    }
}

/// A document that was read.
#[derive(Debug, Serialize)]
pub struct Read {
    /// The request.
    pub request: RequestId,
    /// The document's file.
    pub file: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// Height of the access, when it was made just now.
    pub height: Option<Height>,
    /// Which use of the grant it was, from 0.
    pub number: u16,
    /// Bytes of the sealed object that an earlier attempt had brought over.
    pub resumed_at: u64,
    /// Milliseconds from request to plaintext.
    pub ms: u128,
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} bytes in {} (use {} of the grant, {} ms)",
            self.bytes,
            self.file.display(),
            u32::from(self.number) + 1,
            self.ms
        )
    }
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub async fn run(command: PlatformCommand, context: &Context) -> ApiResult<()> {
    let output = context.output;
    match command {
        PlatformCommand::Rotate(args) => output.result(
            &Rotated::rotate(&args, Role::Platform).await?,
            Rotated::to_string,
        ),
        PlatformCommand::Init(args) => {
            output.result(&init(&args)?, MemberMade::to_string)?;
            output.note("next: the operator registers it, tacit node register --dir NODE --net NET MEMBER.json");
            Ok(())
        }
        PlatformCommand::Request(args) => {
            output.result(&request(&args, context).await?, Requested::to_string)
        }
        PlatformCommand::Watch(args) => {
            output.result(&watch(&args, context).await?, Stands::to_string)
        }
        PlatformCommand::Fetch(args) => {
            output.result(&fetch(&args, context).await?, Read::to_string)
        }
        PlatformCommand::Bundle(command) => bundle::run(command, context).await,
        PlatformCommand::Withdraw(args) => {
            output.result(&withdraw(&args, context).await?, Stands::to_string)
        }
    }
}

/// `platform init`: makes a platform's folder.
///
/// # Errors
/// When the folder has keys already.
pub fn init(args: &InitArgs) -> ApiResult<MemberMade> {
    MemberMade::make(args, Role::Platform)
}

/// `platform request`: asks a person for data.
///
/// # Errors
/// When the request is not acceptable, or the vault does not answer.
pub async fn request(args: &RequestArgs, context: &Context) -> ApiResult<Requested> {
    let purpose = Purpose::from_slug(&args.purpose).ok_or_else(|| {
        ApiError::bad_field("purpose", "no purpose of the vocabulary has this name")
    })?;
    let categories = args
        .categories
        .iter()
        .map(|slug| Category::from_slug(slug))
        .collect::<Option<CategorySet>>()
        .ok_or_else(|| {
            ApiError::bad_field("categories", "no category of the vocabulary has this name")
        })?;
    let inbox = match &args.inbox {
        Some(path) => {
            let text = files::read_text(path, files::MAX_SMALL_FILE)?;
            Some(
                text.parse::<InboxInvitation>()
                    .map_err(|error| files::invalid(path, error))?,
            )
        }
        None => None,
    };
    let wanted = match &args.wants {
        Some(query) => Some(Wanted {
            query: query.clone(),
            schema: read_schema(args.schema.as_ref(), args.shipped.as_deref())?,
            issuers: args
                .issuers
                .iter()
                .map(|id| MemberId::new(*id))
                .collect::<Result<_, _>>()
                .map_err(|_| ApiError::bad_field("issuers", "members are numbered from 1"))?,
            label: args.label.clone(),
            oldest: args.oldest.secs(),
        }),
        None => None,
    };
    let new = NewRequest {
        purpose,
        categories,
        longest_validity: args.validity.secs(),
        max_uses: args.uses,
        wait: args.wait.secs(),
        wanted,
    };
    let asked = open(&args.place, context)
        .await?
        .ask(&new, inbox.as_ref())
        .await?;
    if let (Some(path), Some(link)) = (&args.out, &asked.link) {
        files::write_atomic(path, link.as_bytes())?;
    }
    if asked.made_before {
        context
            .output
            .note("the same request is open at this inbox already: no second one was made");
    }
    Ok(Requested {
        request: asked.id,
        file: args.out.clone(),
    })
}

/// `platform watch`: waits for the end of a request.
///
/// # Errors
/// When the vault does not answer, or the answer does not fit.
pub async fn watch(args: &WatchArgs, context: &Context) -> ApiResult<Stands> {
    let platform = open(&args.place, context).await?;
    let request = platform.find(args.request.as_deref())?;
    let standing = match &args.answer {
        Some(path) => {
            let sealed = files::read(path, files::MAX_SMALL_FILE)?;
            platform.take_answer(&request, &sealed).await?
        }
        None => platform.standing(&request, !args.once).await?,
    };
    Ok(Stands { request, standing })
}

/// `platform fetch`: reads the document of an approved request.
///
/// # Errors
/// When the grant does not hold, or ledger or vault refuse; the command can be run again.
pub async fn fetch(args: &FetchArgs, context: &Context) -> ApiResult<Read> {
    let started = std::time::Instant::now();
    let platform = open(&args.place, context).await?;
    let request = platform.find(args.request.as_deref())?;
    let fetched = platform.fetch(&request, &args.out).await?;
    Ok(Read {
        request,
        file: args.out.clone(),
        bytes: fetched.bytes,
        height: fetched.height,
        number: fetched.number,
        resumed_at: fetched.resumed_at,
        ms: started.elapsed().as_millis(),
    })
}

/// `platform withdraw`: takes a request back.
///
/// # Errors
/// When the vault does not answer.
pub async fn withdraw(args: &WithdrawArgs, context: &Context) -> ApiResult<Stands> {
    let platform = open(&args.place, context).await?;
    let request = platform.find(args.request.as_deref())?;
    let standing = platform.withdraw(&request).await?;
    Ok(Stands { request, standing })
}
