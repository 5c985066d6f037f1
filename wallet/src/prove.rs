//! Proving facts from a credential.

use tacit_circuits::commit;
use tacit_circuits::context::StatementId;
use tacit_circuits::keys::ProvingKey;
use tacit_circuits::prove;
use tacit_circuits::show::{Show, ShowPublic, ShowWitness};
use tacit_circuits::{Proof, types::AnchorView};
use tacit_identity::credential::{Credential, CredentialOpening};
use tacit_identity::presentation::{Presentation, PresentationRequest, Revealed};
use tacit_identity::request::RequestId;
use tacit_identity::schema::Schema;
use tacit_ledger::bundle::{ChainEvidence, List, PresentationBundle, Segment};

use crate::derive::Counter;
use crate::error::WalletError;
use crate::leaf;
use crate::review::{self, signed};
use crate::state::{self, Decision};
use crate::sync::{LedgerSource, MAX_ATTEMPTS, SyncError};
use crate::wallet::Wallet;

/// A presentation, and the bundle that verifies with no node and no network.
#[derive(Debug)]
pub struct Bundled {
    /// What was asked, in words, and the proof.
    pub presentation: Presentation,
    /// The same proof with everything of the chain that it stands on.
    pub bundle: PresentationBundle,
}

/// A show that has been proven.
struct Shown {
    public: ShowPublic,
    revealed: Revealed,
    proof: Proof,
}

impl Wallet {
    /// Proves what is asked from a credential, as of the newest anchor that was synced. The request must have been checked
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
    ) -> Result<Presentation, WalletError> {
        let shown = self.show(number, &request, key)?;
        Ok(presentation(request, &shown))
    }

    /// Proves what is asked, and adds everything of the chain that a verifier without a network needs.
    ///
    /// # Errors
    /// As [`Wallet::prove`] and [`Wallet::sync`]; [`WalletError::NotYet`] when too many blocks have passed since the anchor:
    /// try again in some seconds.
    pub fn prove_bundle(
        &mut self,
        source: &mut dyn LedgerSource,
        number: Counter,
        request: PresentationRequest,
        key: &ProvingKey,
    ) -> Result<Bundled, WalletError> {
        for _ in 0..MAX_ATTEMPTS {
            let mut report = self.sync(source)?;
            let terms = &request.terms;
            let (issuers, schema) =
                self.bundle_values(source, &terms.issuers, &terms.schema.0, &mut report)?;
            // What was read belongs to headers up to the tip; the proof must name the anchor that they lead on from.
            if self.state.checkpoint.anchor.height.0 != self.newest_anchor()?.height {
                continue;
            }
            let evidence = self.state.checkpoint.evidence();
            let (headers, certificate) = evidence.ok_or(WalletError::NotYet(
                "too many blocks since the newest anchor for a bundle: try again in some seconds",
            ))?;
            let handovers = self.handovers(source, self.state.checkpoint.tip.epoch)?;
            let segment = Segment::new(headers, certificate)?;
            let chain = ChainEvidence::new(self.spec(), &handovers, vec![segment])?;
            chain.verify(&self.chain().into())?;
            let shown = self.show(number, &request, key)?;
            let bundle = PresentationBundle {
                chain,
                public: shown.public.clone(),
                proof: shown.proof,
                challenge: request.binding(),
                verifying_key: List(key.verifying_key().to_bytes().to_vec()),
                issuers: List(issuers),
                schema,
            };
            return Ok(Bundled {
                presentation: presentation(request, &shown),
                bundle,
            });
        }
        Err(SyncError::Moved.into())
    }

    /// What a request wants proven beside the document, bound to the request. The request is checked against the ledger as
    /// long as it has no answer.
    ///
    /// # Errors
    /// [`WalletError::UnknownRequest`]; [`WalletError::Request`] for a request that must not be answered.
    pub fn wanted(&self, id: RequestId) -> Result<Option<PresentationRequest>, WalletError> {
        let incoming = self.any_request(id)?;
        if self.answers().iter().any(|answer| answer.to.id == id) {
            return Ok(signed(incoming)?.unverified().presentation_request());
        }
        Ok(self
            .verify_request(incoming)?
            .request
            .presentation_request())
    }

    /// Proves what a request wants proven; `None` when it wants nothing. To be called before the request is approved as well
    /// as after: who cannot prove what is wanted should find out before a grant is on the chain. `credential` may be left
    /// out for a request that was approved with one.
    ///
    /// # Errors
    /// As [`Wallet::prove`] and [`Wallet::wanted`]; [`WalletError::Choice`] without a credential.
    pub fn prove_wanted(
        &mut self,
        id: RequestId,
        credential: Option<Counter>,
        key: &ProvingKey,
    ) -> Result<Option<Presentation>, WalletError> {
        let Some(request) = self.wanted(id)? else {
            return Ok(None);
        };
        let answer = self.answers().iter().find(|answer| answer.to.id == id);
        let chosen = answer.and_then(|answer| match answer.decision {
            Decision::Approved { credential, .. } => credential,
            Decision::Denied(_) => None,
        });
        let missing = WalletError::Choice("choose the credential to prove the wanted facts from");
        let credential = credential.or(chosen).ok_or(missing)?;
        self.prove(credential, request, key).map(Some)
    }

    fn show(
        &mut self,
        number: Counter,
        request: &PresentationRequest,
        key: &ProvingKey,
    ) -> Result<Shown, WalletError> {
        self.require_key(StatementId::Show, key)?;
        if request.chain != self.chain().0 {
            return Err(WalletError::OtherChain);
        }
        let held = self.credential(number)?;
        let missing = WalletError::NotYet("the credential is not on the chain, or no longer");
        let issued = held.live().ok_or(missing)?;
        let schema = Schema::parse(issued.schema.as_bytes())?;
        let credential = Credential::parse(issued.credential.as_bytes())?;
        let opening = CredentialOpening::parse(issued.opening.as_bytes())?;
        let anchor: AnchorView = self.newest_anchor()?;
        let generation = held.generation;
        let witness = ShowWitness {
            sk: self.keys.holder_secret(generation),
            rho: self.keys.leaf_nonce(held.counter, &held.plan),
            issuer: held.issuer,
            body: opening.body().clone(),
            end: leaf::end_tag(&self.keys, held.counter),
            path: self.live_path(issued.position)?.clone(),
        };
        let compiled = request.compile(&schema, &anchor)?;
        let revealed = Revealed::of(&compiled, &credential.claims(&schema)?)?;
        let nym = commit::show_nym(witness.sk.expose(), &request.scope());
        let public = request.public(&schema, &anchor, nym, &revealed)?;
        let entropy = self.entropy();
        let proof = prove::<Show>(key, &public, &witness, entropy)
            .map_err(|error| WalletError::Untrue(error.to_string()))?;
        // As of before anybody sees it.
        self.note_shown(state::Shown {
            verifier: review::verifier(request),
            scope: review::scope(request),
            generation,
        })?;
        Ok(Shown {
            public,
            revealed,
            proof,
        })
    }
}

fn presentation(request: PresentationRequest, shown: &Shown) -> Presentation {
    Presentation::new(
        request,
        &shown.revealed,
        shown.public.anchor,
        shown.public.nym,
        shown.proof,
    )
}

#[cfg(test)]
mod tests;
