//! A credential before it has a place on the ledger: what the issuer decides, and the commitment that follows.

use std::fmt;

use serde_json::Value;
use tacit_circuits::commit::{self, CredentialBody};
use tacit_circuits::field::Fr;
use tacit_circuits::types::{Body, EndTag, HolderKey, Leaf, LeafKind, Position, Timestamp};

use super::document::{
    COMMITMENT_TYPE, CommitmentFields, Credential, Fields, SCHEMA_TYPE, STATUS_TYPE, Subject,
    TYPES, Typed, leaf_urn, schema_urn, status_urn,
};
use super::{CredentialError, CredentialOpening, TACIT_CONTEXT, W3C_CONTEXT};
use crate::datetime::DateTime;
use crate::did::{DidKey, MemberDid};
use crate::json::{self, JsonError};
use crate::proof;
use crate::schema::{Claims, Schema};
use crate::signer::IssuerSigner;

/// What an issuer decides about a credential. `Debug` shows none of it.
pub struct CredentialTerms {
    /// The issuer.
    pub issuer: MemberDid,
    /// The person, by the DID of the issuance request.
    pub subject: DidKey,
    /// K of the issuance request.
    pub holder_key: HolderKey,
    /// E of the issuance request.
    pub end_tag: EndTag,
    /// What is stated.
    pub claims: Claims,
    /// Valid from this time on.
    pub valid_from: Timestamp,
    /// Valid before this time.
    pub valid_until: Timestamp,
    /// Random; kept with the opening. An issuer that repeats an issuance uses the same salt, so that the leaf is the same.
    pub salt: Fr,
}

impl fmt::Debug for CredentialTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialTerms(redacted)")
    }
}

/// A credential that is committed to and not yet signed. `Debug` shows no claims.
pub struct Draft {
    issuer: MemberDid,
    subject: DidKey,
    holder_key: HolderKey,
    end_tag: EndTag,
    claims: Claims,
    valid_from: DateTime,
    valid_until: DateTime,
    committed: CredentialBody,
    schema_urn: String,
}

impl Draft {
    /// Commits to claims under a schema.
    ///
    /// # Errors
    /// [`CredentialError::Validity`]; [`CredentialError::Claims`] when the claims were read under another schema.
    pub fn new(schema: &Schema, terms: CredentialTerms) -> Result<Self, CredentialError> {
        let time = |time| DateTime::try_from(time).map_err(|_| CredentialError::Validity);
        let (valid_from, valid_until) = (time(terms.valid_from)?, time(terms.valid_until)?);
        if valid_from >= valid_until {
            return Err(CredentialError::Validity);
        }
        let claims = Claims::from_json(schema, &terms.claims.to_json())?;
        let schema_id = schema.id()?;
        let committed = CredentialBody {
            schema: schema_id.0,
            attributes: claims.attributes(schema),
            valid_from: terms.valid_from,
            valid_until: terms.valid_until,
            salt: terms.salt,
        };
        let CredentialTerms {
            issuer,
            subject,
            holder_key,
            end_tag,
            ..
        } = terms;
        let schema_urn = schema_urn(&schema_id);
        Ok(Self {
            issuer,
            subject,
            holder_key,
            end_tag,
            claims,
            valid_from,
            valid_until,
            committed,
            schema_urn,
        })
    }

    /// K, body and E as the ledger's issue action takes them.
    pub fn parts(&self) -> (HolderKey, Body, EndTag) {
        (self.holder_key, self.committed.commit(), self.end_tag)
    }

    /// The leaf that issuing it adds.
    pub fn leaf(&self) -> Leaf {
        let (key, body, end) = self.parts();
        commit::leaf(
            LeafKind::Credential,
            Some(self.issuer.member),
            &key,
            &body,
            &end,
        )
    }

    /// The opening for the holder, once the leaf's position is known.
    pub fn opening(&self, position: Position) -> CredentialOpening {
        CredentialOpening::new(self.issuer, position, self.committed.clone())
    }

    fn unsigned(&self, position: Position) -> Result<Value, JsonError> {
        let chain = &self.issuer.chain;
        let (holder_key, body, end_tag) = self.parts();
        let typed = |id, kind: &str| Typed {
            id,
            kind: kind.to_owned(),
        };
        let fields = Fields {
            context: [W3C_CONTEXT, TACIT_CONTEXT].map(str::to_owned).to_vec(),
            id: leaf_urn(chain, position),
            types: TYPES.map(str::to_owned).to_vec(),
            issuer: self.issuer,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            credential_schema: typed(self.schema_urn.clone(), SCHEMA_TYPE),
            credential_status: typed(status_urn(chain, position), STATUS_TYPE),
            credential_subject: Subject {
                id: self.subject,
                claims: self.claims.to_json(),
            },
            commitment: CommitmentFields {
                kind: COMMITMENT_TYPE.to_owned(),
                holder_key,
                body,
                end_tag,
                leaf: self.leaf(),
                position,
            },
            proof: None,
        };
        json::to_value(&fields, "credential")
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("issuer", &self.issuer)
            .field("leaf", &self.leaf())
            .finish_non_exhaustive()
    }
}

impl IssuerSigner {
    /// Signs a credential whose leaf stands at `position`: its one signing method.
    ///
    /// # Errors
    /// [`CredentialError::OtherSigner`] for another issuer's draft; [`CredentialError::Validity`] when `created` is beyond
    /// the calendar.
    pub fn sign_credential(
        &self,
        draft: &Draft,
        position: Position,
        created: Timestamp,
    ) -> Result<Credential, CredentialError> {
        if draft.issuer != self.did() {
            return Err(CredentialError::OtherSigner);
        }
        let created = DateTime::try_from(created).map_err(|_| CredentialError::Validity)?;
        let method = self.did().verification_method(&self.verify_key());
        Credential::from_value(proof::secure(
            draft.unsigned(position)?,
            &method,
            created,
            self.key(),
        )?)
    }
}
