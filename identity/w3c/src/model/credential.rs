//! A credential: data model, sections 4.3 to 4.12 and 5.

use std::fmt;

use serde_json::Value;

use super::fields::{self, Object};
use super::presentation::ENVELOPED_CREDENTIAL;
use super::{ModelError, RelatedResource, related};
use crate::context::Contexts;
use crate::time::DateTimeStamp;

const KIND: &str = "VerifiableCredential";

/// Members whose values, one or several objects, must have a `type`.
const TYPED: [&str; 6] = [
    "credentialStatus",
    "refreshService",
    "termsOfUse",
    "evidence",
    "confidenceMethod",
    "renderMethod",
];

/// A credential whose form has been checked; its proofs have not. `Debug` shows no claims.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    document: Value,
    id: Option<String>,
    types: Vec<String>,
    issuer: String,
    subjects: Vec<String>,
    valid_from: Option<DateTimeStamp>,
    valid_until: Option<DateTimeStamp>,
    status: Vec<Value>,
    related: Vec<RelatedResource>,
}

impl Credential {
    /// Checks a document against the data model.
    ///
    /// # Errors
    /// [`ModelError`] names the first rule that is broken.
    pub fn parse(document: Value, contexts: &Contexts) -> Result<Self, ModelError> {
        let credential = Self::parse_form(document, contexts)?;
        fields::terms(&credential.document, contexts)?;
        Ok(credential)
    }

    /// All rules but that every term is defined.
    pub(super) fn parse_form(document: Value, contexts: &Contexts) -> Result<Self, ModelError> {
        let members = fields::object(&document)?;
        if fields::is(members, ENVELOPED_CREDENTIAL) {
            return Err(ModelError::Enveloped);
        }
        fields::context(members, contexts)?;
        let types = fields::types_with(members, KIND)?;
        let id = fields::url(members, "id")?;
        fields::texts(members)?;
        let issuer = members.get("issuer").ok_or(ModelError::Missing("issuer"))?;
        let issuer = fields::party(issuer, "issuer")?;
        let subjects = subjects(members)?;
        let valid_from = fields::time(members, "validFrom")?;
        let valid_until = fields::time(members, "validUntil")?;
        if let (Some(from), Some(until)) = (valid_from, valid_until)
            && from > until
        {
            return Err(ModelError::Validity);
        }
        for member in TYPED {
            fields::typed(members, member)?;
        }
        for schema in fields::typed(members, "credentialSchema")? {
            if !schema.contains_key("id") {
                return Err(ModelError::NotAUrl("credentialSchema"));
            }
        }
        let status = fields::objects(members, "credentialStatus")?;
        let status = status.into_iter().cloned().map(Value::Object).collect();
        let related = related::parse(members)?;
        fields::objects(members, "proof")?;
        Ok(Self {
            id,
            types,
            issuer,
            subjects,
            valid_from,
            valid_until,
            status,
            related,
            document,
        })
    }

    /// The document as it came.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Its `id`.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Its types, `VerifiableCredential` among them.
    pub fn types(&self) -> &[String] {
        &self.types
    }

    /// Who states the claims.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The subjects that have an `id`.
    pub fn subjects(&self) -> &[String] {
        &self.subjects
    }

    /// Not valid before this time.
    pub fn valid_from(&self) -> Option<DateTimeStamp> {
        self.valid_from
    }

    /// Not valid after this time.
    pub fn valid_until(&self) -> Option<DateTimeStamp> {
        self.valid_until
    }

    /// The values of `credentialStatus`.
    pub fn status(&self) -> &[Value] {
        &self.status
    }

    /// What the issuer fixed the bytes of.
    pub fn related_resources(&self) -> &[RelatedResource] {
        &self.related
    }

    /// True when it carries proofs.
    pub fn is_secured(&self) -> bool {
        self.document.get("proof").is_some()
    }

    /// Compares a resource with the digests that the issuer gave for it.
    ///
    /// # Errors
    /// [`ModelError::RelatedChanged`] when it is another one; [`ModelError::Missing`] when the credential does not name it.
    pub fn check_related(&self, id: &str, resource: &[u8]) -> Result<(), ModelError> {
        let related = self.related.iter().find(|related| related.id == id);
        let related = related.ok_or(ModelError::Missing("relatedResource"))?;
        if related.digests.fit(resource) {
            Ok(())
        } else {
            Err(ModelError::RelatedChanged)
        }
    }

    /// Compares a time with its validity.
    pub(super) fn check_time(&self, now: DateTimeStamp) -> Result<(), ModelError> {
        if self.valid_from.is_some_and(|from| now < from) {
            return Err(ModelError::NotYetValid);
        }
        if self.valid_until.is_some_and(|until| until < now) {
            return Err(ModelError::NoLongerValid);
        }
        Ok(())
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("types", &self.types)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

/// The `id`s of the subjects, of whom each has at least one member.
fn subjects(members: &Object) -> Result<Vec<String>, ModelError> {
    const MEMBER: &str = "credentialSubject";
    if !members.contains_key(MEMBER) {
        return Err(ModelError::Missing(MEMBER));
    }
    let mut ids = Vec::new();
    for subject in fields::objects(members, MEMBER)? {
        if subject.is_empty() {
            return Err(ModelError::Malformed(MEMBER));
        }
        ids.extend(fields::url(subject, "id")?);
        fields::texts(subject)?;
    }
    Ok(ids)
}
