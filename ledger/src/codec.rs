//! Small helpers over `commonware-codec` for structures whose fields need no configuration.
//!
//! Every field type bounds itself (see [`crate::text`], `bounded_vec`), so a decoder never allocates more than its
//! input and consumes exactly its bytes.

use bytes::BufMut;
use commonware_codec::{
    Buf, Copying, DecodeExt, Encode, EncodeSize, Error, RangeCfg, Read, ReadExt, Write,
};

/// Implements `Write`, `EncodeSize` and `Read<Cfg = ()>` for a structure, field by field in the order given. With a
/// magic and a version in front the encoding begins with those five bytes, and others are refused.
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
            fn read_cfg(buf: &mut impl commonware_codec::Buf, _: &()) -> Result<Self, commonware_codec::Error> {
                $(let $field = commonware_codec::ReadExt::read(buf)?;)+
                Ok(Self { $($field),+ })
            }
        }
    };
    ($name:ident, $magic:literal, $version:literal, { $($field:ident),+ $(,)? }) => {
        impl commonware_codec::Write for $name {
            fn write(&self, buf: &mut impl bytes::BufMut) {
                crate::codec::write_frame(buf, $magic, $version);
                $(commonware_codec::Write::write(&self.$field, buf);)+
            }
        }
        impl commonware_codec::EncodeSize for $name {
            fn encode_size(&self) -> usize {
                crate::codec::FRAME_SIZE $(+ commonware_codec::EncodeSize::encode_size(&self.$field))+
            }
        }
        impl commonware_codec::Read for $name {
            type Cfg = ();
            fn read_cfg(buf: &mut impl commonware_codec::Buf, _: &()) -> Result<Self, commonware_codec::Error> {
                crate::codec::read_frame(buf, stringify!($name), $magic, $version)?;
                $(let $field = commonware_codec::ReadExt::read(buf)?;)+
                Ok(Self { $($field),+ })
            }
        }
    };
}
pub(crate) use codec_struct;

/// Implements the codec of a newtype over a fixed-size inner value.
macro_rules! codec_newtype {
    ($name:ident($inner:ty)) => {
        impl commonware_codec::Write for $name {
            fn write(&self, buf: &mut impl bytes::BufMut) {
                commonware_codec::Write::write(&self.0, buf);
            }
        }
        impl commonware_codec::FixedSize for $name {
            const SIZE: usize = <$inner as commonware_codec::FixedSize>::SIZE;
        }
        impl commonware_codec::Read for $name {
            type Cfg = ();
            fn read_cfg(
                buf: &mut impl commonware_codec::Buf,
                _: &(),
            ) -> Result<Self, commonware_codec::Error> {
                Ok(Self(commonware_codec::ReadExt::read(buf)?))
            }
        }
    };
}
pub(crate) use codec_newtype;

/// Bytes of a frame: four of magic, one of version.
pub(crate) const FRAME_SIZE: usize = 5;

/// Writes the magic and version that begin a stored format.
pub(crate) fn write_frame(buf: &mut impl BufMut, magic: &[u8; 4], version: u8) {
    buf.put_slice(magic);
    buf.put_u8(version);
}

/// Reads and checks the magic and version of a stored format.
pub(crate) fn read_frame(
    buf: &mut impl Buf,
    what: &'static str,
    magic: &[u8; 4],
    version: u8,
) -> Result<(), Error> {
    if <[u8; 4]>::read(buf)? != *magic {
        return Err(Error::Invalid(what, "wrong magic"));
    }
    if u8::read(buf)? != version {
        return Err(Error::Invalid(what, "unknown version"));
    }
    Ok(())
}

/// Reads a list of at most `max` values.
pub(crate) fn bounded_vec<T: Read<Cfg = ()>>(
    buf: &mut impl Buf,
    max: usize,
) -> Result<Vec<T>, Error> {
    Vec::<T>::read_cfg(buf, &(RangeCfg::new(0..=max), ()))
}

/// Decodes a whole slice, exactly.
///
/// # Errors
/// When the bytes are not exactly one canonical value.
pub fn decode_slice<T: Read<Cfg = ()>>(bytes: &[u8]) -> Result<T, Error> {
    T::decode(Copying(bytes))
}

/// Encodes to a vector.
pub fn encode_vec<T: Write + EncodeSize>(value: &T) -> Vec<u8> {
    value.encode().to_vec()
}

/// Canonical bytes in JSON, as lower-case hexadecimal digits. For `#[serde(with = "…")]`.
pub(crate) mod hex_text {
    use super::{decode_slice, encode_vec};
    use commonware_codec::{EncodeSize, Read, Write};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::borrow::Cow;

    pub(crate) fn serialize<T: Write + EncodeSize, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(encode_vec(value)))
    }

    pub(crate) fn deserialize<'de, T: Read<Cfg = ()>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        let bytes = hex::decode(text.as_bytes()).map_err(D::Error::custom)?;
        if hex::encode(&bytes) != text {
            return Err(D::Error::custom("hexadecimal digits must be in lower case"));
        }
        decode_slice(&bytes).map_err(D::Error::custom)
    }
}
