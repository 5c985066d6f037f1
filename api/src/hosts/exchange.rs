//! One request over a connection of its own: TLS, HTTP/1.1, `GET`, no redirects, no compression, bounded.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::address;
use crate::errors::{ApiError, catalogue as reason};
use crate::limits;

/// Headers of an answer.
const MAX_HEADERS: usize = 64;

/// A web server, as the operator has listed it.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// `host` or `host:port`, as in URLs.
    pub(super) authority: String,
    /// Whose certificate it must show.
    pub(super) name: ServerName<'static>,
    /// Its port.
    pub(super) port: u16,
    /// Where it is reached, when that is not for its name to say.
    pub(super) address: Option<SocketAddr>,
    /// Which authorities vouch for it.
    pub(super) tls: Arc<ClientConfig>,
}

/// Why a server gave no answer that counts. What it said is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("the URL is malformed or too long")]
    Url,
    #[error("its name cannot be looked up")]
    Name,
    #[error("its name leads to an address that is not of the public net")]
    Private,
    #[error("it cannot be connected to")]
    Connect,
    #[error("its certificate is not good for its name, or it speaks no TLS")]
    Tls,
    #[error("it speaks no HTTP, or broke off")]
    Http,
    #[error("it answers with a redirect, which is not followed")]
    Redirect,
    #[error("it answers with status {0}")]
    Status(u16),
    #[error("its answer is compressed, which was not asked for")]
    Encoding,
    #[error("its answer is too long")]
    Length,
    #[error("it takes too long")]
    Slow,
}

impl Server {
    /// HOST_UNUSABLE: this host, and why.
    pub(super) fn unusable(&self, fault: &Fault) -> ApiError {
        ApiError::new(
            &reason::HOST_UNUSABLE,
            format!("{}: {fault}", self.authority),
        )
    }

    /// The content at a path; `None` when there is none. The caller bounds the time.
    pub(super) async fn get(
        &self,
        target: &str,
        accept: &'static str,
        max: usize,
    ) -> Result<Option<Bytes>, Fault> {
        let request = Request::get(target)
            .header(header::HOST, &self.authority)
            .header(header::ACCEPT, accept)
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::USER_AGENT, "tacit")
            .header(header::CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(|_| Fault::Url)?;
        let stream = self.connect().await?;
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(self.name.clone(), stream);
        let stream = stream.await.map_err(|_| Fault::Tls)?;
        let (mut sender, connection) = http1::Builder::new()
            .max_headers(MAX_HEADERS)
            .max_buf_size(limits::MAX_HEADER_BYTES as usize)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| Fault::Http)?;
        let exchange = async {
            let response = sender.send_request(request).await;
            content(response.map_err(|_| Fault::Http)?, max).await
        };
        let mut exchange = pin!(exchange);
        // The connection ends with the answer, which may then still be unread.
        tokio::select! {
            biased;
            answer = &mut exchange => answer,
            _ = connection => exchange.await,
        }
    }

    async fn connect(&self) -> Result<TcpStream, Fault> {
        let addresses = match (&self.address, &self.name) {
            (Some(address), _) => vec![*address],
            // An address in the operator's file needs no look-up.
            (None, ServerName::IpAddress(ip)) => {
                vec![SocketAddr::new((*ip).into(), self.port)]
            }
            (None, ServerName::DnsName(name)) => address::of_name(name.as_ref(), self.port).await?,
            (None, _) => return Err(Fault::Name),
        };
        for address in addresses {
            // To the very address that was looked at: a second look-up could give another one.
            let connecting = timeout(limits::CONNECT_TIMEOUT, TcpStream::connect(address));
            if let Ok(Ok(stream)) = connecting.await {
                return Ok(stream);
            }
        }
        Err(Fault::Connect)
    }
}

async fn content(response: Response<Incoming>, max: usize) -> Result<Option<Bytes>, Fault> {
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
        status if status.is_redirection() => return Err(Fault::Redirect),
        status => return Err(Fault::Status(status.as_u16())),
    }
    let encoding = response.headers().get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity") {
        return Err(Fault::Encoding);
    }
    // What says that it is too long is not read at all.
    if response.body().size_hint().lower() > max as u64 {
        return Err(Fault::Length);
    }
    match Limited::new(response.into_body(), max).collect().await {
        Ok(collected) => Ok(Some(collected.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(Fault::Length),
        Err(_) => Err(Fault::Http),
    }
}
