//! `did:tacit`: a member of a chain, as the chain's state has it. The method's specification is `docs/spec/did.md`.

use core::fmt;
use core::str::FromStr;

use serde_json::{Map, Value, json};
use tacit_circuits::types::{Digest32, MemberId};

use super::{
    DID_CONTEXT, DidError, DocumentMetadata, Options, ResolveError, key_from_multibase,
    key_to_multibase,
};
use crate::datetime::DateTime;
use crate::keys::VerifyKey;
use crate::public_key::{PublicKey, X25519Key};

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

    /// The DID document of the member as it is now.
    pub fn document(&self, member: &ResolvedMember) -> Value {
        member.document(self, member.signing_key, true)
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

serde_as_text!(MemberDid);

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
    /// Keys that signed before a rotation, newest first.
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

/// A member's record with what is known about where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberState {
    /// The record.
    pub member: ResolvedMember,
    /// Block times since which each version counts, oldest first; empty when the caller does not know them.
    pub since: Vec<DateTime>,
    /// Proof that the record is in the chain's state; goes into the resolution metadata as it is.
    pub proof: Option<Value>,
}

impl MemberState {
    /// The version that the options ask for, from 1: the last one when they ask for none.
    pub(super) fn select(&self, options: &Options) -> Result<usize, ResolveError> {
        let latest = self.member.versions();
        let none = ResolveError::NotFound("no such version");
        let by_number = |number: u64| {
            let number = usize::try_from(number).ok();
            number.filter(|number| (1..=latest).contains(number))
        };
        match (
            &options.version_id,
            options.version_time,
            options.version_number,
        ) {
            (None, None, None) => Ok(latest),
            (Some(id), None, None) => {
                let number = id.parse().ok().and_then(by_number);
                number
                    .filter(|number| number.to_string() == *id)
                    .ok_or(none)
            }
            (None, None, Some(number)) => by_number(number).ok_or(none),
            (None, Some(time), None) => {
                let since = self.times().ok_or(ResolveError::Feature(
                    "times of versions that the source does not tell",
                ))?;
                let at = since.iter().rposition(|since| *since <= time);
                at.map(|at| at + 1).ok_or(none)
            }
            _ => Err(ResolveError::Options("versionId")),
        }
    }

    /// The times of all versions, when they are known.
    fn times(&self) -> Option<&[DateTime]> {
        (self.since.len() == self.member.versions()).then_some(self.since.as_slice())
    }

    pub(super) fn metadata(&self, version: usize) -> DocumentMetadata {
        let latest = self.member.versions();
        let since = |version: usize| self.times()?.get(version.checked_sub(1)?).copied();
        let mut more = Map::new();
        let mut put = |name: &str, value: Value| more.insert(name.to_owned(), value);
        put("memberName", json!(self.member.name));
        put("memberActive", json!(self.member.active));
        DocumentMetadata {
            created: since(1),
            updated: since(version).filter(|_| version > 1),
            next_update: since(version + 1),
            version_id: Some(version.to_string()),
            next_version_id: (version < latest).then(|| (version + 1).to_string()),
            more,
            ..DocumentMetadata::default()
        }
    }
}

impl ResolvedMember {
    /// How many versions the document had: one for each set of keys.
    pub(super) fn versions(&self) -> usize {
        self.earlier_signing_keys.len() + 1
    }

    /// The document of a version from 1; `None` when there is no such version.
    pub(super) fn version(&self, did: &MemberDid, version: usize) -> Option<Value> {
        let latest = self.versions();
        let signing = match latest.checked_sub(version)? {
            0 => self.signing_key,
            age => *self.earlier_signing_keys.get(age.checked_sub(1)?)?,
        };
        Some(self.document(did, signing, version == latest))
    }

    /// The document while a key was the one that signs.
    ///
    /// Keys of other times are methods without a relation: what they signed is seen to be the member's and authorises nothing. A
    /// suspended member's keys have none either. Of earlier versions only the signing key is known.
    fn document(&self, did: &MemberDid, signing: VerifyKey, latest: bool) -> Value {
        let did_text = did.to_string();
        let method = |key: &PublicKey| {
            let multikey = key.to_multibase();
            json!({
                "id": format!("{did_text}#{multikey}"),
                "type": "Multikey",
                "controller": did_text,
                "publicKeyMultibase": multikey
            })
        };
        let mut keys = vec![signing];
        if latest {
            keys.extend_from_slice(&self.earlier_signing_keys);
        }
        // A key that came back stands once.
        let mut methods: Vec<Value> = Vec::new();
        for key in keys {
            let method = method(&PublicKey::Ed25519(key));
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        let signs = if self.active {
            vec![did.verification_method(&signing)]
        } else {
            Vec::new()
        };
        let mut document = json!({
            "@context": [DID_CONTEXT],
            "id": did_text,
            "assertionMethod": signs,
            "authentication": signs
        });
        if latest && let Ok(key) = X25519Key::from_bytes(&self.hpke_key) {
            let method = method(&PublicKey::X25519(key));
            if self.active {
                document["keyAgreement"] = json!([method["id"]]);
            }
            methods.push(method);
        }
        document["verificationMethod"] = Value::Array(methods);
        document
    }
}
