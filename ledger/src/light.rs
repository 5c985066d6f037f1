//! Following a chain without a node: headers and certificates in, headers one can rely on out.

use crate::certificate::{Certificate, CertificateError};
use crate::execute;
use crate::genesis::ChainSpec;
use crate::header::{Header, is_anchor};
use crate::ids::{ChainId, Height};
use crate::keys::StateKey;
use crate::merkle::TxProof;
use crate::state::{StateError, StateProof};
use crate::tx::Tx;
use crate::validators::ValidatorSet;
use serde::Serialize;
use tacit_circuits::field::Fr;
use tacit_circuits::tree::ended::EndedShard;
use tacit_circuits::tree::note::NoteBucket;
use tacit_circuits::tree::platform;
use tacit_circuits::types::MemberId;

/// Most headers that one step may bring.
pub const MAX_STEP_HEADERS: usize = 10_000;

/// A header that a certificate of the validators covers, itself or through a descendant. Made only by checking one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CertifiedHeader(Header);

impl CertifiedHeader {
    /// The header.
    pub fn header(&self) -> &Header {
        &self.0
    }

    /// Checks that a transaction is in this block, at the place the proof says.
    ///
    /// # Errors
    /// [`LightError::Inclusion`] when the proof does not show it.
    pub fn verify_tx(&self, tx: &Tx, proof: &TxProof) -> Result<(), LightError> {
        proof
            .verify(&self.0.tx_root, &tx.id())
            .then_some(())
            .ok_or(LightError::Inclusion)
    }

    /// Checks that the state after this block has exactly this value, or none, under a key.
    ///
    /// # Errors
    /// [`LightError::State`] when the proof does not show it.
    pub fn verify_state(
        &self,
        key: &StateKey,
        value: Option<&[u8]>,
        proof: &StateProof,
    ) -> Result<(), LightError> {
        proof
            .verify(&self.0.state_root, key, value)
            .map_err(|_| LightError::State)
    }

    /// Checks that a bucket belongs to the note tree after this block.
    ///
    /// # Errors
    /// [`LightError::Tree`] when it does not.
    pub fn verify_bucket(&self, bucket: &NoteBucket) -> Result<(), LightError> {
        (bucket.root() == self.0.note_root)
            .then_some(())
            .ok_or(LightError::Tree)
    }

    /// Checks that a shard belongs to the ended tree after this block.
    ///
    /// # Errors
    /// [`LightError::Tree`] when it does not.
    pub fn verify_shard(&self, shard: &EndedShard) -> Result<(), LightError> {
        (shard.root() == self.0.ended_root)
            .then_some(())
            .ok_or(LightError::Tree)
    }

    /// Checks that these are all leaves of the platform tree after this block, by member.
    ///
    /// # Errors
    /// [`LightError::Tree`] when they are not.
    pub fn verify_platforms(&self, leaves: &[(MemberId, Fr)]) -> Result<(), LightError> {
        let mut store = tacit_circuits::tree::MemoryNodes::default();
        for (member, leaf) in leaves {
            platform::set_leaf(&mut store, *member, *leaf).map_err(|_| LightError::Tree)?;
        }
        let root = platform::root(&store).map_err(|_| LightError::Tree)?;
        (root == self.0.platform_root)
            .then_some(())
            .ok_or(LightError::Tree)
    }
}

/// Follows a chain from a header it trusts.
#[derive(Clone, Debug)]
pub struct LightClient {
    rules: Rules,
    tip: Header,
}

impl LightClient {
    /// Trusts a genesis, which every participant has, and nothing else.
    ///
    /// # Errors
    /// [`LightError::Genesis`] when the genesis block cannot be made.
    pub fn from_genesis(spec: &ChainSpec) -> Result<Self, LightError> {
        let genesis = execute::genesis(spec).map_err(LightError::Genesis)?;
        Ok(Self {
            rules: Rules::new(spec),
            tip: genesis.block.header,
        })
    }

    /// Trusts a header that this client, or somebody it trusts, has verified before.
    ///
    /// # Errors
    /// [`LightError::Chain`] when the header is of another chain, [`LightError::Validators`] when another set certifies it.
    pub fn from_checkpoint(spec: &ChainSpec, trusted: CertifiedHeader) -> Result<Self, LightError> {
        let rules = Rules::new(spec);
        rules.check_alone(&trusted.0)?;
        Ok(Self {
            rules,
            tip: trusted.0,
        })
    }

    /// Goes on from a header that this client has verified before and kept where nobody else could change it: a wallet's
    /// encrypted file, a vault's own disk.
    ///
    /// # Errors
    /// As [`LightClient::from_checkpoint`].
    pub fn resume(spec: &ChainSpec, tip: Header) -> Result<Self, LightError> {
        Self::from_checkpoint(spec, CertifiedHeader(tip))
    }

