//! `tacit node`: found a chain, run its validator, admit members.

use clap::{Args, Subcommand};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tacit_circuits::types::MemberId;
use tacit_ledger::genesis::{ChainSpec, GenesisValidator};
use tacit_ledger::governance::{Effect, ProposalId, RegisterMember, SuspendMember};
use tacit_ledger::ids::{ChainId, Height};
use tacit_ledger::outcome::Outcome;
use tacit_ledger::signature::{SigningPublicKey, ValidatorKey};
use tacit_ledger::text::{Name, PeerAddress};
use tacit_node::MempoolLimits;

use crate::cli::network::{self, development, development::Constants};
use crate::cli::password::PasswordSource;
use crate::cli::place::Place;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::governor::Governor;
use crate::keys::KeyCache;
use crate::member::{Registration, Secrets};
use crate::net::{Kind, NetDir};
use crate::node_config::{self, Grpc, NodeFile, Part, Validator};
use crate::server::run;
use crate::submit::Submitted;

/// Arguments of `node`: a command, or the configuration of a node to run.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example: tacit node --config validator-1/node.toml"
)]
pub struct NodeArgs {
    #[command(subcommand)]
    command: Option<NodeCommand>,
    /// Run the node that this configuration file describes.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Do not vote: follow the node with this endpoint file, verify and serve what it has. Repeat it for fail-over.
    #[arg(long, value_name = "FILE", requires = "config")]
    follow: Vec<PathBuf>,
    /// Begin with this snapshot when the data folder is empty. It is verified completely before anything of it is used.
    #[arg(long, value_name = "FILE", requires = "config")]
    snapshot: Option<PathBuf>,
    /// File whose first line is the password of the node's secrets.
    #[arg(long)]
    password_file: Option<PathBuf>,
}

/// The node's commands.
#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// Found a development chain: keys, genesis file, proving keys.
    #[command(after_help = "Example: tacit node init --dir node --net net")]
    Init(InitArgs),
    /// Run the chain's validator and serve the ledger.
    #[command(after_help = "Example: tacit node run --dir node --net net")]
    Run(RunArgs),
    /// Admit an organisation as a validator's operator, from the member.json it made. With several validators this proposes it.
    #[command(after_help = "Example: tacit node register --dir node --net net shop/member.json")]
    Register(RegisterArgs),
    /// Suspend an organisation as a validator's operator: its platform entry is emptied. With several validators this
    /// proposes it.
    #[command(after_help = "Example: tacit node suspend --dir node --net net --member 3")]
    Suspend(SuspendArgs),
}

/// Arguments of `node init`.
#[derive(Clone, Debug, Args)]
pub struct InitArgs {
    /// The node's folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// The net folder: the genesis file goes there, for everybody.
    #[arg(long)]
    pub net: PathBuf,
    /// The chain's name.
    #[arg(long, default_value = "development")]
    pub name: String,
    /// Seconds between anchors.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub anchor_interval: u32,
    /// Blocks of an epoch: how often the validators can change.
    #[arg(long, default_value_t = development::EPOCH_BLOCKS, value_parser = clap::value_parser!(u32).range(2..))]
    pub epoch_blocks: u32,
    /// File whose first line is the password of the node's secrets.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
}

/// Arguments of `node run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// The node's folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// The net folder: the node writes its endpoint there.
    #[arg(long)]
    pub net: PathBuf,
    /// Address to serve the ledger on; port 0 takes a free one.
    #[arg(long, default_value_t = run::DEFAULT_LISTEN)]
    pub listen: SocketAddr,
    /// File whose first line is the password of the node's secrets.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
}

/// Arguments of `node register`.
#[derive(Clone, Debug, Args)]
pub struct RegisterArgs {
    /// The operator; on a chain of one validator the governance key is in the node's folder.
    #[command(flatten)]
    pub place: Place,
    /// The member.json files of the organisations.
    #[arg(required = true)]
    pub members: Vec<PathBuf>,
}

/// Arguments of `node suspend`.
#[derive(Clone, Debug, Args)]
pub struct SuspendArgs {
    /// The operator; on a chain of one validator the governance key is in the node's folder.
    #[command(flatten)]
    pub place: Place,
    /// The member's id.
    #[arg(long)]
    pub member: u32,
}

/// A chain that was founded.
#[derive(Debug, Serialize)]
pub struct Founded {
    /// The chain's id: hash of its genesis.
    pub chain: ChainId,
    /// The genesis file.
    pub genesis: PathBuf,
    /// What a development chain has to say.
    pub warning: Option<&'static str>,
}

