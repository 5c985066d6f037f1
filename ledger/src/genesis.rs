//! Genesis: the constants of a chain, from a JSON file that every participant has. Its canonical bytes give the chain id.

use crate::codec::{bounded_vec, codec_struct, encode_vec};
use crate::epoch::Epochs;
use crate::ids::{BlockTime, ChainId, ValidatorId};
use crate::signature::{SigningPublicKey, ValidatorKey};
use crate::text::{Name, PeerAddress};
use crate::validators::{MAX_VALIDATORS, Validator, ValidatorSet, ValidatorSetError, Validators};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, FixedSize, Read, ReadExt, Write};
use serde::{Deserialize, Serialize};
use tacit_circuits::context::StatementId;
use tacit_circuits::grant::PolicyBounds;
use tacit_circuits::keys::SetupKind;
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{Digest32, PurposeSet, Timestamp};

/// Most bytes of a genesis file.
pub const MAX_GENESIS_JSON_BYTES: usize = 256 * 1024;

/// Said wherever something of a development chain is shown.
pub const DEVELOPMENT_WARNING: &str =
    "development chain: proofs on this chain could be forged by whoever ran the setup";

/// The constants of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Name, for people.
    pub name: Name,
    /// Whether proofs could be forged by whoever made the proving keys.
    pub development: bool,
    /// Time of the genesis block.
    pub time: Timestamp,
    /// Seconds between anchors.
    pub anchor_interval_secs: u32,
    /// How many anchors the chain knows; proofs that name an older one are refused.
    pub anchors_kept: u32,
    /// Oldest anchor an access may name, in seconds of block time.
    pub access_anchor_max_age_secs: u32,
    /// How long request ids are remembered at least, in seconds of block time.
    pub request_window_secs: u32,
    /// How far ahead of its own clock a validator waits for before it votes, in milliseconds. No part of a block's
    /// validity: the state machine has no clock.
    pub max_time_ahead_ms: u32,
    /// Blocks of an epoch: how often the validator set can change.
    pub epoch_blocks: u32,
    /// How long votes about a proposal count, in seconds of block time.
    pub proposal_lifetime_secs: u32,
    /// The validators.
    pub validators: GenesisValidators,
    /// The verifying keys of the statements.
    pub statements: PinnedKeys,
    /// What grants may say, until the validators decide otherwise.
    pub policy: GrantPolicy,
}
codec_struct!(Genesis, b"TCTG", 2, {
    name, development, time, anchor_interval_secs, anchors_kept, access_anchor_max_age_secs, request_window_secs,
    max_time_ahead_ms, epoch_blocks, proposal_lifetime_secs, validators, statements, policy
});

/// A validator at the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisValidator {
    /// Name, for people.
    pub name: Name,
    /// Signs its votes for blocks; lies on the validator's machine.
    pub consensus_key: ValidatorKey,
    /// Signs its operator's votes about changes of the chain; needs to be on no server.
    pub governance_key: SigningPublicKey,
    /// Where the other validators reach it, `host:port`.
    pub address: PeerAddress,
}
codec_struct!(GenesisValidator {
    name,
    consensus_key,
    governance_key,
    address
});

/// The validators at the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GenesisValidators(pub Vec<GenesisValidator>);

impl GenesisValidators {
    /// The validators, numbered from 1 in the order of the file.
    fn numbered(&self) -> Result<Validators, ValidatorSetError> {
        let validators = (1..).zip(&self.0).filter_map(|(number, validator)| {
            Some(Validator {
                id: ValidatorId::new(number)?,
                name: validator.name.clone(),
                consensus_key: validator.consensus_key,
                governance_key: validator.governance_key,
                address: validator.address.clone(),
            })
        });
        Validators::new(validators.collect())
    }
}

impl Write for GenesisValidators {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for GenesisValidators {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for GenesisValidators {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        bounded_vec(buf, MAX_VALIDATORS).map(Self)
    }
}

/// A statement's verifying key, pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedKey {
    /// Id of the verifying key: tagged hash of its canonical bytes.
    pub verifying_key: Digest32,
    /// How it was made.
    pub setup: SetupKind,
}

