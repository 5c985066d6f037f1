//! `tacit network init`: everything that the validators of a new development network begin with.

use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tacit_ledger::genesis::{ChainSpec, GenesisValidator};
use tacit_ledger::ids::ChainId;
use tacit_ledger::signature::{SigningPublicKey, ValidatorKey};
use tacit_ledger::text::{Name, PeerAddress};
use tacit_node::MempoolLimits;

use super::development::{self, Constants};
use super::mark_unused;
use crate::cli::password::PasswordSource;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::keys::KeyCache;
use crate::member::Secrets;
use crate::net::NetDir;
use crate::node_config::{self, Grpc, NodeFile, Part, Validator};

/// Folder of the consensus key in a validator's folder.
pub(super) const KEYS: &str = "keys";
/// Folder of the governance key in a validator's folder.
pub(super) const GOVERNANCE: &str = "governance";
/// Ports that one validator takes: for validators, for clients, for metrics.
const PORTS: u16 = 3;

/// Arguments of `network init`.
#[derive(Clone, Debug, Args)]
pub struct InitArgs {
    /// How many validators.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=128))]
    pub validators: u16,
    /// Folder for the files of all of them; it must be empty or not there yet.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The chain's name.
    #[arg(long, default_value = "development")]
    pub name: String,
    /// Host of each validator, in order; one for all of them when given once.
    #[arg(long = "host", value_name = "HOST", default_value = "127.0.0.1")]
    pub hosts: Vec<String>,
    /// First port: p2p, then gRPC, then metrics. Validators on one host take the next three each.
    #[arg(long, default_value_t = 7000, value_parser = clap::value_parser!(u16).range(1024..))]
    pub base_port: u16,
    /// Seconds between anchors.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub anchor_interval: u32,
    /// Blocks of an epoch: how often the validators can change.
    #[arg(long, default_value_t = development::EPOCH_BLOCKS, value_parser = clap::value_parser!(u32).range(2..))]
    pub epoch_blocks: u32,
    /// How long votes about a proposal count, in seconds of block time.
    #[arg(long, value_name = "SECS", default_value_t = development::PROPOSAL_SECS, value_parser = clap::value_parser!(u32).range(1..))]
    pub proposal_lifetime: u32,
    /// File whose first line is the password that seals all keys.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
}

/// A network whose files were made.
#[derive(Debug, Serialize)]
pub struct Made {
    /// The chain's id: hash of its genesis.
    pub chain: ChainId,
    /// The genesis file.
    pub genesis: PathBuf,
    /// The validators.
    pub validators: Vec<MadeValidator>,
    /// What a development chain has to say.
    pub warning: Option<&'static str>,
}

/// A validator whose files were made.
#[derive(Debug, Serialize)]
pub struct MadeValidator {
    /// Its name.
    pub name: Name,
    /// Where the other validators reach it.
    pub address: PeerAddress,
    /// Its configuration file.
    pub config: PathBuf,
    /// Folder of its governance key, which belongs to its operator and not to the node.
    pub governance: PathBuf,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "chain {}, genesis file {}",
            self.chain,
            self.genesis.display()
        )?;
        for validator in &self.validators {
            let (name, address) = (validator.name.as_str(), validator.address.as_str());
            writeln!(f, "{name} at {address}: {}", validator.config.display())?;
        }
        write!(f, "{}", self.warning.unwrap_or_default())
    }
}

/// Where one validator is.
struct Place {
    host: String,
    ports: [u16; PORTS as usize],
    /// Whether another validator, before it, is on the same host.
    shares: bool,
}

