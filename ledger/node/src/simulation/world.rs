//! The chain that is simulated, and the transactions that clients send.

use super::trapdoor;
use ed25519_dalek::SigningKey;
use rand::{RngExt as _, rngs::StdRng};
use std::sync::OnceLock;
use tacit_circuits::{
    audit::{AuditCiphertext, AuditSecretKey, PossessionProof},
    context::StatementId,
    field::Fr,
    keys::VerifyingKey,
    types::{AnchorView, AuditDigest, Body, EndTag, HolderKey, MemberId, PurposeSet, Timestamp},
};
use tacit_ledger::{
    action::{Action, Approve, Issue, Propose, RegisterRecord, grant::GrantContent},
    block::Sidecar,
    genesis::{
        ChainSpec, Genesis, GenesisValidator, GenesisValidators, GrantPolicy, PinnedKey, PinnedKeys,
    },
    governance::{
        AddValidator, Change, ProposalId, RegisterAuditKey, RegisterMember, RemoveValidator,
        register_audit_key::possession_context,
    },
    ids::{Height, RequestId, ValidatorId},
    member::{MemberKeys, Role, Roles},
    signature::{HpkePublicKey, SigningPublicKey, ValidatorKey},
    text::{Name, PeerAddress},
    tx::Tx,
    verifier::ProofKeys,
};

/// When simulated chains begin, in seconds since 1970.
pub(super) const START: u64 = 1_790_000_000;

/// Blocks of an epoch: few, so that every run crosses several.
pub(super) const EPOCH_BLOCKS: u32 = 12;

/// Proposals that [`World::founding`] makes.
pub(super) const FOUNDING: u64 = 3;

/// What went wrong while a simulation was set up. It does not depend on the seed.
pub(crate) type Setup<T> = Result<T, String>;

/// A transaction with what travels beside it.
pub(crate) type Sent = (Tx, Option<Sidecar>);

/// A chain and those who act on it.
pub(crate) struct World {
    pub(crate) spec: ChainSpec,
    issuer: SigningKey,
    reviewer: SigningKey,
    audit: AuditSecretKey,
}

fn text<E: ToString>(error: E) -> String {
    error.to_string()
}

/// The governance key of the n-th validator.
fn governance_of(n: usize) -> SigningKey {
    SigningKey::from_bytes(&[200 + n as u8; 32])
}

/// The number of the n-th machine's validator.
fn number_of(n: usize) -> Setup<ValidatorId> {
    let number = u32::try_from(n + 1).ok().and_then(ValidatorId::new);
    number.ok_or("no validator has this number".into())
}

/// The seed of the n-th validator's key.
pub(super) fn seed_of(n: usize) -> [u8; 32] {
    [100 + n as u8; 32]
}

/// Verifying keys of all statements, with their trapdoors known; made once.
fn keys() -> Setup<[VerifyingKey; 4]> {
    static BYTES: OnceLock<Option<[Vec<u8>; 4]>> = OnceLock::new();
    let made = BYTES.get_or_init(|| {
        let inputs = |statement| match statement {
            StatementId::Grant => grant_inputs(),
            _ => Some(1),
        };
        let keys = StatementId::ALL
            .map(|statement| inputs(statement).and_then(|inputs| trapdoor::key(statement, inputs)));
        let bytes = |key: &Option<VerifyingKey>| key.as_ref().map(|key| key.to_bytes().to_vec());
        let [a, b, c, d] = keys.each_ref().map(bytes);
        Some([a?, b?, c?, d?])
    });
    let bytes = made.as_ref().ok_or("the keys cannot be made")?;
    let load = |bytes: &Vec<u8>| {
        let id = tacit_circuits::tags::tagged_sha256(
            tacit_circuits::tags::VERIFYING_KEY,
            &[bytes.as_slice()],
        );
        VerifyingKey::load(bytes, &id).map_err(text)
    };
    let [a, b, c, d] = bytes.each_ref().map(load);
    Ok([a?, b?, c?, d?])
}

/// How many public inputs the grant statement has.
fn grant_inputs() -> Option<usize> {
    use tacit_circuits::grant::GrantInputs;
    Some(GrantInputs::<Fr>::COUNT)
}

