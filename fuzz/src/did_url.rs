//! DID URLs, and the media types that their readers take.

use tacit_identity::did::{
    Accept, Content, DereferenceOptions, Dereferenced, MAX_DID_BYTES, Relation, Resolver, Sources,
    URI_LIST, Unavailable,
};

/// A web server with one document that has a bit of everything.
struct Web;

impl Sources for Web {
    fn file(&self, _: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let document = r##"{"@context": "https://www.w3.org/ns/did/v1.1", "id": "did:web:a.example",
            "verificationMethod": [{"id": "#key", "type": "Multikey", "controller": "did:web:a.example",
                "publicKeyMultibase": "z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"}],
            "service": [{"id": "#files", "type": "Files", "serviceEndpoint": "https://files.example/a/b?c"},
                {"id": "#mail", "type": ["Mail", "Files"], "serviceEndpoint": ["mailto:a@a.example", {"uri": "x"}]}]}"##;
        Ok(Some(document.as_bytes().to_vec()))
    }
}

/// A DID URL, and in the next line what its reader takes.
pub fn did_url(data: &[u8]) {
    let Some(text) = super::str(data) else {
        return;
    };
    let (url, accept) = text.split_once('\n').unwrap_or((text, "*/*"));
    let mut options = DereferenceOptions::default();
    let resolver = Resolver::new(&Web, super::NOW);
    check(url, &resolver.dereference(url, &options));
    options.resolution.accept = Some(Accept::new(accept));
    check(url, &resolver.dereference(url, &options));
    options.relationship = Some(Relation::AssertionMethod);
    let found = resolver.dereference(url, &options);
    // No relation is given to any key of the document.
    assert!(found.content.is_err(), "{url}");
    check(url, &found);
}

fn check(url: &str, found: &Dereferenced) {
    let json = found.to_json();
    assert_eq!(json["contentStream"].is_null(), found.content.is_err());
    assert!((200..600).contains(&found.http_status()));
    if found.content.is_ok() {
        assert!(url.len() <= MAX_DID_BYTES);
    }
    if let Ok(Content::Places(places)) = &found.content {
        assert_eq!((found.content_type, found.http_status()), (URI_LIST, 303));
        let plain = |place: &String| place.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(!places.is_empty() && places.iter().all(plain));
    }
}
