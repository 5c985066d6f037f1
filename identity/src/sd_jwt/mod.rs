//! SD-JWT (RFC 9901) and SD-JWT VC ([`VC_DRAFT`]): credentials of which the holder shows parts; their status ([`STATUS_DRAFT`]).
//!
//! An [`Issuer`] signs digests of claims, a [`Holder`] shows the claims that it chooses and proves its key, and [`verify`] gives
//! back what was shown. `docs/spec/sd-jwt.md` has the rules, `docs/conformance.md` what is left out. Unlike the credentials of
//! [`crate::credential`], two presentations of one SD-JWT can be linked: the signature is the same.
//!
//! ```
//! use serde_json::{Map, json};
//! use tacit_circuits::types::{Secret, Timestamp};
//! use tacit_identity::public_key::PublicKey;
//! use tacit_identity::sd_jwt::{self, *};
//! use tacit_identity::signer::HolderSigner;
//!
//! # fn claims() -> Map<String, serde_json::Value> {
//! #     json!({"given_name": "Ada", "nationalities": ["DE", "FR"]}).as_object().cloned().unwrap_or_default()
//! # }
//! # fn main() -> Result<(), SdJwtError> {
//! let issuer = HolderSigner::new(&Secret::new([1; 32]));
//! let holder = HolderSigner::new(&Secret::new([2; 32]));
//! let issuer_did = issuer.did().to_string();
//! let issuer_key = PublicKey::Ed25519(*issuer.did().key());
//! let keys = |request: &KeyRequest<'_>| (request.issuer == Some(&issuer_did)).then_some(issuer_key);
//! let now = Timestamp(1_795_262_400);
//!
//! let mut draft = Draft::new("https://issuer.example/person", claims());
//! draft.issuer = Some(issuer_did.clone());
//! draft.holder_key = Some(PublicKey::Ed25519(*holder.did().key()));
//! draft.disclosable = vec!["given_name".into(), ClaimPath::from("nationalities").then(Step::Every)];
//! let mut counter = 0u8; // a cryptographic source in earnest
//! let mut salts = || { counter += 1; [counter; 16] };
//! let issued = Issuer::new(&issuer, None).issue(&draft, &mut salts)?;
//!
//! let held = Holder::receive(&issued, &keys, now, 0)?;
//! let binding = KeyBinding { audience: "https://shop.example", nonce: "n-1", issued_at: now };
//! let shown = [ClaimPath::from("nationalities").then(0)];
//! let presentation = held.present_bound(&shown, &binding, (&holder).into())?;
//!
//! let expected = Expected {
//!     audience: "https://shop.example",
//!     now,
//!     leeway_secs: 30,
//!     key_binding: Some(ExpectedBinding { nonce: "n-1", max_age_secs: 300 }),
//! };
//! let verified = sd_jwt::verify(&presentation, &keys, &expected)?;
//! assert_eq!(serde_json::Value::Object(verified.credential.claims()), json!({"nationalities": ["DE"]}));
//! # Ok(())
//! # }
//! ```

mod base64url;
mod claims;
mod credential;
mod did;
mod digest;
mod disclosure;
mod error;
mod holder;
mod issuer;
mod jws;
mod key_binding;
mod parts;
mod path;
mod process;
pub mod status;
pub mod type_metadata;
mod verify;

pub use credential::{Credential, Verified, verify};
pub use did::DidIssuers;
pub use digest::HashAlgorithm;
pub use disclosure::{Disclosure, SALT_BYTES};
pub use error::{Part, SdJwtError};
pub use holder::Holder;
pub use issuer::{Draft, Issuer};
pub use jws::{IssuerKeys, KeyRequest, TokenKey};
pub use key_binding::KeyBinding;
pub use parts::SdJwt;
pub use path::{ClaimPath, Step};
pub use verify::{Expected, ExpectedBinding, VerifiedSdJwt, verify_sd_jwt};

/// The standard of the format.
pub const FORMAT: &str = "RFC 9901";

/// The draft of SD-JWT VC that is followed.
pub const VC_DRAFT: &str = "draft-ietf-oauth-sd-jwt-vc-18";

/// The draft of Token Status List that is followed.
pub const STATUS_DRAFT: &str = "draft-ietf-oauth-status-list-20";

/// `typ` of credentials; the media type is `application/dc+sd-jwt`.
pub const CREDENTIAL_TYPE: &str = "dc+sd-jwt";

/// `typ` of key bindings.
pub const KEY_BINDING_TYPE: &str = "kb+jwt";

/// Longest SD-JWT accepted: a picture of some 200 KiB fits.
pub const MAX_BYTES: usize = 512 * 1024;

/// Most disclosures accepted.
pub const MAX_DISCLOSURES: usize = 512;

/// Member with the digests of an object's hidden claims.
const DIGESTS: &str = "_sd";

/// Member with the digest of a hidden element.
const ELEMENT: &str = "...";

/// Claim with the name of the hash.
const HASH_ALGORITHM: &str = "_sd_alg";

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::rfc_person_identification_data;
