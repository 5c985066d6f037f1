//! A chain in memory: what the other tests build on.

use crate::action::*;
use crate::block::Block;
use crate::certificate::{Certificate, Proposal, finalize_message};
use crate::execute::{self, Executed};
use crate::genesis::{
    ChainSpec, Genesis, GenesisValidator, GenesisValidators, GrantPolicy, PinnedKey, PinnedKeys,
};
use crate::governance::register_audit_key::possession_context;
use crate::governance::{self, Change, Effect, ProposalId, RegisterAuditKey, RegisterMember};
use crate::header::Header;
use crate::ids::{BlockTime, Height, RequestId, ValidatorId};
use crate::member::{MemberKeys, PlatformCommitment, Role, Roles};
use crate::outcome::Outcome;
use crate::proofs::{Final, ProofCheck};
use crate::reject::Reject;
use crate::signature::{HpkePublicKey, Signature, SigningPublicKey, ValidatorKey};
use crate::state::{self, MemoryState};
use crate::text::{Name, PeerAddress};
use crate::tx::Tx;
use crate::validators::ValidatorSet;
use ed25519_dalek::{Signer, SigningKey};
use rand_chacha::rand_core::SeedableRng;
use tacit_circuits::Proof;
use tacit_circuits::audit::{AuditSecretKey, PossessionProof};
use tacit_circuits::field::Fr;
use tacit_circuits::keys::SetupKind;
use tacit_circuits::types::*;

/// A chain in memory with all its blocks.
pub(crate) struct Chain {
    pub spec: ChainSpec,
    pub state: MemoryState,
    pub blocks: Vec<Block>,
    pub next_request: u128,
}

/// A signing key by number.
pub(crate) fn signing_key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

/// The governance key of the validator whose consensus key has this number.
pub(crate) fn governance_key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n, 1].repeat(16).try_into().unwrap())
}

/// A field element by number.
pub(crate) fn field(n: u64) -> Fr {
    Fr::from(n)
}

/// Keys of a member by number; with a platform commitment if wanted.
pub(crate) fn keys_for(n: u8, platform: bool) -> MemberKeys {
    let mut hpke = [n; 32];
    hpke[31] = 1;
    MemberKeys {
        signing: SigningPublicKey::of(&signing_key(n)),
        hpke: HpkePublicKey::new(hpke).unwrap(),
        platform: platform.then(|| PlatformCommitment(field(1000 + u64::from(n)))),
    }
}

/// The audit key of the tests, by number.
pub(crate) fn audit_secret(n: u64) -> AuditSecretKey {
    AuditSecretKey::generate(&mut rand_chacha::ChaCha20Rng::seed_from_u64(n))
}

pub(crate) const PROPOSAL_SECS: u32 = 50;
pub(crate) const EPOCH_BLOCKS: u32 = 5;
pub(crate) const START: u64 = 1_800_000_000;

pub(crate) fn genesis(validators: &[u8]) -> Genesis {
    let pinned = PinnedKey {
        verifying_key: Digest32([9; 32]),
        setup: SetupKind::InsecureDevelopment,
    };
    Genesis {
        name: Name::new("test chain").unwrap(),
        development: true,
        time: Timestamp(START),
        anchor_interval_secs: 10,
        anchors_kept: 5,
        access_anchor_max_age_secs: 30,
        request_window_secs: 100,
        max_time_ahead_ms: 500,
        epoch_blocks: EPOCH_BLOCKS,
        proposal_lifetime_secs: PROPOSAL_SECS,
        validators: GenesisValidators(
            validators
                .iter()
                .map(|n| GenesisValidator {
                    name: Name::new(format!("validator {n}")).unwrap(),
                    consensus_key: ValidatorKey::of(&signing_key(*n)),
                    governance_key: SigningPublicKey::of(&governance_key(*n)),
                    address: PeerAddress::new(format!("10.0.0.{n}:9000")).unwrap(),
                })
                .collect(),
        ),
        statements: PinnedKeys {
            show: pinned,
            grant: pinned,
            access: pinned,
            open: pinned,
        },
        policy: GrantPolicy {
            max_duration_secs: 86_400,
            max_start_offset_secs: 3600,
            purposes: PurposeSet(u32::MAX),
        },
    }
}

impl Chain {
    /// A chain with its genesis block only.
    pub fn new() -> Self {
        Self::with_genesis(genesis(&[101]))
    }

    pub fn with_genesis(genesis: Genesis) -> Self {
        let spec = ChainSpec::new(genesis).unwrap();
        let first = execute::genesis(&spec).unwrap();
        let mut state = MemoryState::new();
        state.apply(first.changes);
        Self {
            spec,
            state,
            blocks: vec![first.block],
            next_request: 1,
        }
    }

