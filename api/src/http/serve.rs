//! Connections: bounded in number, headers and time, with TLS where the address is not this machine's own.

use axum::Router;
use futures::StreamExt;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;
use tower::ServiceBuilder;
use tower::util::MapRequestLayer;

use crate::limits;
use crate::server::connections::{self, Peer};

/// Headers of one request.
const MAX_HEADERS: usize = 64;

/// Serves until `stop` resolves, then lets running requests end.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let (ended, ending) = watch::channel(());
    let mut open = JoinSet::new();
    let mut connections = pin!(connections::accept(listener));
    let mut stop = pin!(stop);
    loop {
        let stream = tokio::select! {
            () = &mut stop => break,
            Some(_) = open.join_next() => continue,
            accepted = connections.next() => match accepted {
                Some(Ok(stream)) => stream,
                Some(Err(_)) => continue,
                None => break,
            },
        };
        let peer = stream.connect_info();
        let (router, ending) = (router.clone(), ending.clone());
        match tls.clone() {
            None => drop(open.spawn(connection(stream, peer, router, ending))),
            Some(config) => drop(open.spawn(async move {
                let handshake = TlsAcceptor::from(config).accept(stream);
                if let Ok(Ok(stream)) = timeout(limits::HANDSHAKE_TIMEOUT, handshake).await {
                    connection(stream, peer, router, ending).await;
                }
            })),
        }
    }
    drop(ended);
    let rest = async { while open.join_next().await.is_some() {} };
    // Who has not ended by then is not waited for.
    let _ = timeout(limits::CALL_TIMEOUT, rest).await;
}

async fn connection<S>(stream: S, peer: Peer, router: Router, mut ending: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let note = move |mut request: http::Request<_>| {
        request.extensions_mut().insert(peer.clone());
        connections::calls(request)
    };
    let service = ServiceBuilder::new()
        .layer(MapRequestLayer::new(note))
        .service(router);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::KEEPALIVE)
        .max_headers(MAX_HEADERS)
        .max_buf_size(limits::MAX_HEADER_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::MAX_CONCURRENT_STREAMS)
        .max_pending_accept_reset_streams(limits::MAX_PENDING_RESETS)
        .max_local_error_reset_streams(limits::MAX_ERROR_RESETS)
        .max_header_list_size(limits::MAX_HEADER_BYTES)
        .keep_alive_interval(limits::KEEPALIVE)
        .keep_alive_timeout(limits::KEEPALIVE);
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut serving = pin!(serving);
    tokio::select! {
        _ = serving.as_mut() => return,
        _ = ending.changed() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}
