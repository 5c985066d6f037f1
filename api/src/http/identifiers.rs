//! DID Resolution and DID URL Dereferencing over HTTP, and the DID document of an issuer that has a `did:web`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use std::sync::Arc;
use tacit_identity::did::{
    Accept, Content, DereferenceOptions, Dereferenced, DidDocument, Resolution, ResolveError,
    URI_LIST, percent_decode,
};

use super::answer;
use super::routes::App;
use crate::errors::{ApiError, catalogue as reason};
use crate::w3c::problem::Problem;

const PREFIX: &str = "/1.0/identifiers/";
const RESOLUTION: &str = "application/did-resolution";
const DEREFERENCING: &str = "application/did-url-dereferencing";

/// Parameters of DID URLs that no option has the name of.
const PARAMETERS: [&str; 4] = ["service", "serviceType", "relativeRef", "hl"];

/// `GET /1.0/identifiers/{did}`: a DID or a DID URL.
pub(super) async fn resolve(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .map(|accept| accept.to_str().unwrap_or("?"));
    let asked = match Asked::read(&uri, accept) {
        Ok(asked) => asked,
        Err(error) => return resolved(true, &Resolution::failed(error)),
    };
    let Asked {
        url,
        whole,
        options,
        ..
    } = asked;
    if asked.dereference {
        return match app.service.dereference(url, options).await {
            Ok(dereferenced) => dereferenced_as(whole, &dereferenced),
            Err(error) => Problem::from(error).into_response(),
        };
    }
    match app.service.resolve(url, options.resolution).await {
        Ok(resolution) => resolved(whole, &resolution),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// What a request asks for.
#[derive(Debug, PartialEq)]
struct Asked {
    /// The DID or DID URL.
    url: String,
    /// It is dereferenced, not resolved.
    dereference: bool,
    /// The whole result is wanted, not only the document or content.
    whole: bool,
    options: DereferenceOptions,
}

impl Asked {
    fn read(uri: &Uri, accept: Option<&str>) -> Result<Self, ResolveError> {
        // What cannot be read as a DID is refused as one.
        let mut url = identifier(uri.path()).unwrap_or_default();
        let mut options = DereferenceOptions::default();
        let query = uri.query().unwrap_or_default();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let text = |text| percent_decode(text).ok_or(ResolveError::Options("option"));
            let name = text(name)?;
            if PARAMETERS.contains(&name.as_str()) {
                add_parameter(&mut url, option);
            } else {
                options.set(&name, &text(value)?)?;
            }
        }
        let has = |media_type: &str| {
            accept.is_some_and(|accept| {
                let mut names = accept.split(',').map(essence);
                names.any(|name| name.eq_ignore_ascii_case(media_type))
            })
        };
        let dereference = url.contains(['/', '?', '#'])
            || options.relationship.is_some()
            || has(DEREFERENCING)
            || has(URI_LIST);
        let whole = wants_result(
            accept,
            if dereference {
                DEREFERENCING
            } else {
                RESOLUTION
            },
        );
        // Beside the type of the whole result there can be those of its content.
        let content = accept.filter(|_| !whole || has(URI_LIST));
        if let Some(content) = content {
            options.resolution.accept = Some(Accept::new(content));
        }
        Ok(Self {
            url,
            dereference,
            whole,
            options,
        })
    }
}

/// The name of a media range.
fn essence(range: &str) -> &str {
    range.split(';').next().unwrap_or_default().trim()
}

/// A parameter that stands in the request's query because the DID URL was not encoded.
fn add_parameter(url: &mut String, parameter: &str) {
    let (before, fragment) = match url.split_once('#') {
        Some((before, fragment)) => (before, format!("#{fragment}")),
        None => (url.as_str(), String::new()),
    };
    let mark = if before.contains('?') { '&' } else { '?' };
    *url = format!("{before}{mark}{parameter}{fragment}");
}

fn resolved(whole: bool, resolution: &Resolution) -> Response {
    let status = status(resolution.http_status());
    match &resolution.document {
        Ok(document) if !whole => {
            let media_type = HeaderValue::from_static(resolution.content_type);
            answer::typed(status, media_type, DidDocument::as_json(document))
        }
        _ => answer::typed(
            status,
            HeaderValue::from_static(RESOLUTION),
            &resolution.to_json(),
        ),
    }
}

fn dereferenced_as(whole: bool, dereferenced: &Dereferenced) -> Response {
    let code = dereferenced.http_status();
    let result = |code| {
        let media_type = HeaderValue::from_static(DEREFERENCING);
        answer::typed(status(code), media_type, &dereferenced.to_json())
    };
    match &dereferenced.content {
        Ok(Content::Document(value) | Content::Part(value)) if !whole => {
            let media_type = HeaderValue::from_static(dereferenced.content_type);
            answer::typed(status(code), media_type, value)
        }
        Ok(Content::Places(places)) if !whole => {
            let first = places.first().map(String::as_str).unwrap_or_default();
            match HeaderValue::from_str(first) {
                Ok(place) => answer::see(place),
                Err(_) => result(500),
            }
        }
        // The result itself is no place.
        Ok(_) => result(if code == 303 { 200 } else { code }),
        Err(_) => result(code),
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The whole result goes to whoever asks for it, or for nothing in particular.
fn wants_result(accept: Option<&str>, result: &str) -> bool {
    let Some(accept) = accept else {
        return true;
    };
    accept.split(',').any(|one| {
        let is = |name: &str| essence(one).eq_ignore_ascii_case(name);
        // Names of the result of a resolution that are older than its own.
        let older = is("application/json") || one.contains("https://w3id.org/did-resolution");
        is(result) || is("*/*") || is("application/*") || (result == RESOLUTION && older)
    })
}

/// The DID or DID URL in the path: as it is, or percent-encoded as a whole. A `#` must be encoded in any case.
fn identifier(path: &str) -> Option<String> {
    let text = path.strip_prefix(PREFIX)?;
    match text.starts_with("did:") {
        true => Some(text.replacen("%23", "#", 1)),
        false => percent_decode(text),
    }
}

/// Paths without a route: the document of the issuer's `did:web` stands where its DID says.
pub(super) async fn elsewhere(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let identity = app.service.issuer().ok().map(|issuer| issuer.identity());
    match identity.filter(|identity| identity.web_path() == Some(uri.path())) {
        Some(identity) => {
            let media_type = HeaderValue::from_static("application/did+json");
            answer::typed(StatusCode::OK, media_type, &identity.document())
        }
        None => answer::plain(
            StatusCode::NOT_FOUND,
            &ApiError::new(&reason::NOT_FOUND, "there is nothing at this path"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path_and_query: &str, accept: Option<&str>) -> Result<Asked, ResolveError> {
        let uri = format!("{PREFIX}{path_and_query}").parse().unwrap();
        Asked::read(&uri, accept)
    }

    #[test]
    fn the_path_names_a_did_or_a_did_url_as_it_is_or_encoded() {
        for (path, url, dereference) in [
            ("did:key:z6Mk", "did:key:z6Mk", false),
            ("did%3Akey%3Az6Mk", "did:key:z6Mk", false),
            ("did:web:a%3A8443", "did:web:a%3A8443", false),
            ("did%3Aweb%3Aa%253A8443", "did:web:a%3A8443", false),
            ("did:web:a%3A8443%23key", "did:web:a%3A8443#key", true),
            ("did%3Aweb%3Aa%23key", "did:web:a#key", true),
            ("did:web:a/path/x", "did:web:a/path/x", true),
            ("did:web:a?service=x", "did:web:a?service=x", true),
            (
                "did:web:a%23k?service=x&relativeRef=%2Fy",
                "did:web:a?service=x&relativeRef=%2Fy#k",
                true,
            ),
            (
                "did%3Aweb%3Aa%3Fservice%3Dx%26relativeRef%3D%252Fy",
                "did:web:a?service=x&relativeRef=%2Fy",
                true,
            ),
            ("did:web:a?versionId=1", "did:web:a", false),
            (
                "did:web:a?verificationRelationship=authentication",
                "did:web:a",
                true,
            ),
            ("did%3", "", false),
            ("%zz", "", false),
            ("%ff%fe", "", false),
        ] {
            let asked = asked(path, None).unwrap();
            assert_eq!(
                (asked.url.as_str(), asked.dereference),
                (url, dereference),
                "{path}"
            );
        }
    }

    #[test]
    fn options_are_decoded_and_given_once() {
        let read = |query: &str| asked(&format!("did:web:a?{query}"), None);
        let options = |query: &str| read(query).unwrap().options;
        let version = options("versionId=2").resolution.version_id;
        assert_eq!(version.as_deref(), Some("2"));
        let time = options("versionTime=2026-01-01T00%3A00%3A00Z");
        assert!(time.resolution.version_time.is_some());
        assert_eq!(options(""), DereferenceOptions::default());
        for bad in [
            "versionId",
            "versionId=1&versionId=2",
            "versionTime=x",
            "x=1",
            "versionId=%f",
            "verificationRelationship=x",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_whole_result_goes_to_whoever_asks_for_it() {
        for whole in [
            None,
            Some("*/*"),
            Some("text/html, application/did-resolution"),
            Some("application/ld+json;profile=\"https://w3id.org/did-resolution\""),
        ] {
            assert!(asked("did:web:a", whole).unwrap().whole, "{whole:?}");
        }
        for document in ["application/did", "application/did+json", "text/html"] {
            let asked = asked("did:web:a", Some(document)).unwrap();
            assert!(!asked.whole && !asked.dereference, "{document}");
            assert_eq!(asked.options.resolution.accept, Some(Accept::new(document)));
        }
        let result = asked("did:web:a", Some(DEREFERENCING)).unwrap();
        assert!(result.whole && result.dereference);
        assert_eq!(result.options.resolution.accept, None);
        let places = asked("did:web:a?service=x", Some(URI_LIST)).unwrap();
        assert!(!places.whole && places.dereference);
        let both = format!("{DEREFERENCING}, {URI_LIST}");
        let both = asked("did:web:a?service=x", Some(&both)).unwrap();
        assert!(both.whole && both.options.resolution.accept.is_some());
    }
}
