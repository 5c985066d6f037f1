//! The members of a test chain: an issuer, platforms, a vault, a reviewer.

use ark_std::rand::SeedableRng as _;
use ed25519_dalek::SigningKey;
use serde_json::json;
use tacit_circuits::Proof;
use tacit_circuits::audit::{AuditSecretKey, PossessionProof};
use tacit_circuits::commit::use_nullifier;
use tacit_circuits::field::Fr;
use tacit_circuits::types::{
    AuditDigest, AuditKeyId, Category, MemberId, Position, Purpose, Receipt, Secret, Timestamp,
};
use tacit_identity::credential::{CredentialTerms, Draft};
use tacit_identity::did::MemberDid;
use tacit_identity::issuance::{IssuanceOffer, SignedIssuanceRequest};
use tacit_identity::presentation::{
    PresentationRequest, ProofTerms, SignedPresentationRequest, Verifier,
};
use tacit_identity::request::{Approval, Reply, SharingRequest, SignedSharingRequest};
use tacit_identity::schema::{Claims, Schema};
use tacit_identity::signer::{IssuerSigner, MemberSigner};
use tacit_ledger::action::end::EndRight;
use tacit_ledger::action::{Access, Action, End, Issue, RegisterSchema};
use tacit_ledger::governance::register_audit_key::possession_context;
use tacit_ledger::governance::{Effect, RegisterAuditKey, RegisterMember};
use tacit_ledger::keys;
use tacit_ledger::member::{MemberKeys, PlatformCommitment, Role, Roles};
use tacit_ledger::outcome::Outcome;
use tacit_ledger::signature::{HpkePublicKey, SigningPublicKey};
use tacit_ledger::state;
use tacit_ledger::text::{Name, SchemaDocument};
use tacit_ledger::tx::Tx;
use tacit_vault::envelope::{Envelope, EnvelopeBinding, SealedMessage};
use tacit_vault::hpke_keys::HpkeSecretKey;
use tacit_vault::object::{DataKey, ObjectId};

use super::{Chain, open_key};
use crate::codec::decode_exact;
use crate::inbox::open_reply;

impl Chain {
    /// Registers a member whose secrets follow from one byte.
    pub fn member(&mut self, name: &str, role: Role, secret: u8) -> MemberId {
        let platform =
            (role == Role::Platform).then(|| PlatformCommitment(Fr::from(u64::from(secret))));
        let hpke = HpkeSecretKey::new([secret; 32]).public_key();
        let keys = MemberKeys {
            signing: SigningPublicKey::of(&SigningKey::from_bytes(&[secret; 32])),
            hpke: HpkePublicKey::new(hpke.0).unwrap(),
            platform,
        };
        let roles = Roles::new(&[role]).unwrap();
        match self.decide(RegisterMember {
            name: Name::new(name).unwrap(),
            roles,
            keys,
        }) {
            Effect::Member { member } => member,
            other => panic!("{other:?}"),
        }
    }

    /// Does something as the member with these secrets.
    pub fn as_member(
        &mut self,
        member: MemberId,
        secret: u8,
        action: impl Into<Action>,
    ) -> Outcome {
        let key = SigningKey::from_bytes(&[secret; 32]);
        let tx = Tx::signed_by_member(
            &self.spec.id(),
            self.request_id(),
            action.into(),
            member,
            &key,
        );
        self.relay(&tx).unwrap()
    }

    /// Registers a reviewer with an audit key.
    pub fn reviewer(&mut self, secret: u8) -> AuditSecretKey {
        let member = self.member(&format!("reviewer-{secret}"), Role::Reviewer, secret);
        let mut rng = ark_std::rand::rngs::StdRng::seed_from_u64(u64::from(secret));
        let audit = AuditSecretKey::generate(&mut rng);
        let context = possession_context(&self.spec.id(), member);
        let possession = PossessionProof::prove(&audit, &context).unwrap();
        self.decide(RegisterAuditKey {
            reviewer: member,
            key: audit.public(),
            possession,
        });
        audit
    }
}

