//! ReplaceValidatorKeys: a validator votes under other keys from the next epoch on.

use super::{Effect, reschedule};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::ids::ValidatorId;
use crate::reject::Reject;
use crate::signature::{SigningPublicKey, ValidatorKey};
use serde::Serialize;

/// Replaces a validator's keys. Give an unchanged key again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplaceValidatorKeys {
    /// The validator.
    pub validator: ValidatorId,
    /// Its key for votes for blocks.
    pub consensus_key: ValidatorKey,
    /// Its key for votes about changes.
    pub governance_key: SigningPublicKey,
}
codec_struct!(ReplaceValidatorKeys {
    validator,
    consensus_key,
    governance_key
});

impl ReplaceValidatorKeys {
    pub(super) fn enact(&self, env: &mut Env<'_, '_>) -> Result<Effect, Reject> {
        reschedule(env, |validators| {
            let validator = validators
                .iter_mut()
                .find(|validator| validator.id == self.validator)
                .ok_or(Reject::UnknownValidator(self.validator))?;
            let new = (self.consensus_key, self.governance_key);
            if (validator.consensus_key, validator.governance_key) == new {
                return Err(Reject::SameKeys);
            }
            (validator.consensus_key, validator.governance_key) = new;
            Ok(self.validator)
        })
    }
}
