//! Issuance, step by step, so that a kill at any moment and the same request again end with one credential.

use std::path::Path;
use std::sync::Arc;
use tacit_circuits::field::digest_to_fr;
use tacit_circuits::keys::VerifyingKey;
use tacit_circuits::open::Open;
use tacit_circuits::types::{Digest32, MemberId, Position, Secret, Timestamp};
use tacit_identity::credential::{CredentialTerms, Draft};
use tacit_identity::did::MemberDid;
use tacit_identity::issuance::{
    IssuanceError, IssuanceOffer, IssuanceRequest, SignedIssuanceRequest,
};
use tacit_identity::schema::{Claims, Schema, SchemaId};
use tacit_identity::signer::IssuerSigner;
use tacit_ledger::action::end::EndRight;
use tacit_ledger::action::{Action, End, Issue, RegisterSchema};
use tacit_ledger::ids::Height;
use tacit_ledger::member::{MemberRecord, Role};
use tacit_ledger::outcome::Outcome;
use tacit_ledger::text::SchemaDocument;
use tacit_ledger::tx::Tx;
use tokio::sync::Mutex;

use super::offers::{Accepted, OfferRecord, OfferState, Offers};
use crate::cli::password::PasswordSource;
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Follower;
use crate::keys::KeyCache;
use crate::member::{self, Secrets};
use crate::net::NetDir;
use crate::submit::{self, Submitted};

/// An issuer at work.
pub struct Desk {
    follower: Arc<Follower>,
    secrets: Secrets,
    record: MemberRecord,
    offers: Offers,
    open_key: VerifyingKey,
    /// One issuance at a time: two requests for one offer must not both be first.
    busy: Mutex<()>,
}

/// A credential that was issued.
pub struct Issued {
    /// The credential (JSON).
    pub credential: String,
    /// The opening of its commitment (JSON), for the holder only.
    pub opening: String,
    /// Where its leaf stands.
    pub position: Position,
    /// Height of its block.
    pub height: Height,
    /// Its place in the block.
    pub index: u32,
}

impl Desk {
    /// Opens an issuer's folder and connects to the chain as this issuer.
    ///
    /// # Errors
    /// When the issuer is not registered, or the node cannot be reached.
    pub async fn open(
        dir: &Path,
        net: &NetDir,
        password: &PasswordSource,
        context: &Context,
    ) -> ApiResult<Self> {
        let mut secrets = Secrets::open(dir, password)?;
        let (follower, record) = member::connect(dir, net, &mut secrets, Role::Issuer).await?;
        let (keys, spec) = (KeyCache::of_user(context.output), follower.spec().clone());
        let open_key = tokio::task::spawn_blocking(move || keys.proving_for::<Open>(&spec))
            .await
            .map_err(ApiError::internal)??
            .into_verifying_key();
        let offers = Offers::open(dir, &secrets)?;
        Ok(Self {
            follower: Arc::new(follower),
            secrets,
            record,
            offers,
            open_key,
            busy: Mutex::new(()),
        })
    }

    /// The issuer's member id.
    pub fn member(&self) -> MemberId {
        self.record.id
    }

    /// The light client.
    pub fn follower(&self) -> &Arc<Follower> {
        &self.follower
    }

    /// The issuer's DID.
    pub fn did(&self) -> MemberDid {
        MemberDid {
            chain: self.follower.spec().id().0,
            member: self.record.id,
        }
    }

    /// Registers a schema; one that is registered stays as it is.
    ///
    /// # Errors
    /// When the document is no schema or the ledger refuses it.
    pub async fn register_schema(&self, schema: &Schema) -> ApiResult<(SchemaId, Submitted)> {
        let bytes = schema.canonical_bytes().map_err(ApiError::internal)?;
        let text = String::from_utf8(bytes).map_err(ApiError::internal)?;
        let document = SchemaDocument::new(text)
            .map_err(|error| ApiError::new(&reason::SCHEMA_INVALID, error.to_string()))?;
        let submitted = self.submit(RegisterSchema { document }.into()).await?;
        Ok((schema.id().map_err(ApiError::internal)?, submitted))
    }

    /// Makes an offer for one person's claims.
    ///
    /// # Errors
    /// When the schema is not registered or the claims do not fit it.
    pub async fn offer(
        &self,
        schema: &Schema,
        claims: &[u8],
        offer_secs: u64,
        valid_secs: u64,
    ) -> ApiResult<IssuanceOffer> {
        let id = schema.id().map_err(ApiError::internal)?;
        self.registered(&id).await?;
        let claims = Claims::parse(schema, claims).map_err(claims_invalid)?;
        let expires = self.now().await?.saturating_add(offer_secs);
        let record = OfferRecord::new(id, expires, valid_secs, claims.to_json())?;
        let offer = record.offer(self.did())?;
        self.offers.store(&offer.id(), &record)?;
        Ok(offer)
    }

    /// Redeems an offer by its code.
    ///
    /// # Errors
    /// When the offer is unknown, used by somebody else or lapsed, or the request does not verify.
    pub async fn redeem(&self, code: &[u8; 32], request: &[u8]) -> ApiResult<Issued> {
        let request = SignedIssuanceRequest::parse(request).map_err(refused)?;
        if request.unverified().offer != IssuanceOffer::id_of(code) {
            return Err(refused(IssuanceError::OtherOffer));
        }
        self.redeem_request(&request).await
    }

