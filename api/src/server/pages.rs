//! Page tokens: opaque, bound to list, filter and height, and good only at the server that made them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tacit_circuits::tags::{self, tagged_sha256};

use crate::errors::{ApiError, ApiResult, catalogue as reason};

const BODY: usize = 16;
const MAC: usize = 16;

/// The key of a server's page tokens: fresh at each start.
#[derive(Clone)]
pub struct Key([u8; 32]);

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Height at which the list was begun.
    pub height: u64,
    /// The last entry of the page before.
    pub after: u64,
}

impl Key {
    /// A fresh key.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn random() -> ApiResult<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(ApiError::internal)?;
        Ok(Self(key))
    }

    /// The token of a page of the list with this filter.
    pub fn write(&self, page: Page, filter: &str) -> String {
        let body = [page.height.to_be_bytes(), page.after.to_be_bytes()].concat();
        let mac = self.mac(&body, filter);
        URL_SAFE_NO_PAD.encode([&body[..], &mac].concat())
    }

    /// The page of a token; `None` for the empty token, which asks for the first page.
    ///
    /// # Errors
    /// When the token is not one of this server for this list and filter.
    pub fn read(&self, token: &str, filter: &str) -> ApiResult<Option<Page>> {
        if token.is_empty() {
            return Ok(None);
        }
        let invalid = || ApiError::plain(&reason::PAGE_TOKEN_INVALID);
        let bytes: [u8; BODY + MAC] = URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(invalid)?;
        let (body, mac) = bytes.split_at(BODY);
        if mac != self.mac(body, filter) {
            return Err(invalid());
        }
        let (height, after) = body.split_at(8);
        let number = |bytes: &[u8]| {
            bytes
                .try_into()
                .map(u64::from_be_bytes)
                .map_err(|_| invalid())
        };
        Ok(Some(Page {
            height: number(height)?,
            after: number(after)?,
        }))
    }

    fn mac(&self, body: &[u8], filter: &str) -> [u8; MAC] {
        let digest = tagged_sha256(tags::PAGE_TOKEN, &[&self.0, body, filter.as_bytes()]).0;
        let mut mac = [0; MAC];
        mac.copy_from_slice(&digest[..MAC]);
        mac
    }
}

/// A page size within the server's bound; 0 means the bound.
pub fn bounded(asked: u32, most: u32) -> u32 {
    if asked == 0 { most } else { asked.min(most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_list_at_its_server_only() {
        let (key, other) = (Key([1; 32]), Key([2; 32]));
        let page = Page {
            height: 7,
            after: 100,
        };
        let token = key.write(page, "members 2");
        assert_eq!(key.read(&token, "members 2").unwrap(), Some(page));
        assert_eq!(key.read("", "members 2").unwrap(), None);
        for (key, token, filter) in [
            (&key, token.as_str(), "members 3"),
            (&other, token.as_str(), "members 2"),
            (&key, &token[1..], "members 2"),
            (&key, "%%%", "members 2"),
        ] {
            assert_eq!(
                key.read(token, filter).unwrap_err().code(),
                "PAGE_TOKEN_INVALID"
            );
        }
    }

    #[test]
    fn page_sizes_are_bounded() {
        assert_eq!(
            [bounded(0, 10), bounded(3, 10), bounded(99, 10)],
            [10, 3, 10]
        );
    }
}
