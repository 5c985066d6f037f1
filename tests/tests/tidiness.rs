//! Style as a test: what CONTRIBUTING asks for and a machine can check.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tacit_tests::root;

/// Which of our crates each crate may depend on. README.md draws the same picture.
const ARROWS: &[(&str, &[&str])] = &[
    ("proto", &[]),
    ("circuits", &[]),
    ("identity", &["circuits"]),
    ("identity/w3c", &["circuits", "identity"]),
    ("vault", &["circuits"]),
    ("ledger", &["circuits"]),
    ("ledger/node", &["circuits", "ledger"]),
    ("wallet", &["circuits", "identity", "vault", "ledger"]),
    (
        "api",
        &[
            "proto",
            "circuits",
            "identity",
            "identity/w3c",
            "vault",
            "ledger",
            "ledger/node",
            "wallet",
        ],
    ),
    (
        "tests",
        &[
            "proto",
            "circuits",
            "identity",
            "identity/w3c",
            "vault",
            "ledger",
            "ledger/node",
            "wallet",
            "api",
        ],
    ),
];

/// Crates that take time and randomness as arguments and do no IO.
const PURE: &[&str] = &["circuits", "identity", "identity/w3c", "ledger"];

/// What a pure crate never depends on.
const IMPURE: &[&str] = &[
    "tokio",
    "tonic",
    "redb",
    "getrandom",
    "object_store",
    "commonware-runtime",
    "commonware-p2p",
];

/// Longest source file. Most are far shorter; what outgrows this has more than one idea in it.
const MAX_LINES: usize = 700;

fn manifest(dir: &str) -> toml::Table {
    let path = root().join(dir).join("Cargo.toml");
    fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        .parse()
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn crate_name(dir: &str) -> String {
    manifest(dir)["package"]["name"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn dependencies(dir: &str, section: &str) -> BTreeSet<String> {
    manifest(dir)
        .get(section)
        .and_then(|d| d.as_table())
        .map(|d| d.keys().cloned().collect())
        .unwrap_or_default()
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    files(dir, "rs", found);
}

fn files(dir: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" {
                files(&path, extension, found);
            }
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

#[test]
fn every_member_of_the_workspace_is_in_the_picture() {
    let members: BTreeSet<String> = manifest("")["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m.as_str().unwrap().to_owned())
        .collect();
    let drawn: BTreeSet<String> = ARROWS.iter().map(|(d, _)| (*d).to_owned()).collect();
    assert_eq!(members, drawn);
}

#[test]
fn dependencies_point_only_as_drawn() {
    let names: BTreeMap<String, &str> = ARROWS.iter().map(|(d, _)| (crate_name(d), *d)).collect();
    for (dir, allowed) in ARROWS {
        for section in ["dependencies", "build-dependencies"] {
            for dep in dependencies(dir, section) {
                if let Some(target) = names.get(&dep) {
                    assert!(
                        allowed.contains(target),
                        "{dir} must not depend on {target}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_readme_draws_the_same_arrows() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for (dir, allowed) in ARROWS {
        let start = format!("| `{dir}/` |");
        let row = readme
            .lines()
            .find(|l| l.starts_with(&start))
            .unwrap_or_else(|| panic!("README.md has no row for {dir}/"));
        let last = row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap();
        let drawn: BTreeSet<&str> = last
            .split([',', ' '])
            .map(|w| w.trim_matches('`').trim_end_matches('/'))
            .filter(|w| !w.is_empty() && *w != "nothing" && *w != "all")
            .collect();
        if *dir == "api" || *dir == "tests" {
            assert!(last.contains("all"), "README.md: {dir}/ depends on all");
        } else {
            assert_eq!(drawn, allowed.iter().copied().collect(), "row of {dir}/");
        }
    }
}

#[test]
fn pure_crates_depend_on_nothing_that_does_io() {
    for dir in PURE {
        for dep in dependencies(dir, "dependencies") {
            assert!(
                !IMPURE.contains(&dep.as_str()),
                "{dir} is pure and must not depend on {dep}"
            );
        }
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for (dir, _) in ARROWS {
        assert_eq!(
            manifest(dir)["lints"]["workspace"].as_bool(),
            Some(true),
            "{dir}"
        );
    }
}

#[test]
fn files_are_small_enough_to_read_in_one_sitting() {
    let mut found = Vec::new();
    sources(&root(), &mut found);
    assert!(found.len() > 50);
    for path in found {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(
            lines <= MAX_LINES,
            "{} has {lines} lines, more than {MAX_LINES}",
            path.display()
        );
    }
}

#[test]
fn every_statement_has_the_same_files() {
    for statement in ["show", "grant", "access"] {
        for file in ["mod", "public", "witness", "check", "circuit"] {
            let path = root().join(format!("circuits/src/{statement}/{file}.rs"));
            assert!(path.exists(), "{} is missing", path.display());
        }
    }
}

#[test]
fn every_decision_record_has_its_three_parts() {
    let dir = root().join("docs/adr");
    let mut count = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for part in ["## Context", "## Decision", "## Consequences"] {
            assert!(text.contains(part), "{} lacks {part}", path.display());
        }
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn no_source_says_todo() {
    let mut found = Vec::new();
    sources(&root(), &mut found);
    let words = [
        concat!("TO", "DO:"),
        concat!("FIX", "ME:"),
        concat!("XX", "X:"),
    ];
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        for word in words {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
}

#[test]
fn every_file_that_the_docs_name_exists() {
    let mut pages = Vec::new();
    files(&root(), "md", &mut pages);
    let (mut named, mut missing) = (0, Vec::new());
    for page in pages {
        // What a decision or a change named at its time may be gone since.
        let history = page.parent().unwrap().ends_with("adr") || page.ends_with("CHANGELOG.md");
        if history || page.components().any(|c| c.as_os_str() == "node_modules") {
            continue;
        }
        let text = fs::read_to_string(&page).unwrap();
        for name in text.split('`').skip(1).step_by(2) {
            let (Some(folder), true) = (name.split('/').next(), name.contains('/')) else {
                continue;
            };
            if name.ends_with(".rs") && root().join(folder).is_dir() {
                named += 1;
                if !root().join(name).is_file() {
                    missing.push(format!("{}: {name}", page.display()));
                }
            }
        }
    }
    assert!(named > 20, "{named}");
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_test_that_the_docs_name_exists() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let functions: BTreeSet<String> = files
        .iter()
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let lines = text.lines().filter_map(|line| {
                let line = line.trim_start();
                let line = line.strip_prefix("async ").unwrap_or(line);
                let name = line.strip_prefix("fn ")?.split('(').next()?;
                Some(name.to_owned())
            });
            lines.collect::<Vec<_>>()
        })
        .collect();
    let table = fs::read_to_string(root().join("docs/attacks.md")).unwrap();
    let named = table.split('`').skip(1).step_by(2);
    let is_test = |name: &&str| {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        name.chars().all(word) && name.contains('_') && !name.starts_with("tacit_")
    };
    let named: BTreeSet<&str> = named.filter(is_test).collect();
    assert!(named.len() > 100, "{}", named.len());
    for name in named {
        assert!(functions.contains(name), "no test is named {name}");
    }
    let reasons = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let vault = fs::read_to_string(root().join("vault/src/serve.rs")).unwrap();
    let is_reason = |name: &&str| name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    for reason in table.split('`').skip(1).step_by(2).filter(is_reason) {
        let known = reasons.contains(reason) || vault.contains(reason);
        assert!(known, "no error is named {reason}");
    }
}