impl fmt::Display for Founded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "chain {} founded, genesis file {}",
            self.chain,
            self.genesis.display()
        )?;
        write!(f, "{}", self.warning.unwrap_or_default())
    }
}

/// Members that were admitted.
#[derive(Debug, Serialize)]
pub struct Registered {
    /// Name and id of each.
    pub members: Vec<RegisteredMember>,
}

/// A member that was admitted, or proposed.
#[derive(Debug, Serialize)]
pub struct RegisteredMember {
    /// Its name.
    pub name: Name,
    /// Its id; none as long as votes are missing.
    pub id: Option<MemberId>,
    /// The proposal, unless the member was there before.
    pub proposal: Option<ProposalId>,
    /// Votes of other validators that are missing.
    pub missing: u32,
    /// Height of the registration or of the proposal.
    pub height: Height,
}

impl fmt::Display for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for member in &self.members {
            let (name, height) = (member.name.as_str(), member.height);
            match (member.id, member.proposal) {
                (Some(id), _) => writeln!(f, "member {id}: {name} (height {height})")?,
                (None, Some(proposal)) => writeln!(
                    f,
                    "{name}: proposal {proposal}, {} more votes are needed (height {height})",
                    member.missing
                )?,
                (None, None) => {}
            }
        }
        Ok(())
    }
}

/// A member that was suspended, or whose suspension was proposed.
#[derive(Debug, Serialize)]
pub struct Suspended {
    /// The member.
    pub member: MemberId,
    /// What came of it.
    pub submitted: Submitted,
}

impl fmt::Display for Suspended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (member, height) = (self.member, self.submitted.height);
        match self.submitted.outcome {
            Outcome::Voted { proposal, missing } => write!(
                f,
                "suspension of member {member}: proposal {proposal}, {missing} more votes are needed"
            ),
            _ => write!(f, "member {member} is suspended from height {height}"),
        }
    }
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub async fn run(args: NodeArgs, context: &Context) -> ApiResult<()> {
    let output = context.output;
    let Some(command) = args.command else {
        if args.config.is_none() {
            let what = "say which node: --config FILE, or a command (see tacit node --help)";
            return Err(ApiError::new(&reason::USAGE, what));
        }
        return serve_file(&args, context, stop_signal()).await;
    };
    match command {
        NodeCommand::Init(args) => {
            let founded = init(&args, context).await?;
            output.result(&founded, Founded::to_string)?;
            output.note(&format!(
                "next: tacit node run --dir {} --net {}",
                args.dir.display(),
                args.net.display()
            ));
            Ok(())
        }
        NodeCommand::Run(args) => serve(&args, context, stop_signal()).await,
        NodeCommand::Register(args) => {
            output.result(&register(&args).await?, Registered::to_string)
        }
        NodeCommand::Suspend(args) => output.result(&suspend(&args).await?, Suspended::to_string),
    }
}

/// `node init`: founds a development chain with this node as its one validator.
///
/// # Errors
/// When the folders hold a chain already or cannot be written.
pub async fn init(args: &InitArgs, context: &Context) -> ApiResult<Founded> {
    let net = NetDir::new(&args.net);
    let path = net.genesis();
    if path.exists() {
        return Err(ApiError::new(
            &reason::FILE_EXISTS,
            format!("{} holds a chain already", path.display()),
        ));
    }
    let keys = KeyCache::of_user(context.output);
    let statements = tokio::task::spawn_blocking(move || keys.pins())
        .await
        .map_err(ApiError::internal)??;
    let secrets = Secrets::create(&args.dir, &PasswordSource::new(args.password_file.clone()))?;
    network::mark_unused(&args.dir)?;
    let validator = ed25519_dalek::SigningKey::from_bytes(&secrets.validator());
    let governance = SigningPublicKey::of(&secrets.governance());
    let constants = Constants {
        name: development::name(&args.name)?,
        anchor_interval_secs: args.anchor_interval,
        epoch_blocks: args.epoch_blocks,
        proposal_lifetime_secs: development::PROPOSAL_SECS,
    };
    let first = GenesisValidator {
        name: development::name("validator 1")?,
        consensus_key: ValidatorKey::of(&validator),
        governance_key: governance,
        address: PeerAddress::new("localhost:9000").map_err(ApiError::internal)?,
    };
    let genesis = development::genesis(constants, vec![first], statements);
    let spec = ChainSpec::new(genesis).map_err(ApiError::internal)?;
    files::make_dir(net.path())?;
    files::write_atomic(
        &path,
        spec.to_json().map_err(ApiError::internal)?.as_bytes(),
    )?;
    let file = node_config::write::text(&only_validator(&path));
    files::write_atomic(&args.dir.join(node_config::FILE), file.as_bytes())?;
    Ok(Founded {
        chain: spec.id(),
        genesis: path,
        warning: spec.warning(),
    })
}

