//! What would link two personas, or two pseudonyms of one: looked up in what the personas of this wallet know.
//!
//! Pure: nothing is asked of anybody, so that looking links nothing.

use tacit_circuits::field::fr_to_bytes;
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{Digest32, MemberId};
use tacit_identity::issuance::IssuanceOffer;
use tacit_identity::presentation::{PresentationRequest, ProofTerms, Verifier};
use tacit_identity::schema::{Schema, SchemaId};

use super::{Review, Warning, signed};
use crate::derive::{Counter, Generation};
use crate::error::WalletError;
use crate::state::{HeldCredential, Incoming, Route, Shown, State};
use crate::wallet::Wallet;

/// Who a proof is for, if it is for somebody.
pub(crate) fn verifier(request: &PresentationRequest) -> Option<MemberId> {
    match request.verifier {
        Verifier::Member(did) => Some(did.member),
        Verifier::Anyone => None,
    }
}

/// What the pseudonym in a proof depends on, beside the secret.
pub(crate) fn scope(request: &PresentationRequest) -> Digest32 {
    Digest32(fr_to_bytes(&request.scope()))
}

/// As [`scope`], of a domain that a credential is shown to in plain, however it is written: host names know no case, and
/// origins are of the host that they name.
fn plain_scope(domain: &str) -> Digest32 {
    let domain = domain.trim().to_ascii_lowercase();
    let rest = domain.split_once("://").map_or(&*domain, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let domain = host.trim_end_matches('.');
    tagged_sha256(tags::WALLET_PLAIN_SCOPE, &[domain.as_bytes()])
}

impl Wallet {
    /// What a proof from a credential would link.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn presentation_warnings(
        &self,
        credential: Counter,
        request: &PresentationRequest,
    ) -> Result<Vec<Warning>, WalletError> {
        let held = self.credential(credential)?;
        let mut warnings = self.proof_links(Some(held), request);
        if let Some(verifier) = verifier(request) {
            let given = |state: &&State| gave(state, verifier);
            let others = self.others.states().iter().filter(given);
            warnings.extend(others.map(|state| Warning::GivenByPersona(name(state))));
        }
        Ok(warnings)
    }

    /// What showing a credential in plain would link, to the verifier of a domain.
    #[must_use]
    pub fn plain_warnings(&self, domain: &str) -> Vec<Warning> {
        let scope = plain_scope(domain);
        let showed = |state: &&State| state.shown.iter().any(|shown| shown.scope == scope);
        let others = self.others.states().iter().filter(showed);
        others
            .map(|state| Warning::PresentedByPersona(name(state)))
            .collect()
    }

    /// Remembers that a credential was shown in plain, as of before anybody sees it.
    ///
    /// # Errors
    /// [`WalletError::File`].
    pub fn note_plain(&mut self, domain: &str) -> Result<(), WalletError> {
        self.note_shown(Shown {
            verifier: None,
            scope: plain_scope(domain),
            generation: Generation::default(),
        })
    }

    /// Remembers what was shown.
    pub(crate) fn note_shown(&mut self, shown: Shown) -> Result<(), WalletError> {
        if self.state.shown.contains(&shown) {
            return Ok(());
        }
        self.change(|state, _| {
            state.shown.push_over_oldest(shown);
            Ok(())
        })
    }

    /// What redeeming an offer would link.
    #[must_use]
    pub fn offer_warnings(&self, offer: &IssuanceOffer) -> Vec<Warning> {
        let issuer = offer.issuer.member;
        let has = |state: &&State| state.credentials.iter().any(|held| held.issuer == issuer);
        let persona = |state: &State| Warning::IssuedToPersona {
            persona: name(state),
            issuer,
        };
        self.others
            .states()
            .iter()
            .filter(has)
            .map(persona)
            .collect()
    }

    /// What answering a request would link.
    pub(super) fn request_links(
        &self,
        review: &Review,
        incoming: &Incoming,
    ) -> Result<Vec<Warning>, WalletError> {
        let mut warnings = Vec::new();
        for other in self.others.states() {
            let persona = || name(other);
            if gave(other, review.platform) {
                warnings.push(Warning::GivenByPersona(persona()));
            }
            // Where facts are wanted, it is looked at with them.
            let proved = |shown: &Shown| shown.verifier == Some(review.platform);
            if review.wanted.is_none() && other.shown.iter().any(proved) {
                warnings.push(Warning::ShownByPersona {
                    persona: persona(),
                    same_label: false,
                });
            }
            let mut seen = other
                .incoming
                .iter()
                .chain(other.answers.iter().map(|answer| &answer.to));
            if seen.any(|seen| seen.id == review.id) {
                warnings.push(Warning::AskedPersona(persona()));
            }
            let mut fitting = review
                .fitting
                .iter()
                .filter_map(|number| self.record(*number).ok());
            let same = |content| {
                other
                    .records
                    .iter()
                    .any(|record| record.object.content_digest == content)
            };
            if fitting.any(|record| same(record.object.content_digest)) {
                warnings.push(Warning::DocumentOfPersona(persona()));
            }
        }
        if let Some(member) = self.other_sender(review.platform, incoming)? {
            warnings.push(Warning::SharedAddress(member));
        }
        if let (Some(terms), Some(request)) = (
            &review.wanted,
            signed(incoming)?.unverified().presentation_request(),
        ) {
            let held = newest_fitting(&self.state, terms);
            warnings.extend(self.proof_links(held, &request));
            let elsewhere = self
                .others
                .states()
                .iter()
                .filter(|state| newest_fitting(state, terms).is_some());
            if held.is_none() {
                warnings.extend(elsewhere.map(|state| Warning::HeldByPersona(name(state))));
            }
        }
        Ok(warnings)
    }

    /// What a proof for a verifier would link, from the credential where it is known.
    fn proof_links(
        &self,
        held: Option<&HeldCredential>,
        request: &PresentationRequest,
    ) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let (verifier, scope) = (verifier(request), scope(request));
        // A proof for anyone can be shown on by anybody, so it does not say that its persona was there.
        if verifier.is_some() {
            for other in self.others.states() {
                let mut shown = other
                    .shown
                    .iter()
                    .filter(|shown| shown.verifier == verifier)
                    .peekable();
                if shown.peek().is_some() {
                    warnings.push(Warning::ShownByPersona {
                        persona: name(other),
                        same_label: shown.any(|shown| shown.scope == scope),
                    });
                }
            }
        }
        let generations = || {
            self.state
                .shown
                .iter()
                .filter(|shown| shown.scope == scope)
                .map(|shown| shown.generation)
        };
        if let Some(held) = held
            && generations().next().is_some()
            && generations().all(|generation| generation != held.generation)
        {
            warnings.push(Warning::NewPseudonym);
        }
        warnings
    }

    /// Another member that used the address through which a request came.
    fn other_sender(
        &self,
        platform: MemberId,
        incoming: &Incoming,
    ) -> Result<Option<MemberId>, WalletError> {
        let Route::Inbox { number: inbox, .. } = incoming.route else {
            return Ok(None);
        };
        let answered = self.state.answers.iter().map(|answer| &answer.to);
        for earlier in self.state.incoming.iter().chain(answered) {
            if matches!(earlier.route, Route::Inbox { number, .. } if number == inbox) {
                let sender = signed(earlier)?.unverified().platform;
                if sender != platform {
                    return Ok(Some(sender));
                }
            }
        }
        Ok(None)
    }
}

/// The newest live credential of a persona that wanted facts may be proven from.
fn newest_fitting<'a>(state: &'a State, wanted: &ProofTerms) -> Option<&'a HeldCredential> {
    let fits = |held: &&HeldCredential| {
        schema(held) == Some(wanted.schema) && wanted.issuers.contains(&held.issuer)
    };
    state.credentials.iter().rev().find(fits)
}

/// The schema of a credential that is live as far as the wallet knows.
fn schema(held: &HeldCredential) -> Option<SchemaId> {
    Schema::parse(held.live()?.schema.as_bytes())
        .ok()?
        .id()
        .ok()
}

/// Whether a persona gave a platform access to something.
fn gave(state: &State, platform: MemberId) -> bool {
    let grants = &state.grants;
    grants.iter().any(|grant| grant.terms.grantee == platform)
}

fn name(state: &State) -> String {
    state.persona.name.as_str().to_owned()
}

#[cfg(test)]
mod tests;
