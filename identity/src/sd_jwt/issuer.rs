//! Issuing: which claims can be disclosed, and the SD-JWT with all of its disclosures.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tacit_circuits::types::Timestamp;

use super::credential::{Credential, OPEN};
use super::digest::HashAlgorithm;
use super::disclosure::{Disclosure, SALT_BYTES};
use super::jws::TokenKey;
use super::path::{ClaimPath, Step};
use super::process::{is_reserved, process};
use super::status::StatusReference;
use super::{CREDENTIAL_TYPE, DIGESTS, ELEMENT, HASH_ALGORITHM, SdJwt, SdJwtError, parts};
use crate::json::MAX_DEPTH;
use crate::public_key::PublicKey;

/// A credential that is to be issued.
#[derive(Clone)]
pub struct Draft {
    /// `vct`: its type, a collision-resistant name such as a URL or URN.
    pub credential_type: String,
    /// `vct#integrity`: digest of the type's metadata; see [`type_metadata`](super::type_metadata).
    pub type_integrity: Option<String>,
    /// `aka_vcts`: further types that it is of.
    pub other_types: Vec<String>,
    /// `iss`: the issuer's URL or DID.
    pub issuer: Option<String>,
    /// `iat`.
    pub issued_at: Option<Timestamp>,
    /// `nbf`: not valid before.
    pub valid_from: Option<Timestamp>,
    /// `exp`: not valid from then on.
    pub valid_until: Option<Timestamp>,
    /// `cnf`: the key that the holder proves to have.
    pub holder_key: Option<PublicKey>,
    /// `status`: where its status can be looked up.
    pub status: Option<StatusReference>,
    /// The claims about the subject.
    pub claims: Map<String, Value>,
    /// Which of `claims`, and which parts of them, the holder can show or hide. What is within a hidden claim can be
    /// disclosable by itself too.
    pub disclosable: Vec<ClaimPath>,
    /// How many digests of nothing to put into which objects and arrays, so that their number tells less.
    pub decoys: Vec<(ClaimPath, usize)>,
}

impl Draft {
    /// A credential with these claims, none of them disclosable by itself, and nothing else said of it.
    pub fn new(credential_type: impl Into<String>, claims: Map<String, Value>) -> Self {
        Self {
            credential_type: credential_type.into(),
            type_integrity: None,
            other_types: Vec::new(),
            issuer: None,
            issued_at: None,
            valid_from: None,
            valid_until: None,
            holder_key: None,
            status: None,
            claims,
            disclosable: Vec::new(),
            decoys: Vec::new(),
        }
    }

    /// The claims that are always in the open.
    fn open_claims(&self) -> Map<String, Value> {
        let time = |time: Option<Timestamp>| time.map(|time| json!(time.0));
        let mut out = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                out.insert(name.to_owned(), value);
            }
        };
        put("vct", Some(json!(self.credential_type)));
        put(
            "vct#integrity",
            self.type_integrity.as_ref().map(|v| json!(v)),
        );
        put(
            "aka_vcts",
            (!self.other_types.is_empty()).then(|| json!(self.other_types)),
        );
        put("iss", self.issuer.as_ref().map(|v| json!(v)));
        put("iat", time(self.issued_at));
        put("nbf", time(self.valid_from));
        put("exp", time(self.valid_until));
        put(
            "cnf",
            self.holder_key.map(|key| json!({"jwk": key.to_jwk()})),
        );
        put("status", self.status.as_ref().map(StatusReference::to_json));
        out
    }
}

/// An issuer of credentials.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    key: TokenKey<'a>,
    key_id: Option<&'a str>,
}

impl<'a> Issuer<'a> {
    /// The issuer with this key; `key_id` (`kid`) says to verifiers which of its keys that is.
    pub fn new(key: impl Into<TokenKey<'a>>, key_id: Option<&'a str>) -> Self {
        Self {
            key: key.into(),
            key_id,
        }
    }

    /// Issues a credential: the SD-JWT with all disclosures, for the holder alone. `salts` gives 16 fresh bytes from a
    /// cryptographic source at each call.
    ///
    /// # Errors
    /// [`SdJwtError`]: a path that leads nowhere, a claim's name that is reserved, a salt that comes twice, and whatever a
    /// verifier would refuse: nothing else is signed.
    pub fn issue(
        &self,
        draft: &Draft,
        salts: &mut dyn FnMut() -> [u8; SALT_BYTES],
    ) -> Result<String, SdJwtError> {
        let claims = Value::Object(draft.claims.clone());
        let decoys = draft.decoys.iter().map(|(path, _)| path);
        for path in draft.disclosable.iter().chain(decoys) {
            if !path.exists_in(&claims) {
                return Err(SdJwtError::NoSuchClaim(path.to_string()));
            }
        }
        if draft.disclosable.iter().any(|path| path.steps().is_empty()) {
            return Err(SdJwtError::NoSuchClaim(ClaimPath::top().to_string()));
        }
        let open = draft.open_claims();
        let set_otherwise = |name: &str| OPEN.contains(&name) || open.contains_key(name);
        if let Some(name) = draft.claims.keys().find(|name| set_otherwise(name)) {
            return Err(SdJwtError::ReservedClaim(name.clone()));
        }
        let mut sealer = Sealer {
            draft,
            salts,
            used: BTreeSet::new(),
            disclosures: Vec::new(),
        };
        let mut payload = sealer.object(&draft.claims, &ClaimPath::top(), 1)?;
        let disclosures = sealer.disclosures;
        payload.extend(open);
        if !disclosures.is_empty() || !draft.decoys.is_empty() {
            payload.insert(HASH_ALGORITHM.to_owned(), ALGORITHM.name().into());
        }
        let jwt = self.key.sign(CREDENTIAL_TYPE, self.key_id, &payload);
        let issued = parts::presented(&jwt, disclosures.iter().map(Disclosure::encoded));
        let read = SdJwt::parse(&issued)?;
        let processed = process(read.jwt.payload(), &read.disclosures, ALGORITHM)?;
        Credential::check(read.jwt.payload(), &processed)?;
        Ok(issued)
    }
}

