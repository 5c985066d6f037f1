//! Following the chain over gRPC without trusting the node: every header is certified, every block, value and tree is
//! checked against a certified header before anybody sees it.
//!
//! Shared by everything that is no node: vault, wallet, platform, reviewer, issuer.

mod bundles;
mod directory;
mod evidence;
mod governance;
mod read;

pub use directory::Verified;
pub use read::Proven;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tacit_circuits::types::AnchorView;
use tacit_ledger::certificate::Certificate;
use tacit_ledger::codec::{decode_slice, encode_vec};
use tacit_ledger::genesis::ChainSpec;
use tacit_ledger::handover::{Handover, SetHistory};
use tacit_ledger::header::Header;
use tacit_ledger::ids::{Epoch, Height};
use tacit_ledger::light::{
    CertifiedHeader, Checkpoint, LightClient, LightError, TrustedSet, certify,
};
use tacit_ledger::validators::ValidatorSet;
use tacit_proto::v1::ledger_service_client::LedgerServiceClient;
use tacit_proto::v1::{GetChainInfoRequest, GetHeadersRequest, ListHandoversRequest};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::auth::client::Credentials;
use crate::cli::output;
use crate::client::connect::{Connection, connect};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::net::{Kind, NetDir};
use crate::{files, limits};

/// Most headers that are kept in memory; older ones are certified again when they are asked for.
const MAX_KEPT: usize = 200_000;
/// How long an anchor may take, beside the chain's anchor interval.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pause between two looks at the chain.
const PAUSE: Duration = Duration::from_millis(250);

/// A light client on a connection to a node.
pub struct Follower {
    spec: ChainSpec,
    connection: Connection,
    state: Mutex<State>,
    checkpoint: Option<PathBuf>,
}

struct State {
    light: LightClient,
    /// Certified headers by height, without a gap up to the tip.
    headers: BTreeMap<Height, CertifiedHeader>,
    past: Past,
}

/// What was asked about the validators of earlier epochs.
struct Past {
    sets: SetHistory,
    handovers: Vec<Handover>,
    /// The first epoch that was not asked about.
    next: Epoch,
}

/// The genesis file of a net folder.
///
/// # Errors
/// When it is missing or breaks a rule.
pub fn genesis(net: &NetDir) -> ApiResult<ChainSpec> {
    genesis_file(&net.genesis())
}

/// A genesis file.
///
/// # Errors
/// As [`genesis`].
pub fn genesis_file(path: &Path) -> ApiResult<ChainSpec> {
    let text = files::read_text(path, files::MAX_SMALL_FILE)?;
    let spec = ChainSpec::from_json(&text).map_err(|error| files::invalid(path, error))?;
    output::about(&spec);
    Ok(spec)
}

impl Follower {
    /// Connects to the node of a net folder. With a checkpoint file it goes on from the header kept there, else from
    /// genesis; the file must be where only its owner can change it.
    ///
    /// # Errors
    /// When there is no node, or it is on another chain.
    pub async fn connect(net: &NetDir, checkpoint: Option<PathBuf>) -> ApiResult<Self> {
        Self::connect_as(net, checkpoint, None).await
    }

    /// Like [`Follower::connect`], with credentials for the methods that want them.
    ///
    /// # Errors
    /// As [`Follower::connect`].
    pub async fn connect_as(
        net: &NetDir,
        checkpoint: Option<PathBuf>,
        credentials: Option<Credentials>,
    ) -> ApiResult<Self> {
        let spec = genesis(net)?;
        let endpoint = net.endpoint(Kind::Node)?;
        if endpoint.chain != spec.id() {
            return Err(ApiError::plain(&reason::CHAIN_MISMATCH));
        }
        let connection = connect(&endpoint, credentials).await?;
        let light = match checkpoint.as_ref().filter(|path| path.exists()) {
            Some(path) => {
                let bytes = files::read(path, files::MAX_SMALL_FILE)?;
                let kept = decode_slice(&bytes)
                    .map_err(|_| files::invalid(path, "holds no checkpoint"))?;
                LightClient::from_checkpoint(&spec, kept).map_err(refused)?
            }
            None => LightClient::from_genesis(&spec).map_err(refused)?,
        };
        Self::start(spec, connection, light, checkpoint).await
    }

    /// Connects to the node of a net folder and goes on from a checkpoint that the caller trusts, or from genesis. Nothing is
    /// kept.
    ///
    /// # Errors
    /// As [`Follower::connect`], and when the checkpoint is of another chain.
    pub async fn connect_from(net: &NetDir, trusted: Option<Checkpoint>) -> ApiResult<Self> {
        let spec = genesis(net)?;
        let endpoint = net.endpoint(Kind::Node)?;
        if endpoint.chain != spec.id() {
            return Err(ApiError::plain(&reason::CHAIN_MISMATCH));
        }
        let light = match trusted {
            Some(checkpoint) => LightClient::from_checkpoint(&spec, checkpoint),
            None => LightClient::from_genesis(&spec),
        };
        let connection = connect(&endpoint, None).await?;
        Self::start(spec, connection, light.map_err(refused)?, None).await
    }