/// `network init`: makes keys, one genesis file and a configuration for each validator.
///
/// # Errors
/// When the folder is not empty or cannot be written, or the arguments do not fit together.
pub async fn init(args: &InitArgs, context: &Context) -> ApiResult<Made> {
    let chain_name = development::name(&args.name)?;
    let places = places(args)?;
    empty(&args.out)?;
    let password = PasswordSource::new(args.password_file.clone()).new_one()?;
    let keys = KeyCache::of_user(context.output);
    let statements = tokio::task::spawn_blocking(move || keys.pins())
        .await
        .map_err(ApiError::internal)??;
    let mut validators = Vec::new();
    for (number, place) in (1..).zip(&places) {
        let folder = folder_of(args, number);
        let consensus = Secrets::create_with(&folder.join(KEYS), &password)?;
        mark_unused(&folder.join(KEYS))?;
        let governance = Secrets::create_with(&folder.join(GOVERNANCE), &password)?;
        let seed = ed25519_dalek::SigningKey::from_bytes(&consensus.validator());
        let name = development::name(&format!("validator {number}"))?;
        let address = PeerAddress::new(format!("{}:{}", bracketed(&place.host), place.ports[0]))
            .map_err(|error| ApiError::bad_field("host", error.to_string()))?;
        validators.push(GenesisValidator {
            name,
            consensus_key: ValidatorKey::of(&seed),
            governance_key: SigningPublicKey::of(&governance.governance()),
            address,
        });
    }
    let mut made = Vec::new();
    for ((number, place), validator) in (1..).zip(&places).zip(&validators) {
        let folder = folder_of(args, number);
        let config = folder.join(node_config::FILE);
        let text = node_config::write::text(&place.node(number, &validators));
        files::write_atomic(&config, text.as_bytes())?;
        made.push(MadeValidator {
            name: validator.name.clone(),
            address: validator.address.clone(),
            config,
            governance: folder.join(GOVERNANCE),
        });
    }
    let constants = Constants {
        name: chain_name,
        anchor_interval_secs: args.anchor_interval,
        epoch_blocks: args.epoch_blocks,
        proposal_lifetime_secs: args.proposal_lifetime,
    };
    let genesis = development::genesis(constants, validators, statements);
    let spec = ChainSpec::new(genesis)
        .map_err(|error| ApiError::bad_field("validators", error.to_string()))?;
    let net = NetDir::new(args.out.join("net"));
    files::make_dir(net.path())?;
    // The genesis comes last: with it the folder is complete.
    let json = spec.to_json().map_err(ApiError::internal)?;
    files::write_atomic(&net.genesis(), json.as_bytes())?;
    Ok(Made {
        chain: spec.id(),
        genesis: net.genesis(),
        validators: made,
        warning: spec.warning(),
    })
}

/// Gives each validator its host and ports.
fn places(args: &InitArgs) -> ApiResult<Vec<Place>> {
    let count = usize::from(args.validators);
    let hosts: Vec<&String> = match args.hosts.len() {
        1 => args.hosts.iter().cycle().take(count).collect(),
        given if given == count => args.hosts.iter().collect(),
        given => {
            let what = format!("{given} hosts for {count} validators: give one, or one for each");
            return Err(ApiError::bad_field("host", what));
        }
    };
    let mut used: BTreeMap<&str, u16> = BTreeMap::new();
    let mut places = Vec::new();
    for host in hosts {
        let before = used.entry(host).or_default();
        let first = before
            .checked_mul(PORTS)
            .and_then(|offset| args.base_port.checked_add(offset))
            .filter(|first| first.checked_add(PORTS).is_some());
        let first = first.ok_or_else(|| {
            ApiError::bad_field("base_port", "leaves too few ports for so many validators")
        })?;
        places.push(Place {
            host: host.clone(),
            ports: [first, first + 1, first + 2],
            shares: *before > 0,
        });
        *before += 1;
    }
    Ok(places)
}

impl Place {
    /// The configuration of the validator that is here.
    fn node(&self, number: u32, all: &[GenesisValidator]) -> NodeFile {
        let ip: Option<IpAddr> = self.host.parse().ok();
        let loopback = ip.filter(IpAddr::is_loopback);
        let any = match ip {
            Some(IpAddr::V6(_)) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
            _ => Ipv4Addr::UNSPECIFIED.into(),
        };
        let listen = |port| SocketAddr::new(loopback.unwrap_or(any), port);
        let [p2p, grpc, metrics] = self.ports;
        // Nodes of one machine share a net folder; the first of them is the one that clients take.
        let endpoint = match self.shares {
            true => format!("../net/node-{number}.json"),
            false => "../net/node.json".into(),
        };
        NodeFile {
            genesis: "../net/genesis.json".into(),
            data: "chain".into(),
            part: Part::Validator(Validator {
                keys: KEYS.into(),
                listen: listen(p2p),
                peers: named(number, all),
                min_block_interval: Duration::from_millis(100),
            }),
            grpc: Grpc {
                listen: listen(grpc),
                advertise: loopback
                    .is_none()
                    .then(|| format!("{}:{grpc}", bracketed(&self.host))),
                tls: ".".into(),
                endpoint: Some(endpoint.into()),
            },
            metrics: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, metrics))),
            mempool: MempoolLimits::default(),
            sidecar_retention: None,
            password_file: None,
        }
    }
}

