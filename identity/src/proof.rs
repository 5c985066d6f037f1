//! Data Integrity proofs with the cryptosuite `eddsa-jcs-2022` (W3C vc-data-integrity 1.0 and vc-di-eddsa 1.0, section 3.3).
//!
//! The signature is over SHA-256 of the canonical proof options followed by SHA-256 of the canonical document. The proof
//! repeats the document's `@context`, so a proof cannot be read under other contexts. Of the options that the W3C leaves
//! open, a fixed profile is accepted: one proof, purpose `assertionMethod`, and no option outside the list below. What every
//! profile and both EdDSA suites share, [`ProofHash`] and [`ProofSigner`], is here too.

use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt;

use crate::datetime::DateTime;
use crate::json::{self, JsonError};
use crate::keys::{KeyError, VerifyKey};
use crate::multibase;
use crate::signer::{HolderSigner, IssuerSigner};

/// The cryptosuite's name.
pub const CRYPTOSUITE: &str = "eddsa-jcs-2022";

/// The proof type of every cryptosuite.
pub const PROOF_TYPE: &str = "DataIntegrityProof";

/// The one proof purpose accepted for credentials.
pub const PROOF_PURPOSE: &str = "assertionMethod";

/// Why a Data Integrity proof was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The document is not an object.
    #[error("a secured document is a JSON object")]
    NotAnObject,
    /// There is no `proof`, or it is not exactly one object.
    #[error("the document must have exactly one `proof` object")]
    NotOneProof,
    /// The document that is to be signed has a proof already.
    #[error("the document has a proof already")]
    AlreadySecured,
    /// An option is missing or not a text.
    #[error("proof option `{0}` is missing or not a text")]
    Missing(&'static str),
    /// An option that the profile does not know.
    #[error("the proof has an option that is not accepted")]
    UnknownOption,
    /// `type` is not [`PROOF_TYPE`].
    #[error("proof type is not DataIntegrityProof")]
    Type,
    /// `cryptosuite` is not [`CRYPTOSUITE`].
    #[error("unknown cryptosuite: only eddsa-jcs-2022 is accepted")]
    Cryptosuite,
    /// `proofPurpose` is not [`PROOF_PURPOSE`].
    #[error("wrong proof purpose: only assertionMethod is accepted")]
    Purpose,
    /// `created` is not a UTC time to the second.
    #[error("proof option `created` is not a time of the form 2026-01-31T00:00:00Z")]
    Created,
    /// The proof's `@context` is not the beginning of the document's.
    #[error("the proof's @context differs from the document's")]
    Context,
    /// `proofValue` is not 64 bytes in multibase base58btc.
    #[error("proofValue is not an Ed25519 signature in base58btc multibase")]
    Value,
    /// The signature is not by that key over this document.
    #[error("the signature does not verify: the document was changed or signed by another key")]
    Signature,
    /// The document has no canonical form.
    #[error(transparent)]
    Json(#[from] JsonError),
}

/// A document taken apart from its proof; nothing is verified yet. `Debug` shows only how it is secured.
#[derive(Clone)]
pub struct Secured {
    document: Value,
    options: Value,
    method: String,
    created: DateTime,
    signature: ProofValue,
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured")
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

impl Secured {
    /// Takes a secured document apart and checks the proof's form.
    ///
    /// # Errors
    /// [`ProofError`], never about the signature.
    pub fn open(secured: Value) -> Result<Self, ProofError> {
        let Value::Object(mut document) = secured else {
            return Err(ProofError::NotAnObject);
        };
        let Some(Value::Object(mut options)) = document.remove("proof") else {
            return Err(ProofError::NotOneProof);
        };
        if text(&options, "type")? != PROOF_TYPE {
            return Err(ProofError::Type);
        }
        if text(&options, "cryptosuite")? != CRYPTOSUITE {
            return Err(ProofError::Cryptosuite);
        }
        if text(&options, "proofPurpose")? != PROOF_PURPOSE {
            return Err(ProofError::Purpose);
        }
        let created = text(&options, "created")?
            .parse()
            .map_err(|_| ProofError::Created)?;
        let method = text(&options, "verificationMethod")?.to_owned();
        let signature =
            ProofValue::parse(text(&options, "proofValue")?).map_err(|_| ProofError::Value)?;
        options.remove("proofValue");
        if let Some(context) = options.get("@context") {
            if !starts_with(document.get("@context"), context) {
                return Err(ProofError::Context);
            }
            document.insert("@context".to_owned(), context.clone());
        }
        let known = [
            "@context",
            "type",
            "cryptosuite",
            "proofPurpose",
            "created",
            "verificationMethod",
        ];
        if options.keys().any(|key| !known.contains(&key.as_str())) {
            return Err(ProofError::UnknownOption);
        }
        Ok(Self {
            document: Value::Object(document),
            options: Value::Object(options),
            method,
            created,
            signature,
        })
    }

    /// The verification method that the proof names: a DID URL. Who may use it is the caller's question.
    pub fn verification_method(&self) -> &str {
        &self.method
    }

    /// When the signer says that it signed.
    pub fn created(&self) -> DateTime {
        self.created
    }

    /// Checks the signature and gives the document without its proof.
    ///
    /// # Errors
    /// [`ProofError::Signature`].
    pub fn verify(self, key: &VerifyKey) -> Result<Value, ProofError> {
        let hash = ProofHash::of_json(&self.options, &self.document)?;
        hash.verify(key, &self.signature)
            .map_err(|_| ProofError::Signature)?;
        Ok(self.document)
    }
}

/// Adds a proof to a document. Crate-internal: signing keys have one public method per purpose.
pub(crate) fn secure(
    document: Value,
    method: &str,
    created: DateTime,
    key: &SigningKey,
) -> Result<Value, ProofError> {
    let Value::Object(mut members) = document else {
        return Err(ProofError::NotAnObject);
    };
    if members.contains_key("proof") {
        return Err(ProofError::AlreadySecured);
    }
    let mut options = Map::new();
    if let Some(context) = members.get("@context") {
        options.insert("@context".to_owned(), context.clone());
    }
    for (name, value) in [
        ("type", PROOF_TYPE),
        ("cryptosuite", CRYPTOSUITE),
        ("proofPurpose", PROOF_PURPOSE),
        ("created", &created.to_string()),
        ("verificationMethod", method),
    ] {
        options.insert(name.to_owned(), Value::String(value.to_owned()));
    }
    let document = Value::Object(members.clone());
    let hash = ProofHash::of_json(&Value::Object(options.clone()), &document)?;
    let value = hash.sign(key).to_string();
    options.insert("proofValue".to_owned(), Value::String(value));
    members.insert("proof".to_owned(), Value::Object(options));
    Ok(Value::Object(members))
}

/// What an EdDSA proof signs: SHA-256 of the canonical proof options, then SHA-256 of the canonical document. Only those two
/// make one, so that a proof key signs nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct ProofHash([u8; 64]);

impl ProofHash {
    /// `eddsa-jcs-2022`: both canonical by RFC 8785.
    ///
    /// # Errors
    /// [`JsonError::NotCanonical`] for what [`json::parse`] never returns.
    pub fn of_json(options: &Value, document: &Value) -> Result<Self, JsonError> {
        Ok(Self::of_canonical(
            &json::canonical(options)?,
            &json::canonical(document)?,
        ))
    }

    /// `eddsa-rdfc-2022`: both as canonical N-Quads.
    pub fn of_quads(options: &str, document: &str) -> Self {
        Self::of_canonical(options.as_bytes(), document.as_bytes())
    }

    fn of_canonical(options: &[u8], document: &[u8]) -> Self {
        let mut hash = [0; 64];
        let (first, second) = hash.split_at_mut(32);
        first.copy_from_slice(&Sha256::digest(options));
        second.copy_from_slice(&Sha256::digest(document));
        Self(hash)
    }

    /// The 64 bytes.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// Checks a signature over it.
    ///
    /// # Errors
    /// [`KeyError::Signature`].
    pub fn verify(&self, key: &VerifyKey, value: &ProofValue) -> Result<(), KeyError> {
        key.verify_raw(&self.0, &value.0)
    }

    fn sign(&self, key: &SigningKey) -> ProofValue {
        ProofValue(key.sign(&self.0).to_bytes())
    }
}

impl fmt::Debug for ProofHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProofHash({})", hex::encode(self.0))
    }
}

