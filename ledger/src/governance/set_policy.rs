//! SetPolicy: what grants may say from now on. Grants that stand are not touched.

use super::Effect;
use crate::codec::codec_struct;
use crate::env::Env;
use crate::genesis::GrantPolicy;
use crate::keys;
use crate::reject::Reject;
use crate::state;
use serde::Serialize;

/// Replaces the policy. A proof made for the one before is refused from the next transaction on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetPolicy {
    /// The policy from now on.
    pub policy: GrantPolicy,
}
codec_struct!(SetPolicy { policy });

impl SetPolicy {
    pub(super) fn enact(&self, env: &mut Env<'_, '_>) -> Result<Effect, Reject> {
        self.policy.check().map_err(|_| Reject::Policy)?;
        state::write(env.state, keys::policy(), &self.policy);
        Ok(Effect::Policy)
    }
}
