//! `tacit vault`: keep sealed objects, carry requests, relay transactions.

use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::sync::Arc;
use tacit_ledger::member::Role;
use tacit_vault::ids::VaultIdentity;
use tacit_vault::store::{Limits, Vault as Store, VaultConfig};
use tonic::service::Routes;

use crate::auth::caller::Directory;
use crate::auth::nonces::NonceLog;
use crate::auth::server::{AuthLayer, Gate};
use crate::cli::member::{InitArgs, MemberMade, Rotated};
use crate::cli::node::stop_signal;
use crate::cli::place::Place;
use crate::cli::run::Context;
use crate::errors::ApiResult;
use crate::member::{self, Secrets};
use crate::net::{Endpoint, Kind};
use crate::server::run;
use crate::server::sharing::Sharing;
use crate::server::vault::Vault;
use crate::tls::ServerIdentity;
use crate::vault::{ChainView, Operator};
use crate::{files, limits, logging};

/// The vault's commands.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Make a vault's folder: its keys, and the member.json that the operator registers.
    #[command(after_help = "Example: tacit vault init --dir vault --name \"City Vault\"")]
    Init(InitArgs),
    /// Serve persons and platforms.
    #[command(after_help = "Example: tacit vault serve --dir vault --net net")]
    Serve(ServeArgs),
    /// Replace the keys that are registered. The old ones are refused from then on; what was sealed to them still opens.
    #[command(after_help = "Example: tacit vault rotate --dir vault --net net")]
    Rotate(Place),
}

/// Arguments of `vault serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Address to serve on; port 0 takes a free one.
    #[arg(long, default_value_t = run::DEFAULT_LISTEN)]
    pub listen: SocketAddr,
    /// Most wallets that may keep a backup here.
    #[arg(long, default_value_t = Limits::default().max_slots)]
    pub max_backups: usize,
    /// Most bytes of all those backups together. New ones leave a quarter to those that are there.
    #[arg(long, default_value_t = Limits::default().max_slot_bytes)]
    pub max_backup_bytes: u64,
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub async fn run(command: VaultCommand, context: &Context) -> ApiResult<()> {
    match command {
        VaultCommand::Rotate(args) => context.output.result(
            &Rotated::rotate(&args, Role::Vault).await?,
            Rotated::to_string,
        ),
        VaultCommand::Init(args) => {
            context
                .output
                .result(&init(&args)?, MemberMade::to_string)?;
            context
                .output
                .note("next: the operator registers it, tacit node register --dir NODE --net NET MEMBER.json");
            Ok(())
        }
        VaultCommand::Serve(args) => serve(&args, stop_signal()).await,
    }
}

/// `vault init`: makes a vault's folder.
///
/// # Errors
/// When the folder has keys already.
pub fn init(args: &InitArgs) -> ApiResult<MemberMade> {
    MemberMade::make(args, Role::Vault)
}

/// `vault serve`: serves until `stop`.
///
/// # Errors
/// When the vault is not registered, its store cannot be opened, or the address is taken.
pub async fn serve(args: &ServeArgs, stop: impl Future<Output = ()>) -> ApiResult<()> {
    let (dir, net) = (&args.place.dir, args.place.net_dir());
    let mut secrets = Secrets::open(dir, &args.place.password())?;
    let (follower, record) = member::connect(dir, &net, &mut secrets, Role::Vault).await?;
    let spec = follower.spec().clone();
    let store = Store::open(VaultConfig {
        folder: dir.join("store"),
        identity: VaultIdentity {
            chain: spec.id().0,
            member: record.id,
        },
        limits: Limits {
            max_slots: args.max_backups,
            max_slot_bytes: args.max_backup_bytes,
            ..Limits::default()
        },
        blobs: None,
    })
    .await?;
    let chain = ChainView::open(follower).await?;
    let operator = Arc::new(Operator {
        id: record.id,
        signing: secrets.signing(),
    });
    let bound = run::bind(args.listen).await?;
    let tls = ServerIdentity::load_or_create(dir)?;
    let directory: Arc<dyn Directory> = chain.clone();
    let auth = AuthLayer::new(Gate {
        chain: spec.id(),
        audience: tls.audience(),
        directory,
        nonces: NonceLog::open(dir, limits::MAX_NONCES)
            .map_err(|error| files::failed(dir, &error))?,
    });
    let routes = Routes::new(Vault::service(store.clone(), Arc::clone(&chain), operator)?)
        .add_service(Sharing::service(store, Arc::clone(&chain)));
    let names = ["tacit.v1.VaultService", "tacit.v1.SharingService"];
    let routes = run::with_standard_services(routes, &names, spec.genesis().development).await?;
    net.publish(&Endpoint {
        kind: Kind::Vault,
        url: bound.url.clone(),
        certificate: tls.certificate_pem().to_owned(),
        chain: spec.id(),
        member: Some(record.id),
    })?;
    if spec.genesis().development {
        logging::warn_development(&spec.id());
    }
    tracing::info!(url = %bound.url, member = %record.id, "the vault serves");
    let following = tokio::spawn(chain.keep_up());
    let served = run::serve(bound, &tls, auth, routes, stop).await;
    following.abort();
    served
}
