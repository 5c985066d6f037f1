//! DIDs and DID URLs as text (DID Core 1.1, section 3). Only the forms of the standard, bounded; a DID URL is absolute.

use core::fmt;
use core::str::FromStr;

use super::DidError;

/// Longest DID or DID URL accepted, in bytes.
pub const MAX_DID_BYTES: usize = 2048;

/// Most parameters of a query.
const MAX_PARAMETERS: usize = 16;

/// A DID of any method.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did {
    text: String,
    method_end: usize,
}

impl Did {
    /// The method's name, such as `key`.
    pub fn method(&self) -> &str {
        self.text.get(4..self.method_end).unwrap_or_default()
    }

    /// What follows the method's name.
    pub fn identifier(&self) -> &str {
        self.text.get(self.method_end + 1..).unwrap_or_default()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Did {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        let refused = DidError::NotDid;
        if text.len() > MAX_DID_BYTES {
            return Err(refused);
        }
        let rest = text.strip_prefix("did:").ok_or(refused)?;
        let (method, identifier) = rest.split_once(':').ok_or(refused)?;
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let allowed = |c: u8| c.is_ascii_alphanumeric() || b".-_:".contains(&c);
        if method.is_empty()
            || !method.bytes().all(plain)
            || identifier.is_empty()
            || identifier.ends_with(':')
            || !is_made_of(identifier, allowed)
        {
            return Err(refused);
        }
        Ok(Self {
            text: text.to_owned(),
            method_end: 4 + method.len(),
        })
    }
}

/// A DID URL: a DID with what may follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DidUrl {
    /// The DID.
    pub did: Did,
    /// The path with its leading `/`, or nothing.
    pub path: String,
    /// Names and values of the query, percent-decoded.
    pub parameters: Vec<(String, String)>,
    /// What follows `#`, as it was written.
    pub fragment: Option<String>,
}

impl DidUrl {
    /// The URL of the fragment in the DID's document: the DID, `#` and the fragment.
    pub fn fragment_url(&self) -> Option<String> {
        let fragment = self.fragment.as_ref()?;
        Some(format!("{}#{fragment}", self.did))
    }

    /// True when there is nothing between the DID and the fragment.
    pub fn is_plain(&self) -> bool {
        self.path.is_empty() && self.parameters.is_empty()
    }
}

impl FromStr for DidUrl {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        let refused = DidError::NotDidUrl;
        if text.len() > MAX_DID_BYTES {
            return Err(refused);
        }
        let (rest, fragment) = match text.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (text, None),
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (did, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let in_path = |c: u8| c.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&c);
        let in_query = |c: u8| in_path(c) || c == b'?';
        let fits = |text: Option<&str>| text.is_none_or(|text| is_made_of(text, in_query));
        if !is_made_of(path, in_path) || !fits(query) || !fits(fragment) {
            return Err(refused);
        }
        Ok(Self {
            did: did.parse().map_err(|_| refused)?,
            path: path.to_owned(),
            parameters: query.map_or(Ok(Vec::new()), parameters)?,
            fragment: fragment.map(str::to_owned),
        })
    }
}

fn parameters(query: &str) -> Result<Vec<(String, String)>, DidError> {
    let mut out: Vec<(String, String)> = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text| percent_decode(text).ok_or(DidError::NotDidUrl);
        let (name, value) = (decode(name)?, decode(value)?);
        // A name twice would mean one thing to one reader and another to the next.
        if name.is_empty() || out.len() == MAX_PARAMETERS || out.iter().any(|(n, _)| *n == name) {
            return Err(DidError::NotDidUrl);
        }
        out.push((name, value));
    }
    Ok(out)
}

/// True when a text has only such characters and well-formed percent-encodings.
fn is_made_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let mut bytes = text.bytes();
    while let Some(c) = bytes.next() {
        let hex = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_hexdigit());
        let encoded = c == b'%';
        if !(allowed(c) || encoded && hex(bytes.next()) && hex(bytes.next())) {
            return false;
        }
    }
    true
}

/// Decodes percent-encodings once; `None` for a malformed one or for what is not UTF-8.
pub fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(c) = bytes.next() {
        if c != b'%' {
            out.push(c);
            continue;
        }
        let digit = |c: Option<u8>| char::from(c?).to_digit(16);
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}
