//! Strict JSON: what a signature covers must read the same to every reader.
//!
//! RFC 8259 leaves duplicate keys, huge numbers and deep nesting to the reader, and two readers that choose differently
//! see two documents under one signature. So this reader refuses all of them, and the I-JSON profile (RFC 7493) of whole
//! numbers within +-(2^53 - 1) is the only one accepted. [`canonical`] writes the JSON Canonicalization Scheme (RFC 8785).

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The greatest whole number that every JSON reader represents exactly: 2^53 - 1.
pub const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// Deepest nesting of arrays and objects accepted.
pub const MAX_DEPTH: usize = 16;

/// Longest object key accepted, in bytes.
pub const MAX_KEY_BYTES: usize = 128;

/// Why a JSON text was refused. Values are never repeated in the message: they can be somebody's data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The text is longer than the caller's bound.
    #[error("JSON text of {length} bytes: at most {limit} are accepted")]
    TooLarge {
        /// Bytes that came.
        length: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// Arrays and objects nest deeper than [`MAX_DEPTH`].
    #[error("JSON nested deeper than {MAX_DEPTH} levels (line {line}, column {column})")]
    TooDeep {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, from 1.
        column: usize,
    },
    /// One object has the same key twice.
    #[error("JSON object with the same key twice (line {line}, column {column})")]
    DuplicateKey {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, from 1.
        column: usize,
    },
    /// A key is longer than [`MAX_KEY_BYTES`].
    #[error("JSON key longer than {MAX_KEY_BYTES} bytes (line {line}, column {column})")]
    KeyTooLong {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, from 1.
        column: usize,
    },
    /// A number is not whole, or not within +-(2^53 - 1).
    #[error(
        "JSON number that is not a whole number within +-(2^53 - 1) (line {line}, column {column})"
    )]
    Number {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, from 1.
        column: usize,
    },
    /// The text is not JSON, or something follows it.
    #[error("not well-formed JSON (line {line}, column {column})")]
    Syntax {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, from 1.
        column: usize,
    },
    /// The JSON is well formed and is not the document expected here.
    #[error("{document}: a field is missing, unknown or of the wrong type")]
    Shape {
        /// What was expected.
        document: &'static str,
    },
    /// The value cannot be written in canonical form.
    #[error("JSON value without a canonical form")]
    NotCanonical,
}

/// Reads one JSON text of at most `limit` bytes.
///
/// # Errors
/// [`JsonError`] names the first rule broken and where.
pub fn parse(bytes: &[u8], limit: usize) -> Result<Value, JsonError> {
    if bytes.len() > limit {
        return Err(JsonError::TooLarge {
            length: bytes.len(),
            limit,
        });
    }
    let broken = Cell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict {
        depth: 0,
        broken: &broken,
    }
    .deserialize(&mut reader)
    .and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| located(broken.get(), error.line(), error.column()))
}

/// Reads one JSON text of at most `limit` bytes into a type; `document` names it in the error.
///
/// # Errors
/// As [`parse`], and [`JsonError::Shape`] when the fields are not those of the type.
pub fn parse_as<T: DeserializeOwned>(
    bytes: &[u8],
    limit: usize,
    document: &'static str,
) -> Result<T, JsonError> {
    from_value(parse(bytes, limit)?, document)
}

/// A parsed value as a type; `document` names it in the error. serde's own text is dropped, for it quotes values.
///
/// # Errors
/// [`JsonError::Shape`].
pub fn from_value<T: DeserializeOwned>(
    value: Value,
    document: &'static str,
) -> Result<T, JsonError> {
    serde_json::from_value(value).map_err(|_| JsonError::Shape { document })
}

/// A typed document as a value; `document` names it in the error.
///
/// # Errors
/// [`JsonError::Shape`].
pub(crate) fn to_value<T: serde::Serialize>(
    value: &T,
    document: &'static str,
) -> Result<Value, JsonError> {
    serde_json::to_value(value).map_err(|_| JsonError::Shape { document })
}

/// A value as indented JSON for files.
///
/// # Errors
/// [`JsonError::NotCanonical`], never in practice.
pub(crate) fn pretty(value: &Value) -> Result<Vec<u8>, JsonError> {
    serde_json::to_vec_pretty(value).map_err(|_| JsonError::NotCanonical)
}

/// The canonical bytes of a value: RFC 8785.
///
/// # Errors
/// [`JsonError::NotCanonical`] for what [`parse`] never returns.
pub fn canonical(value: &Value) -> Result<Vec<u8>, JsonError> {
    serde_json_canonicalizer::to_vec(value).map_err(|_| JsonError::NotCanonical)
}

/// The rules that serde_json does not know.
#[derive(Clone, Copy)]
enum Rule {
    Depth,
    Duplicate,
    Key,
    Number,
}

