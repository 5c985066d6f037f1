//! A chain on which everything is real: proofs, ciphertexts, paths. One credential, one record, one grant, one access.

use super::chain::{Chain, audit_secret, field, genesis, keys_for};
use crate::action::access::AccessContent;
use crate::action::grant::GrantContent;
use crate::action::register_schema::schema_id;
use crate::action::*;
use crate::block::Sidecar;
use crate::governance::RegisterMember;
use crate::ids::Height;
use crate::member::{PlatformCommitment, Role, Roles};
use crate::outcome::Outcome;
use crate::state::{self, EndedNodes, NoteNodes, PlatformNodes};
use crate::text::{Name, SchemaDocument};
use crate::verifier::{Immediate, ProofKeys};
use std::sync::OnceLock;
use tacit_circuits::access::{self, AccessWitness};
use tacit_circuits::audit::AuditPublicKey;
use tacit_circuits::commit::{self, CredentialBody, GrantBody, RecordBody};
use tacit_circuits::context::{STATEMENT_VERSION, StatementId, context};
use tacit_circuits::field::Fr;
use tacit_circuits::grant::{self, GrantWitness};
use tacit_circuits::keys::{ProvingKey, VerifyingKey, insecure_development_setup};
use tacit_circuits::open::Open;
use tacit_circuits::show::{Op, Predicate, Show, ShowPublic, ShowWitness};
use tacit_circuits::tree::{LivePath, ended, note, platform};
use tacit_circuits::types::*;
use tacit_circuits::{Entropy, Proof, attribute, prove};

pub(super) const SK: u64 = 777;
pub(super) const PLATFORM_SECRET: u64 = 888;
pub(super) const CREDENTIAL: Position = Position(0);
pub(super) const RECORD: Position = Position(1);
pub(super) const DOCUMENT: &str = "{\"name\":\"person\"}";

/// The proving keys, made once.
pub(super) struct Proving {
    pub show: ProvingKey,
    pub grant: ProvingKey,
    pub access: ProvingKey,
    pub open: ProvingKey,
}

pub(super) fn proving() -> &'static Proving {
    static CELL: OnceLock<Proving> = OnceLock::new();
    CELL.get_or_init(|| Proving {
        show: insecure_development_setup::<Show>().unwrap(),
        grant: insecure_development_setup::<grant::Grant>().unwrap(),
        access: insecure_development_setup::<access::Access>().unwrap(),
        open: insecure_development_setup::<Open>().unwrap(),
    })
}

/// A fresh copy of a verifying key.
pub(super) fn verifying(key: &ProvingKey) -> VerifyingKey {
    let key = key.verifying_key();
    VerifyingKey::load(key.to_bytes(), &key.id()).unwrap()
}

/// The chain and what its people hold.
pub(super) struct Story {
    pub chain: Chain,
    pub keys: ProofKeys,
    pub schema: Fr,
    /// Newest anchor under which credential and record are live.
    pub anchor: Height,
    /// When the grant begins.
    pub start: Timestamp,
}

impl Story {
    /// Members 1 (issuer), 2 (platform), 3 (reviewer, audit key 1), 4 (vault); a credential and a record.
    pub fn new() -> Self {
        Self::on("a chain with real proofs")
    }

