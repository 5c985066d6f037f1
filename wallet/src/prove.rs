//! Proving facts from a credential.

use tacit_circuits::commit;
use tacit_circuits::context::StatementId;
use tacit_circuits::keys::ProvingKey;
use tacit_circuits::show::{Show, ShowWitness};
use tacit_circuits::prove;
use tacit_identity::credential::{Credential, CredentialOpening};
use tacit_identity::presentation::{Presentation, PresentationRequest, Revealed};
use tacit_identity::request::RequestId;
use tacit_identity::schema::Schema;

use crate::derive::Counter;
use crate::error::WalletError;
use crate::leaf;
use crate::review::signed;
use crate::state::Decision;
use crate::sync::ProvenAnchor;
use crate::wallet::Wallet;

/// A presentation, and the proof that the anchor it names is final: together they verify with no node and no network.
#[derive(Debug)]
pub struct Proven {
    /// The presentation.
    pub presentation: Presentation,
    /// The anchor.
    pub anchor: ProvenAnchor,
}

impl Wallet {
    /// Proves what is asked from a credential, as of the newest anchor. The request must have been checked
    /// ([`tacit_identity::presentation::SignedPresentationRequest::verify`] with [`Wallet::members`]) or be the holder's own.
    ///
    /// # Errors
    /// [`WalletError::Untrue`] names the clause that does not hold; [`WalletError::Presentation`] when the request does not
    /// fit the credential's schema; [`WalletError::NotYet`] when the credential is not on the chain.
    pub fn prove(
        &mut self,
        number: Counter,
        request: PresentationRequest,
        key: &ProvingKey,
    ) -> Result<Proven, WalletError> {
        self.require_key(StatementId::Show, key)?;
        if request.chain != self.chain().0 {
            return Err(WalletError::OtherChain);
        }
        let held = self.credential(number)?;
        let issued = held.live().ok_or(WalletError::NotYet("the credential is not on the chain, or no longer"))?;
        let schema = Schema::parse(issued.schema.as_bytes())?;
        let credential = Credential::parse(issued.credential.as_bytes())?;
        let opening = CredentialOpening::parse(issued.opening.as_bytes())?;
        let anchor = self.newest_anchor()?;
        let witness = ShowWitness {
            sk: self.keys.holder_secret(),
            rho: self.keys.leaf_nonce(held.counter, &held.plan),
            issuer: held.issuer,
            body: opening.body().clone(),
            end: leaf::end_tag(&self.keys, held.counter),
            path: self.live_path(issued.position)?.clone(),
        };
        let revealed = Revealed::of(&request.compile(&schema, &anchor)?, &credential.claims(&schema)?)?;
        let nym = commit::show_nym(witness.sk.expose(), &request.scope());
        let public = request.public(&schema, &anchor, nym, &revealed)?;
        let entropy = self.entropy();
        let proof = prove::<Show>(key, &public, &witness, entropy)
            .map_err(|error| WalletError::Untrue(error.to_string()))?;
        let presentation = Presentation::new(request, &revealed, anchor, nym, proof);
        let anchor = self.view.snapshot.as_ref().map(|snapshot| snapshot.proof.clone());
        let anchor = anchor.ok_or(WalletError::NotYet("sync first: there is no anchor yet"))?;
        Ok(Proven { presentation, anchor })
    }

    /// Proves what an approved request wants proven, from the credential that was chosen; `None` when it wants nothing.
    ///
    /// # Errors
    /// As [`Wallet::prove`]; [`WalletError::UnknownRequest`].
    pub fn prove_wanted(&mut self, id: RequestId, key: &ProvingKey) -> Result<Option<Proven>, WalletError> {
        let answer = self.answers().iter().find(|answer| answer.to.id == id).ok_or(WalletError::UnknownRequest)?;
        let Decision::Approved { credential: Some(credential), .. } = answer.decision else { return Ok(None) };
        let Some(request) = signed(&answer.to)?.unverified().presentation_request() else { return Ok(None) };
        self.prove(credential, request, key).map(Some)
    }
}
