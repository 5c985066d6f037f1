//! Reading the chain without telling a node which leaf is one's own.
//!
//! A sync always does the same, in the same order: follow the headers to a certified tip, read every block that has
//! transactions, then take the buckets of the note tree and the shards of the ended bitmap in which the wallet's leaves
//! stand, whole, as of the newest anchor. A node sees which buckets (4096 leaves) and shards (2^20 bits) a wallet takes,
//! and nothing that distinguishes two leaves of the same ones. Everything is checked against a certified header; a node
//! can withhold, and nothing else.

mod facts;
mod follow;
mod locate;
mod lookup;
mod scan;
mod seen;
mod source;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use tacit_circuits::audit::AuditPublicKey;
use tacit_circuits::tree::LivePath;
use tacit_circuits::types::{AnchorView, Leaf, MemberId, Position};
use tacit_ledger::bundle::MAX_BUNDLE_HEADERS;
use tacit_ledger::certificate::Certificate;
use tacit_ledger::genesis::{ChainSpec, Genesis, GenesisError, GrantPolicy};
use tacit_ledger::header::Header;
use tacit_ledger::ids::Height;
use tacit_ledger::light::{CertifiedHeader, LightClient, LightError, MAX_STEP_HEADERS};
use tacit_ledger::member::MemberRecord;
use tacit_ledger::validators::ValidatorSet;

pub(crate) use self::scan::LOOKAHEAD;
pub use facts::{MEMBER_PAGE, Members};
pub use source::{
    Finality, HandoverRange, HeaderRange, LedgerSource, SourceError, StateAnswer, TreePart,
};

use self::follow::Step;
use crate::codec::{List, codec_struct};
use crate::derive::Counter;
use crate::error::WalletError;
use crate::slot::settle;
use crate::state::Use;
use crate::wallet::Wallet;

/// How often a sync starts over when the chain moves on under it.
pub(crate) const MAX_ATTEMPTS: usize = 8;
/// How many of the newest headers a wallet keeps in memory, to check proofs about a state that is not the very newest.
const RECENT_HEADERS: usize = 256;

/// Why a sync failed. The wallet keeps what it had verified before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The node could not be asked.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Headers, certificate or proofs do not hold.
    #[error(transparent)]
    Light(#[from] LightError),
    /// What the node sent is not what was asked for.
    #[error("the node sent no valid {0}")]
    Malformed(&'static str),
    /// A block does not fit its certified header.
    #[error("the node sent another block than the certified one of height {0}")]
    Block(Height),
    /// No certificate in as many headers as one step may have.
    #[error("the node gave {MAX_STEP_HEADERS} headers without a certificate")]
    NoCertificate,
    /// The chain moved on faster than the wallet could read.
    #[error("the chain moved on while the wallet was reading: try again")]
    Moved,
    /// Another leaf stands where the wallet has verified its own before.
    #[error(
        "the leaf at position {0} is not the wallet's: the note tree never changes, so the wallet file is damaged"
    )]
    OtherLeaf(Position),
    /// The stored genesis does not hold.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
}

impl SyncError {
    /// The stable reason code.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Source(_) => "NODE_UNREACHABLE",
            Self::Light(_) | Self::Malformed(_) | Self::Block(_) | Self::NoCertificate => {
                "NODE_UNTRUSTWORTHY"
            }
            Self::Moved => "CHAIN_MOVED",
            Self::OtherLeaf(_) | Self::Genesis(_) => "WALLET_STATE",
        }
    }
}

/// What a wallet holds for true about the chain, from one opening to the next.
pub(crate) struct Checkpoint {
    /// The constants of the chain.
    pub genesis: Genesis,
    /// The newest anchor up to the tip.
    pub anchor: Header,
    /// The headers after the anchor, up to the tip, for bundles. Kept as long as they are few enough for one.
    since: List<Header, MAX_BUNDLE_HEADERS>,
    /// The newest header verified; every block up to it has been read.
    pub tip: Header,
    /// The set that certifies the tip.
    validators: ValidatorSet,
    /// The certificate of the tip; none at genesis.
    certificate: Option<Certificate>,
}
codec_struct!(Checkpoint {
    genesis,
    anchor,
    since,
    tip,
    validators,
    certificate
});

impl Checkpoint {
    /// Trusts a genesis and nothing else.
    pub fn genesis(spec: &ChainSpec) -> Result<Self, SyncError> {
        let header = LightClient::from_genesis(spec)?.tip().header().clone();
        Ok(Checkpoint {
            genesis: spec.genesis().clone(),
            anchor: header.clone(),
            since: List::default(),
            tip: header,
            validators: spec.validators().clone(),
            certificate: None,
        })
    }

    /// Goes on to headers that were verified.
    fn extend(&mut self, step: Step) {
        for header in &step.headers {
            let before = self.since.last().unwrap_or(&self.anchor).height;
            if header.is_anchor() {
                self.anchor = header.clone();
                self.since = List::default();
            } else if before.next() == header.height && self.since.push(header.clone()).is_err() {
                self.since = List::default();
            }
            self.tip = header.clone();
        }
        self.validators = step.validators;
        self.certificate = Some(step.certificate);
    }