/// An issuer.
pub struct Issuer {
    pub member: MemberId,
    secret: u8,
    did: MemberDid,
}

/// What an issuer gives back.
pub struct IssuedDocuments {
    pub schema: Vec<u8>,
    pub credential: Vec<u8>,
    pub opening: Vec<u8>,
}

impl IssuedDocuments {
    pub fn received(&self) -> crate::issuance::Received<'_> {
        crate::issuance::Received {
            schema: &self.schema,
            credential: &self.credential,
            opening: &self.opening,
        }
    }
}

impl Issuer {
    pub fn register(chain: &mut Chain, name: &str, secret: u8) -> Self {
        let member = chain.member(name, Role::Issuer, secret);
        let schema = Schema::person().unwrap().canonical_bytes().unwrap();
        let document = SchemaDocument::new(String::from_utf8(schema).unwrap()).unwrap();
        chain.as_member(member, secret, RegisterSchema { document });
        Issuer {
            member,
            secret,
            did: MemberDid {
                chain: chain.spec.id().0,
                member,
            },
        }
    }

    /// What is to be shown of a credential of this issuer.
    pub fn terms(&self, query: &str) -> ProofTerms {
        ProofTerms {
            label: "shop".into(),
            schema: Schema::person().unwrap().id().unwrap(),
            issuers: vec![self.member],
            query: query.into(),
            oldest_anchor: Timestamp(0),
        }
    }

    pub fn offer(&self, chain: &Chain, code: u8) -> IssuanceOffer {
        IssuanceOffer {
            issuer: self.did,
            schema: Schema::person().unwrap().id().unwrap(),
            code: Secret::new([code; 32]),
            expires: chain.now().saturating_add(86_400),
        }
    }

    /// Issues a person's credential. The same request again gives the same credential.
    pub fn issue(
        &self,
        chain: &mut Chain,
        offer: &IssuanceOffer,
        signed: &SignedIssuanceRequest,
    ) -> IssuedDocuments {
        self.issue_at(chain, offer, signed, None)
    }

    /// Ends a credential.
    pub fn revoke(&self, chain: &mut Chain, position: Position) {
        chain.as_member(
            self.member,
            self.secret,
            End {
                position,
                right: EndRight::Controller,
            },
        );
    }

    /// Issues a credential and says that it stands at `claimed`.
    pub fn issue_at(
        &self,
        chain: &mut Chain,
        offer: &IssuanceOffer,
        signed: &SignedIssuanceRequest,
        claimed: Option<Position>,
    ) -> IssuedDocuments {
        let request = signed
            .verify(offer, chain.now(), open_key().verifying_key())
            .unwrap()
            .request;
        let schema = Schema::person().unwrap();
        let claims = json!({
            "givenName": "Ada", "familyName": "Planted-Surname", "birthdate": "1990-02-28", "country": "DE",
        });
        let terms = CredentialTerms {
            issuer: self.did,
            subject: request.subject,
            holder_key: request.holder_key,
            end_tag: request.end_tag,
            claims: Claims::from_json(&schema, claims.as_object().unwrap()).unwrap(),
            valid_from: Timestamp(1_700_000_000),
            valid_until: Timestamp(2_000_000_000),
            salt: Fr::from(77u64),
        };
        let draft = Draft::new(&schema, terms).unwrap();
        let (holder_key, body, end_tag) = draft.parts();
        let position = match chain.as_member(
            self.member,
            self.secret,
            Issue {
                holder_key,
                body,
                end_tag,
            },
        ) {
            Outcome::Leaf { position, .. } => position,
            other => panic!("{other:?}"),
        };
        self.documents(chain, &schema, &draft, claimed.unwrap_or(position))
    }

    fn documents(
        &self,
        chain: &Chain,
        schema: &Schema,
        draft: &Draft,
        position: Position,
    ) -> IssuedDocuments {
        let signer = IssuerSigner::new(self.did, &Secret::new([self.secret; 32]));
        IssuedDocuments {
            schema: schema.canonical_bytes().unwrap(),
            credential: signer
                .sign_credential(draft, position, chain.now())
                .unwrap()
                .to_json()
                .unwrap(),
            opening: draft.opening(position).to_json().unwrap().to_vec(),
        }
    }
}

