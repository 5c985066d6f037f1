//! Logs with right hashes and proofs, whatever they say: each lie is otherwise well signed.

use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::*;
use crate::json;
use crate::keys::VerifyKey;
use crate::multibase;
use crate::proof::ProofHash;

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

pub(super) fn multikey(byte: u8) -> String {
    key_to_multibase(&VerifyKey::of(&key(byte)))
}

pub(super) fn multihash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    bs58::encode([&[0x12, 0x20][..], &digest].concat()).into_string()
}

fn prove(document: &Value, byte: u8) -> Value {
    let multikey = multikey(byte);
    let mut proof = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "proofPurpose": "assertionMethod",
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": format!("did:key:{multikey}#{multikey}")
    });
    let hash = ProofHash::of_json(&proof, document).unwrap();
    let signature = key(byte).sign(hash.as_bytes()).to_bytes();
    proof["proofValue"] = multibase::encode(&signature).into();
    proof
}

/// A log that grows by entries with right hashes and proofs, whatever they say.
pub(super) struct Writer {
    pub(super) scid: String,
    pub(super) last: String,
    pub(super) lines: Vec<Value>,
    pub(super) witnesses: Vec<Value>,
}

impl Writer {
    pub(super) fn new(parameters: Value, signer: u8) -> Self {
        let mut parameters = parameters;
        (parameters["method"], parameters["scid"]) = (json!("did:webvh:1.0"), json!("{SCID}"));
        let entry = json!({
            "versionId": "{SCID}",
            "versionTime": "2026-01-01T00:00:00Z",
            "parameters": parameters,
            "state": {"id": "did:webvh:{SCID}:example.com"}
        });
        let scid = multihash(&json::canonical(&entry).unwrap());
        let text = entry.to_string().replace("{SCID}", &scid);
        let mut writer = Self {
            last: scid.clone(),
            scid,
            lines: Vec::new(),
            witnesses: Vec::new(),
        };
        writer.push(serde_json::from_str(&text).unwrap(), signer);
        writer
    }

    pub(super) fn did(&self) -> String {
        format!("did:webvh:{}:example.com", self.scid)
    }

    /// Adds an entry with these parameters, one day after the last one.
    pub(super) fn update(&mut self, parameters: Value, signer: u8) -> &mut Self {
        self.update_with(parameters, signer, |_| {})
    }

    pub(super) fn update_with(
        &mut self,
        parameters: Value,
        signer: u8,
        change: impl Fn(&mut Value),
    ) -> &mut Self {
        let mut entry = json!({
            "versionTime": format!("2026-01-{:02}T00:00:00Z", self.lines.len() + 1),
            "parameters": parameters,
            "state": {"id": self.did()}
        });
        change(&mut entry);
        self.push(entry, signer)
    }

    fn push(&mut self, mut entry: Value, signer: u8) -> &mut Self {
        entry["versionId"] = self.last.clone().into();
        let hash = multihash(&json::canonical(&entry).unwrap());
        self.last = format!("{}-{hash}", self.lines.len() + 1);
        entry["versionId"] = self.last.clone().into();
        entry["proof"] = json!([prove(&entry, signer)]);
        self.lines.push(entry);
        self
    }

    /// Witness proofs of the last entry.
    pub(super) fn witness(&mut self, signers: &[u8]) -> &mut Self {
        let document = json!({"versionId": self.last});
        let proofs: Vec<Value> = signers.iter().map(|byte| prove(&document, *byte)).collect();
        self.witnesses
            .push(json!({"versionId": self.last, "proof": proofs}));
        self
    }

    pub(super) fn resolve(&self, options: &Options) -> Resolution {
        let log: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
        let witness = Value::Array(self.witnesses.clone()).to_string();
        resolve(&self.did(), &log, &witness, options)
    }

    pub(super) fn fault(&self) -> Option<LogFault> {
        self.fault_of(self.lines.len())
    }

    pub(super) fn fault_of(&self, entry: usize) -> Option<LogFault> {
        match self.resolve(&Options::default()).document {
            Ok(_) => None,
            Err(ResolveError::Log(error)) => {
                assert_eq!(error.entry, entry, "{error}");
                Some(error.fault)
            }
            Err(error) => panic!("{error}"),
        }
    }
}

pub(super) fn writer() -> Writer {
    Writer::new(json!({"updateKeys": [multikey(1)]}), 1)
}