/// `proofValue` of both EdDSA suites: an Ed25519 signature; its text is multibase base58btc.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ProofValue([u8; 64]);

impl ProofValue {
    /// Reads its text.
    ///
    /// # Errors
    /// [`KeyError::Signature`] for anything but 64 bytes in multibase base58btc.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        multibase::decode(text).map(Self).ok_or(KeyError::Signature)
    }
}

impl fmt::Display for ProofValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&multibase::encode(&self.0))
    }
}

impl fmt::Debug for ProofValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProofValue({self})")
    }
}

/// Who makes Data Integrity proofs.
pub trait ProofSigner {
    /// The DID.
    fn did(&self) -> String;

    /// The DID URL of the key that signs.
    fn verification_method(&self) -> String;

    /// Signs the hash of a document and the options of its proof.
    fn sign_proof(&self, hash: &ProofHash) -> ProofValue;
}

impl ProofSigner for IssuerSigner {
    fn did(&self) -> String {
        Self::did(self).to_string()
    }

    fn verification_method(&self) -> String {
        Self::did(self).verification_method(&self.verify_key())
    }

    fn sign_proof(&self, hash: &ProofHash) -> ProofValue {
        hash.sign(self.key())
    }
}

impl ProofSigner for HolderSigner {
    fn did(&self) -> String {
        Self::did(self).to_string()
    }

