//! A presentation: data model, section 4.13.

use std::fmt;

use serde_json::Value;

use super::fields::{self, Object};
use super::{Credential, MAX_VALUES, ModelError};
use crate::context::Contexts;

const KIND: &str = "VerifiablePresentation";
pub(super) const ENVELOPED_CREDENTIAL: &str = "EnvelopedVerifiableCredential";
const ENVELOPED_PRESENTATION: &str = "EnvelopedVerifiablePresentation";

/// Longest `data:` URL of an enveloped document, in bytes.
const MAX_ENVELOPE_BYTES: usize = 128 * 1024;

/// A document that is secured from outside, such as a JWT or SD-JWT in a `data:` URL. Recognised, not opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Enveloped {
    /// The media type of the envelope, such as `application/vc+sd-jwt`.
    pub media_type: String,
    /// What stands after the comma.
    pub data: String,
}

impl fmt::Debug for Enveloped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Enveloped({})", self.media_type)
    }
}

/// What a presentation holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// A credential with proofs of its own, or one that the holder states.
    Credential(Box<Credential>),
    /// An enveloped credential.
    Enveloped(Enveloped),
}

/// A presentation whose form has been checked; its proofs have not. `Debug` shows no claims.
#[derive(Clone, PartialEq, Eq)]
pub struct Presentation {
    document: Value,
    holder: Option<String>,
    held: Vec<Held>,
}

impl Presentation {
    /// Checks a document against the data model, and every credential in it.
    ///
    /// # Errors
    /// [`ModelError`] names the first rule that is broken.
    pub fn parse(document: Value, contexts: &Contexts) -> Result<Self, ModelError> {
        let members = fields::object(&document)?;
        if fields::is(members, ENVELOPED_PRESENTATION) {
            return Err(ModelError::Enveloped);
        }
        fields::context(members, contexts)?;
        fields::types_with(members, KIND)?;
        fields::url(members, "id")?;
        fields::texts(members)?;
        fields::typed(members, "termsOfUse")?;
        fields::objects(members, "proof")?;
        let holder = members.get("holder");
        let holder = holder.map(|holder| fields::party(holder, "holder"));
        let holder = holder.transpose()?;
        let held = members.get("verifiableCredential");
        let held = held.map(fields::values).unwrap_or_default();
        if held.len() > MAX_VALUES {
            return Err(ModelError::TooMany("verifiableCredential"));
        }
        let held = held
            .iter()
            .map(|one| parse_held(one, contexts))
            .collect::<Result<_, _>>()?;
        fields::terms(&document, contexts)?;
        Ok(Self {
            document,
            holder,
            held,
        })
    }

    /// The document as it came.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Who presents, when the document says so.
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    /// What it holds.
    pub fn held(&self) -> &[Held] {
        &self.held
    }
}

impl fmt::Debug for Presentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presentation")
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}

fn parse_held(value: &Value, contexts: &Contexts) -> Result<Held, ModelError> {
    let Value::Object(members) = value else {
        return Err(ModelError::Malformed("verifiableCredential"));
    };
    if fields::is(members, ENVELOPED_CREDENTIAL) {
        return enveloped(members, contexts).map(Held::Enveloped);
    }
    let credential = Credential::parse_form(value.clone(), contexts)?;
    Ok(Held::Credential(Box::new(credential)))
}

fn enveloped(members: &Object, contexts: &Contexts) -> Result<Enveloped, ModelError> {
    let context = members.get("@context").ok_or(ModelError::Context)?;
    let based = |one: &Value| one.as_str() == Some(crate::context::CREDENTIALS_V2);
    if !fields::values(context).iter().any(based) {
        return Err(ModelError::Context);
    }
    for one in fields::values(context) {
        fields::known(one, contexts)?;
    }
    if fields::types(members, "verifiableCredential")? != [ENVELOPED_CREDENTIAL] {
        return Err(ModelError::Type(ENVELOPED_CREDENTIAL));
    }
    let id = members.get("id").and_then(Value::as_str);
    id.filter(|id| id.len() <= MAX_ENVELOPE_BYTES)
        .and_then(|id| id.strip_prefix("data:")?.split_once(','))
        .filter(|(media_type, data)| media_type.contains('/') && !data.is_empty())
        .map(|(media_type, data)| Enveloped {
            media_type: media_type.to_owned(),
            data: data.to_owned(),
        })
        .ok_or(ModelError::NotAUrl("id"))
}
