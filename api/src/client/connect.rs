//! Connecting to an endpoint: its pinned certificate, the limits, and signed calls.

use tonic::transport::{Channel, Endpoint as Transport};

use crate::auth::client::{Credentials, SigningChannel};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::net::Endpoint;
use crate::{limits, tls};

/// A connection to one server.
pub type Connection = SigningChannel<Channel>;

/// Connects to an endpoint. Without credentials only public methods can be called.
///
/// # Errors
/// When the endpoint file is not valid or nobody answers there with its certificate.
pub async fn connect(
    endpoint: &Endpoint,
    credentials: Option<Credentials>,
) -> ApiResult<Connection> {
    let audience = endpoint.audience()?;
    let channel = transport(endpoint)?
        .connect()
        .await
        .map_err(|_| unreachable(endpoint))?;
    Ok(SigningChannel::new(
        channel,
        endpoint.chain,
        audience,
        credentials,
    ))
}

/// The error for an endpoint at which nobody answers with its certificate.
pub fn unreachable(endpoint: &Endpoint) -> ApiError {
    let what = format!(
        "no {} answers at {} with the certificate of its endpoint file",
        endpoint.kind.name(),
        endpoint.url
    );
    ApiError::new(&reason::UNREACHABLE, what)
}

fn transport(endpoint: &Endpoint) -> ApiResult<Transport> {
    let invalid = |_| {
        ApiError::new(
            &reason::FILE_INVALID,
            "the endpoint file holds no usable URL or certificate",
        )
    };
    Ok(Transport::from_shared(endpoint.url.clone())
        .map_err(invalid)?
        .tls_config(tls::client_config(&endpoint.certificate))
        .map_err(invalid)?
        .connect_timeout(limits::CONNECT_TIMEOUT)
        .http2_keep_alive_interval(limits::KEEPALIVE)
        .keep_alive_timeout(limits::KEEPALIVE)
        .http2_max_header_list_size(limits::MAX_HEADER_BYTES))
}
