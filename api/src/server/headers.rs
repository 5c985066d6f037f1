//! Headers with what makes them final, cut so that a light client can follow them.

use tacit_ledger::certificate::Certificate;
use tacit_ledger::codec::encode_vec;
use tacit_ledger::header::Header;
use tacit_ledger::ids::Height;
use tacit_ledger::state;
use tacit_node::NodeHandle;
use tacit_proto::v1::GetHeadersResponse;

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::limits;
use crate::server::pages;

/// Headers from `from` on, the certificate of the last and the set it names: as many as fit, up to one that is certified,
/// and none beyond the end of an epoch after which the validator set changes.
pub async fn range(node: &NodeHandle, from: Height, most: u32) -> ApiResult<GetHeadersResponse> {
    let tip = node.tip().1.height;
    if from > tip {
        return Ok(GetHeadersResponse::default());
    }
    let most = u64::from(pages::bounded(most, limits::MAX_HEADERS));
    let wanted = Height(from.0.saturating_add(most - 1).min(tip.0));
    let (last, certificate) = finality(node, from, wanted).await?;
    let mut headers = Vec::new();
    for height in from.0..=last.height.0 {
        headers.push(encode_vec(&header(node, Height(height)).await?).into());
    }
    let hash = last.validators;
    let set = node
        .read(move |_, view| Ok(state::validator_set(view, &hash)?))
        .await?
        .ok_or_else(|| ApiError::internal("a validator set of the chain is missing"))?;
    Ok(GetHeadersResponse {
        headers,
        certificate: encode_vec(&certificate).into(),
        validators: encode_vec(&set).into(),
    })
}

/// The certified header at or after `wanted`, or the last one before the set changes: each end of an epoch has a
/// certificate of its own.
async fn finality(
    node: &NodeHandle,
    from: Height,
    wanted: Height,
) -> ApiResult<(Header, Certificate)> {
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
    let (height, certificate) = node
        .certificate_at_or_after(wanted)
        .await?
        .ok_or_else(|| ApiError::plain(&reason::NODE_BEHIND))?;
    Ok((header(node, height).await?, certificate))
}

async fn header(node: &NodeHandle, height: Height) -> ApiResult<Header> {
    let found = node.header(height).await?;
    found.ok_or_else(|| ApiError::plain(&reason::NODE_BEHIND))
}
