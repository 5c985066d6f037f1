//! Presenting a credential in plain, to software that reads no proofs.

use tacit_identity::signer::HolderSigner;

use crate::derive::Counter;
use crate::error::WalletError;
use crate::wallet::Wallet;

/// A credential as its issuer signed it, and the key of its subject.
///
/// Every credential has a subject of its own, so two of them cannot be linked by it. One credential that is shown to two
/// verifiers can: claims, leaf and signature are the same.
#[derive(Debug)]
pub struct Presentable<'a> {
    /// The credential (JSON).
    pub credential: &'a [u8],
    /// Signs as the credential's subject.
    pub subject: HolderSigner,
}

impl Wallet {
    /// A credential that can be presented: seen on the chain, and not ended as far as the wallet knows.
    ///
    /// # Errors
    /// [`WalletError::Unknown`], [`WalletError::NotYet`], [`WalletError::Ended`].
    pub fn presentable(&self, number: Counter) -> Result<Presentable<'_>, WalletError> {
        let held = self.credential(number)?;
        let issued = held.issued.as_ref().filter(|issued| issued.confirmed);
        let issued = issued.ok_or(WalletError::NotYet("credential"))?;
        if issued.ended {
            return Err(WalletError::Ended("credential"));
        }
        Ok(Presentable {
            credential: issued.credential.as_bytes(),
            subject: HolderSigner::new(&self.keys.subject_key(held.counter, &held.plan)),
        })
    }
}
