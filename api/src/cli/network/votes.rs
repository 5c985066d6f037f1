//! What a validator's operator does: propose, approve, withdraw. What is voted about is proven to a light client, so that
//! nobody approves what a node made up.

use clap::Args;
use serde::Serialize;
use std::fmt;
use tacit_circuits::types::Digest32;
use tacit_ledger::governance::{Change, ProposalId};
use tacit_ledger::outcome::Outcome;

use super::change::ChangeArgs;
use crate::cli::place::Place;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::governor::Governor;
use crate::submit::Submitted;

/// Arguments of `network propose`.
#[derive(Clone, Debug, Args)]
pub struct ProposeArgs {
    /// Where the operator works.
    #[command(flatten)]
    pub place: Place,
    /// What to propose.
    #[command(subcommand)]
    pub change: ChangeArgs,
}

/// Arguments of `network approve`.
#[derive(Clone, Debug, Args)]
pub struct ApproveArgs {
    /// Number of the proposal.
    pub proposal: u64,
    /// Digest of the change, as `network proposals` shows it: if the proposal is about anything else, nothing is signed.
    #[arg(long, value_name = "HEX")]
    pub digest: Option<Digest32>,
    /// Where the operator works.
    #[command(flatten)]
    pub place: Place,
}

/// Arguments of `network withdraw`.
#[derive(Clone, Debug, Args)]
pub struct WithdrawArgs {
    /// Number of the proposal.
    pub proposal: u64,
    /// Where the operator works.
    #[command(flatten)]
    pub place: Place,
}

/// What came of a proposal or a vote.
#[derive(Debug, Serialize)]
pub struct Voted {
    /// The change it is about; none for a withdrawal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Where the vote stands and what it did.
    pub submitted: Submitted,
}

impl fmt::Display for Voted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.change.as_ref().map_or("change", Change::name);
        let height = self.submitted.height;
        match self.submitted.outcome {
            Outcome::Voted { proposal, missing } => write!(
                f,
                "proposal {proposal} ({name}): {missing} more votes are needed (height {height})"
            ),
            Outcome::Enacted { proposal, .. } => {
                write!(
                    f,
                    "proposal {proposal} ({name}) is enacted (height {height})"
                )
            }
            Outcome::Withdrawn { proposal } => {
                write!(f, "proposal {proposal} is withdrawn (height {height})")
            }
            // The ledger gives no other outcome to these actions.
            _ => write!(f, "done (height {height})"),
        }
    }
}

/// `network propose`: proposes a change.
///
/// # Errors
/// When an argument is not as it must be, or the ledger refuses the change.
pub async fn propose(args: &ProposeArgs) -> ApiResult<Voted> {
    let governor = Governor::connect(&args.place).await?;
    let change = args.change.read(governor.follower()).await?;
    let submitted = governor.propose(change.clone()).await?;
    Ok(Voted {
        change: Some(change),
        submitted,
    })
}

/// `network approve`: votes for a proposal.
///
/// # Errors
/// PROPOSAL_DIFFERS when the digest is that of another change; when the ledger refuses the vote.
pub async fn approve(args: &ApproveArgs) -> ApiResult<Voted> {
    let governor = Governor::connect(&args.place).await?;
    let proposal = governor
        .follower()
        .proposal(ProposalId(args.proposal))
        .await?;
    let digest = proposal.change.digest();
    if args.digest.is_some_and(|expected| expected != digest) {
        let what = format!("proposal {} is about the change {digest}", args.proposal);
        return Err(ApiError::new(&reason::PROPOSAL_DIFFERS, what));
    }
    let submitted = governor.approve(&proposal).await?;
    Ok(Voted {
        change: Some(proposal.change),
        submitted,
    })
}

/// `network withdraw`: takes a proposal back.
///
/// # Errors
/// When the ledger refuses it.
pub async fn withdraw(args: &WithdrawArgs) -> ApiResult<Voted> {
    let governor = Governor::connect(&args.place).await?;
    let submitted = governor.withdraw(ProposalId(args.proposal)).await?;
    Ok(Voted {
        change: None,
        submitted,
    })
}
