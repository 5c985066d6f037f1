//! The closed lists of purposes and data categories, after the W3C Data Privacy Vocabulary (DPV 2).
//!
//! A number keeps its meaning for ever; new entries take new numbers.

use crate::types::{Category, Purpose};

/// One entry of a vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<T> {
    /// Its number.
    pub id: T,
    /// The name used in commands and files: lower-case words joined by hyphens.
    pub slug: &'static str,
    /// The name shown to people.
    pub label: &'static str,
    /// The DPV concept it follows.
    pub concept: &'static str,
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident: $kind:ident { $($number:literal $slug:literal $label:literal $concept:literal;)* }) => {
        $(#[$doc])*
        pub const $name: &[Entry<$kind>] = &[$(Entry {
            id: match $kind::new($number) { Ok(id) => id, Err(_) => unreachable!() },
            slug: $slug,
            label: $label,
            concept: $concept,
        }),*];

        impl $kind {
            /// The vocabulary's entry with this number, if it has one.
            pub fn entry(self) -> Option<&'static Entry<Self>> {
                $name.iter().find(|entry| entry.id == self)
            }

            /// The entry with this slug, if there is one.
            pub fn from_slug(slug: &str) -> Option<Self> {
                $name.iter().find(|entry| entry.slug == slug).map(|entry| entry.id)
            }

            /// The slug, or `unknown` for a number without an entry.
            pub fn slug(self) -> &'static str {
                self.entry().map_or("unknown", |entry| entry.slug)
            }
        }
    };
}

vocabulary! {
    /// Why data is used.
    PURPOSES: Purpose {
        0 "service-provision" "Service provision" "dpv:ServiceProvision";
        1 "identity-verification" "Identity verification" "dpv:IdentityVerification";
        2 "age-verification" "Age verification" "dpv:AgeVerification";
        3 "customer-due-diligence" "Customer due diligence" "dpv:CustomerDueDiligence";
        4 "account-management" "Account management" "dpv:AccountManagement";
        5 "credit-checking" "Credit checking" "dpv:CreditChecking";
        6 "fraud-prevention" "Fraud prevention and detection" "dpv:FraudPreventionAndDetection";
        7 "legal-compliance" "Legal compliance" "dpv:LegalCompliance";
        8 "payment-management" "Payment management" "dpv:PaymentManagement";
        9 "delivery-of-goods" "Delivery of goods" "dpv:DeliveryOfGoods";
        10 "order-management" "Customer order management" "dpv:CustomerOrderManagement";
        11 "customer-care" "Customer care" "dpv:CustomerCare";
        12 "insurance" "Insurance" "dpv:InsuranceManagement";
        13 "employment" "Recruitment and employment" "dpv:PersonnelManagement";
        14 "healthcare" "Health care" "dpv:HealthcareService";
        15 "research" "Research and development" "dpv:ResearchAndDevelopment";
        16 "personalisation" "Personalisation" "dpv:Personalisation";
        17 "marketing" "Marketing" "dpv:Marketing";
        18 "public-benefit" "Public benefit" "dpv:PublicBenefit";
    }
}

vocabulary! {
    /// What a record is about.
    CATEGORIES: Category {
        0 "identifying" "Identifying" "pd:Identifying";
        1 "official-id" "Official identity document" "pd:OfficialID";
        2 "contact" "Contact" "pd:Contact";
        3 "address" "Physical address" "pd:PhysicalAddress";
        4 "demographic" "Demographic" "pd:Demographic";
        5 "financial" "Financial" "pd:Financial";
        6 "bank-account" "Bank account" "pd:FinancialAccount";
        7 "income" "Income" "pd:Income";
        8 "credit" "Credit" "pd:Credit";
        9 "tax" "Tax" "pd:Tax";
        10 "transactional" "Transactions" "pd:Transactional";
        11 "purchases" "Purchases" "pd:Purchase";
        12 "location" "Location" "pd:Location";
        13 "medical" "Medical and health" "pd:MedicalHealth";
        14 "insurance" "Insurance" "pd:Insurance";
        15 "employment" "Employment" "pd:EmploymentHistory";
        16 "education" "Education" "pd:Education";
        17 "family" "Family" "pd:Family";
        18 "biometric" "Biometric" "pd:Biometric";
        19 "criminal" "Criminal record" "pd:Criminal";
        20 "preferences" "Preferences" "pd:Preference";
        21 "communication" "Communication" "pd:Communication";
        22 "device" "Device" "pd:DeviceBased";
        23 "other" "Other personal data" "dpv:PersonalData";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Copy + PartialEq>(entries: &[Entry<T>], number: fn(T) -> u8) {
        for (index, entry) in entries.iter().enumerate() {
            assert_eq!(
                usize::from(number(entry.id)),
                index,
                "numbers are given in order"
            );
            assert!(
                entry
                    .slug
                    .bytes()
                    .all(|c| c.is_ascii_lowercase() || c == b'-'),
                "{}",
                entry.slug
            );
            assert_eq!(
                entries
                    .iter()
                    .filter(|other| other.slug == entry.slug)
                    .count(),
                1
            );
        }
    }

    #[test]
    fn numbers_and_slugs_are_unique() {
        check(PURPOSES, Purpose::get);
        check(CATEGORIES, Category::get);
    }

    #[test]
    fn slugs_are_found() {
        let purpose = Purpose::from_slug("age-verification").unwrap();
        assert_eq!((purpose.get(), purpose.slug()), (2, "age-verification"));
        assert_eq!(Category::from_slug("no-such-thing"), None);
        assert_eq!(Purpose::new(31).unwrap().slug(), "unknown");
    }
}