/// The other validators whose address has a host name: nodes dial addresses, and look names up when they start.
fn named(number: u32, all: &[GenesisValidator]) -> BTreeMap<ValidatorKey, String> {
    let others = (1..).zip(all).filter(|(other, _)| *other != number);
    let named = others.filter(|(_, other)| other.address.as_str().parse::<SocketAddr>().is_err());
    named
        .map(|(_, other)| (other.consensus_key, other.address.as_str().to_owned()))
        .collect()
}

/// Name of a validator's folder.
pub fn folder(number: u32) -> String {
    format!("validator-{number}")
}

fn folder_of(args: &InitArgs, number: u32) -> PathBuf {
    args.out.join(folder(number))
}

/// An IPv6 address stands in brackets before a port.
fn bracketed(host: &str) -> String {
    match host.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => host.to_owned(),
    }
}

fn empty(folder: &Path) -> ApiResult<()> {
    files::make_dir(folder)?;
    let mut entries = std::fs::read_dir(folder).map_err(|error| files::failed(folder, &error))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => {
            let what = format!("{} is not empty", folder.display());
            Err(ApiError::new(&reason::FILE_EXISTS, what))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(validators: u16, hosts: &[&str], base_port: u16) -> InitArgs {
        InitArgs {
            validators,
            out: "out".into(),
            name: "development".into(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            base_port,
            anchor_interval: 2,
            epoch_blocks: 100,
            proposal_lifetime: 100,
            password_file: None,
        }
    }

    #[test]
    fn validators_of_one_host_have_ports_and_endpoints_of_their_own() {
        let places = places(&args(3, &["127.0.0.1"], 7000)).unwrap();
        let nodes: Vec<NodeFile> = (1..)
            .zip(&places)
            .map(|(n, place)| place.node(n, &[]))
            .collect();
        let ports: Vec<u16> = nodes.iter().map(|node| node.grpc.listen.port()).collect();
        assert_eq!(ports, [7001, 7004, 7007]);
        assert!(nodes.iter().all(|node| node.grpc.listen.ip().is_loopback()));
        let endpoints: Vec<_> = nodes
            .iter()
            .map(|node| node.grpc.endpoint.clone())
            .collect();
        assert_eq!(endpoints[0], Some("../net/node.json".into()));
        assert_ne!(endpoints[1], endpoints[2]);
        assert!(nodes.iter().all(|node| node.grpc.advertise.is_none()));
    }

    #[test]
    fn validators_of_several_hosts_have_the_same_ports_and_say_where_they_are() {
        let places = places(&args(2, &["a.example.org", "2001:db8::1"], 7000)).unwrap();
        let all: Vec<GenesisValidator> = (1u8..)
            .zip(["a.example.org:7000", "[2001:db8::1]:7000"])
            .map(|(n, address)| {
                let key = ed25519_dalek::SigningKey::from_bytes(&[n; 32]);
                GenesisValidator {
                    name: Name::new(format!("validator {n}")).unwrap(),
                    consensus_key: ValidatorKey::of(&key),
                    governance_key: SigningPublicKey::of(&key),
                    address: PeerAddress::new(address).unwrap(),
                }
            })
            .collect();
        let [one, two] = [places[0].node(1, &all), places[1].node(2, &all)];
        // An address needs no looking up, a name does.
        let peers = |node: &NodeFile| match &node.part {
            Part::Validator(validator) => validator.peers.clone(),
            Part::Follower(_) => panic!("no validator"),
        };
        assert!(peers(&one).is_empty());
        assert_eq!(peers(&two)[&all[0].consensus_key], "a.example.org:7000");
        assert_eq!(one.grpc.listen, "0.0.0.0:7001".parse().unwrap());
        assert_eq!(one.grpc.advertise.as_deref(), Some("a.example.org:7001"));
        assert_eq!(two.grpc.listen, "[::]:7001".parse().unwrap());
        assert_eq!(two.grpc.advertise.as_deref(), Some("[2001:db8::1]:7001"));
        assert!(
            [one, two]
                .iter()
                .all(|node| node.metrics.unwrap().ip().is_loopback())
        );
    }

    #[test]
    fn hosts_and_ports_that_do_not_fit_are_refused() {
        assert!(places(&args(3, &["a", "b"], 7000)).is_err());
        assert!(places(&args(2, &["127.0.0.1"], 65_532)).is_err());
        assert!(places(&args(1, &["127.0.0.1"], 65_532)).is_ok());
    }
}
