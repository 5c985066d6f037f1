//! Following other nodes: blocks come from the first one that answers and tells the truth, transactions of this node's
//! clients go the other way.

mod forward;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tacit_ledger::block::Block;
use tacit_ledger::codec::decode_slice;
use tacit_ledger::genesis::ChainSpec;
use tacit_ledger::header::Header;
use tacit_node::{FollowError, Follower, NodeError};
use tacit_proto::v1::stream_blocks_response::Part;
use tacit_proto::v1::sync_service_client::SyncServiceClient;
use tacit_proto::v1::{GetHeadersResponse, StreamBlocksRequest};

use crate::auth::client::Credentials;
use crate::client::connect::{Connection, connect};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::net::{Endpoint, Kind};
use crate::{files, limits};

pub use forward::Identity;

/// Longest that a node is not asked after it sent something that does not verify.
const DISTRUST: Duration = Duration::from_secs(600);
/// Pause after no node could be followed.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a node may be silent, beside the chain's anchor interval.
const SILENCE: Duration = Duration::from_secs(20);
/// Blocks that are entered together, and their bytes.
const BATCH: (usize, usize) = (32, 4 << 20);

/// The nodes that a follower follows.
pub struct Upstreams {
    follower: Follower,
    nodes: Vec<Upstream>,
    identity: Option<Identity>,
}

struct Upstream {
    endpoint: PathBuf,
    /// Until when it is not asked, and the connection for calls.
    state: Mutex<(Option<Instant>, Option<Connection>)>,
}

/// How following one node ended.
enum End {
    /// It cannot be reached, or closed the stream, or is silent.
    Away(ApiError),
    /// It sent something that does not verify.
    Lied(String),
    /// This node fails.
    Failed(NodeError),
}

impl From<NodeError> for End {
    fn from(error: NodeError) -> Self {
        Self::Failed(error)
    }
}

impl From<FollowError> for End {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Node(error) => Self::Failed(error),
            lie => Self::Lied(lie.to_string()),
        }
    }
}

impl Upstreams {
    /// The nodes with these endpoint files, most wanted first. Transactions are forwarded in the name of `identity`.
    pub fn new(follower: Follower, endpoints: &[PathBuf], identity: Option<Identity>) -> Self {
        let nodes = endpoints.iter().map(|endpoint| Upstream {
            endpoint: endpoint.clone(),
            state: Mutex::default(),
        });
        Self {
            nodes: nodes.collect(),
            follower,
            identity,
        }
    }

