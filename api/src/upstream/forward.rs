//! What a follower asks of the nodes it follows in its own or its clients' name: bringing transactions onto the chain, and
//! sidecars for a reviewer.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tacit_circuits::types::MemberId;
use tacit_ledger::action::Action;
use tacit_ledger::block::{Block, Sidecar};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::ids::Height;
use tacit_ledger::keys;
use tacit_ledger::member::Role;
use tacit_ledger::request::{self, RequestRecord};
use tacit_ledger::signature::SigningPublicKey;
use tacit_ledger::state;
use tacit_ledger::tx::Tx;
use tacit_node::{NodeHandle, TxReceipt};
use tacit_proto::v1::audit_service_client::AuditServiceClient;
use tacit_proto::v1::ledger_service_client::LedgerServiceClient;
use tacit_proto::v1::{
    GetBlockRequest, GetBlockResponse, GetHeadersRequest, GetHeadersResponse, GetSidecarRequest,
    SubmitEndingRequest, SubmitTransactionRequest,
};
use tonic::Code;

use super::{Upstream, Upstreams};
use crate::auth::client::Credentials;
use crate::cli::password::PasswordSource;
use crate::client::connect::Connection;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::member::{self, Secrets};
use crate::server::ledger::Others;
use crate::{limits, wire};

/// Longest until what a node says is final is final here too.
const PATIENCE: Duration = Duration::from_secs(30);

/// The organisation in whose name a follower calls.
pub struct Identity {
    dir: PathBuf,
    secrets: Mutex<Secrets>,
}

impl Identity {
    /// Opens the secrets in an organisation's folder.
    ///
    /// # Errors
    /// When there are none or the password is wrong.
    pub fn open(dir: &Path, password: &PasswordSource) -> ApiResult<Self> {
        Ok(Self {
            secrets: Mutex::new(Secrets::open(dir, password)?),
            dir: dir.to_owned(),
        })
    }

    /// The member's credentials, when it is registered with one of its keys as far as this node knows.
    pub(super) async fn credentials(&self, node: &NodeHandle) -> ApiResult<Option<Credentials>> {
        let name = member::registration(&self.dir)?.name;
        let record = node
            .read(move |_, view| {
                let id: Option<MemberId> = state::read(view, &keys::member_name(&name))?;
                Ok(match id {
                    Some(id) => state::member(view, id)?,
                    None => None,
                })
            })
            .await?;
        let Some(record) = record else {
            return Ok(None);
        };
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let registered =
            |secrets: &Secrets| record.keys.signing == SigningPublicKey::of(&secrets.signing());
        let known = secrets.choose(registered);
        Ok(known.then(|| Credentials::member(record.id, secrets.signing())))
    }
}

#[tonic::async_trait]
impl Others for Upstreams {
    /// Brings a transaction onto the chain through the first node that takes it. What it says came of it is believed when
    /// this node sees it too.
    async fn submit(&self, tx: Tx, sidecar: Option<Sidecar>) -> ApiResult<TxReceipt> {
        let is_ending = matches!(tx.action, Action::End(_));
        if self.identity.is_none() && !is_ending {
            return Err(ApiError::plain(&reason::NODE_ONLY_FOLLOWS));
        }
        let mut last = ApiError::plain(&reason::UNREACHABLE);
        for node in self.trusted() {
            // Why it cannot be reached is for the operator, not for the client.
            let Ok(connection) = self.connect(node).await else {
                continue;
            };
            let height = match send(connection, &tx, sidecar.as_ref()).await {
                Ok(height) => height,
                Err(error) if is_about_the_node(&error) => {
                    node.disconnect();
                    last = error;
                    continue;
                }
                Err(verdict) => return Err(verdict),
            };
            if let Some(receipt) = self.receipt(&tx, height).await? {
                return Ok(receipt);
            }
            tracing::warn!(upstream = %node.endpoint.display(), tx = %tx.id(), "it says that a transaction is final which is not on the chain");
            last = ApiError::plain(&reason::PROOF_OF_SERVER_INVALID);
        }
        Err(last)
    }

