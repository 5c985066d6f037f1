//! MoveValidator: a validator is reached under another address from the next epoch on.

use super::{Effect, reschedule};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::ids::ValidatorId;
use crate::reject::Reject;
use crate::text::PeerAddress;
use serde::Serialize;

/// Gives a validator another address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MoveValidator {
    /// The validator.
    pub validator: ValidatorId,
    /// Where the other validators reach it.
    pub address: PeerAddress,
}
codec_struct!(MoveValidator { validator, address });

impl MoveValidator {
    pub(super) fn enact(&self, env: &mut Env<'_, '_>) -> Result<Effect, Reject> {
        reschedule(env, |validators| {
            let validator = validators
                .iter_mut()
                .find(|validator| validator.id == self.validator)
                .ok_or(Reject::UnknownValidator(self.validator))?;
            validator.address = self.address.clone();
            Ok(self.validator)
        })
    }
}
