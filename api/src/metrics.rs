//! Numbers of a node or server for Prometheus: one page of text over plain HTTP/1.1, on a listener of its own.
//!
//! Whoever reaches it can read it, so it belongs on loopback or behind the operator's own network. It holds heights, loads
//! and names of validators and routes, nothing about people.

use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tacit_node::NodeHandle;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// Most bytes of a request's head.
const MAX_HEAD: usize = 8 << 10;
/// Most requests that are answered at a time; others wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 8;
/// Longest that one may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// What Prometheus wants the text to be called.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A bound listener for metrics.
#[derive(Debug)]
pub struct MetricsServer {
    listener: TcpListener,
}

impl MetricsServer {
    /// Binds the address.
    ///
    /// # Errors
    /// PORT_TAKEN or UNREACHABLE with the address.
    pub async fn bind(address: SocketAddr) -> ApiResult<Self> {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            let reason = match error.kind() {
                std::io::ErrorKind::AddrInUse => &reason::PORT_TAKEN,
                _ => &reason::UNREACHABLE,
            };
            let what = format!("cannot offer metrics on {address}: {}", error.kind());
            ApiError::new(reason, what)
        })?;
        Ok(Self { listener })
    }

    /// The address that was really taken.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> ApiResult<SocketAddr> {
        self.listener.local_addr().map_err(ApiError::internal)
    }

    /// Answers until it is dropped, with a page that is made for each answer; without one the server has stopped.
    pub async fn serve<P>(self, page: impl Fn() -> P)
    where
        P: Future<Output = Option<String>> + Send + 'static,
    {
        let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
                return;
            };
            let Ok((stream, _)) = self.listener.accept().await else {
                // Out of file descriptors, most likely.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let page = page();
            tokio::spawn(async move {
                let _permit = permit;
                // A reader that goes away needs no answer.
                drop(tokio::time::timeout(TIMEOUT, answer(stream, page)).await);
            });
        }
    }
}

async fn answer(
    mut stream: TcpStream,
    page: impl Future<Output = Option<String>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut part = [0; 1024];
        let read = stream.read(&mut part).await?;
        if read == 0 || head.len() + read > MAX_HEAD {
            return Ok(());
        }
        head.extend_from_slice(&part[..read]);
    }
    let (status, kind, body) = match head.starts_with(b"GET /metrics ") {
        false => ("404 Not Found", "text/plain", "see /metrics\n".to_owned()),
        true => match page.await {
            Some(page) => ("200 OK", CONTENT_TYPE, page),
            None => ("503 Service Unavailable", "text/plain", String::new()),
        },
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// The page of a node; nothing when it has stopped.
pub async fn of_node(node: NodeHandle) -> Option<String> {
    let mut registry = Registry::with_prefix("tacit");
    node.metrics().await.ok()?.register(&mut registry);
    let mut page = String::new();
    text::encode(&mut page, &registry).ok()?;
    Some(page)
}
