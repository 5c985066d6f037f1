//! The file as it stands, and the checks that make it a configuration.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tacit_ledger::signature::ValidatorKey;
use tacit_ledger::validators::MAX_VALIDATORS;
use tacit_node::MempoolLimits;

use super::{Follower, Grpc, MAX_UPSTREAMS, NodeFile, Part, Validator};

/// Version of the format.
pub const VERSION: u32 = 1;
/// Longest text of an address.
const MAX_ADDRESS: usize = 255;
const DAY: u64 = 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    version: u32,
    genesis: PathBuf,
    data: PathBuf,
    password_file: Option<PathBuf>,
    validator: Option<RawValidator>,
    follow: Option<RawFollow>,
    grpc: RawGrpc,
    metrics: Option<RawMetrics>,
    #[serde(default)]
    mempool: RawMempool,
    #[serde(default)]
    sidecars: RawSidecars,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawValidator {
    keys: PathBuf,
    listen: SocketAddr,
    #[serde(default = "default_interval")]
    min_block_interval_ms: u64,
    #[serde(default)]
    peers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFollow {
    upstreams: Vec<PathBuf>,
    member: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGrpc {
    listen: SocketAddr,
    advertise: Option<String>,
    #[serde(default = "here")]
    tls: PathBuf,
    endpoint: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMetrics {
    #[serde(default = "default_metrics")]
    listen: SocketAddr,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMempool {
    transactions: Option<u64>,
    bytes: Option<u64>,
    checking: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSidecars {
    keep_days: Option<u64>,
}

fn here() -> PathBuf {
    PathBuf::from(".")
}

fn default_interval() -> u64 {
    100
}

fn default_metrics() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, super::write::METRICS_PORT))
}

/// Reads the text; the error names line and field.
pub fn parse(text: &str) -> Result<Raw, String> {
    toml::from_str(text).map_err(|error| {
        let what = error.message().trim().replace('\n', ": ");
        let Some(at) = error.span().map(|span| span.start) else {
            return what;
        };
        let before = text.get(..at).unwrap_or(text);
        let number = before.matches('\n').count() + 1;
        let line = text.lines().nth(number - 1).unwrap_or_default();
        match line.split_once('=') {
            Some((field, _)) => format!("line {number}, {}: {what}", field.trim()),
            None => format!("line {number}: {what}"),
        }
    })
}

impl Raw {
    /// Checks what the types do not say.
    pub fn check(self, folder: &Path) -> Result<NodeFile, String> {
        let at = |path: PathBuf| folder.join(path);
        if self.version != VERSION {
            return Err(format!(
                "version: this program reads version {VERSION}, not {}",
                self.version
            ));
        }
        let part = match (self.validator, self.follow) {
            (Some(validator), None) => Part::Validator(validator.check(folder)?),
            (None, Some(follow)) => Part::Follower(follow.check(folder)?),
            _ => {
                return Err(
                    "there must be either a [validator] or a [follow] table, and not both".into(),
                );
            }
        };
        let advertise = self.grpc.advertise;
        if let Some(text) = &advertise {
            address("grpc.advertise", text)?;
        }
        let limits = MempoolLimits::default();
        let keep_days = self.sidecars.keep_days;
        if let Some(days) = keep_days {
            bounded("sidecars.keep_days", days, 1..=36_500)?;
        }
        Ok(NodeFile {
            genesis: at(self.genesis),
            data: at(self.data),
            part,
            grpc: Grpc {
                listen: self.grpc.listen,
                advertise,
                tls: at(self.grpc.tls),
                endpoint: self.grpc.endpoint.map(at),
            },
            metrics: self.metrics.map(|metrics| metrics.listen),
            mempool: MempoolLimits {
                txs: limit(
                    "mempool.transactions",
                    self.mempool.transactions,
                    1..=1 << 20,
                    limits.txs,
                )?,
                bytes: limit(
                    "mempool.bytes",
                    self.mempool.bytes,
                    1 << 20..=4 << 30,
                    limits.bytes,
                )?,
                checking: limit(
                    "mempool.checking",
                    self.mempool.checking,
                    1..=1 << 16,
                    limits.checking,
                )?,
            },
            sidecar_retention: keep_days.map(|days| Duration::from_secs(days * DAY)),
            password_file: self.password_file.map(at),
        })
    }
}

impl RawValidator {
    fn check(self, folder: &Path) -> Result<Validator, String> {
        let interval = self.min_block_interval_ms;
        bounded("validator.min_block_interval_ms", interval, 0..=60_000)?;
        if self.peers.len() > MAX_VALIDATORS {
            return Err(format!(
                "validator.peers: at most {MAX_VALIDATORS} addresses"
            ));
        }
        let peer = |(hex, text): (String, String)| {
            let unusable =
                || format!("validator.peers: {hex:?} is no consensus key (64 hex digits)");
            let mut bytes = [0; 32];
            hex::decode_to_slice(&hex, &mut bytes).map_err(|_| unusable())?;
            let key = ValidatorKey::new(bytes).map_err(|_| unusable())?;
            address(&format!("validator.peers.{hex}"), &text)?;
            Ok((key, text))
        };
        Ok(Validator {
            keys: folder.join(self.keys),
            listen: self.listen,
            peers: self
                .peers
                .into_iter()
                .map(peer)
                .collect::<Result<_, String>>()?,
            min_block_interval: Duration::from_millis(interval),
        })
    }
}

impl RawFollow {
    fn check(self, folder: &Path) -> Result<Follower, String> {
        bounded(
            "follow.upstreams: their number",
            self.upstreams.len() as u64,
            1..=MAX_UPSTREAMS as u64,
        )?;
        Ok(Follower {
            upstreams: self
                .upstreams
                .into_iter()
                .map(|path| folder.join(path))
                .collect(),
            member: self.member.map(|path| folder.join(path)),
        })
    }
}

fn limit(
    field: &str,
    value: Option<u64>,
    range: RangeInclusive<u64>,
    default: usize,
) -> Result<usize, String> {
    let Some(value) = value else {
        return Ok(default);
    };
    bounded(field, value, range)?;
    usize::try_from(value).map_err(|_| format!("{field}: too large for this machine"))
}

fn bounded(field: &str, value: u64, range: RangeInclusive<u64>) -> Result<(), String> {
    match range.contains(&value) {
        true => Ok(()),
        false => Err(format!(
            "{field} must be from {} to {}, not {value}",
            range.start(),
            range.end()
        )),
    }
}

/// Checks the shape "host:port"; whether there is such a host shows when it is used.
pub fn address(field: &str, text: &str) -> Result<(), String> {
    let wrong = || format!("{field}: {text:?} is not host:port");
    if text.len() > MAX_ADDRESS || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(wrong());
    }
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port: u16 = port.parse().map_err(|_| wrong())?;
    match host.is_empty() || port == 0 {
        true => Err(wrong()),
        false => Ok(()),
    }
}
