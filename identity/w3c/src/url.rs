//! URLs as the data model uses them: absolute, with a scheme. Nothing is ever fetched.

use oxiri::Iri;

/// Longest identifier that is not a `data:` URL, in bytes.
const MAX_URL_BYTES: usize = 2048;

/// True for an absolute URL (RFC 3986, with the wider alphabet of RFC 3987) of at most 2048 bytes.
pub fn is_url(text: &str) -> bool {
    text.len() <= MAX_URL_BYTES && Iri::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_and_bounded() {
        for good in [
            "did:example:a#k",
            "https://a.example/x?y#z",
            "urn:uuid:58172aac",
            "data:,x",
        ] {
            assert!(is_url(good), "{good}");
        }
        let long = format!("urn:{}", "x".repeat(MAX_URL_BYTES));
        for bad in [
            "",
            "x",
            "/x",
            "#x",
            "a b:c",
            "did:example:a b",
            "1:2",
            &long,
        ] {
            assert!(!is_url(bad), "{bad}");
        }
    }
}
