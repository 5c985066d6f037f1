//! Looking at a request: who asks, for what, why, what is unusual about it ([`usual`]), and what it would link.

mod links;
pub mod usual;
mod warning;

use tacit_circuits::types::{CategorySet, MemberId, Purpose, Timestamp};
use tacit_identity::predicate::Item;
use tacit_identity::presentation::ProofTerms;
use tacit_identity::request::{RequestId, SignedSharingRequest, VerifiedRequest};

use crate::derive::Counter;
use crate::error::WalletError;
pub(crate) use crate::review::links::{scope, verifier};
use crate::review::usual::Usual;
pub use crate::review::warning::Warning;
use crate::state::{GrantEntry, Incoming};
use crate::wallet::Wallet;

/// More categories are pointed out.
pub const USUAL_CATEGORIES: u32 = 3;
/// Categories whose data the law protects most (GDPR, articles 9 and 10), by their names in the vocabulary.
const SENSITIVE: [&str; 3] = ["medical", "biometric", "criminal"];

/// A request as a person should see it. It has been checked against the ledger.
#[derive(Clone, Debug)]
pub struct Review {
    /// The request's id.
    pub id: RequestId,
    /// Who asks.
    pub platform: MemberId,
    /// Its name on the ledger.
    pub platform_name: String,
    /// Why.
    pub purpose: Purpose,
    /// For what.
    pub categories: CategorySet,
    /// For how long at most, in seconds.
    pub longest_validity: u64,
    /// How often at most.
    pub max_uses: u16,
    /// Which facts are to be proven as well.
    pub wanted: Option<ProofTerms>,
    /// An answer is taken before this time.
    pub expires: Timestamp,
    /// Live documents of this wallet that fit.
    pub fitting: Vec<Counter>,
    /// What is unusual.
    pub warnings: Vec<Warning>,
}

impl Wallet {
    /// Requests that wait for an answer, by id, and when they lapse.
    #[must_use]
    pub fn waiting(&self) -> Vec<(RequestId, Timestamp)> {
        self.state
            .incoming
            .iter()
            .map(|incoming| (incoming.id, incoming.expiry))
            .collect()
    }

    /// Who claims to ask, for reading that member before the review. Not verified.
    ///
    /// # Errors
    /// [`WalletError::UnknownRequest`].
    pub fn claimed_platform(&self, id: RequestId) -> Result<MemberId, WalletError> {
        Ok(signed(self.any_request(id)?)?.unverified().platform)
    }

    /// Checks a request against the ledger and shows it. Read the platform's member page before
    /// ([`Wallet::claimed_platform`], [`Wallet::read_members`]).
    ///
    /// # Errors
    /// [`WalletError::UnknownRequest`]; [`WalletError::Request`] for a request that must not be answered.
    pub fn review(&self, id: RequestId) -> Result<Review, WalletError> {
        let incoming = self.any_request(id)?;
        let verified = self.verify_request(incoming)?;
        let request = verified.request;
        let fits = |category| request.categories.contains(category);
        let records = self
            .state
            .records
            .iter()
            .filter(|record| record.progress.live().is_some());
        let fitting: Vec<Counter> = records
            .filter(|record| fits(record.category))
            .map(|record| record.counter)
            .collect();
        let mut review = Review {
            id,
            platform: request.platform,
            platform_name: verified.platform_name,
            purpose: request.purpose,
            categories: request.categories,
            longest_validity: request.longest_validity,
            max_uses: request.max_uses,
            wanted: request.wanted,
            expires: request.expires,
            fitting,
            warnings: Vec::new(),
        };
        review.warnings = self.warnings(&review)?;
        let links = self.request_links(&review, incoming)?;
        review.warnings.extend(links);
        Ok(review)
    }

    fn warnings(&self, review: &Review) -> Result<Vec<Warning>, WalletError> {
        let mut warnings = Vec::new();
        let mut warn = |when: bool, warning: Warning| {
            if when {
                warnings.push(warning);
            }
        };
        let given = |grant: &&GrantEntry| grant.terms.grantee == review.platform;
        let before: Vec<&GrantEntry> = self.state.grants.iter().filter(given).collect();
        warn(before.is_empty(), Warning::Stranger);
        let purpose = review.purpose;
        let usually = Usual::of(purpose);
        let (asked, usual) = (review.longest_validity, usually.days * 86_400);
        warn(asked > usual, Warning::LongValidity { asked, usual });
        let (asked, usual) = (review.max_uses, usually.uses);
        warn(asked > usual, Warning::ManyUses { asked, usual });
        let (asked, usual) = (review.categories.0.count_ones(), USUAL_CATEGORIES);
        warn(asked > usual, Warning::ManyCategories { asked, usual });
        warn(purpose.slug() == "age-verification", Warning::ProofSuffices);
        for category in review.categories.iter() {
            let unusual = Warning::UnusualCategory { category, purpose };
            warn(!usually.includes(category), unusual);
            let given = |grant: &&GrantEntry| grant.terms.categories.contains(category);
            let more = !before.is_empty() && !before.iter().any(given);
            warn(more, Warning::MoreThanBefore(category));
            warn(
                SENSITIVE.contains(&category.slug()),
                Warning::Sensitive(category),
            );
        }
        warn(review.fitting.is_empty(), Warning::NothingFits);
        let allowed = self.policy().purposes.contains(review.purpose);
        warn(!allowed, Warning::PurposeRefused(review.purpose));
        if let Some(terms) = &review.wanted {
            for item in terms.query()?.items() {
                if let Item::Reveal { claim } = item {
                    warn(true, Warning::Reveals(claim.name.clone()));
                }
            }
            if let [issuer] = terms.issuers[..] {
                warn(true, Warning::NamesIssuer(issuer));
            }
        }
        Ok(warnings)
    }

    /// The wallet's check of a request against the ledger.
    pub(crate) fn verify_request(
        &self,
        incoming: &Incoming,
    ) -> Result<VerifiedRequest, WalletError> {
        let signed = signed(incoming)?;
        let platform = signed.unverified().platform;
        if !self.view.members.contains_key(&platform) {
            return Err(WalletError::NotYet(
                "read the platform's member record from the ledger first",
            ));
        }
        Ok(signed.verify(&self.chain().0, &self.members(), self.newest_time())?)
    }

    /// A request that came, answered or not.
    pub(crate) fn any_request(&self, id: RequestId) -> Result<&Incoming, WalletError> {
        let answered = self.state.answers.iter().map(|answer| &answer.to);
        self.state
            .incoming
            .iter()
            .chain(answered)
            .find(|i| i.id == id)
            .ok_or(WalletError::UnknownRequest)
    }
}

/// The request as it was signed.
pub(crate) fn signed(incoming: &Incoming) -> Result<SignedSharingRequest, WalletError> {
    Ok(SignedSharingRequest::from_bytes(
        incoming.request.as_bytes(),
    )?)
}
