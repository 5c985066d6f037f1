//! Problem types: the URLs by which the standards name errors in HTTP answers (RFC 9457).

use crate::integrity::IntegrityError;
use crate::model::ModelError;
use crate::status::{StatusError, Unknown};

const PARSING: &str = "https://www.w3.org/TR/vc-data-model#PARSING_ERROR";
const TAMPERING: &str = "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR";
const MALFORMED: &str = "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR";
const RANGE: &str = "https://www.w3.org/TR/vc-data-model#RANGE_ERROR";
const VERIFICATION: &str = "https://w3id.org/security#PROOF_VERIFICATION_ERROR";
const TRANSFORMATION: &str = "https://w3id.org/security#PROOF_TRANSFORMATION_ERROR";
const CHALLENGE: &str = "https://w3id.org/security#INVALID_CHALLENGE_ERROR";
const DOMAIN: &str = "https://w3id.org/security#INVALID_DOMAIN_ERROR";
const STATUS_RETRIEVAL: &str =
    "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR";
const STATUS_VERIFICATION: &str =
    "https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR";
const STATUS_LENGTH: &str =
    "https://www.w3.org/ns/credentials/status-list#STATUS_LIST_LENGTH_ERROR";

impl IntegrityError {
    /// The problem type (Data Integrity 1.0, processing errors) of a failed verification.
    pub fn problem(&self) -> &'static str {
        match self {
            Self::Json(_) => PARSING,
            Self::Rdf(_) => TRANSFORMATION,
            Self::Challenge => CHALLENGE,
            Self::Domain => DOMAIN,
            Self::Signature => TAMPERING,
            _ => VERIFICATION,
        }
    }
}

impl ModelError {
    /// The problem type (data model, problem details).
    pub fn problem(&self) -> &'static str {
        match self {
            Self::Json(_) => PARSING,
            Self::Integrity(error) => error.problem(),
            Self::NotYetValid | Self::NoLongerValid => RANGE,
            Self::NotByIssuer | Self::NotByHolder | Self::Unsecured | Self::NotTheSubject => {
                VERIFICATION
            }
            Self::RelatedChanged => TAMPERING,
            _ => MALFORMED,
        }
    }
}

impl Unknown {
    /// The problem type (Bitstring Status List 1.0, processing errors).
    pub fn problem(&self) -> &'static str {
        match self {
            Self::Missing => STATUS_RETRIEVAL,
            Self::List(StatusError::TooShort) => STATUS_LENGTH,
            Self::Range => RANGE,
            Self::Entry(_) | Self::List(_) => MALFORMED,
            Self::Stale
            | Self::Unverifiable(_)
            | Self::OtherIssuer
            | Self::OtherList
            | Self::Purpose => STATUS_VERIFICATION,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdf::RdfError;

    #[test]
    fn each_standard_names_its_own_errors() {
        let problem = |error: IntegrityError| ModelError::from(error).problem();
        assert_eq!(problem(IntegrityError::Domain), DOMAIN);
        assert_eq!(problem(IntegrityError::Challenge), CHALLENGE);
        assert_eq!(problem(IntegrityError::Signature), TAMPERING);
        assert_eq!(problem(IntegrityError::Expired), VERIFICATION);
        assert_eq!(problem(RdfError::NotAnIri.into()), TRANSFORMATION);
        assert_eq!(ModelError::Context.problem(), MALFORMED);
        assert_eq!(ModelError::NotYetValid.problem(), RANGE);
        assert_eq!(Unknown::Missing.problem(), STATUS_RETRIEVAL);
        assert_eq!(Unknown::Stale.problem(), STATUS_VERIFICATION);
        assert_eq!(
            Unknown::List(StatusError::TooShort).problem(),
            STATUS_LENGTH
        );
        assert_eq!(Unknown::Range.problem(), RANGE);
    }
}
