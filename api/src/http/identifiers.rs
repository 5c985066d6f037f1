//! DID Resolution over HTTP, and the DID document of an issuer that has a `did:web`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use std::sync::Arc;
use tacit_identity::did::{Accept, DidDocument, Options, Resolution, ResolveError};

use super::answer;
use super::routes::App;
use crate::errors::{ApiError, catalogue as reason};
use crate::w3c::problem::Problem;

const PREFIX: &str = "/1.0/identifiers/";
const RESULT: &str = "application/did-resolution";

/// `GET /1.0/identifiers/{did}`.
pub(super) async fn resolve(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .map(|accept| accept.to_str().unwrap_or("?"));
    let whole = wants_result(accept);
    let mut options = Options::default();
    if let Some(accept) = accept.filter(|_| !whole) {
        options.accept = Some(Accept::new(accept));
    }
    // What cannot be read as a DID is refused as one.
    let did = did(uri.path()).unwrap_or_default();
    if let Err(error) = read_options(uri.query(), &mut options) {
        return failed(&error);
    }
    match app.service.resolve(did, options).await {
        Ok(resolution) => answer(whole, &resolution),
        Err(error) => Problem::from(error).into_response(),
    }
}

fn answer(whole: bool, resolution: &Resolution) -> Response {
    let status = status(resolution.http_status());
    match &resolution.document {
        Ok(document) if !whole => {
            let media_type = HeaderValue::from_static(resolution.content_type);
            answer::typed(status, media_type, DidDocument::as_json(document))
        }
        _ => answer::typed(
            status,
            HeaderValue::from_static(RESULT),
            &resolution.to_json(),
        ),
    }
}

fn failed(error: &ResolveError) -> Response {
    let body = serde_json::json!({
        "didDocument": null,
        "didResolutionMetadata": { "error": error.problem() },
        "didDocumentMetadata": {}
    });
    let media_type = HeaderValue::from_static(RESULT);
    answer::typed(status(error.http_status()), media_type, &body)
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The whole result goes to whoever asks for it, or for nothing in particular.
fn wants_result(accept: Option<&str>) -> bool {
    let Some(accept) = accept else {
        return true;
    };
    accept.split(',').any(|one| {
        let essence = one.split(';').next().unwrap_or_default().trim();
        let any = [RESULT, "*/*", "application/*", "application/json"];
        any.iter().any(|known| essence.eq_ignore_ascii_case(known))
            || one.contains("https://w3id.org/did-resolution")
    })
}

/// The DID in the path: as it is, or percent-encoded as a whole.
fn did(path: &str) -> Option<String> {
    let text = path.strip_prefix(PREFIX)?;
    match text.starts_with("did:") {
        true => Some(text.to_owned()),
        false => decoded(text),
    }
}

fn read_options(query: Option<&str>, options: &mut Options) -> Result<(), ResolveError> {
    for option in query
        .unwrap_or_default()
        .split('&')
        .filter(|option| !option.is_empty())
    {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let text = |text| decoded(text).ok_or(ResolveError::Options("option"));
        options.set(&text(name)?, &text(value)?)?;
    }
    Ok(())
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        rest = after;
        bytes.extend(hex::decode(digits).ok()?);
    }
    String::from_utf8(bytes).ok()
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

    #[test]
    fn the_path_names_a_did_as_it_is_or_encoded() {
        let did = |text: &str| did(&format!("{PREFIX}{text}"));
        assert_eq!(did("did:key:z6Mk").as_deref(), Some("did:key:z6Mk"));
        assert_eq!(did("did%3Akey%3Az6Mk").as_deref(), Some("did:key:z6Mk"));
        assert_eq!(did("did:web:a%3A8443").as_deref(), Some("did:web:a%3A8443"));
        assert_eq!(
            did("did%3Aweb%3Aa%253A8443").as_deref(),
            Some("did:web:a%3A8443")
        );
        for bad in ["did%3", "%zz", "%ff%fe"] {
            assert_eq!(did(bad), None, "{bad}");
        }
    }

    #[test]
    fn options_are_decoded_and_given_once() {
        let read = |query: &str| {
            let mut options = Options::default();
            read_options(Some(query), &mut options).map(|()| options)
        };
        assert_eq!(
            read("versionId=2").unwrap().version_id.as_deref(),
            Some("2")
        );
        assert!(
            read("versionTime=2026-01-01T00%3A00%3A00Z")
                .unwrap()
                .version_time
                .is_some()
        );
        assert_eq!(read("").unwrap(), Options::default());
        for bad in [
            "versionId",
            "versionId=1&versionId=2",
            "versionTime=x",
            "x=1",
            "versionId=%f",
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
            assert!(wants_result(whole), "{whole:?}");
        }
        for document in ["application/did", "application/did+json", "text/html"] {
            assert!(!wants_result(Some(document)), "{document}");
        }
    }
}