impl World {
    /// A chain with so many validators.
    pub(crate) fn new(validators: usize) -> Setup<Self> {
        let pinned = keys()?.each_ref().map(|key| PinnedKey {
            verifying_key: key.id(),
            setup: key.setup(),
        });
        let [show, grant, access, open] = pinned;
        let list = (0..validators).map(|n| {
            Ok(GenesisValidator {
                name: Name::new(format!("validator-{n}")).map_err(text)?,
                consensus_key: ValidatorKey::of(&SigningKey::from_bytes(&seed_of(n))),
                governance_key: SigningPublicKey::of(&governance_of(n)),
                address: PeerAddress::new(format!("127.0.0.1:{}", 9000 + n)).map_err(text)?,
            })
        });
        let genesis = Genesis {
            name: Name::new("simulation").map_err(text)?,
            development: true,
            time: Timestamp(START),
            anchor_interval_secs: 2,
            anchors_kept: 1000,
            access_anchor_max_age_secs: 60,
            request_window_secs: 3600,
            max_time_ahead_ms: 500,
            epoch_blocks: EPOCH_BLOCKS,
            proposal_lifetime_secs: 3600,
            validators: GenesisValidators(list.collect::<Setup<_>>()?),
            statements: PinnedKeys {
                show,
                grant,
                access,
                open,
            },
            policy: GrantPolicy {
                max_duration_secs: 365 * 86_400,
                max_start_offset_secs: 86_400,
                purposes: PurposeSet(u32::MAX),
            },
        };
        let mut secret = [0; 32];
        secret[15] = 7;
        Ok(Self {
            spec: ChainSpec::new(genesis).map_err(text)?,
            issuer: SigningKey::from_bytes(&[2; 32]),
            reviewer: SigningKey::from_bytes(&[3; 32]),
            audit: AuditSecretKey::from_bytes(&secret).map_err(text)?,
        })
    }

    pub(crate) fn proof_keys(&self) -> Setup<ProofKeys> {
        let [show, grant, access, open] = keys()?;
        ProofKeys::new(&self.spec, show, grant, access, open).map_err(text)
    }

    /// What must be on the chain before anything else, in order.
    pub(crate) fn founding(&self) -> Setup<Vec<Tx>> {
        let chain = self.spec.id();
        let member = |name: &str, role, key: &SigningKey| -> Setup<Change> {
            Ok(Change::RegisterMember(RegisterMember {
                name: Name::new(name).map_err(text)?,
                roles: Roles::new(&[role]).ok_or("no roles")?,
                keys: MemberKeys {
                    signing: SigningPublicKey::of(key),
                    hpke: HpkePublicKey::new([5; 32]).map_err(text)?,
                    platform: None,
                },
            }))
        };
        let reviewer = MemberId::new(2).map_err(text)?;
        let possession = PossessionProof::prove(&self.audit, &possession_context(&chain, reviewer))
            .ok_or("no proof of possession")?;
        let audit_key = Change::RegisterAuditKey(RegisterAuditKey {
            reviewer,
            key: self.audit.public(),
            possession,
        });
        let quorum = self.spec.first_validators().quorum();
        let issuer = member("issuer", Role::Issuer, &self.issuer)?;
        let mut txs = self.decide(0, &issuer, quorum)?;
        let member = member("reviewer", Role::Reviewer, &self.reviewer)?;
        txs.extend(self.decide(1, &member, quorum)?);
        txs.extend(self.decide(FOUNDING - 1, &audit_key, quorum)?);
        Ok(txs)
    }

    /// A new validator on the n-th machine.
    pub(super) fn joins(&self, n: usize) -> Setup<Change> {
        Ok(Change::AddValidator(AddValidator {
            name: Name::new(format!("validator-{n}")).map_err(text)?,
            consensus_key: ValidatorKey::of(&SigningKey::from_bytes(&seed_of(n))),
            governance_key: SigningPublicKey::of(&governance_of(n)),
            address: PeerAddress::new(format!("127.0.0.1:{}", 9000 + n)).map_err(text)?,
        }))
    }

    /// The n-th machine's validator leaves.
    pub(super) fn leaves(&self, n: usize) -> Setup<Change> {
        Ok(Change::RemoveValidator(RemoveValidator {
            validator: number_of(n)?,
        }))
    }