/// A platform.
pub struct Platform {
    pub member: MemberId,
    secret: u8,
    did: MemberDid,
}

impl Platform {
    pub fn register(chain: &mut Chain, name: &str, secret: u8) -> Self {
        let member = chain.member(name, Role::Platform, secret);
        Platform {
            member,
            secret,
            did: MemberDid {
                chain: chain.spec.id().0,
                member,
            },
        }
    }

    /// The key that its envelopes and replies are sealed to.
    pub fn hpke(&self) -> HpkeSecretKey {
        HpkeSecretKey::new([self.secret; 32])
    }

    /// A modest request.
    pub fn request(&self, chain: &Chain, nonce: u8) -> SharingRequest {
        SharingRequest {
            chain: chain.spec.id().0,
            platform: self.member,
            purpose: Purpose::from_slug("customer-due-diligence").unwrap(),
            categories: [
                Category::from_slug("official-id").unwrap(),
                Category::from_slug("address").unwrap(),
            ]
            .into_iter()
            .collect(),
            longest_validity: 30 * 86_400,
            max_uses: 3,
            wanted: None,
            reply_key: self.hpke().public_key().0,
            nonce: [nonce; 32],
            expires: chain.now().saturating_add(86_400),
        }
    }

    /// A signed request for the proof of a fact, from credentials of an issuer.
    pub fn ask(&self, chain: &Chain, issuer: &Issuer, query: &str) -> SignedPresentationRequest {
        let request = PresentationRequest {
            chain: chain.spec.id().0,
            verifier: Verifier::Member(self.did),
            terms: issuer.terms(query),
            channel: None,
            nonce: [8; 32],
            expires: chain.now().saturating_add(3600),
        };
        let signer = MemberSigner::new(self.did, &Secret::new([self.secret; 32]));
        signer.sign_presentation_request(request).unwrap()
    }

    pub fn sign(&self, request: SharingRequest) -> SignedSharingRequest {
        MemberSigner::new(self.did, &Secret::new([self.secret; 32]))
            .sign_sharing_request(request)
            .unwrap()
    }
}

/// What a platform does with an approval.
impl Platform {
    /// Opens the answer to a request, as its own checks demand.
    pub fn open(&self, asked: &SharingRequest, sealed: &[u8]) -> Reply {
        let sealed: SealedMessage = decode_exact(sealed).unwrap();
        let reply = open_reply(&sealed, &self.hpke(), asked.id()).unwrap();
        if let Reply::Approval(approval) = &reply {
            approval.check(asked).unwrap();
        }
        reply
    }

    /// The data key that an approval delivers.
    pub fn data_key(&self, chain: &Chain, approval: &Approval) -> DataKey {
        let envelope: Envelope = decode_exact(&approval.envelope).unwrap();
        let binding = EnvelopeBinding {
            chain: chain.spec.id().0,
            grant: approval.grant.leaf(),
            object: ObjectId(approval.object.0),
            grantee: self.member,
        };
        envelope.open(&self.hpke(), &binding).unwrap()
    }

    /// Spends a use of a grant. The test chain takes every proof.
    pub fn access(&self, chain: &mut Chain, approval: &Approval, number: u16) {
        let nullifier = use_nullifier(&approval.grant.body.salt, &approval.grant.leaf(), number);
        let current: AuditKeyId = state::read(&chain.state, &keys::current_audit_key())
            .unwrap()
            .unwrap();
        let access = Access {
            anchor: chain.anchored.0,
            receipt: Receipt(Fr::from(9000 + u64::from(number))),
            nullifier,
            audit_key: current,
            audit_digest: AuditDigest(Fr::from(5u64)),
            proof: Proof([0; Proof::BYTES]),
        };
        let tx = Tx::unsigned(chain.request_id(), access.into());
        chain.relay(&tx).unwrap();
    }
}
