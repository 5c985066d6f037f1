//! `tacit audit bundle`: one grant or access as the reviewer opens it, for somebody without a network and without the key.

use clap::Args;
use std::path::PathBuf;
use tacit_ledger::bundle::RowBundle;
use tacit_ledger::codec::decode_slice;
use tacit_ledger::ids::Height;
use tacit_proto::v1::GetSidecarRequest;
use tacit_proto::v1::audit_service_client::AuditServiceClient;

use super::Reviewer;
use crate::cli::bundle::Written;
use crate::cli::place::Place;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::limits;

/// Arguments of `audit bundle`.
#[derive(Clone, Debug, Args)]
pub struct BundleArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Height of the grant or access.
    #[arg(long)]
    pub height: u64,
    /// Its number in the block, from 0, as the report says it.
    #[arg(long, default_value_t = 0)]
    pub index: u32,
    /// Why it is opened. It stands on the chain for everybody: name a case, not a person.
    #[arg(long)]
    pub purpose: String,
    /// File to write the bundle to.
    #[arg(long)]
    pub out: PathBuf,
}

/// Runs the command: states the opening, opens, and shows that it was opened rightly.
///
/// # Errors
/// When there is no such row, its sealed terms are erased or of another key, or the ledger refuses the statement.
pub async fn run(args: &BundleArgs, context: &Context) -> ApiResult<()> {
    let bundle = bundle(args).await?;
    Written::new(&bundle, &args.out)?.print(context.output)
}

async fn bundle(args: &BundleArgs) -> ApiResult<RowBundle> {
    let reviewer = Reviewer::connect(&args.place).await?;
    let follower = &reviewer.follower;
    let height = Height(args.height);
    let tip = follower.sync().await?.header().height;
    if height == Height(0) || height > tip {
        let what = format!("heights go from 1 to the newest, which is {tip}");
        return Err(ApiError::new(&reason::RANGE_INVALID, what));
    }
    let row = follower.tx_evidence(height, args.index as usize).await?;
    let none = || ApiError::new(&reason::NOT_FOUND, "the transaction is no grant or access");
    let (key, digest) = row.tx.action.audited().ok_or_else(none)?;
    let mut secrets = reviewer.secrets.audits()?.into_iter();
    let secret = secrets.find(|secret| secret.public().id() == key);
    let others = || {
        ApiError::new(
            &reason::NOT_FOUND,
            "it is encrypted to another reviewer's key",
        )
    };
    let secret = secret.ok_or_else(others)?;
    let (submitted, _) = reviewer.open_range((height, height), &args.purpose).await?;
    let request = GetSidecarRequest {
        digest: digest.to_bytes().to_vec().into(),
    };
    let sidecar = AuditServiceClient::new(follower.connection())
        .max_decoding_message_size(limits::MAX_RESPONSE)
        .get_sidecar(request)
        .await?
        .into_inner();
    let sidecar = decode_slice(&sidecar.sidecar)
        .map_err(|_| ApiError::plain(&reason::PROOF_OF_SERVER_INVALID))?;
    follower.sync_to(submitted.height).await?;
    let opening = follower
        .tx_evidence(submitted.height, submitted.index as usize)
        .await?;
    follower
        .row_bundle(row, sidecar, &secret, opening, reviewer.member.id)
        .await
}
