//! Bringing an object over, from where an earlier attempt broke off.
//!
//! What has arrived is kept as it came, sealed, in a file beside the one that the document will have. The next attempt opens it
//! again from its first byte, so whatever was changed in it meanwhile is found, and asks the vault only for the rest.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tacit_vault::keys::ContentHasher;
use tacit_vault::object::{DataKey, IoError, ObjectInfo, VerifiedFile};
use zeroize::Zeroizing;

use crate::errors::ApiResult;
use crate::files;

/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// An object on its way into a file.
pub(super) struct Download {
    document: VerifiedFile,
    arrived: File,
    path: PathBuf,
}

impl Download {
    /// Goes on with what an earlier attempt has left of this object; what is not its beginning is thrown away.
    pub fn resume(out: &Path, key: &DataKey, info: &ObjectInfo) -> ApiResult<Self> {
        let mut download = Self::begin(out, key, info, false)?;
        match download.reopen() {
            Ok(()) => Ok(download),
            Err(IoError::Object(_)) => {
                drop(download);
                Self::anew(out, key, info)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Starts from the first byte.
    pub fn anew(out: &Path, key: &DataKey, info: &ObjectInfo) -> ApiResult<Self> {
        Self::begin(out, key, info, true)
    }

    fn begin(out: &Path, key: &DataKey, info: &ObjectInfo, empty: bool) -> ApiResult<Self> {
        let path = beside(out)?;
        // Neither a link nor a folder that somebody put there is written to.
        let foreign = fs::symlink_metadata(&path).is_ok_and(|data| !data.is_file());
        if foreign {
            return Err(files::invalid(&path, "not a file"));
        }
        let arrived = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(empty)
            .mode(0o600)
            .open(&path)
            .map_err(|error| files::failed(&path, &error))?;
        let document = VerifiedFile::create(out, DataKey::new(*key.expose()), info)
            .map_err(|error| files::failed(out, &error))?;
        Ok(Self {
            document,
            arrived,
            path,
        })
    }

    fn reopen(&mut self) -> Result<(), IoError> {
        self.arrived.seek(SeekFrom::Start(0))?;
        let mut piece = vec![0; PIECE];
        loop {
            match self.arrived.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(length) => self
                    .document
                    .push(piece.get(..length).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Bytes of the object that are there.
    pub const fn position(&self) -> u64 {
        self.document.position()
    }

    /// Takes the next bytes of the object.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), IoError> {
        self.document.push(bytes)?;
        Ok(self.arrived.write_all(bytes)?)
    }

    /// Removes what has arrived.
    pub fn discard(self) {
        drop(self.document);
        drop(fs::remove_file(&self.path));
    }

    /// Checks the whole object and gives the document its name. What had arrived sealed is removed, whether it fits or not.
    pub fn finish(self) -> Result<(), IoError> {
        let Self {
            document,
            arrived,
            path,
        } = self;
        drop(arrived);
        let finished = document.finish();
        if !matches!(finished, Err(IoError::Io(_))) {
            drop(fs::remove_file(&path));
        }
        finished
    }
}

/// Whether an earlier attempt has left something beside a file.
pub(super) fn has_begun(out: &Path) -> ApiResult<bool> {
    Ok(fs::symlink_metadata(beside(out)?).is_ok())
}

/// Whether a file holds the document that an object opens to.
pub(super) fn holds(out: &Path, info: &ObjectInfo) -> bool {
    let same_length = fs::metadata(out).is_ok_and(|data| data.len() == info.content_length);
    same_length && digest(out).is_ok_and(|digest| digest == info.content_digest)
}

fn digest(path: &Path) -> io::Result<tacit_vault::object::ContentDigest> {
    let mut file = File::open(path)?;
    let mut hasher = ContentHasher::default();
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(length) => hasher.update(piece.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Where the object's bytes are kept until the document is whole.
fn beside(out: &Path) -> ApiResult<PathBuf> {
    let name = out
        .file_name()
        .ok_or_else(|| files::invalid(out, "not a file name"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".object");
    Ok(out.with_file_name(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacit_vault::object::{ChunkSize, ContentDigest, ObjectNonce, seal};

    const CONTENT: &[u8] = &[7; 10_000];

    fn sealed() -> (Vec<u8>, ObjectInfo) {
        let key = key();
        let mut object = Vec::new();
        let nonce = ObjectNonce::for_content(&key, &ContentDigest([1; 32]));
        let info = seal(
            &key,
            nonce,
            ChunkSize::new(1024).unwrap(),
            CONTENT,
            &mut object,
        )
        .unwrap();
        (object, info)
    }

    fn key() -> DataKey {
        DataKey::new([3; 32])
    }

    #[test]
    fn goes_on_where_it_broke_off_and_names_the_file_only_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("document");
        let (object, info) = sealed();
        let mut download = Download::resume(&out, &key(), &info).unwrap();
        assert_eq!(download.position(), 0);
        download.push(&object[..4321]).unwrap();
        drop(download);
        assert!(!out.exists() && !holds(&out, &info));
        let mut download = Download::resume(&out, &key(), &info).unwrap();
        assert_eq!(download.position(), 4321);
        download.push(&object[4321..]).unwrap();
        download.finish().unwrap();
        assert_eq!(fs::read(&out).unwrap(), CONTENT);
        assert!(holds(&out, &info));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        fs::write(&out, [8; 10_000]).unwrap();
        assert!(!holds(&out, &info));
    }

    #[test]
    fn what_was_changed_meanwhile_is_not_gone_on_with() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("document");
        let partial = dir.path().join(".document.object");
        let (object, info) = sealed();
        for place in [10, 50, 100, 3000] {
            let mut changed = object[..4321].to_vec();
            changed[place] ^= 1;
            fs::write(&partial, &changed).unwrap();
            let mut download = Download::resume(&out, &key(), &info).unwrap();
            assert_eq!(download.position(), 0, "byte {place}");
            download.push(&object).unwrap();
            download.finish().unwrap();
            assert_eq!(fs::read(&out).unwrap(), CONTENT);
        }
        // Longer than the object is.
        fs::write(&partial, [&object[..], &[0]].concat()).unwrap();
        assert_eq!(Download::resume(&out, &key(), &info).unwrap().position(), 0);
        // In a chunk that is not complete yet: found when it is, and never taken for the document.
        let mut changed = object[..4321].to_vec();
        changed[4320] ^= 1;
        fs::write(&partial, &changed).unwrap();
        fs::remove_file(&out).unwrap();
        let mut download = Download::resume(&out, &key(), &info).unwrap();
        assert_eq!(download.position(), 4321);
        assert!(matches!(
            download.push(&object[4321..]),
            Err(IoError::Object(_))
        ));
        drop(download);
        assert!(!out.exists());
    }

    #[test]
    fn a_link_in_the_place_of_the_partial_file_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        fs::write(&victim, b"precious").unwrap();
        std::os::unix::fs::symlink(&victim, dir.path().join(".document.object")).unwrap();
        let (_, info) = sealed();
        let refused = Download::resume(&dir.path().join("document"), &key(), &info);
        assert_eq!(refused.err().unwrap().code(), "FILE_INVALID");
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
    }
}
