//! Plaintext files: a file gets its final name only after the whole object has verified.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::{Zeroize, Zeroizing};

use super::io::read_some;
use super::{DataKey, IoError, ObjectInfo, Opener};

/// Bytes read at a time by [`open_to_file`].
const PIECE: usize = 64 * 1024;

/// A plaintext file in the making: object bytes in, a verified file out.
///
/// Until [`VerifiedFile::finish`] succeeds the content stands under a temporary name in the same folder, readable by its
/// owner only. Dropping it removes that file; what a killed process left is replaced by the next attempt.
pub struct VerifiedFile {
    opener: Opener,
    partial: PartialFile,
    out: Zeroizing<Vec<u8>>,
}

impl VerifiedFile {
    /// Starts to write `target`, which may exist and is then replaced at the end.
    ///
    /// # Errors
    /// The temporary file could not be made.
    pub fn create(target: &Path, key: DataKey, expected: &ObjectInfo) -> io::Result<Self> {
        Ok(Self {
            opener: Opener::new(key, *expected),
            partial: PartialFile::create(target)?,
            out: Zeroizing::new(Vec::new()),
        })
    }

    /// Bytes of the object taken so far: where a broken download resumes.
    pub const fn position(&self) -> u64 {
        self.opener.position()
    }

    /// Takes more bytes of the object.
    ///
    /// # Errors
    /// [`IoError`]; the file cannot be finished then.
    pub fn push(&mut self, object: &[u8]) -> Result<(), IoError> {
        self.opener.push(object, &mut self.out)?;
        self.partial.file.write_all(&self.out)?;
        self.out.zeroize();
        Ok(())
    }

    /// Checks the end of the object, makes the file durable and gives it its name.
    ///
    /// # Errors
    /// [`IoError`]; no file has the target's name then, or still the old one.
    pub fn finish(mut self) -> Result<(), IoError> {
        self.opener.finish(&mut self.out)?;
        self.partial.file.write_all(&self.out)?;
        Ok(self.partial.publish()?)
    }
}

/// Opens an object into a file.
///
/// # Errors
/// [`IoError`]; no file has the target's name then, or still the old one.
pub fn open_to_file(
    key: DataKey,
    expected: &ObjectInfo,
    mut object: impl Read,
    target: &Path,
) -> Result<(), IoError> {
    let mut file = VerifiedFile::create(target, key, expected)?;
    let mut piece = vec![0; PIECE];
    loop {
        let length = read_some(&mut object, &mut piece)?;
        if length == 0 {
            return file.finish();
        }
        file.push(&piece[..length])?;
    }
}

/// A file under its temporary name; removed when dropped unless published.
struct PartialFile {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    published: bool,
}

impl PartialFile {
    fn create(target: &Path) -> io::Result<Self> {
        let name = target
            .file_name()
            .ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "not a file name"))?;
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(".partial");
        let temporary = target.with_file_name(temporary);
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        // create_new follows no link that somebody put there in between.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&temporary)?;
        Ok(Self {
            file,
            temporary,
            target: target.to_path_buf(),
            published: false,
        })
    }

    fn publish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.temporary, &self.target)?;
        self.published = true;
        sync_folder_of(&self.target)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.published {
            // Nothing more can be done about an error here; the next attempt removes the file.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Makes the names in a file's folder durable.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