    /// The votes of `quorum` validators for a change, which is the first one's proposal after so many others.
    pub(super) fn decide(&self, sequence: u64, change: &Change, quorum: usize) -> Setup<Vec<Tx>> {
        let votes = (0..quorum).map(|n| {
            let action = match n {
                0 => Propose {
                    sequence,
                    change: change.clone(),
                }
                .into(),
                _ => Approve {
                    proposal: ProposalId(sequence + 1),
                    change: change.digest(),
                }
                .into(),
            };
            Ok(Tx::signed_by_validator(
                &self.spec.id(),
                request_id(0, 1000 * (sequence + 1) + n as u64),
                action,
                number_of(n)?,
                &governance_of(n),
            ))
        });
        votes.collect()
    }

    /// The n-th transaction of the load, of a kind that chance decides. Grants name the anchor.
    pub(super) fn transaction(&self, n: u64, anchor: &AnchorView, rng: &mut StdRng) -> Setup<Sent> {
        match rng.random_range(0..4u8) {
            0 => Ok((self.issue(n)?, None)),
            1 => Ok((record(n), None)),
            _ => self.grant(n, anchor),
        }
    }

    fn issue(&self, n: u64) -> Setup<Tx> {
        let action = Action::Issue(Issue {
            holder_key: HolderKey(value(n, 1)),
            body: Body(value(n, 2)),
            end_tag: EndTag(value(n, 3)),
        });
        let issuer = MemberId::new(1).map_err(text)?;
        let chain = self.spec.id();
        Ok(Tx::signed_by_member(
            &chain,
            request_id(1, n),
            action,
            issuer,
            &self.issuer,
        ))
    }

    /// A grant whose proof verifies, with its ciphertext.
    pub(crate) fn grant(&self, n: u64, anchor: &AnchorView) -> Setup<Sent> {
        let (content, sidecar) = self.grant_content(n, anchor)?;
        let key = self.audit.public();
        let inputs = content
            .public(&self.spec, anchor, &key, &self.spec.genesis().policy)
            .inputs()
            .map_err(text)?
            .into_vec();
        let proof = trapdoor::prove(&inputs, n).ok_or("no proof")?;
        let action = Action::Grant(content.with_proof(key.id(), proof));
        Ok((Tx::unsigned(request_id(1, n), action), Some(sidecar)))
    }

    /// A grant whose proof is well-formed and false.
    pub(super) fn false_grant(&self, n: u64, anchor: &AnchorView) -> Setup<Sent> {
        let (content, sidecar) = self.grant_content(n, anchor)?;
        let proof = trapdoor::prove(&[Fr::from(n)], n).ok_or("no proof")?;
        let action = Action::Grant(content.with_proof(self.audit.public().id(), proof));
        Ok((Tx::unsigned(request_id(2, n), action), Some(sidecar)))
    }

    fn grant_content(&self, n: u64, anchor: &AnchorView) -> Setup<(GrantContent, Sidecar)> {
        let words = [value(n, 7); 2];
        let ciphertext =
            AuditCiphertext::encrypt(&self.audit.public(), &value(n, 8), &value(n, 9), &words)
                .ok_or("no ciphertext")?;
        let content = GrantContent {
            anchor: Height(anchor.height),
            holder_key: HolderKey(value(n, 4)),
            body: Body(value(n, 5)),
            end_tag: EndTag(value(n, 6)),
            audit_digest: AuditDigest(ciphertext.digest().0),
        };
        Ok((content, Sidecar { ciphertext }))
    }
}

fn record(n: u64) -> Tx {
    let action = Action::RegisterRecord(RegisterRecord {
        holder_key: HolderKey(value(n, 1)),
        body: Body(value(n, 2)),
        end_tag: EndTag(value(n, 3)),
    });
    Tx::unsigned(request_id(1, n), action)
}

fn value(n: u64, kind: u64) -> Fr {
    Fr::from(1_000_000 + n * 16 + kind)
}

fn request_id(kind: u8, n: u64) -> RequestId {
    let mut id = [kind; 16];
    id[8..].copy_from_slice(&n.to_be_bytes());
    RequestId(id)
}