    async fn start(
        spec: ChainSpec,
        connection: Connection,
        light: LightClient,
        checkpoint: Option<PathBuf>,
    ) -> ApiResult<Self> {
        let tip = light.tip();
        let past = Past {
            sets: SetHistory::from_genesis(&spec),
            handovers: Vec::new(),
            next: Epoch(0),
        };
        let state = State {
            light,
            headers: BTreeMap::from([(tip.header().height, tip)]),
            past,
        };
        let follower = Self {
            spec,
            connection,
            state: Mutex::new(state),
            checkpoint,
        };
        follower.sync().await?;
        Ok(follower)
    }

    /// The chain.
    pub fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// The connection to the node.
    pub fn connection(&self) -> Connection {
        self.connection.clone()
    }

    /// The node's ledger service.
    pub fn ledger(&self) -> LedgerServiceClient<Connection> {
        LedgerServiceClient::new(self.connection.clone())
            .max_decoding_message_size(limits::MAX_RESPONSE)
    }

    /// Follows the chain as far as the node shows that it is final.
    ///
    /// # Errors
    /// When the node cannot be reached or sends something that its certificate does not cover.
    pub async fn sync(&self) -> ApiResult<CertifiedHeader> {
        let target = Height(
            self.ledger()
                .get_chain_info(GetChainInfoRequest {})
                .await?
                .into_inner()
                .height,
        );
        self.advance(target).await
    }

