//! The `options` of requests: each member known and of its type, or refused.

use serde_json::{Map, Value};
use tacit_identity::datetime::DateTime;
use tacit_w3c::integrity::Suite;

use super::lists::GivenLists;
use super::problem::{Outcome, Problem};
use crate::errors::ApiError;

/// Most domains of one request, and most of anything else that takes several texts.
const MAX_TEXTS: usize = 16;

/// What a verifier asks for.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// The challenge that proofs must be over.
    pub challenge: Option<String>,
    /// The domains that proofs must be for; empty when any will do.
    pub domain: Vec<String>,
    /// Whether the status is looked up.
    pub status: bool,
    /// Status lists that came along.
    pub lists: GivenLists,
    /// Whether every credential of a presentation must be about its holder.
    pub holder_binding: bool,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            challenge: None,
            domain: Vec::new(),
            status: true,
            lists: GivenLists::default(),
            holder_binding: false,
        }
    }
}

/// A status for which a new credential gets an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Purpose {
    /// Ended for good, on the ledger.
    Revocation,
    /// Stopped for a while, in the issuer's own list.
    Suspension,
}

impl Purpose {
    /// Its `statusPurpose`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
        }
    }

    /// The purpose of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Revocation, Self::Suspension]
            .into_iter()
            .find(|purpose| purpose.name() == name)
    }
}

/// What an issuer decides about a proof, and about the credential's status.
#[derive(Clone, Debug)]
pub struct IssueOptions {
    /// The cryptosuite.
    pub suite: Suite,
    /// When the proof is made; now when `None`.
    pub created: Option<DateTime>,
    /// When it ends.
    pub expires: Option<DateTime>,
    /// A challenge that it answers.
    pub challenge: Option<String>,
    /// Whom it is for.
    pub domain: Vec<String>,
    /// Its `id`, so that other proofs of a chain can name it.
    pub proof_id: Option<String>,
    /// The proofs that it covers: a chain.
    pub previous: Vec<String>,
    /// The statuses that the credential gets.
    pub status: Vec<Purpose>,
}

impl Default for IssueOptions {
    fn default() -> Self {
        Self {
            suite: Suite::EddsaJcs2022,
            created: None,
            expires: None,
            challenge: None,
            domain: Vec::new(),
            proof_id: None,
            previous: Vec::new(),
            status: Vec::new(),
        }
    }
}

pub(super) fn bad(name: &'static str) -> Problem {
    ApiError::bad_field("options", format!("option `{name}` is malformed")).into()
}

pub(super) fn text(value: &Value, name: &'static str) -> Outcome<String> {
    let text = value.as_str().ok_or_else(|| bad(name))?;
    Ok(text.to_owned())
}

pub(super) fn time(value: &Value, name: &'static str) -> Outcome<DateTime> {
    text(value, name)?.parse().map_err(|_| bad(name))
}

pub(super) fn texts(value: &Value, name: &'static str, most: usize) -> Outcome<Vec<String>> {
    match value {
        Value::Array(items) if items.len() <= most => {
            items.iter().map(|item| text(item, name)).collect()
        }
        one => Ok(vec![text(one, name)?]),
    }
}

/// Whether `checks` asks for the status. Form, proofs and validity are always checked.
pub(super) fn status(value: &Value) -> Outcome<bool> {
    let checks = texts(value, "checks", MAX_TEXTS)?;
    let status = |check: &String| ["status", "credentialStatus"].contains(&check.as_str());
    Ok(checks.iter().any(status))
}

pub(super) fn purposes(value: &Value) -> Outcome<Vec<Purpose>> {
    let names = texts(value, "credentialStatus", MAX_TEXTS)?;
    let purposes: Option<Vec<_>> = names.iter().map(|name| Purpose::from_name(name)).collect();
    let mut purposes = purposes.ok_or_else(|| bad("credentialStatus"))?;
    purposes.sort_unstable();
    purposes.dedup();
    Ok(purposes)
}