    /// A chain with an issuer (1), a platform (2) and a reviewer (3) whose audit key is current.
    pub fn with_members() -> Self {
        let mut chain = Self::new();
        chain.register(1, &[Role::Issuer]).unwrap();
        chain.register(2, &[Role::Platform]).unwrap();
        chain.register(3, &[Role::Reviewer]).unwrap();
        chain.register_audit_key(3, 1).unwrap();
        chain
    }

    pub fn tip(&self) -> &Header {
        &self.blocks.last().unwrap().header
    }

    pub fn height(&self) -> Height {
        self.tip().height
    }

    /// A fresh request id.
    pub fn request(&mut self) -> RequestId {
        self.next_request += 1;
        RequestId(self.next_request.to_be_bytes())
    }

    /// The time `millis` after the tip.
    pub fn after(&self, millis: u64) -> BlockTime {
        BlockTime(self.tip().time.0 + millis)
    }

    /// Proposes a block with these candidates one millisecond later, lets it be executed as a voter would, and applies it.
    /// Gives what was refused.
    pub fn block(&mut self, txs: Vec<Tx>) -> (Executed, Vec<Reject>) {
        self.block_at(self.after(1), txs)
    }

    pub fn block_at(&mut self, time: BlockTime, txs: Vec<Tx>) -> (Executed, Vec<Reject>) {
        self.block_with(time, txs, &mut Final)
    }

    pub fn block_with(
        &mut self,
        time: BlockTime,
        txs: Vec<Tx>,
        proofs: &mut dyn ProofCheck,
    ) -> (Executed, Vec<Reject>) {
        let parent = self.tip().clone();
        let proposed =
            execute::propose(&self.state, &self.spec, &parent, time, txs, proofs).unwrap();
        let block = Block::from_bytes(&proposed.executed.block.to_bytes()).unwrap();
        let voted = execute::execute(&self.state, &self.spec, &parent, block, proofs).unwrap();
        assert_eq!(
            voted.changes, proposed.executed.changes,
            "proposer and voter disagree"
        );
        assert_eq!(voted.results, proposed.executed.results);
        self.state.apply(voted.changes.clone());
        self.blocks.push(voted.block.clone());
        (
            voted,
            proposed
                .rejected
                .into_iter()
                .map(|(_, reject)| reject)
                .collect(),
        )
    }

    /// Puts one transaction into a block of its own.
    pub fn submit(&mut self, tx: Tx) -> Result<Outcome, Reject> {
        let (executed, mut rejected) = self.block(vec![tx]);
        match rejected.pop() {
            Some(reject) => {
                assert!(executed.results.is_empty());
                Err(reject)
            }
            None => Ok(executed.results[0].outcome),
        }
    }

    pub fn unsigned(&mut self, action: impl Into<Action>) -> Tx {
        Tx::unsigned(self.request(), action.into())
    }

    pub fn by_member(&mut self, member: u32, key: u8, action: impl Into<Action>) -> Tx {
        let request = self.request();
        let member = MemberId::new(member).unwrap();
        Tx::signed_by_member(
            &self.spec.id(),
            request,
            action.into(),
            member,
            &signing_key(key),
        )
    }

    /// A transaction signed by a validator's governance key. That of validator n has the number 100 + n in these tests, unless
    /// the state has another.
    pub fn by_validator(&mut self, validator: u32, action: impl Into<Action>) -> Tx {
        let id = ValidatorId::new(validator).unwrap();
        let active = state::validators(&self.state).unwrap();
        let likely = [100u8.wrapping_add(validator as u8), validator as u8];
        let key = active.get(id).and_then(|validator| {
            let mut keys = likely.into_iter().chain(0..=255).map(governance_key);
            keys.find(|key| SigningPublicKey::of(key) == validator.governance_key)
        });
        let key = key.unwrap_or_else(|| governance_key(likely[0]));
        let request = self.request();
        Tx::signed_by_validator(&self.spec.id(), request, action.into(), id, &key)
    }

    /// A proposal by a validator, as its next one.
    pub fn propose(&mut self, validator: u32, change: impl Into<Change>) -> Tx {
        let id = ValidatorId::new(validator).unwrap();
        let action = Propose {
            sequence: governance::proposals_by(&self.state, id).unwrap(),
            change: change.into(),
        };
        self.by_validator(validator, action)
    }

    /// A vote for a proposal.
    pub fn approve(&mut self, validator: u32, proposal: u64, change: impl Into<Change>) -> Tx {
        let action = Approve {
            proposal: ProposalId(proposal),
            change: change.into().digest(),
        };
        self.by_validator(validator, action)
    }

