//! `credentialStatus` of type `BitstringStatusListEntry`: where in which list a credential's status stands.

use serde_json::{Map, Value, json};

use super::{EntrySize, StatusError};
use crate::url::is_url;

/// The type of an entry.
pub const ENTRY_TYPE: &str = "BitstringStatusListEntry";

/// The purpose of entries that mean what their messages say.
const MESSAGE: &str = "message";

/// A place in a status list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What a set status means: `revocation`, `suspension`, `refresh`, `message` or another word.
    pub purpose: String,
    /// The entry's number, from 0.
    pub index: u64,
    /// The URL of the credential that holds the list.
    pub list: String,
    /// Bits of each entry of the list.
    pub size: EntrySize,
    /// What each value says; empty when the credential does not say it, which entries of one bit need not.
    pub messages: Vec<Message>,
}

/// What one value of an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The value.
    pub value: u8,
    /// In words, for software developers.
    pub text: String,
}

impl Entry {
    /// An entry of one bit.
    pub fn bit(purpose: &str, list: &str, index: u64) -> Self {
        Self {
            purpose: purpose.to_owned(),
            index,
            list: list.to_owned(),
            size: EntrySize::BIT,
            messages: Vec::new(),
        }
    }

    /// Reads one value of `credentialStatus`.
    ///
    /// # Errors
    /// [`StatusError::OtherType`] for another kind of status, [`StatusError::Entry`] with the member that breaks a rule.
    pub fn parse(status: &Value) -> Result<Self, StatusError> {
        let Value::Object(members) = status else {
            return Err(StatusError::OtherType);
        };
        if !has_type(members, ENTRY_TYPE) {
            return Err(StatusError::OtherType);
        }
        // One value and a list of it are the same where RDF is signed: a status must not get lost between them.
        let text = |name: &'static str| {
            let text = match members.get(name) {
                Some(Value::Array(items)) if items.len() == 1 => items.first(),
                other => other,
            };
            let text = text.and_then(Value::as_str);
            text.filter(|text| !text.is_empty())
                .ok_or(StatusError::Entry(name))
        };
        let list = text("statusListCredential")?;
        if !is_url(list) {
            return Err(StatusError::Entry("statusListCredential"));
        }
        if let Some(id) = members.get("id")
            && !id.as_str().is_some_and(|id| is_url(id) && id != list)
        {
            return Err(StatusError::Entry("id"));
        }
        let purpose = text("statusPurpose")?;
        let index = index(text("statusListIndex")?).ok_or(StatusError::Entry("statusListIndex"))?;
        let size = match members.get("statusSize") {
            None => Some(EntrySize::BIT),
            Some(size) => size.as_u64().and_then(EntrySize::new),
        };
        let size = size.ok_or(StatusError::Entry("statusSize"))?;
        // Nothing but messages says what such an entry means.
        let means_message = purpose == MESSAGE;
        if means_message && !members.contains_key("statusSize") {
            return Err(StatusError::Entry("statusSize"));
        }
        let messages = match members.get("statusMessage") {
            None if size == EntrySize::BIT && !means_message => Some(Vec::new()),
            None => None,
            Some(messages) => read_messages(messages, size),
        };
        let messages = messages.ok_or(StatusError::Entry("statusMessage"))?;
        if let Some(references) = members.get("statusReference")
            && !are_urls(references)
        {
            return Err(StatusError::Entry("statusReference"));
        }
        Ok(Self {
            purpose: purpose.to_owned(),
            index,
            list: list.to_owned(),
            size,
            messages,
        })
    }

    /// The value for `credentialStatus`.
    pub fn to_json(&self) -> Value {
        let mut entry = json!({
            "id": format!("{}#{}", self.list, self.index),
            "type": ENTRY_TYPE,
            "statusPurpose": self.purpose,
            "statusListIndex": self.index.to_string(),
            "statusListCredential": self.list
        });
        if self.size != EntrySize::BIT || self.purpose == MESSAGE {
            entry["statusSize"] = self.size.bits().into();
        }
        if !self.messages.is_empty() {
            let message =
                |m: &Message| json!({ "status": format!("{:#x}", m.value), "message": m.text });
            entry["statusMessage"] = self.messages.iter().map(message).collect();
        }
        entry
    }
}

/// True when `type` is, or has among its values, this one.
pub(super) fn has_type(members: &Map<String, Value>, wanted: &str) -> bool {
    match members.get("type") {
        Some(Value::Array(types)) => types.iter().any(|one| one.as_str() == Some(wanted)),
        Some(one) => one.as_str() == Some(wanted),
        None => false,
    }
}

/// A whole number in base 10 without leading zeros.
fn index(text: &str) -> Option<u64> {
    let index: u64 = text.parse().ok()?;
    (index.to_string() == text).then_some(index)
}

/// One message for each value that an entry can have.
fn read_messages(value: &Value, size: EntrySize) -> Option<Vec<Message>> {
    let messages: Option<Vec<Message>> = value
        .as_array()?
        .iter()
        .take(size.values() + 1)
        .map(|message| {
            let status = message.get("status")?.as_str()?.strip_prefix("0x")?;
            let digits = status.bytes().all(|byte| byte.is_ascii_hexdigit());
            Some(Message {
                value: u8::from_str_radix(status, 16).ok().filter(|_| digits)?,
                text: message.get("message")?.as_str()?.to_owned(),
            })
        })
        .collect();
    let messages = messages.filter(|messages| messages.len() == size.values())?;
    let all = (0..size.values()).all(|value| {
        let is = |message: &Message| usize::from(message.value) == value;
        messages.iter().any(is)
    });
    all.then_some(messages)
}

fn are_urls(value: &Value) -> bool {
    let is = |one: &Value| one.as_str().is_some_and(is_url);
    match value {
        Value::Array(items) => !items.is_empty() && items.iter().all(is),
        one => is(one),
    }
}
