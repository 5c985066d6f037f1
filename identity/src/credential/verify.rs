//! Verifying a credential: by anybody against the ledger's members, and by its holder against opening and leaf.

use tacit_circuits::attribute::{self, SLOTS};
use tacit_circuits::types::{Digest32, EndTag, HolderKey, Leaf};

use super::{Credential, CredentialError, CredentialOpening};
use crate::did::{MemberDid, MemberResolver};
use crate::proof::Secured;
use crate::schema::{Claims, Schema};

impl Credential {
    /// Verifies the issuer's signature and that claims, schema and leaf fit together; gives the claims.
    ///
    /// A key that the issuer has rotated away still verifies: the credential's life is decided by its leaf, which only the
    /// issuer's key of that time could add. Whether the leaf is live is the ledger's to say.
    ///
    /// # Errors
    /// [`CredentialError`] names the first thing that is wrong.
    pub fn verify(
        &self,
        chain: &Digest32,
        schema: &Schema,
        members: &impl MemberResolver,
    ) -> Result<Claims, CredentialError> {
        let issuer = self.issuer();
        if issuer.chain != *chain {
            return Err(CredentialError::OtherChain);
        }
        let member = members
            .resolve(issuer.member)
            .ok_or(CredentialError::UnknownIssuer)?;
        if !member.issuer {
            return Err(CredentialError::NotAnIssuer);
        }
        if !member.active {
            return Err(CredentialError::SuspendedIssuer);
        }
        let secured = Secured::open(self.document.clone())?;
        let (signer, key) = MemberDid::parse_verification_method(secured.verification_method())?;
        if signer != *issuer {
            return Err(CredentialError::OtherSigner);
        }
        if key != member.signing_key && !member.earlier_signing_keys.contains(&key) {
            return Err(CredentialError::ForeignKey);
        }
        // The W3C lets a proof cover only the first contexts of a document; this profile does not.
        if secured.verify(&key)?.get("@context") != self.document.get("@context") {
            return Err(CredentialError::Context);
        }
        if self.commitment().leaf(issuer.member) != self.leaf() {
            return Err(CredentialError::LeafMismatch);
        }
        self.claims(schema)
    }

    /// The holder's check on receipt: the opening opens the commitment to exactly these claims, the commitment is to the
    /// keys that were asked for, and `on_ledger`, the leaf found at the position, is this one.
    ///
    /// # Errors
    /// Each way to differ has its own [`CredentialError`].
    pub fn accept(
        &self,
        schema: &Schema,
        opening: &CredentialOpening,
        asked: (&HolderKey, &EndTag),
        on_ledger: &Leaf,
    ) -> Result<(), CredentialError> {
        let commitment = self.commitment();
        if (&commitment.holder_key, &commitment.end_tag) != asked {
            return Err(CredentialError::OtherHolder);
        }
        self.check_opening(schema, opening)?;
        if commitment.leaf(self.issuer().member) != self.leaf() {
            return Err(CredentialError::LeafMismatch);
        }
        if *on_ledger != self.leaf() {
            return Err(CredentialError::LedgerLeaf);
        }
        Ok(())
    }

    /// Checks that an opening is of this credential, field by field, and that it opens the commitment.
    ///
    /// # Errors
    /// Each way to differ has its own [`CredentialError`].
    pub fn check_opening(
        &self,
        schema: &Schema,
        opening: &CredentialOpening,
    ) -> Result<(), CredentialError> {
        let (issuer, position, body) = (opening.issuer(), opening.position(), opening.body());
        if issuer.chain != self.issuer().chain || position != self.commitment().position {
            return Err(CredentialError::OpeningPosition);
        }
        if issuer.member != self.issuer().member {
            return Err(CredentialError::OpeningIssuer);
        }
        let claims = self.claims(schema)?;
        if body.schema != schema.id()?.0 {
            return Err(CredentialError::OpeningSchema);
        }
        if (body.valid_from, body.valid_until) != (self.valid_from(), self.valid_until()) {
            return Err(CredentialError::OpeningValidity);
        }
        let stated = claims.attributes(schema);
        for slot in 0..SLOTS {
            let (Some(stated), Some(opened)) = (stated.get(slot), body.attributes.get(slot)) else {
                continue;
            };
            if stated == opened {
                continue;
            }
            let name = || schema.claim_in_slot(slot).unwrap_or_default().to_owned();
            return Err(if *opened == attribute::absent() {
                CredentialError::OpeningMissing(name())
            } else if *stated == attribute::absent() {
                CredentialError::OpeningExtra(slot)
            } else {
                CredentialError::OpeningValue(name())
            });
        }
        if body.commit() == self.commitment().body {
            Ok(())
        } else {
            Err(CredentialError::OpeningBody)
        }
    }
}
