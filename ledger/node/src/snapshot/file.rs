//! The file, byte by byte:
//!
//! ```text
//! magic "TCSN" | version (1) | chain id (32)
//! number of changes of the validators u32 LE, for each: length u32 LE | handover
//! length u32 LE | block                         the block after which this is the state
//! length u32 LE | certificate of that block
//! entries, in ascending order of their keys:
//!   length of the key (1) | key | length of the value u32 LE | value
//! 0 (1) | number of entries u64 LE | SHA-256 of everything before (32)
//! ```
//!
//! Keys are those of the state that its root covers, then the leaves of the note, ended and platform tree.

use super::{
    MAGIC, MAX_VALUE, SnapshotError, VERSION,
    links::{self, MAX_LINK, MAX_LINKS},
};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{BufReader, ErrorKind, Read},
    path::{Path, PathBuf},
    sync::Arc,
};
use tacit_ledger::{
    block::{Block, MAX_BLOCK_BYTES},
    certificate::Certificate,
    codec::{decode_slice, encode_vec},
    genesis::ChainSpec,
    handover::Handover,
    header::Header,
    keys::{FIRST_UNCOMMITTED, MAX_KEY_BYTES, StateKey},
    light::{self, LightError},
};

/// Writes the file in pieces.
pub(super) struct Writer {
    digest: Sha256,
    entries: u64,
}

impl Writer {
    /// The head of the file.
    pub(super) fn begin(
        chain: &[u8; 32],
        links: &[Handover],
        block: &Block,
        certificate: &Certificate,
    ) -> (Self, Vec<u8>) {
        let mut head = [&MAGIC[..], &[VERSION], chain, &links::encode(links)].concat();
        for part in [block.to_bytes(), encode_vec(certificate)] {
            head.extend_from_slice(&length(part.len()));
            head.extend_from_slice(&part);
        }
        let digest = Sha256::new_with_prefix(&head);
        (Self { digest, entries: 0 }, head)
    }

    /// Some entries.
    pub(super) fn entries<'a>(
        &mut self,
        entries: impl Iterator<Item = (&'a Vec<u8>, &'a Vec<u8>)>,
    ) -> Vec<u8> {
        let mut out = Vec::new();
        for (key, value) in entries {
            // Keys of the state are at most 96 bytes long.
            out.push(key.len() as u8);
            out.extend_from_slice(key);
            out.extend_from_slice(&length(value.len()));
            out.extend_from_slice(value);
            self.entries += 1;
        }
        self.digest.update(&out);
        out
    }

    /// The end of the file.
    pub(super) fn end(mut self) -> Vec<u8> {
        let mut out = vec![0];
        out.extend_from_slice(&self.entries.to_le_bytes());
        self.digest.update(&out);
        out.extend_from_slice(&self.digest.finalize());
        out
    }
}

/// Lengths here are bounded far below 2^32.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

/// Whether the file holds this key: what the state root covers, and leaves of trees.
pub(super) fn is_kept(key: &[u8]) -> bool {
    match key {
        [space, ..] if *space < FIRST_UNCOMMITTED => true,
        [space, level, ..] => *space <= FIRST_UNCOMMITTED + 2 && *level == 0,
        _ => false,
    }
}

/// A file that is read from its beginning to its end.
pub(super) struct Reader {
    path: PathBuf,
    file: Box<dyn Read>,
    digest: Sha256,
    entries: u64,
    last: Vec<u8>,
    /// The changes of the validators before it.
    pub(super) links: Vec<Handover>,
    /// The block after which this is the state, certified.
    pub(super) block: Block,
    /// Its certificate.
    pub(super) certificate: Certificate,
}

impl Reader {
    /// Opens a file and checks that its header is certified on this chain.
    ///
    /// # Errors
    /// [`SnapshotError`] with the reason.
    pub(super) fn open(path: &Path, spec: &ChainSpec) -> Result<Self, SnapshotError> {
        let file = File::open(path).map_err(|source| io(path, source))?;
        let file = BufReader::with_capacity(1 << 20, file);
        Self::over(path, Box::new(file), spec)
    }