impl Write for PinnedKey {
    fn write(&self, buf: &mut impl BufMut) {
        self.verifying_key.write(buf);
        buf.put_u8(self.setup as u8);
    }
}

impl FixedSize for PinnedKey {
    const SIZE: usize = 33;
}

impl Read for PinnedKey {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let verifying_key = Digest32::read(buf)?;
        let setup = u8::read(buf)?;
        let setup = SetupKind::try_from(setup).map_err(|_| Error::InvalidEnum(setup))?;
        Ok(Self {
            verifying_key,
            setup,
        })
    }
}

/// The verifying keys of the statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedKeys {
    /// Of show.
    pub show: PinnedKey,
    /// Of grant.
    pub grant: PinnedKey,
    /// Of access.
    pub access: PinnedKey,
    /// Of open, which issuers check and nodes never do.
    pub open: PinnedKey,
}
codec_struct!(PinnedKeys {
    show,
    grant,
    access,
    open
});

impl PinnedKeys {
    /// The key of a statement.
    pub fn of(&self, statement: StatementId) -> &PinnedKey {
        match statement {
            StatementId::Show => &self.show,
            StatementId::Grant => &self.grant,
            StatementId::Access => &self.access,
            StatementId::Open => &self.open,
        }
    }
}

/// What grants may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantPolicy {
    /// Longest time from a grant's start to its end, in seconds.
    pub max_duration_secs: u64,
    /// Furthest that a grant's start may lie before or after the anchor's time, in seconds.
    pub max_start_offset_secs: u64,
    /// Purposes that grants may have, as a bit mask.
    pub purposes: PurposeSet,
}
codec_struct!(GrantPolicy {
    max_duration_secs,
    max_start_offset_secs,
    purposes
});

impl GrantPolicy {
    /// Whether grants are possible under this policy and the grant statement can compare its durations.
    ///
    /// # Errors
    /// [`PolicyError`] names the rule that is broken.
    pub fn check(&self) -> Result<(), PolicyError> {
        if self.max_duration_secs == 0 {
            return Err(PolicyError::Zero("max_duration_secs"));
        }
        if self.purposes.0 == 0 {
            return Err(PolicyError::Zero("purposes"));
        }
        if self.max_duration_secs.max(self.max_start_offset_secs) > MAX_POLICY_SECS {
            return Err(PolicyError::TooLong);
        }
        Ok(())
    }

    /// The policy as the grant statement takes it.
    pub fn bounds(&self) -> PolicyBounds {
        PolicyBounds {
            max_duration_secs: self.max_duration_secs,
            max_start_offset_secs: self.max_start_offset_secs,
            purposes: self.purposes,
        }
    }
}

/// A genesis that was checked, with what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainSpec {
    genesis: Genesis,
    id: ChainId,
    epochs: Epochs,
    first_validators: Validators,
    first_set: ValidatorSet,
}

impl ChainSpec {
    /// Checks a genesis.
    ///
    /// # Errors
    /// [`GenesisError`] names the rule that is broken.
    pub fn new(genesis: Genesis) -> Result<Self, GenesisError> {
        let epochs = Epochs::new(genesis.epoch_blocks).ok_or(GenesisError::Epoch)?;
        let first_validators = genesis.validators.numbered()?;
        let first_set = first_validators.set();
        let pinned = [
            genesis.statements.show,
            genesis.statements.grant,
            genesis.statements.access,
            genesis.statements.open,
        ];
        if !genesis.development
            && pinned
                .iter()
                .any(|key| key.setup == SetupKind::InsecureDevelopment)
        {
            return Err(GenesisError::InsecureSetup);
        }
        for (value, name) in [
            (
                u64::from(genesis.anchor_interval_secs),
                "anchor_interval_secs",
            ),
            (u64::from(genesis.anchors_kept), "anchors_kept"),
            (
                u64::from(genesis.access_anchor_max_age_secs),
                "access_anchor_max_age_secs",
            ),
            (
                u64::from(genesis.request_window_secs),
                "request_window_secs",
            ),
            (u64::from(genesis.max_time_ahead_ms), "max_time_ahead_ms"),
            (
                u64::from(genesis.proposal_lifetime_secs),
                "proposal_lifetime_secs",
            ),
            (genesis.time.0, "time"),
        ] {
            if value == 0 {
                return Err(GenesisError::Zero(name));
            }
        }
        if genesis.time.0 > MAX_TIME_SECS {
            return Err(GenesisError::Time);
        }
        genesis.policy.check()?;
        let id = ChainId(tagged_sha256(tags::CHAIN, &[&encode_vec(&genesis)]));
        Ok(Self {
            genesis,
            id,
            epochs,
            first_validators,
            first_set,
        })
    }

