//! Where `did:web` and `did:webvh` have their files: from the identifier's host and path to an https URL.
//!
//! The rules are those of did:webvh 1.0 (Method-Specific Identifier), which are the stricter ones: decode once, then look. Whoever
//! fetches the URL must not be led to another host or out of a directory by what the DID says.

use core::fmt::Write;

use super::DidError;
use super::syntax::percent_decode;

/// A host with an optional port and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    authority: String,
    segments: Vec<String>,
}

impl Location {
    /// Reads `host[%3Aport][:segment]*`.
    pub(super) fn parse(identifier: &str) -> Result<Self, DidError> {
        let mut parts = identifier.split(':');
        let authority = authority(parts.next().unwrap_or_default())?;
        let segments = parts.map(segment).collect::<Result<_, _>>()?;
        Ok(Self {
            authority,
            segments,
        })
    }

    /// The URL of a file: in the path, or in `.well-known` when there is none.
    pub(super) fn url(&self, file: &str) -> String {
        let mut url = format!("https://{}", self.authority);
        if self.segments.is_empty() {
            url.push_str("/.well-known");
        }
        for segment in &self.segments {
            url.push('/');
            url.push_str(segment);
        }
        url.push('/');
        url.push_str(file);
        url
    }

    /// True for a host of several labels: `localhost` is none.
    pub(super) fn is_qualified(&self) -> bool {
        self.authority.contains('.')
    }
}

fn authority(text: &str) -> Result<String, DidError> {
    let refused = DidError::Location;
    let decoded = percent_decode(text).ok_or(refused("malformed percent-encoding"))?;
    let (host, port) = match decoded.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (decoded.as_str(), None),
    };
    if !is_host(host) {
        return Err(refused("the host must be a DNS name in ASCII"));
    }
    match port {
        None => Ok(host.to_ascii_lowercase()),
        Some(port) => match port.parse::<u16>() {
            Ok(number @ 1..) if port.len() <= 5 && port.bytes().all(|c| c.is_ascii_digit()) => {
                Ok(format!("{}:{number}", host.to_ascii_lowercase()))
            }
            _ => Err(refused("the port must be 1 to 65535")),
        },
    }
}

/// A DNS name, never an IP address: a last label with a letter at its front is what tells them apart (RFC 1123, section 2.1; URL
/// readers take any last label that is a number, also a hexadecimal one, for an IPv4 address).
fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.len() <= 253
        && host.split('.').all(label)
        && last.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn segment(text: &str) -> Result<String, DidError> {
    let refused = DidError::Location("a path segment is empty, a dot segment or has a separator");
    let decoded = percent_decode(text).ok_or(DidError::Location("malformed percent-encoding"))?;
    if decoded.is_empty()
        || decoded == "."
        || decoded == ".."
        || decoded.trim() != decoded
        || decoded.contains(['/', '\\'])
        || decoded.contains(char::is_control)
    {
        return Err(refused);
    }
    let mut out = String::with_capacity(decoded.len());
    for byte in decoded.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Ok(out)
}
