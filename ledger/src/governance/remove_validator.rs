//! RemoveValidator: a validator leaves with the next epoch. Its number is never used again.

use super::{Effect, reschedule};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::ids::ValidatorId;
use crate::reject::Reject;
use serde::Serialize;

/// Removes a validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemoveValidator {
    /// The validator.
    pub validator: ValidatorId,
}
codec_struct!(RemoveValidator { validator });

impl RemoveValidator {
    pub(super) fn enact(&self, env: &mut Env<'_, '_>) -> Result<Effect, Reject> {
        reschedule(env, |validators| {
            let at = validators
                .iter()
                .position(|validator| validator.id == self.validator)
                .ok_or(Reject::UnknownValidator(self.validator))?;
            validators.remove(at);
            Ok(self.validator)
        })
    }
}