    fn verification_method(&self) -> String {
        Self::did(self).verification_method()
    }

    fn sign_proof(&self, hash: &ProofHash) -> ProofValue {
        hash.sign(self.key())
    }
}

fn text<'a>(options: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, ProofError> {
    options
        .get(name)
        .and_then(Value::as_str)
        .ok_or(ProofError::Missing(name))
}

/// True when a document's `@context` begins with a proof's, in the same order.
fn starts_with(document: Option<&Value>, proof: &Value) -> bool {
    let list = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    };
    let document = document.map(list).unwrap_or_default();
    document.starts_with(&list(proof))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // Published vectors of vc-di-eddsa 1.0, appendix B.2 (representation eddsa-jcs-2022).
    const METHOD: &str = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
    const SECRET: &str = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq";
    const PROOF_VALUE: &str =
        "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX";
    const CANONICAL: &str = concat!(
        r#"{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],"#,
        r#""credentialSubject":{"alumniOf":"The School of Examples","id":"did:example:abcdefgh"},"#,
        r#""description":"A minimum viable example of an Alumni Credential.","#,
        r#""id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33","issuer":"https://vc.example/issuers/5678","#,
        r#""name":"Alumni Credential","type":["VerifiableCredential","AlumniCredential"],"#,
        r#""validFrom":"2023-01-01T00:00:00Z"}"#
    );
    const HASH_DATA: &str = concat!(
        "66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db",
        "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"
    );

    fn document() -> Value {
        json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
            "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
            "type": ["VerifiableCredential", "AlumniCredential"],
            "name": "Alumni Credential",
            "description": "A minimum viable example of an Alumni Credential.",
            "issuer": "https://vc.example/issuers/5678",
            "validFrom": "2023-01-01T00:00:00Z",
            "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"}
        })
    }

    fn signing_key() -> SigningKey {
        let bytes: [u8; 34] = multibase::decode(SECRET).unwrap();
        assert_eq!(
            bytes[..2],
            [0x80, 0x26],
            "multicodec of an Ed25519 secret key"
        );
        SigningKey::from_bytes(bytes[2..].try_into().unwrap())
    }

    fn key() -> VerifyKey {
        VerifyKey::of(&signing_key())
    }

    fn signed() -> Value {
        secure(
            document(),
            METHOD,
            "2023-02-24T23:36:38Z".parse().unwrap(),
            &signing_key(),
        )
        .unwrap()
    }

    fn with(option: &str, value: Value) -> Value {
        let mut document = signed();
        document["proof"][option] = value;
        document
    }

    #[test]
    fn reproduces_the_published_vectors() {
        assert_eq!(json::canonical(&document()).unwrap(), CANONICAL.as_bytes());
        let signed = signed();
        assert_eq!(signed["proof"]["proofValue"], PROOF_VALUE);
        let mut options = signed["proof"].clone();
        options.as_object_mut().unwrap().remove("proofValue");
        assert_eq!(
            hex::encode(
                ProofHash::of_json(&options, &document())
                    .unwrap()
                    .as_bytes()
            ),
            HASH_DATA
        );
        assert_eq!(
            Secured::open(signed).unwrap().verify(&key()).unwrap(),
            document()
        );
    }

    #[test]
    fn each_defect_has_its_own_error() {
        let open = |value| Secured::open(value).unwrap_err();
        assert_eq!(open(json!([])), ProofError::NotAnObject);
        assert_eq!(open(document()), ProofError::NotOneProof);
        let mut twice = signed();
        twice["proof"] = json!([twice["proof"].clone(), twice["proof"].clone()]);
        assert_eq!(open(twice), ProofError::NotOneProof);
        assert_eq!(
            open(with("type", json!("Ed25519Signature2020"))),
            ProofError::Type
        );
        assert_eq!(
            open(with("cryptosuite", json!("eddsa-rdfc-2022"))),
            ProofError::Cryptosuite
        );
        assert_eq!(
            open(with("proofPurpose", json!("authentication"))),
            ProofError::Purpose
        );
        assert_eq!(
            open(with("created", json!("yesterday"))),
            ProofError::Created
        );
        assert_eq!(
            open(with("created", Value::Null)),
            ProofError::Missing("created")
        );
        assert_eq!(open(with("proofValue", json!("z111"))), ProofError::Value);
        assert_eq!(
            open(with("expires", json!("2099-01-01T00:00:00Z"))),
            ProofError::UnknownOption
        );
        assert_eq!(
            open(with("@context", json!(["urn:other"]))),
            ProofError::Context
        );
        let again = secure(
            signed(),
            METHOD,
            "2023-02-24T23:36:38Z".parse().unwrap(),
            &signing_key(),
        );
        assert_eq!(again, Err(ProofError::AlreadySecured));
    }

    #[test]
    fn changed_documents_options_and_keys_do_not_verify() {
        let verify =
            |value: Value, key: &VerifyKey| Secured::open(value).unwrap().verify(key).map(drop);
        assert_eq!(verify(signed(), &key()), Ok(()));
        let mut changed = signed();
        changed["credentialSubject"]["alumniOf"] = json!("Another School");
        assert_eq!(verify(changed, &key()), Err(ProofError::Signature));
        assert_eq!(
            verify(with("created", json!("2023-02-24T23:36:39Z")), &key()),
            Err(ProofError::Signature)
        );
        assert_eq!(
            verify(with("verificationMethod", json!("did:key:z#z")), &key()),
            Err(ProofError::Signature)
        );
        let fewer = with("@context", json!(["https://www.w3.org/ns/credentials/v2"]));
        assert_eq!(verify(fewer, &key()), Err(ProofError::Signature));
        let other = VerifyKey::of(&SigningKey::from_bytes(&[7; 32]));
        assert_eq!(verify(signed(), &other), Err(ProofError::Signature));
    }
}
