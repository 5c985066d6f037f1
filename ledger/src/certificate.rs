//! Finality certificates, checked natively.
//!
//! A certificate is the consensus engine's finalization (simplex with ed25519, exact-pinned version): the proposal
//! (epoch, view, parent view, block id), a bitmap of signers over the ordered validator set and one signature per
//! signer in ascending order. Its bytes here are exactly the engine's. Each signature is over
//! `varint(|namespace|) || namespace || proposal` where the namespace is [`consensus_namespace`] followed by the
//! engine's suffix for finalize votes.

use crate::codec::bounded_vec;
use crate::ids::{BlockId, ChainId};
use crate::signature::Signature;
use crate::validators::{MAX_VALIDATORS, ValidatorSet};
use bytes::BufMut;
use commonware_codec::varint::UInt;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};

/// Suffix that the engine puts behind the namespace of finalize votes.
const FINALIZE_SUFFIX: &[u8] = b"_FINALIZE";

/// Namespace that the engine of a chain signs under. It holds the chain id, so a vote for one chain is none for another.
pub fn consensus_namespace(chain: &ChainId) -> Vec<u8> {
    [b"tacit-consensus-v1:".as_slice(), chain.as_bytes()].concat()
}

/// What validators vote for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Epoch of the validator set.
    pub epoch: u64,
    /// View within the epoch.
    pub view: u64,
    /// View of the parent proposal.
    pub parent_view: u64,
    /// The block.
    pub block: BlockId,
}

impl Write for Proposal {
    fn write(&self, buf: &mut impl BufMut) {
        UInt(self.epoch).write(buf);
        UInt(self.view).write(buf);
        UInt(self.parent_view).write(buf);
        self.block.write(buf);
    }
}

impl EncodeSize for Proposal {
    fn encode_size(&self) -> usize {
        UInt(self.epoch).encode_size()
            + UInt(self.view).encode_size()
            + UInt(self.parent_view).encode_size()
            + self.block.encode_size()
    }
}

impl Read for Proposal {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self {
            epoch: UInt::<u64>::read(buf)?.into(),
            view: UInt::<u64>::read(buf)?.into(),
            parent_view: UInt::<u64>::read(buf)?.into(),
            block: BlockId::read(buf)?,
        })
    }
}

/// A finalization as the engine encodes it. Decoding checks its form; [`Certificate::verify`] decides whether it
/// certifies anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// What was voted for.
    pub proposal: Proposal,
    /// For each validator in order whether it signed.
    signers: Vec<bool>,
    /// The signatures of the signers in order; as many as `signers` has true entries.
    signatures: Vec<Signature>,
}

impl Certificate {
    /// Puts a certificate together from votes, given as (index in the set, signature) in ascending order of index.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`] when an index is repeated, out of order or outside the set.
    pub fn new(
        proposal: Proposal,
        validators: usize,
        votes: &[(usize, Signature)],
    ) -> Result<Self, CertificateError> {
        let ascending = votes.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !ascending
            || validators > MAX_VALIDATORS
            || votes.iter().any(|(index, _)| *index >= validators)
        {
            return Err(CertificateError::Malformed);
        }
        let mut signers = vec![false; validators];
        for (index, _) in votes {
            if let Some(signer) = signers.get_mut(*index) {
                *signer = true;
            }
        }
        Ok(Self {
            proposal,
            signers,
            signatures: votes.iter().map(|(_, signature)| *signature).collect(),
        })
    }

    /// Number of signers.
    pub fn signers(&self) -> usize {
        self.signatures.len()
    }

