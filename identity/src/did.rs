//! Decentralized identifiers: `did:key` for persons, `did:tacit` for members of a chain.
//!
//! `did:key` (Ed25519) is its own document. `did:tacit:<chain id>:<member id>` is resolved from the ledger through
//! [`MemberResolver`]. Both have one accepted text. A DID URL of a verification method names the key itself after `#`, so
//! a signature says which key made it and a rotated key is told from a stranger's.

use core::fmt;
use core::str::FromStr;

use serde_json::{Value, json};
use tacit_circuits::types::{Digest32, MemberId};

use crate::keys::VerifyKey;
use crate::multibase;

/// Multicodec prefix of an Ed25519 public key: 0xed as an unsigned varint.
const ED25519_PUBLIC: [u8; 2] = [0xed, 0x01];

const DID_CONTEXT: &str = "https://www.w3.org/ns/did/v1.1";

/// Why a DID or DID URL was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DidError {
    /// Not a `did:key` of an Ed25519 key.
    #[error("not a did:key of an Ed25519 key")]
    NotDidKey,
    /// Not `did:tacit:<chain id>:<member id>` in its one form.
    #[error("not a DID of the form did:tacit:<chain id, 64 hexadecimal digits>:<member id>")]
    NotMemberDid,
    /// Not a DID followed by `#` and a key.
    #[error("not a verification method of the form <DID>#<key>")]
    NotMethod,
}

/// A public key as `publicKeyMultibase`: multicodec Ed25519, base58btc.
pub fn key_to_multibase(key: &VerifyKey) -> String {
    let mut bytes = [0; 34];
    let (prefix, rest) = bytes.split_at_mut(2);
    prefix.copy_from_slice(&ED25519_PUBLIC);
    rest.copy_from_slice(&key.to_bytes());
    multibase::encode(&bytes)
}

/// Reads what [`key_to_multibase`] writes, and nothing else.
pub fn key_from_multibase(text: &str) -> Option<VerifyKey> {
    let bytes: [u8; 34] = multibase::decode(text)?;
    let (prefix, key) = bytes.split_first_chunk::<2>()?;
    if *prefix != ED25519_PUBLIC {
        return None;
    }
    VerifyKey::from_bytes(key.try_into().ok()?).ok()
}

/// `did:key` of an Ed25519 key: a person's identifier that needs no registry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DidKey(VerifyKey);

impl DidKey {
    /// The DID of a key.
    pub fn new(key: VerifyKey) -> Self {
        Self(key)
    }

    /// The key.
    pub fn key(&self) -> &VerifyKey {
        &self.0
    }

    /// The DID URL of its one verification method.
    pub fn verification_method(&self) -> String {
        format!("{self}#{}", key_to_multibase(&self.0))
    }

    /// The DID document.
    pub fn document(&self) -> Value {
        document(&self.to_string(), &[self.0])
    }
}

impl fmt::Display for DidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "did:key:{}", key_to_multibase(&self.0))
    }
}

impl fmt::Debug for DidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DidKey {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        text.strip_prefix("did:key:")
            .and_then(key_from_multibase)
            .map(Self)
            .ok_or(DidError::NotDidKey)
    }
}

/// A member of one chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberDid {
    /// The chain.
    pub chain: Digest32,
    /// The member on it.
    pub member: MemberId,
}

impl MemberDid {
    /// The DID URL of one of the member's keys.
    pub fn verification_method(&self, key: &VerifyKey) -> String {
        format!("{self}#{}", key_to_multibase(key))
    }

    /// Takes a verification method apart.
    ///
    /// # Errors
    /// [`DidError::NotMethod`] or what the DID before `#` is refused for.
    pub fn parse_verification_method(url: &str) -> Result<(Self, VerifyKey), DidError> {
        let (did, fragment) = url.split_once('#').ok_or(DidError::NotMethod)?;
        let key = key_from_multibase(fragment).ok_or(DidError::NotMethod)?;
        Ok((did.parse()?, key))
    }

    /// The DID document: the current key for assertion and authentication, earlier keys as methods only.
    pub fn document(&self, member: &ResolvedMember) -> Value {
        let mut keys = vec![member.signing_key];
        keys.extend_from_slice(&member.earlier_signing_keys);
        document(&self.to_string(), &keys)
    }
}

impl fmt::Display for MemberDid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "did:tacit:{}:{}", self.chain, self.member)
    }
}

impl FromStr for MemberDid {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        let refused = DidError::NotMemberDid;
        let rest = text.strip_prefix("did:tacit:").ok_or(refused)?;
        let (chain, member) = rest.split_once(':').ok_or(refused)?;
        let did = Self {
            chain: chain.parse().map_err(|_| refused)?,
            member: member
                .parse()
                .ok()
                .and_then(|id| MemberId::new(id).ok())
                .ok_or(refused)?,
        };
        // One text for one DID: no leading zeros, no plus sign.
        if did.to_string() == text {
            Ok(did)
        } else {
            Err(refused)
        }
    }
}

