//! A chain with a grant and two accesses, and the bundles that can be made of it. Proofs of statements are taken as true:
//! no bundle but a presentation's carries one.

use crate::action::*;
use crate::bundle::*;
use crate::codec::encode_vec;
use crate::handover::Handover;
use crate::header::Header;
use crate::ids::{Height, ValidatorId};
use crate::keys::{self, StateKey};
use crate::member::Role;
use crate::outcome::Outcome;
use crate::signature::{SigningPublicKey, ValidatorKey};
use crate::state::{self, Changes, EndedNodes, NoteNodes};
use crate::tests::chain::{genesis, governance_key};
use crate::tests::{Chain, audit_secret, field, signing_key};
use crate::text::{Name, PeerAddress, Purpose as Why};
use crate::tx::Tx;
use crate::validators::{Validator, ValidatorSet, Validators};
use tacit_circuits::Proof;
use tacit_circuits::audit::{AccessTerms, AuditCiphertext, DecryptionShare};
use tacit_circuits::commit::{self, GrantBody, ReceiptOpening};
use tacit_circuits::tree::{ended, note};
use tacit_circuits::types::*;

pub const FOUR: [u8; 4] = [101, 102, 103, 104];
const RECORD: Position = Position(0);

/// An access, as the platform knows it.
pub struct Accessed {
    pub height: Height,
    pub receipt: ReceiptOpening,
    pub ciphertext: AuditCiphertext,
}

pub struct Scene {
    pub chain: Chain,
    pub opening: GrantOpening,
    pub position: Position,
    /// Height of the grant.
    pub granted: Height,
    pub grant_ciphertext: AuditCiphertext,
    pub accesses: Vec<Accessed>,
    /// Height of the reviewer's statement, about everything before it.
    pub stated: Height,
    /// The validator sets there were, by their keys.
    sets: Vec<Vec<u8>>,
}

/// The set of validators with these keys.
pub fn set(keys: &[u8]) -> ValidatorSet {
    let keys = keys.iter().map(|n| ValidatorKey::of(&signing_key(*n)));
    ValidatorSet::new(keys.collect()).unwrap()
}

pub fn member(id: u32) -> MemberId {
    MemberId::new(id).unwrap()
}

impl Scene {
    /// Members 1 (issuer), 2 (platform), 3 (reviewer), 4 (vault). The grant allows five uses; two are spent, some blocks
    /// apart.
    pub fn new() -> Self {
        let mut chain = Chain::with_genesis(genesis(&FOUR));
        for (n, role) in [
            (1, Role::Issuer),
            (2, Role::Platform),
            (3, Role::Reviewer),
            (4, Role::Vault),
        ] {
            chain.register(n, &[role]).unwrap();
        }
        chain.register_audit_key(3, 1).unwrap();
        let tx = chain.unsigned(chain.record(10));
        chain.submit(tx).unwrap();
        let anchor = chain.anchor();
        let now = chain.tip().time.timestamp();
        let opening = GrantOpening {
            holder_key: commit::holder_key(&field(777), &field(7)),
            end_tag: commit::end_tag(&field(8)),
            body: GrantBody {
                record: RECORD,
                grantee: member(2),
                purpose: Purpose::from_slug("delivery-of-goods").unwrap(),
                categories: CategorySet::EMPTY.with(Category::from_slug("address").unwrap()),
                not_before: now,
                not_after: now.saturating_add(3600),
                max_uses: 5,
                audit_nym: Nym(field(99)),
                salt: field(6),
            },
        };
        let key = audit_secret(1).public();
        let (leaf, words) = (opening.leaf(), opening.body.terms().words());
        let ciphertext = AuditCiphertext::encrypt(&key, &field(777), &leaf.0, &words).unwrap();
        let grant = Grant {
            anchor,
            holder_key: opening.holder_key,
            body: opening.body.commit(),
            end_tag: opening.end_tag,
            audit_key: key.id(),
            audit_digest: ciphertext.digest(),
            proof: Proof([0; 192]),
        };
        let tx = chain.unsigned(grant);
        let Outcome::Leaf { position, .. } = chain.submit(tx).unwrap() else {
            panic!("a grant adds a leaf")
        };
        let mut scene = Self {
            granted: chain.height(),
            chain,
            opening,
            position,
            grant_ciphertext: ciphertext,
            accesses: Vec::new(),
            stated: Height(0),
            sets: vec![FOUR.to_vec()],
        };
        for number in [0, 3] {
            scene.pass(3);
            scene.access(number);
        }
        scene.pass(2);
        let open = OpenAudit {
            from: Height(1),
            to: scene.chain.height(),
            purpose: Why::new("case 7").unwrap(),
        };
        let tx = scene.chain.by_member(3, 3, open);
        scene.chain.submit(tx).unwrap();
        scene.stated = scene.chain.height();
        scene.pass(1);
        scene
    }

