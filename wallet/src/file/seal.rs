//! The bytes of a sealed file: header, then AES-256-GCM with the whole header as additional data.
//!
//! ```text
//! offset  bytes  meaning
//!      0      4  magic: "TCWF" for a wallet file, "TCBK" for a backup, "TCSL" for a backup in a vault's slot; each kind has
//!                keys of its own
//!      4      1  version (1)
//!      5     12  argon2id cost: memory in KiB, passes, lanes (u32 big-endian each)
//!     17     16  argon2id salt
//!     33     12  AES-GCM nonce, fresh for every save
//!     45     32  password check: a second key derived from the password, so that a wrong password and a damaged
//!                file are told apart; it also commits the file to one key, which GCM alone does not
//!     77      8  first bytes of SHA-256 over all of the above: tells a damaged header from a wrong password
//!     85      …  ciphertext and 16-byte tag
//! ```
//!
//! Sources: RFC 9106 (argon2id and its second recommended option), NIST SP 800-38D (AES-GCM), RFC 5869 (HKDF).

use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit, Nonce, aead::inout::InOutBuf};
use argon2::{Algorithm, Argon2, Params, Version};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::derive;
use crate::file::FileError;

const VERSION: u8 = 1;
const SALT: usize = 16;
const NONCE: usize = 12;
const CHECK: usize = 32;
const CHECKSUM: usize = 8;
const TAG: usize = 16;
const COST_AT: usize = 5;
const SALT_AT: usize = COST_AT + 12;
const NONCE_AT: usize = SALT_AT + SALT;
const CHECK_AT: usize = NONCE_AT + NONCE;
const CHECKSUM_AT: usize = CHECK_AT + CHECK;
const HEADER: usize = CHECKSUM_AT + CHECKSUM;

/// Bytes that a sealed file has beside its plaintext.
pub(crate) const OVERHEAD: usize = HEADER + TAG;
/// Largest plaintext a wallet file may hold, in bytes.
pub const MAX_PLAINTEXT: usize = 64 << 20;
/// Largest wallet file, in bytes.
pub const MAX_FILE: usize = HEADER + MAX_PLAINTEXT + TAG;

/// What a sealed file is: one kind never opens as the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The wallet file, under the wallet's password.
    Wallet,
    /// A backup ([`crate::backup`]), under a passphrase of its own.
    Backup,
    /// A backup in a vault's slot ([`crate::slot`]), under a secret of the seed.
    Slot,
}

impl Kind {
    fn magic(self) -> &'static [u8; 4] {
        match self {
            Self::Wallet => b"TCWF",
            Self::Backup => b"TCBK",
            Self::Slot => b"TCSL",
        }
    }

    /// Whether a file of this kind may state this cost. What a vault hands out never makes the opener work.
    fn allows(self, cost: KdfCost) -> bool {
        self != Self::Slot || cost == KdfCost::RANDOM_KEY
    }
}

/// Cost of turning the password into a key (argon2id, RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl KdfCost {
    /// The second recommended option of RFC 9106, section 4: 64 MiB, 3 passes, 4 lanes. Above the OWASP minimum
    /// (19 MiB, 2 passes, 1 lane).
    pub const RECOMMENDED: KdfCost = KdfCost {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 4,
    };

    /// Least cost that argon2 allows, for a password that is 256 random bits: stretching would add nothing.
    pub const RANDOM_KEY: KdfCost = KdfCost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    /// Least cost, for tests only: a file under a person's password falls to guessing.
    pub const INSECURE_TEST: KdfCost = Self::RANDOM_KEY;

    /// A cost within the bounds this crate opens: at most 1 GiB, 16 passes, 16 lanes, at least 8 KiB a lane. The upper
    /// bound keeps a hostile file from taking all memory before the password is even checked.
    ///
    /// # Errors
    /// [`FileError::Cost`] outside the bounds.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, FileError> {
        let lanes_fit = (1..=16).contains(&lanes);
        if !lanes_fit || !(8 * lanes..=1 << 20).contains(&memory_kib) || !(1..=16).contains(&passes)
        {
            return Err(FileError::Cost);
        }
        Ok(KdfCost {
            memory_kib,
            passes,
            lanes,
        })
    }

    fn to_bytes(self) -> [u8; 12] {
        let mut out = [0; 12];
        out[..4].copy_from_slice(&self.memory_kib.to_be_bytes());
        out[4..8].copy_from_slice(&self.passes.to_be_bytes());
        out[8..].copy_from_slice(&self.lanes.to_be_bytes());
        out
    }
}

/// Key of one sealed file, derived once from the password and kept while the file is open.
pub struct FileKey {
    kind: Kind,
    cost: KdfCost,
    salt: [u8; SALT],
    encryption: Zeroizing<[u8; 32]>,
    check: [u8; CHECK],
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(redacted)")
    }
}

