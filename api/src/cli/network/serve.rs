//! Running a node, validator or follower, as its configuration file says.

use std::net::ToSocketAddrs;
use std::path::Path;
use std::sync::Arc;
use tacit_ledger::genesis::ChainSpec;
use tacit_ledger::verifier::ProofKeys;
use tacit_node::{
    FollowConfig, Follower, Node, NodeConfig, NodeError, NodeHandle, Pace, Peer, Progress,
    ValidatorSecret,
    snapshot::{self, SnapshotError},
};
use tonic::service::Routes;

use super::unused_mark;
use crate::auth::nonces::NonceLog;
use crate::auth::server::{AuthLayer, Gate};
use crate::cli::password::PasswordSource;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::genesis_file;
use crate::keys::KeyCache;
use crate::member::Secrets;
use crate::metrics::{self, MetricsServer};
use crate::net::{Endpoint, Kind};
use crate::node_config::{self, NodeFile, Part};
use crate::server::ledger::{Ledger, NodeDirectory, Others};
use crate::server::{audit, identity, pages, run, sync};
use crate::tls::ServerIdentity;
use crate::upstream::{Identity, Upstreams};
use crate::{files, limits, logging};

/// Runs a node and serves the ledger until `stop`.
///
/// # Errors
/// When it cannot start, or stops by itself.
pub async fn serve(
    file: &NodeFile,
    snapshot: Option<&Path>,
    password: &PasswordSource,
    context: &Context,
    stop: impl Future<Output = ()>,
) -> ApiResult<()> {
    let spec = genesis_file(&file.genesis)?;
    let (keys, pinned) = (KeyCache::of_user(context.output), spec.clone());
    let proof_keys = tokio::task::spawn_blocking(move || keys.verifying(&pinned))
        .await
        .map_err(ApiError::internal)??;
    let bound = run::bind(file.grpc.listen).await?;
    let metrics = match file.metrics {
        Some(address) => Some(MetricsServer::bind(address).await?),
        None => None,
    };
    if let Some(path) = snapshot {
        restore(file, &spec, path).await?;
    }
    let started = start(file, password, spec.clone(), proof_keys).await?;
    let node = started.node.clone();
    files::make_dir(&file.grpc.tls)?;
    let tls = ServerIdentity::load_or_create(&file.grpc.tls)?;
    let auth = AuthLayer::new(Gate {
        chain: spec.id(),
        audience: tls.audience(),
        directory: Arc::new(NodeDirectory(node.clone())),
        nonces: NonceLog::open(&file.grpc.tls, limits::MAX_NONCES)
            .map_err(|error| files::failed(&file.grpc.tls, &error))?,
    });
    let routes = routes(&started, &spec).await?;
    let url = match &file.grpc.advertise {
        Some(address) => format!("https://{address}"),
        None => bound.url.clone(),
    };
    if let Some(path) = &file.grpc.endpoint {
        publish(path, &url, &tls, &spec)?;
    }
    if spec.genesis().development {
        logging::warn_development(&spec.id());
    }
    tracing::info!(%url, chain = %spec.id(), height = %node.tip().1.height, follows = started.upstreams.is_some(), "the node serves the ledger");
    let numbers = async {
        match metrics {
            Some(server) => server.serve(|| metrics::of_node(node.clone())).await,
            None => std::future::pending().await,
        }
    };
    let followed = async {
        match started.upstreams {
            Some(upstreams) => upstreams.run().await,
            None => std::future::pending().await,
        }
    };
    let served = tokio::select! {
        served = run::serve(bound, &tls, auth, routes, stop) => served,
        error = node.failed() => Err(stopped(error)),
        error = followed => Err(stopped(error)),
        () = numbers => Err(ApiError::internal("the metrics ended")),
    };
    node.shutdown().await;
    served
}

