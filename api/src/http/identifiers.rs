//! DID Resolution over HTTP, and the DID document of an issuer that has a `did:web`.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde_json::{Map, Value, json};
use std::sync::Arc;

use super::answer;
use super::routes::App;
use crate::errors::{ApiError, catalogue as reason};
use crate::w3c::resolver::{ResolveError, Resolved};

const PREFIX: &str = "/1.0/identifiers/";
const RESULT: &str = "application/did-resolution";
const DOCUMENT: &str = "application/did";

/// What the answer is to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The whole result: document and both metadata.
    Result,
    /// The document alone, of this media type.
    Document(&'static str),
}

/// `GET /1.0/identifiers/{did}`.
pub(super) async fn resolve(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .map(|accept| accept.to_str().unwrap_or("?"));
    let Some(form) = form(accept) else {
        return not_acceptable();
    };
    let outcome = match did(uri.path()) {
        Some(did) => match no_options(uri.query()) {
            Ok(()) => app.service.resolve(&did).await,
            Err(error) => Err(error),
        },
        None => Err(ResolveError::InvalidDid),
    };
    match outcome {
        Ok(resolved) => found(form, resolved),
        Err(error) => failed(error),
    }
}

fn found(form: Form, resolved: Resolved) -> Response {
    match form {
        Form::Document(media_type) => {
            let media_type = HeaderValue::from_static(media_type);
            answer::typed(StatusCode::OK, media_type, &resolved.document)
        }
        Form::Result => {
            let mut metadata = resolved.resolution_metadata;
            metadata.insert("contentType".to_owned(), DOCUMENT.into());
            let body = result(metadata, resolved.document, resolved.document_metadata);
            answer::typed(StatusCode::OK, HeaderValue::from_static(RESULT), &body)
        }
    }
}

fn failed(error: ResolveError) -> Response {
    let status = match &error {
        ResolveError::InvalidDid | ResolveError::InvalidOptions => StatusCode::BAD_REQUEST,
        ResolveError::NotFound => StatusCode::NOT_FOUND,
        ResolveError::MethodNotSupported => StatusCode::NOT_IMPLEMENTED,
        ResolveError::Failed(error) if error.code() == reason::SERVER_BUSY.code => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ResolveError::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let kind = error.kind();
    let error = ApiError::from(error);
    let problem = json!({
        "type": kind,
        "title": error.reason().meaning,
        "detail": error.message(),
        "reason": error.code(),
    });
    let mut metadata = Map::new();
    metadata.insert("error".to_owned(), problem);
    let body = result(metadata, Value::Null, json!({}));
    answer::typed(status, HeaderValue::from_static(RESULT), &body)
}

fn result(metadata: Map<String, Value>, document: Value, document_metadata: Value) -> Value {
    json!({
        "didResolutionMetadata": metadata,
        "didDocument": document,
        "didDocumentMetadata": document_metadata,
    })
}

fn not_acceptable() -> Response {
    let kind = "https://www.w3.org/ns/did#REPRESENTATION_NOT_SUPPORTED";
    let title = "the media type is not one of those that are answered";
    let mut metadata = Map::new();
    metadata.insert("error".to_owned(), json!({ "type": kind, "title": title }));
    let body = result(metadata, Value::Null, json!({}));
    answer::typed(
        StatusCode::NOT_ACCEPTABLE,
        HeaderValue::from_static(RESULT),
        &body,
    )
}

/// The first media type of `Accept` that is known; the whole result when anything will do.
fn form(accept: Option<&str>) -> Option<Form> {
    let Some(accept) = accept else {
        return Some(Form::Result);
    };
    accept.split(',').find_map(|one| {
        let essence = one.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            RESULT | "*/*" | "application/*" | "application/json" => Some(Form::Result),
            "application/ld+json" if one.contains("https://w3id.org/did-resolution") => {
                Some(Form::Result)
            }
            DOCUMENT => Some(Form::Document(DOCUMENT)),
            "application/did+json" => Some(Form::Document("application/did+json")),
            "application/did+ld+json" | "application/ld+json" => {
                Some(Form::Document("application/did+ld+json"))
            }
            _ => None,
        }
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

/// Options ask for a version of the document. DIDs here have the current one only.
fn no_options(query: Option<&str>) -> Result<(), ResolveError> {
    let names = query.unwrap_or_default().split('&');
    let asked = |name: &str| ["versionId", "versionTime"].contains(&name);
    let names = names.map(|option| option.split('=').next().unwrap_or_default());
    match names.into_iter().any(asked) {
        true => Err(ResolveError::InvalidOptions),
        false => Ok(()),
    }
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
    fn the_answer_has_the_form_that_was_asked_for() {
        assert_eq!(form(None), Some(Form::Result));
        assert_eq!(form(Some("*/*")), Some(Form::Result));
        assert_eq!(form(Some("application/did-resolution")), Some(Form::Result));
        assert_eq!(
            form(Some("text/html, application/did;q=0.9")),
            Some(Form::Document("application/did"))
        );
        assert_eq!(
            form(Some(
                "application/ld+json;profile=\"https://w3id.org/did-resolution\""
            )),
            Some(Form::Result)
        );
        assert_eq!(form(Some("text/html")), None);
    }
}
