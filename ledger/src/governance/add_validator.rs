//! AddValidator: a validator joins with the next epoch.

use super::{Effect, reschedule};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::ids::ValidatorId;
use crate::reject::Reject;
use crate::signature::{SigningPublicKey, ValidatorKey};
use crate::text::{Name, PeerAddress};
use crate::validators::Validator;
use serde::Serialize;

/// Adds a validator under the next free number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddValidator {
    /// Name, for people.
    pub name: Name,
    /// Signs votes for blocks.
    pub consensus_key: ValidatorKey,
    /// Signs votes about changes.
    pub governance_key: SigningPublicKey,
    /// Where the other validators reach it.
    pub address: PeerAddress,
}
codec_struct!(AddValidator {
    name,
    consensus_key,
    governance_key,
    address
});

impl AddValidator {
    pub(super) fn enact(&self, env: &mut Env<'_, '_>) -> Result<Effect, Reject> {
        let number = env
            .counters
            .validators
            .checked_add(1)
            .ok_or(Reject::TooManyValidators)?;
        let id = ValidatorId::new(number).ok_or(Reject::TooManyValidators)?;
        let effect = reschedule(env, |validators| {
            validators.push(Validator {
                id,
                name: self.name.clone(),
                consensus_key: self.consensus_key,
                governance_key: self.governance_key,
                address: self.address.clone(),
            });
            Ok(id)
        })?;
        env.counters.validators = number;
        Ok(effect)
    }
}
