//! Looking for values that must not be where only commitments, proofs and ciphertexts may be.

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::Serialize;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tacit_circuits::attribute;
use tacit_circuits::field::fr_to_bytes;

/// Shortest value that is looked for: shorter ones are found by chance.
pub const MIN_BYTES: usize = 12;

/// A value that was put in and must come out nowhere.
#[derive(Clone, Debug)]
pub struct Plant {
    /// What it is, for the report. The value itself is never reported.
    pub name: String,
    /// The value.
    pub value: Vec<u8>,
}

/// Where a value was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The file.
    pub file: PathBuf,
    /// Which value.
    pub plant: String,
    /// In which form.
    pub form: &'static str,
    /// Byte at which it ends.
    pub at: usize,
}

/// What was searched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Searched {
    /// Files.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// What was found; empty is what one wants.
    pub found: Vec<Found>,
}

/// Searches all files below these folders, names included.
///
/// # Errors
/// When a file cannot be read.
pub fn search(folders: &[PathBuf], plants: &[Plant]) -> io::Result<Searched> {
    let mut needles = Vec::new();
    for plant in plants.iter().filter(|plant| plant.value.len() >= MIN_BYTES) {
        needles.extend(
            forms(&plant.value)
                .into_iter()
                .map(|(form, bytes)| (&plant.name, form, bytes)),
        );
    }
    let automaton =
        AhoCorasick::new(needles.iter().map(|(_, _, bytes)| bytes)).map_err(io::Error::other)?;
    let mut searched = Searched::default();
    let mut files = Vec::new();
    for folder in folders {
        list(folder, &mut files)?;
    }
    for file in files {
        let found = |matched: &aho_corasick::Match| {
            let (plant, form, _) = &needles[matched.pattern().as_usize()];
            Found {
                file: file.clone(),
                plant: (*plant).clone(),
                form,
                at: matched.end(),
            }
        };
        let name = file.as_os_str().as_encoded_bytes();
        searched
            .found
            .extend(automaton.find_iter(name).map(|matched| found(&matched)));
        for matched in automaton.stream_find_iter(File::open(&file)?) {
            searched.found.push(found(&matched?));
        }
        searched.files += 1;
        searched.bytes += fs::metadata(&file)?.len();
    }
    Ok(searched)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if folder.is_file() {
        files.push(folder.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        list(&entry?.path(), files)?;
    }
    Ok(())
}

/// The forms in which a value could leak.
fn forms(value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let reversed = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<u8>>();
    let mut forms = vec![
        ("raw", value.to_vec()),
        ("reversed", reversed(value)),
        ("hex", hex::encode(value).into_bytes()),
        ("upper-case hex", hex::encode_upper(value).into_bytes()),
    ];
    for skipped in 0..3 {
        for (form, engine) in [("base64", STANDARD_NO_PAD), ("base64url", URL_SAFE_NO_PAD)] {
            forms.push((form, aligned(value, skipped, &engine)));
        }
    }
    if let Some(element) = std::str::from_utf8(value)
        .ok()
        .and_then(attribute::from_text)
    {
        let bytes = fr_to_bytes(&element);
        forms.push(("field element", bytes.to_vec()));
        forms.push(("field element, little-endian", reversed(&bytes)));
        forms.push(("field element in hex", hex::encode(bytes).into_bytes()));
    }
    forms
}

/// The characters that stand for the value in base64 whatever stands before and after it, if `skipped` bytes modulo 3
/// stand before it.
fn aligned(value: &[u8], skipped: usize, engine: &impl Engine) -> Vec<u8> {
    let before = [&[0; 2][..skipped], value].concat();
    let text = engine.encode(&before).into_bytes();
    let first = (skipped * 8).div_ceil(6);
    let last = before.len() * 8 / 6;
    text[first..last].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &[u8] = b"Erika Mustermann, Heidestrasse 17";

    fn found_in(content: &[u8]) -> Vec<&'static str> {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        fs::write(dir.path().join("sub/file"), content).unwrap();
        let plants = [Plant {
            name: "value".to_owned(),
            value: VALUE.to_vec(),
        }];
        let searched = search(&[dir.path().to_owned()], &plants).unwrap();
        assert_eq!((searched.files, searched.bytes), (1, content.len() as u64));
        searched.found.iter().map(|found| found.form).collect()
    }

    #[test]
    fn every_form_is_found_wherever_it_stands() {
        let element =
            fr_to_bytes(&attribute::from_text(std::str::from_utf8(VALUE).unwrap()).unwrap());
        for (form, bytes) in [
            ("raw", VALUE.to_vec()),
            ("hex", hex::encode(VALUE).into_bytes()),
            ("upper-case hex", hex::encode_upper(VALUE).into_bytes()),
            ("field element", element.to_vec()),
            ("field element in hex", hex::encode(element).into_bytes()),
        ] {
            assert_eq!(
                found_in(&[b"before ", &bytes[..], b" after"].concat()),
                [form]
            );
        }
        for before in 0..4 {
            for after in 0..4 {
                let text = [&b"xyz!"[..before], VALUE, &b"?abc"[..after]].concat();
                let found = found_in(STANDARD_NO_PAD.encode(text).as_bytes());
                assert!(
                    found.iter().any(|form| form.starts_with("base64")),
                    "{before} {after}"
                );
            }
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert!(found_in(&[7; 100_000]).is_empty());
        assert!(found_in(&VALUE[1..]).is_empty());
    }

    #[test]
    fn short_values_are_not_looked_for() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), b"DE").unwrap();
        let plants = [Plant {
            name: "short".to_owned(),
            value: b"DE".to_vec(),
        }];
        assert!(
            search(&[dir.path().to_owned()], &plants)
                .unwrap()
                .found
                .is_empty()
        );
    }
}
