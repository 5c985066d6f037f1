//! What ties a bundle to its chain: genesis, headers, a certificate, and values of the state.

use super::{BundleError, DEVELOPMENT_WARNING};
use crate::certificate::Certificate;
use crate::codec::{bounded_vec, codec_struct};
use crate::genesis::{ChainSpec, Genesis};
use crate::header::Header;
use crate::ids::{ChainId, Height};
use crate::keys::StateKey;
use crate::light::{CertifiedHeader, TrustedSet, certify};
use crate::state::StateProof;
use crate::text::Warning;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, Write};

/// Most headers of a bundle: from the one it is about to the next certificate.
pub const MAX_BUNDLE_HEADERS: usize = 256;

/// Most bytes of a value of the state in a bundle.
const MAX_VALUE_BYTES: usize = 64 * 1024;

/// Certified headers that need no node: the chain's genesis, headers without a gap, and the certificate of the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEvidence {
    /// [`DEVELOPMENT_WARNING`], on a development chain.
    warning: Option<Warning>,
    /// The chain's constants.
    genesis: Genesis,
    /// The headers.
    headers: Headers,
    /// The certificate of the last header.
    certificate: Certificate,
}
codec_struct!(ChainEvidence {
    warning,
    genesis,
    headers,
    certificate
});

impl ChainEvidence {
    /// Puts evidence together; nothing is checked but bounds.
    ///
    /// # Errors
    /// [`BundleError::Encoding`] when there are no headers or too many.
    pub fn new(
        spec: &ChainSpec,
        headers: Vec<Header>,
        certificate: Certificate,
    ) -> Result<Self, BundleError> {
        if headers.is_empty() || headers.len() > MAX_BUNDLE_HEADERS {
            return Err(BundleError::Encoding(format!(
                "1 to {MAX_BUNDLE_HEADERS} headers are needed"
            )));
        }
        let warning = match spec.warning() {
            Some(text) => {
                Some(Warning::new(text).map_err(|e| BundleError::Encoding(e.to_string()))?)
            }
            None => None,
        };
        Ok(Self {
            warning,
            genesis: spec.genesis().clone(),
            headers: Headers(headers),
            certificate,
        })
    }

    /// The chain that the evidence claims to be of. Compare it with the one you know.
    ///
    /// # Errors
    /// [`BundleError::Genesis`] when the genesis inside is not valid.
    pub fn claimed_chain(&self) -> Result<ChainId, BundleError> {
        Ok(ChainSpec::new(self.genesis.clone())?.id())
    }

    /// Checks all of it for the chain with this id, and gives its constants and its headers to rely on.
    ///
    /// # Errors
    /// [`BundleError`] names what is wrong.
    pub fn verify(
        &self,
        expected: &ChainId,
    ) -> Result<(ChainSpec, Vec<CertifiedHeader>), BundleError> {
        let spec = ChainSpec::new(self.genesis.clone())?;
        if spec.id() != *expected {
            return Err(BundleError::Chain {
                found: spec.id(),
                expected: *expected,
            });
        }
        if self.warning.as_ref().map(Warning::as_str) != spec.warning() {
            return Err(BundleError::Warning);
        }
        let headers = certify(
            &spec,
            &TrustedSet::first(&spec),
            &self.headers.0,
            &self.certificate,
        )?;
        Ok((spec, headers))
    }

    /// The warning, if the bundle carries one.
    pub fn warning(&self) -> Option<&'static str> {
        self.warning.as_ref().map(|_| DEVELOPMENT_WARNING)
    }
}

/// Headers without a gap, bounded when decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Headers(Vec<Header>);

impl Write for Headers {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for Headers {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for Headers {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        bounded_vec(buf, MAX_BUNDLE_HEADERS).map(Self)
    }
}

/// A value of the state at one of the certified heights. The key is what the reader asks for, so it is not in here.
#[derive(Clone, Debug, PartialEq)]
pub struct StateEvidence {
    /// The height.
    height: Height,
    /// The value.
    value: Value,
    /// Shows it.
    proof: StateProof,
}
codec_struct!(StateEvidence {
    height,
    value,
    proof
});

impl StateEvidence {
    /// Takes a value and its proof at a height.
    pub fn new(height: Height, value: Vec<u8>, proof: StateProof) -> Self {
        Self {
            height,
            value: Value(value),
            proof,
        }
    }

    /// The value, if the proof shows it under this key in one of the certified headers.
    pub(super) fn verify(&self, headers: &[CertifiedHeader], key: &StateKey) -> Option<&[u8]> {
        let header = headers
            .iter()
            .find(|header| header.header().height == self.height)?;
        header
            .verify_state(key, Some(&self.value.0), &self.proof)
            .ok()?;
        Some(&self.value.0)
    }
}

/// Bytes of a value, bounded when decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Value(Vec<u8>);

impl Write for Value {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for Value {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for Value {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Vec::read_cfg(buf, &(RangeCfg::new(0..=MAX_VALUE_BYTES), ())).map(Self)
    }
}
