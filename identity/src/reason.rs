//! The stable reason code of every error of this crate: what commands and services show beside the sentence.
//!
//! Codes are never given a new meaning. An error that wraps another has the inner one's code.

use crate::bridge::BridgeError;
use crate::credential::CredentialError;
use crate::did::{DidError, DocumentError, LogFault, ResolveError, Unavailable};
use crate::issuance::IssuanceError;
use crate::json::JsonError;
use crate::jwk::JwkError;
use crate::keys::KeyError;
use crate::predicate::PredicateError;
use crate::presentation::PresentationError;
use crate::proof::ProofError;
use crate::request::RequestError;
use crate::schema::SchemaError;
use crate::sd_jwt::SdJwtError;
use crate::sd_jwt::status::{StatusError as TokenStatusError, Unknown as TokenStatusUnknown};
use crate::wire::WireError;

macro_rules! reasons {
    ($($error:ident { $($variant:pat => $code:expr,)* })*) => {$(
        impl $error {
            /// The stable reason code.
            pub fn reason(&self) -> &'static str {
                match self { $($variant => $code,)* }
            }
        }
    )*};
}

reasons! {
    JsonError {
        Self::TooLarge { .. } => "JSON_TOO_LARGE",
        Self::TooDeep { .. } => "JSON_TOO_DEEP",
        Self::DuplicateKey { .. } => "JSON_DUPLICATE_KEY",
        Self::KeyTooLong { .. } => "JSON_KEY_TOO_LONG",
        Self::Number { .. } => "JSON_NUMBER",
        Self::Syntax { .. } => "JSON_SYNTAX",
        Self::Shape { .. } => "JSON_SHAPE",
        Self::NotCanonical => "JSON_NOT_CANONICAL",
    }
    WireError {
        Self::TooLong { .. } => "MESSAGE_TOO_LONG",
        Self::Magic(_) => "MESSAGE_OTHER_KIND",
        Self::Version { .. } => "MESSAGE_VERSION",
        Self::Malformed(_) => "MESSAGE_MALFORMED",
    }
    KeyError {
        Self::NotAKey | Self::NotP256 | Self::NotX25519 => "KEY_INVALID",
        Self::NotForSignatures => "KEY_NOT_FOR_SIGNATURES",
        Self::Signature => "SIGNATURE_INVALID",
    }
    JwkError {
        Self::NotAnObject => "JWK_NOT_AN_OBJECT",
        Self::Private => "JWK_PRIVATE",
        Self::Kind => "JWK_KIND",
        Self::Coordinate(_) => "JWK_COORDINATE",
        Self::Usage => "JWK_USE",
        Self::Key(error) => error.reason(),
    }
    DidError {
        Self::NotDidKey => "DID_NOT_A_KEY",
        Self::NotMemberDid => "DID_NOT_A_MEMBER",
        Self::NotMethod => "DID_NOT_A_METHOD",
        Self::NotDid => "DID_SYNTAX",
        Self::NotDidUrl => "DID_URL_SYNTAX",
        Self::NotDidJwk(_) => "DID_NOT_A_JWK",
        Self::Location(_) => "DID_LOCATION",
    }
    DocumentError {
        Self::Json(error) => error.reason(),
        Self::NotAnObject => "DID_DOCUMENT_NOT_AN_OBJECT",
        Self::OtherId => "DID_DOCUMENT_OTHER",
        Self::Member(_) => "DID_DOCUMENT_MEMBER",
        Self::Method(_) => "DID_DOCUMENT_METHOD",
        Self::TwoKeys => "DID_DOCUMENT_TWO_KEYS",
        Self::Secret => "DID_DOCUMENT_SECRET",
        Self::SameId => "DID_DOCUMENT_SAME_ID",
    }
    LogFault {
        Self::Length => "DID_LOG_LENGTH",
        Self::Json => "DID_LOG_JSON",
        Self::Member(_) => "DID_LOG_MEMBER",
        Self::Number => "DID_LOG_NUMBER",
        Self::Hash => "DID_LOG_HASH",
        Self::Order => "DID_LOG_ORDER",
        Self::Future => "DID_LOG_FUTURE",
        Self::Scid => "DID_LOG_SCID",
        Self::Method => "DID_LOG_METHOD",
        Self::Parameter(_) => "DID_LOG_PARAMETER",
        Self::UnknownParameter => "DID_LOG_PARAMETER_UNKNOWN",
        Self::PreRotation => "DID_LOG_PRE_ROTATION",
        Self::AfterDeactivation => "DID_LOG_AFTER_DEACTIVATION",
        Self::Moved => "DID_LOG_MOVED",
        Self::OtherDid => "DID_LOG_OTHER",
        Self::Proof => "DID_LOG_PROOF",
        Self::Witnesses => "DID_LOG_WITNESSES",
    }
    ResolveError {
        Self::Did(error) | Self::Url(error) => error.reason(),
        Self::Method => "DID_METHOD_UNKNOWN",
        Self::NotFound(_) => "DID_NOT_FOUND",
        Self::Deactivated => "DID_DEACTIVATED",
        Self::Options(_) => "DID_OPTIONS",
        Self::Feature(_) => "DID_FEATURE",
        Self::Representation => "DID_REPRESENTATION",
        Self::Document(error) => error.reason(),
        Self::Log(error) => error.fault.reason(),
        Self::Unusable(_) => "DID_METHOD_UNUSABLE",
        Self::NotAMethod => "DID_NOT_A_METHOD",
        Self::NotAuthorized => "DID_METHOD_NOT_AUTHORIZED",
        Self::Unavailable(Unavailable::Now) => "DID_UNAVAILABLE",
        Self::Unavailable(Unavailable::NotAsked) => "DID_HOST_NOT_ASKED",
    }
    ProofError {
        Self::NotAnObject => "PROOF_NOT_AN_OBJECT",
        Self::NotOneProof => "PROOF_NOT_ONE",
        Self::AlreadySecured => "PROOF_ALREADY_THERE",
        Self::Missing(_) => "PROOF_OPTION_MISSING",
        Self::UnknownOption => "PROOF_OPTION_UNKNOWN",
        Self::Type => "PROOF_TYPE",
        Self::Cryptosuite => "PROOF_CRYPTOSUITE",
        Self::Purpose => "PROOF_PURPOSE",
        Self::Created => "PROOF_CREATED",
        Self::Context => "PROOF_CONTEXT",
        Self::Value => "PROOF_VALUE",
        Self::Signature => "PROOF_SIGNATURE",
        Self::Json(error) => error.reason(),
    }
    SchemaError {
        Self::Json(error) => error.reason(),
        Self::NotCanonical => "SCHEMA_NOT_CANONICAL",
        Self::NotASchema => "SCHEMA_OTHER_KIND",
        Self::Version(_) => "SCHEMA_VERSION",
        Self::Field(_) => "SCHEMA_FIELD",
        Self::Count => "SCHEMA_CLAIM_COUNT",
        Self::ClaimName(_) => "SCHEMA_CLAIM_NAME",
        Self::Slot(_) => "SCHEMA_SLOT",
        Self::SlotTwice(_) => "SCHEMA_SLOT_TWICE",
        Self::NotClaims => "CLAIMS_NOT_AN_OBJECT",
        Self::UnknownClaim(_) => "CLAIM_UNKNOWN",
        Self::Missing(_) => "CLAIM_MISSING",
        Self::WrongType { .. } => "CLAIM_TYPE",
    }
    CredentialError {
        Self::Json(error) => error.reason(),
        Self::Proof(error) => error.reason(),
        Self::Claims(error) => error.reason(),
        Self::Did(error) => error.reason(),
        Self::Context => "CREDENTIAL_CONTEXT",
        Self::Type | Self::InnerType(_) => "CREDENTIAL_TYPE",
        Self::Id(_) => "CREDENTIAL_ID",
        Self::Validity => "CREDENTIAL_VALIDITY",
        Self::OtherChain => "CREDENTIAL_OTHER_CHAIN",
        Self::OtherSchema => "CREDENTIAL_OTHER_SCHEMA",
        Self::UnknownIssuer => "CREDENTIAL_ISSUER_UNKNOWN",
        Self::NotAnIssuer => "CREDENTIAL_ISSUER_ROLE",
        Self::SuspendedIssuer => "CREDENTIAL_ISSUER_SUSPENDED",
        Self::OtherSigner => "CREDENTIAL_OTHER_SIGNER",
        Self::ForeignKey => "CREDENTIAL_FOREIGN_KEY",
        Self::LeafMismatch => "CREDENTIAL_LEAF",
        Self::NotAnOpening => "OPENING_OTHER_KIND",
        Self::OpeningVersion(_) => "OPENING_VERSION",
        Self::OpeningIssuer => "OPENING_OTHER_ISSUER",
        Self::OpeningPosition => "OPENING_OTHER_LEAF",
        Self::OpeningSchema => "OPENING_OTHER_SCHEMA",
        Self::OpeningValidity => "OPENING_VALIDITY",
        Self::OpeningMissing(_) => "OPENING_SLOT_MISSING",
        Self::OpeningExtra(_) => "OPENING_SLOT_EXTRA",
        Self::OpeningValue(_) => "OPENING_VALUE",
        Self::OpeningBody => "OPENING_WRONG",
        Self::OtherHolder => "CREDENTIAL_OTHER_HOLDER",
        Self::LedgerLeaf => "CREDENTIAL_OTHER_LEAF",
    }
    PredicateError {
        Self::TooLong { .. } => "PREDICATE_TOO_LONG",
        Self::Empty => "PREDICATE_EMPTY",
        Self::Expected { .. } => "PREDICATE_SYNTAX",
        Self::TooMany { .. } => "PREDICATE_TOO_MANY",
        Self::UnknownClaim { .. } => "PREDICATE_CLAIM_UNKNOWN",
        Self::WrongType { .. } => "PREDICATE_TYPE",
        Self::NoOrder { .. } => "PREDICATE_NO_ORDER",
        Self::EmptyRange { .. } => "PREDICATE_EMPTY_RANGE",
        Self::SetTooLarge { .. } => "PREDICATE_SET_TOO_LARGE",
        Self::SecondSet { .. } => "PREDICATE_SECOND_SET",
        Self::Age { .. } => "PREDICATE_AGE",
        Self::NoBirthdate { .. } => "PREDICATE_NO_BIRTHDATE",
        Self::RevealedTwice { .. } => "PREDICATE_REVEALED_TWICE",
        Self::Calendar { .. } => "PREDICATE_CALENDAR",
    }
    PresentationError {
        Self::Json(error) => error.reason(),
        Self::Predicate(error) => error.reason(),
        Self::Kind(_) => "PRESENTATION_OTHER_KIND",
        Self::Version(..) => "PRESENTATION_VERSION",
        Self::Label => "PRESENTATION_LABEL",
        Self::Issuers => "PRESENTATION_ISSUERS",
        Self::NotTheVerifier => "PRESENTATION_NOT_THE_VERIFIER",
        Self::OtherChain => "PRESENTATION_OTHER_CHAIN",
        Self::UnknownMember => "PRESENTATION_VERIFIER_UNKNOWN",
        Self::Suspended => "PRESENTATION_VERIFIER_SUSPENDED",
        Self::Signature => "PRESENTATION_SIGNATURE",
        Self::Expired => "PRESENTATION_EXPIRED",
        Self::OtherSchema => "PRESENTATION_OTHER_SCHEMA",
        Self::Reveal(_) => "PRESENTATION_REVEAL",
        Self::NotAsked(_) => "PRESENTATION_NOT_ASKED",
        Self::OtherRequest => "PRESENTATION_OTHER_REQUEST",
        Self::OtherAnchor => "PRESENTATION_OTHER_ANCHOR",
        Self::OldAnchor => "PRESENTATION_OLD_ANCHOR",
        Self::Proof => "PRESENTATION_PROOF",
    }
    IssuanceError {
        Self::Json(error) => error.reason(),
        Self::Wire(error) => error.reason(),
        Self::Link => "OFFER_LINK",
        Self::Kind => "ISSUANCE_OTHER_KIND",
        Self::Version(_) => "ISSUANCE_VERSION",
        Self::OtherIssuer => "ISSUANCE_OTHER_ISSUER",
        Self::OtherSchema => "ISSUANCE_OTHER_SCHEMA",
        Self::OtherOffer => "ISSUANCE_OTHER_OFFER",
        Self::Expired => "ISSUANCE_EXPIRED",
        Self::ExpiryTooFar => "ISSUANCE_EXPIRY_TOO_FAR",
        Self::Signature => "ISSUANCE_SIGNATURE",
        Self::OtherSubject => "ISSUANCE_OTHER_SUBJECT",
        Self::Proof => "ISSUANCE_PROOF",
    }
    RequestError {
        Self::Wire(error) => error.reason(),
        Self::Terms(error) => error.reason(),
        Self::Link => "REQUEST_LINK",
        Self::OtherChain => "REQUEST_OTHER_CHAIN",
        Self::UnknownMember => "REQUEST_MEMBER_UNKNOWN",
        Self::NotAPlatform => "REQUEST_MEMBER_ROLE",
        Self::Suspended => "REQUEST_MEMBER_SUSPENDED",
        Self::Signature => "REQUEST_SIGNATURE",
        Self::Expired => "REQUEST_EXPIRED",
        Self::ExpiryTooFar => "REQUEST_EXPIRY_TOO_FAR",
        Self::Purpose => "REQUEST_PURPOSE",
        Self::Categories => "REQUEST_CATEGORIES",
        Self::Validity => "REQUEST_VALIDITY",
        Self::Uses => "REQUEST_USES",
        Self::ReplyKey => "REQUEST_REPLY_KEY",
        Self::OtherRequest => "REQUEST_OTHER",
        Self::Grant(_) => "APPROVAL_GRANT",
        Self::Record(_) => "APPROVAL_RECORD",
        Self::NoPresentation => "APPROVAL_NO_PRESENTATION",
        Self::AlreadyDecided(_) => "REQUEST_ALREADY_DECIDED",
    }
    SdJwtError {
        Self::TooLarge(_) => "SD_JWT_TOO_LARGE",
        Self::TooManyDisclosures => "SD_JWT_TOO_MANY_DISCLOSURES",
        Self::Form => "SD_JWT_FORM",
        Self::Jwt(_) => "SD_JWT_NOT_A_JWT",
        Self::Base64(_) => "SD_JWT_BASE64",
        Self::Json { error, .. } => error.reason(),
        Self::NotAnObject(_) => "SD_JWT_NOT_AN_OBJECT",
        Self::Header(..) => "SD_JWT_HEADER",
        Self::Type(_) => "SD_JWT_TYPE",
        Self::Algorithm(_) => "SD_JWT_ALGORITHM",
        Self::AlgorithmOfKey(_) => "SD_JWT_ALGORITHM_OF_KEY",
        Self::Critical(_) => "SD_JWT_CRITICAL",
        Self::KeyUnknown(_) => "SD_JWT_KEY_UNKNOWN",
        Self::Signature(_) => "SD_JWT_SIGNATURE",
        Self::HashAlgorithm => "SD_JWT_HASH_ALGORITHM",
        Self::Reserved => "SD_JWT_RESERVED_NAME",
        Self::Digest => "SD_JWT_DIGEST",
        Self::DigestTwice => "SD_JWT_DIGEST_TWICE",
        Self::DisclosureForm => "SD_JWT_DISCLOSURE_FORM",
        Self::DisclosureTwice => "SD_JWT_DISCLOSURE_TWICE",
        Self::DisclosureCollision => "SD_JWT_DISCLOSURE_COLLISION",
        Self::DisclosureUnused => "SD_JWT_DISCLOSURE_UNUSED",
        Self::TooDeep => "SD_JWT_TOO_DEEP",
        Self::Missing(..) => "SD_JWT_CLAIM_MISSING",
        Self::Claim(..) => "SD_JWT_CLAIM_MALFORMED",
        Self::NotYetValid => "SD_JWT_NOT_YET_VALID",
        Self::NoLongerValid => "SD_JWT_NO_LONGER_VALID",
        Self::Audience(_) => "SD_JWT_AUDIENCE",
        Self::KeyBindingMissing => "SD_JWT_KEY_BINDING_MISSING",
        Self::KeyBindingUnexpected => "SD_JWT_KEY_BINDING_UNEXPECTED",
        Self::NoHolderKey => "SD_JWT_NO_HOLDER_KEY",
        Self::HolderKey(error) => error.reason(),
        Self::KeyBindingAge => "SD_JWT_KEY_BINDING_AGE",
        Self::KeyBindingNonce => "SD_JWT_KEY_BINDING_NONCE",
        Self::KeyBindingHash => "SD_JWT_KEY_BINDING_HASH",
        Self::MustBeOpen(_) => "SD_JWT_MUST_BE_OPEN",
        Self::NothingToDisclose => "SD_JWT_NOTHING_TO_DISCLOSE",
        Self::ReservedClaim(_) => "SD_JWT_RESERVED_CLAIM",
        Self::NoSuchClaim(_) => "SD_JWT_NO_SUCH_CLAIM",
        Self::SaltTwice => "SD_JWT_SALT_TWICE",
        Self::Integrity => "SD_JWT_INTEGRITY",
    }
    TokenStatusError {
        Self::Mechanism => "TOKEN_STATUS_MECHANISM",
        Self::Reference => "TOKEN_STATUS_REFERENCE",
        Self::Token(error) => error.reason(),
        Self::Bits => "TOKEN_STATUS_BITS",
        Self::Value => "TOKEN_STATUS_VALUE",
        Self::TooLong => "TOKEN_STATUS_TOO_LONG",
        Self::Encoding => "TOKEN_STATUS_ENCODING",
    }
    TokenStatusUnknown {
        Self::Reference(error) | Self::Unverifiable(error) => error.reason(),
        Self::Missing => "STATUS_LIST_MISSING",
        Self::Stale => "STATUS_LIST_STALE",
        Self::OtherIssuer => "STATUS_LIST_OTHER_ISSUER",
        Self::OtherList => "STATUS_LIST_OTHER",
        Self::Range => "STATUS_LIST_RANGE",
    }
    BridgeError {
        Self::Claims(_) => "BRIDGE_CLAIMS",
        Self::Schema(error) => error.reason(),
        Self::OtherType => "BRIDGE_OTHER_TYPE",
        Self::OtherSchema => "BRIDGE_OTHER_SCHEMA",
        Self::Json(error) => error.reason(),
        Self::NotAMapping => "BRIDGE_NOT_A_MAPPING",
        Self::Version(_) => "BRIDGE_MAPPING_VERSION",
        Self::UnknownClaim(_) => "BRIDGE_UNKNOWN_CLAIM",
        Self::Unmapped(_) => "BRIDGE_UNMAPPED",
        Self::Path(_) => "BRIDGE_PATH",
    }
}