fn located(rule: Option<Rule>, line: usize, column: usize) -> JsonError {
    match rule {
        Some(Rule::Depth) => JsonError::TooDeep { line, column },
        Some(Rule::Duplicate) => JsonError::DuplicateKey { line, column },
        Some(Rule::Key) => JsonError::KeyTooLong { line, column },
        Some(Rule::Number) => JsonError::Number { line, column },
        None => JsonError::Syntax { line, column },
    }
}

/// Reads a value at one depth; notes the rule broken beside serde's untyped error.
struct Strict<'a> {
    depth: usize,
    broken: &'a Cell<Option<Rule>>,
}

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(&self, rule: Rule) -> E {
        self.broken.set(Some(rule));
        E::custom("refused")
    }

    fn inner<E: serde::de::Error>(&self) -> Result<Strict<'_>, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(Rule::Depth));
        }
        Ok(Strict {
            depth: self.depth + 1,
            broken: self.broken,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Value, E> {
        if (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&v) {
            Ok(Value::Number(Number::from(v)))
        } else {
            Err(self.refuse(Rule::Number))
        }
    }

    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Value, E> {
        match i64::try_from(v) {
            Ok(v) => self.visit_i64(v),
            Err(_) => Err(self.refuse(Rule::Number)),
        }
    }

    // Fractions, exponents, negative zero and what is out of range all arrive here.
    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
        Err(self.refuse(Rule::Number))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.inner()?)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if key.len() > MAX_KEY_BYTES {
                return Err(self.refuse(Rule::Key));
            }
            if object.contains_key(&key) {
                return Err(self.refuse(Rule::Duplicate));
            }
            let value = map.next_value_seed(self.inner()?)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Value, JsonError> {
        parse(text.as_bytes(), 4096)
    }

    #[test]
    fn accepts_what_every_reader_reads_alike() {
        assert_eq!(
            read(r#" {"a":[1,-2,true,null,"x\u00e9"],"b":{}} "#).unwrap(),
            json!({"a":[1,-2,true,null,"x\u{e9}"],"b":{}})
        );
        assert_eq!(read("9007199254740991").unwrap(), json!(MAX_SAFE_INTEGER));
    }

    #[test]
    fn refuses_duplicate_keys_at_any_depth_also_when_escaped() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"x":[{"y":{"a":1,"b":2,"a":3}}]}"#,
            r#"{"a":1,"\u0061":2}"#,
        ] {
            assert!(
                matches!(read(text), Err(JsonError::DuplicateKey { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_numbers_that_readers_round() {
        for text in [
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551615",
            "1e2",
            "1.0",
            "-0",
            "123456789012345678901234567890",
            "1e400",
        ] {
            let result = read(&format!("{{\"n\":{text}}}"));
            assert!(
                matches!(
                    result,
                    Err(JsonError::Number { .. } | JsonError::Syntax { .. })
                ),
                "{text}: {result:?}"
            );
        }
    }

    #[test]
    fn bounds_depth_size_and_keys() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(read(&deep(MAX_DEPTH)).is_ok());
        assert!(matches!(
            read(&deep(MAX_DEPTH + 1)),
            Err(JsonError::TooDeep { .. })
        ));
        assert!(read(&deep(2000)).is_err());
        assert_eq!(
            parse(b"[1]", 2),
            Err(JsonError::TooLarge {
                length: 3,
                limit: 2
            })
        );
        let key = "k".repeat(MAX_KEY_BYTES + 1);
        assert!(matches!(
            read(&format!("{{\"{key}\":1}}")),
            Err(JsonError::KeyTooLong { .. })
        ));
    }

    #[test]
    fn refuses_malformed_text() {
        for text in [
            "",
            "{",
            "{\"a\":1}x",
            "[1,]",
            "{'a':1}",
            "\u{feff}{}",
            "\"\\ud800\"",
            "NaN",
            "\"a\nb\"",
        ] {
            assert!(
                matches!(read(text), Err(JsonError::Syntax { .. })),
                "{text}"
            );
        }
        assert!(parse(b"\"\xff\"", 10).is_err());
    }

    #[test]
    fn canonical_form_sorts_by_utf16_and_drops_white_space() {
        let value =
            read("{ \"b\" : 1, \"a\" : [ 2 ], \"\\ud83d\\ude00\": 3, \"\\ufb33\": 4 }").unwrap();
        assert_eq!(
            canonical(&value).unwrap(),
            "{\"a\":[2],\"b\":1,\"\u{1f600}\":3,\"\u{fb33}\":4}".as_bytes()
        );
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = parse(&bytes, 256);
        }

        #[test]
        fn what_is_read_has_one_canonical_form(text in "[\\[\\]{}\",:0-9a-c ]{0,40}") {
            if let Ok(value) = read(&text) {
                let bytes = canonical(&value).unwrap();
                prop_assert_eq!(parse(&bytes, 4096).unwrap(), value);
            }
        }
    }
}
