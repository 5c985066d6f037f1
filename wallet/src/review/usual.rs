//! What requests for each purpose usually ask for, so that a person sees when one asks for more.
//!
//! These are this wallet's own judgements after the principle of data minimisation (GDPR, article 5(1)(c)), not rules of the
//! chain: a request beyond them can be answered, after a warning.

use tacit_circuits::types::{Category, Purpose};

/// What is usual for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    categories: &'static [&'static str],
    /// Longest validity, in days.
    pub days: u64,
    /// Most uses.
    pub uses: u16,
}

impl Usual {
    /// What is usual for a purpose; for one without an entry no category, and the least of the rest.
    #[must_use]
    pub fn of(purpose: Purpose) -> Self {
        let entry = USUAL.iter().find(|(slug, _)| *slug == purpose.slug());
        entry.map_or(UNKNOWN, |(_, usual)| *usual)
    }

    /// Whether a category is usually asked for.
    #[must_use]
    pub fn includes(&self, category: Category) -> bool {
        self.categories.contains(&category.slug())
    }
}

const UNKNOWN: Usual = usual(&[], 7, 1);

const fn usual(categories: &'static [&'static str], days: u64, uses: u16) -> Usual {
    Usual {
        categories,
        days,
        uses,
    }
}

/// By the names of the vocabulary.
const USUAL: &[(&str, Usual)] = &[
    (
        "service-provision",
        usual(&["contact", "address", "preferences"], 90, 10),
    ),
    (
        "identity-verification",
        usual(&["identifying", "official-id", "address"], 30, 3),
    ),
    (
        "age-verification",
        usual(&["official-id", "demographic"], 7, 1),
    ),
    (
        "customer-due-diligence",
        usual(
            &[
                "identifying",
                "official-id",
                "contact",
                "address",
                "financial",
                "income",
                "tax",
            ],
            90,
            10,
        ),
    ),
    (
        "account-management",
        usual(&["identifying", "contact", "address"], 90, 10),
    ),
    (
        "credit-checking",
        usual(
            &[
                "financial",
                "bank-account",
                "income",
                "credit",
                "employment",
            ],
            30,
            3,
        ),
    ),
    (
        "fraud-prevention",
        usual(
            &["official-id", "address", "transactional", "device"],
            30,
            5,
        ),
    ),
    (
        "legal-compliance",
        usual(&["identifying", "official-id", "address", "tax"], 90, 5),
    ),
    (
        "payment-management",
        usual(&["bank-account", "transactional"], 90, 10),
    ),
    ("delivery-of-goods", usual(&["contact", "address"], 30, 3)),
    (
        "order-management",
        usual(&["contact", "address", "purchases"], 90, 10),
    ),
    (
        "customer-care",
        usual(&["contact", "purchases", "communication"], 30, 5),
    ),
    (
        "insurance",
        usual(&["identifying", "contact", "address", "insurance"], 90, 10),
    ),
    (
        "employment",
        usual(
            &[
                "identifying",
                "contact",
                "address",
                "employment",
                "education",
                "tax",
            ],
            90,
            10,
        ),
    ),
    (
        "healthcare",
        usual(
            &["identifying", "contact", "medical", "insurance", "family"],
            90,
            10,
        ),
    ),
    ("research", usual(&["demographic"], 90, 3)),
    (
        "personalisation",
        usual(&["preferences", "purchases"], 30, 5),
    ),
    ("marketing", usual(&["contact", "preferences"], 30, 3)),
    (
        "public-benefit",
        usual(&["identifying", "address", "income", "family"], 90, 5),
    ),
];

#[cfg(test)]
mod tests {
    use tacit_circuits::vocabulary::PURPOSES;

    use super::*;

    #[test]
    fn every_purpose_of_the_vocabulary_has_an_entry_and_no_other() {
        let ours: Vec<&str> = USUAL.iter().map(|(slug, _)| *slug).collect();
        let theirs: Vec<&str> = PURPOSES.iter().map(|entry| entry.slug).collect();
        assert_eq!(ours, theirs);
        for (slug, usual) in USUAL {
            assert!(
                !usual.categories.is_empty() && usual.days > 0 && usual.uses > 0,
                "{slug}"
            );
            for category in usual.categories {
                let category = Category::from_slug(category).unwrap();
                assert!(usual.includes(category), "{slug}");
            }
        }
    }

    #[test]
    fn for_a_purpose_without_an_entry_nothing_is_usual() {
        let usual = Usual::of(Purpose::new(31).unwrap());
        assert_eq!(usual, UNKNOWN);
        assert!(!usual.includes(Category::from_slug("contact").unwrap()));
        // `unknown` is the name of every number without an entry: no entry may have it.
        assert!(USUAL.iter().all(|(slug, _)| *slug != "unknown"));
    }

    #[test]
    fn what_the_law_protects_most_is_usual_only_where_it_is_the_point() {
        let usual_for = |slug: &str| -> Vec<&str> {
            let category = Category::from_slug(slug).unwrap();
            let fits = USUAL.iter().filter(|(_, usual)| usual.includes(category));
            fits.map(|(purpose, _)| *purpose).collect()
        };
        assert_eq!(usual_for("medical"), ["healthcare"]);
        assert!(usual_for("biometric").is_empty());
        assert!(usual_for("criminal").is_empty());
    }
}