    /// The newest header this client relies on.
    pub fn tip(&self) -> CertifiedHeader {
        CertifiedHeader(self.tip.clone())
    }

    /// Follows the chain: headers from the one after the tip on, without a gap, and the certificate of the last. Returns
    /// them as headers to rely on. When anything is wrong, the client stays where it is.
    ///
    /// # Errors
    /// [`LightError`] names the rule that is broken and the height.
    pub fn follow(
        &mut self,
        headers: &[Header],
        certificate: &Certificate,
    ) -> Result<Vec<CertifiedHeader>, LightError> {
        let certified = self.rules.certify(Some(&self.tip), headers, certificate)?;
        if let Some(last) = headers.last() {
            self.tip = last.clone();
        }
        Ok(certified)
    }
}

/// Checks headers without a gap that end in a certified one, wherever on the chain they begin. The certificate covers all
/// of them, for each header names its parent.
///
/// # Errors
/// [`LightError`] names the rule that is broken and the height.
pub fn certify(
    spec: &ChainSpec,
    headers: &[Header],
    certificate: &Certificate,
) -> Result<Vec<CertifiedHeader>, LightError> {
    Rules::new(spec).certify(None, headers, certificate)
}

/// What headers of a chain must satisfy, whatever their blocks hold.
#[derive(Clone, Debug)]
struct Rules {
    chain: ChainId,
    anchor_interval_secs: u32,
    validators: ValidatorSet,
}

impl Rules {
    fn new(spec: &ChainSpec) -> Self {
        Self {
            chain: spec.id(),
            anchor_interval_secs: spec.genesis().anchor_interval_secs,
            validators: spec.validators().clone(),
        }
    }

    fn certify(
        &self,
        parent: Option<&Header>,
        headers: &[Header],
        certificate: &Certificate,
    ) -> Result<Vec<CertifiedHeader>, LightError> {
        let last = headers.last().ok_or(LightError::Empty)?;
        if headers.len() > MAX_STEP_HEADERS {
            return Err(LightError::TooMany);
        }
        let mut parent = parent;
        for header in headers {
            self.check_alone(header)?;
            if let Some(parent) = parent {
                self.check_child(parent, header)?;
            }
            parent = Some(header);
        }
        if certificate.proposal.block != last.id() {
            return Err(LightError::Certificate(CertificateError::OtherBlock));
        }
        certificate.verify(&self.chain, &self.validators)?;
        Ok(headers.iter().cloned().map(CertifiedHeader).collect())
    }

    fn check_alone(&self, header: &Header) -> Result<(), LightError> {
        if header.chain != self.chain {
            return Err(LightError::Chain);
        }
        // The set never changes in this version, so another one never certifies.
        if header.validators != self.validators.hash() {
            return Err(LightError::Validators {
                height: header.height,
            });
        }
        Ok(())
    }

    fn check_child(&self, parent: &Header, header: &Header) -> Result<(), LightError> {
        let height = header.height;
        if header.parent != parent.id() || height != parent.height.next() {
            return Err(LightError::Gap { height });
        }
        if header.time <= parent.time {
            return Err(LightError::Time { height });
        }
        let due = is_anchor(parent.time, header.time, self.anchor_interval_secs);
        let anchor = if due { height } else { parent.anchor };
        if header.anchor != anchor {
            return Err(LightError::Anchor { height });
        }
        Ok(())
    }
}

/// Why a light client does not accept something.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LightError {
    /// There are no headers.
    #[error("there are no headers to follow")]
    Empty,
    /// There are too many headers for one step.
    #[error("more than {MAX_STEP_HEADERS} headers in one step")]
    TooMany,
    /// A header is of another chain.
    #[error("a header is of another chain")]
    Chain,
    /// A header does not follow the one before.
    #[error("the header of height {height} does not follow the one before")]
    Gap {
        /// Its height.
        height: Height,
    },
    /// A header's time is not after its parent's.
    #[error("the time of the header of height {height} is not after its parent's")]
    Time {
        /// Its height.
        height: Height,
    },
    /// A header names a validator set that never was.
    #[error("the header of height {height} names a validator set that is not the chain's")]
    Validators {
        /// Its height.
        height: Height,
    },
    /// A header claims to be an anchor, or not to be one, against the rule.
    #[error("the header of height {height} breaks the rule for anchors")]
    Anchor {
        /// Its height.
        height: Height,
    },
    /// The certificate does not certify the last header.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The transaction is not shown to be in the block.
    #[error("the proof does not show that the transaction is in this block")]
    Inclusion,
    /// The value is not shown to be in the state.
    #[error("the proof does not show this value in the state of this block")]
    State,
    /// The part of a tree does not belong to this block.
    #[error("the part of the tree does not lead to the root of this block")]
    Tree,
    /// The genesis block cannot be made.
    #[error("the genesis block cannot be made: {0}")]
    Genesis(#[source] StateError),
}
