//! A chain in memory: the ledger's own rules, one validator, certificates of the real form.

use std::collections::BTreeSet;

use ed25519_dalek::{Signer, SigningKey};
use tacit_circuits::context::StatementId;
use tacit_circuits::field::Fr;
use tacit_circuits::keys::{ProvingKey, SetupKind};
use tacit_circuits::types::{Body, Digest32, EndTag, HolderKey, PurposeSet, Timestamp};
use tacit_circuits::verify;
use tacit_ledger::action::{Propose, RegisterRecord};
use tacit_ledger::block::Block;
use tacit_ledger::certificate::{Certificate, Proposal, finalize_message};
use tacit_ledger::execute::{self, Executed};
use tacit_ledger::genesis::{
    ChainSpec, Genesis, GenesisValidator, GenesisValidators, GrantPolicy, PinnedKey, PinnedKeys,
};
use tacit_ledger::governance::{self, Change, Effect};
use tacit_ledger::ids::{BlockTime, Height, RequestId, ValidatorId};
use tacit_ledger::outcome::Outcome;
use tacit_ledger::proofs::{ProofCheck, ProofClaim};
use tacit_ledger::reject::Reject;
use tacit_ledger::signature::{Signature, SigningPublicKey, ValidatorKey};
use tacit_ledger::state::MemoryState;
use tacit_ledger::text::{Name, PeerAddress};
use tacit_ledger::tx::Tx;

use super::{grant_key, open_key, show_key};

/// Seconds between anchors.
pub const ANCHOR_SECS: u64 = 30;
const GENESIS_TIME: u64 = 1_800_000_000;

/// The chain and everything that was ever in it.
pub struct Chain {
    pub spec: ChainSpec,
    governance: SigningKey,
    validator: SigningKey,
    time: BlockTime,
    pub state: MemoryState,
    /// The state as of the newest anchor, which is what a node serves trees of.
    pub anchored: (Height, MemoryState),
    pub blocks: Vec<Block>,
    /// Heights without a certificate of their own.
    pub uncertified: BTreeSet<u64>,
    requests: u64,
    /// Verifies the proofs of grants by this key; without it every proof is taken.
    pub grants_by: Option<&'static ProvingKey>,
}

