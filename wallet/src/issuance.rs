//! Getting credentials: the request to an issuer, and the checks on what comes back.

use tacit_circuits::context::StatementId;
use tacit_circuits::keys::ProvingKey;
use tacit_circuits::open::{Open, OpenWitness};
use tacit_circuits::prove;
use tacit_circuits::types::{LeafKind, MemberId, Timestamp};
use tacit_identity::credential::{Credential, CredentialError, CredentialOpening};
use tacit_identity::did::MemberDid;
use tacit_identity::issuance::{
    IssuanceOffer, IssuanceRequest, MAX_ISSUANCE_SECS, SignedIssuanceRequest,
};
use tacit_identity::schema::{Schema, SchemaId};
use tacit_identity::signer::HolderSigner;

use crate::codec::Blob;
use crate::derive::{Counter, Generation, Plan, PlanKind};
use crate::error::WalletError;
use crate::leaf::{self, Origin};
use crate::state::{HeldCredential, Issued};
use crate::wallet::{Wallet, take_counter};

/// What an issuer gave: documents as they came, not believed yet.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// The schema document (JSON).
    pub schema: &'a [u8],
    /// The verifiable credential (JSON).
    pub credential: &'a [u8],
    /// The opening of its commitment (JSON).
    pub opening: &'a [u8],
}

impl Wallet {
    /// The request that redeems an offer, under a fresh K, E and subject, with the proof that K opens. The same offer again
    /// gives the same bytes, as long as the request has not expired.
    ///
    /// # Errors
    /// [`WalletError::ProvingKey`] when the key is not the chain's for the open statement;
    /// [`WalletError::OtherChain`], [`WalletError::Issuance`], [`WalletError::Full`].
    pub fn request_credential(
        &mut self,
        offer: &IssuanceOffer,
        key: &ProvingKey,
    ) -> Result<(Counter, SignedIssuanceRequest), WalletError> {
        if offer.issuer.chain != self.chain().0 {
            return Err(WalletError::OtherChain);
        }
        let now = self.newest_time();
        let earlier = self.state.credentials.iter().find_map(|credential| {
            let signed = SignedIssuanceRequest::parse(credential.request.as_bytes()).ok()?;
            let same = signed.unverified().offer == offer.id();
            same.then_some((credential.counter, credential.generation, signed))
        });
        if let Some((counter, _, signed)) = &earlier
            && signed.unverified().expires > now
        {
            return Ok((*counter, signed.clone()));
        }
        self.require_key(StatementId::Open, key)?;
        let plan = plan(&offer.issuer, &offer.schema);
        let known = earlier.map(|(counter, generation, _)| (counter, generation));
        let (counter, generation) = known.unwrap_or((self.state.next, self.state.generation));
        let origin = Origin {
            generation,
            counter,
            plan: &plan,
        };
        let expires = offer.expires.min(now.saturating_add(MAX_ISSUANCE_SECS / 2));
        let signed = self.sign_request(&origin, offer, expires, key)?;
        let request = Blob::new(signed.to_json()?).ok_or(WalletError::TooLarge("request"))?;
        self.change(|state, _| {
            if known.is_none() {
                take_counter(state)?;
                let issuer = offer.issuer.member;
                let credential = HeldCredential {
                    counter,
                    generation,
                    plan,
                    issuer,
                    request,
                    issued: None,
                };
                state
                    .credentials
                    .push(credential)
                    .map_err(|_| WalletError::Full("credential"))?;
            } else if let Some(credential) =
                state.credentials.iter_mut().find(|c| c.counter == counter)
            {
                credential.request = request;
            }
            Ok(())
        })?;
        Ok((counter, signed))
    }

    /// Takes in a credential that was asked for. Everything is checked but its place on the chain: the issuer is an active
    /// member and signed it, opening, claims, schema and leaf fit together, and it is for the K and E that were asked for.
    /// The next sync looks for the leaf; until then the credential cannot be used. Read the issuer's member page before
    /// ([`Wallet::read_members`]).
    ///
    /// # Errors
    /// [`WalletError::Credential`] names what does not fit.
    pub fn import_credential(
        &mut self,
        number: Counter,
        received: &Received<'_>,
    ) -> Result<(), WalletError> {
        let held = self.credential(number)?;
        let (issued, issuer) = self.check_received(&held.origin(), received)?;
        if issuer != held.issuer {
            return Err(CredentialError::OtherHolder.into());
        }
        self.change(|state, _| {
            let leaf = issued.leaf;
            let found = state
                .credentials
                .iter_mut()
                .find(|credential| credential.counter == number);
            found
                .ok_or(WalletError::Unknown {
                    what: "credential",
                    number,
                })?
                .issued = Some(issued);
            state.found.retain(|found| found.leaf != leaf);
            Ok(())
        })
    }