    /// Blocks in which nothing of interest happens.
    pub fn pass(&mut self, blocks: u64) {
        for _ in 0..blocks {
            let n = 1000 + 10 * self.chain.height().0;
            let tx = self.chain.unsigned(self.chain.record(n));
            self.chain.submit(tx).unwrap();
        }
    }

    /// Spends a use of the grant.
    pub fn access(&mut self, number: u16) {
        let anchor = self.chain.anchor();
        let time = self.chain.tip().time.timestamp();
        let key = audit_secret(1).public();
        let body = &self.opening.body;
        let nullifier = self.opening.nullifiers().unwrap()[usize::from(number)];
        let terms = AccessTerms {
            grantee: body.grantee,
            grant: self.position,
            record: body.record,
            purpose: body.purpose,
            categories: body.categories,
            time,
            audit_nym: body.audit_nym,
        };
        let ciphertext =
            AuditCiphertext::encrypt(&key, &field(888), &nullifier.0, &terms.words()).unwrap();
        let receipt = ReceiptOpening {
            grant: self.position,
            record: body.record,
            grantee: body.grantee,
            vault: member(4),
            session_key_hash: Digest32([5; 32]),
            not_after: body.not_after,
            anchor_time: time,
            nonce: field(900 + u64::from(number)),
        };
        let access = Access {
            anchor,
            receipt: receipt.commit(),
            nullifier,
            audit_key: key.id(),
            audit_digest: ciphertext.digest(),
            proof: Proof([0; 192]),
        };
        let tx = self.chain.unsigned(access);
        self.chain.submit(tx).unwrap();
        self.accesses.push(Accessed {
            height: self.chain.height(),
            receipt,
            ciphertext,
        });
    }

    pub fn trust(&self) -> Trust {
        Trust::Genesis(self.chain.spec.id())
    }

    pub fn header(&self, height: Height) -> Header {
        self.chain.blocks[height.0 as usize].header.clone()
    }

    /// The validators whose set a header names.
    pub fn signers(&self, header: &Header) -> Vec<u8> {
        let named = |keys: &&Vec<u8>| set(keys).hash() == header.validators;
        self.sets.iter().find(named).unwrap().clone()
    }

    /// Schedules other validators, as governance would, and goes on to the first block of the next epoch.
    pub fn replace_validators(&mut self, keys: &[u8]) {
        let validators = keys.iter().map(|n| Validator {
            id: ValidatorId::new(u32::from(*n)).unwrap(),
            name: Name::new(format!("validator {n}")).unwrap(),
            consensus_key: ValidatorKey::of(&signing_key(*n)),
            governance_key: SigningPublicKey::of(&governance_key(*n)),
            address: PeerAddress::new(format!("10.0.0.{n}:9000")).unwrap(),
        });
        let validators = Validators::new(validators.collect()).unwrap();
        let scheduled = Some(encode_vec(&validators));
        self.chain
            .state
            .apply(Changes::from([(keys::scheduled_validators(), scheduled)]));
        self.sets.push(keys.to_vec());
        let epoch = self.chain.tip().epoch;
        while self.chain.tip().epoch == epoch {
            self.pass(1);
        }
        assert_eq!(self.signers(self.chain.tip()), keys);
    }

    /// The changes of the validator set so far.
    pub fn handovers(&self) -> Vec<Handover> {
        let epochs = self.chain.spec.epochs();
        let headers = self.chain.blocks.iter().map(|block| &block.header);
        headers
            .filter(|h| epochs.ends_at(h.height) && h.next_validators != h.validators)
            .map(|header| Handover {
                header: header.clone(),
                certificate: self.chain.certify(header, &self.signers(header)),
                next: self.chain.set_of(&self.header(header.height.next())),
            })
            .collect()
    }