    /// Follows until this node fails: that is returned.
    pub async fn run(self: Arc<Self>) -> NodeError {
        loop {
            for node in &self.nodes {
                if node.is_distrusted() {
                    continue;
                }
                let name = node.endpoint.display();
                match self.follow(node).await {
                    End::Away(why) => tracing::info!(upstream = %name, %why, "not following"),
                    End::Lied(why) => {
                        tracing::warn!(upstream = %name, %why, "refused: it sent something that does not verify");
                        node.distrust();
                    }
                    End::Failed(error) => return error,
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Follows one node as long as it goes well.
    async fn follow(&self, node: &Upstream) -> End {
        let stopped = self.follower.handle().failed();
        let followed = self.follow_stream(node);
        tokio::select! {
            error = stopped => End::Failed(error),
            Err(end) = followed => end,
        }
    }

    async fn follow_stream(&self, node: &Upstream) -> Result<std::convert::Infallible, End> {
        self.follower.rewind()?;
        let from_height = self.follower.handle().tip().1.height.next().0;
        let mut client = SyncServiceClient::new(self.open(node, None).await.map_err(End::Away)?)
            .max_decoding_message_size(limits::MAX_RESPONSE);
        let stream = client.stream_blocks(StreamBlocksRequest { from_height });
        let away = |status: tonic::Status| End::Away(status.into());
        let mut stream = stream.await.map_err(away)?.into_inner();
        tracing::info!(upstream = %node.endpoint.display(), from_height, "following");
        let interval = u64::from(self.spec().genesis().anchor_interval_secs);
        let patience = SILENCE + 3 * Duration::from_secs(interval);
        let silent = |_| End::Away(ApiError::plain(&reason::TIMEOUT));
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        loop {
            let message = tokio::time::timeout(patience, stream.message());
            let message = message.await.map_err(silent)?.map_err(away)?;
            let message = message.ok_or(End::Away(ApiError::plain(&reason::NODE_STOPPING)))?;
            match message.part {
                Some(Part::Headers(part)) => self.headers(&part)?,
                Some(Part::Block(part)) => {
                    bytes += part.len();
                    let block = Block::from_bytes(&part);
                    let block = block.map_err(|_| End::Lied("it is no block".into()))?;
                    let sidecars = self.sidecars(node, &block).await;
                    blocks.push((block, sidecars));
                }
                None => return Err(End::Lied("an empty message".into())),
            }
            // At the tip every block is entered at once.
            let due = blocks.len() >= BATCH.0.min(self.follower.awaited()) || bytes >= BATCH.1;
            if due && !blocks.is_empty() {
                self.follower.enter(std::mem::take(&mut blocks)).await?;
                bytes = 0;
            }
        }
    }

    fn headers(&self, part: &GetHeadersResponse) -> Result<(), End> {
        let malformed = |_| End::Lied("headers that cannot be read".into());
        let headers: Result<Vec<Header>, _> = part
            .headers
            .iter()
            .map(|bytes| decode_slice(bytes))
            .collect();
        let certificate = decode_slice(&part.certificate).map_err(malformed)?;
        let validators = decode_slice(&part.validators).map_err(malformed)?;
        Ok(self
            .follower
            .certify(&headers.map_err(malformed)?, certificate, &validators)?)
    }

    fn spec(&self) -> &ChainSpec {
        self.follower.handle().spec()
    }

    /// A connection to a node for calls in the name of this node, the one there was if there is one.
    async fn connect(&self, node: &Upstream) -> ApiResult<Connection> {
        if let Some(connection) = node.lock().1.clone() {
            return Ok(connection);
        }
        let credentials = match &self.identity {
            Some(identity) => identity.credentials(self.follower.handle()).await?,
            None => None,
        };
        // As long as this node does not know its own member yet, the next call looks again.
        let lasts = credentials.is_some() || self.identity.is_none();
        let connection = self.open(node, credentials).await?;
        node.lock().1 = lasts.then(|| connection.clone());
        Ok(connection)
    }

    async fn open(
        &self,
        node: &Upstream,
        credentials: Option<Credentials>,
    ) -> ApiResult<Connection> {
        let endpoint = read_endpoint(&node.endpoint)?;
        match endpoint.chain == self.spec().id() {
            true => connect(&endpoint, credentials).await,
            false => Err(ApiError::plain(&reason::CHAIN_MISMATCH)),
        }
    }
}

/// Reads an endpoint file of a node.
///
/// # Errors
/// When it is not one.
pub fn read_endpoint(path: &std::path::Path) -> ApiResult<Endpoint> {
    let endpoint: Endpoint = files::read_json(path, files::MAX_SMALL_FILE)?;
    match endpoint.kind == Kind::Node && endpoint.url.starts_with("https://") {
        true => Ok(endpoint),
        false => Err(files::invalid(path, "not an endpoint of a node")),
    }
}

impl Upstream {
    fn is_distrusted(&self) -> bool {
        self.lock().0.is_some_and(|until| Instant::now() < until)
    }

    fn distrust(&self) {
        let mut state = self.lock();
        state.0 = Some(Instant::now() + DISTRUST);
        state.1 = None;
    }

    fn disconnect(&self) {
        self.lock().1 = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Option<Instant>, Option<Connection>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
