//! The journal: one sealed file for each request, replaced whole at every step.

use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use tacit_identity::request::RequestId;
use tacit_wallet::file::{KdfCost, WalletFile};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;
use crate::member::Secrets;

/// Folder of the journal.
const FOLDER: &str = "requests";
/// Folder of the ids of what was asked.
const ASKED: &str = "asked";

/// What is known about a request.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The signed request, canonical bytes in hex.
    pub request: String,
    /// Inbox address in hex, and the sealed request in hex; `None` for one that goes as a file.
    pub inbox: Option<(String, String)>,
    /// Whether the vault has taken it.
    pub posted: bool,
    /// How it ended, when it has.
    pub outcome: Option<Outcome>,
    /// What the answer proves beside the document, as JSON, once that was verified.
    pub facts: Option<String>,
    /// The accesses, in the order of their use numbers.
    pub accesses: Vec<Access>,
}

/// How a request ended.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The person's answer: canonical bytes of the reply in hex.
    Answered(String),
    /// Its time was over.
    Expired,
    /// It was taken back.
    Withdrawn,
}

/// One access. Use number, session key and nonce are fixed before anything is sent.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Which use of the grant.
    pub number: u16,
    /// Secret of the session key, hex.
    pub session: String,
    /// Nonce of the receipt: a field element in hex.
    pub nonce: String,
    /// The transaction, once it is proven.
    pub proven: Option<Proven>,
    /// Whether it is on the chain.
    pub on_chain: bool,
    /// Whether the object has arrived, or the receipt can no longer be served.
    pub over: bool,
    /// Whether the vault has heard that the object has arrived.
    pub acknowledged: bool,
}

/// A proven access: sent with the same bytes however often.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Proven {
    /// Canonical bytes of the transaction, hex.
    pub transaction: String,
    /// Canonical bytes of the sidecar, hex.
    pub sidecar: String,
    /// Canonical bytes of the receipt's opening, hex.
    pub receipt: String,
}

/// A request's file, open and locked.
pub(crate) struct Journal {
    file: WalletFile,
    path: PathBuf,
    /// What is known.
    pub entry: Entry,
}

impl Journal {
    pub fn create(dir: &Path, id: &RequestId, secrets: &Secrets, entry: Entry) -> ApiResult<Self> {
        let path = path(dir, id);
        files::make_dir(&dir.join(FOLDER))?;
        let bytes = encode(&entry)?;
        let file = WalletFile::create(
            &path,
            secrets.files().as_slice(),
            KdfCost::RANDOM_KEY,
            &bytes,
            &mut rand::rng(),
        )?;
        Ok(Self { file, path, entry })
    }

    pub fn open(dir: &Path, id: &RequestId, secrets: &Secrets) -> ApiResult<Self> {
        let path = path(dir, id);
        let (file, bytes) = WalletFile::open(&path, secrets.files().as_slice())?;
        let entry = serde_json::from_slice(&bytes)
            .map_err(|_| files::invalid(&path, "not a journal entry"))?;
        Ok(Self { file, path, entry })
    }

    /// Makes what is known durable.
    pub fn save(&self) -> ApiResult<()> {
        Ok(self.file.save(&encode(&self.entry)?, &mut rand::rng())?)
    }

    /// The bytes of a hex field of this file.
    pub fn bytes(&self, text: &str) -> ApiResult<Zeroizing<Vec<u8>>> {
        hex::decode(text)
            .map(Zeroizing::new)
            .map_err(|_| files::invalid(&self.path, "not hexadecimal"))
    }
}

/// The requests there are, oldest first, by the time of their file.
pub(super) fn list(dir: &Path) -> ApiResult<Vec<(std::time::SystemTime, RequestId)>> {
    let folder = dir.join(FOLDER);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let id = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        let time = entry
            .metadata()
            .and_then(|data| data.created().or_else(|_| data.modified()));
        if let (Some(id), Ok(time)) = (id, time) {
            found.push((time, id));
        }
    }
    found.sort_unstable_by_key(|(time, _)| *time);
    Ok(found)
}

/// The request that was made last for an ask of this name; its journal need not be there.
pub(super) fn asked(dir: &Path, name: &str) -> ApiResult<Option<RequestId>> {
    let path = dir.join(ASKED).join(name);
    match files::read_text(&path, files::MAX_SMALL_FILE) {
        Ok(text) => match text.trim().parse() {
            Ok(id) => Ok(Some(id)),
            Err(_) => Err(files::invalid(&path, "holds no request id")),
        },
        Err(error) if error.code() == reason::FILE_MISSING.code => Ok(None),
        Err(error) => Err(error),
    }
}

/// Notes which request is made for an ask.
pub(super) fn note_asked(dir: &Path, name: &str, id: &RequestId) -> ApiResult<()> {
    files::write_secret(&dir.join(ASKED).join(name), id.to_string().as_bytes())
}

/// Keeps other processes from asking at the same time, until it is dropped: between them they would make two requests.
pub(super) fn asking(dir: &Path) -> ApiResult<File> {
    let folder = dir.join(ASKED);
    files::make_dir(&folder)?;
    let path = folder.join(".lock");
    let failed = |error| files::failed(&path, &error);
    let lock = File::create(&path).map_err(failed)?;
    lock.lock().map_err(failed)?;
    Ok(lock)
}

fn path(dir: &Path, id: &RequestId) -> PathBuf {
    dir.join(FOLDER).join(id.to_string())
}

fn encode(entry: &Entry) -> ApiResult<Zeroizing<Vec<u8>>> {
    serde_json::to_vec(entry)
        .map(Zeroizing::new)
        .map_err(ApiError::internal)
}