    /// Redeems the offer that a request names: for requests that come as files.
    ///
    /// # Errors
    /// As [`Desk::redeem`].
    pub async fn redeem_request(&self, request: &SignedIssuanceRequest) -> ApiResult<Issued> {
        let _one_at_a_time = self.busy.lock().await;
        let offer_id = request.unverified().offer;
        let mut record = self.offers.load(&offer_id)?;
        let id = request.unverified().binding();
        let accepted = match &record.state {
            OfferState::Open => {
                let accepted = self.accept(&record, request).await?;
                record.state = OfferState::Accepted(accepted.clone());
                self.offers.store(&offer_id, &record)?;
                accepted
            }
            OfferState::Accepted(accepted) | OfferState::Issued { accepted, .. }
                if accepted.request != id =>
            {
                return Err(ApiError::plain(&reason::OFFER_USED));
            }
            OfferState::Accepted(accepted) => accepted.clone(),
            OfferState::Issued {
                position,
                height,
                index,
                credential,
                opening,
                ..
            } => {
                let (credential, opening) = (credential.clone(), opening.clone());
                return Ok(Issued {
                    credential,
                    opening,
                    position: *position,
                    height: *height,
                    index: *index,
                });
            }
        };
        // Same request, same salt and times: the same leaf, however often this is reached.
        let issued = self.issue(&record, &accepted, request.unverified()).await?;
        record.state = OfferState::Issued {
            accepted,
            position: issued.position,
            height: issued.height,
            index: issued.index,
            credential: issued.credential.clone(),
            opening: issued.opening.clone(),
        };
        self.offers.store(&offer_id, &record)?;
        Ok(issued)
    }

    /// Ends a credential of this issuer, and returns when an anchor says so: the next proof already has to.
    ///
    /// # Errors
    /// When the position is not one of this issuer's credentials.
    pub async fn revoke(&self, position: Position) -> ApiResult<Submitted> {
        let end = End {
            position,
            right: EndRight::Controller,
        };
        let submitted = self.submit(end.into()).await?;
        self.follower.anchored(submitted.height).await?;
        Ok(submitted)
    }

    async fn accept(
        &self,
        record: &OfferRecord,
        request: &SignedIssuanceRequest,
    ) -> ApiResult<Accepted> {
        let now = self.now().await?;
        let verified = request
            .verify(&record.offer(self.did())?, now, &self.open_key)
            .map_err(refused)?;
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(ApiError::internal)?;
        Ok(Accepted {
            request: verified.id,
            salt: digest_to_fr(&Digest32(random)),
            valid_from: now,
            valid_until: now.saturating_add(record.valid_secs),
        })
    }

    async fn issue(
        &self,
        record: &OfferRecord,
        accepted: &Accepted,
        request: &IssuanceRequest,
    ) -> ApiResult<Issued> {
        let schema = self.registered(&record.schema).await?;
        let terms = CredentialTerms {
            issuer: self.did(),
            subject: request.subject,
            holder_key: request.holder_key,
            end_tag: request.end_tag,
            claims: Claims::from_json(&schema, &record.claims).map_err(claims_invalid)?,
            valid_from: accepted.valid_from,
            valid_until: accepted.valid_until,
            salt: accepted.salt,
        };
        let draft = Draft::new(&schema, terms).map_err(ApiError::internal)?;
        let (holder_key, body, end_tag) = draft.parts();
        let submitted = self
            .submit(
                Issue {
                    holder_key,
                    body,
                    end_tag,
                }
                .into(),
            )
            .await?;
        let Outcome::Leaf { position, .. } = submitted.outcome else {
            return Err(ApiError::plain(&reason::PROOF_OF_SERVER_INVALID));
        };
        let signer = IssuerSigner::new(self.did(), &Secret::new(self.secrets.signing().to_bytes()));
        let credential = signer
            .sign_credential(&draft, position, accepted.valid_from)
            .map_err(ApiError::internal)?;
        let credential = credential.to_json().map_err(ApiError::internal)?;
        let opening = draft
            .opening(position)
            .to_json()
            .map_err(ApiError::internal)?;
        Ok(Issued {
            credential: String::from_utf8(credential).map_err(ApiError::internal)?,
            opening: String::from_utf8(opening.to_vec()).map_err(ApiError::internal)?,
            position,
            height: submitted.height,
            index: submitted.index,
        })
    }

    async fn registered(&self, id: &SchemaId) -> ApiResult<Schema> {
        let bytes = tacit_circuits::field::fr_to_bytes(&id.0);
        let record = self
            .follower
            .schema(&bytes)
            .await?
            .ok_or_else(|| ApiError::plain(&reason::SCHEMA_UNKNOWN))?;
        Schema::parse_registered(record.document.as_str().as_bytes())
            .map_err(|error| ApiError::new(&reason::SCHEMA_INVALID, error.to_string()))
    }

    /// The chain's newest time.
    async fn now(&self) -> ApiResult<Timestamp> {
        Ok(self.follower.sync().await?.header().time.timestamp())
    }

    async fn submit(&self, action: Action) -> ApiResult<Submitted> {
        let chain = self.follower.spec().id();
        let id = submit::request_id(&chain, &action);
        let tx = Tx::signed_by_member(&chain, id, action, self.record.id, &self.secrets.signing());
        submit::submit(self.follower.connection(), &tx, None).await
    }
}

fn claims_invalid(error: tacit_identity::schema::SchemaError) -> ApiError {
    ApiError::new(&reason::CLAIMS_INVALID, error.to_string())
}

fn refused(error: IssuanceError) -> ApiError {
    let reason = match error {
        IssuanceError::OtherOffer => &reason::OFFER_UNKNOWN,
        IssuanceError::Proof | IssuanceError::Signature => &reason::POSSESSION_INVALID,
        _ => &reason::REQUEST_INVALID,
    };
    ApiError::new(reason, error.to_string())
}
