//! Facts that a request wants proven beside the document: the answer's presentation, verified against the chain before the
//! platform believes the answer.

use std::fmt;

use serde::{Deserialize, Serialize};
use tacit_circuits::field::fr_to_bytes;
use tacit_circuits::show::Show;
use tacit_circuits::types::{MemberId, Nym, Timestamp};
use tacit_identity::presentation::{Presentation, PresentationError, Shown};
use tacit_identity::request::SharingRequest;
use tacit_identity::schema::Schema;
use tacit_ledger::ids::Height;

use super::Platform;
use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// What an answer proves beside the document. `Debug` shows names of claims only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What is proven of the holder, one sentence an item.
    pub proven: Vec<String>,
    /// Values that are revealed, by claim.
    pub revealed: serde_json::Map<String, serde_json::Value>,
    /// One of these issued the credential.
    pub issuers: Vec<MemberId>,
    /// The holder's pseudonym towards this platform and the request's label.
    pub pseudonym: Nym,
    /// True as of this height …
    pub height: Height,
    /// … and this time.
    pub time: Timestamp,
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("revealed", &self.revealed.keys())
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

impl From<Shown> for Facts {
    fn from(shown: Shown) -> Self {
        let value = |(name, value): (&str, &tacit_identity::schema::ClaimValue)| {
            (name.to_owned(), value.to_json())
        };
        Self {
            proven: shown.sentences(),
            revealed: shown.revealed.iter().map(value).collect(),
            pseudonym: shown.nym,
            height: Height(shown.anchor.height),
            time: shown.anchor.time,
            issuers: shown.issuers,
        }
    }
}

impl Platform {
    /// Verifies the presentation of an answer; `None` when the request wants no facts.
    ///
    /// # Errors
    /// PRESENTATION_MISSING, PRESENTATION_OTHER_REQUEST, ANCHOR_UNKNOWN, ANCHOR_TOO_OLD, REQUEST_EXPIRED for a proof as of a
    /// time after the request's expiry, PRESENTATION_INVALID for what does not hold; when the node cannot be asked.
    pub(super) async fn facts(
        &self,
        asked: &SharingRequest,
        presentation: Option<&[u8]>,
    ) -> ApiResult<Option<Facts>> {
        let Some(wanted) = asked.presentation_request() else {
            return Ok(None);
        };
        let missing = || ApiError::plain(&reason::PRESENTATION_MISSING);
        let presentation =
            Presentation::parse(presentation.ok_or_else(missing)?).map_err(refused)?;
        // The answer came in time, or the vault had not taken it; that the proof did, its anchor says.
        presentation
            .answers(&wanted, presentation.anchor().time)
            .map_err(refused)?;
        let height = Height(presentation.anchor().height);
        if height > self.follower.sync().await?.header().height {
            return Err(ApiError::plain(&reason::ANCHOR_UNKNOWN));
        }
        let anchor = self.follower.anchor_at(height).await?;
        let id = fr_to_bytes(&wanted.terms.schema.0);
        let schema = self.follower.schema(&id).await?;
        let schema = schema.ok_or_else(|| ApiError::plain(&reason::SCHEMA_UNKNOWN))?;
        let schema = Schema::parse(schema.document.as_str().as_bytes())
            .map_err(|error| ApiError::new(&reason::SCHEMA_INVALID, error.to_string()))?;
        let (keys, spec) = (self.keys.clone(), self.follower.spec().clone());
        let shown = tokio::task::spawn_blocking(move || {
            let key = keys.proving_for::<Show>(&spec)?.into_verifying_key();
            presentation.verify(&schema, &anchor, &key).map_err(refused)
        });
        Ok(Some(shown.await.map_err(ApiError::internal)??.into()))
    }
}

fn refused(error: PresentationError) -> ApiError {
    let found = match &error {
        PresentationError::OtherRequest => &reason::PRESENTATION_OTHER_REQUEST,
        PresentationError::OtherAnchor => &reason::ANCHOR_UNKNOWN,
        PresentationError::OldAnchor => &reason::ANCHOR_TOO_OLD,
        PresentationError::Expired => &reason::REQUEST_EXPIRED,
        _ => &reason::PRESENTATION_INVALID,
    };
    ApiError::new(found, error.to_string())
}
