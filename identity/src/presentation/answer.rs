//! The proof that answers a request, and the one function that makes its public inputs.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tacit_circuits::attribute::SLOTS;
use tacit_circuits::context::{self, STATEMENT_VERSION, StatementId};
use tacit_circuits::field::Fr;
use tacit_circuits::keys::VerifyingKey;
use tacit_circuits::show::{Show, ShowPublic};
use tacit_circuits::statement::Statement;
use tacit_circuits::types::{AnchorView, MemberId, Nym, Timestamp};
use tacit_circuits::{Proof, verify};

use super::{MAX_PRESENTATION_BYTES, PresentationError, PresentationRequest, Verifier};
use crate::json;
use crate::predicate::{Compiled, Query};
use crate::schema::{ClaimValue, Claims, Schema};

const KIND: &str = "presentation";
const VERSION: u32 = 1;

/// Values of the claims that are revealed, by name. `Debug` shows names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Revealed(BTreeMap<String, ClaimValue>);

impl Revealed {
    /// The values that a query reveals, from the holder's claims.
    ///
    /// # Errors
    /// [`PresentationError::Reveal`] for a claim without a value.
    pub fn of(compiled: &Compiled, claims: &Claims) -> Result<Self, PresentationError> {
        let value = |name: &String| {
            let value = claims
                .get(name)
                .cloned()
                .ok_or_else(|| PresentationError::Reveal(name.clone()))?;
            Ok((name.clone(), value))
        };
        compiled
            .revealed
            .iter()
            .flatten()
            .map(value)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ClaimValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn from_json(schema: &Schema, members: &Map<String, Value>) -> Result<Self, PresentationError> {
        let read = |(name, value): (&String, &Value)| {
            let rule = schema
                .claim(name)
                .ok_or_else(|| PresentationError::NotAsked(name.clone()))?;
            let value = ClaimValue::from_json(rule.kind, value)
                .ok_or_else(|| PresentationError::Reveal(name.clone()))?;
            Ok((name.clone(), value))
        };
        members.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    fn to_json(&self) -> Map<String, Value> {
        self.0
            .iter()
            .map(|(name, value)| (name.clone(), value.to_json()))
            .collect()
    }

    /// Field elements by slot: a value for exactly the claims that are asked for.
    fn disclosed(&self, compiled: &Compiled) -> Result<[Option<Fr>; SLOTS], PresentationError> {
        if let Some(name) = self.0.keys().find(|name| {
            !compiled
                .revealed
                .iter()
                .flatten()
                .any(|asked| asked == *name)
        }) {
            return Err(PresentationError::NotAsked(name.clone()));
        }
        let mut out = [None; SLOTS];
        for (place, name) in out.iter_mut().zip(&compiled.revealed) {
            let Some(name) = name else { continue };
            let value = self
                .0
                .get(name)
                .ok_or_else(|| PresentationError::Reveal(name.clone()))?;
            *place = Some(value.to_field());
        }
        Ok(out)
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl PresentationRequest {
    /// The public part of the show statement that answers this request. Holder and verifier both get it here, from the
    /// words, the schema and the anchor.
    ///
    /// # Errors
    /// [`PresentationError`] when schema, predicates or revealed values do not fit the request.
    pub fn public(
        &self,
        schema: &Schema,
        anchor: &AnchorView,
        nym: Nym,
        revealed: &Revealed,
    ) -> Result<ShowPublic, PresentationError> {
        let compiled = self.compile(schema, anchor)?;
        let disclosed = revealed.disclosed(&compiled)?;
        Ok(ShowPublic {
            anchor: *anchor,
            issuers: self.terms.issuers.clone(),
            schema: self.terms.schema.0,
            scope: self.scope(),
            nym,
            predicates: compiled.predicates,
            set: compiled.set,
            disclosed,
            context: context::context(
                &self.chain,
                StatementId::Show,
                STATEMENT_VERSION,
                &self.binding(),
            ),
        })
    }

    /// What the query compiles to at an anchor.
    ///
    /// # Errors
    /// [`PresentationError::OtherSchema`], [`PresentationError::OldAnchor`], or what the terms are refused for.
    pub fn compile(
        &self,
        schema: &Schema,
        anchor: &AnchorView,
    ) -> Result<Compiled, PresentationError> {
        let query = self.terms.query()?;
        if schema.id()? != self.terms.schema {
            return Err(PresentationError::OtherSchema);
        }
        if anchor.time < self.terms.oldest_anchor {
            return Err(PresentationError::OldAnchor);
        }
        Ok(query.compile(schema, anchor.time)?)
    }
}

/// A presentation: the request it answers, what is revealed, and the proof. `Debug` shows no values.
#[derive(Clone, PartialEq, Eq)]
pub struct Presentation {
    request: PresentationRequest,
    revealed: Map<String, Value>,
    anchor: AnchorView,
    nym: Nym,
    proof: Proof,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tacit: String,
    version: u32,
    request: PresentationRequest,
    revealed: Map<String, Value>,
    anchor: AnchorView,
    nym: Nym,
    #[serde(with = "crate::hex_text::proof")]
    proof: Proof,
}

/// What a verified presentation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Who the proof was made for.
    pub verifier: Verifier,
    /// The predicates in their canonical text.
    pub query: Query,
    /// The values revealed.
    pub revealed: Revealed,
    /// One of these issued the credential.
    pub issuers: Vec<MemberId>,
    /// As of this anchor.
    pub anchor: AnchorView,
    /// The holder's pseudonym towards verifier and label.
    pub nym: Nym,
}

impl Shown {
    /// What was proven, one sentence an item.
    pub fn sentences(&self) -> Vec<String> {
        let value = |name: &str| self.revealed.0.get(name).map(ToString::to_string);
        self.query.describe(self.anchor.time, value)
    }
}

impl Presentation {
    /// Joins a request with the proof that answers it.
    pub fn new(
        request: PresentationRequest,
        revealed: &Revealed,
        anchor: AnchorView,
        nym: Nym,
        proof: Proof,
    ) -> Self {
        Self {
            request,
            revealed: revealed.to_json(),
            anchor,
            nym,
            proof,
        }
    }

    /// The request it claims to answer.
    pub fn request(&self) -> &PresentationRequest {
        &self.request
    }

    /// The anchor it claims: compare with the ledger's before [`Presentation::verify`].
    pub fn anchor(&self) -> &AnchorView {
        &self.anchor
    }

    /// The proof, unverified.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// The document as a JSON value, to stand in a bundle or a file.
    ///
    /// # Errors
    /// [`PresentationError::Json`], never in practice.
    pub fn to_json(&self) -> Result<Vec<u8>, PresentationError> {
        let file = File {
            tacit: KIND.to_owned(),
            version: VERSION,
            request: self.request.clone(),
            revealed: self.revealed.clone(),
            anchor: self.anchor,
            nym: self.nym,
            proof: self.proof,
        };
        Ok(json::pretty(&json::to_value(&file, KIND)?)?)
    }

    /// Reads the document's bytes.
    ///
    /// # Errors
    /// [`PresentationError::Json`], [`PresentationError::Kind`], [`PresentationError::Version`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PresentationError> {
        let file: File = json::parse_as(bytes, MAX_PRESENTATION_BYTES, KIND)?;
        if file.tacit != KIND {
            return Err(PresentationError::Kind(KIND));
        }
        if file.version != VERSION {
            return Err(PresentationError::Version(KIND, file.version));
        }
        let File {
            request,
            revealed,
            anchor,
            nym,
            proof,
            ..
        } = file;
        Ok(Self {
            request,
            revealed,
            anchor,
            nym,
            proof,
        })
    }

    /// The verifier's check that this answers its own request, and in time. Without it a proof made for somebody else
    /// would pass. `now` is the verifier's newest ledger time.
    ///
    /// # Errors
    /// [`PresentationError::OtherRequest`], [`PresentationError::Expired`].
    pub fn answers(
        &self,
        asked: &PresentationRequest,
        now: Timestamp,
    ) -> Result<(), PresentationError> {
        if self.request != *asked {
            return Err(PresentationError::OtherRequest);
        }
        if now >= asked.expires {
            return Err(PresentationError::Expired);
        }
        Ok(())
    }

    /// Verifies the proof: what it says holds as of `trusted`, the ledger's own anchor at the presentation's height.
    ///
    /// # Errors
    /// [`PresentationError`] names the first thing that is wrong.
    pub fn verify(
        &self,
        schema: &Schema,
        trusted: &AnchorView,
        key: &VerifyingKey,
    ) -> Result<Shown, PresentationError> {
        if self.anchor != *trusted {
            return Err(PresentationError::OtherAnchor);
        }
        let revealed = Revealed::from_json(schema, &self.revealed)?;
        let public = self.request.public(schema, trusted, self.nym, &revealed)?;
        let inputs = Show::inputs(&public).map_err(|_| PresentationError::Proof)?;
        if key.statement() != StatementId::Show || verify(key, &inputs, &self.proof).is_err() {
            return Err(PresentationError::Proof);
        }
        Ok(Shown {
            verifier: self.request.verifier,
            query: self.request.terms.query()?,
            revealed,
            issuers: public.issuers,
            anchor: *trusted,
            nym: self.nym,
        })
    }
}

impl fmt::Debug for Presentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presentation")
            .field("request", &self.request)
            .field("anchor", &self.anchor)
            .finish_non_exhaustive()
    }
}