    /// Brings back a credential of which the wallet has lost everything but the seed, from the files that the issuer gave.
    /// Its leaf must have been found by a sync before.
    ///
    /// # Errors
    /// As [`Wallet::import_credential`]; [`WalletError::NotYet`] when no leaf of this seed fits.
    pub fn recover_credential(&mut self, received: &Received<'_>) -> Result<Counter, WalletError> {
        let credential = Credential::parse(received.credential)?;
        let of_credential = |kind: LeafKind| kind == LeafKind::Credential;
        let found = self
            .state
            .found
            .iter()
            .find(|found| of_credential(found.kind) && found.leaf == credential.leaf());
        let missing = WalletError::NotYet(
            "no leaf of this seed on the chain fits the credential: sync first",
        );
        let counter = found.ok_or(missing)?.counter;
        let plan = plan(credential.issuer(), &credential.schema_id()?);
        let generation = self.generation_of(&credential, counter, &plan)?;
        let origin = Origin {
            generation,
            counter,
            plan: &plan,
        };
        let (issued, issuer) = self.check_received(&origin, received)?;
        self.change(|state, _| {
            let leaf = issued.leaf;
            let request = Blob::default();
            let credential = HeldCredential {
                counter,
                generation,
                plan,
                issuer,
                request,
                issued: Some(issued),
            };
            // A rotation that this file knew nothing of: what comes next is not bound to an older secret again.
            state.generation = state.generation.max(generation);
            state
                .credentials
                .push(credential)
                .map_err(|_| WalletError::Full("credential"))?;
            state.found.retain(|found| found.leaf != leaf);
            Ok(counter)
        })
    }

    /// The credentials, asked for and held.
    #[must_use]
    pub fn credentials(&self) -> &[HeldCredential] {
        &self.state.credentials
    }

    /// One credential.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn credential(&self, number: Counter) -> Result<&HeldCredential, WalletError> {
        let found = self
            .state
            .credentials
            .iter()
            .find(|credential| credential.counter == number);
        found.ok_or(WalletError::Unknown {
            what: "credential",
            number,
        })
    }

    /// The generation of the secret that a credential is bound to, of which only the seed is left.
    fn generation_of(
        &self,
        credential: &Credential,
        counter: Counter,
        plan: &Plan,
    ) -> Result<Generation, WalletError> {
        let bound = credential.commitment().holder_key;
        let fits = |generation: &Generation| {
            let generation = *generation;
            let origin = Origin {
                generation,
                counter,
                plan,
            };
            leaf::holder_key(&self.keys, &origin) == bound
        };
        let found = Generation::all().find(fits);
        Ok(found.ok_or(CredentialError::OtherHolder)?)
    }

    fn sign_request(
        &mut self,
        origin: &Origin<'_>,
        offer: &IssuanceOffer,
        expires: Timestamp,
        key: &ProvingKey,
    ) -> Result<SignedIssuanceRequest, WalletError> {
        let (counter, plan) = (origin.counter, origin.plan);
        let signer = HolderSigner::new(&self.keys.subject_key(counter, plan));
        let request = IssuanceRequest {
            issuer: offer.issuer,
            schema: offer.schema,
            subject: signer.did(),
            holder_key: leaf::holder_key(&self.keys, origin),
            end_tag: leaf::end_tag(&self.keys, counter),
            offer: offer.id(),
            expires,
        };
        let witness = OpenWitness {
            sk: self.keys.holder_secret(origin.generation),
            rho: self.keys.leaf_nonce(counter, plan),
        };
        let entropy = self.entropy();
        let proof = prove::<Open>(key, &request.open_public(), &witness, entropy)
            .map_err(|error| WalletError::Untrue(error.to_string()))?;
        Ok(signer.sign_issuance_request(request, proof)?)
    }

    fn check_received(
        &self,
        origin: &Origin<'_>,
        received: &Received<'_>,
    ) -> Result<(Issued, MemberId), WalletError> {
        let credential = Credential::parse(received.credential)?;
        let opening = CredentialOpening::parse(received.opening)?;
        let schema = Schema::parse(received.schema)?;
        credential.verify(&self.chain().0, &schema, &self.members())?;
        let asked = (
            &leaf::holder_key(&self.keys, origin),
            &leaf::end_tag(&self.keys, origin.counter),
        );
        // The leaf on the ledger is looked up by the next sync; until then it is the issuer's word.
        credential.accept(&schema, &opening, asked, &credential.leaf())?;
        let blob =
            |bytes: &[u8]| Blob::new(bytes.to_vec()).ok_or(WalletError::TooLarge("credential"));
        let issued = Issued {
            schema: blob(received.schema)?,
            credential: blob(received.credential)?,
            opening: blob(received.opening)?,
            leaf: credential.leaf(),
            position: credential.commitment().position,
            confirmed: false,
            ended: false,
        };
        Ok((issued, credential.issuer().member))
    }
}

/// The plan of a credential: issuer and schema, which the credential itself names, so that it can be brought back.
fn plan(issuer: &MemberDid, schema: &SchemaId) -> Plan {
    let member = issuer.member.get().to_be_bytes();
    let schema = tacit_circuits::field::fr_to_bytes(&schema.0);
    Plan::of(PlanKind::Credential, &[&member, &schema])
}

#[cfg(test)]
mod tests;