pub(super) fn given_lists(value: &Value) -> Outcome<GivenLists> {
    let mut lists = GivenLists::default();
    for list in value.as_array().ok_or_else(|| bad("statusLists"))? {
        lists.add(list).ok_or_else(|| bad("statusLists"))?;
    }
    Ok(lists)
}

pub(super) fn unknown() -> Problem {
    ApiError::bad_field("options", "an option is not known here").into()
}

pub(super) fn members(options: Option<Value>) -> Outcome<Map<String, Value>> {
    match options {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(ApiError::bad_field("options", "`options` is an object").into()),
    }
}

impl VerifyOptions {
    /// Reads the `options` of a request to verify.
    ///
    /// # Errors
    /// When a member is not known or malformed.
    pub fn parse(options: Option<Value>) -> Outcome<Self> {
        let mut parsed = Self::default();
        for (name, value) in members(options)?
            .iter()
            .filter(|(_, value)| !value.is_null())
        {
            match name.as_str() {
                "challenge" => parsed.challenge = Some(text(value, "challenge")?),
                "domain" => parsed.domain = texts(value, "domain", MAX_TEXTS)?,
                "checks" => parsed.status = status(value)?,
                "holderBinding" => {
                    parsed.holder_binding = value.as_bool().ok_or_else(|| bad("holderBinding"))?;
                }
                "statusLists" => parsed.lists = given_lists(value)?,
                _ => return Err(unknown()),
            }
        }
        Ok(parsed)
    }
}

impl IssueOptions {
    /// Reads the `options` of a request to issue.
    ///
    /// # Errors
    /// When a member is not known or malformed.
    pub fn parse(options: Option<Value>) -> Outcome<Self> {
        let mut parsed = Self::default();
        for (name, value) in members(options)?
            .iter()
            .filter(|(_, value)| !value.is_null())
        {
            match name.as_str() {
                "cryptosuite" => {
                    parsed.suite = Suite::from_name(&text(value, "cryptosuite")?)
                        .ok_or_else(|| bad("cryptosuite"))?;
                }
                "created" => parsed.created = Some(time(value, "created")?),
                "expires" => parsed.expires = Some(time(value, "expires")?),
                "challenge" => parsed.challenge = Some(text(value, "challenge")?),
                "domain" => parsed.domain = texts(value, "domain", MAX_TEXTS)?,
                "proofId" => parsed.proof_id = Some(text(value, "proofId")?),
                "previousProof" => parsed.previous = texts(value, "previousProof", MAX_TEXTS)?,
                "credentialStatus" => parsed.status = purposes(value)?,
                _ => return Err(unknown()),
            }
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn options_are_known_and_of_their_type_or_refused() {
        let verify = |value| VerifyOptions::parse(Some(value));
        assert!(!verify(json!({"checks": ["proof"]})).unwrap().status);
        assert!(
            verify(json!({"checks": ["proof", "status"]}))
                .unwrap()
                .status
        );
        assert!(
            verify(json!({"challenge": null}))
                .unwrap()
                .challenge
                .is_none()
        );
        assert!(VerifyOptions::parse(None).unwrap().status);
        for bad in [
            json!([]),
            json!({"chalenge": "x"}),
            json!({"domain": 1}),
            json!({"checks": [1]}),
        ] {
            assert!(verify(bad.clone()).is_err(), "{bad}");
        }
        let issue = |value| IssueOptions::parse(Some(value));
        let good = issue(
            json!({"cryptosuite": "eddsa-rdfc-2022", "credentialStatus": ["suspension", "revocation"]}),
        );
        let good = good.unwrap();
        assert_eq!(good.suite, Suite::EddsaRdfc2022);
        assert_eq!(good.status, [Purpose::Revocation, Purpose::Suspension]);
        for bad in [
            json!({"cryptosuite": "ecdsa-2019"}),
            json!({"created": "yesterday"}),
            json!({"expire": "2026-01-01T00:00:00Z"}),
            json!({"credentialStatus": "message"}),
            json!({"previousProof": [1]}),
        ] {
            assert!(issue(bad.clone()).is_err(), "{bad}");
        }
    }
}
