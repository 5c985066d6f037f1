//! `did:webvh`: logs that are as they must be, and logs that lie.

mod lies;
mod witnesses;
mod writer;

use serde_json::Value;
use tacit_circuits::types::Timestamp;

use super::super::*;
use super::web::Files;

/// 2026-11-21T12:00:00Z.
const NOW: Timestamp = Timestamp(1_795_262_400);
const LOG: &str = "https://example.com/.well-known/did.jsonl";
const WITNESS: &str = "https://example.com/.well-known/did-witness.json";

fn resolve_at(
    did: &str,
    urls: [&str; 2],
    log: &str,
    witness: &str,
    options: &Options,
) -> Resolution {
    let mut files = Files([(urls[0].to_owned(), log.as_bytes().to_vec())].into());
    if !witness.is_empty() {
        files
            .0
            .insert(urls[1].to_owned(), witness.as_bytes().to_vec());
    }
    Resolver::new(&files, NOW).resolve(did, options)
}

fn resolve(did: &str, log: &str, witness: &str, options: &Options) -> Resolution {
    resolve_at(did, [LOG, WITNESS], log, witness, options)
}

/// The DID in the last entry of a log.
fn did_of(log: &str) -> String {
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    last["state"]["id"].as_str().unwrap().to_owned()
}
