//! `tacit w3c serve`: the service over HTTP, and over gRPC.

use clap::Args;
use serde::Serialize;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;
use tonic::service::Routes;

use super::Trust;
use super::place::IssuerPlace;
use crate::auth::nonces::NonceLog;
use crate::auth::server::{AuthLayer, Gate};
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::follower::Verified;
use crate::http::metrics::Metrics;
use crate::http::routes::{App, router};
use crate::http::serve as http;
use crate::http::token::{TOKEN_FILE, Token};
use crate::limits;
use crate::metrics::MetricsServer;
use crate::net::{Endpoint, Kind, NetDir};
use crate::server::credentials::Credentials;
use crate::server::run;
use crate::tls::ServerIdentity;
use crate::w3c::identity::DidChoice;

/// Where the HTTP interface listens unless told otherwise.
const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8790);

/// Arguments of `w3c serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// The issuer's folder; without it nothing is issued.
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// Where the keys of others are found. Revocation needs --net too.
    #[command(flatten)]
    pub trust: Trust,
    /// File whose first line is the password of the keys.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
    /// Under which DID the issuer signs: key, tacit, or web:HOST, also web:HOST%3APORT:PATH.
    #[arg(long, default_value_t)]
    pub did: DidChoice,
    /// The URL under which this server is reached from outside; the address it listens on without.
    #[arg(long)]
    pub url: Option<String>,
    /// Address to listen on; port 0 takes a free one. Beyond this machine it speaks TLS, for which it needs --dir.
    #[arg(long, default_value_t = DEFAULT_LISTEN)]
    pub listen: SocketAddr,
    /// Serve gRPC too, at this address; it needs --dir and --net.
    #[arg(long, requires_all = ["dir", "net"])]
    pub grpc: Option<SocketAddr>,
    /// Serve numbers for Prometheus at this address, for the operator alone: by route and status, never by what was asked.
    #[arg(long)]
    pub metrics: Option<SocketAddr>,
}

/// Where the interface is served.
#[derive(Debug, Serialize)]
struct Serving {
    url: String,
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<String>,
}

impl fmt::Display for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "serving {}", self.url)?;
        if let Some(metrics) = &self.metrics {
            write!(f, "\nnumbers {metrics}")?;
        }
        match &self.issuer {
            Some(did) => write!(f, "\nissuer  {did}"),
            None => write!(f, "\nissuing is off: no --dir"),
        }
    }
}

/// `w3c serve`: serves until `stop`.
///
/// # Errors
/// When the folder does not open, the issuer is not registered, or the address is taken.
pub async fn serve(
    args: &ServeArgs,
    context: &Context,
    stop: impl Future<Output = ()>,
) -> ApiResult<()> {
    let local = args.listen.ip().is_loopback();
    let tls = match (&args.dir, local) {
        (_, true) => None,
        (Some(dir), false) => Some(ServerIdentity::load_or_create(dir)?.http_config()?),
        (None, false) => {
            let what =
                "beyond this machine it speaks TLS: give --dir, where certificate and key are";
            return Err(ApiError::new(&reason::USAGE, what));
        }
    };
    let bound = run::bind(args.listen).await?;
    let numbers = match args.metrics {
        Some(address) => Some(MetricsServer::bind(address).await?),
        None => None,
    };
    let bound_url = match local {
        true => bound.url.replacen("https", "http", 1),
        false => bound.url.clone(),
    };
    let url = args.url.clone().unwrap_or(bound_url.clone());
    let (service, token) = match &args.dir {
        Some(dir) => {
            let place = IssuerPlace {
                dir: dir.clone(),
                net: args.trust.net.clone(),
                password_file: args.password_file.clone(),
                did: args.did.clone(),
                url: Some(url),
            };
            (place.service(&args.trust).await?, Token::of_folder(dir)?)
        }
        None => (args.trust.service().await?, Token::none()),
    };
    let issuer = service.issuer().ok();
    let serving = Serving {
        url: bound_url,
        issuer: issuer.map(|issuer| issuer.identity().did().to_owned()),
        metrics: match &numbers {
            Some(server) => Some(format!("http://{}/metrics", server.address()?)),
            None => None,
        },
    };
    context.output.result(&serving, Serving::to_string)?;
    if let Some(dir) = &args.dir {
        let token = dir.join(TOKEN_FILE);
        context.output.note(&format!(
            "who issues needs the token in {}",
            token.display()
        ));
    }
    let metrics = Metrics::default();
    let app = Arc::new(App {
        service,
        token,
        metrics: metrics.clone(),
    });
    let (stopped, stopping) = watch::channel(());
    let grpc = match (args.grpc, &args.dir, &args.trust.net) {
        (Some(listen), Some(dir), Some(net)) => {
            let stopping = stopping.clone();
            let serving = grpc(listen, dir, &NetDir::new(net), Arc::clone(&app), stopping).await?;
            Some(serving)
        }
        _ => None,
    };
    let numbers = async {
        if let Some(server) = numbers {
            server.serve(|| std::future::ready(metrics.page())).await;
        }
        std::future::pending::<()>().await;
    };
    let http = async {
        tokio::select! {
            () = http::serve(bound.listener, tls, router(app), stop) => {}
            () = numbers => {}
        }
        drop(stopped);
    };
    match grpc {
        Some(grpc) => tokio::join!(http, grpc).1,
        None => {
            http.await;
            Ok(())
        }
    }
}

/// Binds the gRPC service and publishes where it is; what comes back serves until `stopping` ends.
async fn grpc(
    listen: SocketAddr,
    dir: &Path,
    net: &NetDir,
    app: Arc<App>,
    mut stopping: watch::Receiver<()>,
) -> ApiResult<impl Future<Output = ApiResult<()>> + use<>> {
    let follower = app.service.issuer()?.follower();
    let follower = follower.ok_or_else(|| ApiError::plain(&reason::USAGE))?;
    let spec = follower.spec().clone();
    let tls = ServerIdentity::load_or_create(dir)?;
    // A folder of its own: the issuer's counter may serve from the same one.
    let nonces = dir.join("w3c");
    files::make_dir(&nonces)?;
    let auth = AuthLayer::new(Gate {
        chain: spec.id(),
        audience: tls.audience(),
        directory: Arc::new(Verified(Arc::clone(follower))),
        nonces: NonceLog::open(&nonces, limits::MAX_NONCES)
            .map_err(|error| files::failed(dir, &error))?,
    });
    let member = app.service.issuer()?.member();
    let routes = Routes::new(Credentials::service(app));
    let names = ["tacit.v1.CredentialService"];
    let routes = run::with_standard_services(routes, &names, spec.genesis().development).await?;
    let bound = run::bind(listen).await?;
    net.publish(&Endpoint {
        kind: Kind::W3c,
        url: bound.url.clone(),
        certificate: tls.certificate_pem().to_owned(),
        chain: spec.id(),
        member,
    })?;
    Ok(async move {
        let stop = async move { drop(stopping.changed().await) };
        run::serve(bound, &tls, auth, routes, stop).await
    })
}