impl FileKey {
    /// A key of a wallet file, under a fresh salt.
    ///
    /// # Errors
    /// [`FileError::Cost`] when argon2 refuses the cost (not enough memory counts as refusal).
    pub fn new(
        password: &[u8],
        cost: KdfCost,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, FileError> {
        Self::of_kind(Kind::Wallet, password, cost, rng)
    }

    /// A key of a file of some kind, under a fresh salt.
    pub(crate) fn of_kind(
        kind: Kind,
        password: &[u8],
        cost: KdfCost,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, FileError> {
        let mut salt = [0; SALT];
        rng.fill_bytes(&mut salt);
        Self::derive(kind, password, cost, salt)
    }

    fn derive(
        kind: Kind,
        password: &[u8],
        cost: KdfCost,
        salt: [u8; SALT],
    ) -> Result<Self, FileError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
            .map_err(|_| FileError::Cost)?;
        let mut stretched = Zeroizing::new([0u8; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(password, &salt, stretched.as_mut())
            .map_err(|_| FileError::Cost)?;
        let (encryption, check) = derive::file_keys(kind, &stretched);
        Ok(FileKey {
            kind,
            cost,
            salt,
            encryption,
            check,
        })
    }

    /// The bytes of a file that holds `plaintext`, under a fresh nonce.
    ///
    /// # Errors
    /// [`FileError::TooLarge`] beyond [`MAX_PLAINTEXT`].
    pub fn seal(&self, plaintext: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, FileError> {
        if plaintext.len() > MAX_PLAINTEXT {
            return Err(FileError::TooLarge);
        }
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);

        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(self.kind.magic());
        header.push(VERSION);
        header.extend_from_slice(&self.cost.to_bytes());
        header.extend_from_slice(&self.salt);
        header.extend_from_slice(&nonce);
        header.extend_from_slice(&self.check);
        header.extend_from_slice(&checksum(&header));

        let mut body = vec![0; plaintext.len()];
        let tag = self
            .cipher()
            .encrypt_inout_detached(
                &Nonce::from(nonce),
                &header,
                InOutBuf::new(plaintext, &mut body).map_err(|_| FileError::TooLarge)?,
            )
            .map_err(|_| FileError::TooLarge)?;
        let mut out = header;
        out.extend_from_slice(&body);
        out.extend_from_slice(&tag);
        Ok(out)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.encryption).into())
    }
}

/// Opens the bytes of a wallet file.
///
/// # Errors
/// [`FileError::NotAWallet`], [`FileError::UnknownVersion`], [`FileError::Damaged`] (truncated or changed),
/// [`FileError::Cost`] (a cost outside the bounds), [`FileError::WrongPassword`].
pub fn open(bytes: &[u8], password: &[u8]) -> Result<(FileKey, Zeroizing<Vec<u8>>), FileError> {
    open_kind(Kind::Wallet, bytes, password)
}

/// Opens the bytes of a file of some kind; [`FileError::NotAWallet`] for another kind.
pub(crate) fn open_kind(
    kind: Kind,
    bytes: &[u8],
    password: &[u8],
) -> Result<(FileKey, Zeroizing<Vec<u8>>), FileError> {
    if bytes.len() > MAX_FILE {
        return Err(FileError::TooLarge);
    }
    if bytes.get(..4) != Some(kind.magic().as_slice()) {
        return Err(FileError::NotAWallet);
    }
    match bytes.get(4) {
        Some(&VERSION) => {}
        Some(&other) => return Err(FileError::UnknownVersion(other)),
        None => return Err(FileError::Damaged),
    }
    let (header, sealed) = bytes.split_at_checked(HEADER).ok_or(FileError::Damaged)?;
    let (body, tag) = sealed
        .len()
        .checked_sub(TAG)
        .and_then(|at| sealed.split_at_checked(at))
        .ok_or(FileError::Damaged)?;
    if header[CHECKSUM_AT..] != checksum(&header[..CHECKSUM_AT]) {
        return Err(FileError::Damaged);
    }
    let word = |at: usize| -> Result<u32, FileError> {
        Ok(u32::from_be_bytes(array(&header[at..at + 4])?))
    };
    let cost = KdfCost::new(word(COST_AT)?, word(COST_AT + 4)?, word(COST_AT + 8)?)?;
    if !kind.allows(cost) {
        return Err(FileError::Cost);
    }
    let key = FileKey::derive(kind, password, cost, array(&header[SALT_AT..NONCE_AT])?)?;
    if !bool::from(key.check.ct_eq(&header[CHECK_AT..CHECKSUM_AT])) {
        return Err(FileError::WrongPassword);
    }
    let nonce: [u8; NONCE] = array(&header[NONCE_AT..CHECK_AT])?;
    let tag: [u8; TAG] = array(tag)?;
    let mut plaintext = Zeroizing::new(body.to_vec());
    key.cipher()
        .decrypt_inout_detached(
            &Nonce::from(nonce),
            header,
            InOutBuf::from(plaintext.as_mut_slice()),
            &tag.into(),
        )
        .map_err(|_| FileError::Damaged)?;
    Ok((key, plaintext))
}

fn checksum(header: &[u8]) -> [u8; CHECKSUM] {
    let mut out = [0; CHECKSUM];
    out.copy_from_slice(&Sha256::digest(header)[..CHECKSUM]);
    out
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], FileError> {
    bytes.try_into().map_err(|_| FileError::Damaged)
}
