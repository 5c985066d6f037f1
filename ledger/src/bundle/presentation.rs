//! A presentation's bundle: a show proof with all that is needed to check it offline.

use super::{BundleError, ChainEvidence, MAX_BUNDLE_BYTES, StateEvidence};
use crate::action::register_schema::SchemaRecord;
use crate::codec::{bounded_vec, codec_struct, decode_slice, encode_vec};
use crate::genesis::ChainSpec;
use crate::ids::{ChainId, Height};
use crate::keys;
use crate::light::CertifiedHeader;
use crate::member::{MemberRecord, Role};
use crate::verifier::check_pinned;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, Write};
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
codec_struct!(PresentationBundle, b"TCBP", 1, { chain, public, proof, challenge, verifying_key, issuers, schema });

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
    /// Decodes a bundle, exactly and bounded.
    ///
    /// # Errors
    /// [`BundleError::Encoding`] when the bytes are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() > MAX_BUNDLE_BYTES {
            return Err(BundleError::Encoding(format!(
                "more than {MAX_BUNDLE_BYTES} bytes"
            )));
        }
        decode_slice(bytes).map_err(|e| BundleError::Encoding(e.to_string()))
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode_vec(self)
    }

    /// Checks the bundle for the chain with this id.
    ///
    /// Whether challenge, scope and predicates are the ones the reader asked for is for the reader to compare.
    ///
    /// # Errors
    /// [`BundleError`] names what is wrong.
    pub fn verify(&self, chain: &ChainId) -> Result<VerifiedPresentation, BundleError> {
        let (spec, headers) = self.chain.verify(chain)?;
        self.check_anchor(&headers)?;
        let expected = context(
            &spec.id().0,
            StatementId::Show,
            STATEMENT_VERSION,
            &self.challenge,
        );
        if self.public.context != expected {
            return Err(BundleError::Context);
        }
        self.check_proof(&spec)?;
        Ok(VerifiedPresentation {
            height: Height(self.public.anchor.height),
            time: self.public.anchor.time,
            public: self.public.clone(),
            challenge: self.challenge,
            issuers: self.check_issuers(&headers)?,
            schema: self.check_schema(&headers)?,
            spec,
        })
    }

    fn check_anchor(&self, headers: &[CertifiedHeader]) -> Result<(), BundleError> {
        let first = headers
            .first()
            .map(CertifiedHeader::header)
            .ok_or(BundleError::Anchor)?;
        let view = first
            .anchor_view()
            .ok_or(BundleError::NotAnAnchor(first.height))?;
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

    fn check_issuers(&self, headers: &[CertifiedHeader]) -> Result<Vec<MemberRecord>, BundleError> {
        let record = |id: MemberId, evidence: Option<&StateEvidence>| {
            let value = evidence?.verify(headers, &keys::member(id))?;
            decode_slice::<MemberRecord>(value)
                .ok()
                .filter(|record| record.id == id && record.roles.has(Role::Issuer))
        };
        let mut records = Vec::with_capacity(self.public.issuers.len());
        for (index, id) in self.public.issuers.iter().enumerate() {
            records.push(record(*id, self.issuers.0.get(index)).ok_or(BundleError::Issuer(*id))?);
        }
        Ok(records)
    }

    fn check_schema(&self, headers: &[CertifiedHeader]) -> Result<SchemaRecord, BundleError> {
        let key = keys::schema(&fr_to_bytes(&self.public.schema));
        let value = self
            .schema
            .verify(headers, &key)
            .ok_or(BundleError::Schema)?;
        decode_slice(value).map_err(|_| BundleError::Schema)
    }
}

/// Bytes of a verifying key, bounded when decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyBytes(pub Vec<u8>);

impl Write for KeyBytes {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for KeyBytes {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for KeyBytes {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Vec::read_cfg(buf, &(RangeCfg::new(0..=MAX_KEY_BYTES), ())).map(Self)
    }
}

/// Member records of issuers, bounded when decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct IssuerEvidence(pub Vec<StateEvidence>);

impl Write for IssuerEvidence {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for IssuerEvidence {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for IssuerEvidence {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        bounded_vec(buf, MAX_ISSUERS).map(Self)
    }
}
