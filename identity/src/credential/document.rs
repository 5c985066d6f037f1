//! The credential as a JSON document: its fields and their rules.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tacit_circuits::commit;
use tacit_circuits::types::{
    Body, Digest32, EndTag, HolderKey, Leaf, LeafKind, MemberId, Position, Timestamp,
};

use super::{CredentialError, MAX_CREDENTIAL_BYTES, TACIT_CONTEXT, W3C_CONTEXT};
use crate::datetime::DateTime;
use crate::did::{DidKey, MemberDid};
use crate::json;
use crate::schema::{Claims, Schema, SchemaId};

pub(super) const TYPES: [&str; 2] = ["VerifiableCredential", "TacitCredential"];
pub(super) const SCHEMA_TYPE: &str = "TacitSchema";
pub(super) const STATUS_TYPE: &str = "TacitEndedTree";
pub(super) const COMMITMENT_TYPE: &str = "TacitLeaf";

/// The public parts of the leaf that a credential stands behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitment {
    /// K, the holder's key.
    pub holder_key: HolderKey,
    /// The commitment to claims and validity.
    pub body: Body,
    /// E, the end tag.
    pub end_tag: EndTag,
    /// Where the leaf stands.
    pub position: Position,
}

impl Commitment {
    /// The leaf, for an issuer.
    pub fn leaf(&self, issuer: MemberId) -> Leaf {
        commit::leaf(
            LeafKind::Credential,
            Some(issuer),
            &self.holder_key,
            &self.body,
            &self.end_tag,
        )
    }
}

/// A credential whose form has been checked; its signature has not. `Debug` shows no claims.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    pub(super) document: Value,
    pub(super) fields: Fields,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Fields {
    #[serde(rename = "@context")]
    pub(super) context: Vec<String>,
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) types: Vec<String>,
    pub(super) issuer: MemberDid,
    pub(super) valid_from: DateTime,
    pub(super) valid_until: DateTime,
    pub(super) credential_schema: Typed,
    pub(super) credential_status: Typed,
    pub(super) credential_subject: Subject,
    pub(super) commitment: CommitmentFields,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) proof: Option<Value>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typed {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subject {
    pub(super) id: DidKey,
    #[serde(flatten)]
    pub(super) claims: Map<String, Value>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct CommitmentFields {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) holder_key: HolderKey,
    pub(super) body: Body,
    pub(super) end_tag: EndTag,
    pub(super) leaf: Leaf,
    pub(super) position: Position,
}

/// The credential's `id`: its leaf.
pub(super) fn leaf_urn(chain: &Digest32, position: Position) -> String {
    format!("urn:tacit:{chain}:{position}")
}

/// `credentialStatus.id`: the leaf's bit in the ended tree.
pub(super) fn status_urn(chain: &Digest32, position: Position) -> String {
    format!("{}#ended", leaf_urn(chain, position))
}

/// `credentialSchema.id`.
pub(super) fn schema_urn(schema: &SchemaId) -> String {
    format!("urn:tacit:schema:{schema}")
}

impl Credential {
    /// Reads a credential and checks its form (VC Data Model 2.0 and this software's profile), not its signature.
    ///
    /// # Errors
    /// [`CredentialError`] names the field.
    pub fn parse(bytes: &[u8]) -> Result<Self, CredentialError> {
        Self::from_value(json::parse(bytes, MAX_CREDENTIAL_BYTES)?)
    }

    pub(super) fn from_value(document: Value) -> Result<Self, CredentialError> {
        let fields: Fields = json::from_value(document.clone(), "credential")?;
        check_form(&fields)?;
        Ok(Self { document, fields })
    }

    /// The document as indented JSON.
    ///
    /// # Errors
    /// [`json::JsonError`], never for a checked credential.
    pub fn to_json(&self) -> Result<Vec<u8>, CredentialError> {
        Ok(json::pretty(&self.document)?)
    }

    /// Who issued it.
    pub fn issuer(&self) -> &MemberDid {
        &self.fields.issuer
    }

    /// Whom it is about.
    pub fn subject(&self) -> &DidKey {
        &self.fields.credential_subject.id
    }

    /// Valid from this time on.
    pub fn valid_from(&self) -> Timestamp {
        self.fields.valid_from.timestamp()
    }

    /// Valid before this time.
    pub fn valid_until(&self) -> Timestamp {
        self.fields.valid_until.timestamp()
    }

    /// Its schema.
    ///
    /// # Errors
    /// [`CredentialError::Id`] when the schema's URN is malformed.
    pub fn schema_id(&self) -> Result<SchemaId, CredentialError> {
        let id = &self.fields.credential_schema.id;
        let parsed = id
            .strip_prefix("urn:tacit:schema:")
            .and_then(|hex| hex.parse().ok());
        parsed.ok_or(CredentialError::Id("credentialSchema"))
    }

    /// The leaf's public parts.
    pub fn commitment(&self) -> Commitment {
        let CommitmentFields {
            holder_key,
            body,
            end_tag,
            position,
            ..
        } = self.fields.commitment;
        Commitment {
            holder_key,
            body,
            end_tag,
            position,
        }
    }

    /// The leaf it stands behind.
    pub fn leaf(&self) -> Leaf {
        self.fields.commitment.leaf
    }

    /// The claims, read under its schema.
    ///
    /// # Errors
    /// [`CredentialError::OtherSchema`] and [`CredentialError::Claims`].
    pub fn claims(&self, schema: &Schema) -> Result<Claims, CredentialError> {
        if self.schema_id()? != schema.id()? {
            return Err(CredentialError::OtherSchema);
        }
        Ok(Claims::from_json(
            schema,
            &self.fields.credential_subject.claims,
        )?)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("id", &self.fields.id)
            .finish_non_exhaustive()
    }
}

fn check_form(fields: &Fields) -> Result<(), CredentialError> {
    if fields.context != [W3C_CONTEXT, TACIT_CONTEXT] {
        return Err(CredentialError::Context);
    }
    if fields.types != TYPES {
        return Err(CredentialError::Type);
    }
    for (field, typed, wanted) in [
        (
            "credentialSchema",
            &fields.credential_schema.kind,
            SCHEMA_TYPE,
        ),
        (
            "credentialStatus",
            &fields.credential_status.kind,
            STATUS_TYPE,
        ),
        ("commitment", &fields.commitment.kind, COMMITMENT_TYPE),
    ] {
        if typed != wanted {
            return Err(CredentialError::InnerType(field));
        }
    }
    let (chain, position) = (&fields.issuer.chain, fields.commitment.position);
    if fields.id != leaf_urn(chain, position) {
        return Err(CredentialError::Id("id"));
    }
    if fields.credential_status.id != status_urn(chain, position) {
        return Err(CredentialError::Id("credentialStatus"));
    }
    if fields.valid_from >= fields.valid_until {
        return Err(CredentialError::Validity);
    }
    Ok(())
}