    /// Lets the first quorum of the active validators decide a change, in a block of its own.
    pub fn decide(&mut self, change: impl Into<Change>) -> Result<Effect, Reject> {
        let change = change.into();
        let active = state::validators(&self.state).unwrap();
        let voters: Vec<u32> = active
            .as_slice()
            .iter()
            .take(active.quorum())
            .map(|validator| validator.id.get())
            .collect();
        let number = state::counters(&self.state).unwrap().proposals + 1;
        let mut txs = vec![self.propose(voters[0], change.clone())];
        for voter in &voters[1..] {
            txs.push(self.approve(*voter, number, change.clone()));
        }
        let (executed, rejected) = self.block(txs);
        if let Some(reject) = rejected.into_iter().next() {
            return Err(reject);
        }
        match executed.results.last().unwrap().outcome {
            Outcome::Enacted { effect, .. } => Ok(effect),
            other => panic!("not enacted: {other:?}"),
        }
    }

    /// Makes empty blocks until the newest one is the first of an epoch.
    pub fn next_epoch(&mut self) {
        loop {
            self.block(Vec::new());
            if self.spec.epochs().begins_at(self.height()) {
                return;
            }
        }
    }

    /// Registers a member whose keys have its future number.
    pub fn register(&mut self, n: u8, roles: &[Role]) -> Result<Effect, Reject> {
        let action = RegisterMember {
            name: Name::new(format!("member {n}")).unwrap(),
            roles: Roles::new(roles).unwrap(),
            keys: keys_for(n, roles.contains(&Role::Platform)),
        };
        self.decide(action)
    }

    /// A reviewer's audit key, for this chain.
    pub fn audit_key(&self, reviewer: u32, secret: u64) -> RegisterAuditKey {
        let (secret, reviewer) = (audit_secret(secret), MemberId::new(reviewer).unwrap());
        let context = possession_context(&self.spec.id(), reviewer);
        RegisterAuditKey {
            reviewer,
            key: secret.public(),
            possession: PossessionProof::prove(&secret, &context).unwrap(),
        }
    }

    pub fn register_audit_key(&mut self, reviewer: u32, secret: u64) -> Result<Effect, Reject> {
        let change = self.audit_key(reviewer, secret);
        self.decide(change)
    }

    /// Makes empty blocks until the newest one is an anchor, and gives its height.
    pub fn anchor(&mut self) -> Height {
        let interval = u64::from(self.spec.genesis().anchor_interval_secs) * 1000;
        let next = (self.tip().time.0 / interval + 1) * interval;
        self.block_at(BlockTime(next), Vec::new());
        assert!(self.tip().is_anchor());
        self.height()
    }

    pub fn issue(&self, n: u64) -> Issue {
        Issue {
            holder_key: HolderKey(field(n)),
            body: Body(field(n + 1)),
            end_tag: tacit_circuits::commit::end_tag(&field(n + 2)),
        }
    }

    pub fn record(&self, n: u64) -> RegisterRecord {
        let Issue {
            holder_key,
            body,
            end_tag,
        } = self.issue(n);
        RegisterRecord {
            holder_key,
            body,
            end_tag,
        }
    }

    /// A grant that only looks like one: its proof is zero.
    pub fn grant(&self, anchor: Height, n: u64) -> Grant {
        let Issue {
            holder_key,
            body,
            end_tag,
        } = self.issue(n);
        Grant {
            anchor,
            holder_key,
            body,
            end_tag,
            audit_key: audit_secret(1).public().id(),
            audit_digest: AuditDigest(field(n + 3)),
            proof: Proof([0; 192]),
        }
    }

    /// An access that only looks like one: its proof is zero.
    pub fn access(&self, anchor: Height, n: u64) -> Access {
        Access {
            anchor,
            receipt: Receipt(field(n)),
            nullifier: UseNullifier(field(n + 1)),
            audit_key: audit_secret(1).public().id(),
            audit_digest: AuditDigest(field(n + 2)),
            proof: Proof([0; 192]),
        }
    }

    /// The set that certifies a block; the first for a header that names none there ever was.
    pub fn set_of(&self, header: &Header) -> ValidatorSet {
        state::validator_set(&self.state, &header.validators)
            .unwrap()
            .unwrap_or_else(|| self.spec.validators().clone())
    }

    /// A certificate for a block by these validators' keys.
    pub fn certify(&self, header: &Header, signers: &[u8]) -> Certificate {
        let proposal = Proposal {
            epoch: header.epoch.0,
            view: header.height.0 + 1,
            parent_view: header.height.0,
            block: header.id(),
        };
        let message = finalize_message(&self.spec.id(), &proposal);
        let set = self.set_of(header);
        let mut votes: Vec<(usize, Signature)> = signers
            .iter()
            .map(|n| {
                let key = signing_key(*n);
                let index = set
                    .keys()
                    .iter()
                    .position(|k| *k == ValidatorKey::of(&key))
                    .unwrap();
                (index, Signature(key.sign(&message).to_bytes()))
            })
            .collect();
        votes.sort_by_key(|(index, _)| *index);
        Certificate::new(proposal, set.keys().len(), &votes).unwrap()
    }
}