    /// [`Reader::open`] over any file.
    pub(super) fn over(
        path: &Path,
        file: Box<dyn Read>,
        spec: &ChainSpec,
    ) -> Result<Self, SnapshotError> {
        let mut raw = Raw {
            path,
            file,
            digest: Sha256::new(),
        };
        let [m0, m1, m2, m3, version] = raw.array::<5>()?;
        if [m0, m1, m2, m3] != MAGIC {
            return Err(SnapshotError::Damaged("it is no snapshot file"));
        }
        if version != VERSION {
            return Err(SnapshotError::UnknownVersion(version));
        }
        if raw.array::<32>()? != *spec.id().as_bytes() {
            return Err(SnapshotError::Header(light::LightError::Chain));
        }
        let links = raw.links()?;
        let block = Block::from_bytes(&raw.part(MAX_BLOCK_BYTES)?)
            .map_err(|_| SnapshotError::Damaged("there is no block in it"))?;
        let certificate: Certificate = decode_slice(&raw.part(MAX_LINK)?)
            .map_err(|_| SnapshotError::Damaged("there is no certificate in it"))?;
        let history = links::follow(spec, &links)?;
        let trusted = history.of(block.header.epoch).ok_or(LightError::Empty)?;
        let header = std::slice::from_ref(&block.header);
        light::certify(spec, trusted, header, &certificate)?;
        if block.tx_root() != block.header.tx_root {
            return Err(SnapshotError::OtherState("block"));
        }
        let Raw { file, digest, .. } = raw;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            digest,
            entries: 0,
            last: Vec::new(),
            links,
            block,
            certificate,
        })
    }

    /// The next entry; nothing at the end, where the digest has been checked.
    ///
    /// # Errors
    /// When the bytes are not those that were written.
    pub(super) fn next(&mut self) -> Result<Option<(StateKey, Vec<u8>)>, SnapshotError> {
        let (path, digest) = (self.path.clone(), std::mem::take(&mut self.digest));
        let mut raw = Raw {
            path: &path,
            file: &mut self.file,
            digest,
        };
        let [key_length] = raw.array::<1>()?;
        if key_length == 0 {
            let count = u64::from_le_bytes(raw.array()?);
            let Raw { file, digest, .. } = raw;
            let mut rest = Vec::new();
            let read = file.take(33).read_to_end(&mut rest);
            read.map_err(|source| io(&path, source))?;
            let whole = rest == digest.finalize().as_slice() && count == self.entries;
            return match whole {
                true => Ok(None),
                false => Err(SnapshotError::Damaged("its digest is another one")),
            };
        }
        let key = raw.bytes(usize::from(key_length))?;
        let value = raw.part(MAX_VALUE)?;
        self.digest = raw.digest;
        if !is_kept(&key) || key <= self.last || key.len() > MAX_KEY_BYTES {
            return Err(SnapshotError::Damaged("a key that does not belong there"));
        }
        let damaged = SnapshotError::Damaged("an unusable key");
        let state_key = StateKey::from_bytes(&key).ok_or(damaged)?;
        self.entries += 1;
        self.last = key;
        Ok(Some((state_key, value)))
    }
}

/// Reading exactly, and hashing what was read.
struct Raw<'a, R> {
    path: &'a Path,
    file: R,
    digest: Sha256,
}

impl<R: Read> Raw<'_, R> {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SnapshotError> {
        self.file
            .read_exact(buffer)
            .map_err(|source| match source.kind() {
                ErrorKind::UnexpectedEof => SnapshotError::Damaged("it ends too early"),
                _ => io(self.path, source),
            })?;
        self.digest.update(buffer);
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn bytes(&mut self, len: usize) -> Result<Vec<u8>, SnapshotError> {
        let mut bytes = vec![0; len];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn links(&mut self) -> Result<Vec<Handover>, SnapshotError> {
        let count = u32::from_le_bytes(self.array()?) as usize;
        if count > MAX_LINKS {
            return Err(SnapshotError::Damaged("too many changes of the validators"));
        }
        let mut links = Vec::new();
        for _ in 0..count {
            let link = decode_slice(&self.part(MAX_LINK)?);
            links.push(link.map_err(|_| SnapshotError::Damaged("a change of the validators"))?);
        }
        Ok(links)
    }

    fn part(&mut self, max: usize) -> Result<Vec<u8>, SnapshotError> {
        let len = u32::from_le_bytes(self.array()?) as usize;
        match len <= max {
            true => self.bytes(len),
            false => Err(SnapshotError::Damaged("a part is too long")),
        }
    }
}

fn io(path: &Path, source: std::io::Error) -> SnapshotError {
    SnapshotError::Io {
        path: path.to_path_buf(),
        source: Arc::new(source),
    }
}

/// What a file holds, before its state is known to be the header's.
pub(super) struct Contents {
    /// Entries that the state root covers.
    pub(super) committed: u64,
}

/// Reads a whole file: its header must be certified, its bytes those that were written. Whether the state is the header's
/// shows when it is restored.
///
/// # Errors
/// [`SnapshotError`] with the reason.
pub fn check(path: &Path, spec: &ChainSpec) -> Result<Header, SnapshotError> {
    let mut reader = Reader::open(path, spec)?;
    count(&mut reader)?;
    Ok(reader.block.header)
}

/// Reads to the end and counts.
pub(super) fn count(reader: &mut Reader) -> Result<Contents, SnapshotError> {
    let mut committed = 0;
    while let Some((key, _)) = reader.next()? {
        committed += u64::from(key.is_committed());
    }
    Ok(Contents { committed })
}
