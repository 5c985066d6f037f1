//! What ties a bundle to its chain: genesis, certified headers, and where they were needed the changes of the validator
//! set that lead to them.

use super::bounded::List;
use super::trust::Trust;
use super::{BundleError, DEVELOPMENT_WARNING};
use crate::certificate::Certificate;
use crate::codec::codec_struct;
use crate::genesis::{ChainSpec, Genesis};
use crate::handover::Handover;
use crate::header::Header;
use crate::ids::{ChainId, Epoch, Height};
use crate::light::{CertifiedHeader, LightError, certify};
use crate::text::Warning;
use std::collections::BTreeMap;

/// Most headers of a segment: from the one it is about to the next certificate.
pub const MAX_BUNDLE_HEADERS: usize = 256;

/// Most segments of a bundle.
pub const MAX_SEGMENTS: usize = 8;

/// Most changes of the validator set in a bundle.
pub const MAX_HANDOVERS: usize = 512;

/// Headers without a gap and the certificate of the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    headers: List<Header, MAX_BUNDLE_HEADERS>,
    certificate: Certificate,
}
codec_struct!(Segment {
    headers,
    certificate
});

impl Segment {
    /// Takes headers and the certificate of the last; nothing is checked but bounds.
    ///
    /// # Errors
    /// [`BundleError::Encoding`] when there are no headers or too many.
    pub fn new(headers: Vec<Header>, certificate: Certificate) -> Result<Self, BundleError> {
        if headers.is_empty() || headers.len() > MAX_BUNDLE_HEADERS {
            return Err(BundleError::Encoding(format!(
                "1 to {MAX_BUNDLE_HEADERS} headers are needed"
            )));
        }
        Ok(Self {
            headers: List(headers),
            certificate,
        })
    }

    fn epoch(&self) -> Epoch {
        self.headers.0.last().map_or(Epoch(0), |last| last.epoch)
    }

    /// Heights of the first and the last header.
    pub fn heights(&self) -> (Height, Height) {
        let height = |header: Option<&Header>| header.map_or(Height(0), |header| header.height);
        (
            height(self.headers.0.first()),
            height(self.headers.0.last()),
        )
    }
}

/// Certified headers that need no node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEvidence {
    /// [`DEVELOPMENT_WARNING`], on a development chain.
    warning: Option<Warning>,
    /// The chain's constants.
    genesis: Genesis,
    /// The changes of the validator set up to the last header.
    handovers: List<Handover, MAX_HANDOVERS>,
    /// The headers.
    segments: List<Segment, MAX_SEGMENTS>,
}
codec_struct!(ChainEvidence {
    warning,
    genesis,
    handovers,
    segments
});

/// What evidence of a chain has shown.
#[derive(Clone, Debug)]
pub struct Certified {
    /// The chain's constants.
    pub spec: ChainSpec,
    headers: BTreeMap<Height, CertifiedHeader>,
}

impl Certified {
    /// The header of a height.
    ///
    /// # Errors
    /// [`BundleError::NoHeader`] when the evidence does not show it.
    pub fn header(&self, height: Height) -> Result<&CertifiedHeader, BundleError> {
        self.headers
            .get(&height)
            .ok_or(BundleError::NoHeader(height))
    }
}

impl ChainEvidence {
    /// Puts evidence together, with those handovers that its headers need; nothing is checked but bounds.
    ///
    /// # Errors
    /// [`BundleError::Encoding`] when there are too many segments or handovers.
    pub fn new(
        spec: &ChainSpec,
        handovers: &[Handover],
        segments: Vec<Segment>,
    ) -> Result<Self, BundleError> {
        if segments.is_empty() || segments.len() > MAX_SEGMENTS {
            return Err(BundleError::Encoding(format!(
                "1 to {MAX_SEGMENTS} segments are needed"
            )));
        }
        let newest = segments.iter().map(Segment::epoch).max();
        let needed = handovers.iter().filter(|h| Some(h.header.epoch) < newest);
        let handovers: Vec<Handover> = needed.cloned().collect();
        if handovers.len() > MAX_HANDOVERS {
            return Err(BundleError::Encoding(format!(
                "more than {MAX_HANDOVERS} changes of the validator set"
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
            handovers: List(handovers),
            segments: List(segments),
        })
    }

    /// The chain that the evidence claims to be of. Compare it with the one you know.
    ///
    /// # Errors
    /// [`BundleError::Genesis`] when the genesis inside is not valid.
    pub fn claimed_chain(&self) -> Result<ChainId, BundleError> {
        Ok(ChainSpec::new(self.genesis.clone())?.id())
    }

    /// Checks all of it from what the reader trusts, and gives the chain's constants and headers to rely on.
    ///
    /// # Errors
    /// [`BundleError`] names what is wrong.
    pub fn verify(&self, trust: &Trust) -> Result<Certified, BundleError> {
        let spec = ChainSpec::new(self.genesis.clone())?;
        if spec.id() != trust.chain() {
            return Err(BundleError::Chain {
                found: spec.id(),
                expected: trust.chain(),
            });
        }
        if self.warning.as_ref().map(Warning::as_str) != spec.warning() {
            return Err(BundleError::Warning);
        }
        let mut sets = trust.sets(&spec)?;
        for handover in &self.handovers.0 {
            sets.enter(&spec, handover)?;
        }
        let mut headers = BTreeMap::new();
        for Segment {
            headers: List(segment),
            certificate,
        } in &self.segments.0
        {
            let last = segment.last().ok_or(LightError::Empty)?;
            let set = sets
                .of(last.epoch)
                .ok_or(BundleError::BeforeCheckpoint(last.height))?;
            for header in certify(&spec, set, segment, certificate)? {
                headers.insert(header.header().height, header);
            }
        }
        Ok(Certified { spec, headers })
    }

    /// The warning, if the bundle carries one.
    pub fn warning(&self) -> Option<&'static str> {
        self.warning.as_ref().map(|_| DEVELOPMENT_WARNING)
    }
}
