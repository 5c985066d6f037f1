//! To whom facts were proven: what the wallet needs to see that a pseudonym changes, or that two personas meet.

use tacit_circuits::types::{Digest32, MemberId};

use crate::codec::codec_struct;
use crate::derive::Generation;

/// A pseudonym that this persona has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The verifier; none for a proof for anyone.
    pub verifier: Option<MemberId>,
    /// Verifier and label, as they go into the pseudonym.
    pub scope: Digest32,
    /// Generation of the secret that the pseudonym is of.
    pub generation: Generation,
}
codec_struct!(Shown {
    verifier,
    scope,
    generation
});
