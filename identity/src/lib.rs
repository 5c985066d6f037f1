//! Who somebody is and what may be said about them: schemas, credentials, presentations and requests for data.
//!
//! Pure: no input or output, no clock, no system randomness. Time and randomness are arguments; members are found through
//! the trait [`did::MemberResolver`].
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`json`] | strict JSON and its canonical form (RFC 8785) |
//! | [`did`] | DIDs: `did:key`, `did:jwk`, `did:web`, `did:webvh`, `did:tacit`; documents and their resolution |
//! | [`keys`], [`signer`] | Ed25519 keys; one signing method per purpose |
//! | [`public_key`], [`jwk`] | keys of others: Ed25519, P-256, X25519; as multikeys and as JWKs |
//! | [`proof`] | Data Integrity proofs `eddsa-jcs-2022` |
//! | [`bridge`] | claims of foreign credentials, taken over into one of our schemas |
//! | [`sd_jwt`] | SD-JWT VC and Token Status List: credentials of which parts are shown |
//! | [`schema`] | which claims a credential has, and their 16 slots |
//! | [`credential`] | verifiable credentials and the openings of their commitments |
//! | [`issuance`] | an offer, and the request with the proof that K opens |
//! | [`predicate`] | `age >= 18` and the like, as text, statement and words |
//! | [`presentation`] | what a verifier asks to be proven, and the proof |
//! | [`request`] | requests for data, answers, and their life |
//! | [`datetime`], [`time`] | times as text: the one form that we write, and every form that we read |
//! | [`wire`] | errors of the binary messages |
//!
//! Every error has a stable code: its method `reason`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod bridge;
pub mod credential;
pub mod datetime;
pub mod did;
mod hex_text;
pub mod issuance;
pub mod json;
pub mod jwk;
pub mod keys;
mod multibase;
pub mod predicate;
pub mod presentation;
pub mod proof;
pub mod public_key;
mod reason;
pub mod request;
pub mod schema;
pub mod sd_jwt;
pub mod signer;
#[cfg(test)]
mod testing;
pub mod time;
pub mod wire;
