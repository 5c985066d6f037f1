//! Keys of the state as people write them.

use std::str::FromStr;
use tacit_circuits::types::{
    AuditKeyId, Digest32, Leaf, MemberId, Position, Receipt, UseNullifier,
};
use tacit_ledger::ids::{Height, RequestId};
use tacit_ledger::keys::{self, StateKey};
use tacit_ledger::text::Name;

use crate::errors::{ApiError, ApiResult};

/// How the words of a key are written, for the help.
pub const FORMS: &str = "counters | member ID | member-name NAME | schema HEX | audit-key HEX | current-audit-key | leaf HEX | \
     position N | nullifier HEX | receipt HEX | request HEX | anchor HEIGHT | opening N | validators | scheduled-validators | \
     policy | open-proposals | proposal N | key HEX";

/// Reads a key: a word for the space, and what names the value in it.
///
/// # Errors
/// ARGUMENT_INVALID when it is none.
pub fn parse(words: &[String]) -> ApiResult<StateKey> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let found = match words.as_slice() {
        ["counters"] => Some(keys::counters()),
        ["current-audit-key"] => Some(keys::current_audit_key()),
        ["validators"] => Some(keys::active_validators()),
        ["scheduled-validators"] => Some(keys::scheduled_validators()),
        ["policy"] => Some(keys::policy()),
        ["open-proposals"] => Some(keys::open_proposals()),
        ["proposal", n] => number(n).map(keys::proposal),
        ["member-name", name] => Name::new(*name).ok().map(|name| keys::member_name(&name)),
        ["member", id] => number(id)
            .and_then(|id| MemberId::new(id).ok())
            .map(keys::member),
        ["position", n] => number(n).map(|n| keys::position_info(Position(n))),
        ["anchor", n] => number(n).map(|n| keys::anchor(Height(n))),
        ["opening", n] => number(n).map(keys::audit_opening),
        ["schema", hex] => bytes(hex).map(|id| keys::schema(&id)),
        ["request", hex] => bytes(hex).map(|id| keys::request(&RequestId(id))),
        ["leaf", hex] => element(hex, Leaf::from_bytes).map(|leaf| keys::leaf_position(&leaf)),
        ["nullifier", hex] => element(hex, UseNullifier::from_bytes).map(|n| keys::nullifier(&n)),
        ["receipt", hex] => element(hex, Receipt::from_bytes).map(|r| keys::receipt(&r)),
        ["audit-key", hex] => element(hex, AuditKeyId::from_bytes).map(|id| keys::audit_key(&id)),
        ["key", text] => hex::decode(text)
            .ok()
            .and_then(|bytes| StateKey::from_bytes(&bytes))
            .filter(StateKey::is_committed),
        _ => None,
    };
    found.ok_or_else(|| ApiError::bad_field("key", format!("is none of: {FORMS}")))
}

/// A request id or another 16 bytes in hexadecimal digits.
pub fn request_id(text: &str) -> ApiResult<RequestId> {
    let digits = || ApiError::bad_field("request", "a request id is 32 hexadecimal digits");
    bytes(text).map(RequestId).ok_or_else(digits)
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text).ok()?.try_into().ok()
}

fn element<T, E>(text: &str, read: impl Fn(&[u8; 32]) -> Result<T, E>) -> Option<T> {
    let digest: Digest32 = text.parse().ok()?;
    read(&digest.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_say_and_nothing_else_is_one() {
        let of = |text: &str| {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            parse(&words)
        };
        let zeros = "00".repeat(32);
        for (text, key) in [
            ("counters".to_owned(), keys::counters()),
            (
                "member 3".to_owned(),
                keys::member(MemberId::new(3).unwrap()),
            ),
            ("position 7".to_owned(), keys::position_info(Position(7))),
            ("policy".to_owned(), keys::policy()),
            ("proposal 7".to_owned(), keys::proposal(7)),
            (format!("schema {zeros}"), keys::schema(&[0; 32])),
            (
                format!("request {}", "01".repeat(16)),
                keys::request(&RequestId([1; 16])),
            ),
            ("key 01".to_owned(), keys::counters()),
        ] {
            assert_eq!(of(&text).unwrap(), key, "{text}");
        }
        for text in [
            "",
            "member",
            "member 0",
            "member x",
            "member 1 2",
            "position -1",
            "position 4294967296",
            "leaf 00",
            "key ",
            "key 80",
            "nullifier ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "nothing",
        ] {
            assert!(of(text).is_err(), "{text}");
        }
    }
}