    async fn headers(&self, request: GetHeadersRequest) -> ApiResult<GetHeadersResponse> {
        let mut last = ApiError::plain(&reason::BLOCK_NOT_KEPT);
        for node in self.trusted() {
            let Ok(connection) = self.connect(node).await else {
                continue;
            };
            match ledger(connection).get_headers(request).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => last = status.into(),
            }
        }
        Err(last)
    }

    async fn block(&self, request: GetBlockRequest) -> ApiResult<GetBlockResponse> {
        let mut last = ApiError::plain(&reason::BLOCK_NOT_KEPT);
        for node in self.trusted() {
            let Ok(connection) = self.connect(node).await else {
                continue;
            };
            match ledger(connection).get_block(request).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => last = status.into(),
            }
        }
        Err(last)
    }
}

impl Upstreams {
    /// Nodes that were not caught lying lately.
    fn trusted(&self) -> impl Iterator<Item = &Upstream> {
        self.nodes.iter().filter(|node| !node.is_distrusted())
    }

    /// Where the transaction stands on the chain as this node has it; nothing when it is not there by `height`.
    async fn receipt(&self, tx: &Tx, height: Height) -> ApiResult<Option<TxReceipt>> {
        let node = self.follower.handle();
        let mut heights = node.subscribe();
        let caught_up = heights.wait_for(|tip| *tip >= height);
        match tokio::time::timeout(PATIENCE, caught_up).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return Err(ApiError::plain(&reason::NODE_STOPPING)),
            Err(_) => return Err(ApiError::plain(&reason::NODE_BEHIND)),
        }
        let (id, request) = (tx.id(), tx.request_id);
        let found: Option<RequestRecord> = node
            .read(move |_, view| Ok(request::lookup(view, &request)?))
            .await?;
        Ok(found.filter(|record| record.tx == id).map(TxReceipt::from))
    }

    /// The sidecars of a block, when this node's organisation is a reviewer. Those that do not come stay away: the chain
    /// holds without them.
    pub(super) async fn sidecars(&self, node: &Upstream, block: &Block) -> Vec<Sidecar> {
        let digests = block.audit_digests();
        if digests.is_empty() || !self.is_reviewer().await {
            return Vec::new();
        }
        let Ok(connection) = self.connect(node).await else {
            return Vec::new();
        };
        let mut audit = AuditServiceClient::new(connection);
        let mut sidecars = Vec::new();
        for digest in digests {
            let wanted = digest.to_bytes().to_vec().into();
            let found = audit.get_sidecar(GetSidecarRequest { digest: wanted });
            let sidecar = found.await.ok().and_then(|found| {
                let sidecar: Sidecar = decode_slice(&found.into_inner().sidecar).ok()?;
                (sidecar.digest() == digest).then_some(sidecar)
            });
            match sidecar {
                Some(sidecar) => sidecars.push(sidecar),
                None => {
                    tracing::warn!(height = %block.header.height, "a sidecar did not come")
                }
            }
        }
        sidecars
    }

    async fn is_reviewer(&self) -> bool {
        let Some(identity) = &self.identity else {
            return false;
        };
        member::registration(&identity.dir)
            .is_ok_and(|registration| registration.roles.has(Role::Reviewer))
    }
}

fn ledger(connection: Connection) -> LedgerServiceClient<Connection> {
    LedgerServiceClient::new(connection).max_decoding_message_size(limits::MAX_RESPONSE)
}

async fn send(connection: Connection, tx: &Tx, sidecar: Option<&Sidecar>) -> ApiResult<Height> {
    let mut ledger = ledger(connection);
    let transaction = Some(wire::transaction(tx, sidecar));
    let finality = if matches!(tx.action, Action::End(_)) {
        let answer = ledger.submit_ending(SubmitEndingRequest { transaction });
        answer.await?.into_inner().finality
    } else {
        let answer = ledger.submit_transaction(SubmitTransactionRequest { transaction });
        answer.await?.into_inner().finality
    };
    wire::read_finality(finality).map(|(height, _, _)| height)
}

/// Whether another node may do better.
fn is_about_the_node(error: &ApiError) -> bool {
    use Code::{
        DataLoss, DeadlineExceeded, Internal, ResourceExhausted, Unauthenticated, Unavailable,
    };
    matches!(
        error.reason().status,
        Unavailable | DataLoss | DeadlineExceeded | Internal | ResourceExhausted | Unauthenticated
    )
}
