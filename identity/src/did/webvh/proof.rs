//! Proofs of log entries and witnesses: `eddsa-jcs-2022` with the key of a `did:key`, which the proof itself names.

use serde_json::{Map, Value};

use crate::did::DidKey;
use crate::json::JsonError;
use crate::proof::{CRYPTOSUITE, PROOF_PURPOSE, PROOF_TYPE, ProofHash, ProofValue};

/// Options that a proof may have. Others could restrict what it says, so a proof with any is not understood.
const OPTIONS: [&str; 7] = [
    "id",
    "type",
    "cryptosuite",
    "proofPurpose",
    "created",
    "verificationMethod",
    "proofValue",
];

/// Most proofs on one thing.
pub(super) const MAX_PROOFS: usize = 64;

/// The `did:key` that made a proof over the document; `None` when the proof does not verify.
pub(super) fn signer(document: &Value, proof: &Value) -> Option<DidKey> {
    let mut options: Map<String, Value> = proof.as_object()?.clone();
    let text = |name: &str| proof.get(name).and_then(Value::as_str);
    let fits = text("type") == Some(PROOF_TYPE)
        && text("cryptosuite") == Some(CRYPTOSUITE)
        && text("proofPurpose") == Some(PROOF_PURPOSE)
        && options.keys().all(|name| OPTIONS.contains(&name.as_str()));
    let (did, fragment) = text("verificationMethod")?.split_once('#')?;
    // The DID decides which key it is; a fragment that says otherwise is a forgery in the making.
    let multikey = did.strip_prefix("did:key:")?;
    if !fits || multikey != fragment {
        return None;
    }
    let did: DidKey = did.parse().ok()?;
    let value = ProofValue::parse(text("proofValue")?).ok()?;
    options.remove("proofValue");
    let hash = ProofHash::of_json(&Value::Object(options), document).ok()?;
    hash.verify(did.key(), &value).ok()?;
    Some(did)
}

/// One proof or a list of them; `None` for anything else and for none.
pub(super) fn list(value: Option<&Value>) -> Option<&[Value]> {
    let proofs = match value? {
        Value::Array(proofs) => proofs.as_slice(),
        one @ Value::Object(_) => std::slice::from_ref(one),
        _ => return None,
    };
    (1..=MAX_PROOFS).contains(&proofs.len()).then_some(proofs)
}

/// The base58btc text of the SHA-256 multihash of some bytes.
pub(super) fn multihash(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(bytes);
    bs58::encode([&[0x12, 0x20][..], &digest].concat()).into_string()
}

/// The same of a value's canonical form.
pub(super) fn hash(value: &Value) -> Result<String, JsonError> {
    Ok(multihash(&crate::json::canonical(value)?))
}