/// Verifies the proofs of grants, where there is a key for it.
struct Grants(Option<&'static ProvingKey>);

impl ProofCheck for Grants {
    fn claim(&mut self, claim: ProofClaim) -> Result<(), Reject> {
        let checked = self.0.filter(|_| claim.statement == StatementId::Grant);
        let valid = checked
            .is_none_or(|key| verify(key.verifying_key(), &claim.inputs, &claim.proof).is_ok());
        if valid { Ok(()) } else { Err(Reject::Proof) }
    }
}

impl Chain {
    pub fn new() -> Self {
        Self::with_pinned(Digest32([1; 32]), Digest32([2; 32]))
    }

    /// A chain on which shows can be proven, with the key of the development setup.
    pub fn with_show() -> Self {
        Self::with_pinned(show_key().verifying_key().id(), Digest32([2; 32]))
    }

    /// A chain on which grants must be proven, with the key of the development setup.
    pub fn with_grants() -> Self {
        let key = grant_key();
        let mut chain = Self::with_pinned(Digest32([1; 32]), key.verifying_key().id());
        chain.grants_by = Some(key);
        chain
    }

    /// A chain that pins these verifying keys of show and grant.
    pub fn with_pinned(show: Digest32, grant: Digest32) -> Self {
        let (governance, validator) = (
            SigningKey::from_bytes(&[101; 32]),
            SigningKey::from_bytes(&[102; 32]),
        );
        let pin = |verifying_key| PinnedKey {
            verifying_key,
            setup: SetupKind::InsecureDevelopment,
        };
        let spec = ChainSpec::new(Genesis {
            name: Name::new("test").unwrap(),
            development: true,
            time: Timestamp(GENESIS_TIME),
            anchor_interval_secs: ANCHOR_SECS as u32,
            anchors_kept: 32,
            access_anchor_max_age_secs: 60,
            request_window_secs: 3600,
            max_time_ahead_ms: 1000,
            epoch_blocks: 3,
            proposal_lifetime_secs: 3600,
            validators: GenesisValidators(vec![GenesisValidator {
                name: Name::new("validator").unwrap(),
                consensus_key: ValidatorKey::of(&validator),
                governance_key: SigningPublicKey::of(&governance),
                address: PeerAddress::new("127.0.0.1:9000").unwrap(),
            }]),
            statements: PinnedKeys {
                show: pin(show),
                grant: pin(grant),
                access: pin(Digest32([3; 32])),
                open: pin(open_key().verifying_key().id()),
            },
            policy: GrantPolicy {
                max_duration_secs: 400 * 86_400,
                max_start_offset_secs: 3600,
                purposes: PurposeSet(0x0007_ffff),
            },
        })
        .unwrap();
        let Executed { block, changes, .. } = execute::genesis(&spec).unwrap();
        let mut state = MemoryState::new();
        state.apply(changes);
        Chain {
            time: spec.time(),
            spec,
            governance,
            validator,
            anchored: (Height(0), state.clone()),
            state,
            blocks: vec![block],
            uncertified: BTreeSet::new(),
            requests: 0,
            grants_by: None,
        }
    }

    pub fn tip(&self) -> &Block {
        self.blocks.last().unwrap()
    }

    /// The time of the newest block.
    pub fn now(&self) -> Timestamp {
        self.time.timestamp()
    }

    /// A block with these transactions after so many milliseconds; gives what was refused.
    pub fn block_after(&mut self, millis: u64, txs: Vec<Tx>) -> (Vec<Outcome>, Vec<Reject>) {
        self.time = BlockTime(self.time.0 + millis);
        let parent = self.tip().header.clone();
        let proposed = execute::propose(
            &self.state,
            &self.spec,
            &parent,
            self.time,
            txs,
            &mut Grants(self.grants_by),
        )
        .unwrap();
        let Executed {
            block,
            changes,
            results,
        } = proposed.executed;
        self.state.apply(changes);
        if block.header.is_anchor() {
            self.anchored = (block.header.height, self.state.clone());
        }
        self.blocks.push(block);
        let outcomes = results.iter().map(|result| result.outcome).collect();
        (
            outcomes,
            proposed
                .rejected
                .into_iter()
                .map(|(_, reject)| reject)
                .collect(),
        )
    }

    /// An empty block that is an anchor.
    pub fn anchor(&mut self) {
        self.block_after(ANCHOR_SECS * 1000, Vec::new());
        assert!(self.tip().header.is_anchor());
    }

    /// Puts one transaction into a block, as a relay does: the same transaction again gives its first outcome.
    pub fn relay(&mut self, tx: &Tx) -> Result<Outcome, Reject> {
        let (outcomes, refused) = self.block_after(100, vec![tx.clone()]);
        match (outcomes.into_iter().next(), refused.into_iter().next()) {
            (Some(outcome), _) => Ok(outcome),
            (None, Some(Reject::Repeated { record, .. })) => Ok(record.outcome),
            (None, Some(reject)) => Err(reject),
            (None, None) => unreachable!("a transaction is taken or refused"),
        }
    }

    /// Relays canonical bytes.
    pub fn relay_bytes(&mut self, bytes: &[u8]) -> Result<Outcome, Reject> {
        self.relay(&Tx::from_bytes(bytes).unwrap())
    }

    /// Adds so many leaves of nobody in particular.
    pub fn fill(&mut self, count: u64) {
        let mut numbers = 0..count;
        while !numbers.is_empty() {
            let mut txs = Vec::new();
            for n in numbers.by_ref().take(1000) {
                let element = Fr::from(1_000_000 + n);
                let action = RegisterRecord {
                    holder_key: HolderKey(element),
                    body: Body(element),
                    end_tag: EndTag(element),
                };
                txs.push(Tx::unsigned(self.request_id(), action.into()));
            }
            let (_, refused) = self.block_after(100, txs);
            assert!(refused.is_empty());
        }
    }

    /// Lets the one validator decide a change.
    pub fn decide(&mut self, change: impl Into<Change>) -> Effect {
        let validator = ValidatorId::new(1).unwrap();
        let action = Propose {
            sequence: governance::proposals_by(&self.state, validator).unwrap(),
            change: change.into(),
        };
        let tx = Tx::signed_by_validator(
            &self.spec.id(),
            self.request_id(),
            action.into(),
            validator,
            &self.governance.clone(),
        );
        match self.relay(&tx).unwrap() {
            Outcome::Enacted { effect, .. } => effect,
            other => panic!("{other:?}"),
        }
    }

    /// A request id that was not used before.
    pub fn request_id(&mut self) -> RequestId {
        self.requests += 1;
        let mut id = [0xee; 16];
        id[..8].copy_from_slice(&self.requests.to_be_bytes());
        RequestId(id)
    }

    /// The certificate of a block.
    pub fn certificate(&self, height: u64) -> Certificate {
        let header = &self.blocks[usize::try_from(height).unwrap()].header;
        let proposal = Proposal {
            epoch: header.epoch.0,
            view: height,
            parent_view: height.saturating_sub(1),
            block: header.id(),
        };
        let message = finalize_message(&self.spec.id(), &proposal);
        let signature = Signature(self.validator.sign(&message).to_bytes());
        Certificate::new(proposal, 1, &[(0, signature)]).unwrap()
    }

    /// How many leaves of the chain have this value.
    pub fn count_leaf(&self, leaf: &tacit_circuits::types::Leaf) -> usize {
        let nodes = tacit_ledger::state::NoteNodes(&self.state);
        let size = tacit_ledger::state::counters(&self.state).unwrap().leaves;
        (0..size)
            .filter(|at| {
                tacit_circuits::tree::NodeStore::get(&nodes, 0, *at).unwrap() == Some(leaf.0)
            })
            .count()
    }

    /// Leaves in the note tree.
    pub fn leaves(&self) -> u64 {
        tacit_ledger::state::counters(&self.state).unwrap().leaves
    }
}