/// Makes the data folder out of a snapshot, unless it holds a chain already.
async fn restore(file: &NodeFile, spec: &ChainSpec, path: &Path) -> ApiResult<()> {
    let (data, chain, path) = (file.data.clone(), spec.clone(), path.to_owned());
    tracing::info!(snapshot = %path.display(), "checking the snapshot and computing its state");
    let restored = tokio::task::spawn_blocking(move || snapshot::restore(&data, &chain, &path));
    match restored.await.map_err(ApiError::internal)? {
        Ok(header) => tracing::info!(height = %header.height, "began with the snapshot"),
        Err(SnapshotError::NotEmpty(_)) => {
            tracing::info!("the data folder holds a chain already: the snapshot is not used")
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// A node that runs, and the nodes it follows if it is a follower.
struct Started {
    node: NodeHandle,
    upstreams: Option<Arc<Upstreams>>,
}

async fn start(
    file: &NodeFile,
    password: &PasswordSource,
    spec: ChainSpec,
    proof_keys: ProofKeys,
) -> ApiResult<Started> {
    let dir = file.data.clone();
    let progress: Option<tacit_node::ProgressFn> = Some(Arc::new(log_progress));
    match &file.part {
        Part::Validator(validator) => {
            let secrets = Secrets::open(&validator.keys, password)?;
            let node = Node::start(NodeConfig {
                dir,
                spec,
                proof_keys,
                validator: ValidatorSecret::new(*secrets.validator()),
                unused_mark: Some(unused_mark(&validator.keys)),
                listen: validator.listen,
                peers: peers(validator).await?,
                pace: Pace {
                    block_interval: validator.min_block_interval,
                    sidecar_retention: file.sidecar_retention,
                },
                mempool: file.mempool,
                progress,
            });
            Ok(Started {
                node: node.await.map_err(stopped)?,
                upstreams: None,
            })
        }
        Part::Follower(part) => {
            let member = part.member.as_deref();
            let identity = member
                .map(|dir| Identity::open(dir, password))
                .transpose()?;
            let follower = Follower::open(FollowConfig {
                dir,
                spec,
                proof_keys,
                sidecar_retention: file.sidecar_retention,
                progress,
            });
            let follower = follower.await.map_err(stopped)?;
            Ok(Started {
                node: follower.handle().clone(),
                upstreams: Some(Arc::new(Upstreams::new(
                    follower,
                    &part.upstreams,
                    identity,
                ))),
            })
        }
    }
}

/// Looks the addresses of the configuration up.
async fn peers(validator: &node_config::Validator) -> ApiResult<Vec<Peer>> {
    let peers = validator.peers.clone();
    let found = tokio::task::spawn_blocking(move || {
        let peers = peers.into_iter().map(|(key, text)| {
            let address = text
                .to_socket_addrs()
                .ok()
                .and_then(|mut found| found.next());
            let unknown = || {
                let what = format!("validator.peers: {text} has no address");
                ApiError::new(&reason::FILE_INVALID, what)
            };
            address
                .map(|address| Peer { key, address })
                .ok_or_else(unknown)
        });
        peers.collect()
    });
    found.await.map_err(ApiError::internal)?
}

async fn routes(started: &Started, spec: &ChainSpec) -> ApiResult<Routes> {
    let node = started.node.clone();
    let others: Arc<dyn Others> = match &started.upstreams {
        Some(upstreams) => upstreams.clone(),
        None => Arc::new(node.clone()),
    };
    let page_key = pages::Key::random()?;
    let ledger = Ledger::new(node.clone(), others, page_key.clone());
    let routes = Routes::new(ledger.clone().into_service())
        .add_service(identity::Identity::service(node.clone()))
        .add_service(sync::Sync::service(node.clone(), ledger))
        .add_service(audit::Audit::service(node, page_key));
    let names = [
        "tacit.v1.LedgerService",
        "tacit.v1.IdentityService",
        "tacit.v1.SyncService",
        "tacit.v1.AuditService",
    ];
    run::with_standard_services(routes, &names, spec.genesis().development).await
}

fn publish(path: &Path, url: &str, tls: &ServerIdentity, spec: &ChainSpec) -> ApiResult<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        files::make_dir(folder)?;
    }
    let endpoint = Endpoint {
        kind: Kind::Node,
        url: url.to_owned(),
        certificate: tls.certificate_pem().to_owned(),
        chain: spec.id(),
        member: None,
    };
    files::write_json(path, &endpoint)
}

/// What its operator is told when a node does not start or has stopped: all of it, for nobody else reads it.
fn stopped(error: NodeError) -> ApiError {
    let text = error.to_string();
    let known = ApiError::from(error).reason();
    match [&reason::INTERNAL, &reason::NODE_STOPPING].contains(&known) {
        true => ApiError::new(&reason::NODE_START_FAILED, text),
        false => ApiError::new(known, text),
    }
}

fn log_progress(progress: Progress) {
    match progress {
        Progress::Indexing { height, target } => {
            tracing::info!(%height, %target, "indexing the block log")
        }
        Progress::IndexDiscarded => {
            tracing::warn!("the index was moved aside and is rebuilt from the block log")
        }
        _ => {}
    }
}
