//! What a verifier wants shown.

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, FixedSize, Read, ReadExt, ReadRangeExt, Write};
use serde::{Deserialize, Serialize};
use tacit_circuits::field;
use tacit_circuits::types::{MemberId, Timestamp};

use super::PresentationError;
use crate::predicate::{MAX_QUERY_BYTES, Query};
use crate::schema::SchemaId;
use crate::wire;

/// Most issuers among which a proof can hide which one issued.
pub const MAX_ISSUERS: usize = 16;

/// Longest label of a pseudonym's scope, in bytes.
pub const MAX_LABEL_BYTES: usize = 64;

/// What a verifier wants shown, in its own words: compiled numbers are never sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ProofTerms {
    /// Under which label the verifier will know the holder's pseudonym.
    pub label: String,
    /// Schema of the credential.
    pub schema: SchemaId,
    /// Issuers accepted, one to sixteen, rising. One names the issuer; several hide which.
    pub issuers: Vec<MemberId>,
    /// The predicates as text.
    pub query: String,
    /// Oldest anchor time accepted.
    pub oldest_anchor: Timestamp,
}

impl ProofTerms {
    /// Checks bounds and reads the query.
    ///
    /// # Errors
    /// [`PresentationError::Label`], [`PresentationError::Issuers`], [`PresentationError::Predicate`].
    pub fn query(&self) -> Result<Query, PresentationError> {
        if self.label.len() > MAX_LABEL_BYTES || self.label.chars().any(char::is_control) {
            return Err(PresentationError::Label);
        }
        let rising = self.issuers.is_sorted_by(|a, b| a < b);
        if self.issuers.is_empty() || self.issuers.len() > MAX_ISSUERS || !rising {
            return Err(PresentationError::Issuers);
        }
        Ok(Query::parse(&self.query)?)
    }
}

impl Write for ProofTerms {
    fn write(&self, buf: &mut impl BufMut) {
        wire::write_text(&self.label, buf);
        field::write_fr(&self.schema.0, buf);
        self.issuers.write(buf);
        wire::write_text(&self.query, buf);
        self.oldest_anchor.write(buf);
    }
}

impl EncodeSize for ProofTerms {
    fn encode_size(&self) -> usize {
        wire::text_size(&self.label)
            + field::FIELD_BYTES
            + self.issuers.encode_size()
            + wire::text_size(&self.query)
            + Timestamp::SIZE
    }
}

impl Read for ProofTerms {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            label: wire::read_text(buf, MAX_LABEL_BYTES)?,
            schema: SchemaId(field::read_fr(buf)?),
            issuers: Vec::read_range(buf, 1..=MAX_ISSUERS)?,
            query: wire::read_text(buf, MAX_QUERY_BYTES)?,
            oldest_anchor: Timestamp::read(buf)?,
        })
    }
}
