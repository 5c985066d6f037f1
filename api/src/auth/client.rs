//! The client's side: a channel that signs every call that its method's rule wants signed.

use ed25519_dalek::SigningKey;
use http::{Request, Response};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tacit_circuits::types::MemberId;
use tacit_ledger::ids::ChainId;
use tacit_ledger::signature::SigningPublicKey;
use tonic::body::Body;
use tonic::metadata::{BinaryMetadataValue, MetadataMap};
use tower::Service;

use crate::auth::body;
use crate::auth::policy::{self, Who};
use crate::auth::request::{Audience, Claims, HEADER, Signer};
use crate::clock;

/// How long our own requests are good for, in seconds: half of what servers allow, so that clocks may differ.
const LIFETIME_SECS: u64 = 30;

/// Who signs the calls of a channel.
#[derive(Clone)]
pub struct Credentials {
    signer: Signer,
    key: Arc<SigningKey>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({:?}, redacted)", self.signer)
    }
}

impl Credentials {
    /// Calls as a member.
    pub fn member(id: MemberId, key: SigningKey) -> Self {
        Self {
            signer: Signer::Member(id),
            key: Arc::new(key),
        }
    }

    /// Calls as a bare key: a validator's governance key, or a person's key for one object, inbox or offer.
    pub fn key(key: SigningKey) -> Self {
        Self {
            signer: Signer::Key(SigningPublicKey::of(&key)),
            key: Arc::new(key),
        }
    }
}

/// A channel to one server that signs.
#[derive(Clone, Debug)]
pub struct SigningChannel<S> {
    inner: S,
    chain: ChainId,
    audience: Audience,
    credentials: Option<Credentials>,
}

/// Why a call could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The transport failed.
    #[error(transparent)]
    Transport(#[from] Box<dyn std::error::Error + Send + Sync>),
    /// The request body could not be read for signing.
    #[error(transparent)]
    Body(#[from] body::BodyError),
    /// The operating system gave no randomness.
    #[error("no randomness")]
    Randomness,
}

impl<S> SigningChannel<S> {
    /// Wraps a transport to the server with this certificate; without credentials only public methods can be called.
    pub fn new(
        inner: S,
        chain: ChainId,
        audience: Audience,
        credentials: Option<Credentials>,
    ) -> Self {
        Self {
            inner,
            chain,
            audience,
            credentials,
        }
    }

    /// The same server, called with other credentials.
    #[must_use]
    pub fn with(&self, credentials: Credentials) -> Self
    where
        S: Clone,
    {
        Self {
            credentials: Some(credentials),
            ..self.clone()
        }
    }
}

impl<S> Service<Request<Body>> for SigningChannel<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = CallError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner
            .poll_ready(cx)
            .map_err(|error| CallError::Transport(error.into()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let (chain, audience, credentials) = (self.chain, self.audience, self.credentials.clone());
        Box::pin(async move {
            let request = match (policy::rule(request.uri().path()), credentials) {
                (Some(method), Some(credentials)) if method.who != Who::Anyone => {
                    sign(request, method, chain, audience, &credentials).await?
                }
                _ => request,
            };
            inner
                .call(request)
                .await
                .map_err(|error| CallError::Transport(error.into()))
        })
    }
}

async fn sign(
    request: Request<Body>,
    method: &policy::Method,
    chain: ChainId,
    audience: Audience,
    credentials: &Credentials,
) -> Result<Request<Body>, CallError> {
    let (mut parts, body) = request.into_parts();
    let split = body::split(body, method.body, method.max_request).await?;
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|_| CallError::Randomness)?;
    let expires = clock::unix_seconds().saturating_add(LIFETIME_SECS);
    let claims = Claims {
        chain,
        audience,
        signer: credentials.signer,
        nonce,
        expires,
    };
    let signed = claims.sign(&credentials.key, method.path, &split.digest);
    let mut metadata = MetadataMap::from_headers(parts.headers);
    let value = BinaryMetadataValue::from_bytes(&commonware_codec::Encode::encode(&signed));
    metadata.insert_bin(HEADER, value);
    parts.headers = metadata.into_headers();
    Ok(Request::from_parts(parts, split.body))
}
