//! A presentation's bundle: a show proof with all that is needed to check it offline.

use super::bounded::List;
use super::chain::{Certified, ChainEvidence};
use super::state::StateEvidence;
use super::trust::Trust;
use super::{BundleError, bundle_bytes};
use crate::action::register_schema::SchemaRecord;
use crate::codec::{codec_struct, decode_slice};
use crate::genesis::ChainSpec;
use crate::ids::Height;
use crate::keys;
use crate::member::{MemberRecord, Role};
use crate::verifier::check_pinned;
use tacit_circuits::context::{STATEMENT_VERSION, StatementId, context};
use tacit_circuits::field::fr_to_bytes;
use tacit_circuits::keys::VerifyingKey;
use tacit_circuits::show::{MAX_ISSUERS, Show, ShowPublic};
use tacit_circuits::statement::Statement;
use tacit_circuits::types::{Digest32, MemberId, Timestamp};
use tacit_circuits::{Proof, verify};

/// Most bytes of a verifying key.
const MAX_KEY_BYTES: usize = 64 * 1024;

/// A presentation: what is shown, the proof, and the evidence that it speaks of a real anchor of the chain, of members
/// that are issuers, and of a registered schema.
#[derive(Clone, Debug, PartialEq)]
pub struct PresentationBundle {
    /// The anchor's header first, then on to a certificate.
    pub chain: ChainEvidence,
    /// What is shown.
    pub public: ShowPublic,
    /// The proof.
    pub proof: Proof,
    /// Digest of the verifier's challenge, to which the proof's context is bound.
    pub challenge: Digest32,
    /// The show statement's verifying key, which genesis pins by its hash.
    pub verifying_key: KeyBytes,
    /// The accepted issuers' member records, in the order of the statement.
    pub issuers: IssuerEvidence,
    /// The schema's record.
    pub schema: StateEvidence,
}
codec_struct!(PresentationBundle, b"TCBP", 2, { chain, public, proof, challenge, verifying_key, issuers, schema });
bundle_bytes!(PresentationBundle);

/// What a presentation's bundle has shown.
#[derive(Clone, Debug)]
pub struct VerifiedPresentation {
    /// The chain's constants.
    pub spec: ChainSpec,
    /// Height of the anchor: true as of this height …
    pub height: Height,
    /// … and this time.
    pub time: Timestamp,
    /// What is shown.
    pub public: ShowPublic,
    /// Digest of the challenge it answers.
    pub challenge: Digest32,
    /// The accepted issuers. One of them issued the credential.
    pub issuers: Vec<MemberRecord>,
    /// The schema.
    pub schema: SchemaRecord,
}

impl PresentationBundle {
    /// Checks the bundle from what the reader trusts.
    ///
    /// Whether challenge, scope and predicates are the ones the reader asked for is for the reader to compare.
    ///
    /// # Errors
    /// [`BundleError`] names what is wrong.
    pub fn verify(&self, trust: &Trust) -> Result<VerifiedPresentation, BundleError> {
        let chain = self.chain.verify(trust)?;
        self.check_anchor(&chain)?;
        let expected = context(
            &chain.spec.id().0,
            StatementId::Show,
            STATEMENT_VERSION,
            &self.challenge,
        );
        if self.public.context != expected {
            return Err(BundleError::Context);
        }
        self.check_proof(&chain.spec)?;
        Ok(VerifiedPresentation {
            height: Height(self.public.anchor.height),
            time: self.public.anchor.time,
            public: self.public.clone(),
            challenge: self.challenge,
            issuers: self.check_issuers(&chain)?,
            schema: self.check_schema(&chain)?,
            spec: chain.spec,
        })
    }

    fn check_anchor(&self, chain: &Certified) -> Result<(), BundleError> {
        let header = chain.header(Height(self.public.anchor.height))?.header();
        let view = header
            .anchor_view()
            .ok_or(BundleError::NotAnAnchor(header.height))?;
        (view == self.public.anchor)
            .then_some(())
            .ok_or(BundleError::Anchor)
    }

    fn check_proof(&self, spec: &ChainSpec) -> Result<(), BundleError> {
        let pinned = &spec.genesis().statements.show.verifying_key;
        let key = VerifyingKey::load(&self.verifying_key.0, pinned)
            .map_err(|e| BundleError::Key(e.to_string()))?;
        check_pinned(spec, StatementId::Show, &key)?;
        let inputs = Show::inputs(&self.public).map_err(|_| BundleError::Proof)?;
        verify(&key, &inputs, &self.proof).map_err(|_| BundleError::Proof)
    }

    fn check_issuers(&self, chain: &Certified) -> Result<Vec<MemberRecord>, BundleError> {
        let record = |id: MemberId, evidence: Option<&StateEvidence>| {
            let record = evidence?.member(chain, id).ok()?;
            record.roles.has(Role::Issuer).then_some(record)
        };
        let mut records = Vec::with_capacity(self.public.issuers.len());
        for (index, id) in self.public.issuers.iter().enumerate() {
            records.push(record(*id, self.issuers.0.get(index)).ok_or(BundleError::Issuer(*id))?);
        }
        Ok(records)
    }

    fn check_schema(&self, chain: &Certified) -> Result<SchemaRecord, BundleError> {
        let key = keys::schema(&fr_to_bytes(&self.public.schema));
        let value = self.schema.verify(chain, &key).ok().flatten();
        value
            .and_then(|value| decode_slice(value).ok())
            .ok_or(BundleError::Schema)
    }
}

/// Bytes of a verifying key.
pub type KeyBytes = List<u8, MAX_KEY_BYTES>;

/// Member records of issuers.
pub type IssuerEvidence = List<StateEvidence, MAX_ISSUERS>;