    /// Reads a genesis file.
    ///
    /// # Errors
    /// [`GenesisError`] when the text is no genesis or the genesis breaks a rule.
    pub fn from_json(text: &str) -> Result<Self, GenesisError> {
        if text.len() > MAX_GENESIS_JSON_BYTES {
            return Err(GenesisError::TooLong);
        }
        Self::new(serde_json::from_str(text).map_err(|e| GenesisError::Json(e.to_string()))?)
    }

    /// The genesis file.
    ///
    /// # Errors
    /// [`GenesisError::Json`], which does not happen for a checked genesis.
    pub fn to_json(&self) -> Result<String, GenesisError> {
        serde_json::to_string_pretty(&self.genesis).map_err(|e| GenesisError::Json(e.to_string()))
    }

    /// The genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The chain id.
    pub fn id(&self) -> ChainId {
        self.id
    }

    /// How the chain's heights fall into epochs.
    pub fn epochs(&self) -> Epochs {
        self.epochs
    }

    /// The validators of the first epoch. Those of later ones stand in the state.
    pub fn first_validators(&self) -> &Validators {
        &self.first_validators
    }

    /// The set of the first epoch's validators.
    pub fn validators(&self) -> &ValidatorSet {
        &self.first_set
    }

    /// Time of the genesis block.
    pub fn time(&self) -> BlockTime {
        BlockTime::from_timestamp(self.genesis.time)
    }

    /// The warning that everything of a development chain carries.
    pub fn warning(&self) -> Option<&'static str> {
        self.genesis.development.then_some(DEVELOPMENT_WARNING)
    }
}

/// Last second that fits in a block time, with room to spare: the year 9999.
const MAX_TIME_SECS: u64 = 253_402_300_799;

/// Longest duration or offset of a policy: the grant statement counts seconds in 40 bits.
const MAX_POLICY_SECS: u64 = (1 << 40) - 1;

/// Why a policy is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// No grant would be possible.
    #[error("policy.{0} must not be zero")]
    Zero(&'static str),
    /// The policy's durations are more than the grant statement can compare.
    #[error("a duration of the policy is 2^40 seconds or more")]
    TooLong,
}

/// Why a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisError {
    /// The file is too long.
    #[error("the genesis file is longer than {MAX_GENESIS_JSON_BYTES} bytes")]
    TooLong,
    /// The file is no genesis.
    #[error("the genesis file does not parse: {0}")]
    Json(String),
    /// A chain that is not for development pins a key that one party made.
    #[error("a chain that is not marked as a development chain pins an insecure development key")]
    InsecureSetup,
    /// A constant must not be zero.
    #[error("{0} must not be zero")]
    Zero(&'static str),
    /// The genesis time is no plausible time.
    #[error("the genesis time lies beyond the year 9999")]
    Time,
    /// The policy breaks a rule.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// An epoch is too short.
    #[error("an epoch has at least 2 blocks (epoch_blocks)")]
    Epoch,
    /// The validators form no set.
    #[error(transparent)]
    Validators(#[from] ValidatorSetError),
}
