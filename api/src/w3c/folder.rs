//! Files of web servers in a folder: `HOST/PATH`, a port after `%3A`.

use std::path::{Path, PathBuf};

/// Where in a folder the file of a URL stands; `None` for URLs that could lead out of it.
pub fn file_of(folder: &Path, url: &str) -> Option<PathBuf> {
    let segment = |part: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.%".contains(c);
        !part.is_empty() && part.chars().all(plain) && part.chars().any(|c| c != '.')
    };
    let place = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let mut path = folder.to_owned();
    for part in place.split('/') {
        let part = part.replace(':', "%3A");
        if !segment(&part) {
            return None;
        }
        path.push(part);
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stand_where_their_urls_say_and_never_elsewhere() {
        let folder = Path::new("dids");
        let at = |url: &str| file_of(folder, url).map(|path| path.to_str().unwrap().to_owned());
        assert_eq!(
            at("https://a.example/.well-known/did.json").as_deref(),
            Some("dids/a.example/.well-known/did.json")
        );
        assert_eq!(
            at("https://a.example:8443/x/did.jsonl").as_deref(),
            Some("dids/a.example%3A8443/x/did.jsonl")
        );
        assert_eq!(
            at("http://127.0.0.1:8790/status/revocation/0").as_deref(),
            Some("dids/127.0.0.1%3A8790/status/revocation/0")
        );
        for bad in [
            "ftp://a.example/did.json",
            "https://../did.json",
            "https://a.example/../../did.json",
            "https://a.example//did.json",
            "https://a.example/.../did.json",
            "https://a.example/a\\b/did.json",
            "https://a.example/a\0/did.json",
            "https:///etc/passwd",
        ] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }
}
