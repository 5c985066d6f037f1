//! Who may sign in the issuer's name: whoever has the token in the issuer's folder.

use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use std::path::Path;
use zeroize::Zeroizing;

use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;

/// The token's file in the issuer's folder.
pub const TOKEN_FILE: &str = "http.token";

/// Shortest token, in characters.
const MIN_LENGTH: usize = 32;

/// A bearer token, kept as its digest.
pub struct Token(Option<[u8; 32]>);

impl Token {
    /// No token is right: for a server that does not issue.
    pub fn none() -> Self {
        Self(None)
    }

    /// The token of a folder, made now when there is none.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds something too short.
    pub fn of_folder(dir: &Path) -> ApiResult<Self> {
        let path = dir.join(TOKEN_FILE);
        if !path.exists() {
            let mut random = Zeroizing::new([0; 32]);
            getrandom::fill(random.as_mut()).map_err(ApiError::internal)?;
            files::write_secret(&path, format!("{}\n", hex::encode(*random)).as_bytes())?;
        }
        let text = Zeroizing::new(files::read_text(&path, files::MAX_SMALL_FILE)?);
        let token = text.trim();
        if token.len() < MIN_LENGTH {
            return Err(files::invalid(&path, "holds a token that is too short"));
        }
        Ok(Self(Some(Sha256::digest(token).into())))
    }

    /// Compares the token of a request.
    ///
    /// # Errors
    /// TOKEN_INVALID.
    pub fn check(&self, headers: &HeaderMap) -> ApiResult<()> {
        let given = headers.get(header::AUTHORIZATION);
        let given = given.and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.split_once(' '));
        let given = given
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| <[u8; 32]>::from(Sha256::digest(token.trim())));
        // Digests are compared: how long that takes says nothing about the token.
        match (self.0, given) {
            (Some(expected), Some(given)) if expected == given => Ok(()),
            _ => Err(ApiError::plain(&reason::TOKEN_INVALID)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_of_the_folder_is_right() {
        let dir = tempfile::tempdir().unwrap();
        let token = Token::of_folder(dir.path()).unwrap();
        let text = std::fs::read_to_string(dir.path().join(TOKEN_FILE)).unwrap();
        let check = |token: &Token, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            token.check(&headers).is_ok()
        };
        let good = format!("Bearer {}", text.trim());
        assert!(check(&token, &good) && check(&Token::of_folder(dir.path()).unwrap(), &good));
        assert!(check(&token, &good.replace("Bearer", "bearer")));
        for bad in [
            "",
            "Bearer ",
            "Bearer x",
            text.trim(),
            &good.replace("Bearer", "Basic"),
        ] {
            assert!(!check(&token, bad), "{bad}");
        }
        assert!(!check(&Token::none(), &good));
        assert!(token.check(&HeaderMap::new()).is_err());
        std::fs::write(dir.path().join(TOKEN_FILE), "short\n").unwrap();
        assert!(Token::of_folder(dir.path()).is_err());
    }
}
