//! Lists that come with a request.

use serde_json::Value;
use std::str::FromStr;
use tacit_circuits::types::Timestamp;
use tacit_identity::datetime::DateTime;
use tacit_identity::sd_jwt::status::StatusListToken;

use super::{FoundList, ListKind};

/// Most lists of one request.
pub const MAX_GIVEN: usize = 16;

/// Lists that came with a request: signed, so that they prove themselves. Nobody knows when they were fetched, so their age
/// counts from when they were made, and one that does not say that is stale.
#[derive(Clone, Debug, Default)]
pub struct GivenLists(Vec<Given>);

#[derive(Clone, Debug)]
struct Given {
    kind: ListKind,
    url: String,
    found: FoundList,
}

impl GivenLists {
    /// Reads one list: a credential (an object) or a status list token (a text). `None` when it is none, or does not say under
    /// which URL it stands.
    pub fn add(&mut self, list: &Value) -> Option<()> {
        let (kind, url, content, at) = match list {
            Value::String(text) => {
                let token = StatusListToken::read(text).ok()?;
                (ListKind::Token, token.uri, text.clone(), token.issued_at)
            }
            document => {
                let url = document.get("id")?.as_str()?.to_owned();
                let made = document.get("validFrom").and_then(Value::as_str);
                let made = made.and_then(|made| DateTime::from_str(made).ok());
                let at = made.map_or(Timestamp(0), |made| made.timestamp());
                (ListKind::Bitstring, url, document.to_string(), at)
            }
        };
        if self.0.len() >= MAX_GIVEN {
            return None;
        }
        let content = content.into_bytes();
        let found = FoundList { content, at };
        self.0.push(Given { kind, url, found });
        Some(())
    }

    pub(super) fn find(&self, kind: ListKind, url: &str) -> Option<FoundList> {
        let mut of_url = self
            .0
            .iter()
            .filter(|one| one.kind == kind && one.url == url);
        of_url.next().map(|one| one.found.clone())
    }
}