macro_rules! serde_as_text {
    ($($name:ident),*) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
serde_as_text!(DidKey, MemberDid);

/// What the ledger says of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedMember {
    /// Display name.
    pub name: String,
    /// False while the member is suspended.
    pub active: bool,
    /// May issue credentials.
    pub issuer: bool,
    /// May ask for data.
    pub platform: bool,
    /// The key that signs now.
    pub signing_key: VerifyKey,
    /// Keys that signed before a rotation.
    pub earlier_signing_keys: Vec<VerifyKey>,
    /// X25519 key that data is sealed to.
    pub hpke_key: [u8; 32],
}

/// Finds members: the ledger's light client behind it, a map in tests.
pub trait MemberResolver {
    /// The member of the resolver's chain with this id, or `None` when there is none.
    fn resolve(&self, member: MemberId) -> Option<ResolvedMember>;
}

impl MemberResolver for std::collections::BTreeMap<MemberId, ResolvedMember> {
    fn resolve(&self, member: MemberId) -> Option<ResolvedMember> {
        self.get(&member).cloned()
    }
}

/// A DID document (DID Core, Multikey): the first key is current.
fn document(did: &str, keys: &[VerifyKey]) -> Value {
    let url = |key: &VerifyKey| format!("{did}#{}", key_to_multibase(key));
    let methods: Vec<Value> = keys
        .iter()
        .map(|key| {
            json!({
                "id": url(key),
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": key_to_multibase(key)
            })
        })
        .collect();
    let current: Vec<String> = keys.iter().take(1).map(url).collect();
    json!({
        "@context": [DID_CONTEXT, "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": current,
        "authentication": current
    })
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> VerifyKey {
        VerifyKey::of(&SigningKey::from_bytes(&[byte; 32]))
    }

    // RFC 8037, appendix A: the public key, and its did:key as the did:key method specification writes it.
    #[test]
    fn known_did_key() {
        let bytes = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
            .unwrap();
        let key = VerifyKey::from_bytes(&bytes.try_into().unwrap()).unwrap();
        let did = DidKey::new(key);
        assert_eq!(
            did.to_string(),
            "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"
        );
        assert_eq!(did.to_string().parse(), Ok(did));
    }

    #[test]
    fn did_keys_that_are_refused() {
        let good = DidKey::new(key(1)).to_string();
        let small_order = format!("did:key:{}", {
            let mut bytes = vec![0xed, 0x01, 1];
            bytes.resize(34, 0);
            multibase::encode(&bytes)
        });
        let x25519 = format!("did:key:{}", {
            let mut bytes = vec![0xec, 0x01];
            bytes.extend(key(1).to_bytes());
            multibase::encode(&bytes)
        });
        for bad in [
            "",
            "did:key:",
            "did:key:z6Mk",
            &good[..good.len() - 1],
            &format!("{good}1"),
            &small_order,
            &x25519,
        ] {
            assert_eq!(bad.parse::<DidKey>(), Err(DidError::NotDidKey), "{bad}");
        }
    }

    #[test]
    fn member_dids_have_one_text() {
        let did = MemberDid {
            chain: Digest32([0xab; 32]),
            member: MemberId::new(7).unwrap(),
        };
        let text = did.to_string();
        assert_eq!(text.parse(), Ok(did));
        let url = did.verification_method(&key(1));
        assert_eq!(
            MemberDid::parse_verification_method(&url),
            Ok((did, key(1)))
        );
        let chain = "ab".repeat(32);
        for bad in [
            format!("did:tacit:{chain}:07"),
            format!("did:tacit:{chain}:+7"),
            format!("did:tacit:{chain}:0"),
            format!("did:tacit:{chain}:4294967296"),
            format!("did:tacit:{}:7", chain.to_uppercase()),
            format!("did:tacit:{chain}:7#x"),
            format!("did:tacit:{}:7", &chain[2..]),
            "did:key:z6Mk".to_owned(),
        ] {
            assert_eq!(
                bad.parse::<MemberDid>(),
                Err(DidError::NotMemberDid),
                "{bad}"
            );
        }
        assert_eq!(
            MemberDid::parse_verification_method(&text),
            Err(DidError::NotMethod)
        );
    }

    #[test]
    fn documents_list_only_the_current_key_for_signing() {
        let did = MemberDid {
            chain: Digest32([1; 32]),
            member: MemberId::new(7).unwrap(),
        };
        let member = ResolvedMember {
            name: "A".into(),
            active: true,
            issuer: true,
            platform: false,
            signing_key: key(1),
            earlier_signing_keys: vec![key(2)],
            hpke_key: [0; 32],
        };
        let document = did.document(&member);
        assert_eq!(document["verificationMethod"].as_array().unwrap().len(), 2);
        assert_eq!(
            document["assertionMethod"],
            json!([did.verification_method(&key(1))])
        );
    }

    proptest! {
        #[test]
        fn parsers_never_panic(text in "\\PC{0,80}") {
            let _ = text.parse::<DidKey>();
            let _ = text.parse::<MemberDid>();
            let _ = MemberDid::parse_verification_method(&text);
        }
    }
}
