//! The people of the story, and the values of theirs that must come out nowhere.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::DemoArgs;
use super::plants::{MIN_BYTES, Plant};
use super::stage::Stage;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::{clock, files};

/// Title of the document in the person's wallet.
pub const TITLE: &str = "Passport, page with the photograph";
/// Bytes of a piece of the document that is searched for.
const PIECE: usize = 32;
/// Different bytes that a piece must have, or it would be found by chance.
const DIFFERENT: usize = 12;
const SECONDS_OF_YEAR: u64 = 31_556_952;

/// What goes in at the beginning.
#[derive(Debug)]
pub struct Papers {
    /// File with the person's claims.
    pub person: PathBuf,
    /// File with a child's claims.
    pub child: PathBuf,
    /// The document.
    pub document: PathBuf,
    /// What is searched for at the end.
    pub plants: Vec<Plant>,
}

impl Papers {
    /// Writes the people's papers on stage, or takes the given ones.
    ///
    /// # Errors
    /// When a given file cannot be read or is no JSON object.
    pub fn prepare(stage: &Stage, args: &DemoArgs) -> ApiResult<Self> {
        let folder = stage.path("papers");
        files::make_dir(&folder)?;
        let (person, claims) = match &args.person {
            Some(path) => (
                absolute(path)?,
                files::read_json(path, files::MAX_SMALL_FILE)?,
            ),
            None => {
                let (path, claims) = (folder.join("person.json"), erika());
                files::write_json(&path, &claims)?;
                (path, claims)
            }
        };
        let child = folder.join("child.json");
        files::write_json(&child, &lena())?;
        let document = match &args.document {
            Some(path) => absolute(path)?,
            None => {
                let path = folder.join("passport.txt");
                files::write_atomic(&path, passport(&claims).as_bytes())?;
                path
            }
        };
        let mut plants = of_claims(&claims);
        plants.extend(of_document(&document)?);
        plants.push(Plant {
            name: "title of the document".to_owned(),
            value: TITLE.into(),
        });
        Ok(Self {
            person,
            child,
            document,
            plants,
        })
    }

    /// Also searches for a secret that a command has written to a file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn plant_secret(&mut self, name: &str, file: &Path) -> ApiResult<()> {
        let value = files::read_text(file, files::MAX_SMALL_FILE)?;
        self.plants.push(Plant {
            name: name.to_owned(),
            value: value.trim().into(),
        });
        Ok(())
    }
}

fn erika() -> Map<String, Value> {
    let claims = json!({
        "givenName": "Erika Maria Magdalena",
        "familyName": "Mustermann von Beispiel",
        "birthdate": "1986-08-12",
        "country": "DE",
        "level": 3,
        "income": 52_000,
        "resident": true,
        "address": "Heidestrasse 17, 51147 Musterstadt",
        "email": "erika.mustermann@example.org",
        "documentNumber": "T22000129-64081252",
        "nationality": "DE"
    });
    claims.as_object().cloned().unwrap_or_default()
}

/// A child: born in the middle of the year, nine or ten years ago.
fn lena() -> Value {
    let year = 1970 + clock::unix_seconds() / SECONDS_OF_YEAR - 10;
    json!({"givenName": "Lena", "familyName": "Mustermann", "birthdate": format!("{year}-06-15"), "country": "DE"})
}

fn passport(claims: &Map<String, Value>) -> String {
    let mut text = String::from("PASSPORT\n\n");
    for (name, value) in claims {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push_str("\nP<D<<MUSTERMANN<VON<BEISPIEL<<ERIKA<MARIA<MAG\nT22000129<6408125D8608126F3012315<<<<<<<<<<<<4\n");
    text
}

fn of_claims(claims: &Map<String, Value>) -> Vec<Plant> {
    let texts = claims
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_str()?)));
    texts
        .filter(|(_, text)| text.len() >= MIN_BYTES)
        .map(|(name, text)| Plant {
            name: format!("claim {name}"),
            value: text.into(),
        })
        .collect()
}

/// Pieces of the document from its beginning, middle and end.
fn of_document(path: &Path) -> ApiResult<Vec<Plant>> {
    let failed = |error| files::failed(path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let last = length.saturating_sub(PIECE as u64);
    let mut plants = Vec::new();
    for (name, at) in [("beginning", 0), ("middle", last / 2), ("end", last)] {
        let mut piece = Vec::new();
        file.seek(SeekFrom::Start(at)).map_err(failed)?;
        file.by_ref()
            .take(PIECE as u64)
            .read_to_end(&mut piece)
            .map_err(failed)?;
        if piece.iter().collect::<BTreeSet<_>>().len() >= DIFFERENT {
            plants.push(Plant {
                name: format!("{name} of the document"),
                value: piece,
            });
        }
    }
    Ok(plants)
}

fn absolute(path: &Path) -> ApiResult<PathBuf> {
    if !path.is_file() {
        let what = format!("{} is no file", path.display());
        return Err(ApiError::new(&reason::FILE_MISSING, what));
    }
    path.canonicalize()
        .map_err(|error| files::failed(path, &error))
}