/// The hash that we issue with.
const ALGORITHM: HashAlgorithm = HashAlgorithm::Sha256;

/// Takes claims apart into what is signed and what is disclosed.
struct Sealer<'a> {
    draft: &'a Draft,
    salts: &'a mut dyn FnMut() -> [u8; SALT_BYTES],
    used: BTreeSet<[u8; SALT_BYTES]>,
    disclosures: Vec<Disclosure>,
}

impl Sealer<'_> {
    fn salt(&mut self) -> Result<[u8; SALT_BYTES], SdJwtError> {
        let salt = (self.salts)();
        if self.used.insert(salt) {
            Ok(salt)
        } else {
            Err(SdJwtError::SaltTwice)
        }
    }

    fn is_disclosable(&self, path: &ClaimPath) -> bool {
        self.draft.disclosable.iter().any(|p| p.leads_to(path))
    }

    /// Hides a value; gives its digest.
    fn hide(&mut self, name: Option<&str>, value: Value) -> Result<String, SdJwtError> {
        let disclosure = Disclosure::new(&self.salt()?, name, value);
        let digest = disclosure.digest(ALGORITHM);
        self.disclosures.push(disclosure);
        Ok(digest)
    }

    /// Digests of random bytes for one object or array, each with a random number.
    fn decoys(&mut self, path: &ClaimPath) -> Result<Vec<(String, u64)>, SdJwtError> {
        let wanted = self.draft.decoys.iter().filter(|(p, _)| p.leads_to(path));
        let count = wanted.fold(0usize, |sum, (_, count)| sum.saturating_add(*count));
        (0..count)
            .map(|_| {
                let place = u64::from_le_bytes(first_eight(&self.salt()?));
                Ok((ALGORITHM.digest(&self.salt()?), place))
            })
            .collect()
    }

    fn value(
        &mut self,
        value: &Value,
        path: &ClaimPath,
        depth: usize,
    ) -> Result<Value, SdJwtError> {
        if depth > MAX_DEPTH {
            return Err(SdJwtError::TooDeep);
        }
        match value {
            Value::Object(members) => self.object(members, path, depth).map(Value::Object),
            Value::Array(items) => self.array(items, path, depth).map(Value::Array),
            plain => Ok(plain.clone()),
        }
    }

    fn object(
        &mut self,
        members: &Map<String, Value>,
        path: &ClaimPath,
        depth: usize,
    ) -> Result<Map<String, Value>, SdJwtError> {
        let mut out = Map::new();
        let mut digests = Vec::new();
        for (name, value) in members {
            if is_reserved(name) {
                return Err(SdJwtError::ReservedClaim(name.clone()));
            }
            let path = path.then(name.as_str());
            let value = self.value(value, &path, depth + 1)?;
            if self.is_disclosable(&path) {
                digests.push(self.hide(Some(name), value)?);
            } else {
                out.insert(name.clone(), value);
            }
        }
        digests.extend(self.decoys(path)?.into_iter().map(|(digest, _)| digest));
        if !digests.is_empty() {
            // Sorted, so that their order says nothing about the claims.
            digests.sort();
            out.insert(DIGESTS.to_owned(), digests.into());
        }
        Ok(out)
    }

    fn array(
        &mut self,
        items: &[Value],
        path: &ClaimPath,
        depth: usize,
    ) -> Result<Vec<Value>, SdJwtError> {
        let mut out = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = path.then(Step::Index(index));
            let value = self.value(item, &path, depth + 1)?;
            out.push(if self.is_disclosable(&path) {
                json!({ELEMENT: self.hide(None, value)?})
            } else {
                value
            });
        }
        for (digest, place) in self.decoys(path)? {
            let places = u64::try_from(out.len())
                .unwrap_or(u64::MAX)
                .saturating_add(1);
            let place = usize::try_from(place % places).unwrap_or(out.len());
            out.insert(place, json!({ELEMENT: digest}));
        }
        Ok(out)
    }
}

fn first_eight(salt: &[u8; SALT_BYTES]) -> [u8; 8] {
    let mut out = [0; 8];
    out.copy_from_slice(&salt[..8]);
    out
}
