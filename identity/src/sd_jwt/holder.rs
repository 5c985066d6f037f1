//! Holding: check what was issued, and show parts of it.

use tacit_circuits::types::Timestamp;

use super::credential::Credential;
use super::disclosure::Disclosure;
use super::jws::{IssuerKeys, TokenKey};
use super::key_binding::{self, KeyBinding};
use super::path::ClaimPath;
use super::process::Place;
use super::verify::{Opened, check_times};
use super::{CREDENTIAL_TYPE, Part, SdJwt, SdJwtError, parts};

/// A credential in its holder's hands, with all of its disclosures.
#[derive(Clone)]
pub struct Holder {
    sd_jwt: SdJwt,
    places: Vec<Place>,
    hash: super::HashAlgorithm,
    credential: Credential,
}

impl Holder {
    /// Checks an SD-JWT VC that an issuer has issued. One with a key binding is refused: it was made for a verifier.
    ///
    /// # Errors
    /// As [`super::verify`].
    pub fn receive(
        text: &str,
        keys: &dyn IssuerKeys,
        now: Timestamp,
        leeway_secs: u64,
    ) -> Result<Self, SdJwtError> {
        let opened = Opened::open(text, CREDENTIAL_TYPE, keys)?;
        if opened.sd_jwt.has_key_binding() {
            return Err(SdJwtError::KeyBindingUnexpected);
        }
        let credential = Credential::check(opened.sd_jwt.jwt.payload(), &opened.processed)?;
        check_times(Part::Issuer, credential.payload(), now, leeway_secs)?;
        Ok(Self {
            sd_jwt: opened.sd_jwt,
            places: opened.processed.places,
            hash: opened.algorithm,
            credential,
        })
    }

    /// The credential with every claim that its holder can see.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// What can be shown or hidden, and where it is.
    pub fn disclosable(&self) -> impl Iterator<Item = (&ClaimPath, &Disclosure)> {
        let paths = self.places.iter().map(|place| &place.path);
        paths.zip(&self.sd_jwt.disclosures)
    }

    /// Shows the claims at these paths, each with all that is within it, and what they are within; and the claims that cannot
    /// be hidden. Nothing proves who presents.
    ///
    /// # Errors
    /// [`SdJwtError::NoSuchClaim`] for a path that leads nowhere.
    pub fn present(&self, claims: &[ClaimPath]) -> Result<String, SdJwtError> {
        let payload = serde_json::Value::Object(self.credential.payload().clone());
        if let Some(path) = claims.iter().find(|path| !path.exists_in(&payload)) {
            return Err(SdJwtError::NoSuchClaim(path.to_string()));
        }
        let mut shown = vec![false; self.places.len()];
        for (index, place) in self.places.iter().enumerate() {
            if claims.iter().any(|path| path.reaches(&place.path)) {
                self.show(index, &mut shown);
            }
        }
        let shown = self.sd_jwt.disclosures.iter().zip(shown);
        let shown = shown.filter(|(_, shown)| *shown);
        let texts = shown.map(|(disclosure, _)| disclosure.encoded());
        Ok(parts::presented(self.sd_jwt.jwt.text(), texts))
    }

    /// Marks a disclosure, and those that its digest is within.
    fn show(&self, index: usize, shown: &mut [bool]) {
        let mut next = Some(index);
        while let Some(index) = next {
            match shown.get_mut(index) {
                Some(mark) if !*mark => *mark = true,
                _ => return,
            }
            next = self.places.get(index).and_then(|place| place.within);
        }
    }

    /// As [`Holder::present`], with a proof that the holder has the credential's key, for one verifier and one request.
    ///
    /// # Errors
    /// As [`Holder::present`]; [`SdJwtError::NoHolderKey`] when the key is not the credential's.
    pub fn present_bound(
        &self,
        claims: &[ClaimPath],
        binding: &KeyBinding<'_>,
        key: TokenKey<'_>,
    ) -> Result<String, SdJwtError> {
        if self.credential.holder_key() != Some(&key.public_key()) {
            return Err(SdJwtError::NoHolderKey);
        }
        let presented = self.present(claims)?;
        let hash = self.hash.digest(presented.as_bytes());
        let proof = key_binding::sign(binding, hash, key);
        Ok(presented + &proof)
    }
}
