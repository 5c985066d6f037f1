//! Sealing and opening between a reader and a writer, one chunk in memory at a time.

use std::io::{self, ErrorKind, Read, Write};

use zeroize::Zeroizing;

use super::{ChunkSize, DataKey, ObjectError, ObjectInfo, ObjectNonce, Opener, Sealer};

/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// Why a stream could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IoError {
    /// The object is defective.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// Reading or writing failed.
    #[error("reading or writing failed: {0}")]
    Io(#[from] io::Error),
}

/// Seals everything that `plaintext` gives into `object`.
///
/// # Errors
/// [`IoError`]; what was written then is no object.
pub fn seal(
    key: &DataKey,
    nonce: ObjectNonce,
    chunk_size: ChunkSize,
    mut plaintext: impl Read,
    mut object: impl Write,
) -> Result<ObjectInfo, IoError> {
    let mut sealer = Sealer::new(key, nonce, chunk_size);
    object.write_all(&sealer.header().to_bytes())?;
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    let mut out = Vec::new();
    loop {
        let length = read_some(&mut plaintext, &mut piece)?;
        if length == 0 {
            break;
        }
        sealer.push(&piece[..length], &mut out)?;
        object.write_all(&out)?;
        out.clear();
    }
    let info = sealer.finish(&mut out)?;
    object.write_all(&out)?;
    object.flush()?;
    Ok(info)
}

/// Opens the object that `object` gives into `plaintext`. What was written may be used only if this succeeds.
///
/// # Errors
/// [`IoError`]; what was written then must be destroyed.
pub fn open(
    key: DataKey,
    expected: &ObjectInfo,
    mut object: impl Read,
    mut plaintext: impl Write,
) -> Result<(), IoError> {
    let mut opener = Opener::new(key, *expected);
    let mut piece = vec![0; PIECE];
    let mut out = Zeroizing::new(Vec::new());
    loop {
        let length = read_some(&mut object, &mut piece)?;
        if length == 0 {
            break;
        }
        opener.push(&piece[..length], &mut out)?;
        plaintext.write_all(&out)?;
        out.clear();
    }
    opener.finish(&mut out)?;
    plaintext.write_all(&out)?;
    plaintext.flush()?;
    Ok(())
}

/// One read, past interruptions.
pub(super) fn read_some(from: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
