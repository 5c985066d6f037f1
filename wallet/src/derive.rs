//! Every key derivation of this crate.
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Encryption key and password check of the wallet file, from the stretched password.
pub(crate) fn file_keys(stretched: &[u8; 32]) -> (Zeroizing<[u8; 32]>, [u8; 32]) {
    let hkdf = Hkdf::<Sha256>::new(None, stretched);
    let mut encryption = Zeroizing::new([0; 32]);
    let mut check = [0; 32];
    // 32 bytes are far below HKDF's limit of 255 blocks, the only failure of `expand`.
    let _ = hkdf.expand(b"a", encryption.as_mut());
    let _ = hkdf.expand(b"b", &mut check);
    (encryption, check)
}
