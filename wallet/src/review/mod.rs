//! Looking at a request: who asks, for what, why, and what is unusual about it ([`usual`]).

pub mod usual;

use tacit_circuits::types::{Category, CategorySet, MemberId, Purpose, Timestamp};
use tacit_identity::predicate::Item;
use tacit_identity::presentation::ProofTerms;
use tacit_identity::request::{RequestId, SignedSharingRequest, VerifiedRequest};

use crate::derive::Counter;
use crate::error::WalletError;
use crate::review::usual::Usual;
use crate::state::{GrantEntry, Incoming};
use crate::wallet::Wallet;

/// More categories are pointed out.
pub const USUAL_CATEGORIES: u32 = 3;
/// Categories whose data the law protects most (GDPR, articles 9 and 10), by their names in the vocabulary.
const SENSITIVE: [&str; 3] = ["medical", "biometric", "criminal"];

/// Something a person should know before saying yes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// This wallet never gave this platform anything.
    Stranger,
    /// A category is asked for that is not usual for the purpose.
    UnusualCategory {
        /// The category.
        category: Category,
        /// The purpose.
        purpose: Purpose,
    },
    /// This platform had access before, but not to this category.
    MoreThanBefore(Category),
    /// An age can be proven without showing any document.
    ProofSuffices,
    /// The validity asked for is longer than usual for the purpose.
    LongValidity {
        /// Asked for, in seconds.
        asked: u64,
        /// Usual at most, in seconds.
        usual: u64,
    },
    /// More uses are asked for than usual for the purpose.
    ManyUses {
        /// Asked for.
        asked: u16,
        /// Usual at most.
        usual: u16,
    },
    /// More categories are asked for than usual.
    ManyCategories {
        /// Asked for.
        asked: u32,
        /// Usual at most.
        usual: u32,
    },
    /// The category is of the kind that the law protects most.
    Sensitive(Category),
    /// Nothing that the wallet keeps is of a category asked for.
    NothingFits,
    /// The chain allows no grant for this purpose.
    PurposeRefused(Purpose),
    /// Beside the document a claim is to be shown in plain.
    Reveals(String),
    /// Proving what is wanted tells which issuer the credential is from.
    NamesIssuer(MemberId),
}

impl Warning {
    /// The warning in words.
    #[must_use]
    pub fn text(&self) -> String {
        let days = |secs: &u64| secs.div_ceil(86_400);
        match self {
            Self::Stranger => "you never gave this platform anything before".into(),
            Self::UnusualCategory { category, purpose } => format!(
                "`{}` is not usually asked for when the purpose is `{}`",
                category.slug(),
                purpose.slug()
            ),
            Self::MoreThanBefore(category) => {
                format!(
                    "you gave this platform access before, but not to `{}`",
                    category.slug()
                )
            }
            Self::ProofSuffices => {
                "your age can be proven without showing a document: deny, and offer a proof".into()
            }
            Self::LongValidity { asked, usual } => {
                format!(
                    "asks for {} days of access; up to {} are usual",
                    days(asked),
                    days(usual)
                )
            }
            Self::ManyUses { asked, usual } => {
                format!("asks to read {asked} times; up to {usual} are usual")
            }
            Self::ManyCategories { asked, usual } => {
                format!("asks for {asked} categories of data; up to {usual} are usual")
            }
            Self::Sensitive(category) => {
                format!("`{}` is specially protected data", category.slug())
            }
            Self::NothingFits => "you keep no document of a category asked for".into(),
            Self::PurposeRefused(purpose) => {
                format!(
                    "this chain allows no grant for the purpose `{}`",
                    purpose.slug()
                )
            }
            Self::Reveals(claim) => format!("wants to see the claim `{claim}` in plain"),
            Self::NamesIssuer(issuer) => {
                format!("the proof would tell that member {issuer} issued your credential")
            }
        }
    }
}

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
        let verified = self.verify_request(self.any_request(id)?)?;
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
