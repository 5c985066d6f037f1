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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tacit_circuits::types::Secret;
    use tacit_identity::sd_jwt::status::{EntryBits, StatusList};
    use tacit_identity::signer::HolderSigner;

    const URL: &str = "https://issuer.example/status/0";

    fn found(list: &Value, kind: ListKind) -> FoundList {
        let mut lists = GivenLists::default();
        lists.add(list).unwrap();
        lists.find(kind, URL).unwrap()
    }

    #[test]
    fn a_list_that_comes_along_is_as_old_as_its_making() {
        let dated = json!({"id": URL, "validFrom": "1970-01-01T00:16:40Z"});
        assert_eq!(found(&dated, ListKind::Bitstring).at, Timestamp(1000));
        // Who does not say when it was made gets no time to live at all.
        for list in [json!({"id": URL}), json!({"id": URL, "validFrom": "today"})] {
            assert_eq!(found(&list, ListKind::Bitstring).at, Timestamp(0), "{list}");
        }
        let token = StatusListToken {
            uri: URL.to_owned(),
            issuer: None,
            issued_at: Timestamp(2000),
            not_before: None,
            expires: None,
            ttl_secs: None,
            list: StatusList::of_values(EntryBits::TWO, [0, 1]).unwrap(),
        };
        let key = HolderSigner::new(&Secret::new([1; 32]));
        let token = Value::from(token.sign((&key).into(), None).unwrap());
        let mut lists = GivenLists::default();
        lists.add(&token).unwrap();
        assert_eq!(
            lists.find(ListKind::Token, URL).unwrap().at,
            Timestamp(2000)
        );
        // A list of one kind is none of the other, and none of another URL.
        assert!(lists.find(ListKind::Bitstring, URL).is_none());
        assert!(
            lists
                .find(ListKind::Token, "https://issuer.example/status/1")
                .is_none()
        );
    }

    #[test]
    fn what_is_no_list_or_one_too_many_is_refused() {
        let mut lists = GivenLists::default();
        for bad in [
            json!(1),
            json!({}),
            json!({"id": 1}),
            json!("a.b.c"),
            json!(null),
        ] {
            assert!(lists.add(&bad).is_none(), "{bad}");
        }
        for _ in 0..MAX_GIVEN {
            lists.add(&json!({"id": URL})).unwrap();
        }
        assert!(lists.add(&json!({"id": URL})).is_none());
    }
}
