//! The layer in front of every service: no method is reached by a caller that its rule does not admit.

use http::{Request, Response};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tacit_ledger::ids::ChainId;
use tacit_ledger::signature::SigningPublicKey;
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tower::{Layer, Service};

use crate::auth::body::{self, BodyError};
use crate::auth::caller::{Caller, Directory, is_active};
use crate::auth::nonces::{NonceError, NonceLog};
use crate::auth::policy::{self, Method, Who};
use crate::auth::request::{Audience, HEADER, MAX_LIFETIME_SECS, SignedRequest, Signer};
use crate::clock;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::limits;

/// What the layer needs to know about the server and its callers.
pub struct Gate {
    /// The chain that requests must be signed for.
    pub chain: ChainId,
    /// This server.
    pub audience: Audience,
    /// Where members are looked up.
    pub directory: Arc<dyn Directory>,
    /// Nonces that were used.
    pub nonces: NonceLog,
}

/// Checks every call by the table of [`policy::METHODS`].
#[derive(Clone)]
pub struct AuthLayer(Arc<Gate>);

impl AuthLayer {
    /// A layer that checks with this gate.
    pub fn new(gate: Gate) -> Self {
        Self(Arc::new(gate))
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthService {
            gate: Arc::clone(&self.0),
            inner,
        }
    }
}

/// A service behind the layer.
#[derive(Clone)]
pub struct AuthService<S> {
    gate: Arc<Gate>,
    inner: S,
}

impl<S> Service<Request<Body>> for AuthService<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let gate = Arc::clone(&self.gate);
        // The clone that is ready serves; a fresh clone takes its place.
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        Box::pin(async move {
            let rule = policy::rule(request.uri().path());
            let endless = rule.is_some_and(|m| m.body == policy::Body::FirstMessage);
            let served = async {
                match gate.admit(request).await {
                    Ok(request) if rule.is_some() => inner.call(request).await.map(explained),
                    Ok(request) => inner.call(request).await,
                    Err(error) => {
                        tracing::debug!(reason = error.code(), "call refused");
                        Ok(Status::from(error).into_http())
                    }
                }
            };
            if endless {
                // An upload takes as long as it takes; its method bounds every silence.
                return served.await;
            }
            match tokio::time::timeout(limits::CALL_TIMEOUT, served).await {
                Ok(response) => response,
                Err(_) => Ok(Status::from(ApiError::plain(&reason::TIMEOUT)).into_http()),
            }
        })
    }
}

impl Gate {
    /// Lets a call through to its method, with its caller in the extensions, or says why not.
    async fn admit(&self, mut request: Request<Body>) -> ApiResult<Request<Body>> {
        // Nobody but this layer says who calls.
        request.extensions_mut().remove::<Caller>();
        let path = request.uri().path().to_owned();
        if policy::PUBLIC_PREFIXES
            .iter()
            .any(|prefix| path.starts_with(prefix))
        {
            return Ok(request);
        }
        let method = policy::rule(&path).ok_or_else(|| ApiError::plain(&reason::METHOD_UNKNOWN))?;
        if request
            .headers()
            .get("grpc-encoding")
            .is_some_and(|encoding| encoding != "identity")
        {
            return Err(ApiError::plain(&reason::ENCODING_UNSUPPORTED));
        }
        if method.who == Who::Anyone {
            let (parts, body) = request.into_parts();
            let body = split(body, method).await?.body;
            return Ok(Request::from_parts(parts, body));
        }
        let signed = self.header(request.headers())?;
        let (caller, key) = self.caller(&signed).await?;
        let (mut parts, body) = request.into_parts();
        let split = split(body, method).await?;
        if !signed.verifies(&key, method.path, &split.digest) {
            return Err(ApiError::plain(&reason::AUTH_SIGNATURE));
        }
        if !method.who.admits(&caller) {
            return Err(ApiError::caller_not_allowed());
        }
        self.spend(&signed).await?;
        parts.extensions.insert(caller);
        Ok(Request::from_parts(parts, split.body))
    }

