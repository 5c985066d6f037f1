//! Bounded pieces that the wallet's state is encoded from, over `commonware-codec`.
//!
//! What they hold may be personal, so it is wiped when dropped and never shown by `Debug`.

use bytes::BufMut;
use commonware_codec::{Buf, Copying, DecodeExt, EncodeSize, Error, RangeCfg, Read, Write};
use zeroize::Zeroizing;

/// Implements `Write`, `EncodeSize` and `Read<Cfg = ()>` for a structure, field by field in the order given.
macro_rules! codec_struct {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl commonware_codec::Write for $name {
            fn write(&self, buf: &mut impl bytes::BufMut) {
                $(commonware_codec::Write::write(&self.$field, buf);)+
            }
        }
        impl commonware_codec::EncodeSize for $name {
            fn encode_size(&self) -> usize {
                0 $(+ commonware_codec::EncodeSize::encode_size(&self.$field))+
            }
        }
        impl commonware_codec::Read for $name {
            type Cfg = ();
            fn read_cfg(buf: &mut impl commonware_codec::Buf, (): &()) -> Result<Self, commonware_codec::Error> {
                $(let $field = commonware_codec::ReadExt::read(buf)?;)+
                Ok(Self { $($field),+ })
            }
        }
    };
}
pub(crate) use codec_struct;

/// Implements `Debug` with the named fields only: the rest is secret or personal.
macro_rules! terse_debug {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use terse_debug;

/// Bytes, at most `MAX` of them.
#[derive(Default, PartialEq, Eq)]
pub struct Blob<const MAX: usize>(Zeroizing<Vec<u8>>);

impl<const MAX: usize> Blob<MAX> {
    /// Takes bytes; `None` when there are more than `MAX`.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        let bytes = Zeroizing::new(bytes);
        (bytes.len() <= MAX).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> std::fmt::Debug for Blob<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl<const MAX: usize> EncodeSize for Blob<MAX> {
    fn encode_size(&self) -> usize {
        self.0.as_slice().encode_size()
    }
}

impl<const MAX: usize> Write for Blob<MAX> {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.as_slice().write(buf);
    }
}

impl<const MAX: usize> Read for Blob<MAX> {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        let length = usize::read_cfg(buf, &RangeCfg::from(0..=MAX))?;
        if buf.remaining() < length {
            return Err(Error::EndOfBuffer);
        }
        let mut bytes = Zeroizing::new(vec![0; length]);
        buf.copy_to_slice(&mut bytes);
        Ok(Self(bytes))
    }
}

/// Text, at most `MAX` bytes of UTF-8, without control characters: it may be shown on a terminal.
#[derive(PartialEq, Eq)]
pub struct Text<const MAX: usize>(Zeroizing<String>);

impl<const MAX: usize> Text<MAX> {
    /// Takes a text; `None` when it is longer than `MAX` bytes or has control characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = text.len() <= MAX && !text.chars().any(char::is_control);
        fits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> std::fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl<const MAX: usize> EncodeSize for Text<MAX> {
    fn encode_size(&self) -> usize {
        self.0.as_bytes().encode_size()
    }
}

impl<const MAX: usize> Write for Text<MAX> {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.as_bytes().write(buf);
    }
}

impl<const MAX: usize> Read for Text<MAX> {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        let bytes = Blob::<MAX>::read_cfg(buf, &())?;
        std::str::from_utf8(bytes.as_bytes())
            .ok()
            .and_then(Self::new)
            .ok_or(Error::Invalid(
                "Text",
                "not UTF-8 or with control characters",
            ))
    }
}

/// A list of at most `MAX` entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> List<T, MAX> {
    /// Adds an entry; gives it back when the list is full.
    ///
    /// # Errors
    /// The entry, when there is no place for it.
    pub fn push(&mut self, entry: T) -> Result<(), T> {
        if self.0.len() >= MAX {
            return Err(entry);
        }
        self.0.push(entry);
        Ok(())
    }

    /// Adds an entry; when the list is full the oldest goes.
    pub fn push_over_oldest(&mut self, entry: T) {
        if self.0.len() >= MAX && !self.0.is_empty() {
            self.0.remove(0);
        }
        self.0.push(entry);
    }

    /// Takes out the first entry that fits.
    pub fn take(&mut self, fits: impl FnMut(&T) -> bool) -> Option<T> {
        let at = self.0.iter().position(fits)?;
        Some(self.0.remove(at))
    }

    /// Keeps only the entries that fit.
    pub fn retain(&mut self, fits: impl FnMut(&T) -> bool) {
        self.0.retain(fits);
    }

    /// The entries, to change.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.0.iter_mut()
    }
}

impl<T, const MAX: usize> std::ops::Deref for List<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: EncodeSize, const MAX: usize> EncodeSize for List<T, MAX> {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl<T: Write, const MAX: usize> Write for List<T, MAX> {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl<T: Read<Cfg = ()>, const MAX: usize> Read for List<T, MAX> {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Vec::read_cfg(buf, &(RangeCfg::from(0..=MAX), ())).map(Self)
    }
}

/// Encodes into memory that is wiped when dropped and was never moved by growing.
pub(crate) fn encode_secret<T: Write + EncodeSize>(value: &T) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(value.encode_size()));
    value.write(&mut *bytes);
    bytes
}

/// Decodes a whole slice, exactly.
pub(crate) fn decode_exact<T: Read<Cfg = ()>>(bytes: &[u8]) -> Result<T, Error> {
    T::decode(Copying(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_refused_both_ways() {
        assert!(Blob::<3>::new(vec![0; 4]).is_none());
        assert!(Text::<3>::new("four").is_none());
        let long = encode_secret(&Blob::<4>::new(vec![65; 4]).unwrap());
        assert!(decode_exact::<Blob<3>>(&long).is_err());
        assert!(decode_exact::<Text<3>>(&long).is_err());
        assert_eq!(decode_exact::<Text<4>>(&long).unwrap().as_str(), "AAAA");
        let mut list = List::<u32, 1>::default();
        assert_eq!(list.push(1), Ok(()));
        assert_eq!(list.push(2), Err(2));
        list.push_over_oldest(3);
        assert_eq!(&list[..], [3]);
    }

    #[test]
    fn a_length_far_beyond_the_input_allocates_nothing() {
        for bytes in [vec![0xff, 0xff, 0xff, 0xff, 0x0f], vec![0x80, 0x80, 0x04]] {
            assert!(decode_exact::<Blob<{ 1 << 20 }>>(&bytes).is_err());
            assert!(decode_exact::<List<u64, { 1 << 20 }>>(&bytes).is_err());
        }
    }

    #[test]
    fn text_with_escapes_for_a_terminal_is_refused() {
        assert!(Text::<64>::new("\u{1b}[31mred").is_none());
        let sneaked_in = encode_secret(&Blob::<64>::new(b"\x1b[31m".to_vec()).unwrap());
        assert!(decode_exact::<Text<64>>(&sneaked_in).is_err());
    }

    #[test]
    fn debug_shows_only_lengths() {
        let blob = Blob::<64>::new(b"planted secret".to_vec()).unwrap();
        let text = Text::<64>::new("planted secret").unwrap();
        let shown = format!("{blob:?} {text:?}");
        assert!(!shown.contains("planted"), "{shown}");
    }
}