    /// The same on a chain of another name.
    pub fn on(name: &str) -> Self {
        let mut constants = genesis(&[101]);
        constants.name = Name::new(name).unwrap();
        let pinned = &mut constants.statements;
        pinned.show.verifying_key = proving().show.verifying_key().id();
        pinned.grant.verifying_key = proving().grant.verifying_key().id();
        pinned.access.verifying_key = proving().access.verifying_key().id();
        pinned.open.verifying_key = proving().open.verifying_key().id();
        let mut chain = Chain::with_genesis(constants);
        let keys = ProofKeys::new(
            &chain.spec,
            verifying(&proving().show),
            verifying(&proving().grant),
            verifying(&proving().access),
            verifying(&proving().open),
        )
        .unwrap();
        chain.register(1, &[Role::Issuer]).unwrap();
        let mut platform = RegisterMember {
            name: Name::new("Bank of Tests").unwrap(),
            roles: Roles::new(&[Role::Platform]).unwrap(),
            keys: keys_for(2, true),
        };
        platform.keys.platform = Some(PlatformCommitment(commit::platform_commitment(&field(
            PLATFORM_SECRET,
        ))));
        chain.decide(platform).unwrap();
        chain.register(3, &[Role::Reviewer]).unwrap();
        chain.register(4, &[Role::Vault]).unwrap();
        chain.register_audit_key(3, 1).unwrap();
        let document = SchemaDocument::new(DOCUMENT).unwrap();
        let schema = schema_id(&document);
        let tx = chain.by_member(1, 1, RegisterSchema { document });
        chain.submit(tx).unwrap();
        let mut story = Self {
            chain,
            keys,
            schema,
            anchor: Height(0),
            start: Timestamp(0),
        };
        let issue = Issue {
            holder_key: commit::holder_key(&field(SK), &field(1)),
            body: story.credential().commit(),
            end_tag: commit::end_tag(&field(2)),
        };
        let record = RegisterRecord {
            holder_key: commit::holder_key(&field(SK), &field(3)),
            body: record_body().commit(),
            end_tag: commit::end_tag(&field(4)),
        };
        let txs = vec![
            story.chain.by_member(1, 1, issue),
            story.chain.unsigned(record),
        ];
        let (executed, _) = story.chain.block(txs);
        assert_eq!(executed.results.len(), 2);
        story.anchor = story.chain.anchor();
        story.start = story.view().time;
        story
    }

    fn credential(&self) -> CredentialBody {
        let mut attributes = [attribute::absent(); 16];
        attributes[0] = attribute::from_i64(42);
        CredentialBody {
            schema: self.schema,
            attributes,
            valid_from: Timestamp(0),
            valid_until: Timestamp(u64::from(u32::MAX)),
            salt: field(5),
        }
    }

    fn live(&self, position: Position) -> LivePath {
        let note = note::path(&NoteNodes(&self.chain.state), position).unwrap();
        let ended = ended::path(&EndedNodes(&self.chain.state), position).unwrap();
        LivePath::new(&note, &ended).unwrap()
    }

    pub fn view(&self) -> AnchorView {
        state::anchor(&self.chain.state, self.anchor).unwrap()
    }

    pub fn audit_key(&self) -> AuditPublicKey {
        audit_secret(1).public()
    }

    pub fn grant_body(&self) -> GrantBody {
        let now = self.start;
        let year = tacit_circuits::calendar::Date::of(now).unwrap().year();
        GrantBody {
            record: RECORD,
            grantee: MemberId::new(2).unwrap(),
            purpose: Purpose::from_slug("delivery-of-goods").unwrap(),
            categories: CategorySet::EMPTY.with(Category::from_slug("address").unwrap()),
            not_before: now,
            not_after: now.saturating_add(3600),
            max_uses: 3,
            audit_nym: commit::audit_nym(&field(SK), &self.audit_key().id().0, year),
            salt: field(6),
        }
    }

    /// A grant with its proof and sidecar, for the current state.
    pub fn grant(&self, entropy: u8) -> (Grant, Sidecar) {
        let witness = GrantWitness {
            sk: Secret::new(field(SK)),
            record_rho: Secret::new(field(3)),
            record_body: record_body(),
            record_end_tag: commit::end_tag(&field(4)),
            path: self.live(RECORD),
            grant_rho: Secret::new(field(7)),
            body: self.grant_body(),
        };
        let mut content = GrantContent {
            anchor: self.anchor,
            holder_key: commit::holder_key(&field(SK), &field(7)),
            body: self.grant_body().commit(),
            end_tag: commit::end_tag(&field(8)),
            audit_digest: AuditDigest(field(0)),
        };
        let (spec, view, key) = (&self.chain.spec, self.view(), self.audit_key());
        let ciphertext = witness
            .audit_ciphertext(&content.public(spec, &view, &key, &spec.genesis().policy))
            .unwrap();
        content.audit_digest = ciphertext.digest();
        let public = content.public(spec, &view, &key, &spec.genesis().policy);
        let proof = prove::<grant::Grant>(
            &proving().grant,
            &public,
            &witness,
            Entropy::new([entropy; 32]),
        )
        .unwrap();
        (content.with_proof(key.id(), proof), Sidecar { ciphertext })
    }

