//! The opening of a credential's commitment: a file of the holder's, never presented.

use std::fmt;

use serde::{Deserialize, Serialize};
use tacit_circuits::attribute::{self, SLOTS};
use tacit_circuits::commit::CredentialBody;
use tacit_circuits::field::{self, Fr};
use tacit_circuits::types::{Position, Timestamp};
use zeroize::{Zeroize, Zeroizing};

use super::{CredentialError, MAX_CREDENTIAL_BYTES};
use crate::did::MemberDid;
use crate::json::{self, JsonError};
use crate::schema::SchemaId;

const KIND: &str = "credential-opening";
const VERSION: u32 = 1;

/// What a credential's commitment opens to. `Debug` is redacted; memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialOpening {
    issuer: MemberDid,
    position: Position,
    body: CredentialBody,
}

/// The file. Slots without a value are `null`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct File {
    tacit: String,
    version: u32,
    issuer: MemberDid,
    position: Position,
    schema: SchemaId,
    attributes: [Option<String>; SLOTS],
    valid_from: Timestamp,
    valid_until: Timestamp,
    salt: String,
}

impl Drop for File {
    fn drop(&mut self) {
        self.attributes
            .iter_mut()
            .flatten()
            .for_each(Zeroize::zeroize);
        self.salt.zeroize();
    }
}

impl CredentialOpening {
    pub(super) fn new(issuer: MemberDid, position: Position, body: CredentialBody) -> Self {
        Self {
            issuer,
            position,
            body,
        }
    }

    /// The issuer, which the leaf binds.
    pub fn issuer(&self) -> &MemberDid {
        &self.issuer
    }

    /// Where the leaf stands.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Attributes, validity and salt: the witness of a proof.
    pub fn body(&self) -> &CredentialBody {
        &self.body
    }

    /// The file's bytes (JSON), wiped on drop.
    ///
    /// # Errors
    /// [`JsonError`], never in practice.
    pub fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
        let hex = |value: &Fr| (*value != attribute::absent()).then(|| field::fr_to_hex(value));
        let file = File {
            tacit: KIND.to_owned(),
            version: VERSION,
            issuer: self.issuer,
            position: self.position,
            schema: SchemaId(self.body.schema),
            attributes: self.body.attributes.each_ref().map(hex),
            valid_from: self.body.valid_from,
            valid_until: self.body.valid_until,
            salt: field::fr_to_hex(&self.body.salt),
        };
        let bytes = serde_json::to_vec_pretty(&file).map_err(|_| JsonError::NotCanonical)?;
        Ok(Zeroizing::new(bytes))
    }

    /// Reads the file's bytes.
    ///
    /// # Errors
    /// [`CredentialError::Json`], [`CredentialError::NotAnOpening`], [`CredentialError::OpeningVersion`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CredentialError> {
        let file: File = json::parse_as(bytes, MAX_CREDENTIAL_BYTES, KIND)?;
        if file.tacit != KIND {
            return Err(CredentialError::NotAnOpening);
        }
        if file.version != VERSION {
            return Err(CredentialError::OpeningVersion(file.version));
        }
        let element =
            |text: &str| field::fr_from_hex(text).map_err(|_| JsonError::Shape { document: KIND });
        let mut attributes = [attribute::absent(); SLOTS];
        for (slot, text) in attributes.iter_mut().zip(&file.attributes) {
            if let Some(text) = text {
                *slot = element(text)?;
            }
        }
        let body = CredentialBody {
            schema: file.schema.0,
            attributes,
            valid_from: file.valid_from,
            valid_until: file.valid_until,
            salt: element(&file.salt)?,
        };
        Ok(Self {
            issuer: file.issuer,
            position: file.position,
            body,
        })
    }
}

impl fmt::Debug for CredentialOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialOpening(redacted)")
    }
}

impl Drop for CredentialOpening {
    fn drop(&mut self) {
        self.body.attributes.iter_mut().for_each(Zeroize::zeroize);
        self.body.salt.zeroize();
    }
}
