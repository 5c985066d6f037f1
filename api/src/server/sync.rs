//! SyncService: what nodes that follow this one need.

use bytes::Bytes;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use tacit_ledger::ids::Height;
use tacit_node::NodeHandle;
use tacit_node::snapshot::SnapshotStream;
use tacit_proto::v1::stream_blocks_response::Part;
use tacit_proto::v1::sync_service_server::{SyncService, SyncServiceServer};
use tacit_proto::v1::{
    GetHeadersResponse, StreamBlocksRequest, StreamBlocksResponse, StreamSnapshotRequest,
    StreamSnapshotResponse,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::limits;
use crate::server::ledger::Ledger;

/// The service over a running node.
#[derive(Clone)]
pub struct Sync {
    node: NodeHandle,
    ledger: Ledger,
    streams: Arc<Semaphore>,
    snapshots: Arc<Semaphore>,
}

impl Sync {
    /// The service over this node, which takes headers as `ledger` gives them.
    pub fn service(node: NodeHandle, ledger: Ledger) -> SyncServiceServer<Self> {
        let service = Self {
            node,
            ledger,
            streams: Arc::new(Semaphore::new(limits::MAX_BLOCK_STREAMS)),
            snapshots: Arc::new(Semaphore::new(limits::MAX_SNAPSHOTS)),
        };
        SyncServiceServer::new(service)
            .max_decoding_message_size(limits::MAX_SMALL_REQUEST)
            .max_encoding_message_size(limits::MAX_RESPONSE)
    }
}

type Items<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl SyncService for Sync {
    type StreamBlocksStream = Items<StreamBlocksResponse>;

    async fn stream_blocks(
        &self,
        request: Request<StreamBlocksRequest>,
    ) -> Result<Response<Self::StreamBlocksStream>, Status> {
        let permit = take(&self.streams)?;
        if request.get_ref().from_height.max(1) < self.node.oldest().0 {
            return Err(ApiError::plain(&reason::BLOCK_NOT_KEPT).into());
        }
        let blocks = Blocks {
            _permit: permit,
            heights: self.node.subscribe(),
            node: self.node.clone(),
            ledger: self.ledger.clone(),
            // Everybody has the genesis block.
            next: request.into_inner().from_height.max(1),
            announced: VecDeque::new(),
        };
        let items = futures::stream::unfold(blocks, |mut blocks| async move {
            let part = blocks.next().await?;
            let item = part.map(|part| StreamBlocksResponse { part: Some(part) });
            Some((item.map_err(Status::from), blocks))
        });
        Ok(Response::new(Box::pin(items)))
    }

    type StreamSnapshotStream = Items<StreamSnapshotResponse>;

    async fn stream_snapshot(
        &self,
        _: Request<StreamSnapshotRequest>,
    ) -> Result<Response<Self::StreamSnapshotStream>, Status> {
        let permit = take(&self.snapshots)?;
        let stream = self.node.snapshot().await.map_err(ApiError::from)?;
        let snapshot = Snapshot {
            _permit: permit,
            stream: Some(stream),
            ready: Bytes::new(),
        };
        let items = futures::stream::unfold(snapshot, |mut snapshot| async move {
            let chunk = snapshot.next().await?;
            let item = chunk.map(|chunk| StreamSnapshotResponse { chunk });
            Some((item.map_err(Status::from), snapshot))
        });
        Ok(Response::new(Box::pin(items)))
    }
}

fn take(permits: &Arc<Semaphore>) -> ApiResult<OwnedSemaphorePermit> {
    Arc::clone(permits)
        .try_acquire_owned()
        .map_err(|_| ApiError::plain(&reason::SERVER_BUSY))
}

/// A stream of blocks, one in memory at a time.
struct Blocks {
    _permit: OwnedSemaphorePermit,
    node: NodeHandle,
    ledger: Ledger,
    heights: watch::Receiver<Height>,
    /// Height of the first header to come.
    next: u64,
    /// Heights of the blocks whose headers were sent.
    announced: VecDeque<u64>,
}

impl Blocks {
    /// The next part; `None` when the node stops.
    async fn next(&mut self) -> Option<ApiResult<Part>> {
        match self.announced.pop_front() {
            Some(height) => Some(self.block(Height(height)).await),
            None => {
                let next = Height(self.next);
                self.heights.wait_for(|tip| *tip >= next).await.ok()?;
                Some(self.headers(next).await)
            }
        }
    }

    async fn headers(&mut self, from: Height) -> ApiResult<Part> {
        // The certificate of the newest block may come with the next one only.
        let headers: GetHeadersResponse = loop {
            match self.ledger.headers(from, limits::MAX_HEADERS).await {
                Err(error) if error.code() == reason::NODE_BEHIND.code => {
                    let stopped = |_| ApiError::plain(&reason::NODE_STOPPING);
                    self.heights.changed().await.map_err(stopped)?;
                }
                other => break other?,
            }
        };
        let end = self.next.saturating_add(headers.headers.len() as u64);
        self.announced.extend(self.next..end);
        self.next = end;
        Ok(Part::Headers(headers))
    }

    async fn block(&self, height: Height) -> ApiResult<Part> {
        let block = self.node.block(height).await?;
        let block = block.ok_or_else(|| ApiError::plain(&reason::NODE_BEHIND))?;
        Ok(Part::Block(block.to_bytes().into()))
    }
}

/// A stream of a snapshot's bytes.
struct Snapshot {
    _permit: OwnedSemaphorePermit,
    /// Absent at the end.
    stream: Option<SnapshotStream>,
    ready: Bytes,
}

impl Snapshot {
    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Option<ApiResult<Bytes>> {
        while self.ready.is_empty() {
            let mut stream = self.stream.take()?;
            let read = tokio::task::spawn_blocking(move || {
                let piece = stream.next_piece();
                (stream, piece)
            });
            match read.await {
                Ok((stream, Ok(Some(piece)))) => {
                    self.stream = Some(stream);
                    self.ready = piece.into();
                }
                Ok((_, Ok(None))) => return None,
                Ok((_, Err(error))) => return Some(Err(error.into())),
                Err(error) => return Some(Err(ApiError::internal(error))),
            }
        }
        let most = self.ready.len().min(limits::SNAPSHOT_CHUNK);
        Some(Ok(self.ready.split_to(most)))
    }
}
