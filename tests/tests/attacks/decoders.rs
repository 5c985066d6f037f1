//! Every fuzz target's body, run for a while on what is valid, on what nearly is, and on noise: no decoder panics, and what it
//! accepts it writes again as it was.

#[path = "../../../fuzz/src/lib.rs"]
mod targets;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use tacit_ledger::codec::decode_slice;
use tacit_ledger::governance::{Change, ProposalRecord};
use tacit_tests::process::Workbench;

/// Changed inputs for each valid one.
const CASES: u32 = 64;

type Target = fn(&[u8]);
type Samples = BTreeMap<String, Vec<Vec<u8>>>;

macro_rules! targets {
    ($($name:ident)*) => {
        [$((stringify!($name), targets::$name as Target)),*]
    };
}

const TARGETS: [(&str, Target); 49] = targets![
    absence_bundle auth_header block bundle_file certificate checkpoint claims credential did did_document did_log did_url envelope
    erasure genesis
    governance grant_bundle header http_body invitation issuance_request mapping member_record node_config object_header offer opening
    page_token platform_tree predicate presentation presentation_bundle presentation_request receipt_bundle registration
    reply row_bundle schema sd_jwt seed sharing_request sidecar snapshot state_bundle state_key status_list transaction
    transaction_bundle wallet_file
];

fn fuzz() -> PathBuf {
    tacit_tests::root().join("fuzz")
}

/// Valid input with some bytes changed, cut or put in.
fn changed(valid: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec((any::<Index>(), any::<u8>()), 0..4);
    let cut = prop::option::weighted(0.2, any::<Index>());
    let more = prop::option::weighted(0.2, (any::<Index>(), any::<u8>(), 1usize..9));
    (edits, cut, more).prop_map(move |(edits, cut, more)| {
        let mut bytes = valid.clone();
        for (at, byte) in edits {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        if let Some((at, byte, times)) = more {
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..at, std::iter::repeat_n(byte, times));
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        bytes
    })
}

/// Gives a target what the strategy makes. A failure shows the smallest input that still fails.
fn run(name: &str, target: Target, inputs: &impl Strategy<Value = Vec<u8>>) {
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let tried = TestRunner::new(config).run(inputs, |bytes| {
        target(&bytes);
        Ok(())
    });
    tried.unwrap_or_else(|failed| panic!("{name}: {failed}"));
}

fn survive(samples: &Samples) {
    for (name, target) in TARGETS {
        for valid in samples.get(name).into_iter().flatten() {
            target(valid);
            run(name, target, &changed(valid.clone()));
        }
    }
}

#[test]
fn every_target_is_run_here_and_has_a_body() {
    let files = fs::read_dir(fuzz().join("fuzz_targets")).unwrap();
    let files: BTreeSet<String> = files
        .map(|file| {
            let path = file.unwrap().path();
            path.file_stem().unwrap().to_str().unwrap().to_owned()
        })
        .collect();
    let here: BTreeSet<String> = TARGETS.map(|(name, _)| name.to_owned()).into();
    assert_eq!(files, here);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let listed = manifest["bin"].as_array().unwrap().iter();
    let listed: BTreeSet<String> = listed
        .map(|bin| bin["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, here);
    for name in here {
        let file = fuzz().join(format!("fuzz_targets/{name}.rs"));
        let body = format!("tacit_fuzz::{name}(data)");
        assert!(fs::read_to_string(file).unwrap().contains(&body), "{name}");
    }
}

#[test]
fn noise_is_survived() {
    let noise = prop::collection::vec(any::<u8>(), 0..600);
    for (name, target) in TARGETS {
        target(&[]);
        run(name, target, &noise);
    }
}

#[test]
fn changed_bytes_of_a_chain_are_survived() {
    let mut samples = Samples::new();
    for (name, bytes) in targets::snapshot::samples() {
        samples.entry(name.to_owned()).or_default().push(bytes);
    }
    let governance = &samples["governance"];
    let changes = governance
        .iter()
        .filter(|b| decode_slice::<Change>(b).is_ok());
    assert!(changes.count() >= 10, "every kind of change");
    let mut proposals = governance.iter();
    assert!(proposals.any(|b| decode_slice::<ProposalRecord>(b).is_ok()));
    assert!(targets::snapshot::is_taken(&samples["snapshot"][0]));
    survive(&samples);
}

#[test]
fn changed_files_of_a_story_are_survived() {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    let script = fuzz().join("seeds.sh");
    bench.must(&format!("CORPUS=$PWD/corpus sh {}", script.display()));
    let mut samples = Samples::new();
    for folder in fs::read_dir(bench.path().join("corpus")).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        assert!(TARGETS.iter().any(|(target, _)| *target == name), "{name}");
        for file in fs::read_dir(folder.path()).unwrap() {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.is_empty(), "{name}");
            samples.entry(name.clone()).or_default().push(bytes);
        }
    }
    assert!(samples.len() > 15, "{:?}", samples.keys());
    survive(&samples);
}
