//! Headers with what makes them final, cut so that a light client can follow them.

use std::time::Duration;
use tacit_ledger::certificate::Certificate;
use tacit_ledger::codec::encode_vec;
use tacit_ledger::header::Header;
use tacit_ledger::ids::{Epoch, Height, ValidatorsHash};
use tacit_ledger::state;
use tacit_ledger::validators::ValidatorSet;
use tacit_node::NodeHandle;
use tacit_proto::v1::{GetHeadersResponse, ListHandoversResponse};
use tokio::time::Instant;

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::limits;
use crate::server::pages;

/// How long a certificate is waited for, beside the chain's anchor interval, and how much of that counts.
const PATIENCE: Duration = Duration::from_secs(5);
const MAX_PATIENCE: Duration = Duration::from_secs(40);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Headers from `from` on, the certificate of the last and the set it names: as many as fit, up to one that is certified,
/// and none beyond the end of an epoch after which the validator set changes.
pub async fn range(node: &NodeHandle, from: Height, most: u32) -> ApiResult<GetHeadersResponse> {
    let tip = node.tip().1.height;
    if from > tip {
        return Ok(GetHeadersResponse::default());
    }
    let most = u64::from(pages::bounded(most, limits::MAX_HEADERS));
    let wanted = Height(from.0.saturating_add(most - 1).min(tip.0));
    let Some((last, certificate)) = finality(node, from, wanted).await? else {
        return Ok(GetHeadersResponse::default());
    };
    let mut headers = Vec::new();
    for height in from.0..=last.height.0 {
        headers.push(encode_vec(&header(node, Height(height)).await?).into());
    }
    let set = set(node, last.validators).await?;
    Ok(GetHeadersResponse {
        headers,
        certificate: encode_vec(&certificate).into(),
        validators: encode_vec(&set).into(),
    })
}

/// The certified header at or after `wanted`, or the last one before the set changes: each end of an epoch has a
/// certificate of its own. Where there is none yet, the last one before it: the newest blocks may be final by a certificate that
/// is still to come.
async fn finality(
    node: &NodeHandle,
    from: Height,
    wanted: Height,
) -> ApiResult<Option<(Header, Certificate)>> {
    let first = header(node, from).await?;
    let epochs = node.spec().epochs();
    let mut wanted = wanted;
    let mut end = epochs.last(first.epoch);
    while end < wanted {
        let header = header(node, end).await?;
        if header.next_validators != first.validators {
            wanted = end;
            break;
        }
        end = epochs.last(epochs.of(end.next()));
    }
    loop {
        if let Some((height, certificate)) = node.certificate_at_or_after(wanted).await? {
            return Ok(Some((header(node, height).await?, certificate)));
        }
        if wanted <= from {
            return Ok(None);
        }
        wanted = Height(wanted.0 - 1);
    }
}

/// Waits until light clients can be shown that a height is final: until it, or one after it, has a certificate here.
///
/// # Errors
/// NODE_BEHIND when that takes longer than the chain's next anchor.
pub async fn certified(node: &NodeHandle, height: Height) -> ApiResult<()> {
    let interval = u64::from(node.spec().genesis().anchor_interval_secs);
    let patience = Duration::from_secs(interval.min(MAX_PATIENCE.as_secs())) + PATIENCE;
    let late = Instant::now() + patience;
    while node.certificate_at_or_after(height).await?.is_none() {
        if Instant::now() >= late {
            return Err(ApiError::plain(&reason::NODE_BEHIND));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// The changes of the validator set from an epoch on, as many as one response may hold.
pub async fn handovers(node: &NodeHandle, from: Epoch) -> ApiResult<ListHandoversResponse> {
    let epochs = node.spec().epochs();
    let tip = node.tip().1.height;
    let (mut found, mut next) = (Vec::new(), from);
    while epochs.last(next) <= tip
        && found.len() < limits::MAX_HANDOVERS
        && next.0 - from.0 < limits::MAX_EPOCHS
    {
        let handover = node.handover(next).await?;
        found.extend(handover.map(|handover| encode_vec(&handover).into()));
        next = epochs.of(epochs.last(next).next());
    }
    Ok(ListHandoversResponse {
        handovers: found,
        next_epoch: next.0,
    })
}

async fn set(node: &NodeHandle, hash: ValidatorsHash) -> ApiResult<ValidatorSet> {
    let found = node
        .read(move |_, view| Ok(state::validator_set(view, &hash)?))
        .await?;
    found.ok_or_else(|| ApiError::internal("a validator set of the chain is missing"))
}

async fn header(node: &NodeHandle, height: Height) -> ApiResult<Header> {
    let found = node.header(height).await?;
    found.ok_or_else(|| ApiError::plain(&reason::NODE_BEHIND))
}