    /// Puts the grant on the chain and goes on to the next anchor. Gives its position and sidecar.
    pub fn granted(&mut self) -> (Position, Sidecar) {
        let (grant, sidecar) = self.grant(1);
        let tx = self.chain.unsigned(grant);
        let outcome = self.submit(tx);
        let Outcome::Leaf {
            position,
            existing: false,
        } = outcome
        else {
            panic!("{outcome:?}")
        };
        self.anchor = self.chain.anchor();
        (position, sidecar)
    }

    /// An access under the grant at a position, with its proof and sidecar, for the current state.
    pub fn access(&self, body: GrantBody, position: Position, use_index: u16) -> (Access, Sidecar) {
        let member = MemberId::new(2).unwrap();
        let witness = AccessWitness {
            platform_secret: Secret::new(field(PLATFORM_SECRET)),
            platform_path: platform::path(&PlatformNodes(&self.chain.state), member).unwrap(),
            holder_key: commit::holder_key(&field(SK), &field(7)),
            end_tag: commit::end_tag(&field(8)),
            body,
            path: self.live(position),
            record_path: ended::path(&EndedNodes(&self.chain.state), RECORD).unwrap(),
            use_index,
            vault: MemberId::new(4).unwrap(),
            session_key_hash: Digest32([5; 32]),
            receipt_nonce: field(900 + u64::from(use_index)),
        };
        let view = self.view();
        let mut content = AccessContent {
            anchor: self.anchor,
            receipt: witness.receipt(view.time).commit(),
            nullifier: witness.nullifier(),
            audit_digest: AuditDigest(field(0)),
        };
        let (spec, key) = (&self.chain.spec, self.audit_key());
        let ciphertext = witness
            .audit_ciphertext(&content.public(spec, &view, &key))
            .unwrap();
        content.audit_digest = ciphertext.digest();
        let public = content.public(spec, &view, &key);
        let proof =
            prove::<access::Access>(&proving().access, &public, &witness, Entropy::new([9; 32]))
                .unwrap();
        (content.with_proof(key.id(), proof), Sidecar { ciphertext })
    }

    /// Puts one transaction into a block, its proof verified.
    pub fn submit(&mut self, tx: crate::tx::Tx) -> Outcome {
        let time = self.chain.after(1);
        let (executed, rejected) =
            self.chain
                .block_with(time, vec![tx], &mut Immediate(&self.keys));
        assert!(rejected.is_empty(), "{rejected:?}");
        executed.results[0].outcome
    }

    /// A show proof of "slot 0 is at least 18", for a challenge.
    pub fn show(&self, challenge: &Digest32) -> (ShowPublic, Proof) {
        let scope = field(55);
        let witness = ShowWitness {
            sk: Secret::new(field(SK)),
            rho: Secret::new(field(1)),
            issuer: MemberId::new(1).unwrap(),
            body: self.credential(),
            end: commit::end_tag(&field(2)),
            path: self.live(CREDENTIAL),
        };
        let public = ShowPublic {
            anchor: self.view(),
            issuers: vec![MemberId::new(1).unwrap()],
            schema: self.schema,
            scope,
            nym: commit::show_nym(&field(SK), &scope),
            predicates: vec![Predicate::new(0, Op::Ge, attribute::from_i64(18))],
            set: Vec::new(),
            disclosed: [None; 16],
            context: context(
                &self.chain.spec.id().0,
                StatementId::Show,
                STATEMENT_VERSION,
                challenge,
            ),
        };
        let proof =
            prove::<Show>(&proving().show, &public, &witness, Entropy::new([3; 32])).unwrap();
        (public, proof)
    }

    /// A light client that followed the whole chain, and its headers.
    pub fn certified(&self) -> Vec<crate::light::CertifiedHeader> {
        let headers: Vec<_> = self.chain.blocks[1..]
            .iter()
            .map(|block| block.header.clone())
            .collect();
        let certificate = self.chain.certify(self.chain.tip(), &[101]);
        crate::light::LightClient::from_genesis(&self.chain.spec)
            .unwrap()
            .follow(&headers, &certificate, &self.chain.set_of(self.chain.tip()))
            .unwrap()
    }
}

pub(super) fn record_body() -> RecordBody {
    RecordBody {
        content_digest: Digest32([1; 32]),
        key_commitment: Digest32([2; 32]),
        category: Category::from_slug("address").unwrap(),
        salt: field(10),
    }
}
