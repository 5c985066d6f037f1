//! A wiretap in front of a server, with the server's own certificate: sees who calls what, and can cut calls off. It stands for
//! the operator of that server, who sees the same.

use std::convert::Infallible;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tacit_api::auth::request::{HEADER, SignedRequest, Signer};
use tacit_api::net::{Endpoint, Kind, NetDir};
use tacit_api::tls::{self, ServerIdentity};
use tacit_ledger::codec::decode_slice;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::metadata::MetadataMap;
use tonic::server::NamedService;
use tonic::transport::{Channel, Server};

use crate::town::Town;

/// A call that went by.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its gRPC path.
    pub path: String,
    /// Who signed it.
    pub signer: Option<Signer>,
    /// Its first message.
    pub message: Bytes,
}

impl Call {
    /// The message, read.
    pub fn read<T: prost::Message + Default>(&self) -> T {
        T::decode(self.message.clone()).unwrap()
    }

    /// The member that signed it.
    pub fn member(&self) -> Option<u32> {
        match self.signer {
            Some(Signer::Member(id)) => Some(id.get()),
            Some(Signer::Key(_)) | None => None,
        }
    }
}

/// What a server says instead: the first message of a response, changed.
pub type Lie = Arc<dyn Fn(Bytes) -> Bytes + Send + Sync>;

#[derive(Default)]
struct Heard {
    calls: Vec<Call>,
    cut: Option<&'static str>,
    lie: Option<(&'static str, Lie)>,
}

/// What stands in front of a server; clients that read the net folder afterwards talk to it.
pub struct Wiretap {
    heard: Arc<Mutex<Heard>>,
    _runtime: Runtime,
}

impl Wiretap {
    /// Takes the place of a server in the net folder. `dir` is the server's own folder, where its certificate is.
    pub fn place(town: &Town, kind: Kind, dir: &str) -> Self {
        Self::place_at(town.bench.path(), kind, dir)
    }

    /// Like [`Wiretap::place`], for the folder in which `net` and the server's own folder are.
    pub fn place_at(root: &Path, kind: Kind, dir: &str) -> Self {
        tls::install_provider();
        let net = NetDir::new(root.join("net"));
        let endpoint = net.endpoint(kind).unwrap();
        let runtime = Runtime::new().unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let identity = ServerIdentity::load_or_create(&root.join(dir)).unwrap();
        let url = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("https://{}", listener.local_addr().unwrap());
            let server = Channel::from_shared(endpoint.url.clone())
                .unwrap()
                .tls_config(tls::client_config(&endpoint.certificate))
                .unwrap()
                .connect_lazy();
            let forward = Forward {
                heard: Arc::clone(&heard),
                server,
            };
            let serving = Server::builder()
                .tls_config(identity.server_config())
                .unwrap()
                .add_service(Ledger(forward.clone()))
                .add_service(Identity(forward.clone()))
                .add_service(Vault(forward.clone()))
                .add_service(Audit(forward.clone()))
                .add_service(Sharing(forward))
                .serve_with_incoming(TcpListenerStream::new(listener));
            tokio::spawn(serving);
            url
        });
        let text = serde_json::to_vec(&Endpoint { url, ..endpoint }).unwrap();
        std::fs::write(root.join(format!("net/{}.json", kind.name())), text).unwrap();
        Self {
            heard,
            _runtime: runtime,
        }
    }

    /// What has gone by since the last time this was asked.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.heard.lock().unwrap().calls)
    }

    /// Has calls of a method fail from now on; `None` lets all through again.
    pub fn cut(&self, path: Option<&'static str>) {
        self.heard.lock().unwrap().cut = path;
    }

    /// Has the responses of a method say something else from now on; `None` lets them be.
    pub fn lie(&self, lie: Option<(&'static str, Lie)>) {
        self.heard.lock().unwrap().lie = lie;
    }
}

#[derive(Clone)]
struct Forward {
    heard: Arc<Mutex<Heard>>,
    server: Channel,
}

impl Forward {
    async fn forward(mut self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let path = parts.uri.path().to_owned();
        let metadata = MetadataMap::from_headers(parts.headers.clone());
        let header = metadata
            .get_bin(HEADER)
            .map(|value| value.to_bytes().unwrap());
        let signed = header.map(|bytes| decode_slice::<SignedRequest>(&bytes).unwrap());
        let call = Call {
            path: path.clone(),
            signer: signed.map(|signed| signed.claims.signer),
            message: first(&bytes),
        };
        let (cut, lie) = {
            let mut heard = self.heard.lock().unwrap();
            heard.calls.push(call);
            let lie = heard.lie.clone().filter(|(about, _)| *about == path);
            (heard.cut == Some(path.as_str()), lie)
        };
        if cut {
            return Status::unavailable("cut").into_http();
        }
        let request = Request::from_parts(parts, Body::new(Full::new(bytes)));
        std::future::poll_fn(|cx| self.server.poll_ready(cx))
            .await
            .unwrap();
        match self.server.call(request).await {
            Ok(response) => match lie {
                Some((_, lie)) => changed(response, &lie).await,
                None => response,
            },
            Err(error) => Status::unavailable(error.to_string()).into_http(),
        }
    }
}

/// A response with another message.
async fn changed(response: Response<Body>, lie: &Lie) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned();
    let message = lie(first(&body.to_bytes()));
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let framed = [&[0], &length[..], &message].concat();
    let body = Full::new(Bytes::from(framed)).with_trailers(async move { trailers.map(Ok) });
    Response::from_parts(parts, Body::new(body))
}

/// The first message of a body.
fn first(body: &Bytes) -> Bytes {
    let length = body.get(1..5).map_or(0, |length| {
        u32::from_be_bytes(length.try_into().unwrap()) as usize
    });
    body.slice(body.len().min(5)..body.len().min(5 + length))
}

macro_rules! services {
    ($($service:ident: $name:literal;)*) => {$(
        #[derive(Clone)]
        struct $service(Forward);

        impl NamedService for $service {
            const NAME: &'static str = $name;
        }

        impl Service<Request<Body>> for $service {
            type Response = Response<Body>;
            type Error = Infallible;
            type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, request: Request<Body>) -> Self::Future {
                let forward = self.0.clone();
                Box::pin(async move { Ok(forward.forward(request).await) })
            }
        }
    )*};
}

services! {
    Ledger: "tacit.v1.LedgerService";
    Identity: "tacit.v1.IdentityService";
    Vault: "tacit.v1.VaultService";
    Sharing: "tacit.v1.SharingService";
    Audit: "tacit.v1.AuditService";
}