    /// Checks that a quorum of this validator set voted to finalize the block on this chain: each signer is a member of
    /// the set (the bitmap has exactly the set's size), stands for one vote, and every signature is valid.
    ///
    /// # Errors
    /// [`CertificateError`] names the rule that is broken.
    pub fn verify(
        &self,
        chain: &ChainId,
        validators: &ValidatorSet,
    ) -> Result<(), CertificateError> {
        if self.signers.len() != validators.keys().len() {
            return Err(CertificateError::OtherSet {
                got: self.signers.len(),
                set: validators.keys().len(),
            });
        }
        let quorum = validators.quorum();
        if self.signatures.len() < quorum {
            return Err(CertificateError::TooFew {
                got: self.signatures.len(),
                quorum,
            });
        }
        let message = self.message(chain);
        let voters = validators
            .keys()
            .iter()
            .zip(&self.signers)
            .filter(|(_, signed)| **signed);
        // `new` and `read_cfg` make both sequences equally long.
        for (index, ((key, _), signature)) in voters.zip(&self.signatures).enumerate() {
            if !key.verifies_zip215(&message, signature) {
                return Err(CertificateError::Signature { vote: index });
            }
        }
        Ok(())
    }

    /// The bytes that each signer signed.
    fn message(&self, chain: &ChainId) -> Vec<u8> {
        finalize_message(chain, &self.proposal)
    }
}

/// The bytes a validator signs to finalize a proposal.
pub fn finalize_message(chain: &ChainId, proposal: &Proposal) -> Vec<u8> {
    let namespace = [consensus_namespace(chain).as_slice(), FINALIZE_SUFFIX].concat();
    let mut message = Vec::with_capacity(1 + namespace.len() + proposal.encode_size());
    namespace.len().write(&mut message);
    message.extend_from_slice(&namespace);
    proposal.write(&mut message);
    message
}

impl Write for Certificate {
    fn write(&self, buf: &mut impl BufMut) {
        self.proposal.write(buf);
        (self.signers.len() as u64).write(buf);
        for byte in self.signers.chunks(8) {
            let bits = byte
                .iter()
                .enumerate()
                .fold(0u8, |bits, (i, signed)| bits | (u8::from(*signed) << i));
            buf.put_u8(bits);
        }
        self.signatures.write(buf);
    }
}

impl EncodeSize for Certificate {
    fn encode_size(&self) -> usize {
        self.proposal.encode_size()
            + 8
            + self.signers.len().div_ceil(8)
            + self.signatures.encode_size()
    }
}

impl Read for Certificate {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let proposal = Proposal::read(buf)?;
        let len = usize::try_from(u64::read(buf)?).unwrap_or(usize::MAX);
        if len > MAX_VALIDATORS {
            return Err(Error::InvalidLength(len));
        }
        let mut signers = Vec::with_capacity(len);
        for _ in 0..len.div_ceil(8) {
            let bits = u8::read(buf)?;
            signers.extend((0..8).map(|i| bits >> i & 1 == 1));
        }
        if signers.drain(len..).any(|padding| padding) {
            return Err(Error::Invalid(
                "Certificate",
                "bits behind the last validator",
            ));
        }
        let signatures = bounded_vec::<Signature>(buf, MAX_VALIDATORS)?;
        if signatures.len() != signers.iter().filter(|signed| **signed).count() {
            return Err(Error::Invalid(
                "Certificate",
                "numbers of signers and signatures differ",
            ));
        }
        Ok(Self {
            proposal,
            signers,
            signatures,
        })
    }
}

/// Why a certificate certifies nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The votes are not in ascending order of distinct validators.
    #[error("the votes are not by distinct validators in ascending order")]
    Malformed,
    /// The certificate was made over a set of another size.
    #[error("the certificate counts {got} validators, the set has {set}")]
    OtherSet {
        /// Validators the certificate counts.
        got: usize,
        /// Validators of the set.
        set: usize,
    },
    /// Too few validators signed.
    #[error("{got} of at least {quorum} validators signed")]
    TooFew {
        /// Signers.
        got: usize,
        /// Signers needed.
        quorum: usize,
    },
    /// A signature is not the validator's over this proposal on this chain.
    #[error("signature number {vote} is not valid for this block, chain and validator")]
    Signature {
        /// Number of the vote, from 0.
        vote: usize,
    },
    /// The certificate is of another epoch than the block.
    #[error("the certificate is of another epoch than the block")]
    OtherEpoch,
    /// The certificate is for another block.
    #[error("the certificate is for another block")]
    OtherBlock,
}
