//! The DID under which an issuer signs for other people's software, and its document.

use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;
use tacit_circuits::types::Secret;
use tacit_identity::did::{Did, DidKey, MemberDid, did_web_url, key_to_multibase};
use tacit_identity::keys::VerifyKey;
use tacit_identity::proof::{ProofHash, ProofSigner, ProofValue};
use tacit_identity::sd_jwt::TokenKey;
use tacit_identity::signer::HolderSigner;

use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// Longest host and path of a `did:web`, in bytes.
const MAX_WEB: usize = 512;

/// Under which DID an issuer's key signs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DidChoice {
    /// `did:key` of the key: everybody resolves it, and it ends with the key.
    #[default]
    Key,
    /// `did:tacit`: resolved from the chain, outlives keys.
    Tacit,
    /// `did:web` of this host and path, where the issuer publishes its document.
    Web(String),
}

impl FromStr for DidChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("web:")) {
            ("key", _) => Ok(Self::Key),
            ("tacit", _) => Ok(Self::Tacit),
            (_, Some(place)) if is_web_place(place) => Ok(Self::Web(place.to_owned())),
            _ => Err("expected key, tacit or web:HOST[%3APORT][:PATH]".to_owned()),
        }
    }
}

impl fmt::Display for DidChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => f.write_str("key"),
            Self::Tacit => f.write_str("tacit"),
            Self::Web(place) => write!(f, "web:{place}"),
        }
    }
}

/// A place that resolvers find, written in its one form: a host in lower case, a port after `%3A`, path segments between colons.
fn is_web_place(place: &str) -> bool {
    let (host, path) = place.split_once(':').unwrap_or((place, ""));
    let host = host.replacen("%3A", ":", 1);
    let of_host = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
    let of_path = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    let did = format!("did:web:{place}").parse::<Did>();
    place.len() <= MAX_WEB
        && host.chars().all(of_host)
        && path.chars().all(of_path)
        && did.is_ok_and(|did| did_web_url(&did).is_ok())
}

/// An issuer's key under one DID.
#[derive(Debug)]
pub struct Identity {
    did: String,
    key: VerifyKey,
    signer: HolderSigner,
    web_path: Option<String>,
}

impl Identity {
    /// The key of 32 secret bytes under a DID; `member` is who the key belongs to on the chain.
    ///
    /// # Errors
    /// `did:tacit` without a member.
    pub fn new(
        choice: &DidChoice,
        secret: &Secret<[u8; 32]>,
        member: Option<MemberDid>,
    ) -> ApiResult<Self> {
        let signer = HolderSigner::new(secret);
        let key = *signer.did().key();
        let did = match choice {
            DidChoice::Key => DidKey::new(key).to_string(),
            DidChoice::Tacit => {
                let missing = "--did tacit needs --net: the DID names the chain and the member";
                let member = member.ok_or_else(|| ApiError::new(&reason::USAGE, missing))?;
                member.to_string()
            }
            DidChoice::Web(place) => format!("did:web:{place}"),
        };
        let web_path = match choice {
            DidChoice::Web(place) => Some(match place.split_once(':') {
                Some((_, path)) => format!("/{}/did.json", path.replace(':', "/")),
                None => "/.well-known/did.json".to_owned(),
            }),
            _ => None,
        };
        Ok(Self {
            did,
            key,
            signer,
            web_path,
        })
    }

    /// The DID.
    pub fn did(&self) -> &str {
        &self.did
    }

    /// The key, for tokens.
    pub fn token_key(&self) -> TokenKey<'_> {
        (&self.signer).into()
    }

    /// The DID URL of the key.
    pub fn method(&self) -> String {
        format!("{}#{}", self.did, key_to_multibase(&self.key))
    }

    /// The public key.
    pub fn key(&self) -> &VerifyKey {
        &self.key
    }

    /// Where under its host the document of a `did:web` stands.
    pub fn web_path(&self) -> Option<&str> {
        self.web_path.as_deref()
    }

    /// The https URL at which the document of a `did:web` stands.
    pub fn web_url(&self) -> Option<String> {
        let host = self.did.strip_prefix("did:web:")?.split(':').next()?;
        let path = self.web_path.as_deref()?;
        Some(format!("https://{}{path}", host.replace("%3A", ":")))
    }

    /// The DID document. That of a `did:tacit` follows from the chain and is resolved there.
    pub fn document(&self) -> Value {
        let method = self.verification_method();
        json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": self.did,
            "verificationMethod": [{
                "id": method,
                "type": "Multikey",
                "controller": self.did,
                "publicKeyMultibase": key_to_multibase(&self.key)
            }],
            "assertionMethod": [method],
            "authentication": [method]
        })
    }
}

impl ProofSigner for Identity {
    fn did(&self) -> String {
        self.did.clone()
    }

    fn verification_method(&self) -> String {
        self.method()
    }

    fn sign_proof(&self, hash: &ProofHash) -> ProofValue {
        self.signer.sign_proof(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacit_circuits::types::{Digest32, MemberId};

    #[test]
    fn a_choice_reads_what_it_writes_and_nothing_else() {
        for good in [
            "key",
            "tacit",
            "web:issuer.example",
            "web:issuer.example%3A8443:a:B-1",
        ] {
            assert_eq!(good.parse::<DidChoice>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "Key",
            "web:",
            "web:a/b",
            "web:a:..",
            "web:a::b",
            "web:A.example",
            "web:a..b",
            "web:a%3Ax",
            "web:a%3A99999",
            "web:a%3A0",
            "web:a%3A%2B80",
            "web:192.0.2.1",
            "web:a-",
            "web:a b",
            "did:key:z",
        ] {
            assert!(bad.parse::<DidChoice>().is_err(), "{bad}");
        }
    }

    #[test]
    fn one_key_signs_under_the_did_that_was_chosen() {
        let secret = Secret::new([7; 32]);
        let member = MemberDid {
            chain: Digest32([1; 32]),
            member: MemberId::new(3).unwrap(),
        };
        let made = |choice: &DidChoice| Identity::new(choice, &secret, Some(member)).unwrap();
        let key = made(&DidChoice::Key);
        assert!(key.did().starts_with("did:key:z6Mk"));
        assert_eq!(
            key.verification_method(),
            format!("{0}#{1}", key.did(), &key.did()[8..])
        );
        assert_eq!(made(&DidChoice::Tacit).did(), member.to_string());
        let web = made(&DidChoice::Web("a.example:issuers:one".to_owned()));
        assert_eq!(web.did(), "did:web:a.example:issuers:one");
        assert_eq!(web.web_path(), Some("/issuers/one/did.json"));
        assert_eq!(
            web.web_url().as_deref(),
            Some("https://a.example/issuers/one/did.json")
        );
        assert_eq!(key.web_url(), None);
        let root = made(&DidChoice::Web("a.example".to_owned()));
        assert_eq!(root.web_path(), Some("/.well-known/did.json"));
        assert!(Identity::new(&DidChoice::Tacit, &secret, None).is_err());
        assert!(!format!("{web:?}").contains("7, 7"));
    }
}
