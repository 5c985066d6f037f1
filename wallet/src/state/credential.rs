//! A credential, from the moment it is asked for.

use tacit_circuits::types::{Leaf, MemberId, Position};
use tacit_identity::credential::MAX_CREDENTIAL_BYTES;
use tacit_identity::issuance::MAX_ISSUANCE_BYTES;

use crate::codec::{Blob, codec_struct, terse_debug};
use crate::derive::{Counter, Generation, Plan};
use crate::leaf::Origin;

/// Most bytes of a credential, opening or schema document.
pub const MAX_DOCUMENT: usize = MAX_CREDENTIAL_BYTES;

/// A credential that was asked for, or is held.
#[derive(PartialEq, Eq)]
pub struct HeldCredential {
    /// Counter of the leaf: names the credential in this wallet.
    pub counter: Counter,
    /// Generation of the holder's secret in K.
    pub generation: Generation,
    /// What the leaf says; with the counter it gives the keys.
    pub plan: Plan,
    /// The issuer.
    pub issuer: MemberId,
    /// The signed request (JSON): always sent with the same bytes, so that it is one issuance. Empty for a credential that
    /// was brought back from a file.
    pub request: Blob<MAX_ISSUANCE_BYTES>,
    /// What the issuer gave.
    pub issued: Option<Issued>,
}
codec_struct!(HeldCredential {
    counter,
    generation,
    plan,
    issuer,
    request,
    issued
});
terse_debug!(HeldCredential { counter, issuer });

impl HeldCredential {
    /// What the secrets of its leaf follow from.
    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin {
            generation: self.generation,
            counter: self.counter,
            plan: &self.plan,
        }
    }

    /// What the issuer gave, if it has been seen on the chain and is live as far as the wallet knows.
    #[must_use]
    pub fn live(&self) -> Option<&Issued> {
        self.issued
            .as_ref()
            .filter(|issued| issued.confirmed && !issued.ended)
    }
}

/// What the issuer gave, checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Issued {
    /// The schema document (JSON).
    pub schema: Blob<MAX_DOCUMENT>,
    /// The verifiable credential (JSON).
    pub credential: Blob<MAX_DOCUMENT>,
    /// The opening of its commitment (JSON), never presented.
    pub opening: Blob<MAX_DOCUMENT>,
    /// Its leaf.
    pub leaf: Leaf,
    /// Where the leaf stands.
    pub position: Position,
    /// Whether the wallet has seen the leaf there; until then it is only the issuer's word.
    pub confirmed: bool,
    /// Whether the leaf's bit is set.
    pub ended: bool,
}
codec_struct!(Issued {
    schema,
    credential,
    opening,
    leaf,
    position,
    confirmed,
    ended
});
