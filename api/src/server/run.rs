//! Running services behind TLS, the limits and the authentication layer.

use std::future::Future;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::Server;
use tower::util::MapRequestLayer;

use crate::auth::server::AuthLayer;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::limits;
use crate::server::connections;
use crate::tls::ServerIdentity;

/// Where servers listen unless told otherwise: loopback, a free port.
pub const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A bound socket and the URL it is reached at.
#[derive(Debug)]
pub struct Bound {
    pub(crate) listener: TcpListener,
    /// The URL, with the port that was really taken.
    pub url: String,
}

/// Binds an address; port 0 takes a free one.
///
/// # Errors
/// When the address is taken or may not be used.
pub async fn bind(address: SocketAddr) -> ApiResult<Bound> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            ApiError::new(&reason::PORT_TAKEN, format!("{address} is already in use"))
        }
        kind => ApiError::new(
            &reason::UNREACHABLE,
            format!("cannot listen on {address}: {kind}"),
        ),
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    Ok(Bound {
        listener,
        url: format!("https://{local}"),
    })
}

/// Health of a server, and reflection on development chains, added to its services.
///
/// # Errors
/// When the descriptors cannot be read.
pub async fn with_standard_services(
    routes: Routes,
    names: &[&str],
    development: bool,
) -> ApiResult<Routes> {
    let (health, service) = tonic_health::server::health_reporter();
    for name in names {
        health
            .set_service_status(*name, tonic_health::ServingStatus::Serving)
            .await;
    }
    let routes = routes.add_service(service);
    if !development {
        return Ok(routes);
    }
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(tacit_proto::DESCRIPTORS)
        .build_v1()
        .map_err(ApiError::internal)?;
    Ok(routes.add_service(reflection))
}

/// Serves until `stop` resolves, then lets running calls end.
///
/// # Errors
/// When the transport fails.
pub async fn serve(
    bound: Bound,
    identity: &ServerIdentity,
    auth: AuthLayer,
    routes: Routes,
    stop: impl Future<Output = ()>,
) -> ApiResult<()> {
    Server::builder()
        .tls_config(identity.server_config())
        .map_err(ApiError::internal)?
        .max_concurrent_streams(limits::MAX_CONCURRENT_STREAMS)
        .concurrency_limit_per_connection(limits::MAX_CONCURRENT_CALLS)
        .http2_max_pending_accept_reset_streams(Some(limits::MAX_PENDING_RESETS))
        .http2_max_local_error_reset_streams(Some(limits::MAX_ERROR_RESETS))
        .http2_max_header_list_size(limits::MAX_HEADER_BYTES)
        .http2_keepalive_interval(Some(limits::KEEPALIVE))
        .http2_keepalive_timeout(Some(limits::KEEPALIVE))
        .layer(MapRequestLayer::new(connections::calls))
        .layer(auth)
        .add_routes(routes)
        .serve_with_incoming_shutdown(connections::accept(bound.listener), stop)
        .await
        .map_err(ApiError::internal)
}
