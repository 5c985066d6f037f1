//! The published vectors of vc-di-eddsa 1.0, appendix B: key, document, hashes and signatures of both suites.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tacit_identity::json;

use super::tests::did_keys;
use super::*;
use crate::context::Contexts;
use crate::rdf;

fn contexts() -> Contexts {
    Contexts::bundled().unwrap()
}

fn read(text: &str) -> Value {
    json::parse(text.as_bytes(), 65536).unwrap()
}

fn check(secured: &Value) -> Result<VerifiedDocument, IntegrityError> {
    let expected = Expected::purpose(Purpose::AssertionMethod, Timestamp(1_795_262_400));
    verify(secured, &expected, &did_keys, &contexts())
}

// B.1: the hashes of the canonical document and of the canonical proof options.
const DOCUMENT_HASH: &str = "517744132ae165a5349155bef0bb0cf2258fff99dfe1dbd914b938d775a36017";
const OPTIONS_HASH: &str = "bea7b7acfbad0126b135104024a5f1733e705108f42d59668b05c0c50004c6b0";

#[test]
fn alumni_credential_with_eddsa_rdfc_2022() {
    let secured = read(include_str!("../../tests/vectors/alumni-rdfc.json"));
    let mut document: Map<String, Value> = secured.as_object().unwrap().clone();
    let mut options = document.remove("proof").unwrap();
    options.as_object_mut().unwrap().remove("proofValue");
    options["@context"] = document["@context"].clone();
    let hash = |value: &Value| {
        hex::encode(Sha256::digest(
            rdf::canonicalize(value, &contexts()).unwrap(),
        ))
    };
    assert_eq!(hash(&document.into()), DOCUMENT_HASH);
    assert_eq!(hash(&options), OPTIONS_HASH);
    check(&secured).unwrap();
}

#[test]
fn alumni_credential_with_eddsa_jcs_2022() {
    check(&read(include_str!("../../tests/vectors/alumni-jcs.json"))).unwrap();
}