    /// Follows the chain to this height at least. A block is final before every node has the certificate that shows it, so
    /// this waits for a while.
    ///
    /// # Errors
    /// As [`Follower::sync`]; NODE_BEHIND when the chain does not get there.
    pub async fn sync_to(&self, target: Height) -> ApiResult<CertifiedHeader> {
        let late = self.late();
        loop {
            let tip = self.advance(target).await?;
            if tip.header().height >= target {
                return Ok(tip);
            }
            if Instant::now() >= late {
                return Err(ApiError::plain(&reason::NODE_BEHIND));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// When waiting for the next anchor is over.
    fn late(&self) -> Instant {
        let interval = u64::from(self.spec.genesis().anchor_interval_secs);
        Instant::now() + PATIENCE + Duration::from_secs(interval)
    }

    /// Follows the chain up to a height, or as far as the node goes.
    async fn advance(&self, target: Height) -> ApiResult<CertifiedHeader> {
        let mut state = self.state.lock().await;
        let before = state.light.tip().header().height;
        while state.light.tip().header().height < target {
            let from = state.light.tip().header().height.next();
            let span = match self.fetch_span(from, 0).await {
                Err(error) if error.code() == reason::NODE_BEHIND.code => break,
                span => span?,
            };
            let certified = state
                .light
                .follow(&span.headers, &span.certificate, &span.validators)
                .map_err(refused)?;
            state.headers.extend(
                certified
                    .into_iter()
                    .map(|header| (header.header().height, header)),
            );
            while state.headers.len() > MAX_KEPT {
                state.headers.pop_first();
            }
        }
        let tip = state.light.tip();
        if let Some(path) = self
            .checkpoint
            .as_ref()
            .filter(|_| tip.header().height > before)
        {
            let kept = state.light.checkpoint();
            files::write_secret(path, &encode_vec(&kept))?;
        }
        Ok(tip)
    }

    /// Where this follower stands, for whoever trusts it.
    pub async fn checkpoint(&self) -> Checkpoint {
        self.state.lock().await.light.checkpoint()
    }

    /// The newest header that was followed so far.
    pub async fn tip(&self) -> CertifiedHeader {
        self.state.lock().await.light.tip()
    }

    /// A certified header at or below the tip.
    ///
    /// # Errors
    /// When the height is above the tip, or the node does not deliver.
    pub async fn header(&self, height: Height) -> ApiResult<CertifiedHeader> {
        if let Some(header) = self.state.lock().await.headers.get(&height) {
            return Ok(header.clone());
        }
        if height > self.tip().await.header().height {
            self.sync_to(height).await?;
            return Box::pin(self.header(height)).await;
        }
        if height == Height(0) {
            return Ok(LightClient::from_genesis(&self.spec)
                .map_err(refused)?
                .tip());
        }
        let certified = self.certify_again(height, 1).await?;
        let found = certified
            .into_iter()
            .find(|header| header.header().height == height);
        found.ok_or_else(|| ApiError::plain(&reason::PROOF_OF_SERVER_INVALID))
    }

    /// The certified headers of a range, both ends included, in order.
    ///
    /// # Errors
    /// As [`Follower::header`].
    pub async fn headers(&self, from: Height, to: Height) -> ApiResult<Vec<CertifiedHeader>> {
        self.sync_to(to).await?;
        let mut found = Vec::new();
        let mut next = from;
        while next <= to {
            let kept = self.state.lock().await.headers.get(&next).cloned();
            let batch = match kept {
                Some(header) => vec![header],
                None if next == Height(0) => vec![self.header(next).await?],
                None => self.certify_again(next, 0).await?,
            };
            for header in batch {
                if next > to {
                    break;
                }
                if header.header().height != next {
                    return Err(ApiError::plain(&reason::PROOF_OF_SERVER_INVALID));
                }
                found.push(header);
                next = next.next();
            }
        }
        Ok(found)
    }

    /// The newest anchor, for a proof that is made now.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub async fn anchor(&self) -> ApiResult<AnchorView> {
        let tip = self.sync().await?;
        self.anchor_at(tip.header().anchor).await
    }

    /// Waits until an anchor covers a height: no proof that is made at the newest anchor leaves it out any more.
    ///
    /// # Errors
    /// NODE_BEHIND when that takes far longer than the chain's anchor interval.
    pub async fn anchored(&self, height: Height) -> ApiResult<AnchorView> {
        let late = self.late();
        loop {
            let anchor = self.anchor().await?;
            if anchor.height >= height.0 {
                return Ok(anchor);
            }
            if Instant::now() >= late {
                return Err(ApiError::plain(&reason::NODE_BEHIND));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The anchor of this height.
    ///
    /// # Errors
    /// When the header of that height is no anchor.
    pub async fn anchor_at(&self, height: Height) -> ApiResult<AnchorView> {
        let header = self.header(height).await?;
        header
            .header()
            .anchor_view()
            .ok_or_else(|| ApiError::plain(&reason::ANCHOR_UNKNOWN))
    }

    async fn certify_again(&self, from: Height, most: u32) -> ApiResult<Vec<CertifiedHeader>> {
        let span = self.fetch_span(from, most).await?;
        self.certify(&span).await
    }

    /// Certifies headers that lie behind the tip.
    pub(super) async fn certify(&self, span: &Span) -> ApiResult<Vec<CertifiedHeader>> {
        let last = span.headers.last().ok_or_else(lied)?;
        let trusted = self.trusted_set(last.epoch).await?;
        certify(&self.spec, &trusted, &span.headers, &span.certificate).map_err(refused)
    }

    /// The set of an epoch: the tip's, or the one that follows from genesis by the changes in between.
    async fn trusted_set(&self, epoch: Epoch) -> ApiResult<TrustedSet> {
        let mut state = self.state.lock().await;
        if state.light.tip().header().epoch == epoch {
            return Ok(state.light.validators().clone());
        }
        self.learn(&mut state.past, epoch).await?;
        state.past.sets.of(epoch).cloned().ok_or_else(lied)
    }

    /// All changes of the validator set before an epoch.
    pub(super) async fn handovers(&self, before: Epoch) -> ApiResult<Vec<Handover>> {
        let mut state = self.state.lock().await;
        self.learn(&mut state.past, before).await?;
        let handovers = state.past.handovers.iter();
        let needed = handovers.filter(|handover| handover.header.epoch < before);
        Ok(needed.cloned().collect())
    }

    async fn learn(&self, past: &mut Past, before: Epoch) -> ApiResult<()> {
        while past.next < before {
            let request = ListHandoversRequest {
                from_epoch: past.next.0,
            };
            let page = self.ledger().list_handovers(request).await?.into_inner();
            if page.next_epoch <= past.next.0 {
                return Err(ApiError::plain(&reason::NODE_BEHIND));
            }
            for bytes in page.handovers {
                let handover: Handover = decode_slice(&bytes).map_err(|_| lied())?;
                past.sets.enter(&self.spec, &handover).map_err(refused)?;
                past.handovers.push(handover);
            }
            past.next = Epoch(page.next_epoch);
        }
        Ok(())
    }

    /// Headers from `from` on without a gap, the last with its certificate: the last one that has one among the first
    /// `most`, or where none has, the first one after them. 0 means as many as the node gives.
    pub(super) async fn fetch_span(&self, from: Height, most: u32) -> ApiResult<Span> {
        let request = GetHeadersRequest {
            from_height: from.0,
            max_headers: most,
        };
        let malformed = |_| ApiError::plain(&reason::PROOF_OF_SERVER_INVALID);
        let response = self.ledger().get_headers(request).await?.into_inner();
        let headers: Result<Vec<Header>, _> = response
            .headers
            .iter()
            .map(|bytes| decode_slice(bytes))
            .collect();
        let headers = headers.map_err(malformed)?;
        if headers.is_empty() {
            return Err(ApiError::plain(&reason::NODE_BEHIND));
        }
        Ok(Span {
            headers,
            certificate: decode_slice(&response.certificate).map_err(malformed)?,
            validators: decode_slice(&response.validators).map_err(malformed)?,
        })
    }
}

/// Headers without a gap, as the node sends them.
pub(super) struct Span {
    /// The headers.
    pub headers: Vec<Header>,
    /// Of the last header.
    pub certificate: Certificate,
    /// The set that the last header names.
    pub validators: ValidatorSet,
}

/// The error for something that the node sent and that does not hold.
pub(crate) fn refused(error: LightError) -> ApiError {
    ApiError::new(&reason::PROOF_OF_SERVER_INVALID, error.to_string())
}

fn lied() -> ApiError {
    ApiError::plain(&reason::PROOF_OF_SERVER_INVALID)
}
