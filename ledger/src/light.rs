//! Following a chain without a node: headers and certificates in, headers one can rely on out.

use crate::certificate::{Certificate, CertificateError};
use crate::codec::codec_struct;
use crate::epoch::Epochs;
use crate::execute;
use crate::genesis::ChainSpec;
use crate::header::{Header, is_anchor};
use crate::ids::{ChainId, Height, ValidatorsHash};
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

/// A validator set that is trusted to certify blocks: the chain's first, or one that a certified header or state names.
/// Made only by checking that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedSet(ValidatorSet);

impl TrustedSet {
    /// The set of the first epoch, which stands in genesis.
    pub fn first(spec: &ChainSpec) -> Self {
        Self(spec.validators().clone())
    }

    /// The set.
    pub fn set(&self) -> &ValidatorSet {
        &self.0
    }
}

impl CertifiedHeader {
    /// Trusts a set as the one that certifies this block.
    ///
    /// # Errors
    /// [`LightError::Validators`] when the header names another.
    pub fn own_set(&self, set: ValidatorSet) -> Result<TrustedSet, LightError> {
        self.named(&self.0.validators, set)
    }

    /// Trusts a set as the one that certifies the block after this one. When the header is the last of its epoch that is
    /// the scheduled set, which before could still change.
    ///
    /// # Errors
    /// [`LightError::Validators`] when the header names another.
    pub fn next_set(&self, spec: &ChainSpec, set: ValidatorSet) -> Result<TrustedSet, LightError> {
        self.named(&self.0.validators_of_child(spec.epochs()), set)
    }

    fn named(&self, hash: &ValidatorsHash, set: ValidatorSet) -> Result<TrustedSet, LightError> {
        if set.hash() != *hash {
            return Err(LightError::Validators {
                height: self.0.height,
            });
        }
        Ok(TrustedSet(set))
    }
}

/// Where a light client stands: all that it needs to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The newest header.
    pub header: Header,
    /// The set that the header names.
    pub validators: ValidatorSet,
}
codec_struct!(Checkpoint, b"TCLC", 1, { header, validators });

/// Follows a chain from a header it trusts, through changes of the validators.
///
/// A span of headers is certified by the set that its last header names. That set must be trusted: it is the one of the
/// newest header followed so far or, when that header ends its epoch, the one it names for the next. So where the set
/// changes, a span has to end with the last header of the epoch.
#[derive(Clone, Debug)]
pub struct LightClient {
    rules: Rules,
    tip: Header,
    validators: TrustedSet,
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
            validators: TrustedSet::first(spec),
        })
    }

    /// Goes on from a checkpoint: one that a client wrote and that nobody else could change since (a wallet's encrypted
    /// file, a vault's own disk), or one from somebody who is trusted.
    ///
    /// # Errors
    /// [`LightError::Chain`] when the header is of another chain, [`LightError::Epoch`] when it names a wrong epoch,
    /// [`LightError::Validators`] when the set is not the one it names.
    pub fn from_checkpoint(spec: &ChainSpec, checkpoint: Checkpoint) -> Result<Self, LightError> {
        let rules = Rules::new(spec);
        let Checkpoint { header, validators } = checkpoint;
        rules.check_alone(&header)?;
        let validators = CertifiedHeader(header.clone()).own_set(validators)?;
        Ok(Self {
            rules,
            tip: header,
            validators,
        })
    }

    /// Where this client stands.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            header: self.tip.clone(),
            validators: self.validators.0.clone(),
        }
    }

    /// The newest header this client relies on.
    pub fn tip(&self) -> CertifiedHeader {
        CertifiedHeader(self.tip.clone())
    }

    /// The set that certifies the newest header.
    pub fn validators(&self) -> &TrustedSet {
        &self.validators
    }

    /// Follows the chain: headers from the one after the tip on, without a gap, the certificate of the last, and the set
    /// that the last names. Returns them as headers to rely on. When anything is wrong, the client stays where it is.
    ///
    /// # Errors
    /// [`LightError`] names the rule that is broken and the height.
    pub fn follow(
        &mut self,
        headers: &[Header],
        certificate: &Certificate,
        validators: &ValidatorSet,
    ) -> Result<Vec<CertifiedHeader>, LightError> {
        let last = headers.last().ok_or(LightError::Empty)?;
        let trusted = match validators == self.validators.set() {
            true => self.validators.clone(),
            false => {
                let named = self.tip.validators_of_child(self.rules.epochs);
                self.tip().named(&named, validators.clone()).map_err(|_| {
                    LightError::Validators {
                        height: last.height,
                    }
                })?
            }
        };
        let certified = self
            .rules
            .certify(Some(&self.tip), headers, certificate, &trusted)?;
        self.tip = last.clone();
        self.validators = trusted;
        Ok(certified)
    }
}

/// Checks headers without a gap that end in a certified one, wherever on the chain they begin. The certificate covers all
/// of them, for each header names its parent. `validators` is the set that the last header names.
///
/// # Errors
/// [`LightError`] names the rule that is broken and the height.
pub fn certify(
    spec: &ChainSpec,
    validators: &TrustedSet,
    headers: &[Header],
    certificate: &Certificate,
) -> Result<Vec<CertifiedHeader>, LightError> {
    Rules::new(spec).certify(None, headers, certificate, validators)
}

/// What headers of a chain must satisfy, whatever their blocks hold.
#[derive(Clone, Debug)]
struct Rules {
    chain: ChainId,
    epochs: Epochs,
    anchor_interval_secs: u32,
}

impl Rules {
    fn new(spec: &ChainSpec) -> Self {
        Self {
            chain: spec.id(),
            epochs: spec.epochs(),
            anchor_interval_secs: spec.genesis().anchor_interval_secs,
        }
    }

    fn certify(
        &self,
        parent: Option<&Header>,
        headers: &[Header],
        certificate: &Certificate,
        validators: &TrustedSet,
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
        if last.validators != validators.0.hash() {
            return Err(LightError::Validators {
                height: last.height,
            });
        }
        if certificate.proposal.block != last.id() {
            return Err(LightError::Certificate(CertificateError::OtherBlock));
        }
        if certificate.proposal.epoch != last.epoch.0 {
            return Err(LightError::Certificate(CertificateError::OtherEpoch));
        }
        certificate.verify(&self.chain, &validators.0)?;
        Ok(headers.iter().cloned().map(CertifiedHeader).collect())
    }

    fn check_alone(&self, header: &Header) -> Result<(), LightError> {
        if header.chain != self.chain {
            return Err(LightError::Chain);
        }
        let height = header.height;
        if header.epoch != self.epochs.of(height) {
            return Err(LightError::Epoch { height });
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
        if header.validators != parent.validators_of_child(self.epochs) {
            return Err(LightError::Validators { height });
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
    /// A change of the validator set is out of order, or not at the end of an epoch.
    #[error("the header of height {height} hands over to no next validator set")]
    Handover {
        /// Its height.
        height: Height,
    },
    /// A header names a wrong epoch.
    #[error("the header of height {height} names a wrong epoch")]
    Epoch {
        /// Its height.
        height: Height,
    },
    /// A header names a validator set that its parent does not, or that is not trusted.
    #[error(
        "the header of height {height} names another validator set than the one that is trusted there"
    )]
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
