//! Rules that several members share.

use oxrdf::Literal;
use serde_json::{Map, Value};

use super::{MAX_VALUES, ModelError};
use crate::context::{CREDENTIALS_V2, Contexts, shown};
use crate::rdf;
use crate::time::DateTimeStamp;
use crate::url::is_url;

pub(super) type Object = Map<String, Value>;

pub(super) fn object(value: &Value) -> Result<&Object, ModelError> {
    value.as_object().ok_or(ModelError::NotAnObject)
}

/// `@context`: a list without repetition, first the base context, then known names and objects.
pub(super) fn context(document: &Object, contexts: &Contexts) -> Result<(), ModelError> {
    let Some(Value::Array(items)) = document.get("@context") else {
        return Err(ModelError::Context);
    };
    if items.len() > MAX_VALUES {
        return Err(ModelError::TooMany("@context"));
    }
    let based = items.first().and_then(Value::as_str) == Some(CREDENTIALS_V2);
    let repeated = items
        .iter()
        .enumerate()
        .any(|(n, item)| items.iter().take(n).any(|earlier| earlier == item));
    if !based || repeated {
        return Err(ModelError::Context);
    }
    items.iter().try_for_each(|item| known(item, contexts))
}

/// A context by name, if known, or as an object.
pub(super) fn known(context: &Value, contexts: &Contexts) -> Result<(), ModelError> {
    match context {
        Value::String(name) if contexts.contains(name) => Ok(()),
        Value::String(name) if is_url(name) => Err(ModelError::UnknownContext(shown(name))),
        Value::Object(_) => Ok(()),
        _ => Err(ModelError::Context),
    }
}

/// The types of an object: one or more texts, each once.
pub(super) fn types(object: &Object, member: &'static str) -> Result<Vec<String>, ModelError> {
    let value = object.get("type").ok_or(ModelError::Untyped(member))?;
    if values(value).len() > MAX_VALUES {
        return Err(ModelError::TooMany("type"));
    }
    let types: Option<Vec<String>> = values(value)
        .iter()
        .map(|kind| {
            kind.as_str()
                .filter(|kind| is_type(kind))
                .map(str::to_owned)
        })
        .collect();
    let types = types.ok_or(ModelError::Malformed("type"))?;
    let repeated = types
        .iter()
        .enumerate()
        .any(|(n, kind)| types.iter().take(n).any(|earlier| earlier == kind));
    if types.is_empty() || repeated {
        return Err(ModelError::Malformed("type"));
    }
    Ok(types)
}

/// Every term of a document is defined, and so is every term of the credentials in it. Proofs define their own.
pub(super) fn terms(document: &Value, contexts: &Contexts) -> Result<(), ModelError> {
    let mut unsecured = document.clone();
    if let Value::Object(members) = &mut unsecured {
        members.remove("proof");
        let held = match members.get_mut("verifiableCredential") {
            Some(Value::Array(held)) => held.as_mut_slice(),
            Some(one) => std::slice::from_mut(one),
            None => &mut [],
        };
        for one in held.iter_mut().filter_map(Value::as_object_mut) {
            one.remove("proof");
        }
    }
    Ok(rdf::check(&unsecured, contexts)?)
}

/// True when an object says that it is of this type, whatever else is wrong with it.
pub(super) fn is(object: &Object, kind: &str) -> bool {
    let types = object.get("type").map(values).unwrap_or_default();
    types.iter().any(|one| one.as_str() == Some(kind))
}

/// A term or an absolute URL.
fn is_type(text: &str) -> bool {
    let term = !text.is_empty() && !text.contains([':', '/', '#', '?']);
    let printable = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    printable && (term || is_url(text)) && !text.starts_with('@')
}

/// The types of the document itself, one of which says what it is.
pub(super) fn types_with(document: &Object, kind: &'static str) -> Result<Vec<String>, ModelError> {
    if !document.contains_key("type") {
        return Err(ModelError::Missing("type"));
    }
    let types = types(document, "type")?;
    if types.iter().any(|one| one == kind) {
        Ok(types)
    } else {
        Err(ModelError::Type(kind))
    }
}

/// A member that is one URL, when present.
pub(super) fn url(object: &Object, member: &'static str) -> Result<Option<String>, ModelError> {
    match object.get(member) {
        None => Ok(None),
        Some(Value::String(text)) if is_url(text) => Ok(Some(text.clone())),
        Some(_) => Err(ModelError::NotAUrl(member)),
    }
}

/// A URL, or an object with an `id` that is one: issuers and holders.
pub(super) fn party(value: &Value, member: &'static str) -> Result<String, ModelError> {
    let id = match value {
        Value::String(id) => id,
        Value::Object(party) => {
            texts(party)?;
            match party.get("id") {
                Some(Value::String(id)) => id,
                _ => return Err(ModelError::NotAUrl(member)),
            }
        }
        _ => return Err(ModelError::NotAUrl(member)),
    };
    if is_url(id) {
        Ok(id.clone())
    } else {
        Err(ModelError::NotAUrl(member))
    }
}

/// `name` and `description` of an object, when present.
pub(super) fn texts(object: &Object) -> Result<(), ModelError> {
    for member in ["name", "description"] {
        let Some(value) = object.get(member) else {
            continue;
        };
        let values = values(value);
        if values.is_empty() || !values.iter().all(is_text) {
            return Err(ModelError::Malformed(member));
        }
    }
    Ok(())
}

/// A text, or a text with its language and direction.
fn is_text(value: &Value) -> bool {
    let object = match value {
        Value::String(_) => return true,
        Value::Object(object) => object,
        _ => return false,
    };
    let language = |tag: &str| Literal::new_language_tagged_literal("", tag).is_ok();
    object.contains_key("@value")
        && object
            .iter()
            .all(|(key, value)| match (key.as_str(), value) {
                ("@value", Value::String(_)) => true,
                ("@language", Value::String(tag)) => language(tag),
                ("@direction", Value::String(direction)) => {
                    matches!(direction.as_str(), "ltr" | "rtl")
                }
                _ => false,
            })
}

/// A time, when present.
pub(super) fn time(
    object: &Object,
    member: &'static str,
) -> Result<Option<DateTimeStamp>, ModelError> {
    match object.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => DateTimeStamp::parse(text)
            .map(Some)
            .ok_or(ModelError::Time(member)),
        Some(_) => Err(ModelError::Time(member)),
    }
}

/// The objects of a member that takes one or several; none when it is absent.
pub(super) fn objects<'a>(
    document: &'a Object,
    member: &'static str,
) -> Result<Vec<&'a Object>, ModelError> {
    let Some(value) = document.get(member) else {
        return Ok(Vec::new());
    };
    let values = values(value);
    if values.len() > MAX_VALUES {
        return Err(ModelError::TooMany(member));
    }
    let objects: Option<Vec<&Object>> = values.iter().map(Value::as_object).collect();
    objects
        .filter(|objects| !objects.is_empty())
        .ok_or(ModelError::Malformed(member))
}

/// As [`objects`], each with a `type` and, when it has an `id`, one that is a URL.
pub(super) fn typed<'a>(
    document: &'a Object,
    member: &'static str,
) -> Result<Vec<&'a Object>, ModelError> {
    let objects = objects(document, member)?;
    for object in &objects {
        types(object, member)?;
        url(object, "id")?;
        texts(object)?;
    }
    Ok(objects)
}

/// One value or the values of a list.
pub(super) fn values(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}
