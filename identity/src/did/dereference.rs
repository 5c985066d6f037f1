//! From a DID URL to what it names (DID Resolution, DID URL Dereferencing): the document, one of its parts, or where its services are.
//!
//! Nothing that a document names is fetched: the places of services are given as they stand.

use oxiri::Iri;
use serde_json::{Map, Value, json};

use super::{
    Accept, DidDocument, DidUrl, DocumentMetadata, Options, Relation, ResolveError, Resolver,
};

/// The media type of a list of places.
pub const URI_LIST: &str = "text/uri-list";

/// Options of dereferencing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DereferenceOptions {
    /// Those of the resolution; `accept` is what the caller takes of the content.
    pub resolution: Options,
    /// The URL must name a verification method that the document authorises for this.
    pub relationship: Option<Relation>,
}

impl DereferenceOptions {
    /// Adds an option by its name in URLs.
    ///
    /// # Errors
    /// As [`Options::set`].
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ResolveError> {
        if name != "verificationRelationship" {
            return self.resolution.set(name, value);
        }
        let mut known = Relation::ALL.into_iter();
        let relation = known.find(|relation| relation.name() == value);
        match (relation, self.relationship) {
            (Some(_), None) => self.relationship = relation,
            _ => return Err(ResolveError::Options("verificationRelationship")),
        }
        Ok(())
    }
}

/// What a DID URL leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A document: whole, or with the selected services only.
    Document(Value),
    /// A verification method or service of it, with the context of the document.
    Part(Value),
    /// Where the selected services are: at least one URI.
    Places(Vec<String>),
}

/// The answer to a DID URL.
#[derive(Debug, Clone, PartialEq)]
pub struct Dereferenced {
    /// What stands there.
    pub content: Result<Content, ResolveError>,
    /// Its media type.
    pub content_type: &'static str,
    /// What is known about the document that it stands in.
    pub metadata: DocumentMetadata,
    /// Proofs that the document is what its registry says.
    pub proof: Vec<Value>,
}

impl Dereferenced {
    /// The answer that there is none.
    pub fn failed(error: ResolveError) -> Self {
        Self {
            content: Err(error),
            content_type: Accept::DEFAULT,
            metadata: DocumentMetadata::default(),
            proof: Vec::new(),
        }
    }

    /// The status of an HTTP answer with the content: 303 for places, 410 for every answer about a deactivated DID.
    pub fn http_status(&self) -> u16 {
        match &self.content {
            _ if self.metadata.deactivated => 410,
            Ok(Content::Places(_)) => 303,
            Ok(_) => 200,
            Err(error) => error.http_status(),
        }
    }

    /// The DID URL dereferencing result.
    pub fn to_json(&self) -> Value {
        let mut dereferencing = Map::new();
        let content = match &self.content {
            Ok(content) => {
                dereferencing.insert("contentType".to_owned(), self.content_type.into());
                match content {
                    Content::Document(value) | Content::Part(value) => value.clone(),
                    Content::Places(places) => json!(places),
                }
            }
            Err(ResolveError::Deactivated) => Value::Null,
            Err(error) => {
                dereferencing.insert("error".to_owned(), error.problem());
                Value::Null
            }
        };
        if !self.proof.is_empty() {
            dereferencing.insert("proof".to_owned(), Value::Array(self.proof.clone()));
        }
        json!({
            "contentStream": content,
            "dereferencingMetadata": dereferencing,
            "contentMetadata": self.metadata.to_json()
        })
    }
}

/// What a DID URL says about services.
#[derive(Default)]
struct Wanted {
    service: Option<String>,
    kind: Option<String>,
    relative: Option<String>,
}

impl Wanted {
    fn is_any(&self) -> bool {
        self.service.is_some() || self.kind.is_some()
    }
}

impl Resolver<'_> {
    /// Dereferences a DID URL. Versions in its query are options, as those of `options` are.
    pub fn dereference(&self, url: &str, options: &DereferenceOptions) -> Dereferenced {
        self.try_dereference(url, options)
            .unwrap_or_else(Dereferenced::failed)
    }

    fn try_dereference(
        &self,
        url: &str,
        options: &DereferenceOptions,
    ) -> Result<Dereferenced, ResolveError> {
        let url: DidUrl = url.parse().map_err(ResolveError::Url)?;
        if !url.path.is_empty() {
            return Err(ResolveError::NotFound("no method here has paths"));
        }
        let mut resolution = options.resolution.clone();
        let mut wanted = Wanted::default();
        for (name, value) in &url.parameters {
            match name.as_str() {
                "service" => wanted.service = Some(value.clone()),
                "serviceType" => wanted.kind = Some(value.clone()),
                "relativeRef" => wanted.relative = Some(value.clone()),
                "versionId" | "versionTime" | "versionNumber" => resolution.set(name, value)?,
                "hl" => return Err(ResolveError::Feature("the parameter hl")),
                _ => return Err(ResolveError::NotFound("no method here has this query")),
            }
        }
        if wanted.relative.is_some() && !wanted.is_any() {
            return Err(ResolveError::NotFound(
                "relativeRef is relative to a service, and the URL names none",
            ));
        }
        let content_type = content_type(resolution.accept.as_ref(), &wanted)?;
        if content_type == URI_LIST {
            // The document itself is not given away, so it may have any form.
            resolution.accept = None;
        }
        let resolution = self.try_resolve(url.did.as_str(), &resolution)?;
        let content = resolution.document.and_then(|document| {
            if content_type == URI_LIST {
                return places(&document, &wanted, url.fragment.as_deref(), options);
            }
            let whole = selected(&document, &wanted);
            match &url.fragment_url() {
                Some(fragment) => part(&document, &whole, fragment, options.relationship),
                None if options.relationship.is_some() => Err(ResolveError::NotAMethod),
                None => Ok(Content::Document(whole)),
            }
        });
        Ok(Dereferenced {
            content,
            content_type,
            metadata: resolution.metadata,
            proof: resolution.proof,
        })
    }
}

