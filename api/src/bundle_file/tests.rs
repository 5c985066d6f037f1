//! Over `example.json`, a real bundle that `tacit wallet prove` wrote on a development chain.

use super::presentation::{Document, OTHER};
use super::*;
use serde_json::{Value, json};

fn claimed(file: &BundleFile) -> ChainId {
    file.chain().claimed_chain().unwrap()
}

const EXAMPLE: &[u8] = include_bytes!("example.json");

fn checked(bytes: &[u8]) -> ApiResult<VerifiedFile> {
    let file = BundleFile::parse(bytes)?;
    let chain = file.chain().claimed_chain();
    file.verify(&chain.map_err(|error| refused("", error))?.into())
}

/// The example with one member of the document changed, in the form that a file must have.
fn changed(path: &str, value: Value) -> ApiError {
    let mut document: Document = serde_json::from_slice(EXAMPLE).unwrap();
    *document.presentation.pointer_mut(path).unwrap() = value;
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap();
    bytes.push(b'\n');
    let file = BundleFile::parse(&bytes).unwrap();
    file.verify(&claimed(&file).into()).unwrap_err()
}

#[test]
fn a_file_says_what_is_proven_as_of_when_and_by_whom() {
    let file = BundleFile::parse(EXAMPLE).unwrap();
    let VerifiedFile { shown, evidence } = checked(EXAMPLE).unwrap();
    assert_eq!(
        shown.sentences(),
        [
            "age is at least 18 (born on or before 2008-11-21)",
            "country is one of DE, FR",
            "country is DE (revealed)",
        ]
    );
    assert_eq!(evidence.issuers[0].name.as_str(), "Example Registry");
    assert_eq!(evidence.height.0, file.presentation().anchor().height);
    assert_eq!(evidence.spec.id(), claimed(&file));
    assert!(evidence.spec.warning().is_some());
    let again = file.clone();
    assert_eq!(again.to_json().unwrap(), EXAMPLE);
}

#[test]
fn every_changed_byte_is_refused() {
    // Every fifth byte keeps the test short.
    for at in (0..EXAMPLE.len()).step_by(5) {
        let mut bytes = EXAMPLE.to_vec();
        bytes[at] ^= 1 << (at % 8);
        let error = checked(&bytes).err().map(|error| error.code());
        assert_eq!(error, Some("VERIFICATION_FAILED"), "byte {at}");
    }
}

/// The file without the lines that begin so.
fn without_line(file: &[u8], begin: &str) -> Vec<u8> {
    let text = std::str::from_utf8(file).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with(begin));
    let rest: String = lines.map(|line| format!("{line}\n")).collect();
    assert!(rest.len() < file.len());
    rest.into_bytes()
}

#[test]
fn what_is_cut_lengthened_or_written_otherwise_is_refused() {
    let compact: Value = serde_json::from_slice(EXAMPLE).unwrap();
    let others = [
        EXAMPLE[..EXAMPLE.len() - 1].to_vec(),
        [EXAMPLE, b"\n"].concat(),
        [b" ", EXAMPLE].concat(),
        compact.to_string().into_bytes(),
        without_line(EXAMPLE, "  \"warning\""),
        String::from_utf8(EXAMPLE.to_vec())
            .unwrap()
            .replace("\n", "\r\n")
            .into_bytes(),
        vec![b' '; MAX_BUNDLE_FILE + 1],
        Vec::new(),
    ];
    for bytes in others {
        let error = BundleFile::parse(&bytes).unwrap_err();
        assert_eq!(error.code(), "VERIFICATION_FAILED", "{} bytes", bytes.len());
    }
    for len in (0..EXAMPLE.len()).step_by(97) {
        assert!(BundleFile::parse(&EXAMPLE[..len]).is_err());
    }
}

#[test]
fn words_values_and_chains_of_others_do_not_fit_the_proof() {
    for (path, value) in [
        ("/request/terms/query", json!("age >= 21")),
        ("/request/terms/label", json!("bank")),
        ("/request/nonce", json!("00".repeat(32))),
        ("/request/chain", json!("00".repeat(32))),
        ("/request/expires", json!(4_000_000_000_u64)),
        ("/proof", json!("00".repeat(192))),
    ] {
        assert_eq!(changed(path, value).message(), OTHER, "{path}");
    }
    for (path, value) in [
        ("/revealed/country", json!("FR")),
        ("/nym", json!("00".repeat(32))),
        ("/anchor/height", json!(29)),
    ] {
        let error = changed(path, value);
        assert!(error.message().starts_with("the presentation: "), "{error}");
    }
    let file = BundleFile::parse(EXAMPLE).unwrap();
    let elsewhere = ChainId(tacit_circuits::types::Digest32([9; 32]));
    let error = file.verify(&elsewhere.into()).unwrap_err();
    assert_eq!(error.code(), "VERIFICATION_FAILED");
    assert!(error.message().contains("of chain"), "{error}");
}