    /// The headers from the anchor to the tip and the tip's certificate, if they are few enough for a bundle.
    pub fn evidence(&self) -> Option<(Vec<Header>, Certificate)> {
        let certificate = self.certificate.clone()?;
        let headers: Vec<Header> = std::iter::once(&self.anchor)
            .chain(self.since.iter())
            .cloned()
            .collect();
        let whole = headers.last() == Some(&self.tip) && headers.len() <= MAX_BUNDLE_HEADERS;
        whole.then_some((headers, certificate))
    }
}

/// What was read from the chain since the wallet was opened. Public data, all of it verified; never saved.
pub(crate) struct View {
    spec: ChainSpec,
    light: LightClient,
    recent: VecDeque<CertifiedHeader>,
    /// Paths of the wallet's live leaves, as of one anchor.
    pub snapshot: Option<Snapshot>,
    /// Members that were looked up; `None` where there is no such member.
    pub members: BTreeMap<MemberId, Option<MemberRecord>>,
    /// The key that grants are encrypted to.
    pub audit_key: Option<AuditPublicKey>,
    /// What grants may say.
    pub policy: Option<GrantPolicy>,
}

impl View {
    pub fn new(checkpoint: &Checkpoint) -> Result<Self, SyncError> {
        let spec = ChainSpec::new(checkpoint.genesis.clone())?;
        let light = LightClient::from_checkpoint(
            &spec,
            tacit_ledger::light::Checkpoint {
                header: checkpoint.tip.clone(),
                validators: checkpoint.validators.clone(),
            },
        )?;
        let recent = VecDeque::from([light.tip()]);
        Ok(View {
            spec,
            light,
            recent,
            snapshot: None,
            members: BTreeMap::new(),
            audit_key: None,
            policy: None,
        })
    }

    pub fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    fn remember(&mut self, headers: Vec<CertifiedHeader>) {
        self.recent.extend(headers);
        let surplus = self.recent.len().saturating_sub(RECENT_HEADERS);
        self.recent.drain(..surplus);
    }

    fn recent(&self, height: Height) -> Option<&CertifiedHeader> {
        self.recent
            .iter()
            .find(|certified| certified.header().height == height)
    }
}

/// The wallet's live leaves as of one anchor, with the paths that proofs need.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub anchor: AnchorView,
    pub leaves: BTreeMap<Position, LeafPaths>,
}

/// A live leaf and its paths.
#[derive(Clone, Debug)]
pub(crate) struct LeafPaths {
    pub leaf: Leaf,
    pub path: LivePath,
}

/// What a sync found.
#[derive(Debug, Default)]
pub struct SyncReport {
    /// Height of the newest header.
    pub tip: Height,
    /// The newest anchor.
    pub anchor: Option<AnchorView>,
    /// Uses of own grants.
    pub uses: Vec<Use>,
    /// Own leaves that are in the note tree now.
    pub confirmed: Vec<Counter>,
    /// Own leaves that were ended.
    pub ended: Vec<Counter>,
    /// Leaves of this seed that the wallet did not know.
    pub found: Vec<Counter>,
    /// Steps that were dropped because an older copy of this wallet had used their counter: take them again.
    pub displaced: Vec<Counter>,
    /// Own leaves that are not where a relay said: their transactions have to be sent again.
    pub refuted: Vec<Counter>,
}

impl Wallet {
    /// Reads the chain up to now.
    ///
    /// # Errors
    /// [`WalletError::Sync`]; what was verified before it failed is kept.
    pub fn sync(&mut self, source: &mut dyn LedgerSource) -> Result<SyncReport, WalletError> {
        let mut report = SyncReport::default();
        for _ in 0..MAX_ATTEMPTS {
            self.follow(source, &mut report)?;
            match self.read_trees(source, &mut report) {
                Err(WalletError::Sync(SyncError::Moved)) => continue,
                other => other?,
            }
            self.read_audit_key(source, &mut report)?;
            self.read_policy(source, &mut report)?;
            if self.state.recovered {
                let drawn = self.rng().next_u32();
                self.note(|state, _| {
                    settle(state, drawn);
                    Ok(())
                })?;
            }
            report.tip = self.state.checkpoint.tip.height;
            report.anchor = self.view.snapshot.as_ref().map(|snapshot| snapshot.anchor);
            return Ok(report);
        }
        Err(SyncError::Moved.into())
    }

    /// Positions of found leaves first, then the paths of all own leaves: both as of the same anchor.
    fn read_trees(
        &mut self,
        source: &mut dyn LedgerSource,
        report: &mut SyncReport,
    ) -> Result<(), WalletError> {
        let anchor = self.state.checkpoint.anchor.clone();
        self.locate(source, &anchor, report)?;
        self.look_up(source, &anchor, report)
    }
}