    /// A segment of one header, by these signers.
    pub fn segment(&self, height: Height, signers: &[u8]) -> Segment {
        let header = self.header(height);
        let certificate = self.chain.certify(&header, signers);
        Segment::new(vec![header], certificate).unwrap()
    }

    /// Evidence of these heights.
    pub fn evidence(&self, heights: &[Height]) -> ChainEvidence {
        let segments = heights.iter().map(|height| {
            let all = self.signers(&self.header(*height));
            self.segment(*height, &all[..set(&all).quorum()])
        });
        ChainEvidence::new(&self.chain.spec, &self.handovers(), segments.collect()).unwrap()
    }

    /// A value of the newest state.
    pub fn state(&self, key: &StateKey) -> StateEvidence {
        let (value, proof) = state::prove(&self.chain.state, self.chain.height(), key).unwrap();
        StateEvidence::new(self.chain.height(), value, proof)
    }

    pub fn member(&self, id: u32) -> StateEvidence {
        self.state(&keys::member(member(id)))
    }

    /// The grant, as of the tip.
    pub fn grant_evidence(&self) -> GrantEvidence {
        GrantEvidence {
            height: self.chain.height(),
            opening: self.opening.clone(),
            path: note::path(&NoteNodes(&self.chain.state), self.position).unwrap(),
        }
    }

    pub fn grant(&self) -> GrantBundle {
        let ended = |at| ended::path(&EndedNodes(&self.chain.state), at).unwrap();
        GrantBundle {
            chain: self.evidence(&[self.chain.height()]),
            grant: self.grant_evidence(),
            ended: ended(self.position),
            record_ended: ended(RECORD),
            grantee: self.member(2),
        }
    }

    pub fn tx(&self, height: Height) -> TxEvidence {
        let block = &self.chain.blocks[height.0 as usize];
        TxEvidence {
            height,
            tx: block.txs.0[0].clone(),
            proof: block.prove_tx(0).unwrap(),
        }
    }

    pub fn receipt(&self, number: usize) -> ReceiptBundle {
        let accessed = &self.accesses[number];
        ReceiptBundle {
            chain: self.evidence(&[accessed.height, self.chain.height()]),
            access: self.tx(accessed.height),
            opening: accessed.receipt.clone(),
            grantee: self.member(2),
            vault: self.member(4),
        }
    }

    pub fn row(&self, height: Height, ciphertext: &AuditCiphertext) -> RowBundle {
        let secret = audit_secret(1);
        RowBundle {
            chain: self.evidence(&[height, self.stated, self.chain.height()]),
            row: self.tx(height),
            ciphertext: ciphertext.clone(),
            key: secret.public(),
            share: DecryptionShare::compute(&secret, ciphertext).unwrap(),
            grantee: self.member(2),
            opening: self.tx(self.stated),
            reviewer: self.member(3),
        }
    }

    pub fn absence(&self, from: Height, to: Height) -> AbsenceBundle {
        let nullifiers = self.opening.nullifiers().unwrap();
        let uses = nullifiers.iter().map(|n| self.state(&keys::nullifier(n)));
        AbsenceBundle {
            chain: self.evidence(&[from, to, self.chain.height()]),
            grant: self.grant_evidence(),
            from,
            to,
            uses: List(uses.collect()),
            grantee: self.member(2),
        }
    }

    pub fn state_bundle(&self, key: StateKey) -> StateBundle {
        StateBundle {
            chain: self.evidence(&[self.chain.height()]),
            state: self.state(&key),
            key,
        }
    }

    pub fn transaction(&self, height: Height) -> TransactionBundle {
        TransactionBundle {
            chain: self.evidence(&[height]),
            tx: self.tx(height),
        }
    }

    /// Puts a transaction of anybody into a block of its own.
    pub fn submit(&mut self, action: impl Into<Action>) -> Outcome {
        let tx: Tx = self.chain.unsigned(action);
        self.chain.submit(tx).unwrap()
    }
}
