//! `tacit audit`: hand the audit key over, open grants and accesses, report.

mod bundle;
mod key;
mod report;

pub use bundle::BundleArgs;
pub use key::KeyMade;
pub use report::{Report, RowProof};

use clap::{Args, Subcommand};
use tacit_ledger::action::{Action, OpenAudit};
use tacit_ledger::audit::{self, MAX_REPORT_HEIGHTS};
use tacit_ledger::ids::{Height, RequestId};
use tacit_ledger::member::{MemberRecord, Role};
use tacit_ledger::outcome::Outcome;
use tacit_ledger::text::Purpose;
use tacit_ledger::tx::Tx;

use crate::cli::member::{InitArgs, MemberMade, Rotated};
use crate::cli::place::Place;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Follower;
use crate::member::{self, Secrets};
use crate::net::NetDir;
use crate::reviewer;
use crate::submit::{self, Submitted};

/// The reviewers' commands.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Make a reviewer's folder: its keys, and the member.json that the operator registers.
    #[command(after_help = "Example: tacit audit init --dir audit --name \"Data Authority\"")]
    Init(InitArgs),
    /// Write the audit-key.json that the validators' operators register: the public half, with a proof of possession. After a
    /// rotation it is a new key; the old ones are kept and go on opening what is encrypted to them.
    #[command(after_help = "Example: tacit audit key --dir audit --net net")]
    Key(Place),
    /// State an opening on the chain, then open every grant and access of a range and compare it with the chain.
    ///
    /// The report is printed whole or not; when anything is missing it says what, and the exit status is not 0. With
    /// --format csv the rows go to stdout, and what else the report says to stderr.
    #[command(
        after_help = "Example: tacit audit report --dir audit --net net --from 1 --to 40 --purpose \"case 7\" --format json"
    )]
    Report(ReportArgs),
    /// Open one grant or access and show it to somebody without a network: the terms, and that they were opened rightly. The
    /// opening is stated on the chain first.
    #[command(
        after_help = "Example: tacit audit bundle --dir audit --net net --height 12 --purpose \"case 7\" --out row.json"
    )]
    Bundle(BundleArgs),
    /// Replace the keys that are registered. The old ones are refused from then on; what was sealed to them still opens.
    #[command(after_help = "Example: tacit audit rotate --dir audit --net net")]
    Rotate(Place),
}

/// Arguments of `audit report`.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// First height.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub from: u64,
    /// Last height; the newest without.
    #[arg(long)]
    pub to: Option<u64>,
    /// Why the records are opened. It stands on the chain for everybody: name a case, not a person.
    #[arg(long)]
    pub purpose: String,
    /// Add to each row the proof that its transaction is in its block. Not in CSV.
    #[arg(long)]
    pub proofs: bool,
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command; REPORT_INCOMPLETE after a report that is not complete was printed.
pub async fn run(command: AuditCommand, context: &Context) -> ApiResult<()> {
    let output = context.output;
    match command {
        AuditCommand::Rotate(args) => output.result(
            &Rotated::rotate(&args, Role::Reviewer).await?,
            Rotated::to_string,
        ),
        AuditCommand::Bundle(args) => bundle::run(&args, context).await,
        AuditCommand::Init(args) => {
            output.result(&init(&args)?, MemberMade::to_string)?;
            output.note("next: the operator registers it, tacit node register --dir NODE --net NET MEMBER.json");
            Ok(())
        }
        AuditCommand::Key(args) => {
            let made = key::make(&args).await?;
            output.result(&made, KeyMade::to_string)?;
            output.note(&format!(
                "next: the operator proposes it, tacit network propose --dir DIR --net NET audit-key {}",
                made.file.display()
            ));
            Ok(())
        }
        AuditCommand::Report(args) => {
            if args.proofs && output.is_csv() {
                let what = "--proofs has no place in --format csv";
                return Err(ApiError::new(&reason::USAGE, what));
            }
            let report = report(&args, context).await?;
            if output.is_csv() {
                output.exactly(&report.audit.to_csv())?;
                output.note(&report.summary());
            } else {
                output.result(&report, Report::to_string)?;
            }
            report.require_complete()
        }
    }
}

/// `audit init`: makes a reviewer's folder.
///
/// # Errors
/// When the folder has keys already.
pub fn init(args: &InitArgs) -> ApiResult<MemberMade> {
    MemberMade::make(args, Role::Reviewer)
}

/// `audit report`: states the opening, then opens and compares.
///
/// # Errors
/// When the range is not on the chain, or the ledger refuses the opening. A report that is not complete is no error here:
/// see [`Report::require_complete`].
pub async fn report(args: &ReportArgs, context: &Context) -> ApiResult<Report> {
    let reviewer = Reviewer::connect(&args.place).await?;
    let secrets = reviewer.secrets.audits()?;
    let follower = &reviewer.follower;
    let tip = follower.sync().await?.header().height;
    let (from, to) = (Height(args.from), args.to.map_or(tip, Height));
    if from > to || to > tip || to.0 - from.0 >= MAX_REPORT_HEIGHTS {
        let what = format!(
            "a report covers 1 to {MAX_REPORT_HEIGHTS} heights up to the newest, which is {tip}"
        );
        return Err(ApiError::new(&reason::RANGE_INVALID, what));
    }
    let (submitted, opening) = reviewer.open_range((from, to), &args.purpose).await?;
    let bar = context
        .output
        .spinner("reading blocks and opening their records");
    let material = reviewer::gather(follower, (from, to), submitted.height).await?;
    let report = audit::report(follower.spec(), (from, to), &material, &secrets)
        .map_err(|error| ApiError::new(&reason::RANGE_INVALID, error.to_string()))?;
    bar.finish_and_clear();
    let proofs = args.proofs.then(|| RowProof::all(&report, &material));
    Ok(Report {
        audit: report,
        opening,
        opened_at: submitted.height,
        proofs,
    })
}

/// A reviewer, connected to the chain.
struct Reviewer {
    follower: Follower,
    member: MemberRecord,
    secrets: Secrets,
}

impl Reviewer {
    async fn connect(place: &Place) -> ApiResult<Self> {
        let mut secrets = Secrets::open(&place.dir, &place.password())?;
        let net = NetDir::new(&place.net);
        let (follower, member) =
            member::connect(&place.dir, &net, &mut secrets, Role::Reviewer).await?;
        Ok(Self {
            follower,
            member,
            secrets,
        })
    }

    /// States an opening on the chain; gives its number there.
    async fn open_range(
        &self,
        (from, to): (Height, Height),
        purpose: &str,
    ) -> ApiResult<(Submitted, u64)> {
        let purpose = Purpose::new(purpose)
            .map_err(|error| ApiError::bad_field("purpose", error.to_string()))?;
        // Every report is an opening of its own, so its id is random.
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(ApiError::internal)?;
        let action = OpenAudit { from, to, purpose }.into();
        let submitted = self.submit(RequestId(id), action).await?;
        match submitted.outcome {
            Outcome::Opened { opening } => Ok((submitted, opening)),
            _ => Err(ApiError::plain(&reason::PROOF_OF_SERVER_INVALID)),
        }
    }

    async fn submit(&self, id: RequestId, action: Action) -> ApiResult<Submitted> {
        let (chain, key) = (self.follower.spec().id(), self.secrets.signing());
        let tx = Tx::signed_by_member(&chain, id, action, self.member.id, &key);
        submit::submit(self.follower.connection(), &tx, None).await
    }
}
