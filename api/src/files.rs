//! Files: bounded reads, atomic writes, and errors that say what is wrong with which file.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::errors::{ApiError, ApiResult, Reason, catalogue as reason};

/// Bound for keys, certificates and configurations, in bytes.
pub const MAX_SMALL_FILE: u64 = 1 << 20;

/// Whether an operation failed because nothing more fits: disk, quota, or the limit on a file's size.
pub fn no_space(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(kind, StorageFull | QuotaExceeded | FileTooLarge)
}

/// The reason for a failed operation on a file.
pub fn reason_for(kind: io::ErrorKind) -> &'static Reason {
    use io::ErrorKind::{AlreadyExists, InvalidData, IsADirectory, NotADirectory, NotFound};
    match kind {
        NotFound => &reason::FILE_MISSING,
        AlreadyExists => &reason::FILE_EXISTS,
        InvalidData | IsADirectory | NotADirectory => &reason::FILE_INVALID,
        kind if no_space(kind) => &reason::DISK_FULL,
        _ => &reason::FILE_FAILED,
    }
}

/// The error for a failed operation on a file.
pub fn failed(path: &Path, error: &io::Error) -> ApiError {
    let what = format!("{}: {}", path.display(), error.kind());
    ApiError::new(reason_for(error.kind()), what)
}

/// The error for a file whose content is not what it must be.
pub fn invalid(path: &Path, why: impl std::fmt::Display) -> ApiError {
    ApiError::new(&reason::FILE_INVALID, format!("{}: {why}", path.display()))
}

/// Reads a whole file of at most `max` bytes.
///
/// # Errors
/// When it cannot be read or is longer.
pub fn read(path: &Path, max: u64) -> ApiResult<Vec<u8>> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| failed(path, &error))?;
    if bytes.len() as u64 > max {
        return Err(invalid(path, format_args!("longer than {max} bytes")));
    }
    Ok(bytes)
}

/// Reads a text file of at most `max` bytes.
///
/// # Errors
/// When it cannot be read, is longer, or is not UTF-8.
pub fn read_text(path: &Path, max: u64) -> ApiResult<String> {
    String::from_utf8(read(path, max)?).map_err(|_| invalid(path, "not UTF-8 text"))
}

/// Reads a JSON file of at most `max` bytes.
///
/// # Errors
/// When it cannot be read or is not such a document.
pub fn read_json<T: DeserializeOwned>(path: &Path, max: u64) -> ApiResult<T> {
    // serde's texts may quote the content, so only the place is told.
    serde_json::from_slice(&read(path, max)?).map_err(|error| {
        invalid(
            path,
            format_args!(
                "line {}, column {}: not as it must be",
                error.line(),
                error.column()
            ),
        )
    })
}

/// Writes a file so that it is the old one or the whole new one, also after a power cut.
///
/// # Errors
/// When it cannot be written.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> ApiResult<()> {
    replace(path, bytes, 0o644)
}

/// Like [`write_atomic`], readable by the owner only.
///
/// # Errors
/// When it cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> ApiResult<()> {
    replace(path, bytes, 0o600)
}

/// Writes a JSON document atomically.
///
/// # Errors
/// When it cannot be written.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> ApiResult<()> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(ApiError::internal)?;
    bytes.push(b'\n');
    write_atomic(path, &bytes)
}

fn replace(path: &Path, bytes: &[u8], mode: u32) -> ApiResult<()> {
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .ok_or_else(|| invalid(path, "not a file name"))?;
    let mut suffix = [0; 8];
    getrandom::fill(&mut suffix).map_err(ApiError::internal)?;
    let temporary = dir.join(format!(
        ".{}.{}",
        name.to_string_lossy(),
        hex::encode(suffix)
    ));
    let written = write_new(&temporary, bytes, mode)
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| File::open(dir)?.sync_all());
    written.map_err(|error| {
        drop(fs::remove_file(&temporary));
        failed(path, &error)
    })
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a folder, with its parents, readable by the owner only.
///
/// # Errors
/// When it cannot be made.
pub fn make_dir(path: &Path) -> ApiResult<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| failed(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_replaced_whole_and_secrets_are_the_owners() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write_atomic(&path, b"one").unwrap();
        write_secret(&path, b"two").unwrap();
        assert_eq!(read(&path, 3).unwrap(), b"two");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            1,
            "no temporary file is left"
        );
    }

    #[test]
    fn errors_name_the_file_and_the_reason_and_not_the_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        assert_eq!(read(&path, 1).unwrap_err().code(), "FILE_MISSING");
        write_atomic(&path, b"{\"secret\": hunter2}").unwrap();
        assert_eq!(read(&path, 3).unwrap_err().code(), "FILE_INVALID");
        let error = read_json::<serde_json::Value>(&path, 100).unwrap_err();
        assert_eq!(error.code(), "FILE_INVALID");
        assert!(!error.to_string().contains("hunter"));
    }
}