/// The configuration of a development chain's one validator.
fn only_validator(genesis: &Path) -> NodeFile {
    let genesis = std::path::absolute(genesis).unwrap_or_else(|_| genesis.to_owned());
    let endpoint = genesis.with_file_name(format!("{}.json", Kind::Node.name()));
    NodeFile {
        genesis,
        data: "chain".into(),
        part: Part::Validator(Validator {
            keys: ".".into(),
            listen: run::DEFAULT_LISTEN,
            peers: BTreeMap::new(),
            min_block_interval: Duration::ZERO,
        }),
        grpc: Grpc {
            listen: run::DEFAULT_LISTEN,
            advertise: None,
            tls: ".".into(),
            endpoint: Some(endpoint),
        },
        metrics: None,
        mempool: MempoolLimits::default(),
        sidecar_retention: None,
        password_file: None,
    }
}

/// `node run`: runs the validator and serves the ledger until `stop`.
///
/// # Errors
/// When the node cannot start, or stops by itself.
pub async fn serve(
    args: &RunArgs,
    context: &Context,
    stop: impl Future<Output = ()>,
) -> ApiResult<()> {
    let net = NetDir::new(&args.net);
    let mut file = NodeFile::read(&args.dir.join(node_config::FILE))?;
    file.genesis = net.genesis();
    file.grpc.listen = args.listen;
    file.grpc.endpoint = Some(net.file(Kind::Node));
    let password = password(args.password_file.clone(), &file);
    network::serve::serve(&file, None, &password, context, stop).await
}

/// Runs a node as its configuration file says.
///
/// # Errors
/// When there is no such file, and as [`serve`].
async fn serve_file(
    args: &NodeArgs,
    context: &Context,
    stop: impl Future<Output = ()>,
) -> ApiResult<()> {
    let mut file = NodeFile::read(
        args.config
            .as_deref()
            .unwrap_or(Path::new(node_config::FILE)),
    )?;
    if !args.follow.is_empty() {
        file = file.following(args.follow.clone());
    }
    let password = password(args.password_file.clone(), &file);
    network::serve::serve(&file, args.snapshot.as_deref(), &password, context, stop).await
}

/// Where a node's password comes from: the argument, then the configuration file, then what commands do without either.
fn password(argument: Option<PathBuf>, file: &NodeFile) -> PasswordSource {
    PasswordSource::new(argument.or_else(|| file.password_file.clone()))
}

/// `node register`: admits organisations; with several validators it proposes them. One that is registered with the same
/// roles and keys stays as it is.
///
/// # Errors
/// When a file is no registration or the ledger refuses it.
pub async fn register(args: &RegisterArgs) -> ApiResult<Registered> {
    let governor = Governor::connect(&args.place).await?;
    let mut members = Vec::new();
    for path in &args.members {
        let Registration { name, roles, keys } = files::read_json(path, files::MAX_SMALL_FILE)?;
        if let Some(known) = governor.follower().member_named(&name).await?
            && known.roles == roles
            && known.keys == keys
        {
            members.push(RegisteredMember {
                name,
                id: Some(known.id),
                proposal: None,
                missing: 0,
                height: known.registered,
            });
            continue;
        }
        let change = RegisterMember {
            name: name.clone(),
            roles,
            keys,
        };
        let submitted = governor.propose(change.into()).await?;
        let (id, proposal, missing) = match submitted.outcome {
            Outcome::Enacted {
                proposal,
                effect: Effect::Member { member },
            } => (Some(member), proposal, 0),
            Outcome::Voted { proposal, missing } => (None, proposal, missing),
            _ => return Err(ApiError::plain(&reason::PROOF_OF_SERVER_INVALID)),
        };
        members.push(RegisteredMember {
            name,
            id,
            proposal: Some(proposal),
            missing,
            height: submitted.height,
        });
    }
    Ok(Registered { members })
}

/// `node suspend`: suspends an organisation; with several validators it proposes that.
///
/// # Errors
/// When the ledger refuses it.
pub async fn suspend(args: &SuspendArgs) -> ApiResult<Suspended> {
    let member = MemberId::new(args.member)
        .map_err(|error| ApiError::bad_field("member", error.to_string()))?;
    let governor = Governor::connect(&args.place).await?;
    let submitted = governor.propose(SuspendMember { member }.into()).await?;
    Ok(Suspended { member, submitted })
}

/// Resolves when the process is asked to stop (SIGINT or SIGTERM).
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
