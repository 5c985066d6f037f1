//! The credential that holds a status list.

use serde_json::{Value, json};
use tacit_identity::datetime::DateTime;
use tacit_identity::json;

use super::entry::has_type;
use super::{Bitstring, EntrySize, MAX_ENCODED_BYTES, StatusError};
use crate::context::CREDENTIALS_V2;
use crate::model::Credential;

/// The type of the credential.
pub const LIST_CREDENTIAL_TYPE: &str = "BitstringStatusListCredential";

/// The type of its subject.
pub const LIST_TYPE: &str = "BitstringStatusList";

/// How long a fetched list counts when it does not say, in milliseconds: the standard leaves that open.
pub const DEFAULT_TTL_MILLIS: u64 = 300_000;

/// Longest credential with a status list, in bytes.
pub const MAX_LIST_DOCUMENT_BYTES: usize = MAX_ENCODED_BYTES + 64 * 1024;

/// A status list that is to be published.
#[derive(Debug, Clone)]
pub struct List {
    /// The URL under which it is published.
    pub id: String,
    /// Who signs it: the issuer of the credentials.
    pub issuer: String,
    /// What a set entry means.
    pub purpose: String,
    /// The entries.
    pub bits: Bitstring,
    /// When it was made.
    pub valid_from: DateTime,
    /// When it must have been replaced.
    pub valid_until: DateTime,
    /// How long a verifier may keep it, in milliseconds.
    pub ttl_millis: u64,
}

impl List {
    /// The credential, not signed yet: [`crate::model::issue_credential`] does that.
    ///
    /// # Errors
    /// [`StatusError::Encoding`], never in practice.
    pub fn document(&self) -> Result<Value, StatusError> {
        Ok(json!({
            "@context": [CREDENTIALS_V2],
            "id": self.id,
            "type": ["VerifiableCredential", LIST_CREDENTIAL_TYPE],
            "issuer": self.issuer,
            "validFrom": self.valid_from.to_string(),
            "validUntil": self.valid_until.to_string(),
            "credentialSubject": {
                "id": format!("{}#list", self.id),
                "type": LIST_TYPE,
                "statusPurpose": self.purpose,
                "encodedList": self.bits.encode()?,
                "ttl": self.ttl_millis
            }
        }))
    }
}

/// Reads a credential with a status list, which may be longer than others.
///
/// # Errors
/// [`StatusError::Json`].
pub fn read(bytes: &[u8]) -> Result<Value, StatusError> {
    Ok(json::parse(bytes, MAX_LIST_DOCUMENT_BYTES)?)
}

/// What a list credential says, once it has verified.
pub(super) struct Content {
    pub(super) purposes: Vec<String>,
    pub(super) ttl_millis: u64,
    encoded: String,
}

impl Content {
    pub(super) fn parse(credential: &Credential) -> Result<Self, StatusError> {
        let is_list = |kind: &String| kind == LIST_CREDENTIAL_TYPE;
        if !credential.types().iter().any(is_list) {
            return Err(StatusError::List("type"));
        }
        let subject = credential.document().get("credentialSubject");
        let subject = match subject {
            Some(Value::Array(subjects)) if subjects.len() == 1 => subjects.first(),
            other => other,
        };
        let subject = subject
            .and_then(Value::as_object)
            .filter(|subject| has_type(subject, LIST_TYPE))
            .ok_or(StatusError::List("credentialSubject"))?;
        let ttl_millis = match subject.get("ttl") {
            None => Some(DEFAULT_TTL_MILLIS),
            Some(ttl) => ttl.as_u64(),
        };
        let purposes: Option<Vec<String>> = match subject.get("statusPurpose") {
            Some(Value::Array(purposes)) => purposes
                .iter()
                .map(|purpose| purpose.as_str().map(str::to_owned))
                .collect(),
            Some(Value::String(purpose)) => Some(vec![purpose.clone()]),
            _ => None,
        };
        let encoded = subject.get("encodedList").and_then(Value::as_str);
        Ok(Self {
            purposes: purposes
                .filter(|purposes| !purposes.is_empty())
                .ok_or(StatusError::List("statusPurpose"))?,
            ttl_millis: ttl_millis.ok_or(StatusError::List("ttl"))?,
            encoded: encoded.ok_or(StatusError::List("encodedList"))?.to_owned(),
        })
    }

    pub(super) fn bits(&self, size: EntrySize) -> Result<Bitstring, StatusError> {
        Bitstring::decode(&self.encoded, size)
    }
}