fn content_type(accept: Option<&Accept>, wanted: &Wanted) -> Result<&'static str, ResolveError> {
    let Some(accept) = accept else {
        return Ok(Accept::DEFAULT);
    };
    let mut known = Accept::KNOWN.to_vec();
    if wanted.is_any() {
        known.push(URI_LIST);
    }
    accept.among(&known).ok_or(ResolveError::Representation)
}

/// The document, with the wanted services only when services are wanted.
fn selected(document: &DidDocument, wanted: &Wanted) -> Value {
    let mut json = document.as_json().clone();
    if let Some(Value::Array(services)) = json.get_mut("service")
        && wanted.is_any()
    {
        services.retain(|service| is_wanted(service, document.did(), wanted));
    }
    json
}

fn is_wanted(service: &Value, did: &str, wanted: &Wanted) -> bool {
    // `files`, `#files` and the whole URL name the same service.
    let absolute = |id: &str| match id {
        id if id.starts_with('#') => format!("{did}{id}"),
        id if Iri::parse(id).is_ok() => id.to_owned(),
        id => format!("{did}#{id}"),
    };
    let id = service.get("id").and_then(Value::as_str).map(absolute);
    let kinds = match service.get("type") {
        Some(Value::Array(kinds)) => kinds.as_slice(),
        Some(kind) => std::slice::from_ref(kind),
        None => &[],
    };
    let named = |name: &String| id.as_deref() == Some(&absolute(name));
    let of_kind = |kind: &String| kinds.iter().any(|one| one == kind);
    wanted.service.as_ref().is_none_or(named) && wanted.kind.as_ref().is_none_or(of_kind)
}

/// What a fragment names in the document as it is given.
fn part(
    document: &DidDocument,
    given: &Value,
    url: &str,
    relationship: Option<Relation>,
) -> Result<Content, ResolveError> {
    if let Some(relationship) = relationship {
        document.method(url).ok_or(ResolveError::NotAMethod)?;
        if !document.authorizes(relationship, url) {
            return Err(ResolveError::NotAuthorized);
        }
    }
    let missing = ResolveError::NotFound("the document has no such part");
    let part = document.find(url).ok_or(missing.clone())?;
    let is_service = document.method(url).is_none();
    let services = given.get("service").and_then(Value::as_array);
    if is_service && !services.is_some_and(|services| services.contains(part)) {
        return Err(missing);
    }
    let mut part = part.clone();
    if let (Some(members), Some(context)) = (part.as_object_mut(), given.get("@context")) {
        members.entry("@context").or_insert_with(|| context.clone());
    }
    Ok(Content::Part(part))
}

/// Where the wanted services are.
fn places(
    document: &DidDocument,
    wanted: &Wanted,
    fragment: Option<&str>,
    options: &DereferenceOptions,
) -> Result<Content, ResolveError> {
    if options.relationship.is_some() {
        return Err(ResolveError::NotAMethod);
    }
    let services = document.as_json().get("service").and_then(Value::as_array);
    let services = services.into_iter().flatten();
    let endpoints = services
        .filter(|service| is_wanted(service, document.did(), wanted))
        .filter_map(|service| service.get("serviceEndpoint"))
        .flat_map(|endpoint| match endpoint {
            Value::Array(endpoints) => endpoints.as_slice(),
            one => std::slice::from_ref(one),
        });
    let mut places = Vec::new();
    // Endpoints that are maps have no place of their own.
    for endpoint in endpoints.filter_map(Value::as_str) {
        places.push(place(endpoint, wanted.relative.as_deref(), fragment)?);
    }
    match places.is_empty() {
        true => Err(ResolveError::NotFound("the document has no such service")),
        false => Ok(Content::Places(places)),
    }
}

/// An endpoint with what the DID URL adds (RFC 3986, section 5). That may lead elsewhere on the endpoint's host, never to another:
/// who follows the answer trusts the document, and whoever wrote the URL is somebody else.
fn place(
    endpoint: &str,
    relative: Option<&str>,
    fragment: Option<&str>,
) -> Result<String, ResolveError> {
    let refused = ResolveError::NotFound("the service's endpoint and the URL make no place");
    let uri = |text: String| match text.is_ascii() {
        true => Iri::parse(text).map_err(|_| refused.clone()),
        false => Err(refused.clone()),
    };
    let base = uri(endpoint.to_owned())?;
    let place = match relative {
        Some(relative) => base.resolve(relative).map_err(|_| refused.clone())?,
        None => base.clone(),
    };
    let place = match fragment {
        None => uri(place.into_inner())?,
        Some(_) if place.fragment().is_some() => return Err(refused),
        Some(fragment) => uri(format!("{place}#{fragment}"))?,
    };
    match (place.scheme(), place.authority()) == (base.scheme(), base.authority()) {
        true => Ok(place.into_inner()),
        false => Err(refused),
    }
}
