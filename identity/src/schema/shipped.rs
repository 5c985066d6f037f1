//! Schemas that come with the software, by name. What each claim means is in `docs/spec/schemas.md`.
//!
//! A shipped document never changes, for its id is a hash of it: what is to be different becomes another revision in another file.

use super::{Schema, SchemaError};

/// A shipped schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Its name.
    pub name: &'static str,
    /// The document (JSON).
    pub document: &'static str,
    /// Claims under it, of an invented person (JSON).
    pub example: &'static str,
    /// Predicates that hold for the example.
    pub query: &'static str,
}

macro_rules! shipped {
    ($($name:literal: $query:literal,)*) => {
        [$(Shipped {
            name: $name,
            document: include_str!(concat!("shipped/", $name, ".json")),
            example: include_str!(concat!("shipped/", $name, ".example.json")),
            query: $query,
        },)*]
    };
}

impl Shipped {
    /// All of them; the first is the one that is meant when none is named.
    pub const ALL: [Self; 8] = shipped! {
        "person": "age >= 18, country in [DE, FR], level >= 2",
        "pid": "age in 18..65, nationality in [DE, FR], reveal issuingCountry",
        "proof-of-age": "ageOver18 = true, ageOver65 = false",
        "address": "country = DE, residentSince <= 2025-01-01, reveal postalCode",
        "employment": "employedSince <= 2024-01-01, probation = false, yearlyGross >= 30000, currency = EUR",
        "student": "fullTime = true, eqfLevel in 5..8, expectedEnd >= 2026-12-31",
        "loyalty": "tier >= 2, memberSince < 2025-01-01",
        "kyc": "level >= 2, sanctioned = false, riskClass != 3, checkedOn >= 2026-01-01",
    };

    /// The one of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        const ALL: &[Shipped] = &Shipped::ALL;
        ALL.iter().find(|shipped| shipped.name == name)
    }

    /// The schema.
    ///
    /// # Errors
    /// None in practice: tests read all of them.
    pub fn schema(&self) -> Result<Schema, SchemaError> {
        Schema::parse(self.document.as_bytes())
    }
}