    /// Reads the header and checks all that needs neither keys nor body.
    fn header(&self, headers: &http::HeaderMap) -> ApiResult<SignedRequest> {
        let metadata = MetadataMap::from_headers(headers.clone());
        let mut values = metadata.get_all_bin(HEADER).iter();
        let value = values
            .next()
            .ok_or_else(|| ApiError::plain(&reason::AUTH_MISSING))?;
        if values.next().is_some() {
            return Err(ApiError::plain(&reason::AUTH_MALFORMED));
        }
        let bytes = value
            .to_bytes()
            .map_err(|_| ApiError::plain(&reason::AUTH_MALFORMED))?;
        let signed = SignedRequest::from_bytes(&bytes)
            .map_err(|_| ApiError::plain(&reason::AUTH_MALFORMED))?;
        let claims = &signed.claims;
        if claims.chain != self.chain {
            return Err(ApiError::plain(&reason::AUTH_CHAIN));
        }
        if claims.audience != self.audience {
            return Err(ApiError::plain(&reason::AUTH_AUDIENCE));
        }
        let now = clock::unix_seconds();
        if claims.expires < now {
            return Err(ApiError::plain(&reason::AUTH_EXPIRED));
        }
        if claims.expires > now.saturating_add(MAX_LIFETIME_SECS) {
            return Err(ApiError::plain(&reason::AUTH_LIFETIME));
        }
        Ok(signed)
    }

    /// Who claims to call, and the key that must have signed.
    async fn caller(&self, signed: &SignedRequest) -> ApiResult<(Caller, SigningPublicKey)> {
        match signed.claims.signer {
            Signer::Key(key) => {
                let validator = self.directory.validator(&key).await?;
                Ok((validator.map_or(Caller::Key(key), Caller::Validator), key))
            }
            Signer::Member(id) => {
                let record = self.directory.member(id).await?;
                let record = record.ok_or_else(|| ApiError::plain(&reason::MEMBER_UNKNOWN))?;
                if !is_active(&record) {
                    return Err(ApiError::plain(&reason::MEMBER_SUSPENDED));
                }
                let key = record.keys.signing;
                Ok((Caller::Member(Box::new(record)), key))
            }
        }
    }

    /// Uses the nonce up. This comes last, so that nobody can use up another's.
    async fn spend(&self, signed: &SignedRequest) -> ApiResult<()> {
        let claims = &signed.claims;
        match self
            .nonces
            .spend(claims.replay_key(), claims.expires, clock::unix_seconds())
            .await
        {
            Ok(()) => Ok(()),
            Err(NonceError::Replayed) => Err(ApiError::plain(&reason::AUTH_REPLAYED)),
            Err(NonceError::Full) => Err(ApiError::plain(&reason::AUTH_BUSY)
                .retry_after(std::time::Duration::from_secs(MAX_LIFETIME_SECS))),
            Err(error @ NonceError::Io(_)) => Err(ApiError::internal(error)),
        }
    }
}

/// Gives the transport's own refusals a reason of the catalogue. Ours carry their details already.
fn explained(response: Response<Body>) -> Response<Body> {
    let headers = response.headers();
    let Some(status) = headers
        .contains_key("grpc-status")
        .then(|| Status::from_header_map(headers))
        .flatten()
        .filter(|status| status.code() != Code::Ok && status.details().is_empty())
    else {
        return response;
    };
    let error = match status.code() {
        Code::Internal => ApiError::new(&reason::ARGUMENT_INVALID, "the message cannot be decoded"),
        Code::OutOfRange | Code::ResourceExhausted => ApiError::plain(&reason::MESSAGE_TOO_LARGE),
        Code::Unimplemented => ApiError::plain(&reason::METHOD_UNKNOWN),
        _ => ApiError::plain(&reason::BODY_INCOMPLETE),
    };
    Status::from(error).into_http()
}

async fn split(body: Body, method: &Method) -> ApiResult<body::Split> {
    match tokio::time::timeout(
        limits::BODY_TIMEOUT,
        body::split(body, method.body, method.max_request),
    )
    .await
    {
        Ok(Ok(split)) => Ok(split),
        Ok(Err(error @ BodyError::TooLarge(_))) => {
            Err(ApiError::new(&reason::MESSAGE_TOO_LARGE, error.to_string()))
        }
        Ok(Err(BodyError::Broken)) | Err(_) => Err(ApiError::plain(&reason::BODY_INCOMPLETE)),
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
